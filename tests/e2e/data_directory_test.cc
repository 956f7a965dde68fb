// Data directories that a server must not start with: it says which and why, with a non-zero
// status, and never says that it is ready.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr int cannot_start = 3;
constexpr int wrong_usage = 2;

class DataDirectoryTest : public testing::Test {
 protected:
  // A directory that has been used: a wallet with money, and a clean stop.
  void use() {
    ASSERT_TRUE(server_.start());
    {
      net::BlockingClient client(server_.client_options());
      open_with(client, UserId(1), Amount(100));
    }
    ASSERT_EQ(server_.stop(), 0);
  }

  static void expect_refused(ServerProcess& server, int status,
                             std::initializer_list<std::string> words) {
    const Finished finished = server.start_in_vain();
    EXPECT_EQ(finished.status, status) << finished.errors;
    EXPECT_EQ(finished.output, "");
    for (const std::string& word : words) {
      EXPECT_NE(finished.errors.find(word), std::string::npos)
          << "no '" << word << "' in: " << finished.errors;
    }
  }

  TempDirectory directory_;
  const std::string data_ = directory_ / "data";
  ServerProcess server_{{.data = data_}};
};

TEST_F(DataDirectoryTest, IsRefusedWhileAnotherServerUsesIt) {
  ASSERT_TRUE(server_.start());
  net::BlockingClient client(server_.client_options());
  open_with(client, UserId(1), Amount(100));
  ServerProcess second({.data = data_});
  expect_refused(second, cannot_start,
                 {data_, "in use by process " + std::to_string(server_.process().pid())});
  EXPECT_EQ(balance_of(client, UserId(1)), Amount(100));
  EXPECT_EQ(server_.stop(), 0);
  EXPECT_TRUE(second.start());
}

TEST_F(DataDirectoryTest, IsFreeAgainAfterItsServerWasKilled) {
  ASSERT_TRUE(server_.start());
  server_.kill();
  ServerProcess second({.data = data_});
  EXPECT_TRUE(second.start());
}

TEST_F(DataDirectoryTest, IsRefusedWhereNothingCanBeWritten) {
  write_file(directory_ / "file", "not a directory");
  std::filesystem::create_directories(data_ + "/LOCK");
  const std::string places[] = {
      directory_ / "file",          // a file in the way
      directory_ / "file/data",     // or above
      directory_ / "missing/data",  // no parent
      data_,                        // the lock cannot be made
      "/proc",                      // nor can any file, even by root
  };
  for (const std::string& place : places) {
    SCOPED_TRACE(place);
    ServerProcess server({.data = place});
    expect_refused(server, cannot_start, {place});
  }
}

TEST_F(DataDirectoryTest, IsRefusedWithoutPermissionToWrite) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  std::filesystem::create_directory(data_);
  std::filesystem::permissions(
      data_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  expect_refused(server_, cannot_start, {data_, "not writable"});
}

TEST_F(DataDirectoryTest, IsRefusedInANewerFormat) {
  use();
  const std::string meta = read_file(data_ + "/META");
  write_file(data_ + "/META", R"({"format": 99, "shards": 1})");
  expect_refused(server_, cannot_start, {data_, "format 99", "newer"});
  write_file(data_ + "/META", meta);
  EXPECT_TRUE(server_.start());
}

TEST_F(DataDirectoryTest, IsRefusedWithADamagedMeta) {
  use();
  const std::string damaged[] = {
      "",
      "not json",
      "[]",
      R"({"format": "1", "shards": 1})",
      R"({"format": 1})",
      R"({"format": 1, "shards": 0})",
      R"({"format": 1, "shards": 65536})",
  };
  for (const std::string& meta : damaged) {
    SCOPED_TRACE(meta);
    write_file(data_ + "/META", meta);
    expect_refused(server_, cannot_start, {data_ + "/META"});
  }
}

TEST_F(DataDirectoryTest, IsRefusedWithoutItsMeta) {
  use();
  std::filesystem::remove(data_ + "/META");
  expect_refused(server_, cannot_start, {data_, "META"});
}

TEST_F(DataDirectoryTest, IsRefusedForAnotherNumberOfShards) {
  use();
  write_file(data_ + "/META", R"({"format": 1, "shards": 4})");
  expect_refused(server_, wrong_usage, {data_, "4 shard", "--workers 4"});
}

TEST_F(DataDirectoryTest, IsClosedToOthers) {
  use();
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(data_).permissions(), fs::perms::owner_all);
  for (const auto& entry : fs::recursive_directory_iterator(data_)) {
    EXPECT_EQ(entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all),
              fs::perms::none)
        << entry.path();
  }
}

}  // namespace
}  // namespace hb::e2e
