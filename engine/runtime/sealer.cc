#include "engine/runtime/sealer.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <optional>
#include <utility>

#include "engine/archive/background.h"
#include "engine/os/monotonic_time.h"
#include "engine/os/thread.h"

namespace hb {
namespace {

// Half of the time at most: a sealer that is behind would otherwise keep the disk, whose writes a
// claim waits for, as busy as it gets.
constexpr archive::Permille share_max = 500;

}  // namespace

Sealer::Sealer(Sealed sealed)
    : sealed_(std::move(sealed)), thread_(start_thread("sealer", [this] { run(); })) {}

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
    const Result<void> sealed = seal(task->shard, storage, task->segment);
    lock.lock();
    report(*task, sealed);
  }
}

Result<void> Sealer::seal(ShardId shard, Storage& storage, std::uint64_t segment) {
  archive::Pace pace(share_max);
  auto seal = journal::seal_segment(storage, segment, [&] { pace.rest(); });
  if (!seal) return fail(std::move(seal.error()));
  if (sealed_) sealed_(shard, *seal);
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
