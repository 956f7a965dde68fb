// Durations as people write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/units.h"

namespace hb {

// "24h", "90s", "1h30m", "250ms"; units d, h, m, s, ms, us.  A bare number counts seconds.
std::optional<Duration> parse_duration(std::string_view text);

// The same in the largest unit that it is a whole number of; in days from two on: "7d", "24h", "0s".
std::string format_duration(Duration duration);

}  // namespace hb
