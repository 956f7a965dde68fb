// Which processors threads run on.
//
// A worker that has a processor to itself is not moved, and no other thread has to leave it first
// when the worker wakes.
//
// Threads: each call is about the thread that calls.  New threads start with the set of the one
//          that starts them.
#pragma once

#include <span>

#include "engine/base/result.h"

namespace hb {

// Nothing wrong, or an error that names the processor: it is named twice, or this process may not
// use it.
Result<void> check_cpus(std::span<const unsigned> cpus);

// From now on this thread runs on that processor only.
Result<void> run_on_cpu(unsigned cpu);

// From now on this thread leaves those processors alone, as long as it may use any other.
Result<void> keep_off_cpus(std::span<const unsigned> cpus);

}  // namespace hb
