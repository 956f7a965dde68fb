// The idempotency store: a day's keyed answers, spread over the partitions as a ledger has them.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "bench/micro/registry.h"
#include "bench/micro/timing.h"
#include "engine/base/limits.h"
#include "engine/base/partition.h"
#include "engine/ledger/replay_store.h"

namespace hb::bench {

namespace {

using benchmark::State;

constexpr Time now{1'700'000'000'000'000};

class Answers {
 public:
  explicit Answers(std::uint64_t count) : count_(count), stores_(limits::partitions) {}

  std::uint64_t count() const { return count_; }
  void insert_all() {
    for (std::uint64_t i = 0; i < count_; ++i) {
      store(i).insert({.key = key(i), .fingerprint = i, .answer = i}, now, runs_);
    }
  }
  const ReplayRow* find(std::uint64_t i) const {
    return const_cast<Answers*>(this)->store(i).find(key(i), now);
  }
  double bytes() const { return static_cast<double>(runs_.bytes()); }

 private:
  static Key128 key(std::uint64_t i) { return {mix64(i + 1), i}; }
  ReplayStore& store(std::uint64_t i) { return stores_[mix64(~i) % limits::partitions]; }

  std::uint64_t count_;
  TableRuns<ReplayRow> runs_;
  std::vector<ReplayStore> stores_;
};

void insert(State& state, std::uint64_t count) {
  for ([[maybe_unused]] auto _ : state) {
    Answers answers(count);
    time_iteration(state, [&] { answers.insert_all(); });
    state.counters["bytes_per_answer"] = answers.bytes() / static_cast<double>(count);
  }
  count_each(state, "per_answer", state.iterations() * static_cast<std::int64_t>(count));
}

void find(State& state, const Answers& answers, bool stored) {
  std::uint64_t i = 0;
  for ([[maybe_unused]] auto _ : state) {
    const std::uint64_t index = mix64(++i) % answers.count();
    const ReplayRow* const row = answers.find(stored ? index : index + answers.count());
    if ((row != nullptr) != stored) return state.SkipWithError("an answer was not found right");
  }
  count_each(state, "per_answer", state.iterations());
}

}  // namespace

void register_stored_answers(const Sizes& sizes) {
  using benchmark::RegisterBenchmark;
  const std::uint64_t count = sizes.stored_answers;
  const auto shared = std::make_shared<std::unique_ptr<Answers>>();
  const auto filled = [=]() -> const Answers& {
    if (*shared == nullptr) {
      *shared = std::make_unique<Answers>(count);
      (*shared)->insert_all();
    }
    return **shared;
  };
  RegisterBenchmark("stored_answers/insert", [=](State& s) { insert(s, count); })
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
  RegisterBenchmark("stored_answers/found", [=](State& s) { find(s, filled(), true); });
  RegisterBenchmark("stored_answers/not_found", [=](State& s) { find(s, filled(), false); });
}

}  // namespace hb::bench
