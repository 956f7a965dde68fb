#include "engine/journal/reader.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/base/bytes.h"
#include "engine/journal/recovery.h"
#include "tests/unit/engine/journal/journal_fixture.h"

namespace hb::journal {
namespace {

class ReaderTest : public testing::Test {
 protected:
  // Reads to the end; counts the records.
  Result<Tail> read(ReaderOptions options = {}) {
    records_ = 0;
    Result<Reader> reader = Reader::open(storage_, std::move(options));
    if (!reader) return fail(reader.error());
    for (;;) {
      auto block = reader->next();
      if (!block) return fail(block.error());
      if (!block->has_value()) return reader->tail();
      for (const Record record : **block) {
        EXPECT_TRUE(same_bytes(record.bytes(), record_at(record.sequence.value)));
        ++records_;
      }
    }
  }

  test::MemoryStorage storage_;
  std::uint64_t records_ = 0;
};

TEST_F(ReaderTest, AnEmptyDirectoryIsAnEmptyJournal) {
  const auto tail = read();
  ASSERT_TRUE(tail) << tail.error().message;
  EXPECT_EQ(tail->end.segment, 0U);
  EXPECT_EQ(tail->last_sequence(), Sequence(0));
  EXPECT_FALSE(tail->torn());
}

TEST_F(ReaderTest, ASegmentOfZerosIsAnEmptyJournal) {
  storage_.put(segment_name(1), std::vector<std::byte>(small_segment_bytes));
  const auto tail = read();
  ASSERT_TRUE(tail) << tail.error().message;
  EXPECT_EQ(tail->end.segment, 0U);
  EXPECT_FALSE(tail->torn());
}

TEST_F(ReaderTest, GivesEveryRecordOnceInOrderWithItsPlace) {
  write_journal(storage_, 1000, 7);
  Result<Reader> reader = Reader::open(storage_, {.identity = test_identity});
  ASSERT_TRUE(reader);
  std::uint64_t expected = 0;
  Position last;
  for (;;) {
    auto block = reader->next();
    ASSERT_TRUE(block) << block.error().message;
    if (!block->has_value()) break;
    for (const Record record : **block) {
      ASSERT_EQ(record.sequence, Sequence(++expected));
      const Position at = (*block)->position_of(record);
      ASSERT_GT(at, last);
      last = at;
      const auto& file = storage_.bytes(segment_name(at.segment));
      const auto there = std::span(file).subspan(at.offset, record.bytes().size());
      ASSERT_TRUE(same_bytes(there, record_at(expected)));
    }
  }
  EXPECT_EQ(expected, 1000U);
  EXPECT_GT(last.segment, 2U) << "the journal rolled";
  EXPECT_EQ(reader->tail().last_sequence(), Sequence(1000));
  auto again = reader->next();
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->has_value());
}

TEST_F(ReaderTest, GoesOnAcrossRestartsOfTheWriter) {
  for (int run = 0; run < 12; ++run) write_journal(storage_, 50, 9);
  const auto tail = read();
  ASSERT_TRUE(tail) << tail.error().message;
  EXPECT_EQ(records_, 600U);
  EXPECT_FALSE(tail->torn());
}

TEST_F(ReaderTest, GoesOnAcrossChangesOfTheOptions) {
  for (const std::size_t blocks : {4U, 8U, 5U, 6U}) {
    WriterOptions options = small_options();
    options.block_count = blocks;
    options.block_bytes_max = 4096 * blocks;
    options.segment_bytes = small_segment_bytes * blocks;
    auto writer = reopen(storage_, options);
    append_records(*writer, 400, 11);
    settle(*writer);
    ASSERT_TRUE(writer->idle());
  }
  const auto tail = read();
  ASSERT_TRUE(tail) << tail.error().message;
  EXPECT_EQ(records_, 1600U);
}

TEST_F(ReaderTest, StartsAtALaterSegment) {
  write_journal(storage_, 1000, 7);
  const auto whole = read();
  ASSERT_TRUE(whole);
  const auto tail = read({.first_segment = 2});
  ASSERT_TRUE(tail) << tail.error().message;
  EXPECT_LT(records_, 1000U);
  EXPECT_GT(records_, 0U);
  EXPECT_EQ(tail->next.number, whole->next.number);
  EXPECT_EQ(tail->last_sequence(), Sequence(1000));
}

TEST_F(ReaderTest, TellsWhoseJournalItIs) {
  write_journal(storage_, 10, 1);
  Result<Reader> reader = Reader::open(storage_, {});
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->identity());
  ASSERT_TRUE(reader->next());
  EXPECT_EQ(reader->identity(), test_identity);
}

TEST_F(ReaderTest, RefusesAnotherShardsJournal) {
  write_journal(storage_, 10, 1);
  const auto other_shard = read({.identity = Identity{ShardId(2), 4}});
  ASSERT_FALSE(other_shard);
  EXPECT_EQ(other_shard.error().code, ErrorCode::invalid);
  EXPECT_EQ(other_shard.error().message,
            "00000001.seg: the journal belongs to shard 1 of 4, not to shard 2 of 4");
  const auto other_count = read({.identity = Identity{ShardId(1), 2}});
  ASSERT_FALSE(other_count);
  EXPECT_EQ(other_count.error().code, ErrorCode::invalid);
}

TEST_F(ReaderTest, ShowsProgressUpToTheWhole) {
  write_journal(storage_, 1000, 7);
  std::uint64_t last_done = 0;
  std::uint64_t last_total = 0;
  const auto tail = read({.progress = [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GE(done, last_done);
    EXPECT_LE(done, total);
    last_done = done;
    last_total = total;
  }});
  ASSERT_TRUE(tail);
  EXPECT_GT(last_total, 0U);
  EXPECT_GE(last_done, last_total - 2 * small_segment_bytes) << "all but a segment made ahead";
}

