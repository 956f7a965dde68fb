#include "tools/hongbao/command_line.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

namespace hb::cli {
namespace {

struct Outcome {
  ExitStatus status{};
  std::string out;
  std::string err;
};

// Runs a line that ends before it would talk to a server.
Outcome run_line(std::vector<const char*> words) {
  words.insert(words.begin(), "hongbao");
  std::ostringstream out;
  std::ostringstream err;
  const ExitStatus status = run(static_cast<int>(words.size()), words.data(), out, err);
  return {status, out.str(), err.str()};
}

// Parses a line that is right, without running it.
CommandLine parsed(const std::string& text) {
  CommandLine line;
  CLI::App app;
  describe(app, line);
  app.parse(text);
  return line;
}

TEST(CommandLine, HasALocalServerAndTenSecondsByDefault) {
  const CommandLine line = parsed("ping");
  EXPECT_EQ(format_endpoint(line.server), "127.0.0.1:7700");
  EXPECT_EQ(line.timeout, Duration::seconds(10));
  EXPECT_FALSE(line.json);
  EXPECT_TRUE(line.run);
}

TEST(CommandLine, TakesGlobalOptionsBeforeAndAfterTheSubcommand) {
  for (const char* text :
       {"--json --server 10.0.0.1:1 --timeout 2s wallet deposit 7 20.00",
        "wallet deposit 7 20.00 --json --server 10.0.0.1:1 --timeout 2s",
        "wallet --json deposit --server 10.0.0.1:1 7 --timeout 2s 20.00",
        "--json send --from 7 --total 1 --server 10.0.0.1:1 --shares 1 --timeout 2",
        "claim 4097 --user 8 --timeout 2000ms --json --server 10.0.0.1:1"}) {
    const CommandLine line = parsed(text);
    EXPECT_TRUE(line.json) << text;
    EXPECT_EQ(format_endpoint(line.server), "10.0.0.1:1") << text;
    EXPECT_EQ(line.timeout, Duration::seconds(2)) << text;
  }
}

TEST(CommandLine, KnowsEveryForm) {
  for (const char* text :
       {"wallet open 7", "wallet open 7 --name Mei", "wallet withdraw 7 0.5", "wallet show 7",
        "send --from 7 --total 20.00 --shares 10 --kind even --expires-in 24h --remark hi --group "
        "g",
        "send --from 7 --total 20 --shares 10 --key 0123456789abcdef0123456789abcdef",
        "peek 4097 --user 8", "show 4097", "journal cat data --from 1 --to 5 --shard 0",
        "journal check data", "verify data --balances b.csv --packets p.csv", "load",
        "load --workload grab-storm --connections 16 --window 4000 --batch 1000 --threads 2 --seed "
        "5 "
        "--duration 10 --json out.json --report out.html --data data",
        "load --workload send --rate 1000 --json -", "load --workload mixed --json",
        "load --workload expiry-storm --packets 1000 --expires-in 60s --expiry-spread 1m"}) {
    EXPECT_TRUE(parsed(text).run) << text;
  }
}

TEST(CommandLine, EndsWithTwoAndOneLineOnWrongUsage) {
  const std::vector<std::vector<const char*>> wrong = {
      {},
      {"pong"},
      {"claim"},
      {"claim", "4097"},
      {"claim", "x", "--user", "8"},
      {"claim", "4097", "--user", "-8"},
      {"wallet"},
      {"wallet", "deposit", "7"},
      {"wallet", "deposit", "7", "1.234"},
      {"wallet", "deposit", "7", "-1"},
      {"wallet", "open", "7", "--name",
       "a name that is far longer than the sixty-four bytes which a name may have"},
      {"send", "--from", "7", "--total", "1", "--shares", "-1"},
      {"send", "--from", "7", "--total", "1", "--shares", "1", "--kind", "unlucky"},
      {"send", "--from", "7", "--total", "1", "--shares", "1", "--expires-in", "soon"},
      {"send", "--from", "7", "--total", "1", "--shares", "1", "--key", "abc"},
      {"ping", "--server", "nowhere"},
      {"ping", "extra"},
      {"ping", "claim"},
      {"journal", "check"},
      {"verify"}};
  for (const auto& words : wrong) {
    const Outcome outcome = run_line(words);
    EXPECT_EQ(outcome.status, ExitStatus::usage) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  }
}

TEST(CommandLine, SaysWhatWouldHaveBeenRight) {
  EXPECT_NE(run_line({"wallet", "deposit", "7", "1.234"})
                .err.find("'1.234' is not an amount like 20 or 20.00"),
            std::string::npos);
}

TEST(CommandLine, TellsWrongUsageAsJsonWhenAsked) {
  const Outcome outcome = run_line({"claim", "x", "--user", "8", "--json"});
  EXPECT_EQ(outcome.status, ExitStatus::usage);
  EXPECT_EQ(outcome.err, "");
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["error"], "usage");
  EXPECT_TRUE(json.contains("message"));
}

TEST(CommandLine, HelpsWithExamplesAndEndsWithZero) {
  const Outcome help = run_line({"--help"});
  EXPECT_EQ(help.status, ExitStatus::done);
  EXPECT_NE(help.out.find("hongbao send --from 7"), std::string::npos);
  const Outcome send_help = run_line({"send", "--help"});
  EXPECT_EQ(send_help.status, ExitStatus::done);
  EXPECT_NE(send_help.out.find("--expires-in"), std::string::npos);
  EXPECT_NE(send_help.out.find("Examples:"), std::string::npos);
}

TEST(CommandLine, EndsWithThreeWhereNoDataDirectoryIs) {
  for (const auto& words : {std::vector<const char*>{"verify", "/nonexistent", "--json"},
                            std::vector<const char*>{"journal", "check", "/nonexistent", "--json"},
                            std::vector<const char*>{"journal", "cat", "/nonexistent", "--json"}}) {
    const Outcome outcome = run_line(words);
    EXPECT_EQ(outcome.status, ExitStatus::failed);
    EXPECT_EQ(nlohmann::json::parse(outcome.out)["error"], "io");
  }
}

TEST(CommandLine, RefusesToWriteJsonAndAListToOnePlace) {
  EXPECT_EQ(run_line({"verify", "data", "--json", "--balances", "-"}).status, ExitStatus::usage);
}

TEST(ExitStatusOf, TellsRulesFromAServiceThatCannotTakeItNow) {
  EXPECT_EQ(exit_status_of(Status::ok), ExitStatus::done);
  EXPECT_EQ(exit_status_of(Status::already_claimed), ExitStatus::done);
  for (const Status status : {Status::sold_out, Status::key_conflict, Status::split_unknown,
                              Status::cursor_invalid, Status::not_open_yet, Status::not_frozen}) {
    EXPECT_EQ(exit_status_of(status), ExitStatus::refused) << name(status);
  }
  for (const Status status : {Status::overloaded, Status::read_only, Status::records_unavailable,
                              Status::frame_malformed, Status::frame_timeout}) {
    EXPECT_EQ(exit_status_of(status), ExitStatus::failed) << name(status);
  }
}

}  // namespace
}  // namespace hb::cli
