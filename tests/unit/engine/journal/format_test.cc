#include "engine/journal/format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "tests/unit/engine/journal/journal_fixture.h"

namespace hb::journal {
namespace {

constexpr Link link{.number = 9, .first_sequence = Sequence(100), .previous = {1, 2}};

BlockHeader header_for(std::size_t payload_bytes, std::uint32_t records) {
  BlockHeader header;
  header.number = link.number;
  header.first_sequence = link.first_sequence.value;
  header.previous = link.previous;
  header.durable_block = 7;
  header.payload_bytes = static_cast<std::uint32_t>(payload_bytes);
  header.record_count = records;
  header.shard = test_identity.shard.value;
  header.shard_count = test_identity.shard_count;
  return header;
}

std::vector<std::byte> block_of(const std::vector<std::vector<std::byte>>& records) {
  std::vector<std::byte> payload;
  for (const auto& record : records) payload.insert(payload.end(), record.begin(), record.end());
  std::vector<std::byte> block(block_bytes_for(payload.size()));
  std::ranges::copy(payload, block.begin() + header_bytes);
  finish_block(block, header_for(payload.size(), static_cast<std::uint32_t>(records.size())));
  return block;
}

BlockCheck check(const std::vector<std::byte>& bytes) {
  return check_block(bytes, link, test_identity, BlockKind::records);
}

// Changes a field and puts the checksums right again, as a forger or a bug would.
template <class Change>
std::vector<std::byte> forged(std::vector<std::byte> block, Change change) {
  BlockHeader header;
  std::memcpy(static_cast<void*>(&header), block.data(), sizeof header);
  change(header, block);
  std::memcpy(block.data(), &header, sizeof header);
  const std::size_t covered = std::min<std::size_t>(header.payload_bytes, block.size() - 96) + 64;
  const Checksum128 checksum = checksum128(std::span(block).subspan(32, covered));
  std::memcpy(block.data() + 16, &checksum, sizeof checksum);
  const std::uint64_t header_sum = checksum64(std::span(block).subspan(16, 80));
  std::memcpy(block.data() + 8, &header_sum, sizeof header_sum);
  return block;
}

TEST(SegmentName, IsReadBackOnlyInItsOneForm) {
  EXPECT_EQ(segment_name(1), "00000001.seg");
  EXPECT_EQ(segment_name(123'456'789), "123456789.seg");
  EXPECT_EQ(segment_number("00000001.seg"), 1U);
  EXPECT_EQ(segment_number("123456789.seg"), 123'456'789U);
  for (const char* other : {"1.seg", "00000000.seg", "000000001.seg", "00000001.seal", ".seg",
                            "0000000x.seg", "00000001.seg.new", "99999999999999999999.seg"}) {
    EXPECT_FALSE(segment_number(other)) << other;
  }
}

TEST(Block, IsGoodAsFinished) {
  const auto block = block_of({record_at(100), record_at(101), short_record_at(102)});
  const BlockCheck result = check(block);
  EXPECT_EQ(result.verdict, Verdict::good) << result.what;
  const Link next = next_link(result.header);
  EXPECT_EQ(next.number, 10U);
  EXPECT_EQ(next.first_sequence, Sequence(103));
  EXPECT_EQ(next.previous, result.header.checksum);
}

TEST(Block, IsPaddedToAPageSoThatNoSectorIsZero) {
  const auto block = block_of({short_record_at(100)});
  ASSERT_EQ(block.size(), page_bytes);
  EXPECT_TRUE(std::all_of(block.begin() + header_bytes + 32, block.end(),
                          [](std::byte b) { return b == std::byte{0xff}; }));
}

TEST(Block, EveryFlippedBitOfItIsDamage) {
  const auto good = block_of({record_at(100), record_at(101)});
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto block = good;
    block[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    ASSERT_EQ(check(block).verdict, Verdict::damaged) << "bit " << bit;
  }
}

TEST(Block, LosingAnySectorsButTheFirstIsTorn) {
  std::vector<std::vector<std::byte>> records;
  for (std::uint64_t i = 100; i < 140; ++i) records.push_back(record_at(i));
  const auto good = block_of(records);
  ASSERT_GT(good.size(), page_bytes);
  for (std::size_t sector = 1; sector < good.size() / sector_bytes; ++sector) {
    auto block = good;
    std::memset(block.data() + sector * sector_bytes, 0, sector_bytes);
    ASSERT_EQ(check(block).verdict, Verdict::torn) << "sector " << sector;
  }
}

TEST(Block, WithoutItsFirstSectorIsNotWritten) {
  auto block = block_of({record_at(100)});
  std::memset(block.data(), 0, sector_bytes);
  EXPECT_EQ(check(block).verdict, Verdict::not_written);
}

TEST(Block, RecordsThatAreMostlyZerosDoNotMakeDamageLookTorn) {
  std::vector<std::byte> record(limits::record_bytes_max);
  record[0] = std::byte{5};
  record[1] = std::byte{255};
  const auto good = block_of({record, record});
  EXPECT_EQ(check(good).verdict, Verdict::good);
  auto flipped = good;
  flipped[5000] ^= std::byte{1};
  EXPECT_EQ(check(flipped).verdict, Verdict::damaged);
  auto torn = good;
  std::memset(torn.data() + good.size() - sector_bytes, 0, sector_bytes);
  EXPECT_EQ(check(torn).verdict, Verdict::torn);
}

TEST(Block, ThatIsGoodElsewhereIsDamageHere) {
  const auto block = block_of({record_at(100)});
  const auto verdict = [&](const Link& expected, const Identity& identity, BlockKind kind) {
    return check_block(block, expected, identity, kind).verdict;
  };
  Link other = link;
  other.number = 8;
  EXPECT_EQ(verdict(other, test_identity, BlockKind::records), Verdict::damaged);
  other = link;
  other.first_sequence = Sequence(99);
  EXPECT_EQ(verdict(other, test_identity, BlockKind::records), Verdict::damaged);
  other = link;
  other.previous.high ^= 1;
  EXPECT_EQ(verdict(other, test_identity, BlockKind::records), Verdict::damaged);
  EXPECT_EQ(verdict(link, {ShardId(2), 4}, BlockKind::records), Verdict::damaged);
  EXPECT_EQ(verdict(link, {ShardId(1), 8}, BlockKind::records), Verdict::damaged);
  EXPECT_EQ(verdict(link, test_identity, BlockKind::segment), Verdict::damaged);
}

TEST(Block, FromALaterVersionIsNewerFormat) {
  const auto block = forged(block_of({record_at(100)}), [](BlockHeader& h, auto&) {
    h.version = format_version + 1;
    h.kind = static_cast<BlockKind>(77);
  });
  const BlockCheck result = check(block);
  EXPECT_EQ(result.verdict, Verdict::newer_format);
  EXPECT_EQ(result.found, format_version + 1U);
  EXPECT_EQ(result.expected, format_version);
}

TEST(Block, LyingLengthsAreDamageThoughTheChecksumsAreRight) {
  const auto good = block_of({record_at(100), record_at(101), record_at(102)});
  using Bytes = std::vector<std::byte>;
  const auto verdict = [&](auto change) { return check(forged(good, change)).verdict; };
  EXPECT_EQ(verdict([](BlockHeader&, Bytes&) {}), Verdict::good);
  EXPECT_EQ(verdict([](BlockHeader& h, Bytes&) { ++h.record_count; }), Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader& h, Bytes&) { --h.record_count; }), Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader& h, Bytes&) { h.record_count = 0; }), Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader& h, Bytes&) { h.payload_bytes += 32; }), Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader& h, Bytes&) { h.payload_bytes += 1; }), Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader& h, Bytes&) { h.payload_bytes = 0; }), Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader& h, Bytes&) { h.payload_bytes = 0xffff'ffe0; }),
            Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader& h, Bytes&) { h.block_bytes += 4096; }), Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader& h, Bytes&) {
              h.payload_bytes = 8192 - 96;
              h.block_bytes = 8192;  // past the end of what is there
            }),
            Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader& h, Bytes&) { h.durable_block = h.number; }), Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader& h, Bytes&) { h.version = 0; }), Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader&, Bytes& b) { b[header_bytes + 1] = std::byte{0}; }),
            Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader&, Bytes& b) { b[header_bytes + 1] = std::byte{255}; }),
            Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader&, Bytes& b) { b[header_bytes] = std::byte{0}; }),
            Verdict::damaged);
  EXPECT_EQ(verdict([](BlockHeader&, Bytes& b) { b[header_bytes] = std::byte{0xff}; }),
            Verdict::damaged);
}

