// What is called durable was synced: seen from outside, by the server's system calls.
//
// Reading the files back cannot show it, since the page cache answers as the disk would.  Covered
// are all files of the journals and of the data directory: a file that nothing here knows fails the
// test.  The archive is not: it can be made from the journals again.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/server_process.h"
#include "tests/e2e/support/system_calls.h"

namespace hb::e2e {
namespace {

namespace fs = std::filesystem;

constexpr UserId user{1};

bool is_one_of(const std::string& name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}
bool is_write(const SystemCall& call) {
  return is_one_of(call.name, {"write", "pwrite64", "pwritev", "pwritev2", "writev", "ftruncate"});
}
bool is_sync(const SystemCall& call) {
  return is_one_of(call.name, {"fsync", "fdatasync"});
}
bool is_rename(const SystemCall& call) {
  return is_one_of(call.name, {"rename", "renameat", "renameat2", "link", "linkat"});
}
bool is_removal(const SystemCall& call) {
  return is_one_of(call.name, {"unlink", "unlinkat"});
}
bool makes_directory(const SystemCall& call) {
  return is_one_of(call.name, {"mkdir", "mkdirat"});
}
std::string first_path(const SystemCall& call) {
  const auto paths = call.paths();
  return paths.empty() ? "" : paths.front();
}
// The number in "5</data/META>"; the file may get another name while it is open.
std::string descriptor_of(const std::string& text) {
  return text.substr(0, text.find('<'));
}
std::string parent_of(const std::string& path) {
  return fs::path(path).parent_path();
}

// The calls of one run, and questions about their order.
class Calls {
 public:
  Calls(std::vector<SystemCall> all, std::string data) : data_(std::move(data)) {
    for (SystemCall& call : all) {
      if (!call.failed()) calls_.push_back(std::move(call));
    }
  }
  const std::vector<SystemCall>& all() const { return calls_; }

  // In the data directory, or the directory itself, but not in the archive.
  bool concerns(const std::string& path) const {
    return (path == data_ || path.starts_with(data_ + "/")) &&
           !path.starts_with(data_ + "/archive");
  }
  // A sync of `path` that began after `after` had ended, and ended before `before` began.
  bool synced(const std::string& path, std::size_t after, std::size_t before) const {
    return std::ranges::any_of(calls_, [&](const SystemCall& call) {
      return is_sync(call) && first_path(call) == path && call.begin > after && call.end < before;
    });
  }
  // The first call after `after` that fits; the trace's end when there is none.
  template <class Fits>
  std::size_t next(std::size_t after, Fits fits) const {
    for (const SystemCall& call : calls_) {
      if (call.begin > after && fits(call)) return call.begin;
    }
    return calls_.empty() ? 0 : calls_.back().begin + 1;
  }

 private:
  std::string data_;
  std::vector<SystemCall> calls_;
};

// Every write is made through a descriptor that syncs, or synced before anything depends on it: a
// file under construction before it gets its name, another before the next use of its descriptor
// for anything but writing.
void expect_writes_synced(const Calls& calls) {
  std::map<std::string, bool> syncs;  // by descriptor: as opened last
  for (const SystemCall& call : calls.all()) {
    if (is_one_of(call.name, {"openat", "open"})) {
      syncs[descriptor_of(call.result)] = call.has_flag("O_DSYNC") || call.has_flag("O_SYNC");
      continue;
    }
    const std::string path = first_path(call);
    if (!is_write(call) || !calls.concerns(path)) continue;
    const std::string name = fs::path(path).filename();
    if (name == "LOCK") continue;  // only says who holds it
    if (syncs[descriptor_of(call.arguments)]) continue;
    const std::size_t use = calls.next(call.end, [&](const SystemCall& later) {
      return is_rename(later) && first_path(later) == path;
    });
    EXPECT_TRUE(name.ends_with(".new"))
        << name << " is written without a sync: " << call.name << "(" << call.arguments << ")";
    EXPECT_TRUE(calls.synced(path, call.end, use)) << path << " is not synced between " << call.name
                                                   << "(" << call.arguments << ") and its renaming";
  }
}

// A name that is given or taken away is synced before the file is written to or renamed again.
void expect_names_synced(const Calls& calls) {
  for (const SystemCall& call : calls.all()) {
    const auto paths = call.paths();
    if (paths.empty() || !calls.concerns(paths.back())) continue;
    const std::string& path = paths.back();
    const std::string name = fs::path(path).filename();
    const bool temporary = name == ".write-probe" || name.ends_with(".new");
    if (is_rename(call) || (is_removal(call) && !temporary)) {
      const std::size_t use = calls.next(call.end, [&](const SystemCall& later) {
        const auto of = later.paths();
        return (is_write(later) || is_rename(later)) && std::ranges::find(of, path) != of.end();
      });
      EXPECT_TRUE(calls.synced(parent_of(path), call.end, use))
          << "the directory is not synced after " << call.name << "(" << call.arguments << ")";
    }
    if (makes_directory(call)) {
      // META says that they exist, and is renamed last.
      std::size_t begun = 0;
      for (const SystemCall& later : calls.all()) {
        if (is_rename(later) && later.paths().back().ends_with("/META")) begun = later.begin;
      }
      const std::string parent = parent_of(path);
      EXPECT_TRUE(calls.synced(parent, call.end, begun) ||
                  calls.synced(path + "/..", call.end, begun))
          << "the parent is not synced after " << call.name << "(" << call.arguments << ")";
    }
  }
}

// Every kind of file was seen, or the test looks at nothing.
void expect_seen(const Calls& calls, std::initializer_list<std::string> endings) {
  for (const std::string& ending : endings) {
    EXPECT_TRUE(std::ranges::any_of(calls.all(),
                                    [&](const SystemCall& call) {
                                      const auto paths = call.paths();
                                      return (is_write(call) || is_rename(call)) &&
                                             !paths.empty() && paths.back().ends_with(ending);
                                    }))
        << "no write or renaming of a file that ends with " << ending;
  }
}

// No other file is there.
void expect_known_files(const std::string& data) {
  for (const auto& entry : fs::recursive_directory_iterator(data)) {
    const std::string path = entry.path();
    if (!entry.is_regular_file() || path.starts_with(data + "/archive")) continue;
    const std::string name = entry.path().filename();
    EXPECT_TRUE(is_one_of(name, {"LOCK", "META", "SEALED"}) || name.ends_with(".seg") ||
                name.ends_with(".seal"))
        << "a new kind of file: " << path << "; is it synced?";
  }
}

class Durability : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_untraceable(); !why.empty()) GTEST_SKIP() << why;
  }

  static Trace file_calls() {
    return Trace({"-e",
                  "trace=openat,open,write,pwrite64,pwritev,pwritev2,writev,ftruncate,fsync,"
                  "fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat"});
  }
  ServerSettings settings(const Trace& trace) const {
    return {.data = data_, .prefix = trace.prefix()};
  }
  // A first use: a wallet and deposits, each a write of its own.
  static void deposit(const ServerProcess& server, int count) {
    net::BlockingClient client(server.client_options());
    answer_of(client.open_wallet({.user = user}));
    for (int i = 0; i < count; ++i) {
      answer_of(client.deposit({.user = user, .amount = Amount(1)}));
    }
  }
  bool sealed(int number) const {
    return fs::exists(data_ + "/shard-0000/0000000" + std::to_string(number) + ".seal");
  }
  void expect_durable(const Trace& trace, std::initializer_list<std::string> endings) const {
    const Calls calls(trace.calls(), fs::canonical(data_));
    expect_seen(calls, endings);
    expect_writes_synced(calls);
    expect_names_synced(calls);
    expect_known_files(data_);
  }

  TempDirectory directory_;
  const std::string data_ = directory_ / "data";
};

