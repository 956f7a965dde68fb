#include "engine/journal/writer.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/engine/journal/journal_fixture.h"

namespace hb::journal {
namespace {

class WriterTest : public testing::Test {
 protected:
  // The first segment is there, nothing is written yet, and from now on completions are held.
  void open_held(const WriterOptions& options = roomy_options()) {
    writer_ = reopen(storage_, options);
    writer_->poll();
    storage_.hold_completions(true);
  }
  ~WriterTest() override {
    storage_.hold_completions(false);
    writer_.reset();
  }

  // Segments so large that none is made ahead while a test looks elsewhere.
  static WriterOptions roomy_options() {
    WriterOptions options = small_options();
    options.segment_bytes = 512 << 10;
    return options;
  }

  void append_short() { writer_->append(short_record_at(writer_->appended().value + 1)); }
  void append_and_flush() {
    append_short();
    writer_->flush();
  }
  void complete(std::size_t index) {
    storage_.complete(index);
    writer_->poll();
  }
  // Fills blocks of 8 KiB, one by one durable, until the segment has no room for another 16 KiB.
  void fill_segment() {
    const std::uint64_t segment_files = files();
    while (files() == segment_files && writer_->room_bytes() > 0) {
      for (int i = 0; i < 200; ++i) append_short();
      writer_->flush();
      writer_->poll();
    }
  }
  std::size_t files() { return storage_.list()->size(); }

  test::MemoryStorage storage_;
  std::unique_ptr<Writer> writer_;
};

using WriterDeathTest = WriterTest;

TEST_F(WriterTest, HasRoomOnceTheFirstSegmentIsThere) {
  storage_.hold_completions(true);
  writer_ = reopen(storage_);
  EXPECT_EQ(writer_->room_bytes(), 0U);
  EXPECT_EQ(writer_->state(), WriterState::writable);
  complete(0);
  EXPECT_GT(writer_->room_bytes(), limits::record_bytes_max);
  EXPECT_EQ(writer_->room_bytes(), room_bytes_max(small_options()));
}

TEST_F(WriterTest, NothingIsDurableBeforeItsWriteIsDone) {
  open_held();
  append_and_flush();
  writer_->poll();
  EXPECT_EQ(writer_->appended(), Sequence(1));
  EXPECT_EQ(writer_->durable(), Sequence(0));
  complete(0);
  EXPECT_EQ(writer_->durable(), Sequence(1));
  EXPECT_TRUE(writer_->idle());
}

TEST_F(WriterTest, DurableAdvancesOverTheUnbrokenRowOnly) {
  open_held();
  for (int i = 0; i < 3; ++i) append_and_flush();
  ASSERT_EQ(storage_.held(), 3U);
  complete(2);
  EXPECT_EQ(writer_->durable(), Sequence(0));
  complete(1);
  EXPECT_EQ(writer_->durable(), Sequence(0));
  complete(0);
  EXPECT_EQ(writer_->durable(), Sequence(3));
}

TEST_F(WriterTest, GathersWhileAllPlacesAreTaken) {
  open_held();
  for (int i = 0; i < 50; ++i) append_and_flush();
  ASSERT_EQ(storage_.held(), 3U) << "in_flight_max";
  complete(0);
  ASSERT_EQ(storage_.held(), 3U) << "the 47 that gathered went out as one block";
  EXPECT_EQ(storage_.held_bytes(2), page_bytes);
  complete(0);
  complete(0);
  complete(0);
  EXPECT_EQ(writer_->durable(), Sequence(50));
}

TEST_F(WriterTest, APlaceIsFreeOnlyWhenTheOldestWriteIsDone) {
  open_held();
  for (int i = 0; i < 4; ++i) append_and_flush();
  complete(2);
  EXPECT_EQ(storage_.held(), 2U);
  complete(0);
  EXPECT_EQ(storage_.held(), 2U) << "block 4 went out";
}

TEST_F(WriterTest, FlushOfNothingWritesNothing) {
  open_held();
  writer_->flush();
  EXPECT_EQ(storage_.held(), 0U);
  append_and_flush();
  complete(0);
  writer_->flush();
  EXPECT_EQ(storage_.held(), 0U);
}

TEST_F(WriterTest, WithoutFlushOnlyFullBlocksAreWritten) {
  open_held();
  append_short();
  writer_->poll();
  EXPECT_EQ(storage_.held(), 0U);
  while (storage_.held() == 0) append_short();
  EXPECT_EQ(storage_.held_bytes(0), page_bytes + (16 << 10)) << "with the segment's first block";
  complete(0);
  EXPECT_EQ(writer_->durable().value, writer_->appended().value - 1);
}

TEST_F(WriterTest, RoomCoversRecordsOfAnyLengths) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    storage_.hold_completions(false);
    writer_.reset();
    storage_ = test::MemoryStorage();
    open_held();
    // Whatever the writer says fits must fit, or append() asserts.
    for (std::size_t room = writer_->room_bytes(); room >= 32; room = writer_->room_bytes()) {
      std::size_t left = room;
      while (left >= 32) {
        const std::size_t units = std::min<std::size_t>(1 + random() % 255, left / 32);
        std::byte* place = writer_->append(units);
        std::memset(place, 1, units * 32);
        place[1] = static_cast<std::byte>(units);
        left -= units * 32;
      }
    }
  }
}