// The fuzzer's question in small: whatever the bytes are, the answer comes without a crash, and
// what is called good can be walked.
TEST(Block, AnyBytesGetAVerdict) {
  std::mt19937_64 random(20170127);
  const auto good = block_of({record_at(100), record_at(101), record_at(102)});
  for (int round = 0; round < 20'000; ++round) {
    const auto block = forged(good, [&](BlockHeader& h, std::vector<std::byte>& b) {
      auto* raw = reinterpret_cast<std::byte*>(&h);
      for (auto n = random() % 3; n > 0; --n) raw[32 + random() % 48] = std::byte(random());
      for (auto n = random() % 3; n > 0; --n) b[header_bytes + random() % 64] = std::byte(random());
    });
    const BlockCheck result = check(block);
    if (result.verdict != Verdict::good) continue;
    std::uint32_t count = 0;
    const auto payload = std::span(block).subspan(header_bytes, result.header.payload_bytes);
    for (std::size_t at = 0; at < payload.size(); ++count) {
      at += std::to_integer<std::size_t>(payload[at + 1]) * 32;
    }
    ASSERT_EQ(count, result.header.record_count);
  }
}

TEST(SegmentBlock, NamesItsSegment) {
  std::vector<std::byte> page(page_bytes);
  BlockHeader header = header_for(0, 0);
  finish_segment_block(page, header, {.number = 3, .bytes = 65536});
  const BlockCheck result = check_block(page, link, test_identity, BlockKind::segment);
  ASSERT_EQ(result.verdict, Verdict::good) << result.what;
  EXPECT_EQ(segment_info(page).number, 3U);
  EXPECT_EQ(segment_info(page).bytes, 65536U);
  EXPECT_EQ(next_link(result.header).first_sequence, link.first_sequence);
}

