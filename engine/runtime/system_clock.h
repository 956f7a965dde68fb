// The machine's clock, made fit for a ledger: it never jumps and never goes back.
//
// It starts at the wall clock and from then on follows the monotonic clock, so that an operator or
// a time daemon that sets the wall clock cannot expire a packet early or stop time.  A lasting
// difference between the two is worked off slowly, by at most one part in a thousand.
//
// Units:   microseconds since the Unix epoch.
// Cost:    two reads through the vDSO, about 50 ns; call it once a turn.
// Threads: one instance a thread.
#pragma once

#include <cstdint>

#include "engine/port/clock.h"

namespace hb {

class SystemClock : public Clock {
 public:
  SystemClock();
  Time now() override;

 private:
  std::int64_t last_monotonic_us_;
  std::int64_t now_us_;
  std::int64_t slew_rest_us_ = 0;  // monotonic time that has not yet earned a microsecond of slew
};

}  // namespace hb