TEST_F(ReaderTest, ReadsAJournalThatIsBeingWritten) {
  auto writer = reopen(storage_);
  writer->poll();
  storage_.hold_completions(true);
  std::uint64_t seed = 3;
  for (int round = 0; round < 300; ++round) {
    const auto& record = record_at(writer->appended().value + 1);
    if (writer->room_bytes() >= record.size()) writer->append(record);
    writer->flush();
    if (storage_.held() > 0) storage_.complete((seed = seed * 31 + 7) % storage_.held());
    writer->poll();
    const Sequence durable = writer->durable();
    const auto tail = read();
    ASSERT_TRUE(tail) << tail.error().message;
    ASSERT_GE(records_, durable.value);
    ASSERT_LE(records_, writer->appended().value);
  }
  storage_.hold_completions(false);
}

// A storage whose journal grows between the reader's calls, as on a live directory.
class GrowingStorage final : public Storage {
 public:
  GrowingStorage(test::MemoryStorage& disk, std::function<void()> grow)
      : disk_(disk), grow_(std::move(grow)) {}
  Result<std::vector<FileEntry>> list() override { return grow_(), disk_.list(); }
  Result<FileId> open(std::string_view name, OpenMode mode) override {
    return grow_(), disk_.open(name, mode);
  }
  void close(FileId file) override { disk_.close(file); }
  Result<std::size_t> read(FileId file, std::uint64_t offset, std::span<std::byte> into) override {
    return grow_(), disk_.read(file, offset, into);
  }
  Result<void> cut(FileId, std::uint64_t) override { return fail(ErrorCode::io, "read only"); }
  Result<void> write_file(std::string_view, std::span<const std::byte>) override {
    return fail(ErrorCode::io, "read only");
  }
  Result<void> remove(std::string_view) override { return fail(ErrorCode::io, "read only"); }
  void start_create(std::string_view, std::uint64_t, std::uint64_t) override {}
  void start_write(FileId, std::uint64_t, std::span<const std::byte>, std::uint64_t) override {}
  std::size_t poll(std::span<Completion>) override { return 0; }

 private:
  test::MemoryStorage& disk_;
  std::function<void()> grow_;
};

TEST_F(ReaderTest, WhatIsWrittenWhileItReadsIsNotTakenForDamage) {
  auto writer = reopen(storage_);
  writer->poll();
  append_records(*writer, 20, 1);
  settle(*writer);
  std::uint64_t calls = 0;
  GrowingStorage growing(storage_, [&] {
    if (++calls > 400) return;
    append_records(*writer, 23, 2);
    settle(*writer);
  });
  Result<Reader> reader = Reader::open(growing, {.identity = test_identity});
  ASSERT_TRUE(reader);
  std::uint64_t records = 0;
  for (;;) {
    auto block = reader->next();
    ASSERT_TRUE(block) << block.error().message;
    if (!block->has_value()) break;
    records += (*block)->record_count();
  }
  EXPECT_GT(records, 500U) << "it followed the writer";
}

TEST(Recovery, CutsATornTailBeforeAnythingIsAppended) {
  test::MemoryStorage storage;
  write_journal(storage, 20, 5);
  auto& file = storage.bytes(segment_name(1));
  const auto offsets = block_offsets(storage, 1);
  // The last block never reached the disk, but a piece of one after it did.
  const std::uint64_t last = offsets[offsets.size() - 2];
  std::fill(file.begin() + static_cast<std::ptrdiff_t>(last), file.end(), std::byte{0});
  file[offsets.back() + 4096 + 700] = std::byte{0x55};

  const Recovered recovered = recover_and_compare(storage);
  ASSERT_TRUE(recovered.tail) << recovered.tail.error().message;
  EXPECT_EQ(recovered.records, 15U);
  ASSERT_TRUE(recovered.tail->torn());
  EXPECT_EQ(recovered.tail->torn_at, (Position{1, offsets.back() + 4096}));
  EXPECT_EQ(recovered.tail->end, (Position{1, last}));
  EXPECT_TRUE(all_zero(std::span(file).subspan(last)));
}

TEST(Recovery, ASegmentThatWasBegunInVainIsCutToo) {
  test::MemoryStorage storage;
  write_journal(storage, 20, 5);
  storage.put(segment_name(2), std::vector<std::byte>(small_segment_bytes));
  storage.bytes(segment_name(2))[8192 + 5] = std::byte{1};
  const Recovered recovered = recover_and_compare(storage);
  ASSERT_TRUE(recovered.tail) << recovered.tail.error().message;
  EXPECT_EQ(recovered.records, 20U);
  EXPECT_EQ(recovered.tail->end.segment, 1U);
  EXPECT_EQ(recovered.tail->torn_at, (Position{2, 8192}));
  EXPECT_TRUE(all_zero(storage.bytes(segment_name(2))));
  write_journal(storage, 300, 5);
  EXPECT_EQ(recover_and_compare(storage).records, 320U);
}

TEST(Recovery, ReportsADiskThatFailsTheCut) {
  test::MemoryStorage storage;
  write_journal(storage, 20, 5);
  storage.lose_power_at(1);
  const Recovered recovered = recover_and_compare(storage);
  ASSERT_FALSE(recovered.tail);
  EXPECT_EQ(recovered.tail.error().code, ErrorCode::io);
}

}  // namespace
}  // namespace hb::journal