// `hexdump -C`, without its abbreviations.
std::string hexdump_line(std::span<const std::byte> bytes, std::size_t at) {
  char text[80];
  std::snprintf(text, sizeof text, "%08zx ", at);
  std::string line = text;
  std::string ascii = "  |";
  for (std::size_t i = at; i < at + 16; ++i) {
    const auto byte = std::to_integer<unsigned>(bytes[i]);
    std::snprintf(text, sizeof text, i == at + 8 ? "  %02x" : " %02x", byte);
    line += text;
    ascii += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
  }
  return line + ascii + "|";
}

TEST(FormatPage, ShowsWhatTheWriterWrites) {
  test::MemoryStorage storage;
  auto writer = Writer::open(storage, {ShardId(0), 1}, small_options(), Tail{});
  ASSERT_TRUE(writer);
  settle(**writer);
  MoneyMoved deposit;
  deposit.type = EventType::deposited;
  deposit.at = Time(1'767'225'600'000'000);
  deposit.user = UserId(42);
  deposit.amount = Amount(2000);
  deposit.key = {1, 2};
  deposit.fingerprint = 3;
  deposit.balance = Amount(2000);
  Claimed claimed;
  claimed.share_index = 4;
  claimed.amount_fen = 520;
  claimed.at = Time(1'767'225'600'000'250);
  claimed.packet = PacketId(4103);
  claimed.user = UserId(43);
  (*writer)->append(std::as_bytes(std::span(&deposit, 1)).first(deposit.bytes()));
  (*writer)->append(std::as_bytes(std::span(&claimed, 1)));
  settle(**writer);

  std::ifstream file(HB_FORMAT_PAGE);
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_FALSE(page.empty()) << HB_FORMAT_PAGE;
  const auto& bytes = storage.bytes(segment_name(1));
  for (std::size_t at = 0; at < 0x10d0; at += at == 0x80 ? 0x1000 - 0x80 : 16) {
    const std::string line = hexdump_line(bytes, at);
    EXPECT_NE(page.find(line), std::string::npos) << "FORMAT.md lacks\n" << line;
  }
}

TEST(BlockDeathTest, RecordsThatAreNotOnesStopTheWriterBeforeTheWrite) {
  std::vector<std::byte> block(page_bytes);
  EXPECT_DEATH(finish_block(block, header_for(64, 1)), "well_formed");
}

}  // namespace
}  // namespace hb::journal
