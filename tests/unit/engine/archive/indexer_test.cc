#include "engine/archive/indexer.h"

#include "engine/archive/provenance.h"
#include "engine/journal/follower.h"
#include "tests/unit/engine/archive/archive_fixture.h"

namespace hb::archive {
namespace {

constexpr std::size_t batch_events = 1'000;  // more than there are

class IndexerTest : public testing::Test {
 protected:
  // Adds all blocks of a shard to the indexer, from the first on.
  void add_all(Indexer& indexer, std::uint16_t shard) {
    const JournalSource source = sources_of(scene_.shards)[shard];
    journal::Follower follower(*source.storage, source.identity, Sequence(1));
    for (;;) {
      const auto block = follower.next(source.durable());
      ASSERT_TRUE(block);
      if (!*block) return;
      ASSERT_TRUE(indexer.add(ShardId(shard), **block));
    }
  }

  Scene scene_;
  Archived archived_{sources_of(scene_.shards)};
};

TEST_F(IndexerTest, PassesOverWhatTheArchiveHas) {
  archived_.index_all();
  const auto once = archived_.content();
  Indexer again(archived_.archive(), shard_count, batch_events);
  add_all(again, 0);
  add_all(again, 1);
  EXPECT_EQ(again.events(), 0u);
  ASSERT_TRUE(again.commit());
  EXPECT_EQ(archived_.content(), once);
}

TEST_F(IndexerTest, PassesOverWhatItHasInTheSameBatch) {
  archived_.index_all();
  const auto once = archived_.content();
  archived_.start_over();
  Indexer indexer(archived_.archive(), shard_count, batch_events);
  for (const int shard : {0, 0, 1, 1}) add_all(indexer, static_cast<std::uint16_t>(shard));
  ASSERT_TRUE(indexer.commit());
  add_all(indexer, 0);
  ASSERT_TRUE(indexer.commit());
  EXPECT_EQ(archived_.content(), once);
}

TEST_F(IndexerTest, EndsTheSameInWhateverOrderShardsAreIndexed) {
  archived_.index_all();
  const auto zero_first = archived_.content();

  archived_.start_over();
  archived_.index(1);
  archived_.index(0);
  EXPECT_EQ(archived_.content(), zero_first);

  // Event by event, the shards in turn.
  archived_.start_over();
  const std::uint64_t most =
      std::max(durable_of(scene_.shards, 0), durable_of(scene_.shards, 1)).value;
  for (std::uint64_t i = 1; i <= most; ++i) {
    for (std::uint16_t s = shard_count; s-- > 0;) {
      archived_.index(s, std::min(Sequence(i), durable_of(scene_.shards, s)));
    }
  }
  EXPECT_EQ(archived_.content(), zero_first);
}

TEST_F(IndexerTest, GoesOnFromTheArchivesMark) {
  archived_.index_all();
  const auto at_once = archived_.content();

  archived_.start_over();
  archived_.index(0, Sequence(durable_of(scene_.shards, 0).value / 2));
  ASSERT_TRUE(archived_.archive().flush());
  archived_.close();
  archived_.open();
  archived_.index_all();
  EXPECT_EQ(archived_.content(), at_once);
}

TEST_F(IndexerTest, MarksHowFarItIsAndInWhichJournal) {
  EXPECT_EQ(*archived_.archive().mark(ShardId(0)), Mark{});
  archived_.index_all();
  for (std::uint16_t s = 0; s < shard_count; ++s) {
    const auto mark = archived_.archive().mark(ShardId(s));
    ASSERT_TRUE(mark);
    EXPECT_EQ(mark->last, durable_of(scene_.shards, s));
    EXPECT_NE(mark->block, Checksum128{});
  }
}

TEST_F(IndexerTest, WritesNothingBeforeItCommits) {
  const auto empty = archived_.content();
  {
    Indexer indexer(archived_.archive(), shard_count, batch_events);
    add_all(indexer, 0);
    EXPECT_EQ(archived_.content(), empty);
  }
  EXPECT_EQ(archived_.content(), empty);
}

// What was written of the block is a beginning like any other: found again, and gone on from.
TEST(IndexerBatch, MayEndWithinABlock) {
  constexpr std::uint64_t deposits = 10;
  test::Shards shards{1};
  shards.fund(UserId(1), 100);
  const std::uint64_t before = durable_of(shards, 0).value;
  for (std::uint64_t i = 0; i < deposits; ++i) {
    shards.hand_over(Deposit{shards.key(), UserId(1), Amount(1)});
  }
  shards.settle();
  const auto sources = sources_of(shards);
  journal::Follower follower(*sources[0].storage, sources[0].identity, Sequence(before + 1));
  const auto block = follower.next(sources[0].durable());
  ASSERT_TRUE(block && *block);
  ASSERT_EQ(durable_of(shards, 0).value, before + deposits);
  ASSERT_EQ((*block)->header().record_count, deposits) << "all in one block";

  Archived archived(sources);
  archived.index_all();
  const auto at_once = archived.content();
  for (std::size_t events = 1; events <= deposits; ++events) {
    SCOPED_TRACE(events);
    archived.start_over();
    archived.index(0, Sequence(before));
    {
      Indexer indexer(archived.archive(), 1, events);
      ASSERT_TRUE(indexer.add(ShardId(0), **block));
      EXPECT_EQ(indexer.events(), deposits);
    }
    EXPECT_EQ(archived.archive().mark(ShardId(0))->last.value, before + deposits / events * events);
    const auto provenance = find_provenance(archived.archive(), sources);
    EXPECT_TRUE(provenance && *provenance == Provenance::own);
    archived.batch(events);
    archived.index_all();
    EXPECT_EQ(archived.content(), at_once);
  }
}

TEST(MovementRow, IsReadAsItWasWritten) {
  const MovementRow row{.at = Time(5),
                        .cause = EventType::credit_received,
                        .amount_fen = -7,
                        .packet = PacketId(8),
                        .source = ShardId(3),
                        .source_sequence = Sequence(9)};
  const MovementRow read = decode_movement(encode(row));
  EXPECT_EQ(read.at, row.at);
  EXPECT_EQ(read.cause, row.cause);
  EXPECT_EQ(read.amount_fen, row.amount_fen);
  EXPECT_EQ(read.packet, row.packet);
  EXPECT_EQ(read.source, row.source);
  EXPECT_EQ(read.source_sequence, row.source_sequence);
}

}  // namespace
}  // namespace hb::archive
