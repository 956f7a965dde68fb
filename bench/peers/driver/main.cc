// bench_peer: gives a peer, freshly started and empty, the work of the claim workload in one or
// more shapes, one after the other, and checks its books at the end.
//
//   bench_peer redis --port 6379 --script bench/peers/claim.lua --run 16,64,1 --run 50,1,1
//
// A run is connections, requests in flight on each, claims a request.  Prints one JSON object.
// Exit status: 0 done and the books are right, 1 the books are wrong, 2 wrong usage, 3 the peer
// failed.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/peers/driver/closed_loop.h"
#include "bench/peers/driver/postgres_peer.h"
#include "bench/peers/driver/redis_peer.h"
#include "bench/peers/driver/work.h"

namespace hb::bench {

namespace {

using nlohmann::ordered_json;

constexpr int exit_books_wrong = 1;
constexpr int exit_wrong_usage = 2;
constexpr int exit_failed = 3;

struct Arguments {
  std::string peer{};
  std::uint16_t port = 0;
  std::string script{};
  WorkSize size{};
  double duration_s = 5;
  std::vector<std::vector<std::uint32_t>> runs{};
};

struct RunReport {
  Shape shape;
  LoopFigures figures;
};

ordered_json to_json(const RunReport& run) {
  const LoopFigures& f = run.figures;
  const auto rounded = [](double value, double steps) { return std::round(value * steps) / steps; };
  const auto at = [&](double q) { return rounded(f.latency.percentile_us(q), 10); };
  const auto answers = static_cast<double>(f.won + f.refused);
  return {{"connections", run.shape.connections},
          {"depth", run.shape.depth},
          {"batch", run.shape.batch},
          {"per_second", std::llround(answers / f.duration_s)},
          {"latency_us", {{"p50", at(0.5)}, {"p99", at(0.99)}, {"p999", at(0.999)}}},
          {"won", f.won},
          {"refused", f.refused},
          {"asked_again", f.asked_again},
          {"duration_s", rounded(f.duration_s, 1e3)},
          {"driver_cores", rounded(f.driver_cores, 100)},
          {"used_up", f.used_up}};
}

// What is wrong with the books, one sentence each.
std::vector<std::string> violations(const Work& work, const Books& books,
                                    const std::vector<RunReport>& runs) {
  Amount told{};
  std::uint64_t won = 0;
  for (const RunReport& run : runs) {
    told += run.figures.told;
    won += run.figures.won;
  }
  const Amount opening = work.wallet_balance() * static_cast<std::int64_t>(work.users());
  std::vector<std::string> wrong;
  if (books.in_wallets + books.in_packets != work.deposited()) {
    wrong.push_back("wallets and packets do not hold what was deposited");
  }
  if (books.in_wallets - opening != told) wrong.push_back("wallets grew by other than was told");
  if (books.claims != won) wrong.push_back("packets know of other claims than were told");
  if (books.broken_packets != 0) wrong.push_back("claims and rest of a packet are not its total");
  return wrong;
}

ordered_json audit_json(const Work& work, const Books& books,
                        const std::vector<std::string>& wrong) {
  return {{"ok", wrong.empty()},
          {"deposited_fen", work.deposited().fen()},
          {"wallets_fen", books.in_wallets.fen()},
          {"packets_fen", books.in_packets.fen()},
          {"claims", books.claims},
          {"violations", wrong}};
}

Result<std::unique_ptr<Peer>> open(const Arguments& arguments) {
  std::ifstream file(arguments.script);
  const std::string script(std::istreambuf_iterator<char>(file), {});
  if (!file) return fail(ErrorCode::invalid, "cannot read " + arguments.script);
  if (arguments.peer == "redis") return open_redis(arguments.port, script);
  return open_postgres(arguments.port, script);
}

Result<bool> run(const Arguments& arguments) {
  auto peer = open(arguments);
  if (!peer) return fail(peer.error());
  Work work(arguments.size);
  if (auto prepared = (*peer)->prepare(work); !prepared) return fail(prepared.error());
  std::vector<RunReport> runs;
  for (const auto& r : arguments.runs) {
    const Shape shape{r[0], r[1], r[2], arguments.duration_s};
    auto figures = drive(**peer, work, shape);
    if (!figures) return fail(figures.error());
    runs.push_back({shape, std::move(*figures)});
  }
  const auto books = (*peer)->audit(work);
  if (!books) return fail(books.error());
  const auto wrong = violations(work, *books, runs);
  ordered_json json{{"peer", arguments.peer},
                    {"version", (*peer)->version()},
                    {"packets", work.packets()},
                    {"shares", work.shares()},
                    {"users", work.users()},
                    {"runs", ordered_json::array()},
                    {"audit", audit_json(work, *books, wrong)}};
  for (const RunReport& report : runs) json["runs"].push_back(to_json(report));
  std::printf("%s\n", json.dump().c_str());
  return wrong.empty();
}

void add_options(CLI::App& app, Arguments& a) {
  app.add_option("peer", a.peer, "redis or postgres")
      ->check(CLI::IsMember({"redis", "postgres"}))
      ->required();
  app.add_option("--port", a.port, "of the peer on 127.0.0.1")->required()->type_name("PORT");
  app.add_option("--script", a.script, "claim.lua, or schema.sql")->required()->type_name("FILE");
  app.add_option("--packets", a.size.packets, "[200000]")->check(CLI::PositiveNumber);
  app.add_option("--shares", a.size.shares, "of a packet [100]")->check(CLI::Range(1, 500));
  app.add_option("--users", a.size.users, "rounded up to a power of two [1048576]")
      ->check(CLI::Range(500, 1 << 26));
  app.add_option("--duration", a.duration_s, "of each run, in seconds [5]")
      ->check(CLI::PositiveNumber);
  app.add_option("--run", a.runs, "connections, requests in flight on each, claims a request")
      ->required()
      ->check(CLI::PositiveNumber)
      ->delimiter(',')
      ->type_name("C,D,B");
}

}  // namespace

}  // namespace hb::bench

int main(int argc, char** argv) {
  using namespace hb::bench;
  CLI::App app("Drives a peer through the claim workload and checks its books");
  Arguments arguments;
  add_options(app, arguments);
  try {
    app.parse(argc, argv);
    for (const auto& run : arguments.runs) {
      if (run.size() != 3) throw CLI::ValidationError("--run", "takes three numbers");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_wrong_usage;
  }
  const auto right = run(arguments);
  if (!right) {
    std::fprintf(stderr, "bench_peer: %s\n", right.error().message.c_str());
    return exit_failed;
  }
  return *right ? 0 : exit_books_wrong;
}