TEST_F(WriterDeathTest, AppendingWithoutRoomIsABug) {
  open_held();
  while (writer_->room_bytes() > 0) append_short();
  EXPECT_DEATH(
      {
        for (int i = 0; i < 1'000'000; ++i) append_short();
      },
      "assertion failed");
  EXPECT_DEATH(writer_->append(std::size_t{0}), "assertion failed");
  EXPECT_DEATH(writer_->append(std::size_t{256}), "assertion failed");
}

TEST_F(WriterTest, RecordsAreAlignedToTheirUnit) {
  open_held();
  for (int i = 0; i < 300; ++i) {
    std::byte* place = writer_->append(std::size_t{1});
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(place) % 32, 0U);
    const auto& record = short_record_at(writer_->appended().value);
    std::memcpy(place, record.data(), record.size());
  }
}

TEST_F(WriterTest, MakesTheNextSegmentWhenHalfOfTheCurrentOneIsDurable) {
  open_held();
  std::uint64_t durable_bytes = page_bytes;
  while (durable_bytes <= roomy_options().segment_bytes / 2) {
    ASSERT_EQ(storage_.held(), 0U);
    append_and_flush();
    complete(0);
    durable_bytes += page_bytes;
  }
  ASSERT_EQ(storage_.held(), 1U);
  EXPECT_TRUE(storage_.held_is_creation(0));
}

TEST_F(WriterTest, MakesTheNextSegmentEarlierWhereItsLackWouldLimitWhatIsTaken) {
  open_held(small_options());
  append_and_flush();
  complete(0);
  EXPECT_EQ(storage_.held(), 0U) << "16 of 18 pages are left, for 4 buffers of 4 pages";
  append_and_flush();
  EXPECT_FALSE(storage_.held_is_creation(0));
  complete(0);
  ASSERT_EQ(storage_.held(), 1U);
  EXPECT_TRUE(storage_.held_is_creation(0));
}

TEST_F(WriterTest, BeginsASegmentOnlyWhenAllOfTheOneBeforeIsDurable) {
  open_held(small_options());
  storage_.hold_completions(false);
  // Of 18 pages the segment's first block and 15 of ours leave 2; the next segment is ready.
  for (int i = 0; i < 15; ++i) {
    append_and_flush();
    writer_->poll();
  }
  writer_->poll();
  ASSERT_EQ(files(), 2U);
  storage_.hold_completions(true);
  append_and_flush();
  append_and_flush();
  append_and_flush();
  ASSERT_EQ(storage_.held(), 2U) << "the third does not fit";
  complete(1);
  EXPECT_EQ(storage_.held(), 1U) << "and waits for the first";
  complete(0);
  ASSERT_EQ(storage_.held(), 1U);
  EXPECT_EQ(storage_.held_offset(0), 0U);
  EXPECT_EQ(storage_.held_bytes(0), 2 * page_bytes)
      << "the segment's first block and ours, at once";
  EXPECT_TRUE(writer_->take_full_segments().empty()) << "after a crash it might still be the last";
  complete(0);
  EXPECT_EQ(writer_->durable(), Sequence(18));
  EXPECT_EQ(writer_->take_full_segments(), std::vector<std::uint64_t>{1});
  EXPECT_TRUE(writer_->take_full_segments().empty());
}

TEST_F(WriterTest, AFailedWriteIsFinal) {
  open_held();
  storage_.fail_write(2);
  for (int i = 0; i < 3; ++i) append_and_flush();
  const std::uint64_t writes = storage_.writes();
  complete(0);
  EXPECT_EQ(writer_->durable(), Sequence(1));
  complete(0);  // the one that fails
  EXPECT_EQ(writer_->state(), WriterState::failed);
  ASSERT_TRUE(writer_->problem());
  EXPECT_EQ(writer_->problem()->code, ErrorCode::io);
  complete(0);
  writer_->flush();
  writer_->retry_space();
  writer_->poll();
  EXPECT_EQ(writer_->durable(), Sequence(1)) << "never again";
  EXPECT_EQ(writer_->room_bytes(), 0U);
  EXPECT_EQ(storage_.writes(), writes) << "nothing more is written, the failed write least of all";
}

