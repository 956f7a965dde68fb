#include "engine/runtime/memory_populator.h"

#include <pthread.h>
#include <sys/mman.h>

#include <optional>

namespace hb {

MemoryPopulator::MemoryPopulator() : thread_([this] { run(); }) {}

MemoryPopulator::~MemoryPopulator() {
  expected_.abandon();
  thread_.join();
}

void MemoryPopulator::expect(std::span<std::byte> bytes) {
  expected_.put(bytes);
}

void MemoryPopulator::run() {
  ::pthread_setname_np(::pthread_self(), "memory ahead");
  while (const std::optional<std::span<std::byte>> bytes = expected_.next()) {
    madvise(bytes->data(), bytes->size(), MADV_POPULATE_WRITE);
  }
}

}  // namespace hb
