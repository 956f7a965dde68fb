// When a thread makes a durable write itself instead of handing it on.
//
// Handed on, a small write costs more for its way than for the disk: another thread wakes for it,
// perhaps behind whatever runs on its processor, and then wakes the owner.  But a thread that makes
// the write itself does nothing else meanwhile.  So it makes only a small one, and after one that
// took long none for a while: at most a twentieth of the time goes into waiting for a slow disk.
//
// Threads: one.
#pragma once

#include <chrono>
#include <cstddef>

namespace hb {

class InlineWrites {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t bytes_max = 8192;
  // A write that takes longer is followed by a rest.
  static constexpr Clock::duration quick = std::chrono::milliseconds(1);
  static constexpr int rest_factor = 19;

  bool may(std::size_t bytes, Clock::time_point now) const {
    return bytes <= bytes_max && now >= resting_until_;
  }
  void made(Clock::time_point start, Clock::time_point end) {
    if (end - start > quick) resting_until_ = end + (end - start) * rest_factor;
  }

 private:
  Clock::time_point resting_until_ = Clock::time_point::min();
};

}  // namespace hb
