// The disk against a real directory, in every way it can write: O_DIRECT or the page cache, small
// writes inline or not.

#include "engine/runtime/disk_storage.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <utility>

#include "engine/base/aligned_buffer.h"
#include "engine/base/bytes.h"
#include "engine/journal/recovery.h"
#include "engine/journal/segment_seal.h"
#include "engine/journal/writer.h"
#include "engine/runtime/inline_writes.h"

namespace hb {
namespace {

namespace fs = std::filesystem;

struct Way {
  const char* name;
  bool use_direct;
  bool write_inline = false;
};
void PrintTo(const Way& way, std::ostream* out) {
  *out << way.name;
}

// A directory that is gone with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "hongbao-disk-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TemporaryDirectory() { fs::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Sleeps on the completion descriptor, as a worker does, until one completion is there.
Completion wait_for_one(DiskStorage& disk) {
  for (;;) {
    std::array<Completion, 1> completions;
    if (disk.poll(completions) == 1) return completions[0];
    pollfd fd{.fd = disk.completion_fd(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&fd, 1, 30'000), 1) << "never signalled";
    if (fd.revents == 0) return {0, Error{ErrorCode::timed_out, "no completion"}, {}};
    disk.set_notifications(false);
    disk.set_notifications(true);
  }
}

class DiskStorageTest : public testing::TestWithParam<Way> {
 protected:
  DiskStorageTest() : directory_(root_.path() / "shard-0") {}

  DiskStorageOptions options() {
    return {.use_direct = GetParam().use_direct,
            .write_inline = GetParam().write_inline,
            .log = [this](const std::string& line) { log_.push_back(line); }};
  }
  void open() {
    auto disk = open_disk_storage(directory_.string(), options());
    ASSERT_TRUE(disk) << disk.error().message;
    disk_ = std::move(*disk);
  }

  Completion wait() { return wait_for_one(*disk_); }

  FileId create(const char* name, std::uint64_t bytes) {
    disk_->start_create(name, bytes, 77);
    const Completion made = wait();
    EXPECT_FALSE(made.error) << made.error->message;
    EXPECT_EQ(made.token, 77U);
    return made.file;
  }

  std::vector<std::byte> content(const char* name) {
    std::ifstream file(directory_ / name, std::ios::binary);
    std::vector<char> chars((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    std::vector<std::byte> bytes(chars.size());
    std::memcpy(bytes.data(), chars.data(), chars.size());
    return bytes;
  }

  static AlignedBuffer filled(std::size_t bytes, int value) {
    AlignedBuffer buffer(bytes);
    std::memset(buffer.data(), value, bytes);
    return buffer;
  }

  TemporaryDirectory root_;
  fs::path directory_;
  std::vector<std::string> log_;
  std::unique_ptr<DiskStorage> disk_;
};

INSTANTIATE_TEST_SUITE_P(Ways, DiskStorageTest,
                         testing::Values(Way{"Direct", true}, Way{"PageCache", false},
                                         Way{"InlineDirect", true, true},
                                         Way{"InlinePageCache", false, true}),
                         [](const auto& way) { return std::string(way.param.name); });

TEST_P(DiskStorageTest, MakesAPrivateDirectoryWithPrivateFiles) {
  open();
  create("00000001.seg", 1 << 20);
  struct stat status {};
  ASSERT_EQ(::stat(directory_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  ASSERT_EQ(::stat((directory_ / "00000001.seg").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(disk_->list()->size(), 1U) << "nothing else is left behind";
}

TEST_P(DiskStorageTest, ACreatedFileIsZerosInFullSize) {
  open();
  std::ofstream(directory_ / "00000001.seg.new") << "remains of a crash";
  create("00000001.seg", 3 << 20);
  const auto bytes = content("00000001.seg");
  ASSERT_EQ(bytes.size(), 3U << 20);
  EXPECT_TRUE(all_zero(bytes));
  EXPECT_FALSE(fs::exists(directory_ / "00000001.seg.new"));
  struct stat status {};
  ASSERT_EQ(::stat((directory_ / "00000001.seg").c_str(), &status), 0);
  EXPECT_GE(status.st_blocks * 512, 3 << 20) << "the zeros are written, not a hole";
}

TEST_P(DiskStorageTest, ManyWritesAtOnceAllArrive) {
  open();
  const FileId file = create("a", 1 << 20);
  std::vector<AlignedBuffer> buffers;
  for (int i = 0; i < 100; ++i) buffers.push_back(filled(8192, i + 1));
  for (std::uint64_t i = 0; i < 100; ++i) disk_->start_write(file, i * 8192, buffers[i].span(), i);
  std::vector<bool> seen(100);
  for (int i = 0; i < 100; ++i) {
    const Completion done = wait();
    ASSERT_FALSE(done.error) << done.error->message;
    ASSERT_FALSE(seen.at(done.token));
    seen[done.token] = true;
  }
  const auto bytes = content("a");
  for (std::size_t i = 0; i < 100 * 8192; ++i) {
    ASSERT_EQ(bytes[i], static_cast<std::byte>(i / 8192 + 1)) << i;
  }
}

TEST_P(DiskStorageTest, MakesASmallWriteInlineWhereToldSo) {
  open();
  const FileId file = create("a", 1 << 20);
  const AlignedBuffer large = filled(1 << 19, 1);
  const AlignedBuffer small = filled(InlineWrites::bytes_max, 2);
  std::array<Completion, 4> completions;
  disk_->start_write(file, 0, small.span(), 1);
  const std::size_t done_at_once = disk_->poll(completions);
  if (GetParam().write_inline) {
    EXPECT_EQ(done_at_once, 1U);
  } else if (done_at_once == 0) {
    EXPECT_EQ(wait().token, 1U);
  }

  disk_->start_write(file, 0, large.span(), 2);
  disk_->start_write(file, 1 << 19, small.span(), 3);
  EXPECT_EQ(wait().token + wait().token, 5U);
  EXPECT_EQ(content("a")[0], std::byte{1});
  EXPECT_EQ(content("a")[1 << 19], std::byte{2});
}

TEST_P(DiskStorageTest, ReadsAnyRangeThroughEitherModeOfOpening) {
  open();
  const FileId made = create("a", 1 << 20);
  AlignedBuffer buffer(512 << 10);
  for (std::size_t i = 0; i < buffer.size(); ++i) buffer.data()[i] = std::byte(i * 7 + i / 256);
  disk_->start_write(made, 0, buffer.span(), 1);
  ASSERT_FALSE(wait().error);
  disk_->close(made);
  for (const OpenMode mode : {OpenMode::read, OpenMode::read_once, OpenMode::read_write}) {
    const auto file = disk_->open("a", mode);
    ASSERT_TRUE(file) << file.error().message;
    std::vector<std::byte> into(300'001);
    const auto got = disk_->read(*file, 1234, into);
    ASSERT_TRUE(got) << got.error().message;
    ASSERT_EQ(*got, into.size());
    EXPECT_EQ(std::memcmp(into.data(), buffer.data() + 1234, into.size()), 0);
    EXPECT_EQ(*disk_->read(*file, (1 << 20) - 10, into), 10U) << "at the end";
    AlignedBuffer aligned(512 << 10);
    ASSERT_EQ(*disk_->read(*file, 0, aligned.span()), aligned.size());
    EXPECT_EQ(std::memcmp(aligned.data(), buffer.data(), aligned.size()), 0);
    EXPECT_EQ(*disk_->read(*file, (1 << 20) - 4'096, aligned.span()), 4'096U) << "at the end";
    EXPECT_EQ(*disk_->read(*file, 1 << 20, into), 0U);
    disk_->close(*file);
  }
}

TEST_P(DiskStorageTest, CutLeavesZerosAndTheSize) {
  open();
  const FileId file = create("a", 1 << 20);
  const AlignedBuffer ones = filled(1 << 20, 1);
  disk_->start_write(file, 0, ones.span(), 1);
  ASSERT_FALSE(wait().error);
  const auto cut = disk_->cut(file, 12'288);
  ASSERT_TRUE(cut) << cut.error().message;
  const auto bytes = content("a");
  ASSERT_EQ(bytes.size(), 1U << 20);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    ASSERT_EQ(bytes[i], i < 12'288 ? std::byte{1} : std::byte{0}) << i;
  }
  ASSERT_TRUE(disk_->cut(file, 1 << 20)) << "nothing to cut is fine";
}

TEST_P(DiskStorageTest, SmallFilesAreReplacedWhole) {
  open();
  const std::string first = "the first, longer content";
  const std::string second = "the second";
  ASSERT_TRUE(disk_->write_file("seal", std::as_bytes(std::span(first))));
  ASSERT_TRUE(disk_->write_file("seal", std::as_bytes(std::span(second))));
  const auto bytes = content("seal");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), second);
  ASSERT_TRUE(disk_->remove("seal"));
  EXPECT_TRUE(disk_->list()->empty());
  const auto again = disk_->remove("seal");
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("shard-0/seal"), std::string::npos);
}

TEST_P(DiskStorageTest, AFileThatCannotFitIsRefusedBeforeAByteIsWritten) {
  open();
  disk_->start_create("00000001.seg", std::uint64_t{1} << 52, 5);
  const Completion refused = wait();
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->code, ErrorCode::no_space) << refused.error->message;
  EXPECT_EQ(refused.token, 5U);
  EXPECT_TRUE(disk_->list()->empty());
}

// Descriptors run out as space does, and may be there again: it must be possible to try again.
TEST_P(DiskStorageTest, AFileThatFindsNoDescriptorIsRefusedAsForSpaceAndCanBeMadeLater) {
  open();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 1, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  disk_->start_create("00000001.seg", 8192, 5);
  const Completion refused = wait();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->code, ErrorCode::no_space) << refused.error->message;
  EXPECT_TRUE(disk_->list()->empty());
  disk_->close(create("00000001.seg", 8192));
  EXPECT_TRUE(fs::exists(directory_ / "00000001.seg"));
}

// A file size limit makes the system write half of what it is given: the rest must be tried, and
// its failure told.
TEST_P(DiskStorageTest, AShortWriteIsNeverTakenForAWholeOne) {
  open();
  const FileId file = create("a", 8192);
  const AlignedBuffer ones = filled(8192, 1);
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlim_t before = std::exchange(limit.rlim_cur, 4096);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  disk_->start_write(file, 0, ones.span(), 1);
  const Completion done = wait();
  limit.rlim_cur = before;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  ASSERT_TRUE(done.error);
  EXPECT_EQ(done.error->code, ErrorCode::io);
}

TEST_P(DiskStorageTest, IsQuietWhileNotificationsAreOff) {
  open();
  const FileId file = create("a", 8192);
  const AlignedBuffer page = filled(4096, 1);
  disk_->set_notifications(false);
  disk_->start_write(file, 0, page.span(), 1);
  std::array<Completion, 4> completions;
  while (disk_->poll(completions) == 0) {
  }
  pollfd fd{.fd = disk_->completion_fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&fd, 1, 0), 0);
  disk_->set_notifications(true);
  disk_->start_write(file, 0, page.span(), 2);
  EXPECT_EQ(wait().token, 2U);
}

TEST_P(DiskStorageTest, ClosingWaitsForWritesAndGivesUpCreations) {
  open();
  const FileId file = create("a", 1 << 20);
  const AlignedBuffer ones = filled(1 << 20, 1);
  disk_->start_create("b", 256 << 20, 2);
  disk_->start_write(file, 0, ones.span(), 1);
  disk_.reset();
  EXPECT_EQ(content("a").back(), std::byte{1});
  EXPECT_FALSE(fs::exists(directory_ / "b.new"));
}

TEST_P(DiskStorageTest, CarriesAJournalAcrossRestarts) {
  const journal::Identity identity{ShardId(0), 1};
  const journal::WriterOptions writer_options{.segment_bytes = 1 << 20,
                                              .block_bytes_max = 64 << 10};
  constexpr std::uint64_t records_a_life = 30'000;
  std::uint64_t total = 0;
  for (int life = 0; life < 3; ++life) {
    open();
    std::uint64_t seen = 0;
    auto tail = journal::recover(*disk_, identity, [&](const journal::BlockView& block) {
      for (const journal::Record record : block) {
        ++seen;
        ASSERT_EQ(read_event<Claimed>(record.event).user.value, record.sequence.value);
      }
    });
    ASSERT_TRUE(tail) << tail.error().message;
    ASSERT_EQ(seen, total);
    ASSERT_FALSE(tail->torn());
    auto writer = journal::Writer::open(*disk_, identity, writer_options, *tail);
    ASSERT_TRUE(writer) << writer.error().message;
    while ((*writer)->durable().value < total + records_a_life) {
      ASSERT_EQ((*writer)->state(), journal::WriterState::writable);
      for (int i = 0; i < 100 && (*writer)->appended().value < total + records_a_life &&
                      (*writer)->room_bytes() >= sizeof(Claimed);
           ++i) {
        Claimed claimed;
        claimed.user = UserId((*writer)->appended().value + 1);
        (*writer)->append(std::as_bytes(std::span(&claimed, 1)));
      }
      (*writer)->flush();
      (*writer)->poll();
    }
    total += records_a_life;
    for (const std::uint64_t segment : (*writer)->take_full_segments()) {
      const auto seal = journal::seal_segment(*disk_, segment);
      ASSERT_TRUE(seal) << seal.error().message;
    }
    writer->reset();
    disk_.reset();
  }
  auto reader = open_disk_storage(directory_.string(), {.read_only = true});
  ASSERT_TRUE(reader) << reader.error().message;
  const auto seal = journal::check_seals(**reader);
  ASSERT_TRUE(seal) << seal.error().message;
  EXPECT_GE(seal->segment, 2U);
}

TEST_P(DiskStorageTest, NeverReplacesAFileThatExists) {
  open();
  disk_->close(create("a", 8192));
  fs::resize_file(directory_ / "a", 4096);
  disk_->start_create("a", 8192, 78);
  const Completion made = wait();
  ASSERT_TRUE(made.error);
  EXPECT_EQ(made.error->code, ErrorCode::io);
  EXPECT_EQ(fs::file_size(directory_ / "a"), 4096u);
  EXPECT_FALSE(fs::exists(directory_ / "a.new"));
}

TEST(DiskStorage, RefusesASecondWriterOfAFile) {
  const TemporaryDirectory directory;
  const auto disk = open_disk_storage(directory.path().string());
  ASSERT_TRUE(disk) << disk.error().message;
  (*disk)->start_create("a", 8192, 1);
  ASSERT_FALSE(wait_for_one(**disk).error);
  const auto other = open_disk_storage(directory.path().string());
  ASSERT_TRUE(other) << other.error().message;
  const auto file = (*other)->open("a", OpenMode::read_write);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::in_use);
  EXPECT_TRUE((*other)->open("a", OpenMode::read)) << "readers are welcome";
}

// ---- fall-backs ---------------------------------------------------------------------------------

// From here on the system refuses O_DIRECT to this process, as some file systems do.
void refuse_direct() {
  const auto offset_of_flags = static_cast<std::uint32_t>(offsetof(seccomp_data, args[2]));
  std::array<sock_filter, 6> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset_of_flags),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_DIRECT, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog loaded{.len = filter.size(), .filter = filter.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) std::_Exit(2);
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &loaded, 0, 0) != 0) std::_Exit(3);
}

// Exit status of a process to which O_DIRECT is refused: 0 when it wrote and said so in one line.
void write_although_refused(const std::string& directory) {
  refuse_direct();
  std::vector<std::string> lines;
  const auto disk = open_disk_storage(
      directory, {.log = [&](const std::string& line) { lines.push_back(line); }});
  if (!disk) std::_Exit(4);
  if (lines.size() != 1 || lines[0].find("O_DIRECT is refused") == std::string::npos) {
    std::_Exit(5);
  }
  (*disk)->start_create("a", 8192, 1);
  const Completion made = wait_for_one(**disk);
  if (made.error) std::_Exit(6);
  AlignedBuffer page(4096);
  (*disk)->start_write(made.file, 0, page.span(), 2);
  if (wait_for_one(**disk).error) std::_Exit(7);
  std::_Exit(0);
}

TEST(DiskStorageDeathTest, WritesThroughThePageCacheWhereDirectIsRefusedAndSaysSoInOneLine) {
  const TemporaryDirectory directory;
  EXPECT_EXIT(write_although_refused(directory.path().string()), testing::ExitedWithCode(0), "");
}

TEST(DiskStorage, SaysWhyADirectoryCannotBeOpened) {
  const auto missing_parent = open_disk_storage("/nonexistent/parent/shard-0");
  ASSERT_FALSE(missing_parent);
  EXPECT_EQ(missing_parent.error().message,
            "/nonexistent/parent/shard-0: No such file or directory");
  const auto missing = open_disk_storage("/nonexistent", {.read_only = true});
  ASSERT_FALSE(missing);
  const auto not_writable = open_disk_storage("/proc/self");
  ASSERT_FALSE(not_writable);
  EXPECT_EQ(not_writable.error().code, ErrorCode::io);
}

}  // namespace
}  // namespace hb
