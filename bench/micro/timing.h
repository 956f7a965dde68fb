// What the benchmarks measure with.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>

namespace hb::bench {

// Runs `work` and counts its time, and nothing else, as the iteration's.
// REQUIRES: the benchmark was registered with UseManualTime.
template <class Work>
void time_iteration(benchmark::State& state, Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  state.SetIterationTime(taken.count());
}

// Reports the seconds for each of `count` things done in all iterations together, as `name`.
inline void count_each(benchmark::State& state, const char* name, std::int64_t count) {
  using benchmark::Counter;
  state.SetItemsProcessed(count);
  state.counters[name] = Counter(static_cast<double>(count),
                                 static_cast<Counter::Flags>(Counter::kIsRate | Counter::kInvert));
}

}  // namespace hb::bench
