#include "tests/unit/engine/journal/journal_fixture.h"

#include <algorithm>
#include <cstring>
#include <deque>

#include "engine/base/assert.h"
#include "engine/base/partition.h"

namespace hb::journal {

WriterOptions small_options() {
  return {.segment_bytes = small_segment_bytes,
          .block_bytes_max = 16 << 10,
          .block_count = 4,
          .in_flight_max = 3};
}

namespace {

std::vector<std::byte> make_record(std::uint64_t sequence) {
  const std::uint64_t random = mix64(sequence);
  const std::uint64_t units = random % 97 == 0 ? 255 : 1 + random % 11;
  std::vector<std::byte> record(units * limits::record_unit_bytes);
  for (std::size_t i = 0; i < record.size(); ++i) {
    const bool zero_stretch = (i / 64) % 3 == 1;
    if (!zero_stretch) record[i] = static_cast<std::byte>(mix64(sequence * 8192 + i));
  }
  record[0] = static_cast<std::byte>(EventType::claimed);
  record[1] = static_cast<std::byte>(units);
  return record;
}

std::vector<std::byte> make_short_record(std::uint64_t sequence) {
  Claimed claimed;
  claimed.at = Time(static_cast<std::int64_t>(1'700'000'000'000'000 + sequence));
  claimed.packet = PacketId(sequence << 12 | 7);
  claimed.user = UserId(sequence);
  std::vector<std::byte> record(sizeof claimed);
  std::memcpy(record.data(), &claimed, sizeof claimed);
  return record;
}

}  // namespace

bool same_bytes(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0;
}

// Records are made once: a debug build reads them millions of times.
const std::vector<std::byte>& record_at(std::uint64_t sequence) {
  static std::deque<std::vector<std::byte>> made;
  while (made.size() <= sequence) made.push_back(make_record(made.size()));
  return made[sequence];
}

const std::vector<std::byte>& short_record_at(std::uint64_t sequence) {
  static std::deque<std::vector<std::byte>> made;
  while (made.size() <= sequence) made.push_back(make_short_record(made.size()));
  return made[sequence];
}

Recovered recover_and_compare(Storage& storage, RecordAt expected) {
  Recovered recovered;
  recovered.tail = recover(storage, test_identity, [&](const BlockView& block) {
    for (const Record record : block) {
      ++recovered.records;
      const bool same = record.sequence.value == recovered.records &&
                        same_bytes(record.bytes(), expected(recovered.records));
      recovered.all_as_written = recovered.all_as_written && same;
    }
  });
  return recovered;
}

void append_records(Writer& writer, std::uint64_t count, std::uint64_t batch, RecordAt record) {
  for (std::uint64_t i = 1; i <= count; ++i) {
    const auto& bytes = record(writer.appended().value + 1);
    while (writer.room_bytes() < bytes.size()) {
      writer.flush();
      if (!writer.poll()) return;  // the disk says no more: full, failed, or held
    }
    writer.append(bytes);
    if (i % batch == 0) writer.flush();
  }
  writer.flush();
}

void settle(Writer& writer) {
  writer.flush();
  while (writer.poll()) {
  }
}

std::unique_ptr<Writer> reopen(Storage& storage, const WriterOptions& options) {
  const Recovered recovered = recover_and_compare(storage);
  HB_ASSERT(recovered.tail.has_value());
  auto writer = Writer::open(storage, test_identity, options, *recovered.tail);
  HB_ASSERT(writer.has_value());
  return std::move(*writer);
}

void write_journal(Storage& storage, std::uint64_t count, std::uint64_t batch, RecordAt record) {
  auto writer = reopen(storage);
  append_records(*writer, count, batch, record);
  settle(*writer);
  HB_ASSERT(writer->idle());
}

std::vector<std::uint64_t> block_offsets(test::MemoryStorage& storage, std::uint64_t segment) {
  const std::span<const std::byte> bytes = storage.bytes(segment_name(segment));
  std::vector<std::uint64_t> offsets{0};
  while (offsets.back() < bytes.size()) {
    const BlockCheck check = check_header(bytes.subspan(offsets.back()));
    if (check.verdict != Verdict::good) break;
    offsets.push_back(offsets.back() + check.header.block_bytes);
  }
  return offsets;
}

}  // namespace hb::journal
