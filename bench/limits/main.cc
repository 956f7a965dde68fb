// bench_limits: what the machine under the engine can do, to compare figures of the same minutes.
//
// Prints one JSON object.  Exit status: 0 done, 2 wrong usage, 3 a socket or the disk failed.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/limits/bare_array.h"
#include "bench/limits/disk_write.h"
#include "bench/limits/ping_pong.h"
#include "bench/limits/steadiness.h"

namespace hb::bench {

namespace {

using nlohmann::ordered_json;

constexpr int exit_failed = 3;
constexpr std::uint64_t bare_array_wallets = 1'000'000;

ordered_json latency_json(const load::LatencyHistogram& latency) {
  const auto rounded = [](double us) { return std::round(us * 10) / 10; };
  const auto at = [&](double quantile) { return rounded(latency.percentile_us(quantile)); };
  return {
      {"p50", at(0.5)}, {"p99", at(0.99)}, {"p999", at(0.999)}, {"max", rounded(latency.max_us())}};
}

ordered_json to_json(const PingPongOptions& options, const PingPongFigures& figures) {
  return {{"connections", options.connections},
          {"question_bytes", options.question_bytes},
          {"answer_bytes", options.answer_bytes},
          {"per_second", std::llround(static_cast<double>(figures.answers) / figures.duration_s)},
          {"latency_us", latency_json(figures.latency)}};
}

ordered_json to_json(const DiskWriteFigures& figures) {
  return {{"bytes", 4096},
          {"direct", figures.direct},
          {"writes", figures.latency.count()},
          {"latency_us", latency_json(figures.latency)}};
}

ordered_json to_json(const BareArrayFigures& figures) {
  return {{"packets", figures.packets},
          {"ns_per_claim", std::round(figures.ns_per_claim * 10) / 10}};
}

ordered_json to_json(const SteadinessFigures& figures) {
  const auto rounded = [](double value) { return std::round(value * 100) / 100; };
  return {{"windows", figures.windows},
          {"read_ns", rounded(figures.read_ns)},
          {"slowest_read", rounded(figures.slowest_read)},
          {"slow_share", std::round(figures.slow_share * 1e4) / 1e4},
          {"slowest_computing", rounded(figures.slowest_computing)}};
}

int tell(const Error& error) {
  std::fprintf(stderr, "bench_limits: %s\n", error.message.c_str());
  return exit_failed;
}

int run(const PingPongOptions& options, const std::string& directory, std::uint32_t writes,
        const std::vector<std::uint64_t>& packets, double steadiness_s) {
  const auto pings = ping_pong(options);
  if (!pings) return tell(pings.error());
  const auto disk = disk_writes(directory, writes);
  if (!disk) return tell(disk.error());
  ordered_json json{{"tcp", to_json(options, *pings)}, {"dsync_write", to_json(*disk)}};
  for (const std::uint64_t count : packets) {
    json["bare_array"].push_back(to_json(bare_array(count, bare_array_wallets)));
  }
  if (steadiness_s > 0) json["steadiness"] = to_json(steadiness(steadiness_s));
  std::printf("%s\n", json.dump().c_str());
  return 0;
}

}  // namespace

}  // namespace hb::bench

int main(int argc, char** argv) {
  CLI::App app("What loopback TCP, the disk and the memory can do, as JSON");
  hb::bench::PingPongOptions options;
  std::string directory = ".";
  std::uint32_t writes = 2'000;
  app.add_option("--connections", options.connections, "each waits for its answer [50]")
      ->check(CLI::Range(1, 1'000))
      ->type_name("N");
  app.add_option("--duration", options.duration_s, "of the TCP probe, in seconds [2]")
      ->check(CLI::PositiveNumber)
      ->type_name("S");
  app.add_option("--directory", directory, "whose disk is written to [.]")->type_name("DIR");
  app.add_option("--writes", writes, "of 4 KiB each [2000]")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  std::vector<std::uint64_t> packets;
  app.add_option("--packets", packets,
                 "claims at random among so many in bare arrays, too; several times [none]")
      ->check(CLI::Range(std::uint64_t{1}, hb::bench::bare_array_max))
      ->type_name("N");
  double steadiness_s = 0;
  app.add_option("--steadiness", steadiness_s,
                 "how even memory and processor are in so many seconds, too [0]")
      ->check(CLI::NonNegativeNumber)
      ->type_name("S");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return hb::bench::run(options, directory, writes, packets, steadiness_s);
}
