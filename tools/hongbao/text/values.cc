#include "tools/hongbao/text/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <span>
#include <utility>

#include "engine/base/printable.h"

namespace hb {

namespace {

// The number at the front of `text`, which is taken off it.
template <class Number>
std::optional<Number> take_number(std::string_view& text, int base = 10) {
  if (text.starts_with('-')) return std::nullopt;
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// Exactly so many digits and what must follow them, taken off the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits, std::string_view then) {
  std::string_view front = text.substr(0, digits);
  const auto number = take_number<int>(front);
  if (!number || !front.empty() || text.size() < digits) return std::nullopt;
  text.remove_prefix(digits);
  if (!text.starts_with(then)) return std::nullopt;
  text.remove_prefix(then.size());
  return number;
}

// ".5" is 500,000 us; nothing at all is 0.
std::optional<int> take_fraction_us(std::string_view& text) {
  if (!text.starts_with('.')) return 0;
  text.remove_prefix(1);
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits < 1 || digits > 6) return std::nullopt;
  auto fraction = take_digits(text, digits, "");
  for (std::size_t i = digits; i < 6; ++i) *fraction *= 10;
  return fraction;
}

// Two hexadecimal digits a byte, as many as `into` holds and nothing else.
bool parse_bytes(std::string_view text, std::span<std::byte> into) {
  if (text.size() != 2 * into.size()) return false;
  for (std::size_t i = 0; i < into.size(); ++i) {
    std::string_view digits = text.substr(2 * i, 2);
    const auto byte = take_number<std::uint8_t>(digits, 16);
    if (!byte || !digits.empty()) return false;
    into[i] = std::byte{*byte};
  }
  return true;
}

}  // namespace

std::optional<Key128> parse_key(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  std::string_view high = text.substr(0, 16);
  std::string_view low = text.substr(16);
  const auto high_number = take_number<std::uint64_t>(high, 16);
  const auto low_number = take_number<std::uint64_t>(low, 16);
  if (!high_number || !low_number || !high.empty() || !low.empty()) return std::nullopt;
  const Key128 key{.low = *low_number, .high = *high_number};
  if (key.empty()) return std::nullopt;
  return key;
}

std::string format_key(Key128 key) {
  return fmt::format("{:016x}{:016x}", key.high, key.low);
}

std::optional<Digest256> parse_digest(std::string_view text) {
  Digest256 digest;
  return parse_bytes(text, digest) ? std::optional(digest) : std::nullopt;
}

std::optional<PrfKey> parse_seed(std::string_view text) {
  PrfKey seed;
  const auto bytes = std::as_writable_bytes(std::span(&seed, 1));
  return parse_bytes(text, bytes) ? std::optional(seed) : std::nullopt;
}

std::string format_seed(PrfKey seed) {
  return to_hex(std::as_bytes(std::span(&seed, 1)));
}

std::optional<std::uint64_t> parse_id(std::string_view text) {
  const auto number = take_number<std::uint64_t>(text);
  if (!text.empty()) return std::nullopt;
  return number;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  std::string_view port_text = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!bracketed && host.find(':') != std::string_view::npos)) return std::nullopt;
  const auto port = take_number<std::uint16_t>(port_text);
  if (!port || *port == 0 || !port_text.empty()) return std::nullopt;
  return Endpoint{std::string(host), *port};
}

std::string format_endpoint(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", endpoint.host, v6 ? "]" : "", endpoint.port);
}

std::string format_time(Time time) {
  constexpr std::int64_t year_0_us = -62'167'219'200'000'000;
  constexpr std::int64_t year_10000_us = 253'402'300'800'000'000;
  if (time.us() < year_0_us || time.us() >= year_10000_us) return fmt::format("{}us", time.us());
  using namespace std::chrono;
  const sys_time<microseconds> at{microseconds(time.us())};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss clock(at - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::optional<Time> parse_time(std::string_view text) {
  if (const auto us = parse_id(text)) {
    if (*us > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return Time(static_cast<std::int64_t>(*us));
  }
  const auto year = take_digits(text, 4, "-");
  const auto month = take_digits(text, 2, "-");
  const auto day = take_digits(text, 2, "T");
  const auto hours = take_digits(text, 2, ":");
  const auto minutes = take_digits(text, 2, ":");
  const auto seconds = take_digits(text, 2, "");
  const auto fraction_us = take_fraction_us(text);
  if (!year || !month || !day || !hours || !minutes || !seconds || !fraction_us || text != "Z") {
    return std::nullopt;
  }
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(*year),
                            std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hours > 23 || *minutes > 59 || *seconds > 59) return std::nullopt;
  const sys_time<microseconds> at = sys_days(date) + std::chrono::hours(*hours) +
                                    std::chrono::minutes(*minutes) +
                                    std::chrono::seconds(*seconds) + microseconds(*fraction_us);
  return Time(at.time_since_epoch().count());
}

std::string count_of(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string in_quotes(std::string_view text) {
  return json_line(text);
}

std::string json_line(const nlohmann::ordered_json& json) {
  return printable(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace hb
