#include "engine/runtime/system_clock.h"

#include <algorithm>
#include <chrono>

namespace hb {

namespace {

// One microsecond of correction for so many of time.
constexpr std::int64_t slew_divisor = 1'000;

template <class C>
std::int64_t read_us() {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  return duration_cast<microseconds>(C::now().time_since_epoch()).count();
}

}  // namespace

SystemClock::SystemClock()
    : last_monotonic_us_(read_us<std::chrono::steady_clock>()),
      now_us_(read_us<std::chrono::system_clock>()) {}

Time SystemClock::now() {
  const std::int64_t monotonic_us = read_us<std::chrono::steady_clock>();
  const std::int64_t passed_us = monotonic_us - last_monotonic_us_;
  last_monotonic_us_ = monotonic_us;

  slew_rest_us_ += passed_us;
  const std::int64_t slew_us_max = slew_rest_us_ / slew_divisor;
  slew_rest_us_ %= slew_divisor;
  const std::int64_t ahead_us = read_us<std::chrono::system_clock>() - (now_us_ + passed_us);
  now_us_ += passed_us + std::clamp(ahead_us, -slew_us_max, slew_us_max);
  return Time(now_us_);
}

}  // namespace hb
