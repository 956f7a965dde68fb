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
  const ExitStatus status = run(static_cast<int>(words.size()), words.data(), {out, err});
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
       {"wallet open 7",
        "wallet open 7 --name Mei",
        "wallet withdraw 7 0.5",
        "wallet show 7",
        "send --from 7 --total 20.00 --shares 10 --kind even --expires-in 24h --remark hi --group "
        "g",
        "send --from 7 --total 20 --shares 10 --key 0123456789abcdef0123456789abcdef",
        "send --from 7 --total 20 --shares 10 --split order_fair --code hi --sender-may-claim no",
        "send --from 7 --total 20 --kind direct --to 8 --recallable --opens-in 1h",
        "send --from 7 --total 20 --kind exclusive --to 8,9 --to 10 --opens-at "
        "2026-02-16T12:00:00Z",
        "send --from 7 --total 20 --shares 2 --funding external --reference r --opens-at 1",
        "claim 4097 --user 8",
        "claim 4097 --user 8 --code hi",
        "recall 4097 --from 7",
        "return 4097 --user 8 --key 0123456789abcdef0123456789abcdef",
        "wallet set 7 --refund-to wallet",
        "wallet check 7",
        "wallet freeze 7 --operator ann --note why",
        "wallet unfreeze 7 --operator ann",
        "transfer send --from 7 --to 8 --amount 5.00 --arrives-after 2h --remark hi",
        "transfer accept 8193 --user 8",
        "transfer decline 8193 --user 8",
        "transfer cancel 8193 --from 7",
        "transfer return 8193 --user 8",
        "transfer show 8193",
        "payout list",
        "payout list --shard 1 --page 2 --rows 50",
        "payout confirm 4097 --reference back",
        "case open 4097 --operator ann",
        "case open 4097 --user 8 --operator ann --note why",
        "case freeze 4097 --operator ann",
        "case unfreeze 4097 --operator ann --note why",
        "case resolve 4097 refuse --operator bob",
        "case resolve 4097 uphold --user 8 --operator bob --note why",
        "case show 4097",
        "case bundle 4097",
        "records sent 7",
        "records received 7 --page 500 --cursor r0123",
        "records statement 7 --all",
        "records history 4097 --page 1 --cursor e0123 --all",
        "records export sent 7 --format csv",
        "records export received 7 --format jsonl --out received.jsonl",
        "feed",
        "feed --shard 1 --from 1000 --follow --count 10 --json",
        "peek 4097 --user 8",
        "show 4097",
        "journal cat data --from 1 --to 5 --shard 0",
        "journal check data",
        "verify-split 4097",
        "verify-split --file - --commitment "
        "be45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991",
        "verify data --balances b.csv --packets p.csv",
        "load",
        "load --workload grab-storm --connections 16 --window 4000 --batch 1000 --threads 2 --seed "
        "5 "
        "--duration 10 --json out.json --report out.html",
        "load --server 127.0.0.1:1 --data data --into-this-server",
        "load --workload send --rate 1000 --json -",
        "load --workload mixed --json",
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
      {"records"},
      {"records", "sent"},
      {"records", "sent", "x"},
      {"records", "sent", "7", "--page", "0"},
      {"records", "sent", "7", "--page", "501"},
      {"records", "history"},
      {"records", "export", "sent", "7"},
      {"records", "export", "sent", "7", "--format", "xml"},
      {"records", "export", "everything", "7", "--format", "csv"},
      {"feed", "--shard", "-1"},
      {"feed", "--from", "x"},
      {"case", "bundle"},
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
      {"send", "--from", "7", "--total", "1", "--to", ""},
      {"send", "--from", "7", "--total", "1", "--to", "8,x"},
      {"send", "--from", "7", "--total", "1", "--to", "8", "9"},
      {"send", "--from", "7", "--total", "1", "--split", "by_chance"},
      {"send", "--from", "7", "--total", "1", "--sender-may-claim", "perhaps"},
      {"send", "--from", "7", "--total", "1", "--funding", "gold"},
      {"send", "--from", "7", "--total", "1", "--opens-at", "tomorrow"},
      {"send", "--from", "7", "--total", "1", "--opens-at", "2026-02-30T12:00:00Z"},
      {"send", "--from", "7", "--total", "1", "--opens-at", "1", "--opens-in", "1h"},
      {"send", "--from", "7", "--total", "1", "--code",
       "a code that is longer than the 32 bytes which it may have"},
      {"claim", "4097", "--user", "8", "--code",
       "a code that is longer than the 32 bytes which it may have"},
      {"recall", "4097"},
      {"return", "4097"},
      {"wallet", "set", "7"},
      {"wallet", "set", "7", "--refund-to", "nowhere"},
      {"wallet", "freeze", "7"},
      {"transfer"},
      {"transfer", "send", "--from", "7", "--to", "8"},
      {"transfer", "accept", "8193"},
      {"transfer", "accept", "8193", "--from", "8"},
      {"transfer", "cancel", "8193", "--user", "7"},
      {"transfer", "show"},
      {"payout"},
      {"payout", "list", "--page", "0"},
      {"payout", "list", "--rows", "0"},
      {"payout", "list", "--shard", "65535"},
      {"payout", "confirm", "4097"},
      {"case"},
      {"case", "open", "4097"},
      {"case", "resolve", "4097", "--operator", "bob"},
      {"case", "resolve", "4097", "perhaps", "--operator", "bob"},
      {"case", "show", "x"},
      {"ping", "--server", "nowhere"},
      {"ping", "extra"},
      {"ping", "claim"},
      {"journal", "check"},
      {"verify"},
      {"verify-split"},
      {"verify-split", "x"},
      {"verify-split", "4097", "--file", "-"},
      {"verify-split", "4097", "--commitment", "be45"},
      {"load", "--into-this-server"},
      {"load", "--data", "data"}};
  for (const auto& words : wrong) {
    const Outcome outcome = run_line(words);
    EXPECT_EQ(outcome.status, ExitStatus::usage) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  }
}

