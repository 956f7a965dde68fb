#include "engine/base/duration_text.h"

#include <charconv>
#include <utility>

namespace hb {

namespace {

// The number at the front of `text`, which is taken off it.
std::optional<std::int64_t> take_number(std::string_view& text) {
  if (text.starts_with('-')) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// The unit at the front of `text`, which is taken off it; longer names first, "ms" before "m".
std::optional<std::int64_t> take_unit_us(std::string_view& text) {
  static constexpr std::pair<std::string_view, std::int64_t> units[] = {
      {"ms", 1'000},        {"us", 1},         {"d", 86'400'000'000},
      {"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}};
  for (const auto& [unit, us] : units) {
    if (!text.starts_with(unit)) continue;
    text.remove_prefix(unit.size());
    return us;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  std::int64_t sum_us = 0;
  bool first = true;
  do {
    const auto number = take_number(text);
    const bool bare = first && text.empty();
    const auto unit_us = bare ? std::optional<std::int64_t>(1'000'000) : take_unit_us(text);
    if (!number || !unit_us) return std::nullopt;
    std::int64_t us = 0;
    if (__builtin_mul_overflow(*number, *unit_us, &us)) return std::nullopt;
    if (__builtin_add_overflow(sum_us, us, &sum_us)) return std::nullopt;
    first = false;
  } while (!text.empty());
  return Duration::us(sum_us);
}

std::string format_duration(Duration duration) {
  static constexpr std::pair<std::string_view, std::int64_t> units[] = {
      {"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1'000}, {"us", 1}};
  constexpr std::int64_t day_us = Duration::hours(24).us();
  if (duration == Duration{}) return "0s";
  if (duration.us() % day_us == 0 && duration.us() > day_us) {
    return std::to_string(duration.us() / day_us) + "d";
  }
  const auto* unit = units;
  while (duration.us() % unit->second != 0) ++unit;
  return std::to_string(duration.us() / unit->second).append(unit->first);
}

}  // namespace hb
