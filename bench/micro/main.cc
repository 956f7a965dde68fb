// bench_micro: the engine's parts by themselves, with Google Benchmark.
//
//   bench_micro [--packets=N] [--wallets=N] [--size_divisor=N] [--benchmark_...]
//
// --packets and --wallets say how many are open where a claim is measured (10 million each).
// --size_divisor makes every large state N times smaller, for a quick look whether all of them run.
// Exit status: 0 all ran, 1 a benchmark failed or none was there, 2 wrong usage.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bench/micro/registry.h"

namespace hb::bench {

namespace {

// Shows what the library's own reporter shows, and counts failures, which the library forgets.
class FailureCounter final : public benchmark::BenchmarkReporter {
 public:
  explicit FailureCounter(benchmark::BenchmarkReporter& shown) : shown_(shown) {}

  std::size_t failures() const { return failures_; }

  bool ReportContext(const Context& context) override { return shown_.ReportContext(context); }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) failures_ += run.error_occurred ? 1 : 0;
    shown_.ReportRuns(runs);
  }
  void Finalize() override { shown_.Finalize(); }

 private:
  benchmark::BenchmarkReporter& shown_;
  std::size_t failures_ = 0;
};

// The whole number above 0 that `text` is, if it is one.
std::optional<std::uint64_t> count_in(std::string_view text) {
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || rest != end || count == 0) return std::nullopt;
  return count;
}

// The sizes that the arguments name; nothing where they are wrong.
std::optional<Sizes> sizes_of(std::span<char* const> arguments) {
  Sizes sizes;
  std::uint64_t divisor = 1;
  const std::map<std::string_view, std::uint64_t*> options{
      {"--packets", &sizes.packets}, {"--wallets", &sizes.wallets}, {"--size_divisor", &divisor}};
  for (const std::string_view argument : arguments) {
    const std::size_t name_end = std::min(argument.find('='), argument.size() - 1);
    const auto option = options.find(argument.substr(0, name_end));
    const auto count = count_in(argument.substr(name_end + 1));
    if (option == options.end() || !count) return std::nullopt;
    *option->second = *count;
  }
  return sizes.divided_by(divisor);
}

void register_all(const Sizes& sizes) {
  register_step(sizes);
  register_split();
  register_wheel(sizes);
  register_claim_set();
  register_stored_answers(sizes);
  register_journal();
  register_wire();
}

int run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const auto sizes = sizes_of({argv + 1, static_cast<std::size_t>(argc - 1)});
  if (!sizes) {
    std::fprintf(stderr,
                 "usage: bench_micro [--packets=N] [--wallets=N] [--size_divisor=N] "
                 "[--benchmark_...]\n");
    return 2;
  }
  benchmark::AddCustomContext("packets", std::to_string(sizes->packets));
  benchmark::AddCustomContext("wallets", std::to_string(sizes->wallets));
  register_all(*sizes);
  const std::unique_ptr<benchmark::BenchmarkReporter> shown(
      benchmark::CreateDefaultDisplayReporter());
  FailureCounter counter(*shown);
  const std::size_t ran = benchmark::RunSpecifiedBenchmarks(&counter);
  return ran == 0 || counter.failures() > 0 ? 1 : 0;
}

}  // namespace

}  // namespace hb::bench

int main(int argc, char** argv) {
  return hb::bench::run(argc, argv);
}
