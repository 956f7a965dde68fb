#include "engine/journal/witness.h"

#include <gtest/gtest.h>

#include "engine/journal/segment_seal.h"
#include "tests/unit/engine/journal/journal_fixture.h"

namespace hb::journal {
namespace {

Tail tail_at(std::uint64_t segment, std::uint64_t last) {
  Tail tail;
  tail.end.segment = segment;
  tail.next.first_sequence = Sequence(last + 1);
  return tail;
}

TEST(Witness, OfNothingProvesNoLoss) {
  EXPECT_FALSE(find_loss(tail_at(0, 0), {}));
}

TEST(Witness, ThatGoesNoFurtherThanTheJournalProvesNoLoss) {
  const std::vector<Witness> witnesses = {{.name = "a", .last = Sequence(7)},
                                          seal_witness("00000001.seal", 1, Sequence(6))};
  EXPECT_FALSE(find_loss(tail_at(2, 7), witnesses));
  EXPECT_FALSE(find_loss(tail_at(2, 8), witnesses));
}

TEST(Witness, ThatGoesFurthestCountsAndNamesWhatIsMissing) {
  const std::vector<Witness> witnesses = {{.name = "a", .last = Sequence(9)},
                                          seal_witness("00000004.seal", 4, Sequence(11)),
                                          {.name = "b", .last = Sequence(10)}};
  const auto loss = find_loss(tail_at(4, 7), witnesses);
  ASSERT_TRUE(loss);
  EXPECT_EQ(loss->events, 5u);
  EXPECT_EQ(loss->what,
            "at least 5 events are missing: 00000004.seal proves that event 12 was written, so "
            "00000005.seg existed, but the journal ends at event 7");
}

// The seal is written once the next segment has a durable record.
TEST(Witness, OfASealProvesTheEventAfterItsSegment) {
  const auto loss = find_loss(tail_at(4, 11), std::vector{seal_witness("s", 4, Sequence(11))});
  ASSERT_TRUE(loss);
  EXPECT_EQ(loss->events, 1u);
}

class SealWitnessTest : public testing::Test {
 protected:
  SealWitnessTest() {
    write_journal(storage_, 1500, 25);
    for (std::uint64_t segment = 1; segment <= 3; ++segment) {
      EXPECT_TRUE(seal_segment(storage_, segment));
    }
  }
  std::optional<Loss> loss() {
    const auto witness = newest_seal_witness(storage_);
    EXPECT_TRUE(witness && *witness) << "no seal";
    return find_loss(*recover_and_compare(storage_).tail, std::vector{**witness});
  }
  test::MemoryStorage storage_;
};

TEST_F(SealWitnessTest, FindsNoLossInAWholeJournal) {
  EXPECT_FALSE(loss());
}

TEST_F(SealWitnessTest, FindsTheLossOfWhatFollowsTheNewestSeal) {
  for (std::uint64_t segment = 4; storage_.exists(segment_name(segment)); ++segment) {
    storage_.erase(segment_name(segment));
  }
  const auto found = loss();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->events, 1u);
  EXPECT_NE(found->what.find("00000003.seal"), std::string::npos);
  EXPECT_NE(found->what.find("00000004.seg"), std::string::npos);
}

TEST_F(SealWitnessTest, SealsOfLostSegmentsAreSetAsideWithoutLosingTheirContent) {
  const auto content = storage_.bytes(seal_name(2));
  ASSERT_TRUE(set_seals_aside(storage_, 2));
  EXPECT_TRUE(storage_.exists(seal_name(1)));
  EXPECT_FALSE(storage_.exists(seal_name(2)));
  EXPECT_FALSE(storage_.exists(seal_name(3)));
  EXPECT_EQ(storage_.bytes(seal_name(2) + ".lost-1"), content);
  ASSERT_TRUE(seal_segment(storage_, 2));
  ASSERT_TRUE(set_seals_aside(storage_, 2));
  EXPECT_EQ(storage_.bytes(seal_name(2) + ".lost-2"), content);
}

TEST(NewestSealWitness, IsNoneWithoutSeals) {
  test::MemoryStorage storage;
  const auto witness = newest_seal_witness(storage);
  ASSERT_TRUE(witness);
  EXPECT_FALSE(*witness);
}

TEST(NewestSealWitness, OfADamagedSealIsAnError) {
  test::MemoryStorage storage;
  storage.put(seal_name(5), std::vector<std::byte>(10));
  EXPECT_EQ(newest_seal_witness(storage).error().code, ErrorCode::damaged);
}

}  // namespace
}  // namespace hb::journal
