#include "engine/archive/background.h"

#include <sched.h>

namespace hb::archive {

void run_in_background() {
  constexpr sched_param none{};
  sched_setscheduler(0, SCHED_IDLE, &none);  // on Linux of this thread alone; always allowed
}

void Courtesy::let_go() {
  sched_yield();
}

}  // namespace hb::archive
