// What the journal's tests share: small options, records that follow from their sequence, and a
// journal on a disk in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/journal/recovery.h"
#include "engine/journal/writer.h"
#include "tests/support/memory_storage.h"

namespace hb::journal {

inline constexpr std::uint64_t small_segment_bytes = 72 << 10;
inline constexpr Identity test_identity{ShardId(1), 4};

// Blocks up to 16 KiB, 4 buffers, 3 writes in flight, and the smallest segments for that.
WriterOptions small_options();

// The record that every test journal has at that sequence: 1 to 11 units, now and then 255, with
// stretches of zeros in it.
const std::vector<std::byte>& record_at(std::uint64_t sequence);

bool same_bytes(std::span<const std::byte> a, std::span<const std::byte> b);

// A plain 32-byte record for that sequence.
const std::vector<std::byte>& short_record_at(std::uint64_t sequence);

// What recover() saw: how many records, and whether each was the one that belongs there.
struct Recovered {
  Result<Tail> tail = fail(ErrorCode::io, "not recovered");
  std::uint64_t records = 0;
  bool all_as_written = true;
};
using RecordAt = const std::vector<std::byte>& (*)(std::uint64_t);
Recovered recover_and_compare(Storage& storage, RecordAt expected = record_at);

// Appends the records of the next `count` sequences, flushing after each `batch`, polling when
// there is no room.
void append_records(Writer& writer, std::uint64_t count, std::uint64_t batch,
                    RecordAt record = record_at);

// Polls until all is durable.  REQUIRES: completions are not held.
void settle(Writer& writer);

// A writer that goes on where the journal in `storage` ends; the test stops if that fails.
std::unique_ptr<Writer> reopen(Storage& storage, const WriterOptions& options = small_options());

// Recovers, appends `count` records and lets them become durable.
void write_journal(Storage& storage, std::uint64_t count, std::uint64_t batch,
                   RecordAt record = record_at);

// Offsets at which the blocks of a segment begin, and at the end where the last one ends.
std::vector<std::uint64_t> block_offsets(test::MemoryStorage& storage, std::uint64_t segment);

}  // namespace hb::journal
