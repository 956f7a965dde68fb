// Counts what operator new hands out, for tests of code that promises to allocate nothing.
//
// A binary that links tests_support_allocations gets counting operators in place of the standard
// ones.
//
// Threads:    one.
#pragma once

#include <cstddef>

namespace hb::test {

// Calls of operator new so far, those under an Uncounted apart.
std::size_t allocations();

// While one of these lives, nothing is counted: for fakes that stand in for the world.
class Uncounted {
 public:
  Uncounted();
  ~Uncounted();
  Uncounted(const Uncounted&) = delete;
  Uncounted& operator=(const Uncounted&) = delete;
};

}  // namespace hb::test
