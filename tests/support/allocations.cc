#include "tests/support/allocations.h"

#include <cstdlib>
#include <new>

namespace {

std::size_t counted = 0;
int uncounted_depth = 0;

void* allocate(std::size_t bytes) {
  if (uncounted_depth == 0) ++counted;
  void* const block = std::malloc(bytes == 0 ? 1 : bytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void* allocate(std::size_t bytes, std::align_val_t alignment) {
  if (uncounted_depth == 0) ++counted;
  const auto to = static_cast<std::size_t>(alignment);
  void* const block = std::aligned_alloc(to, (bytes + to - 1) / to * to);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

void* operator new(std::size_t bytes) {
  return allocate(bytes);
}
void* operator new[](std::size_t bytes) {
  return allocate(bytes);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, alignment);
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, alignment);
}
void operator delete(void* block) noexcept {
  std::free(block);
}
void operator delete[](void* block) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  std::free(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  std::free(block);
}

namespace hb::test {

std::size_t allocations() {
  return counted;
}

Uncounted::Uncounted() {
  ++uncounted_depth;
}

Uncounted::~Uncounted() {
  --uncounted_depth;
}

}  // namespace hb::test
