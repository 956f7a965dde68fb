// The world's time, as the engine sees it.
//
// Units: microseconds.
#pragma once

#include "engine/base/units.h"

namespace hb {

// One look at the world's time.
struct ClockReading {
  Time ledger;     // since the Unix epoch; events are stamped with it: it never goes back
  Time wall;       // since the Unix epoch, as the machine has it: can be set, forward and back
  Time monotonic;  // since some moment; nothing sets it, so pauses and timeouts count in it

  // How far the ledger's time is ahead of the machine's; negative: behind it.
  Duration ahead() const { return ledger - wall; }
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual ClockReading read() = 0;
};

}  // namespace hb