TEST_F(Durability, OfJournalSealsAndMetaFromTheFirstStartOn) {
  const Trace trace = file_calls();
  ServerProcess server(settings(trace));
  ASSERT_TRUE(server.start());
  deposit(server, 800);
  ASSERT_TRUE(eventually([this] { return sealed(2); }));
  EXPECT_EQ(server.stop(), 0);
  expect_durable(trace, {"/META", "/SEALED", ".seg", ".seg.new", ".seal"});
}

TEST_F(Durability, OfTheCutOfATornTail) {
  {
    ServerProcess server({.data = data_});
    ASSERT_TRUE(server.start());
    deposit(server, 10);
    server.kill();
  }
  // A block of which one sector has arrived: its header, as of the block before, would be stale, so
  // it is behind the place of the header.
  const std::string segment = data_ + "/shard-0000/00000001.seg";
  std::string bytes = read_file(segment);
  const std::size_t end = bytes.find_last_not_of('\0') / 4096 * 4096 + 4096;
  bytes[end + 1024] = 'x';
  write_file(segment, bytes);
  const Trace trace = file_calls();
  ServerProcess server(settings(trace));
  ASSERT_TRUE(server.start());
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(read_file(segment)[end + 1024], '\0');
  expect_durable(trace, {".seg"});
}

// What a killed process wrote counts from now on, whether the disk had it or not.
TEST_F(Durability, OfWhatIsFoundAtAStart) {
  {
    ServerProcess server({.data = data_});
    ASSERT_TRUE(server.start());
    deposit(server, 10);
    server.kill();
  }
  const Trace trace = file_calls();
  ServerProcess server(settings(trace));
  ASSERT_TRUE(server.start());
  EXPECT_EQ(server.stop(), 0);
  const std::string shard = fs::canonical(data_ + "/shard-0000");
  const Calls calls(trace.calls(), fs::canonical(data_));
  EXPECT_TRUE(calls.synced(shard + "/00000001.seg", 0, calls.all().back().end));
  EXPECT_TRUE(calls.synced(shard, 0, calls.all().back().end));
}

TEST_F(Durability, OfWhatAnAcceptedLossChanges) {
  {
    ServerProcess server({.data = data_});
    ASSERT_TRUE(server.start());
    deposit(server, 800);
    ASSERT_TRUE(eventually([this] { return sealed(2); }));
    ASSERT_EQ(server.stop(), 0);
  }
  fs::remove_all(data_ + "/archive");
  fs::remove(data_ + "/SEALED");
  for (int i = 3; i <= 9; ++i) {
    fs::remove(data_ + "/shard-0000/0000000" + std::to_string(i) + ".seg");
    fs::remove(data_ + "/shard-0000/0000000" + std::to_string(i) + ".seal");
  }
  const Trace trace = file_calls();
  ServerSettings accepting = settings(trace);
  accepting.flags = {"--accept-lost-events", "1"};
  ServerProcess server(accepting);
  ASSERT_TRUE(server.start());
  EXPECT_EQ(server.stop(), 0);
  const Calls calls(trace.calls(), fs::canonical(data_));
  expect_seen(calls, {".seal.lost-1"});
  expect_writes_synced(calls);
  expect_names_synced(calls);
}

}  // namespace
}  // namespace hb::e2e
