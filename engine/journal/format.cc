#include "engine/journal/format.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "engine/base/assert.h"
#include "engine/base/bytes.h"

namespace hb::journal {
namespace {

constexpr std::string_view segment_suffix = ".seg";
constexpr std::size_t header_checksum_from = offsetof(BlockHeader, checksum);
constexpr std::size_t checksum_from = offsetof(BlockHeader, number);
static_assert(header_checksum_from == 16 && checksum_from == 32);
static_assert(offsetof(BlockHeader, version) == 68 && offsetof(BlockHeader, previous) == 80);

BlockHeader read_header(std::span<const std::byte> bytes) {
  BlockHeader header;
  std::memcpy(static_cast<void*>(&header), bytes.data(), sizeof header);
  return header;
}

void store_header(std::span<std::byte> block, const BlockHeader& header) {
  std::memcpy(block.data(), &header, sizeof header);
}

std::uint64_t header_checksum(std::span<const std::byte> block) {
  return checksum64(block.subspan(header_checksum_from, header_bytes - header_checksum_from));
}

Checksum128 block_checksum(std::span<const std::byte> block, std::size_t payload_bytes) {
  return checksum128(block.subspan(checksum_from, header_bytes + payload_bytes - checksum_from));
}

std::uint16_t count_zero_sectors(std::span<const std::byte> block) {
  std::uint16_t count = 0;
  for (std::size_t at = 0; at < block.size(); at += sector_bytes) {
    if (all_zero(block.subspan(at, sector_bytes))) ++count;
  }
  return count;
}

// The offset of the first byte that is not padding; the size when all is.
std::size_t find_non_padding(std::span<const std::byte> bytes) {
  if (all_bytes_are(padding, bytes)) return bytes.size();
  const auto it =
      std::find_if(bytes.begin(), bytes.end(), [](std::byte b) { return b != padding; });
  return static_cast<std::size_t>(it - bytes.begin());
}

// Walks the records.  The payload's size when it is exactly `count` well-formed ones, otherwise the
// offset of the record that is wrong.
std::size_t walk_records(std::span<const std::byte> payload, std::uint32_t count,
                         bool& well_formed) {
  std::size_t at = 0;
  std::uint32_t seen = 0;
  well_formed = false;
  while (at < payload.size()) {
    const std::byte type = payload[at];
    const std::size_t bytes =
        std::to_integer<std::size_t>(payload[at + 1]) * limits::record_unit_bytes;
    if (type == std::byte{0} || type == padding || bytes == 0 || bytes > payload.size() - at) {
      return at;
    }
    at += bytes;
    ++seen;
  }
  well_formed = seen == count;
  return at;
}

BlockCheck damaged(BlockCheck check, std::string_view what, std::size_t offset) {
  check.verdict = Verdict::damaged;
  check.what = what;
  check.offset = offset;
  return check;
}

BlockCheck damaged(BlockCheck check, std::string_view what, std::size_t offset, std::uint64_t found,
                   std::uint64_t expected) {
  check.found = found;
  check.expected = expected;
  return damaged(check, what, offset);
}

// Lengths and counts that no writer writes, though the checksum is right.
BlockCheck check_lengths(BlockCheck check) {
  const BlockHeader& h = check.header;
  const std::size_t payload_max = block_bytes_limit - header_bytes;
  if (h.payload_bytes == 0 || h.payload_bytes > payload_max ||
      h.payload_bytes % limits::record_unit_bytes != 0) {
    return damaged(check, "payload length is not possible", offsetof(BlockHeader, payload_bytes));
  }
  if (h.block_bytes != block_bytes_for(h.payload_bytes)) {
    return damaged(check, "block length does not match the payload's",
                   offsetof(BlockHeader, block_bytes), h.block_bytes,
                   block_bytes_for(h.payload_bytes));
  }
  const bool count_possible =
      h.kind == BlockKind::records
          ? h.record_count > 0 && h.record_count <= h.payload_bytes / limits::record_unit_bytes
          : h.record_count == 0 && h.payload_bytes == sizeof(SegmentInfo);
  if (!count_possible) {
    return damaged(check, "record count is not possible", offsetof(BlockHeader, record_count));
  }
  if (h.durable_block >= h.number) {
    return damaged(check, "claims to be durable before it was written",
                   offsetof(BlockHeader, durable_block));
  }
  return check;
}

BlockCheck check_place(BlockCheck check, const Link& expected, const Identity& identity,
                       BlockKind kind) {
  const BlockHeader& h = check.header;
  if (h.shard != identity.shard.value || h.shard_count != identity.shard_count) {
    return damaged(check, "block belongs to another shard", offsetof(BlockHeader, shard), h.shard,
                   identity.shard.value);
  }
  if (h.number != expected.number) {
    return damaged(check, "another block's number", offsetof(BlockHeader, number), h.number,
                   expected.number);
  }
  if (h.kind != kind) {
    return damaged(check,
                   kind == BlockKind::segment ? "not a segment's first block"
                                              : "a segment's first block in its midst",
                   offsetof(BlockHeader, kind));
  }
  if (h.first_sequence != expected.first_sequence.value) {
    return damaged(check, "another first sequence", offsetof(BlockHeader, first_sequence),
                   h.first_sequence, expected.first_sequence.value);
  }
  if (h.previous != expected.previous) {
    return damaged(check, "does not follow the block before it: the checksum chain is broken",
                   offsetof(BlockHeader, previous));
  }
  return check;
}

BlockCheck check_body(BlockCheck check, std::span<const std::byte> block) {
  const BlockHeader& h = check.header;
  const std::size_t used = header_bytes + h.payload_bytes;
  const bool payload_good = block_checksum(block, h.payload_bytes) == h.checksum;
  const std::size_t bad_padding = used + find_non_padding(block.subspan(used));
  if (payload_good && bad_padding == block.size()) return check;
  if (count_zero_sectors(block) > h.zero_sectors) {
    check.verdict = Verdict::torn;
    return check;
  }
  if (!payload_good) return damaged(check, "block checksum does not match", header_bytes);
  return damaged(check, "padding has been altered", bad_padding);
}

BlockCheck check_records(BlockCheck check, std::span<const std::byte> block) {
  if (check.header.kind != BlockKind::records) return check;
  bool well_formed = false;
  const std::size_t end = walk_records(block.subspan(header_bytes, check.header.payload_bytes),
                                       check.header.record_count, well_formed);
  if (well_formed) return check;
  if (end == check.header.payload_bytes) {
    return damaged(check, "record count does not match the records",
                   offsetof(BlockHeader, record_count));
  }
  return damaged(check, "a record's length is not possible", header_bytes + end);
}

}  // namespace

std::string segment_name(std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%08llu.seg", static_cast<unsigned long long>(number));
  return text;
}

std::optional<std::uint64_t> segment_number(std::string_view name) {
  if (!name.ends_with(segment_suffix)) return std::nullopt;
  const std::string_view digits = name.substr(0, name.size() - segment_suffix.size());
  if (digits.empty() || digits.size() > 18) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (number == 0 || segment_name(number) != name) return std::nullopt;
  return number;
}

std::string to_string(Position position) {
  return segment_name(position.segment) + ", offset " + std::to_string(position.offset);
}

Checksum128 finish_block(std::span<std::byte> block, BlockHeader header) {
  const std::size_t payload_bytes = header.payload_bytes;
  HB_ASSERT(block.size() == block_bytes_for(payload_bytes) && block.size() <= block_bytes_limit);
  if (header.kind == BlockKind::records) {
    bool well_formed = false;
    walk_records(block.subspan(header_bytes, payload_bytes), header.record_count, well_formed);
    HB_ASSERT(well_formed && header.record_count > 0);
  }
  HB_ASSERT(header.durable_block < header.number);
  const std::size_t used = header_bytes + payload_bytes;
  std::memset(block.data() + used, std::to_integer<int>(padding), block.size() - used);
  header.block_bytes = static_cast<std::uint32_t>(block.size());
  // The header stands first, so that its own sector is not counted as zero.
  store_header(block, header);
  header.zero_sectors = count_zero_sectors(block);
  store_header(block, header);
  header.checksum = block_checksum(block, payload_bytes);
  store_header(block, header);
  header.header_checksum = header_checksum(block);
  store_header(block, header);
  return header.checksum;
}

Checksum128 finish_segment_block(std::span<std::byte> page, BlockHeader header,
                                 const SegmentInfo& info) {
  header.kind = BlockKind::segment;
  header.payload_bytes = sizeof info;
  header.record_count = 0;
  std::memcpy(page.data() + header_bytes, &info, sizeof info);
  return finish_block(page, header);
}

BlockCheck check_header(std::span<const std::byte> bytes) {
  HB_ASSERT(bytes.size() >= page_bytes);
  BlockCheck check;
  if (all_zero(bytes.first(sector_bytes))) {
    check.verdict = Verdict::not_written;
    return check;
  }
  check.header = read_header(bytes);
  const BlockHeader& h = check.header;
  if (h.magic != BlockHeader::magic_value) return damaged(check, "not a block header", 0);
  if (h.header_checksum != header_checksum(bytes)) {
    return damaged(check, "header checksum does not match", offsetof(BlockHeader, header_checksum));
  }
  if (h.version > format_version) {
    check.verdict = Verdict::newer_format;
    check.found = h.version;
    check.expected = format_version;
    return check;
  }
  if (h.version == 0) return damaged(check, "version 0", offsetof(BlockHeader, version));
  if (h.kind != BlockKind::records && h.kind != BlockKind::segment) {
    return damaged(check, "unknown kind of block", offsetof(BlockHeader, kind));
  }
  return check_lengths(check);
}

BlockCheck check_block(std::span<const std::byte> bytes, const Link& expected,
                       const Identity& identity, BlockKind kind) {
  BlockCheck check = check_header(bytes);
  if (check.verdict != Verdict::good) return check;
  check = check_place(check, expected, identity, kind);
  if (check.verdict != Verdict::good) return check;
  if (check.header.block_bytes > bytes.size()) {
    return damaged(check, "reaches past the end of the segment", offsetof(BlockHeader, block_bytes),
                   check.header.block_bytes, bytes.size());
  }
  const std::span<const std::byte> block = bytes.first(check.header.block_bytes);
  check = check_body(check, block);
  return check.verdict == Verdict::good ? check_records(check, block) : check;
}

Link next_link(const BlockHeader& header) {
  return {header.number + 1, Sequence(header.first_sequence + header.record_count),
          header.checksum};
}

SegmentInfo segment_info(std::span<const std::byte> block) {
  SegmentInfo info;
  HB_ASSERT(block.size() >= header_bytes + sizeof info);
  std::memcpy(&info, block.data() + header_bytes, sizeof info);
  return info;
}

}  // namespace hb::journal
