// Damage is never taken for a torn tail: every kind is an error that names file and offset, and
// nothing on disk is changed.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/unit/engine/journal/journal_fixture.h"

namespace hb::journal {
namespace {

struct Place {
  std::string file;
  std::uint64_t offset = 0;
};

// The file and offset that a message starts with.
Place named_place(const std::string& message) {
  static constexpr std::string_view before_offset = ", offset ";
  const std::size_t comma = message.find(before_offset);
  if (comma == std::string::npos || !segment_number(message.substr(0, comma))) return {};
  std::size_t digits = 0;
  const std::string rest = message.substr(comma + before_offset.size());
  const std::uint64_t offset = std::stoull(rest, &digits);
  return rest.substr(digits, 2) == ": " ? Place{message.substr(0, comma), offset} : Place{};
}

class Damage : public testing::Test {
 protected:
  void write(std::uint64_t records, std::uint64_t batch) {
    write_journal(storage_, records, batch);
    records_ = records;
  }

  // Recovery must refuse, name that file and offset, and leave every byte alone.
  void expect_damage(const std::string& file, std::uint64_t offset, const char* what = "") {
    const std::uint64_t changes = storage_.changes();
    const Recovered recovered = recover_and_compare(storage_);
    ASSERT_FALSE(recovered.tail);
    EXPECT_EQ(recovered.tail.error().code, ErrorCode::damaged);
    const std::string& message = recovered.tail.error().message;
    const Place place = named_place(message);
    EXPECT_EQ(place.file, file) << message;
    EXPECT_EQ(place.offset, offset) << message;
    EXPECT_NE(message.find(what), std::string::npos) << message;
    EXPECT_EQ(storage_.changes(), changes);
  }

  std::span<std::byte> bytes(std::uint64_t segment) {
    return storage_.bytes(segment_name(segment));
  }

  // Flips one bit in every byte of a segment, one at a time, and checks what recovery says.
  void flip_every_byte(std::uint64_t segment, bool last) {
    const auto file = bytes(segment);
    const auto offsets = block_offsets(storage_, segment);
    const std::uint64_t end = offsets.back();
    for (std::uint64_t at = 0; at < file.size(); ++at) {
      const std::byte good = file[at];
      file[at] ^= static_cast<std::byte>(1U << (at % 8));
      const auto result = read_all();
      file[at] = good;
      if (result) {
        // Nobody was ever told of these bytes: they are reported, and nothing is missing.
        ASSERT_TRUE(last && at >= end) << "silent flip at " << at;
        ASSERT_EQ(result->last_sequence(), Sequence(records_)) << at;
        ASSERT_EQ(result->torn_at, (Position{segment, at / page_bytes * page_bytes})) << at;
        continue;
      }
      ASSERT_EQ(result.error().code, ErrorCode::damaged) << at;
      const Place place = named_place(result.error().message);
      ASSERT_EQ(place.file, segment_name(segment)) << at << ": " << result.error().message;
      if (at >= end) {
        ASSERT_EQ(place.offset / page_bytes, at / page_bytes) << result.error().message;
      } else {
        const auto block = std::ranges::upper_bound(offsets, at);
        ASSERT_GE(place.offset, *(block - 1)) << at << ": " << result.error().message;
        ASSERT_LT(place.offset, *block) << at << ": " << result.error().message;
      }
    }
  }

  // What the flip tests read: as recovery does, but without cutting.
  Result<Tail> read_all() {
    Result<Reader> reader = Reader::open(storage_, {.identity = test_identity});
    if (!reader) return fail(reader.error());
    for (;;) {
      const auto block = reader->next();
      if (!block) return fail(block.error());
      if (!block->has_value()) return reader->tail();
    }
  }

