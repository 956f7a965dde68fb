// What a crash may leave behind, and what it cannot: torn tails are cut, damage is refused.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstring>
#include <filesystem>
#include <optional>
#include <random>
#include <span>
#include <string>

#include "engine/base/checksum.h"
#include "engine/journal/format.h"
#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/crowd.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

namespace fs = std::filesystem;

constexpr UserId user{1};
constexpr int cannot_start = 3;
constexpr std::size_t page_bytes = 4'096;
constexpr std::size_t sector_bytes = 512;

class Recovery : public testing::Test {
 protected:
  void start() {
    ASSERT_TRUE(server_.start());
    client_.emplace(server_.client_options());
  }
  // One by one, so that each has a block of its own.
  void deposit(int times) {
    for (int i = 0; i < times; ++i) {
      answer_of(
          client_->deposit({.key = key_number(++deposits_), .user = user, .amount = Amount(1)}));
    }
  }
  void open_and_deposit(int times) {
    start();
    answer_of(client_->open_wallet({.user = user}));
    deposit(times);
  }
  void copy_data(const std::string& to) const {
    fs::copy(directory_ / "data", to, fs::copy_options::recursive);
  }

  static std::string segment(const std::string& data) { return data + "/shard-0000/00000001.seg"; }
  // Where the journal ends: the first page of zeros, since blocks fill their pages.
  static std::size_t end_of(const std::string& journal) {
    for (std::size_t at = 0; at < journal.size(); at += page_bytes) {
      if (journal.find_first_not_of('\0', at) >= at + page_bytes) return at;
    }
    return journal.size();
  }

  void expect_refused(std::initializer_list<std::string> words) {
    const Finished finished = server_.start_in_vain();
    EXPECT_EQ(finished.status, cannot_start) << finished.errors;
    EXPECT_EQ(finished.output, "");
    for (const std::string& word : words) {
      EXPECT_NE(finished.errors.find(word), std::string::npos)
          << "no '" << word << "' in: " << finished.errors;
    }
  }

  TempDirectory directory_;
  ServerProcess server_{{.data = directory_ / "data"}};
  std::optional<net::BlockingClient> client_;
  std::uint64_t deposits_ = 0;
};

// The disk got the first sectors of the last block, and then the power went.
TEST_F(Recovery, CutsABlockThatWasHalfWrittenAndGoesOn) {
  open_and_deposit(10);
  server_.kill();
  const std::string torn = directory_ / "torn";
  copy_data(torn);
  start();
  deposit(1);
  server_.kill();
  std::string before = read_file(segment(torn));
  const std::string after = read_file(segment(directory_ / "data"));
  const std::size_t end = end_of(before);
  ASSERT_LT(end, end_of(after));
  before.replace(end, sector_bytes, after, end, sector_bytes);
  write_file(segment(torn), before);

  ServerProcess server({.data = torn});
  ASSERT_TRUE(server.start());
  net::BlockingClient client(server.client_options());
  EXPECT_EQ(balance_of(client, user), Amount(10));
  const auto again = client.deposit({.key = key_number(11), .user = user, .amount = Amount(1)});
  EXPECT_EQ(answer_of(again).balance, Amount(11));
  EXPECT_FALSE(again && again->replayed);
  server.kill();
  ASSERT_TRUE(server.start());
  net::BlockingClient later(server.client_options());
  EXPECT_EQ(balance_of(later, user), Amount(11));
  EXPECT_TRUE(audit(torn).balanced());
}

// A process that stands still leaves on disk what a crash at that moment would.
TEST_F(Recovery, StartsFromACopyMadeWhileTheServerStoodStill) {
  open_and_deposit(1);
  std::vector<Operation> work;
  for (std::uint64_t i = 0; i < 3'000; ++i) {
    work.push_back({Deposit{.key = key_number(1'000 + i), .user = user, .amount = Amount(1)}});
  }
  std::vector<std::pair<std::string, std::int64_t>> copies;
  std::int64_t told = 0;
  Crowd(server_.client_options(), 8, 16).ask(untold(work), [&] {
    if (++told % 700 != 0) return;
    const std::string copy = directory_ / ("copy" + std::to_string(told));
    server_.process().signal(SIGSTOP);
    copy_data(copy);
    server_.process().signal(SIGCONT);
    copies.emplace_back(copy, told);
  });
  ASSERT_EQ(copies.size(), 4u);
  for (const auto& [copy, acknowledged] : copies) {
    SCOPED_TRACE(copy);
    ServerProcess server({.data = copy});
    ASSERT_TRUE(server.start());
    net::BlockingClient client(server.client_options());
    EXPECT_GE(balance_of(client, user).fen(), acknowledged + 1);
    EXPECT_TRUE(audit(copy).balanced());
  }
}

TEST_F(Recovery, RefusesAJournalDamagedInItsMiddleAndChangesNothing) {
  open_and_deposit(20);
  ASSERT_EQ(server_.stop(), 0);
  const std::string path = segment(directory_ / "data");
  const std::string good = read_file(path);
  std::mt19937 random(1);
  for (std::size_t block = 0; block < end_of(good) / page_bytes - 1; ++block) {
    const std::size_t at = block * page_bytes + random() % page_bytes;
    SCOPED_TRACE(testing::Message() << "byte " << at);
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    write_file(path, damaged);
    expect_refused({"00000001.seg", "offset"});
    EXPECT_EQ(read_file(path), damaged);
    EXPECT_EQ(audit(directory_ / "data").status, 3);
  }
  write_file(path, good);
  start();
  EXPECT_EQ(balance_of(*client_, user), Amount(20));
}

TEST_F(Recovery, RefusesBytesAtTheEndThatNobodyWrote) {
  open_and_deposit(5);
  server_.kill();
  const std::string path = segment(directory_ / "data");
  std::string journal = read_file(path);
  journal.replace(end_of(journal), 10, "not a block");
  write_file(path, journal);
  expect_refused({"00000001.seg", "offset"});
}

TEST_F(Recovery, RefusesAMissingSegment) {
  open_and_deposit(1);
  // Beyond the first segment: a block a deposit, 256 blocks a segment.
  deposit(300);
  ASSERT_EQ(server_.stop(), 0);
  ASSERT_TRUE(fs::exists(directory_ / "data/shard-0000/00000002.seg"));
  fs::remove(segment(directory_ / "data"));
  expect_refused({"00000001.seg"});
}

TEST_F(Recovery, RefusesAJournalOfANewerFormat) {
  open_and_deposit(1);
  ASSERT_EQ(server_.stop(), 0);
  const std::string path = segment(directory_ / "data");
  std::string bytes = read_file(path);
  journal::BlockHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.version = 2;
  header.header_checksum = checksum64(std::as_bytes(std::span(&header, 1)).subspan(16));
  std::memcpy(bytes.data(), &header, sizeof header);
  write_file(path, bytes);
  expect_refused({"00000001.seg", "version 2"});
}

}  // namespace
}  // namespace hb::e2e
