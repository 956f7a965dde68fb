// Settings and addresses that a server must not start with, and what it says about them.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/patience.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr int wrong_usage = 2;
constexpr int cannot_start = 3;

class SettingsTest : public testing::Test {
 protected:
  void expect_refused(ServerSettings settings, int status,
                      std::initializer_list<std::string> words) {
    settings.data = directory_ / "data";
    expect_refused(ServerProcess(settings).start_in_vain(), status, words);
  }

  void expect_file_refused(const std::string& path, std::initializer_list<std::string> words) {
    expect_refused(run({HB_HONGBAOD, "--config", path, "--data", directory_ / "data"}), wrong_usage,
                   words);
  }

  static void expect_refused(const Finished& finished, int status,
                             std::initializer_list<std::string> words) {
    EXPECT_EQ(finished.status, status) << finished.errors;
    EXPECT_EQ(finished.output, "");
    for (const std::string& word : words) {
      EXPECT_NE(finished.errors.find(word), std::string::npos)
          << "no '" << word << "' in: " << finished.errors;
    }
  }

  TempDirectory directory_;
};

TEST_F(SettingsTest, AreRefusedWithAnUnknownKeyByItsName) {
  expect_refused({.policy = "share_maximum = \"200.00\""}, wrong_usage, {"share_maximum"});
  expect_refused({.connections = "windows = 5"}, wrong_usage, {"windows"});
  expect_refused({.connections = "frame_timeout = \"1s\"\n[conections]\nwindow_max = 5"},
                 wrong_usage, {"conections"});
}

TEST_F(SettingsTest, AreRefusedWithABadValueByTheKeysName) {
  expect_refused({.policy = "expiry_min = \"soon\""}, wrong_usage, {"expiry_min", "soon"});
  expect_refused({.policy = "share_max = \"-1\""}, wrong_usage, {"share_max", "-1"});
  expect_refused({.policy = "shares_max = 501"}, wrong_usage, {"shares_max", "501", "500"});
  expect_refused({.policy = "shares_max = 0"}, wrong_usage, {"shares_max"});
  expect_refused({.policy = "share_min = \"300.00\""}, wrong_usage, {"share_min"});
  expect_refused({.policy = "expiry_max = \"8d\""}, wrong_usage, {"expiry_max"});
  expect_refused({.journal = "segment_bytes = 4097"}, wrong_usage, {"segment_bytes"});
  expect_refused({.connections = "claim_batch_max = 0"}, wrong_usage, {"claim_batch_max"});
  expect_refused({.connections = "window_max = 0"}, wrong_usage, {"window_max"});
  expect_refused({.connections = "connections_max = 0"}, wrong_usage, {"connections_max"});
  expect_refused({.connections = "window_max = many"}, wrong_usage, {"window_max"});
}

TEST_F(SettingsTest, AreRefusedForEachPolicyWithABadValueByTheKeysName) {
  const std::pair<std::string, std::string> lines[] = {
      {"holiday_share_max", "\"50000.00\""},
      {"holidays", "[\"2026-02-30\"]"},
      {"holidays", "[\"new year\"]"},
      {"recipients_max", "501"},
      {"opens_ahead_max", "\"6d\""},
      {"lucky_split", "\"equal\""},
      {"code_tries_max", "0"},
      {"return_window", "\"366d\""},
      {"transfer_max", "\"42949672.96\""},
      {"transfer_accept_window", "\"8d\""},
      {"transfer_arrivals", "[\"0s\", \"8d\"]"},
      {"transfer_arrivals", "[\"0s\", \"1s\", \"2s\", \"3s\", \"4s\"]"},
      {"transfer_arrivals", "[\"soon\"]"},
      {"transfer_return_window", "\"366d\""},
      {"credit_opens_wallet", "\"sometimes\""},
      {"daily_count_cap", "-1"},
      {"daily_amount_cap", "\"a lot\""},
      {"daily_receive_count_cap", "-1"},
      {"daily_receive_amount_cap", "\"-1.00\""},
      {"utc_offset", "\"+15:00\""},
      {"utc_offset", "\"Beijing\""},
      {"day_start", "\"24h\""},
      {"page_rows_max", "501"},
  };
  for (const auto& [key, value] : lines) {
    expect_refused({.policy = key + " = " + value}, wrong_usage, {key});
  }
}

