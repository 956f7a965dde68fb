#include "engine/archive/background.h"

#include <linux/ioprio.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>

namespace hb::archive {
namespace {

Duration read_clock(clockid_t clock) {
  timespec at{};
  clock_gettime(clock, &at);
  return Duration::us(std::int64_t{at.tv_sec} * 1'000'000 + at.tv_nsec / 1'000);
}

void sleep_for(Duration duration) {
  const timespec rest{.tv_sec = duration.us() / 1'000'000,
                      .tv_nsec = duration.us() % 1'000'000 * 1'000};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, nullptr);
}

// What the processors that this thread may use did since the system started.
struct IdleTime {
  std::int64_t processors = 0;
  Duration idle;
};

// Of a line "cpu3 user nice system idle iowait ...", in ticks: idle and iowait.
std::int64_t idle_ticks(std::string_view line) {
  constexpr int fields_before = 3;
  std::int64_t sum = 0;
  for (int field = -1; !line.empty() && field < fields_before + 2; ++field) {
    const std::size_t end = std::min(line.find(' '), line.size());
    std::int64_t ticks = 0;
    std::from_chars(line.data(), line.data() + end, ticks);
    if (field >= fields_before) sum += ticks;
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return sum;
}

IdleTime read_idle_time() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  static const std::int64_t tick_us = 1'000'000 / sysconf(_SC_CLK_TCK);
  IdleTime read;
  std::ifstream stat("/proc/stat");
  std::string line;
  std::getline(stat, line);  // all processors together
  while (std::getline(stat, line) && line.starts_with("cpu")) {
    std::size_t cpu = 0;
    std::from_chars(line.data() + 3, line.data() + line.size(), cpu);
    if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &allowed)) continue;
    ++read.processors;
    read.idle = Duration::us(read.idle.us() + idle_ticks(line) * tick_us);
  }
  return read;
}

// The share of each thread of the background, looked up now and then by whichever comes by.
class Processors {
 public:
  void add_computed(Duration duration) { computed_us_ += duration.us(); }

  Permille share(Duration now) {
    if (now.us() >= look_at_us_ && mutex_.try_lock()) {
      look(now);
      mutex_.unlock();
    }
    return share_;
  }

 private:
  // Long enough for the ticks in which the system counts idle time.
  static constexpr Duration interval = Duration::ms(100);
  // Looking takes longer where there are many processors; it takes this part of the time at most.
  static constexpr std::int64_t interval_per_look = 200;

  void look(Duration now) {
    const IdleTime idle = read_idle_time();
    const std::int64_t computed_us = computed_us_;
    if (idle.processors == idle_.processors) {
      share_ = share_beside({.all = Duration::us((now.us() - looked_at_.us()) * idle.processors),
                             .idle = Duration::us(idle.idle.us() - idle_.idle.us()),
                             .background = Duration::us(computed_us - computed_then_us_)});
    }
    idle_ = idle;
    looked_at_ = now;
    computed_then_us_ = computed_us;
    const std::int64_t took_us = read_clock(CLOCK_MONOTONIC).us() - now.us();
    look_at_us_ = now.us() + std::max(interval.us(), took_us * interval_per_look);
  }

  std::atomic<std::int64_t> computed_us_{0};
  std::atomic<std::int64_t> look_at_us_{0};
  // Small until something is known.
  std::atomic<Permille> share_{share_beside({})};
  std::mutex mutex_;
  // Guarded by mutex_: as it was at the last look.
  IdleTime idle_;
  Duration looked_at_;
  std::int64_t computed_then_us_ = 0;
};

Processors& processors() {
  static Processors all;
  return all;
}

}  // namespace

void yield_the_disk() {
  // On Linux of this thread alone, and always allowed.  (The C library has no ioprio_set.)
  constexpr int last_of_ordinary = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, IOPRIO_BE_NR - 1);
  syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, last_of_ordinary);
}

void run_when_idle() {
  // The disk first: a thread that has not said otherwise by then is idle to the disk, too.
  yield_the_disk();
  constexpr sched_param none{};
  sched_setscheduler(0, SCHED_IDLE, &none);
}

Pace::Pace(Permille share_max)
    : share_max_(share_max),
      cycle_(read_clock(CLOCK_MONOTONIC)),
      computed_(read_clock(CLOCK_THREAD_CPUTIME_ID)) {}

void Pace::rest() {
  const Duration computed = read_clock(CLOCK_THREAD_CPUTIME_ID);
  processors().add_computed(Duration::us(computed.us() - computed_.us()));
  computed_ = computed;
  const Duration now = read_clock(CLOCK_MONOTONIC);
  const Duration rest = cycle_.rest(now, std::min(processors().share(now), share_max_));
  if (rest == Duration{}) {
    sched_yield();
    return;
  }
  sleep_for(rest);
  cycle_.woke(read_clock(CLOCK_MONOTONIC));
}

}  // namespace hb::archive
