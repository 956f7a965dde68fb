// Bytes of other protocols, by their beginning: for the log, so that an operator sees which client
// was pointed at the wrong port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace hb::net {

enum class Foreign : std::uint8_t { unknown, http, http2, tls, redis, ssh };

// What the first bytes of a connection look like.
Foreign recognise(std::span<const std::byte> bytes);

// "an HTTP request", ...; "unknown bytes".
std::string_view describe(Foreign protocol);

}  // namespace hb::net
