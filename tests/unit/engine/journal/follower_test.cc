#include "engine/journal/follower.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/seed.h"
#include "tests/unit/engine/journal/journal_fixture.h"

namespace hb::journal {
namespace {

class FollowerTest : public testing::Test {
 protected:
  // Reads all it may, and checks each record; the sequence after the last.
  std::uint64_t read_all(Follower& follower, Sequence durable) {
    for (;;) {
      auto block = follower.next(durable);
      EXPECT_TRUE(block) << (block ? "" : block.error().message);
      if (!block || !*block) return expected;
      for (const Record record : **block) {
        if (record.sequence.value < expected) continue;
        EXPECT_EQ(record.sequence.value, expected);
        EXPECT_TRUE(same_bytes(record.bytes(), record_at(expected)));
        ++expected;
      }
    }
  }
  Follower follow(std::uint64_t from) {
    expected = from;
    return Follower(storage, test_identity, Sequence(from));
  }

  test::MemoryStorage storage;
  std::uint64_t expected = 1;
};

TEST_F(FollowerTest, ReadsOverSegmentsFromAnyEvent) {
  write_journal(storage, 2'000, 5);
  ASSERT_TRUE(storage.exists(segment_name(4)));
  for (const std::uint64_t from : {1, 2, 7, 500, 999, 1'000, 1'733, 2'000}) {
    Follower follower = follow(from);
    EXPECT_EQ(read_all(follower, Sequence(2'000)), 2'001u) << from;
    EXPECT_EQ(follower.position(), Sequence(2'001));
  }
}

TEST_F(FollowerTest, WaitsForAnEventThatIsNotDurable) {
  write_journal(storage, 100, 5);
  Follower follower = follow(101);
  EXPECT_EQ(read_all(follower, Sequence(100)), 101u);
  Follower early(storage, test_identity, Sequence(1));
  auto block = early.next(Sequence(0));
  ASSERT_TRUE(block);
  EXPECT_FALSE(block->has_value());
}

TEST_F(FollowerTest, GoesOnAsTheJournalGrowsAndNeverBeyondWhatIsDurable) {
  for (const std::uint64_t seed : test::seeds(5)) {
    SCOPED_TRACE(test::seed_text(seed));
    storage = test::MemoryStorage();
    std::mt19937_64 random(seed);
    auto writer = reopen(storage);
    Follower follower = follow(1);
    std::uint64_t appended = 0;
    for (int round = 0; round < 300; ++round) {
      const std::uint64_t count = 1 + random() % 12;
      for (std::uint64_t i = 0; i < count; ++i) {
        while (writer->room_bytes() < limits::record_bytes_max) writer->poll();
        writer->append(record_at(++appended));
      }
      writer->flush();
      if (random() % 2 == 0) settle(*writer);
      const Sequence durable = writer->durable();
      const std::uint64_t next = read_all(follower, durable);
      // A block is durable as a whole.
      EXPECT_EQ(next, durable.value + 1);
    }
    settle(*writer);
    EXPECT_EQ(read_all(follower, writer->durable()), appended + 1);
    EXPECT_TRUE(storage.exists(segment_name(3)));
  }
}

TEST_F(FollowerTest, NamesDamageByFileAndOffset) {
  write_journal(storage, 200, 5);
  const std::uint64_t offset = block_offsets(storage, 1).at(2);
  storage.bytes(segment_name(1)).at(offset + 200) ^= std::byte{1};
  Follower follower(storage, test_identity, Sequence(1));
  Result<std::optional<BlockView>> block = follower.next(Sequence(200));
  while (block && *block) block = follower.next(Sequence(200));
  ASSERT_FALSE(block);
  EXPECT_EQ(block.error().code, ErrorCode::damaged);
  EXPECT_NE(block.error().message.find(segment_name(1) + ", offset"), std::string::npos);
}

TEST_F(FollowerTest, RefusesAnotherShardsJournal) {
  write_journal(storage, 20, 5);
  Follower follower(storage, Identity{ShardId(2), 4}, Sequence(1));
  const auto block = follower.next(Sequence(20));
  EXPECT_FALSE(block);
}

}  // namespace
}  // namespace hb::journal
