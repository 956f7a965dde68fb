#include "bench/limits/steadiness.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "engine/base/partition.h"
#include "engine/ledger/slab.h"

namespace hb::bench {

namespace {

using Clock = std::chrono::steady_clock;
using Nanoseconds = std::chrono::duration<double, std::nano>;

constexpr std::chrono::seconds settling{5};
constexpr std::chrono::milliseconds half_window{10};
constexpr std::uint32_t cells = (std::uint32_t{1} << 30) / sizeof(std::uint64_t);
constexpr int steps = 1'000;  // between two looks at the clock

// Nanoseconds a step.
template <class Step>
double for_half_a_window(Step&& step) {
  const Clock::time_point start = Clock::now();
  Clock::time_point now = start;
  std::uint64_t done = 0;
  for (; now - start < half_window; now = Clock::now()) {
    for (int i = 0; i < steps; ++i) step();
    done += steps;
  }
  return Nanoseconds(now - start).count() / static_cast<double>(done);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

SteadinessFigures steadiness(double duration_s) {
  Slab<std::uint64_t> memory;
  for (std::uint32_t i = 0; i < cells; ++i) memory.get(memory.allocate()) = i;
  std::vector<double> reads;
  std::vector<double> computing;
  std::uint64_t at = 1;
  const Clock::time_point begin = Clock::now() + settling;
  const Clock::time_point end = begin + std::chrono::duration_cast<Clock::duration>(
                                            std::chrono::duration<double>(duration_s));
  // What is read says where to read next, so that no read hides behind another.
  const auto read = [&] { at = mix64(at + memory.get(static_cast<std::uint32_t>(at % cells))); };
  const auto compute = [&] { at = mix64(at); };
  while (Clock::now() < end) {
    const double read_ns = for_half_a_window(read);
    const double compute_ns = for_half_a_window(compute);
    if (Clock::now() < begin) continue;
    reads.push_back(read_ns);
    computing.push_back(compute_ns);
  }
  if (at == 0 || reads.empty()) return {};  // the first keeps the loops from being left out
  const double usual = median(reads);
  const auto slow = std::ranges::count_if(reads, [=](double ns) { return ns > 1.5 * usual; });
  return {.windows = reads.size(),
          .read_ns = usual,
          .slowest_read = std::ranges::max(reads) / usual,
          .slow_share = static_cast<double>(slow) / static_cast<double>(reads.size()),
          .slowest_computing = std::ranges::max(computing) / median(computing)};
}

}  // namespace hb::bench
