// Every system call on a file of the data directory fails once, during start, work, sealing, the
// archive's work, stop, verify and journal check.
//
// Whatever fails: no abort; exit status 3 with a sentence, or correct work; nothing that was
// acknowledged is lost at the next start; no segment, seal or META is changed that should not be.
//
// By default one place of each call is tried in each program.  HB_SWEEP=all tries each place and
// each error, HB_SWEEP=fsync those of one call; both take long:
//   HB_SWEEP=all build/release/bin/e2e_failing_calls
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/server_process.h"
#include "tests/e2e/support/system_calls.h"

namespace hb::e2e {
namespace {

namespace fs = std::filesystem;

constexpr int done = 0;
constexpr int failed = 3;
constexpr UserId user{1};
constexpr int deposits_before = 600;  // the third segment is begun
constexpr int deposits_traced = 300;  // another segment is made and one sealed
constexpr int repetitions_max = 4;    // of one call on one file

struct FailingCall {
  const char* name;
  std::vector<const char*> errors;
};

// Each call that a program here makes on files.
const std::vector<FailingCall>& failing_calls() {
  static const std::vector<FailingCall> calls = {
      {"openat", {"EIO", "EMFILE", "ENOSPC", "EACCES"}},
      {"getdents64", {"EIO"}},
      {"newfstatat", {"EIO"}},
      {"read", {"EIO"}},
      {"pread64", {"EIO"}},
      {"write", {"EIO", "ENOSPC"}},
      {"pwrite64", {"EIO", "ENOSPC"}},
      {"fsync", {"EIO", "ENOSPC"}},
      {"fdatasync", {"EIO", "ENOSPC"}},
      {"rename", {"EIO", "ENOSPC"}},
      {"renameat", {"EIO", "ENOSPC"}},
      {"renameat2", {"EIO", "EINVAL", "ENOSPC"}},
      {"linkat", {"EIO"}},
      {"unlink", {"EIO"}},
      {"unlinkat", {"EIO"}},
      {"mkdir", {"EIO", "ENOSPC"}},
      {"mkdirat", {"EIO", "ENOSPC"}},
      {"flock", {"EIO"}},
      {"ftruncate", {"EIO"}},
      {"fallocate", {"EIO", "ENOSPC", "EOPNOTSUPP"}},
      {"fstatfs", {"EIO"}},
      {"fcntl", {"EIO"}},
      {"fadvise64", {"EIO"}},
      {"lseek", {"EIO"}},
      {"access", {"EIO"}},
      {"sync_file_range", {"EIO"}},
  };
  return calls;
}

// What HB_SWEEP asks for: every place of this call.
bool sweeps(const std::string& call) {
  const char* const sweep = std::getenv("HB_SWEEP");
  return sweep != nullptr && (std::string(sweep) == "all" || sweep == call);
}

// One call on one file of the data directory, the how-manieth, and its error.
struct Place {
  std::string call;
  std::string path;  // behind the data directory's
  int repetition = 1;
  std::string error;

