#include "net/server/worker_loop.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <atomic>
#include <memory>
#include <optional>

#include "engine/archive/service.h"
#include "engine/runtime/mailbox.h"
#include "engine/runtime/worker.h"
#include "tests/support/memory_storage.h"

namespace hb::net {
namespace {

constexpr Time start{1'700'000'000'000'000};

class SteppingClock final : public Clock {
 public:
  ClockReading read() override {
    now_ = now_ + Duration::ms(1);
    return {.ledger = now_, .wall = now_, .monotonic = now_};
  }

 private:
  Time now_ = start;
};

// A disk in memory that completes what was started only at every eighth poll.
class SlowDisk final : public DiskStorage {
 public:
  SlowDisk() { inner.hold_completions(true); }

  Result<std::vector<FileEntry>> list() override { return inner.list(); }
  Result<FileId> open(std::string_view name, OpenMode mode) override {
    return inner.open(name, mode);
  }
  void close(FileId file) override { inner.close(file); }
  Result<std::size_t> read(FileId file, std::uint64_t offset, std::span<std::byte> into) override {
    return inner.read(file, offset, into);
  }
  Result<void> cut(FileId file, std::uint64_t offset) override { return inner.cut(file, offset); }
  Result<void> write_file(std::string_view name, std::span<const std::byte> content) override {
    return inner.write_file(name, content);
  }
  Result<void> remove(std::string_view name) override { return inner.remove(name); }
  void start_create(std::string_view name, std::uint64_t bytes, std::uint64_t token) override {
    inner.start_create(name, bytes, token);
  }
  void start_write(FileId file, std::uint64_t offset, std::span<const std::byte> from,
                   std::uint64_t token) override {
    inner.start_write(file, offset, from, token);
  }
  std::size_t poll(std::span<Completion> completions) override {
    if (++polls_ % 8 == 0) inner.complete_all();
    return inner.poll(completions);
  }
  int completion_fd() const override { return event_.get(); }
  void set_notifications(bool) override {}

  test::MemoryStorage inner;

 private:
  Fd event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::uint64_t polls_ = 0;
};

class WorkerLoopTest : public testing::Test {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    auto opened = Shard::open(disk_, {.journal = journal_}, Policy{}, PrfKey{}, start, {});
    ASSERT_TRUE(opened) << opened.error().message;
    shard_ = std::move(*opened);
    worker_.emplace(std::uint16_t{0}, *shard_, clock_, mesh_, [](std::uint64_t) {});
    loop_.emplace(options_, *worker_, disk_, records_, peers_, unanswered_);
    ASSERT_TRUE(loop_->open());
  }

  void open_wallet(hb::Acknowledgement acknowledgement) {
    CommandBatch& batch = worker_->batch(ShardId{0}, acknowledgement);
    batch.commands.push_back(
        {.reply_to = {1, 1}, .command = OpenWallet{.key = {++keys_, 1}, .user = UserId{keys_}}});
  }
  void run_stopped() {
    loop_->stop();
    loop_->run();
  }

  std::uint64_t keys_ = 0;
  const journal::WriterOptions journal_{.segment_bytes = 1 << 20, .block_bytes_max = 64 << 10};
  const ServerOptions options_{};
  SlowDisk disk_;
  SteppingClock clock_;
  Mesh mesh_{1};
  std::unique_ptr<Shard> shard_;
  std::optional<Worker> worker_;
  archive::Service records_{{.directory = "unused", .enabled = false}, {}};
  PeerLog peers_;
  std::atomic<std::size_t> unanswered_{1};
  std::optional<WorkerLoop> loop_;
};

TEST_F(WorkerLoopTest, LeavesAnAnsweredCommandDurableAtAStop) {
  for (const auto acknowledgement : {hb::Acknowledgement::disk, hb::Acknowledgement::memory}) {
    open_wallet(acknowledgement);
    unanswered_ = 1;
    run_stopped();
    EXPECT_TRUE(worker_->answered());
    EXPECT_GT(shard_->journal().durable(), Sequence{});
    EXPECT_EQ(shard_->journal().durable(), shard_->journal().appended());
    EXPECT_EQ(unanswered_, 0u);
  }
}

using WorkerLoopDeathTest = WorkerLoopTest;

TEST_F(WorkerLoopDeathTest, EndsTheProcessWithAFailureWhenTheJournalFailsWhileItDrains) {
  for (const auto acknowledgement : {hb::Acknowledgement::disk, hb::Acknowledgement::memory}) {
    EXPECT_EXIT(
        {
          open_wallet(acknowledgement);
          disk_.inner.fail_write(1);
          run_stopped();
        },
        testing::ExitedWithCode(exit_journal_failed), "");
  }
}

}  // namespace
}  // namespace hb::net
