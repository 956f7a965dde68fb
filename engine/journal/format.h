// The journal's bytes: blocks, their header, and the one function that judges a block.
//
// A journal is a row of segment files of fixed size.  A segment is a row of blocks, each a multiple
// of 4 KiB, and zeros after the last one.  Its first block names the segment, the others hold
// records.  Every block's checksum covers the checksum of the block before it, across segments, so
// that stale, misplaced and damaged blocks are told apart.  FORMAT.md shows it byte by byte and
// gives the reasons.
//
// Units:      bytes; offsets count from the start of a segment file.  Little-endian.
// Cost:       check_block reads the block once (XXH3, 14 GB/s) and walks its records.
// Threads:    any; everything here is a pure function of its arguments.
// Invariants: records lie on multiples of 32 bytes; no block spans segments, no record spans
// blocks;
//             equal records, numbers and chain give equal bytes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/checksum.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/ledger/events.h"

namespace hb::journal {

inline constexpr std::uint16_t format_version = 1;

inline constexpr std::size_t page_bytes = 4096;   // blocks start and end on multiples of it
inline constexpr std::size_t sector_bytes = 512;  // what a disk writes whole or not at all
inline constexpr std::size_t header_bytes = 96;
// No block is longer, so a reader knows how much memory one can need.
inline constexpr std::size_t block_bytes_limit = 1 << 20;
inline constexpr std::byte padding{0xff};

// Which shard of how many a journal belongs to.
struct Identity {
  ShardId shard;
  std::uint16_t shard_count = 1;
  friend bool operator==(const Identity&, const Identity&) = default;
};

// A place in the journal.  Segments count from 1; segment 0 is "no place".
struct Position {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

enum class BlockKind : std::uint8_t { records = 1, segment = 2 };

// The first 96 bytes of a block.  Of these, magic, header_checksum and version keep their place in
// every later version, so that an old program can say that a journal is too new for it.
struct BlockHeader {
  static constexpr std::uint64_t magic_value = 0x4a4f'4142'474e'4f48;  // "HONGBAOJ"

  std::uint64_t magic = magic_value;
  std::uint64_t header_checksum = 0;  // XXH3-64 of bytes 16 to 95
  Checksum128 checksum;               // XXH3-128 of bytes 32 to the payload's end
  std::uint64_t number = 0;           // of the block in its journal: 1, 2, 3, ...
  std::uint64_t first_sequence = 0;   // of its first record; without records, of the next one
  std::uint64_t durable_block = 0;    // blocks up to this one were durable when it was finished
  std::uint32_t block_bytes = 0;      // header, payload and padding
  std::uint32_t payload_bytes = 0;
  std::uint32_t record_count = 0;
  std::uint16_t version = format_version;
  BlockKind kind = BlockKind::records;
  std::uint8_t reserved8 = 0;
  std::uint16_t shard = 0;
  std::uint16_t shard_count = 0;
  std::uint16_t zero_sectors = 0;  // sectors of the block that hold nothing but zeros
  std::uint16_t reserved16 = 0;
  Checksum128 previous;  // `checksum` of the block before; zero for the first
};
static_assert(sizeof(BlockHeader) == header_bytes);

// The payload of a segment's first block.
struct SegmentInfo {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;  // the file's size
  std::uint64_t reserved[2] = {};
};
static_assert(sizeof(SegmentInfo) == 32);

// What the next block must say to be the next block.
struct Link {
  std::uint64_t number = 1;
  Sequence first_sequence{1};
  Checksum128 previous{};
};

constexpr std::size_t block_bytes_for(std::size_t payload_bytes) {
  return (header_bytes + payload_bytes + page_bytes - 1) / page_bytes * page_bytes;
}

// "00000001.seg", and back.  Nothing for any other name.
std::string segment_name(std::uint64_t number);
std::optional<std::uint64_t> segment_number(std::string_view name);

// "00000001.seg, offset 4096", for messages.
std::string to_string(Position position);

// Makes a block whose payload lies in place: fills the padding and the header, checksums last.
// `block` is block_bytes_for(payload_bytes) long.  Returns the checksum that the next one links to.
// Asserts that the payload is `record_count` well-formed records.
Checksum128 finish_block(std::span<std::byte> block, BlockHeader header);

// Makes the first block of a segment, one page.
Checksum128 finish_segment_block(std::span<std::byte> page, BlockHeader header,
                                 const SegmentInfo& info);

enum class Verdict : std::uint8_t {
  good,
  not_written,   // the header's sector is all zero
  torn,          // the header is good, but sectors are zero that were not when it was finished
  damaged,       // neither what was written nor what a crash can leave
  newer_format,  // written by a later version
};

struct BlockCheck {
  Verdict verdict = Verdict::good;
  std::string_view what{};  // what is wrong, when damaged; a constant
  std::size_t offset = 0;   // where in the block
  std::uint64_t found = 0;  // the number found there and the one expected, where that says more
  std::uint64_t expected = 0;
  BlockHeader header;  // as found; not to be trusted unless the header was good
};

// Judges the header at the start of `bytes` by itself: magic, checksum, version, lengths.
// REQUIRES: bytes.size() >= page_bytes.
BlockCheck check_header(std::span<const std::byte> bytes);

// Judges the block at the start of `bytes`, which reach to the segment's end or at least to the
// block's, as the one that `expected` and `identity` ask for.  Trusts no length.  When it says
// good, the payload is record_count records that fill it exactly. REQUIRES: bytes.size() >=
// page_bytes.
BlockCheck check_block(std::span<const std::byte> bytes, const Link& expected,
                       const Identity& identity, BlockKind kind);

// The link that the block after a good one must have.
Link next_link(const BlockHeader& header);

// REQUIRES: the block is good and of its kind.
SegmentInfo segment_info(std::span<const std::byte> block);

}  // namespace hb::journal