TEST(CommandLine, RefusesNumbersAndTimesWithoutMeaningByTheOptionsName) {
  struct Line {
    std::vector<const char*> command;
    const char* option;
    std::vector<const char*> values;
  };
  const char* const huge = "99999999999999999999";
  const Line lines[] = {
      {{"load"}, "--rate", {"nan", "inf", "-inf", "0", "-1", "1e10", "1x", ""}},
      {{"load"}, "--window", {"0", "-1", huge, "4294967296"}},
      {{"load"}, "--seed", {"-1", huge, "x"}},
      {{"load"}, "--users", {"0", "-1", huge}},
      {{"load"}, "--shares", {"0", "-1", "501"}},
      {{"load"}, "--packets", {"0", "-1", huge}},
      {{"load"}, "--senders", {"1", "-1", huge}},
      {{"load"}, "--connections", {"0", "-1", "1.5"}},
      {{"load"}, "--batch", {"0", "-1", "8193"}},
      {{"load"}, "--threads", {"0", "65"}},
      {{"load"}, "--duration", {"0s", "-1s", "9000000000000s", ""}},
      {{"load"}, "--warm-up", {"-1s", "1s1", "9000000000000s"}},
      {{"load"}, "--expires-in", {"0s", "9000000000000s"}},
      {{"load"}, "--expiry-spread", {"-1s", "9000000000000s"}},
      {{"load"}, "--report", {""}},
      {{"feed"}, "--count", {"-1", "0", huge}},
      {{"feed"}, "--from", {"-1", "0", huge}},
      {{"feed"}, "--shard", {"-1", "64", huge}},
      {{"journal", "cat", "data"}, "--from", {"-1", "0"}},
      {{"journal", "cat", "data"}, "--to", {"-1", "0"}},
      {{"journal", "cat", "data", "--from", "3"}, "--to", {"2"}},
      {{"journal", "check", "data"}, "--shard", {"-1", "64"}},
      {{"records", "sent", "7"}, "--page", {"0", "-1", "501"}},
      {{"records", "export", "sent", "7", "--format", "csv"}, "--out", {""}},
      {{"payout", "list"}, "--rows", {"0", "-1", huge}},
      {{"payout", "list"}, "--page", {"0", "-1", huge}},
      {{"payout", "list"}, "--shard", {"-1", "64"}},
      {{"send", "--from", "7", "--total", "1"}, "--shares", {"0", "-1", "65536"}},
      {{"send", "--from", "7", "--total", "1"}, "--expires-in", {"0s", "-1s", "9000000000000s"}},
      {{"send", "--from", "7", "--total", "1"}, "--opens-in", {"-1s", "9000000000000s"}},
      {{"transfer", "send", "--from", "7", "--to", "8", "--amount", "1"},
       "--arrives-after",
       {"-1s"}},
      {{"verify", "data"}, "--balances", {""}},
      {{"ping"}, "--timeout", {"0s", "0", "-1s", "9000000000000s"}},
      {{"ping"}, "--server", {"", "x", ":1", "a:0", "a:65536"}},
  };
  for (const Line& line : lines) {
    for (const char* const value : line.values) {
      std::vector<const char*> words = line.command;
      words.insert(words.end(), {line.option, value});
      const Outcome outcome = run_line(words);
      EXPECT_EQ(outcome.status, ExitStatus::usage) << line.option << ' ' << value;
      EXPECT_NE(outcome.err.find(line.option), std::string::npos) << outcome.err;
    }
  }
}

