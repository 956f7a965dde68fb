// bench_micro: the engine's parts by themselves, with Google Benchmark.
//
//   bench_micro [--size_divisor=N] [--benchmark_...]
//
// --size_divisor makes every large state N times smaller, for a quick look whether all of them run.
// Exit status: 0 all ran, 1 a benchmark failed or none was there, 2 wrong usage.
#include <benchmark/benchmark.h>

#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
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

// The divisor that the arguments name, 1 if none; nothing where they are wrong.
std::optional<std::uint64_t> size_divisor(int argc, char** argv) {
  constexpr std::string_view flag = "--size_divisor=";
  std::uint64_t divisor = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with(flag)) return std::nullopt;
    const char* const end = argument.data() + argument.size();
    const auto [rest, error] = std::from_chars(argument.data() + flag.size(), end, divisor);
    if (error != std::errc{} || rest != end || divisor == 0) return std::nullopt;
  }
  return divisor;
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
  const auto divisor = size_divisor(argc, argv);
  if (!divisor) {
    std::fprintf(stderr, "usage: bench_micro [--size_divisor=N] [--benchmark_...]\n");
    return 2;
  }
  benchmark::AddCustomContext("size_divisor", std::to_string(*divisor));
  register_all(Sizes{}.divided_by(*divisor));
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
