// The amount of a share, with the word of the packet's seed that decides it.
#include "engine/ledger/split.h"

#include <benchmark/benchmark.h>

#include "bench/micro/registry.h"
#include "bench/micro/timing.h"

namespace hb::bench {

namespace {

// All shares of one packet after another; returns the last one's amount.
std::int64_t split(PrfKey seed, std::int64_t shares) {
  SplitState left{.remaining_fen = 100 * shares,
                  .shares_left = shares,
                  .share_fen_min = 1,
                  .share_fen_max = 20'000};
  std::int64_t amount = 0;
  for (std::uint32_t index = 0; left.shares_left > 0; ++index, --left.shares_left) {
    amount = draw_double_mean(left, split_word(seed, index));
    left.remaining_fen -= amount;
  }
  return amount;
}

void double_mean(benchmark::State& state) {
  PrfKey seed{1, 2};
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(split(seed, state.range(0)));
    ++seed.k0;
  }
  count_each(state, "per_share", state.iterations() * state.range(0));
}

}  // namespace

void register_split() {
  benchmark::RegisterBenchmark("split/double_mean", double_mean)
      ->ArgName("shares")
      ->Arg(5)
      ->Arg(100)
      ->Arg(500);
}

}  // namespace hb::bench
