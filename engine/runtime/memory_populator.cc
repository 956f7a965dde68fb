#include "engine/runtime/memory_populator.h"

#include <sys/mman.h>

namespace hb {

MemoryPopulator::MemoryPopulator() : thread_([this] { run(); }) {}

MemoryPopulator::~MemoryPopulator() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wanted_.notify_one();
  thread_.join();
}

void MemoryPopulator::expect(std::span<std::byte> bytes) {
  {
    const std::scoped_lock lock(mutex_);
    expected_.push_back(bytes);
  }
  wanted_.notify_one();
}

void MemoryPopulator::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [this] { return stopping_ || !expected_.empty(); });
    if (stopping_) return;
    const std::span<std::byte> bytes = expected_.front();
    expected_.pop_front();
    lock.unlock();
    madvise(bytes.data(), bytes.size(), MADV_POPULATE_WRITE);
    lock.lock();
  }
}

}  // namespace hb