TEST_F(WriterTest, ALaterWriteThatIsDoneDoesNotHideTheFailureBeforeIt) {
  open_held();
  storage_.fail_write(1);
  append_and_flush();
  append_and_flush();
  complete(1);
  complete(0);
  EXPECT_EQ(writer_->durable(), Sequence(0));
  EXPECT_EQ(writer_->state(), WriterState::failed);
}

TEST_F(WriterTest, AfterAFailureNotEvenEarlierWritesAdvanceWhatIsDurable) {
  open_held();
  storage_.fail_write(2);
  append_and_flush();
  append_and_flush();
  complete(1);
  ASSERT_EQ(writer_->state(), WriterState::failed);
  complete(0);
  EXPECT_EQ(writer_->durable(), Sequence(0));
}

TEST_F(WriterDeathTest, AppendingToAFullDiskIsABug) {
  writer_ = reopen(storage_);
  writer_->poll();
  storage_.set_no_space(true);
  fill_segment();
  settle(*writer_);
  ASSERT_EQ(writer_->state(), WriterState::read_only);
  EXPECT_DEATH(append_short(), "assertion failed");
}

TEST_F(WriterTest, OnAFullDiskEverythingAppendedBecomesDurableAndNoMoreIsTaken) {
  writer_ = reopen(storage_);
  writer_->poll();
  storage_.set_no_space(true);
  fill_segment();
  settle(*writer_);
  EXPECT_EQ(writer_->state(), WriterState::read_only);
  EXPECT_EQ(writer_->room_bytes(), 0U);
  ASSERT_TRUE(writer_->problem());
  EXPECT_EQ(writer_->problem()->code, ErrorCode::no_space);
  EXPECT_GT(writer_->appended(), Sequence(1000));
  EXPECT_TRUE(writer_->idle()) << "appended, but not durable";
}

TEST_F(WriterTest, GoesOnWhenSpaceReturns) {
  writer_ = reopen(storage_);
  writer_->poll();
  storage_.set_no_space(true);
  fill_segment();
  settle(*writer_);
  writer_->retry_space();
  settle(*writer_);
  EXPECT_EQ(writer_->state(), WriterState::read_only) << "still full";
  storage_.set_no_space(false);
  settle(*writer_);
  EXPECT_EQ(writer_->state(), WriterState::read_only) << "nobody asked to retry";
  writer_->retry_space();
  settle(*writer_);
  EXPECT_EQ(writer_->state(), WriterState::writable);
  EXPECT_FALSE(writer_->problem());
  const std::uint64_t before = writer_->appended().value;
  append_records(*writer_, 500, 10, short_record_at);
  settle(*writer_);
  EXPECT_EQ(writer_->durable(), Sequence(before + 500));
  writer_.reset();
  const Recovered recovered = recover_and_compare(storage_, short_record_at);
  ASSERT_TRUE(recovered.tail) << recovered.tail.error().message;
  EXPECT_EQ(recovered.records, before + 500);
  EXPECT_TRUE(recovered.all_as_written);
}

TEST_F(WriterTest, ADiskThatIsFullFromTheStartIsReadOnly) {
  storage_.set_no_space(true);
  writer_ = reopen(storage_);
  writer_->poll();
  EXPECT_EQ(writer_->state(), WriterState::read_only);
  storage_.set_no_space(false);
  writer_->retry_space();
  writer_->poll();
  EXPECT_EQ(writer_->state(), WriterState::writable);
  append_and_flush();
  settle(*writer_);
  EXPECT_EQ(writer_->durable(), Sequence(1));
}

