// How evenly the machine gives memory and processor to one thread that is alone on it.
//
// A guest shares its host's memory with others.  While that is slow, everything that waits for
// memory is, and a server at half of its peak has no half left: its p99 says so then, whatever the
// server does.  Computing alone tells whether the processor was there.
#pragma once

#include <cstdint>

namespace hb::bench {

struct SteadinessFigures {
  // Of windows of 20 ms each, half of which reads at random in 1 GiB and half of which computes.
  std::uint64_t windows = 0;
  double read_ns = 0;            // the median window's
  double slowest_read = 0;       // of the median
  double slow_share = 0;         // of the windows, where a read took more than 1.5 times the median
  double slowest_computing = 0;  // of the median
};

// Lets memory that is new settle for a few seconds, and measures for `duration_s`.
// Cost: 1 GiB of memory, one thread.
SteadinessFigures steadiness(double duration_s);

}  // namespace hb::bench
