// Bounds how many log lines of one kind are written, and counts those that are not.
//
// A token bucket: `burst` lines at once, then one for each `interval`.  The next line that is
// written carries the number of lines suppressed before it; when no more come, due() returns it.
//
// Threads: none.
// Errors:  a clock that goes back only delays the next token.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "engine/base/units.h"

namespace hb::net {

class LineLimit {
 public:
  LineLimit(std::uint32_t burst, Duration interval)
      : burst_(burst), interval_(interval), tokens_(burst) {}

  // Whether a line may be written now: the number suppressed since the last one, or no value.
  std::optional<std::uint64_t> admit(Time now) {
    refill(now);
    if (tokens_ == 0) {
      ++suppressed_;
      return std::nullopt;
    }
    --tokens_;
    return std::exchange(suppressed_, 0);
  }

  // The number suppressed that no line has reported, if one may be written now; else 0.
  std::uint64_t due(Time now) {
    refill(now);
    if (suppressed_ == 0 || tokens_ == 0) return 0;
    --tokens_;
    return std::exchange(suppressed_, 0);
  }

 private:
  void refill(Time now) {
    if (tokens_ == burst_ || now < refilled_at_) {
      refilled_at_ = now;
      return;
    }
    const std::int64_t earned = (now - refilled_at_).us() / interval_.us();
    const auto missing = static_cast<std::int64_t>(burst_ - tokens_);
    tokens_ += static_cast<std::uint32_t>(std::min(earned, missing));
    refilled_at_ = earned < missing ? refilled_at_ + Duration::us(earned * interval_.us()) : now;
  }

  const std::uint32_t burst_;
  const Duration interval_;
  std::uint32_t tokens_;
  Time refilled_at_{};
  std::uint64_t suppressed_ = 0;
};

}  // namespace hb::net