// A page that does not start the server is worse than none.
TEST_F(SettingsTest, AreTakenAsTheirPageShowsThem) {
  const std::string page = read_file(HB_SETTINGS_PAGE);
  const std::string begin = "\n```toml\n";
  const std::size_t at = page.find(begin);
  ASSERT_NE(at, page.npos);
  const std::size_t first = at + begin.size();
  write_file(directory_ / "page.toml", page.substr(first, page.find("```", first) - first));
  Process server({HB_HONGBAOD, "--config", directory_ / "page.toml", "--data", directory_ / "data",
                  "--listen", "127.0.0.1:0"});
  EXPECT_TRUE(eventually([&] { return !server.output().empty() || !server.running(); }));
  EXPECT_TRUE(server.output().starts_with("hongbaod ready")) << server.errors();
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0) << server.errors();
}

TEST_F(SettingsTest, AreRefusedAsAWholeWithEveryLineThatIsWrong) {
  expect_refused({.policy = "share_maximum = \"200.00\"\nshare_min = \"free\"",
                  .connections = "window_max = \"many\""},
                 wrong_usage,
                 {"line 2", "did you mean 'share_max'", "line 3", "policy.share_min is \"free\"",
                  "accepted: an amount", "connections.window_max is \"many\""});
}

// In the notation of the file, and with its line, though another setting is the bound.
TEST_F(SettingsTest, AreRefusedWhereTheyDoNotGoTogetherInTheirOwnNotation) {
  expect_refused({.policy = "share_min = \"300.00\""}, wrong_usage,
                 {"line 2", "policy.share_min is 300.00; it must lie between 0.01 and 200.00"});
  expect_refused({.policy = "\nexpiry_default = \"2d\"\nexpiry_max = \"36h\""}, wrong_usage,
                 {"line 3", "policy.expiry_default is 2d; it must lie between 1m and 36h"});
}

TEST_F(SettingsTest, AreRefusedFromAFileThatHoldsNone) {
  write_file(directory_ / "zero", std::string(1, '\0'));
  write_file(directory_ / "zero in a line", std::string("workers = 1\0\n", 13));
  write_file(directory_ / "no value", "data\n");
  write_file(directory_ / "brackets", "# settings\n\n[[[\n");
  for (const std::string& path : {directory_ / "zero", directory_ / "zero in a line",
                                  directory_ / "no value", directory_ / "brackets"}) {
    expect_file_refused(path, {"settings file " + path + ", line "});
  }
  expect_file_refused(HB_HONGBAOD, {"--config", "no settings file"});
  expect_file_refused("/", {"--config", "directory"});
  expect_file_refused(directory_ / "none.toml", {"--config", "none.toml", "No such file"});
}

