// Chance from a seed: the same seed gives the same run.
//
// Source:  SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
// Threads: none.
#pragma once

#include <cstdint>

#include "engine/base/partition.h"

namespace hb::load {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() { return mix64(state_ += 0x9e3779b97f4a7c15); }
  // In (0, 1]: its logarithm is finite.
  double unit() { return static_cast<double>((next() >> 11) + 1) * 0x1p-53; }
  // In [0, bound).  REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }

 private:
  std::uint64_t state_;
};

}  // namespace hb::load
