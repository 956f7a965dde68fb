// The world's time, as the engine sees it.
//
// Units:   microseconds since the Unix epoch.
// Threads: now() may be called from any thread.
#pragma once

#include "engine/base/units.h"

namespace hb {

class Clock {
 public:
  virtual ~Clock() = default;
  // May stand still; its readers never let time go back (a shard takes the later of this and the
  // time of its last step).
  virtual Time now() = 0;
};

}  // namespace hb
