#include "engine/runtime/memory_populator.h"

#include <sys/mman.h>

#include <optional>

#include "engine/os/thread.h"

namespace hb {

MemoryPopulator::MemoryPopulator() : thread_(start_thread("memory ahead", [this] { run(); })) {}

MemoryPopulator::~MemoryPopulator() {
  expected_.abandon();
  thread_.join();
}

void MemoryPopulator::expect(std::span<std::byte> bytes) {
  expected_.put(bytes);
}

void MemoryPopulator::run() {
  while (const std::optional<std::span<std::byte>> bytes = expected_.next()) {
    madvise(bytes->data(), bytes->size(), MADV_POPULATE_WRITE);
  }
}

}  // namespace hb
