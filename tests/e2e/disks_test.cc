// Disks that are not what one wishes: no O_DIRECT, no space.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr UserId user{1};

// ---- fall-backs ---------------------------------------------------------------------------------

// Lines of the log that tell of a fall-back.
std::size_t fall_backs_told(const std::string& log) {
  std::istringstream lines(log);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("(slower)") != line.npos) ++count;
  }
  return count;
}

bool direct_works(const std::string& file) {
  const int fd = ::open(file.c_str(), O_CREAT | O_RDWR | O_DIRECT, 0600);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

// Works as always: deposits, a crash, and everything is there.
void expect_durable(ServerProcess& server) {
  {
    net::BlockingClient client(server.client_options());
    open_with(client, user, Amount(100));
    for (int i = 0; i < 300; ++i) {
      answer_of(client.deposit({.user = user, .amount = Amount(1)}));
    }
  }
  server.kill();
  ASSERT_TRUE(server.start());
  net::BlockingClient client(server.client_options());
  EXPECT_EQ(balance_of(client, user), Amount(400));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_TRUE(audit(server.settings().data).balanced());
}

TEST(Disks, AreWrittenThroughThePageCacheWhenTheSettingsSaySo) {
  const TempDirectory directory;
  const std::string journal = ServerSettings().journal + "use_direct = false\n";
  ServerProcess server({.data = directory / "data", .journal = journal});
  ASSERT_TRUE(server.start());
  EXPECT_EQ(fall_backs_told(server.log()), 0u) << "what was asked for is no fall-back";
  expect_durable(server);
}

TEST(Disks, InMemoryFileSystemsWorkAndTheLogTellsWhatTheyRefuse) {
  if (!std::filesystem::is_directory("/dev/shm")) GTEST_SKIP() << "no /dev/shm on this machine";
  const TempDirectory directory("/dev/shm");
  ServerProcess server({.data = directory / "data"});
  ASSERT_TRUE(server.start());
  EXPECT_EQ(fall_backs_told(server.log()), direct_works(directory / "probe") ? 0u : 1u)
      << server.log();
  expect_durable(server);
}

// Settings files of earlier versions name it.
TEST(Disks, AreWrittenWhereTheSettingsStillSpeakOfIoUring) {
  const TempDirectory directory;
  const std::string journal = ServerSettings().journal + "use_io_uring = true\n";
  ServerProcess server({.data = directory / "data", .journal = journal});
  ASSERT_TRUE(server.start());
  EXPECT_NE(server.log().find("journal.use_io_uring has no effect"), std::string::npos)
      << server.log();
  EXPECT_EQ(server.stop(), 0);
}

// ---- a full disk --------------------------------------------------------------------------------

bool write_text(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool written =
      fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (fd >= 0) ::close(fd);
  return written;
}

// Mounts for this process and its children only; as another user than root in a user namespace.
// False: this machine does not permit it.
bool enter_own_mount_namespace() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (::unshare(CLONE_NEWNS) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    const bool mapped = write_text("/proc/self/setgroups", "deny") &&
                        write_text("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1") &&
                        write_text("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
    if (!mapped) return false;
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

// A disk of a few MiB, with a file on it that can take up whatever is free.
class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    if (!enter_own_mount_namespace() || ::mount("tmpfs", disk_.path().c_str(), "tmpfs", 0,
                                                ("size=" + size_ + ",mode=0700").c_str()) != 0) {
      GTEST_SKIP() << "no disk of its own can be mounted here: " << std::strerror(errno);
    }
    mounted_ = true;
    start();
    open_with(*client_, user, balance_);
  }
  void TearDown() override {
    server_.reset();
    if (mounted_) ::umount2(disk_.path().c_str(), MNT_DETACH);
  }

  void start() {
    if (!server_)
      server_.emplace(ServerSettings{
          .data = disk_ / "data", .journal = journal_, .connections = more_settings_});
    ASSERT_TRUE(server_->start());
    client_.emplace(server_->client_options());
  }

  void fill() const {
    std::ofstream ballast(disk_ / "ballast", std::ios::binary);
    const std::string piece(4'096, 'x');
    while (ballast.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) {
    }
  }
  void free() const { std::filesystem::remove(disk_ / "ballast"); }

  Status deposit() {
    const Status status = status_of(client_->deposit({.user = user, .amount = Amount(1)}));
    if (status == Status::ok) balance_ += Amount(1);
    return status;
  }
  // The room that the journal has ahead is used first.
  void deposit_until_refused() {
    Status status = Status::ok;
    for (int i = 0; i < 5'000 && status == Status::ok; ++i) status = deposit();
    ASSERT_EQ(status, Status::read_only);
  }

  void expect_reads_only() {
    EXPECT_EQ(deposit(), Status::read_only);
    EXPECT_EQ(status_of(client_->withdraw({.user = user, .amount = Amount(1)})), Status::read_only);
    EXPECT_EQ(status_of(client_->send({.sender = user, .total = Amount(1), .share_count = 1})),
              Status::read_only);
    EXPECT_EQ(status_of(client_->claim(PacketId(4'096), user)), Status::read_only);
    EXPECT_EQ(status_of(client_->ping()), Status::ok);
    EXPECT_EQ(balance_of(*client_, user), balance_);
  }

  // Lines of the log that hold the text.
  std::size_t lines_with(const std::string& text) const {
    std::istringstream lines(server_->log());
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) count += line.find(text) != line.npos;
    return count;
  }
  std::size_t files_ending(const std::string& ending) const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(disk_ / "data")) {
      count += entry.path().extension() == ending;
    }
    return count;
  }

  TempDirectory disk_;
  std::string size_ = "6m";
  std::string journal_ = ServerSettings().journal;
  std::string more_settings_;
  bool mounted_ = false;
  std::optional<ServerProcess> server_;
  std::optional<net::BlockingClient> client_;
  Amount balance_{1'000};
};

TEST_F(FullDisk, RefusesChangesServesReadsAndGoesOnWhenThereIsSpace) {
  for (int i = 0; i < 2; ++i) {
    fill();
    deposit_until_refused();
    expect_reads_only();
    free();
    EXPECT_TRUE(eventually([this] { return deposit() == Status::ok; }));
  }
  EXPECT_EQ(balance_of(*client_, user), balance_);
  server_->kill();
  start();
  EXPECT_EQ(balance_of(*client_, user), balance_);
  EXPECT_EQ(server_->stop(), 0);
  EXPECT_TRUE(audit(disk_ / "data").balanced());
}

TEST_F(FullDisk, LosesNothingInACrash) {
  fill();
  deposit_until_refused();
  server_->kill();
  EXPECT_TRUE(audit(disk_ / "data").balanced());
  start();
  expect_reads_only();
  free();
  EXPECT_TRUE(eventually([this] { return deposit() == Status::ok; }));
  EXPECT_EQ(balance_of(*client_, user), balance_);
  EXPECT_EQ(server_->stop(), 0);
  EXPECT_TRUE(audit(disk_ / "data").balanced());
}

TEST_F(FullDisk, IsLoggedWhenChangesBeginToBeRefusedAndWhenTheyAreAcceptedAgain) {
  for (std::size_t time = 1; time <= 2; ++time) {
    fill();
    deposit_until_refused();
    for (int i = 0; i < 200; ++i) EXPECT_EQ(deposit(), Status::read_only);
    EXPECT_TRUE(eventually([&] { return lines_with("changes are refused") == time; }));
    EXPECT_EQ(lines_with("bytes are needed"), lines_with("no space for") + time) << server_->log();
    EXPECT_LE(lines_with("no space for"), time) << server_->log();
    free();
    EXPECT_TRUE(eventually([this] { return deposit() == Status::ok; }));
    EXPECT_TRUE(eventually([&] { return lines_with("changes are accepted") == time; }));
  }
}

// The records write what they know each second, and so find the disk full.
class FullDiskAndRecords : public FullDisk {
 protected:
  FullDiskAndRecords() {
    size_ = "40m";
    more_settings_ = "[archive]\nflush_interval = \"1s\"\n";
  }
  bool records_are_current() {
    const auto page = client_->list_statement({.user = user, .cursor = {}, .count_max = 1});
    return page && page->status == Status::ok && page->answer.as_of.front().events_behind == 0;
  }
};

TEST_F(FullDiskAndRecords, GoOnByThemselvesAndTheLogNamesTheSpaceTheyWaitFor) {
  EXPECT_TRUE(eventually([this] { return deposit() == Status::ok && records_are_current(); }));
  fill();
  EXPECT_TRUE(eventually([this] {
    deposit();
    return lines_with("the records stand still until") > 0;
  })) << server_->log();
  EXPECT_EQ(lines_with("MiB are free on the disk of"), 1u) << server_->log();
  EXPECT_EQ(lines_with("the records go on"), 0u) << server_->log();
  free();
  EXPECT_TRUE(eventually([this] { return lines_with("the records go on") == 1; }))
      << server_->log();
  EXPECT_TRUE(eventually([this] { return deposit() == Status::ok; }));
  EXPECT_TRUE(eventually([this] { return records_are_current(); })) << server_->log();
  EXPECT_EQ(server_->stop(), 0);
}

// Segments so small that several become full while the disk is.
class FullDiskAndSmallSegments : public FullDisk {
 protected:
  FullDiskAndSmallSegments() {
    journal_ = "segment_bytes = 135168\nblock_bytes_max = 16384\n";
    more_settings_ = "claim_batch_max = 1024\n";
  }
};

TEST_F(FullDiskAndSmallSegments, SealsEverySegmentOnceThereIsSpaceAgain) {
  fill();
  deposit_until_refused();
  EXPECT_TRUE(eventually([this] { return lines_with("is not sealed") > 0; })) << server_->log();
  free();
  EXPECT_TRUE(eventually([this] { return deposit() == Status::ok; }));
  const std::size_t before = files_ending(".seg");
  for (int i = 0; i < 20'000 && files_ending(".seg") < before + 3; ++i) deposit();
  // All but the current one and the one made ahead.
  EXPECT_TRUE(eventually([this] { return files_ending(".seal") + 2 >= files_ending(".seg"); }))
      << server_->log();
  EXPECT_TRUE(eventually([this] { return lines_with("sealed again") == 1; })) << server_->log();
  EXPECT_EQ(server_->stop(), 0);
  EXPECT_TRUE(audit(disk_ / "data").balanced());
}

// A write that fails, for another reason than a full disk, is final.
TEST(FailedJournal, EndsTheServerAtOnceAndSaysWhy) {
  constexpr int journal_failed = 3;
  const TempDirectory directory;
  ServerProcess server(
      {.data = directory / "data", .limits = {.file_bytes = 256 << 10}});  // less than a segment
  server.launch();
  EXPECT_EQ(server.process().wait(), journal_failed);
  EXPECT_NE(server.log().find("the journal failed"), std::string::npos) << server.log();
  EXPECT_NE(server.log().find("00000001.seg"), std::string::npos) << server.log();

  ServerProcess healthy({.data = directory / "data"});
  EXPECT_TRUE(healthy.start());
  EXPECT_EQ(healthy.stop(), 0);
}

}  // namespace
}  // namespace hb::e2e
