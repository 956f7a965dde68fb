// How much memory the connections of one worker hold together, and how much one of them may.
//
// Without shares, a few clients that send requests and read no answers would take the whole budget
// and leave none for the others.  So a connection may hold at most a fraction of what is still
// free: the more connections hold, the less each may, and a part of the budget always stays free
// (dynamic thresholds: Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory
// packet switches", 1998).  With n connections at their share, 1 / (1 + n / share_divisor) of the
// budget is free.
//
// Units:      bytes.
// Cost:       an addition each.
// Threads:    none.  A worker's connections share one budget.
// Invariants: held() is the sum of what its connections hold.
#pragma once

#include <cstddef>

#include "engine/base/assert.h"

namespace hb::net {

class MemoryBudget {
 public:
  static constexpr std::size_t share_divisor = 8;

  explicit MemoryBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // One connection held `before` and holds `after` now.
  void change(std::size_t before, std::size_t after) {
    HB_ASSERT(before <= held_);
    held_ = held_ - before + after;
  }

  std::size_t held() const { return held_; }
  std::size_t free() const { return held_ < bytes_max_ ? bytes_max_ - held_ : 0; }
  // What one connection may hold at this moment.
  std::size_t share() const { return free() / share_divisor; }

 private:
  const std::size_t bytes_max_;
  std::size_t held_ = 0;
};

}  // namespace hb::net
