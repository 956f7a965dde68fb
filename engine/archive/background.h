// How threads behave that work with what the others leave of the processors.
//
// SCHED_IDLE is not enough.  Seen on Linux 6.18 with a tick of 4 ms: when a thread with work wakes
// on a processor where one of SCHED_IDLE computes, it often gets it at the next tick only; at once
// when the idle one happens to enter the kernel.  So the background enters it often.
#pragma once

#include <cstdint>

namespace hb::archive {

// From now on the requests of this thread, and of what it starts, are the last of the ordinary ones
// at the disk, whatever class it has for the processor.
void yield_the_disk();

// From now on this thread, and what it starts, runs only when no other wants the processor.
//
// At the disk it stays one among others.  Linux gives the requests of SCHED_IDLE threads the idle
// class unless told otherwise, and mq-deadline serves that only when nothing else is there.  Such a
// request can be the write of a block of inodes, which stays locked until it is done, and where the
// journal's own inode may be: then every commit waits, for as long as the disk is busy otherwise.
void run_in_background();

// A stretch of background work, in steps of a few microseconds.
class Courtesy {
 public:
  // After each step: every now and then, lets go of the processor.
  void step() {
    if (++steps_ % steps_between == 0) let_go();
  }

 private:
  static constexpr std::uint64_t steps_between = 32;
  static void let_go();

  std::uint64_t steps_ = 0;
};

}  // namespace hb::archive
