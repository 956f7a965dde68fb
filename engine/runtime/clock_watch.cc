#include "engine/runtime/clock_watch.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <limits>

#include "engine/runtime/system_clock.h"

namespace hb {
namespace {

Duration absolute(Duration span) {
  return span < Duration{} ? Duration::us(-span.us()) : span;
}

}  // namespace

ClockWatch::News ClockWatch::look(Duration ahead, Time monotonic) {
  const bool reported = reported_ != Duration{};
  if (absolute(ahead) < noted) {
    // Half of it, so that a difference that swings around the bound does not fill the log.
    if (!reported || absolute(ahead).us() > noted.us() / 2) return News::none;
    reported_ = {};
    return News::agrees;
  }
  const bool same_side = (ahead < Duration{}) == (reported_ < Duration{});
  const bool doubled = absolute(ahead).us() / 2 >= absolute(reported_).us();
  if (reported && same_side && !doubled && monotonic - reported_at_ < report_interval) {
    return News::none;
  }
  reported_ = ahead;
  reported_at_ = monotonic;
  return News::differs;
}

std::string show_span(Duration span) {
  const std::int64_t s = span.us() / 1'000'000;
  const auto two = [](std::int64_t more, const char* unit, std::int64_t less, const char* part) {
    return less == 0 ? fmt::format("{} {}", more, unit)
                     : fmt::format("{} {} {} {}", more, unit, less, part);
  };
  if (s >= 86'400) return two(s / 86'400, "d", s % 86'400 / 3'600, "h");
  if (s >= 3'600) return two(s / 3'600, "h", s % 3'600 / 60, "min");
  if (s >= 60) return two(s / 60, "min", s % 60, "s");
  return fmt::format("{:.1f} s", static_cast<double>(span.us()) / 1e6);
}

std::string show_time(Time time) {
  const std::time_t s = time.us() / 1'000'000;
  std::tm utc{};
  if (::gmtime_r(&s, &utc) == nullptr) return fmt::format("{} us", time.us());
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", utc);
}

std::string describe_difference(Duration ahead, Time wall) {
  const std::string lasts = show_span(SystemClock::catch_up_time(ahead));
  if (ahead > Duration{}) {
    return fmt::format(
        "the server's time is {} ahead of the machine's clock ({}); it runs at two thirds of its "
        "speed until they agree, in {}: packets and transfers live up to half as long again, "
        "deadlines of commands count by the machine's clock",
        show_span(ahead), show_time(wall), lasts);
  }
  return fmt::format(
      "the server's time is {} behind the machine's clock ({}); it runs an eighth faster until "
      "they "
      "agree, in {}: packets and transfers lose up to a ninth of their life, deadlines of commands "
      "count by the machine's clock.  A restart takes the machine's time at once",
      show_span(absolute(ahead)), show_time(wall), lasts);
}

}  // namespace hb
