// How large the state is that the benchmarks run on.
#pragma once

#include <algorithm>
#include <cstdint>

namespace hb::bench {

// As the engine is to be measured; a smoke test divides them all.
struct Sizes {
  std::uint64_t packets = 10'000'000;  // open
  std::uint64_t wallets = 10'000'000;
  std::uint64_t timers = 50'000'000;
  std::uint64_t stored_answers = 10'000'000;

  Sizes divided_by(std::uint64_t divisor) const {
    // What is left is enough for one packet of the most shares.
    const auto part = [divisor](std::uint64_t n) {
      return std::max<std::uint64_t>(n / divisor, 1'000);
    };
    return {part(packets), part(wallets), part(timers), part(stored_answers)};
  }
};

}  // namespace hb::bench
