#include "engine/journal/segment_seal.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/engine/journal/journal_fixture.h"

namespace hb::journal {
namespace {

class SegmentSeal : public testing::Test {
 protected:
  SegmentSeal() {
    auto writer = reopen(storage_);
    append_records(*writer, 1500, 25);
    settle(*writer);
    full_ = writer->take_full_segments();
  }

  void seal_all() {
    for (const std::uint64_t segment : full_) ASSERT_TRUE(seal_segment(storage_, segment));
  }

  test::MemoryStorage storage_;
  std::vector<std::uint64_t> full_;
};

TEST_F(SegmentSeal, HoldsTheFilesDigestAndTheRangeOfItsRecords) {
  ASSERT_GE(full_.size(), 3U);
  const auto first = seal_segment(storage_, 1);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->bytes, small_segment_bytes);
  EXPECT_EQ(first->first_sequence, Sequence(1));
  EXPECT_EQ(first->digest, sha256(storage_.bytes(segment_name(1))));
  const auto second = seal_segment(storage_, 2);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->first_sequence, Sequence(first->last_sequence.value + 1));
  std::vector<std::byte> chained(first->chain.begin(), first->chain.end());
  chained.insert(chained.end(), second->digest.begin(), second->digest.end());
  EXPECT_EQ(second->chain, sha256(chained));
}

TEST_F(SegmentSeal, IsReadBackAsWritten) {
  const auto seal = seal_segment(storage_, 1);
  ASSERT_TRUE(seal);
  const auto& file = storage_.bytes("00000001.seal");
  const std::string text(reinterpret_cast<const char*>(file.data()), file.size());
  EXPECT_EQ(text, to_text(*seal));
  const auto parsed = parse_seal(text, "00000001.seal");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(to_text(*parsed), text);
}

TEST_F(SegmentSeal, EveryChangedCharacterOfItIsNoticed) {
  seal_all();
  auto& file = storage_.bytes("00000002.seal");
  for (std::byte& byte : file) {
    byte ^= std::byte{1};
    const auto checked = check_seals(storage_);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::damaged);
    byte ^= std::byte{1};
  }
  EXPECT_TRUE(check_seals(storage_));
}

TEST_F(SegmentSeal, ChecksAgainstTheSegments) {
  EXPECT_EQ(check_seals(storage_)->segment, 0U);
  seal_all();
  const auto newest = check_seals(storage_);
  ASSERT_TRUE(newest) << newest.error().message;
  EXPECT_EQ(newest->segment, full_.back());
  // A byte that the blocks' checksums would find too, and one of the zeros that nobody covers.
  for (const std::size_t at : {std::size_t{5000}, std::size_t{small_segment_bytes - 1}}) {
    auto& segment = storage_.bytes(segment_name(2));
    segment[at] ^= std::byte{1};
    const auto checked = check_seals(storage_);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::damaged);
    EXPECT_TRUE(checked.error().message.starts_with("00000002.seg")) << checked.error().message;
    segment[at] ^= std::byte{1};
  }
}

TEST_F(SegmentSeal, ARewrittenSegmentWithAFittingSealBreaksTheChain) {
  seal_all();
  // A forger who rewrites a segment, its checksums and its seal still has to rewrite all later
  // ones.
  test::MemoryStorage forged;
  write_journal(forged, 3000, 25, short_record_at);
  storage_.bytes(segment_name(1)) = forged.bytes(segment_name(1));
  ASSERT_TRUE(seal_segment(storage_, 1));
  const auto checked = check_seals(storage_);
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().message.starts_with("00000002.seal")) << checked.error().message;
}

TEST_F(SegmentSeal, NeedsTheSealBeforeIt) {
  EXPECT_FALSE(seal_segment(storage_, 2));
  EXPECT_FALSE(storage_.exists("00000002.seal"));
}

TEST_F(SegmentSeal, ThatIsMissingIsFoundAfterARestart) {
  ASSERT_TRUE(seal_segment(storage_, 1));
  const auto unsealed = unsealed_segments(storage_, full_.back() + 1);
  ASSERT_TRUE(unsealed);
  EXPECT_EQ(*unsealed, std::vector<std::uint64_t>(full_.begin() + 1, full_.end()));
}

TEST_F(SegmentSeal, DamagedSegmentsAreNotSealed) {
  storage_.bytes(segment_name(1))[0] ^= std::byte{1};
  const auto seal = seal_segment(storage_, 1);
  ASSERT_FALSE(seal);
  EXPECT_EQ(seal.error().code, ErrorCode::damaged);
}

}  // namespace
}  // namespace hb::journal