TEST_F(SettingsTest, AreListedByHelpWithTheirDefaultsAndReadableTypes) {
  const Finished help = run({HB_HONGBAOD, "--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* text :
       {"--acknowledgement memory|disk\n", "--cpus N,... ", "Usage: hongbaod [OPTIONS]\n",
        "share_max = \"200.00\"", "[connections]"}) {
    EXPECT_NE(help.output.find(text), std::string::npos) << "no '" << text << "' in:\n"
                                                         << help.output;
  }
  EXPECT_EQ(help.output.find("SUBCOMMAND"), std::string::npos);
}

// A warning at every start would teach people to ignore warnings.
TEST_F(SettingsTest, WarnOfFewerConnectionsOnlyWhereTheNumberWasChosen) {
  for (const bool chosen : {false, true}) {
    ServerProcess server({.data = directory_ / "data",
                          .connections = chosen ? "connections_max = 10000" : "",
                          .limits = {.open_files_hard = 300}});
    ASSERT_TRUE(server.start());
    const std::string log = server.log();
    const std::size_t at = log.find("room for ");
    ASSERT_NE(at, log.npos) << log;
    const std::size_t begin = log.rfind('\n', at) + 1;
    const std::string line = log.substr(begin, at - begin);
    EXPECT_EQ(line.find("warning") != line.npos, chosen) << line;
    EXPECT_EQ(server.stop(), 0);
  }
}

TEST_F(SettingsTest, AreTakenForEachPolicy) {
  ServerProcess server({.data = directory_ / "data",
                        .policy = "holiday_share_max = \"520.00\"\n"
                                  "holidays = [\"2026-02-16\", \"2026-02-17\"]\n"
                                  "recipients_max = 100\nopens_ahead_max = \"24h\"\n"
                                  "lucky_split = \"order_fair\"\ncode_tries_max = 3\n"
                                  "return_window = \"48h\"\ntransfer_max = \"100.00\"\n"
                                  "transfer_accept_window = \"12h\"\n"
                                  "transfer_arrivals = [\"0s\", \"30m\"]\n"
                                  "transfer_return_window = \"1h\"\n"
                                  "credit_opens_wallet = false\ndaily_count_cap = 10\n"
                                  "daily_amount_cap = \"5000.00\"\n"
                                  "daily_receive_count_cap = 100\n"
                                  "daily_receive_amount_cap = \"1000.00\"\n"
                                  "utc_offset = \"-03:30\"\n"
                                  "day_start = \"4h\"\npage_rows_max = 20\n"});
  EXPECT_TRUE(server.start());
}

// Such a batch would wait for room that never comes, and everybody behind it.
TEST_F(SettingsTest, AreRefusedWhenABatchOfClaimsCannotFitIntoTheJournalsBlocks) {
  const std::string small = "segment_bytes = 262144\nblock_bytes_max = 16384\n";
  expect_refused({.journal = small}, wrong_usage, {"claim_batch_max", "block_bytes_max"});
  ServerProcess server(
      {.data = directory_ / "data", .journal = small, .connections = "claim_batch_max = 1000"});
  ASSERT_TRUE(server.start());
  net::BlockingClient client(server.client_options());
  open_with(client, UserId(1), Amount(1'000));
  std::vector<ClaimItem> claims;
  for (int packet = 0; packet < 2; ++packet) {
    const SendPacket send{.sender = UserId(1), .total = Amount(500), .share_count = 500};
    const PacketId id = answer_of(client.send(send)).packet;
    for (std::uint64_t user = 2; user < 502; ++user) claims.push_back({id, UserId(user)});
  }
  EXPECT_EQ(answer_of(client.claim_batch(claims)).size(), 1'000u);
  EXPECT_EQ(balance_of(client, UserId(2)), Amount(2));
}

TEST_F(SettingsTest, AreRefusedWithProcessorsThatDoNotFitTheWorkers) {
  expect_refused({.flags = {"--cpus", "70000"}}, wrong_usage, {"cpus", "70000"});
  expect_refused({.flags = {"--workers", "2", "--cpus", "0"}}, wrong_usage, {"cpus", "2 workers"});
  expect_refused({.flags = {"--cpus", "first"}}, wrong_usage, {"--cpus", "first"});
}

std::vector<pid_t> threads_of(pid_t pid) {
  std::vector<pid_t> all;
  for (const auto& thread :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
    all.push_back(std::stoi(thread.path().filename()));
  }
  return all;
}

// What the system tells of each of a process's threads under the key.
std::vector<std::string> told_of_threads(pid_t pid, std::string_view name) {
  const std::string key = fmt::format("{}:\t", name);
  std::vector<std::string> all;
  for (const pid_t thread : threads_of(pid)) {
    std::ifstream status(fmt::format("/proc/{}/task/{}/status", pid, thread));
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(key)) all.push_back(line.substr(key.size()));
    }
  }
  return all;
}

TEST_F(SettingsTest, GiveAWorkerAProcessorOfItsOwn) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  if (CPU_COUNT(&allowed) < 2) GTEST_SKIP() << "there is one processor only";
  unsigned cpu = 0;
  while (!CPU_ISSET(cpu, &allowed)) ++cpu;
  const std::string own = std::to_string(cpu);
  ServerProcess server({.data = directory_ / "data", .flags = {"--cpus", own}});
  ASSERT_TRUE(server.start());
  EXPECT_EQ(status_of(net::BlockingClient(server.client_options()).ping()), Status::ok);
  const std::vector<std::string> threads =
      told_of_threads(server.process().pid(), "Cpus_allowed_list");
  EXPECT_GT(threads.size(), 3u);
  EXPECT_EQ(std::ranges::count(threads, own), 1) << testing::PrintToString(threads);
  for (const std::string& cpus : threads) {
    const bool starts_with_own = cpus.starts_with(own + "-") || cpus.starts_with(own + ",");
    EXPECT_FALSE(starts_with_own) << cpus;
  }
}

// So that an operator sees which of them is busy (`top -H`).
TEST_F(SettingsTest, LetEveryThreadBearAName) {
  ServerProcess server({.data = directory_ / "data", .flags = {"--workers", "2"}});
  ASSERT_TRUE(server.start());
  std::vector<std::string> names;
  const auto bears = [&](const char* name) { return std::ranges::count(names, name) > 0; };
  EXPECT_TRUE(eventually([&] {
    names = told_of_threads(server.process().pid(), "Name");
    return std::ranges::count(names, "hongbaod") == 1 && bears("worker 0") && bears("worker 1") &&
           bears("listener") && bears("sealer") && bears("memory ahead") && bears("file maker") &&
           bears("indexer") && bears("records") && bears("feed");
  })) << testing::PrintToString(names);
}

// Who waits for a processor must not wait for the disk until nobody else wants it: the journal may
// have to wait for him.
TEST_F(SettingsTest, LeaveTheBackgroundItsTurnAtTheDisk) {
  ServerProcess server({.data = directory_ / "data"});
  ASSERT_TRUE(server.start());
  // The indexer, and RocksDB's threads once they have worked; each enters the class by itself.
  std::vector<pid_t> in_background;
  EXPECT_TRUE(eventually([&] {
    in_background = threads_of(server.process().pid());
    std::erase_if(in_background, [](pid_t t) { return sched_getscheduler(t) != SCHED_IDLE; });
    return !in_background.empty();
  }));
  for (const pid_t thread : in_background) {
    const long priority = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, thread);
    EXPECT_EQ(IOPRIO_PRIO_CLASS(priority), IOPRIO_CLASS_BE) << "thread " << thread;
  }
}