  std::string text() const {
    return call + " of " + path + ", time " + std::to_string(repetition) + ": " + error;
  }
};

// Which file stands for all in the sample: the first of all names is META's or LOCK's, the last a
// segment's or a seal's.
enum class Sample : std::uint8_t { first, last };

class FailingCalls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!why_untraceable().empty()) return;
    origin_ = new TempDirectory();
    ServerProcess server({.data = *origin_ / "data"});
    ASSERT_TRUE(server.start());
    {
      net::BlockingClient client(server.client_options());
      open_with(client, user, Amount(1));
      for (int i = 1; i < deposits_before; ++i) {
        answer_of(client.deposit({.user = user, .amount = Amount(1)}));
      }
    }
    ASSERT_TRUE(eventually([] { return fs::exists(*origin_ / "data/shard-0000/00000002.seal"); }));
    ASSERT_EQ(server.stop(), done);
  }
  static void TearDownTestSuite() { delete std::exchange(origin_, nullptr); }

  void SetUp() override {
    if (const std::string why = why_untraceable(); !why.empty()) GTEST_SKIP() << why;
  }

  std::string data() const { return *directory_ / "data"; }
  // The data directory as it was, at a place of its own.
  void fresh_data() {
    directory_.emplace();
    fs::copy(*origin_ / "data", data(), fs::copy_options::recursive);
  }

  Trace trace_of(const Place& place) const {
    const std::string path = data() + place.path;
    return Trace({"-P", path, "-P", fs::path(path).filename(), "-e", "trace=" + place.call, "-e",
                  "inject=" + place.call + ":error=" + place.error +
                      ":when=" + std::to_string(place.repetition)});
  }

  // Where calls are made in a run that nothing disturbs; then those of them that are tried.
  template <class Run>
  std::vector<Place> places(Sample sample, Run run) {
    std::string names;
    for (const FailingCall& call : failing_calls()) {
      names += (names.empty() ? "" : ",") + std::string(call.name);
    }
    fresh_data();
    const Trace trace({"-e", "trace=" + names});
    run(trace);
    std::map<std::string, std::map<std::string, int>> seen;  // by call and path
    for (const SystemCall& call : trace.calls()) {
      std::set<std::string> paths;
      for (const std::string& path : call.paths()) {
        if (path.starts_with(data() + "/")) paths.insert(path.substr(data().size()));
      }
      for (const std::string& path : paths) ++seen[call.name][path];
    }
    std::vector<Place> chosen;
    for (const FailingCall& call : failing_calls()) {
      const auto& paths = seen[call.name];
      sweeps(call.name) ? add_all(call, paths, chosen) : add_one(call, paths, sample, chosen);
    }
    EXPECT_FALSE(chosen.empty());
    return chosen;
  }
  static void add_all(const FailingCall& call, const std::map<std::string, int>& paths,
                      std::vector<Place>& chosen) {
    for (const auto& [path, count] : paths) {
      for (int i = 1; i <= std::min(count, repetitions_max); ++i) {
        for (const char* error : call.errors) chosen.push_back({call.name, path, i, error});
      }
    }
  }
  // What RocksDB does in the archive is left to the sweep.
  static void add_one(const FailingCall& call, const std::map<std::string, int>& paths,
                      Sample sample, std::vector<Place>& chosen) {
    std::vector<std::string> own;
    for (const auto& [path, count] : paths) {
      if (!path.starts_with("/archive")) own.push_back(path);
    }
    if (own.empty()) return;
    chosen.push_back({call.name, sample == Sample::first ? own.front() : own.back(), 1,
                      call.errors[sample == Sample::first ? 0 : call.errors.size() - 1]});
  }

  // A sample that no call is made at would test nothing.  In a sweep a later call may not come.
  static void expect_injected(const Trace& trace) {
    if (std::getenv("HB_SWEEP") != nullptr) return;
    EXPECT_TRUE(eventually([&] { return trace.injected(); })) << "no call was made to fail";
  }

  // Deposits until the server ends or it is enough; counts those that are acknowledged.
  void deposit(ServerProcess& server) {
    net::BlockingClient client(server.client_options());
    for (int i = 0; i < deposits_traced; ++i) {
      ++attempted_;
      const auto answer = client.deposit({.user = user, .amount = Amount(1)});
      if (!answer) break;
      if (answer->status == Status::ok) ++acknowledged_;
    }
  }
  // Its end: the exit status, or -1.
  int run_server(const Trace& trace, std::string& log) {
    ServerProcess server({.data = data(), .flags = {}, .prefix = trace.prefix()});
    const bool ready = static_cast<bool>(server.start());
    if (ready) deposit(server);
    if (ready && server.process().running()) server.process().signal(SIGTERM);
    const int status = server.process().wait().value_or(-1);
    log = server.log();
    return status;
  }

  // Full segments, seals and META are what they were.
  void expect_kept() {
    for (const std::string name : {"META", "shard-0000/00000001.seg", "shard-0000/00000001.seal",
                                   "shard-0000/00000002.seg", "shard-0000/00000002.seal"}) {
      EXPECT_TRUE(read_file(*origin_ / ("data/" + name)) == read_file(data() + "/" + name))
          << name << " has changed";
    }
  }
  void expect_nothing_lost() {
    ServerProcess server({.data = data()});
    ASSERT_TRUE(server.start());
    {
      net::BlockingClient client(server.client_options());
      const Amount balance = balance_of(client, user);
      EXPECT_GE(balance, Amount(deposits_before + acknowledged_));
      EXPECT_LE(balance, Amount(deposits_before + attempted_));
    }
    EXPECT_EQ(server.stop(), done);
    EXPECT_TRUE(audit(data()).balanced());
  }

  Finished run_tool(const Trace* trace, std::vector<std::string> words) {
    std::vector<std::string> command = trace ? trace->prefix() : std::vector<std::string>();
    command.push_back(HB_HONGBAO);
    command.insert(command.end(), words.begin(), words.end());
    return run(command);
  }
  void sweep_tool(Sample sample, const std::vector<std::string>& words) {
    const auto command = [&] {
      std::vector<std::string> all = words;
      all.push_back(data());
      return all;
    };
    for (const Place& place :
         places(sample, [&](const Trace& trace) { run_tool(&trace, command()); })) {
      SCOPED_TRACE(place.text());
      fresh_data();
      const Finished right = run_tool(nullptr, command());
      ASSERT_EQ(right.status, done) << right.errors;
      const Trace trace = trace_of(place);
      const Finished end = run_tool(&trace, command());
      expect_injected(trace);
      EXPECT_TRUE(end.status == failed || end.status == done) << end.status << end.errors;
      if (end.status == done) {
        EXPECT_EQ(end.output, right.output);
      } else {
        EXPECT_NE(end.errors + end.output, "");
      }
      expect_kept();
    }
  }

  static TempDirectory* origin_;
  std::optional<TempDirectory> directory_;
  int attempted_ = 0;
  int acknowledged_ = 0;
};

