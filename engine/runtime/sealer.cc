#include "engine/runtime/sealer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "engine/archive/background.h"
#include "engine/journal/segment_seal.h"
#include "engine/os/monotonic_time.h"
#include "engine/os/thread.h"

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

Sealer::Sealer() : thread_(start_thread("sealer", [this] { run(); })) {}

Sealer::~Sealer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wanted_.notify_one();
  thread_.join();
}

void Sealer::add(ShardId shard, Storage& storage, std::uint64_t segment) {
  {
    const std::scoped_lock lock(mutex_);
    storages_[shard] = &storage;
    line_.add({shard, segment});
  }
  wanted_.notify_one();
}

void Sealer::run() {
  archive::run_in_background();  // a seal may wait, a claim may not
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const std::optional<SealLine::Task> task = line_.next(monotonic_time());
    if (!task) {
      const std::optional<Time> again = line_.next_try();
      if (again) {
        wanted_.wait_for(lock, std::chrono::microseconds((*again - monotonic_time()).us()));
      } else {
        wanted_.wait(lock);
      }
      continue;
    }
    Storage& storage = *storages_.at(task->shard);
    lock.unlock();
    const Result<void> sealed = seal(storage, task->segment);
    lock.lock();
    report(*task, sealed);
  }
}

Result<void> Sealer::seal(Storage& storage, std::uint64_t segment) {
  HalfSpeed pace;
  auto seal = journal::seal_segment(storage, segment, [&] { pace.rest(); });
  if (!seal) return fail(std::move(seal.error()));
  return {};
}

void Sealer::report(const SealLine::Task& task, const Result<void>& sealed) {
  if (sealed) {
    if (line_.made(task)) spdlog::info("shard {}: segments are sealed again", task.shard.value);
  } else if (line_.failed(task, sealed.error(), monotonic_time())) {
    spdlog::error(
        "shard {}: segment {} is not sealed: {}; trying again until it is, and the segments behind "
        "it wait",
        task.shard.value, task.segment, sealed.error().message);
  }
}

}  // namespace hb
