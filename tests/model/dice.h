// Random choices from one seed, the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "engine/base/assert.h"

namespace hb::model {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  std::uint64_t word() { return random_(); }
  // 0 .. bound - 1.
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  // least .. most.
  std::int64_t between(std::int64_t least, std::int64_t most) {
    HB_ASSERT(least <= most);
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1));
  }
  // True `n` times in a thousand.
  bool permille(std::uint64_t n) { return below(1'000) < n; }
  bool percent(std::uint64_t n) { return below(100) < n; }

  template <class T>
  const T& any_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }
  // Mostly one of the last few.
  template <class T>
  const T& recent_of(const std::vector<T>& all) {
    const std::size_t few = all.size() < 40 ? all.size() : 40;
    return percent(75) ? all[all.size() - 1 - below(few)] : any_of(all);
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace hb::model
