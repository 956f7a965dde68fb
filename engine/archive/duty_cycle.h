// How much of a processor a thread of the background uses, and when.
//
// After a peak there is work for minutes, and a thread that is always runnable keeps others waiting
// whatever its class is (background.h).  So it computes in short slices, and sleeps after each for as
// long as its share of the time asks.  The share is large while the processors are idle, and small
// while others keep them busy.
//
// Units:   shares are permille of one processor's time; time comes from any clock that does not go
//          back, in microseconds.
// Threads: none.  Each thread of the background owns its cycle.
#pragma once

#include <cstdint>

#include "engine/base/units.h"

namespace hb::archive {

using Permille = std::int64_t;

inline constexpr Permille whole = 1'000;

// What the processors that the background may use did over a stretch of time.
struct ProcessorUse {
  Duration all;         // the stretch, times the processors
  Duration idle;        // together
  Duration background;  // computed by threads of the background
};

// The share of each thread of the background, from what all others used.
Permille share_beside(const ProcessorUse& use);

class DutyCycle {
 public:
  // A slice is as long as a thread that waits for the same processor has to.
  static constexpr Duration slice = Duration::us(200);
  static constexpr Duration rest_max = Duration::ms(20);

  explicit DutyCycle(Duration now) : woke_at_(now) {}

  // Between two steps of work: for how long to sleep before the next; zero while the slice lasts, or
  // when the share is whole.
  // REQUIRES: share > 0.
  Duration rest(Duration now, Permille share);
  // The sleep is over.
  void woke(Duration now) { woke_at_ = now; }

 private:
  Duration woke_at_;
};

}  // namespace hb::archive