TempDirectory* FailingCalls::origin_ = nullptr;

TEST_F(FailingCalls, LoseNothingOfAServer) {
  std::string log;
  for (const Place& place :
       places(Sample::last, [&](const Trace& trace) { run_server(trace, log); })) {
    SCOPED_TRACE(place.text());
    fresh_data();
    attempted_ = acknowledged_ = 0;
    const Trace trace = trace_of(place);
    const int status = run_server(trace, log);
    expect_injected(trace);
    EXPECT_TRUE(status == done || status == failed) << status << "\n" << log;
    if (status == failed) {
      EXPECT_TRUE(log.find("[error]") != log.npos || log.find("[critical]") != log.npos) << log;
    }
    expect_kept();
    expect_nothing_lost();
    if (HasFatalFailure()) return;
  }
}

// A first start: nothing is there yet, and a failure leaves nothing that hinders the next one.
TEST_F(FailingCalls, LeaveNothingBehindOfAFirstStart) {
  std::string log;
  const auto first_start = [&](const Trace& trace) {
    fs::remove_all(data());
    return run_server(trace, log);
  };
  for (const Place& place :
       places(Sample::first, [&](const Trace& trace) { first_start(trace); })) {
    SCOPED_TRACE(place.text());
    fresh_data();
    const Trace trace = trace_of(place);
    const int status = first_start(trace);
    expect_injected(trace);
    EXPECT_TRUE(status == done || status == failed) << status << "\n" << log;
    ServerProcess server({.data = data()});
    ASSERT_TRUE(server.start());
    EXPECT_EQ(server.stop(), done);
  }
}

TEST_F(FailingCalls, AreReportedByVerify) {
  sweep_tool(Sample::last, {"verify"});
}
TEST_F(FailingCalls, AreReportedByJournalCheck) {
  sweep_tool(Sample::first, {"journal", "check"});
}

// A call that is not in the list above would never be made to fail.
TEST(FailingCallsList, HasEveryCallOnAFile) {
  if (const std::string why = why_untraceable(); !why.empty()) GTEST_SKIP() << why;
  const TempDirectory directory;
  const std::string data = directory / "data";
  const Trace trace({"-e", "trace=%file,%desc"});
  ServerProcess server({.data = data, .prefix = trace.prefix()});
  ASSERT_TRUE(server.start());
  {
    net::BlockingClient client(server.client_options());
    open_with(client, user, Amount(1));
  }
  EXPECT_EQ(server.stop(), done);
  // Closing reports nothing that a sync has not; a failed mapping is out of memory.
  std::set<std::string> known = {"close", "mmap", "execve"};
  for (const FailingCall& call : failing_calls()) known.insert(call.name);
  std::set<std::string> unknown;
  for (const SystemCall& call : trace.calls()) {
    for (const std::string& path : call.paths()) {
      const bool own = path.starts_with(data) && !path.starts_with(data + "/archive");
      if (own && !known.contains(call.name)) unknown.insert(call.name);
    }
  }
  EXPECT_EQ(unknown, std::set<std::string>());
}

}  // namespace
}  // namespace hb::e2e
