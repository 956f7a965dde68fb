// Threads that work with what the others leave of the processors, and bound themselves.
//
// The idle class is not enough.  It counts only inside a scheduling group: against the kernel's
// workers, another unit or another session, an idle thread has the weight of the server's whole
// group.  And a thread that waits for a lock held by an idle one waits for as long as the
// processors are busy.  So a thread of the background sleeps for a part of the time (Pace), and only
// one that takes no lock which a worker or the journal needs is in the idle class: it may compute
// and read, but not sync, create, rename or remove files.
#pragma once

#include <cstdint>

#include "engine/archive/duty_cycle.h"

namespace hb::archive {

// From now on the requests of this thread, and of what it starts, are the last of the ordinary ones
// at the disk, whatever class it has for the processor.
void yield_the_disk();

// From now on this thread, and what it starts, runs only when no other of its scheduling group wants
// the processor.
//
// At the disk it stays one among others.  Linux gives the requests of SCHED_IDLE threads the idle
// class unless told otherwise, and mq-deadline serves that only when nothing else is there.
void run_when_idle();

// A stretch of background work, in steps of a few microseconds.
//
// Cost: a step is a counter; every 16th asks two clocks and enters the kernel.
// Threads: one; all of the process share what is known of the processors.
class Pace {
 public:
  // `share_max`: of its time, however idle the processors are.
  explicit Pace(Permille share_max = whole);

  // After each step: every now and then yields the processor or sleeps.
  void step() {
    if (++steps_ % steps_between == 0) rest();
  }
  // After a step that is long by itself.
  void rest();

 private:
  static constexpr std::uint64_t steps_between = 16;

  const Permille share_max_;
  std::uint64_t steps_ = 0;
  DutyCycle cycle_;
  Duration computed_;  // by this thread when it last rested
};

}  // namespace hb::archive