TEST_F(SettingsTest, ListenBeyondLoopbackOnlyWhenToldSo) {
  expect_refused({.listen = "0.0.0.0:0"}, wrong_usage, {"0.0.0.0", "--insecure"});
  expect_refused({.listen = "[::]:0"}, wrong_usage, {"::", "--insecure"});
  ServerProcess server(
      {.data = directory_ / "data", .listen = "0.0.0.0:0", .flags = {"--insecure"}});
  ASSERT_TRUE(server.start());
  EXPECT_EQ(status_of(net::BlockingClient(server.client_options()).ping()), Status::ok);
}

TEST_F(SettingsTest, AreRefusedWithAnAddressThatIsNone) {
  expect_refused({.listen = "localhost"}, wrong_usage, {"localhost"});
  expect_refused({.listen = "127.0.0.1:65536"}, wrong_usage, {"65536"});
  expect_refused({.listen = "127.0.0.1:http"}, wrong_usage, {"http"});
  expect_refused({.listen = "127.0.0.999:0"}, wrong_usage, {"127.0.0.999"});
}

TEST_F(SettingsTest, AreRefusedWithALevelThatIsNone) {
  expect_refused({.listen = "127.0.0.1:0,tape"}, wrong_usage, {"127.0.0.1:0,tape", "memory"});
}

// Each listener tells its own level at the handshake, and the same books lie behind both.
TEST_F(SettingsTest, GiveEachListenerItsOwnAcknowledgement) {
  ServerProcess server({.data = directory_ / "data", .flags = {"--listen", "127.0.0.1:0,memory"}});
  ASSERT_TRUE(server.start());
  const std::string line = server.process().output();
  const std::string_view also = "; also on 127.0.0.1:";
  const std::size_t second = line.find(also);
  ASSERT_NE(second, std::string::npos) << line;
  net::ClientOptions options = server.client_options();
  net::BlockingClient on_disk(options);
  options.port = static_cast<std::uint16_t>(std::stoi(line.substr(second + also.size())));
  net::BlockingClient in_memory(options);
  EXPECT_EQ(on_disk.connect()->acknowledgement, net::Acknowledgement::disk);
  EXPECT_EQ(in_memory.connect()->acknowledgement, net::Acknowledgement::memory);
  open_with(in_memory, UserId(1), Amount(500));
  EXPECT_EQ(balance_of(on_disk, UserId(1)), Amount(500));
}

TEST_F(SettingsTest, AreRefusedWithAnAddressInUse) {
  ServerProcess first({.data = directory_ / "first"});
  ASSERT_TRUE(first.start());
  const std::string address = "127.0.0.1:" + std::to_string(first.port());
  expect_refused({.listen = address}, cannot_start, {address, "in use"});
  EXPECT_EQ(status_of(net::BlockingClient(first.client_options()).ping()), Status::ok);
}

}  // namespace
}  // namespace hb::e2e
