#include "engine/runtime/sealer.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "engine/archive/background.h"
#include "engine/journal/segment_seal.h"

namespace hb {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Halves the speed of a thread: a sealer that is behind would otherwise keep the disk, whose writes
// a claim waits for, as busy as it gets.
class HalfSpeed {
 public:
  // Sleeps for as long as the work since the last sleep took.
  void rest() {
    std::this_thread::sleep_for(
        std::min<SteadyClock::duration>(SteadyClock::now() - woke_, longest));
    woke_ = SteadyClock::now();
  }

 private:
  // Work that took longer did not work: it waited for a processor.
  static constexpr auto longest = std::chrono::milliseconds(1);

  SteadyClock::time_point woke_ = SteadyClock::now();
};

}  // namespace

Sealer::Sealer() : thread_([this] { run(); }) {}

Sealer::~Sealer() {
  tasks_.abandon();
  thread_.join();
}

void Sealer::add(Storage& storage, std::uint64_t segment) {
  tasks_.put({&storage, segment});
}

void Sealer::run() {
  ::pthread_setname_np(::pthread_self(), "sealer");
  archive::run_in_background();  // a seal may wait, a claim may not
  while (const std::optional<Task> task = tasks_.next()) {
    HalfSpeed pace;
    if (auto seal = journal::seal_segment(*task->storage, task->segment, [&] { pace.rest(); });
        !seal) {
      spdlog::error("segment {} is not sealed: {}", task->segment, seal.error().message);
    }
  }
}

}  // namespace hb
