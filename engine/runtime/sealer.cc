#include "engine/runtime/sealer.h"

#include <spdlog/spdlog.h>

#include "engine/archive/background.h"
#include "engine/journal/segment_seal.h"

namespace hb {

Sealer::Sealer() : thread_([this] { run(); }) {}

Sealer::~Sealer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wanted_.notify_one();
  thread_.join();
}

void Sealer::add(Storage& storage, std::uint64_t segment) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back({&storage, segment});
  }
  wanted_.notify_one();
}

void Sealer::run() {
  archive::run_in_background();  // a seal may wait, a claim may not
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (stopping_) return;
    const Task task = tasks_.front();
    tasks_.pop_front();
    lock.unlock();
    if (auto seal = journal::seal_segment(*task.storage, task.segment); !seal) {
      spdlog::error("segment {} is not sealed: {}", task.segment, seal.error().message);
    }
    lock.lock();
  }
}

}  // namespace hb
