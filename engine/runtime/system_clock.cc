#include "engine/runtime/system_clock.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/os/monotonic_time.h"

namespace hb {

namespace {

// One microsecond of correction for so many of time.
constexpr std::int64_t slow_down_divisor = 3;
constexpr std::int64_t speed_up_divisor = 8;

}  // namespace

SystemClock::Readings SystemClock::machine() {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {.wall = Time(duration_cast<microseconds>(wall).count()), .monotonic = monotonic_time()};
}

SystemClock::SystemClock(Source source) : source_(std::move(source)) {
  const Readings start = source_();
  monotonic_ = start.monotonic;
  now_us_ = start.wall.us();
}

void SystemClock::go_on_from(Time last) {
  now_us_ = std::max(now_us_, last.us());
}

ClockReading SystemClock::read() {
  const Readings found = source_();
  const std::int64_t passed_us = (found.monotonic - monotonic_).us();
  monotonic_ = found.monotonic;
  now_us_ += passed_us;

  const std::int64_t ahead_us = now_us_ - found.wall.us();
  const std::int64_t divisor = ahead_us > 0 ? slow_down_divisor : speed_up_divisor;
  // What was left of another rate could add up to more than has passed.
  if (std::exchange(divisor_, divisor) != divisor) rest_us_ = 0;
  rest_us_ += passed_us;
  const std::int64_t correction_us_max = rest_us_ / divisor;
  rest_us_ %= divisor;
  now_us_ -= std::clamp(ahead_us, -correction_us_max, correction_us_max);
  return {.ledger = Time(now_us_), .wall = found.wall, .monotonic = found.monotonic};
}

Duration SystemClock::catch_up_time(Duration ahead) {
  return ahead > Duration{} ? Duration::us(slow_down_divisor * ahead.us())
                            : Duration::us(speed_up_divisor * -ahead.us());
}

}  // namespace hb
