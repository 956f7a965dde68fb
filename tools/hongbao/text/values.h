// Values as people type and read them: keys, seeds, addresses, times.
//
// Every parse_... gives nothing for text that is not wholly such a value.  Amounts are
// in engine/base/text.h, durations in duration_text.h, names of enumerations in names.h.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/checksum.h"
#include "engine/base/duration_text.h"
#include "engine/base/ids.h"
#include "engine/base/prf.h"
#include "engine/base/units.h"

namespace hb {

// 32 hexadecimal digits, the high half first.  Nothing for 32 zeros, which would be no key.
std::optional<Key128> parse_key(std::string_view text);
std::string format_key(Key128 key);

// 64 hexadecimal digits, a digest's bytes in their order.
std::optional<Digest256> parse_digest(std::string_view text);

// 32 hexadecimal digits, a packet's seed: two 64-bit words, little-endian.
std::optional<PrfKey> parse_seed(std::string_view text);
std::string format_seed(PrfKey seed);

// Decimal.  0 is nobody's id, which is for the server to say.
std::optional<std::uint64_t> parse_id(std::string_view text);

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};

// "127.0.0.1:7700", "host:7700", "[::1]:7700".
std::optional<Endpoint> parse_endpoint(std::string_view text);
std::string format_endpoint(const Endpoint& endpoint);

// "2025-01-31T12:00:00.123456Z"; "253402300800000000us" for what is no date of years 0 to 9999.
std::string format_time(Time time);

// The same, with no or up to six decimals of the second; or microseconds since the Unix epoch.
std::optional<Time> parse_time(std::string_view text);

// "1 share", "3 shares".
std::string count_of(std::uint64_t count, std::string_view noun);

// As a JSON string, for a terminal: "\"Happy\\nnew year\"", so that a text of a stranger can neither
// move the cursor nor look like text of ours.
std::string in_quotes(std::string_view text);

// One line without its end.  What is not UTF-8 becomes U+FFFD; controls and invisible characters are
// escaped as in engine/base/printable.h, which is the same text to a JSON parser.
std::string json_line(const nlohmann::ordered_json& json);

}  // namespace hb