  test::MemoryStorage storage_;
  std::uint64_t records_ = 0;
};

TEST_F(Damage, EveryFlippedByteOfAFullSegmentIsNamed) {
  write(260, 25);
  ASSERT_TRUE(storage_.exists(segment_name(2)));
  flip_every_byte(1, false);
}

TEST_F(Damage, EveryFlippedByteOfTheLastSegmentIsNamed) {
  write(260, 25);
  flip_every_byte(2, true);
}

TEST_F(Damage, AFlipInTheLastBlockIsNotATornTail) {
  write(20, 5);
  const auto offsets = block_offsets(storage_, 1);
  bytes(1)[offsets.back() - 1] ^= std::byte{1};
  expect_damage(segment_name(1), offsets.back() - 1, "padding");
}

TEST_F(Damage, GarbageWhereTheNextBlockWouldBeginIsNotATornTail) {
  write(20, 5);
  const std::uint64_t end = block_offsets(storage_, 1).back();
  bytes(1)[end] = std::byte{1};
  expect_damage(segment_name(1), end, "not a block header");
}

TEST_F(Damage, AnyDurableBlockThatBecameZerosIsMissed) {
  write(40, 5);
  const auto offsets = block_offsets(storage_, 1);
  const std::vector<std::byte> good(bytes(1).begin(), bytes(1).end());
  // All but the last: of that one nothing on disk knows that it was durable (FORMAT.md).
  for (std::size_t block = 0; block + 2 < offsets.size(); ++block) {
    std::fill(bytes(1).begin() + static_cast<std::ptrdiff_t>(offsets[block]),
              bytes(1).begin() + static_cast<std::ptrdiff_t>(offsets[block + 1]), std::byte{0});
    expect_damage(segment_name(1), offsets[block], "is missing, although");
    std::ranges::copy(good, bytes(1).begin());
  }
}

TEST_F(Damage, ADurableBlockThatLostASectorIsMissed) {
  write(40, 5);
  const auto offsets = block_offsets(storage_, 1);
  std::memset(bytes(1).data() + offsets[2] + 512, 0, 512);
  expect_damage(segment_name(1), offsets[2], "is not whole, although block");
}

TEST_F(Damage, AnOlderBlockInABlocksPlaceIsNamed) {
  write(40, 1);
  const auto offsets = block_offsets(storage_, 1);
  ASSERT_EQ(offsets[5] - offsets[4], offsets[4] - offsets[3]);
  std::memcpy(bytes(1).data() + offsets[4], bytes(1).data() + offsets[3], offsets[4] - offsets[3]);
  expect_damage(segment_name(1), offsets[4] + offsetof(BlockHeader, number), "4 instead of 5");
}

TEST_F(Damage, SwappedBlocksAreNamed) {
  write(40, 1);
  const auto offsets = block_offsets(storage_, 1);
  const std::size_t size = offsets[4] - offsets[3];
  std::swap_ranges(bytes(1).begin() + static_cast<std::ptrdiff_t>(offsets[3]),
                   bytes(1).begin() + static_cast<std::ptrdiff_t>(offsets[3] + size),
                   bytes(1).begin() + static_cast<std::ptrdiff_t>(offsets[4]));
  expect_damage(segment_name(1), offsets[3] + offsetof(BlockHeader, number), "5 instead of 4");
}

TEST_F(Damage, ABlockOfAnotherHistoryWithTheRightNumberBreaksTheChain) {
  write(40, 1);
  test::MemoryStorage other;
  write_journal(other, 40, 1, short_record_at);
  // From here on the other journal's blocks: each is good by itself, and in its place.
  const std::span<std::byte> theirs = other.bytes(segment_name(1));
  const auto block = block_offsets(storage_, 1)[3];
  ASSERT_EQ(block, block_offsets(other, 1)[3]);
  std::memcpy(bytes(1).data() + block, theirs.data() + block, page_bytes);
  expect_damage(segment_name(1), block + offsetof(BlockHeader, previous), "chain");
}

TEST_F(Damage, AMissingSegmentIsNamed) {
  write(1500, 25);
  ASSERT_TRUE(storage_.exists(segment_name(5)));
  for (const std::uint64_t missing : {1U, 2U, 3U}) {
    auto saved = bytes(missing);
    std::vector<std::byte> copy(saved.begin(), saved.end());
    storage_.erase(segment_name(missing));
    const Recovered recovered = recover_and_compare(storage_);
    ASSERT_FALSE(recovered.tail);
    EXPECT_EQ(recovered.tail.error().code, ErrorCode::damaged);
    EXPECT_EQ(recovered.tail.error().message, segment_name(missing) + " is missing, although " +
                                                  segment_name(missing + 1) + " exists");
    storage_.put(segment_name(missing), std::move(copy));
  }
}

TEST_F(Damage, SwappedSegmentsAreNamed) {
  write(1500, 25);
  std::swap(storage_.bytes(segment_name(2)), storage_.bytes(segment_name(3)));
  expect_damage(segment_name(2), offsetof(BlockHeader, number));
}

TEST_F(Damage, ASegmentThatBecameZerosIsNamed) {
  write(1500, 25);
  for (const std::uint64_t segment : {1U, 2U, 3U}) {
    const std::vector<std::byte> good(bytes(segment).begin(), bytes(segment).end());
    std::ranges::fill(bytes(segment), std::byte{0});
    expect_damage(segment_name(segment), 0, "is missing, although");
    std::ranges::copy(good, bytes(segment).begin());
  }
}

TEST_F(Damage, ATruncatedSegmentIsNamed) {
  write(260, 25);
  const std::vector<std::byte> good = storage_.bytes(segment_name(1));
  storage_.bytes(segment_name(1)).resize(32 << 10);
  expect_damage(segment_name(1), 32 << 10, "32768 bytes instead of 73728");
  storage_.bytes(segment_name(1)).resize(32'000);
  expect_damage(segment_name(1), 32'000, "not a multiple of 4096");
  storage_.bytes(segment_name(1)).clear();
  expect_damage(segment_name(1), 0, "not a multiple of 4096");
  storage_.bytes(segment_name(1)) = good;
  storage_.bytes(segment_name(2)).resize(32 << 10);
  expect_damage(segment_name(2), 32 << 10, "32768 bytes instead of 73728");
}

TEST_F(Damage, AJournalOfALaterFormatIsRefusedByName) {
  write(20, 5);
  BlockHeader header;
  std::memcpy(static_cast<void*>(&header), bytes(1).data(), sizeof header);
  header.version = 7;
  std::memcpy(bytes(1).data(), &header, sizeof header);
  header.header_checksum = checksum64(bytes(1).subspan(16, 80));
  std::memcpy(bytes(1).data(), &header, sizeof header);
  const Recovered recovered = recover_and_compare(storage_);
  ASSERT_FALSE(recovered.tail);
  EXPECT_EQ(recovered.tail.error().code, ErrorCode::newer_format);
  EXPECT_EQ(recovered.tail.error().message,
            "00000001.seg, offset 0: written in format version 7, this program reads up to "
            "version 1");
}

}  // namespace
}  // namespace hb::journal