TEST_F(WriterTest, GoesOnInASegmentThatWasMadeAheadBeforeTheStart) {
  write_journal(storage_, 1, 1, short_record_at);
  storage_.put(segment_name(2), std::vector<std::byte>(roomy_options().segment_bytes));
  storage_.set_no_space(true);
  writer_ = reopen(storage_);
  append_records(*writer_, 2'000, 1, short_record_at);
  settle(*writer_);
  EXPECT_EQ(segment_info(storage_.bytes(segment_name(2))).bytes, roomy_options().segment_bytes);
  writer_.reset();
  EXPECT_EQ(recover_and_compare(storage_, short_record_at).records, 2'001U);
}

TEST_F(WriterTest, GoesOnInTheFirstSegmentWhereACrashCameBeforeItsFirstBlock) {
  storage_.put(segment_name(1), std::vector<std::byte>(small_segment_bytes));
  storage_.set_no_space(true);
  writer_ = reopen(storage_);
  EXPECT_TRUE(writer_->has_segment());
  append_and_flush();
  settle(*writer_);
  EXPECT_EQ(writer_->durable(), Sequence(1));
}

TEST_F(WriterTest, ReplacesASegmentMadeAheadThatIsTooSmallForItsBuffers) {
  write_journal(storage_, 1, 1, short_record_at);
  storage_.put(segment_name(2), std::vector<std::byte>(page_bytes));
  writer_ = reopen(storage_);
  EXPECT_FALSE(storage_.exists(segment_name(2)));
  append_records(*writer_, 100, 1, short_record_at);
  settle(*writer_);
  EXPECT_EQ(storage_.bytes(segment_name(2)).size(), small_segment_bytes);
}

TEST_F(WriterTest, NeverReplacesASegmentThatExists) {
  write_journal(storage_, 1, 1, short_record_at);
  writer_ = reopen(storage_);
  const std::vector<std::byte> content(small_segment_bytes, std::byte{7});
  storage_.put(segment_name(2), content);
  for (int i = 0; i < 100 && writer_->room_bytes() > 0; ++i) append_and_flush(), writer_->poll();
  EXPECT_EQ(writer_->state(), WriterState::failed);
  EXPECT_EQ(storage_.bytes(segment_name(2)), content);
}

// Until then a reader takes the segment before for the journal's last one.
TEST_F(WriterTest, ReportsASegmentFullWhenItsSuccessorHasRecordsAlsoAfterACrash) {
  writer_ = reopen(storage_);
  std::vector<std::uint64_t> full;
  while (full.empty()) {
    append_records(*writer_, 1, 1, short_record_at);
    settle(*writer_);
    full = writer_->take_full_segments();
  }
  ASSERT_EQ(full, std::vector<std::uint64_t>{1});
  writer_.reset();
  auto& second = storage_.bytes(segment_name(2));
  std::fill(second.begin() + page_bytes, second.end(), std::byte{0});  // its first block is torn
  writer_ = reopen(storage_);
  EXPECT_TRUE(writer_->take_full_segments().empty());
  append_and_flush();
  settle(*writer_);
  EXPECT_EQ(writer_->take_full_segments(), std::vector<std::uint64_t>{1});
}

TEST_F(WriterTest, ManyBlocksInAnyOrderOfCompletionAreAllFoundAgain) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    storage_ = test::MemoryStorage();
    open_held(small_options());
    Sequence last_durable;
    while (writer_->appended() < Sequence(600)) {
      const auto& record = record_at(writer_->appended().value + 1);
      if (writer_->room_bytes() >= record.size()) writer_->append(record);
      if (random() % 8 == 0) writer_->flush();
      if (storage_.held() > 0 && (random() % 4 == 0 || writer_->room_bytes() == 0)) {
        complete(random() % storage_.held());
      } else if (writer_->room_bytes() == 0) {
        writer_->flush();
      }
      ASSERT_GE(writer_->durable(), last_durable);
      last_durable = writer_->durable();
    }
    storage_.hold_completions(false);
    settle(*writer_);
    ASSERT_EQ(writer_->durable(), Sequence(600));
    writer_.reset();
    const Recovered recovered = recover_and_compare(storage_);
    ASSERT_TRUE(recovered.tail) << recovered.tail.error().message;
    ASSERT_EQ(recovered.records, 600U);
    ASSERT_TRUE(recovered.all_as_written);
    ASSERT_FALSE(recovered.tail->torn());
  }
}

TEST(WriterOptions, OutOfBoundsAreNamed) {
  const auto message = [](auto change) {
    WriterOptions options;
    change(options);
    const auto valid = validate(options);
    return valid ? std::string() : valid.error().message;
  };
  EXPECT_EQ(message([](WriterOptions&) {}), "");
  const auto names = [](const std::string& text, const char* setting) {
    return text.find(setting) != std::string::npos;
  };
  EXPECT_TRUE(names(message([](auto& o) { o.segment_bytes += 1; }), "segment_bytes"));
  EXPECT_TRUE(names(message([](auto& o) { o.segment_bytes = 1 << 20; }), "segment_bytes"));
  EXPECT_TRUE(names(message([](auto& o) { o.block_bytes_max = 8192; }), "block_bytes_max"));
  EXPECT_TRUE(names(message([](auto& o) { o.block_bytes_max = 2 << 20; }), "block_bytes_max"));
  EXPECT_TRUE(names(message([](auto& o) { o.block_bytes_max += 512; }), "block_bytes_max"));
  EXPECT_TRUE(names(message([](auto& o) { o.in_flight_max = 8; }), "block_count"));
  EXPECT_TRUE(names(message([](auto& o) { o.in_flight_max = 0; }), "in_flight_max"));
}

}  // namespace
}  // namespace hb::journal
