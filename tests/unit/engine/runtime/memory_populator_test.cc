#include "engine/runtime/memory_populator.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace hb {
namespace {

constexpr std::size_t length = std::size_t{4} << 20;

class Mapping {
 public:
  Mapping()
      : start_(mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    EXPECT_NE(start_, MAP_FAILED);
  }
  ~Mapping() { munmap(start_, length); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::span<std::byte> bytes() const { return {static_cast<std::byte*>(start_), length}; }
  std::size_t pages_there() const {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    std::vector<unsigned char> there(length / page);
    EXPECT_EQ(mincore(start_, length, there.data()), 0);
    return static_cast<std::size_t>(std::ranges::count_if(there, [](auto c) { return c & 1; }));
  }
  std::size_t pages() const { return length / static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

 private:
  void* start_;
};

bool system_can_populate() {
  const Mapping probe;
  return madvise(probe.bytes().data(), length, MADV_POPULATE_WRITE) == 0;
}

// Soon all pages are there.
void await_pages(const Mapping& memory) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (memory.pages_there() < memory.pages() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(memory.pages_there(), memory.pages());
}

TEST(MemoryPopulator, BacksWhatIsExpectedAndChangesNothing) {
  if (!system_can_populate()) GTEST_SKIP() << "this system cannot populate memory";
  const Mapping memory;
  memory.bytes()[5'000] = std::byte{7};
  MemoryPopulator populator;
  EXPECT_LT(memory.pages_there(), memory.pages());
  populator.expect(memory.bytes());
  await_pages(memory);
  EXPECT_EQ(memory.bytes()[5'000], std::byte{7});
  EXPECT_EQ(std::ranges::count(memory.bytes(), std::byte{0}), std::ptrdiff_t{length} - 1);
}

TEST(MemoryPopulator, PassesOverMemoryThatWasGivenBack) {
  if (!system_can_populate()) GTEST_SKIP() << "this system cannot populate memory";
  const Mapping memory;
  MemoryPopulator populator;
  std::span<std::byte> gone;
  {
    const Mapping given_back;
    gone = given_back.bytes();
  }
  populator.expect(gone);
  populator.expect(memory.bytes());
  await_pages(memory);
}

TEST(MemoryPopulator, EndsWithWorkLeft) {
  const Mapping memory;
  MemoryPopulator populator;
  for (int i = 0; i < 1'000; ++i) populator.expect(memory.bytes());
}

}  // namespace
}  // namespace hb
