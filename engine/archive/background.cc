#include "engine/archive/background.h"

#include <linux/ioprio.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hb::archive {

void run_in_background() {
  constexpr sched_param none{};
  // Both on Linux of this thread alone, and always allowed.  (The C library has no ioprio_set.)
  sched_setscheduler(0, SCHED_IDLE, &none);
  constexpr int last_of_ordinary = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, IOPRIO_BE_NR - 1);
  syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, last_of_ordinary);
}

void Courtesy::let_go() {
  sched_yield();
}

}  // namespace hb::archive