TEST(CommandLine, NamesTheMistypedWordAndTheNearestThatExists) {
  struct Line {
    std::vector<const char*> words;
    const char* says;
  };
  const Line lines[] = {
      {{"pign"}, "'hongbao' has no subcommand 'pign'; did you mean 'ping'?"},
      {{"--json", "recrods", "sent", "7"}, "no subcommand 'recrods'; did you mean 'records'?"},
      {{"--timeout", "5s", "serach"}, "'hongbao' has no subcommand 'serach'"},
      {{"wallet", "depost", "7", "1"},
       "'hongbao wallet' has no subcommand 'depost'; did you mean "
       "'deposit'?"},
      {{"records", "export", "snt", "7"}, "no subcommand 'snt'; did you mean 'sent'?"},
      {{"send", "--frm", "7"}, "'hongbao send' has no option '--frm'; did you mean '--from'?"},
      {{"send", "--form=7", "--total", "1"}, "no option '--form'; did you mean '--from'?"},
      {{"ping", "--severs", "a:1"}, "no option '--severs'; did you mean '--server'?"},
      {{"verify", "data", "--zzzzzzzz"}, "'hongbao verify' has no option '--zzzzzzzz'  ("},
  };
  for (const Line& line : lines) {
    const Outcome outcome = run_line(line.words);
    EXPECT_EQ(outcome.status, ExitStatus::usage);
    EXPECT_NE((outcome.err + outcome.out).find(line.says), std::string::npos)
        << outcome.err << outcome.out;
  }
}

// A disk that is full from the start.
class NoRoom : public std::streambuf {
 protected:
  int_type overflow(int_type) override { return traits_type::eof(); }
  int sync() override { return -1; }
};

TEST(CommandLine, EndsWithThreeAndASentenceWhereStandardOutputCannotBeWritten) {
  for (std::vector<const char*> words :
       {std::vector<const char*>{"--help"}, std::vector<const char*>{"--version"},
        std::vector<const char*>{"journal", "check", "/nonexistent", "--json"},
        std::vector<const char*>{"claim", "x", "--json"}}) {
    words.insert(words.begin(), "hongbao");
    NoRoom full;
    std::ostream out(&full);
    std::ostringstream err;
    const ExitStatus status =
        run(static_cast<int>(words.size()), words.data(), {.out = out, .err = err});
    EXPECT_EQ(status, ExitStatus::failed) << words[1];
    EXPECT_NE(err.str().find("cannot write standard output"), std::string::npos) << words[1];
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

TEST(CommandLine, HelpsWithAnExampleForEachSubcommand) {
  const std::vector<std::vector<const char*>> subcommands = {{"ping"},
                                                             {"wallet"},
                                                             {"send"},
                                                             {"claim"},
                                                             {"peek"},
                                                             {"show"},
                                                             {"recall"},
                                                             {"return"},
                                                             {"transfer"},
                                                             {"payout"},
                                                             {"case"},
                                                             {"load"},
                                                             {"verify"},
                                                             {"verify-split"},
                                                             {"wallet", "check"},
                                                             {"wallet", "freeze"},
                                                             {"transfer", "send"},
                                                             {"payout", "list"},
                                                             {"case", "open"},
                                                             {"case", "resolve"}};
  for (std::vector<const char*> words : subcommands) {
    words.push_back("--help");
    const Outcome help = run_line(words);
    EXPECT_EQ(help.status, ExitStatus::done) << words[0];
    EXPECT_NE(help.out.find("Example"), std::string::npos) << words[0];
  }
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
