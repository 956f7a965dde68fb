#include "engine/archive/background.h"

#include <linux/ioprio.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hb::archive {

void yield_the_disk() {
  // Both on Linux of this thread alone, and always allowed.  (The C library has no ioprio_set.) The
  // disk first: who has not said otherwise by then and is SCHED_IDLE is idle to the disk, too.
  constexpr int last_of_ordinary = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, IOPRIO_BE_NR - 1);
  syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, last_of_ordinary);
}

void run_in_background() {
  yield_the_disk();
  constexpr sched_param none{};
  sched_setscheduler(0, SCHED_IDLE, &none);
}

void Courtesy::let_go() {
  sched_yield();
}

}  // namespace hb::archive
