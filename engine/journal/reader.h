// Reads a journal in order, and says how it ends.
//
// The one way to read: recovery, the offline verifier, `hongbao journal`, the feed and the archive.
// Every block is checked before any of its records is seen.  The end of the journal is the first
// block that is not there, or not whole, if nothing later proves that it once was durable; if
// something does, that is damage, and next() fails with file and offset rather than end early.
//
//   auto reader = Reader::open(storage, {});
//   for (;;) {
//     auto block = reader->next();
//     if (!block) return fail(block.error());
//     if (!*block) break;                        // reader->tail() says how the journal ends
//     for (const Record record : **block) use(record.sequence, record.event);
//   }
//
// Reading changes nothing on disk.  A journal that is being written may be read too; its tail may
// then look torn, and what is durable may be a little further than what was seen.
//
// Cost:    sequential reads of 4 MiB, one checksum; no allocation per block or record.
// Memory:  4 MiB.
// Threads: one at a time.
// Errors:  damaged, newer_format, io; invalid when the journal belongs to another shard.
#pragma once

#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/aligned_buffer.h"
#include "engine/base/result.h"
#include "engine/journal/format.h"
#include "engine/port/storage.h"

namespace hb::journal {

struct Record {
  Sequence sequence;
  const EventHeader* event = nullptr;
  std::span<const std::byte> bytes() const {
    return {reinterpret_cast<const std::byte*>(event), event->bytes()};
  }
};

// A good block's records, for `for`.  Valid until the reader's next call.
class BlockView {
 public:
  class Iterator {
   public:
    using value_type = Record;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using pointer = const Record*;
    using reference = Record;
    Iterator() = default;
    Iterator(const std::byte* at, Sequence sequence) : at_(at), sequence_(sequence) {}
    Record operator*() const { return {sequence_, reinterpret_cast<const EventHeader*>(at_)}; }
    Iterator& operator++() {
      at_ += reinterpret_cast<const EventHeader*>(at_)->bytes();
      ++sequence_.value;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }

   private:
    const std::byte* at_ = nullptr;
    Sequence sequence_;
  };

  BlockView(Position position, const BlockHeader& header, std::span<const std::byte> payload)
      : position_(position), header_(header), payload_(payload) {}

  Iterator begin() const { return {payload_.data(), Sequence(header_.first_sequence)}; }
  Iterator end() const { return {payload_.data() + payload_.size(), Sequence()}; }

  Position position() const { return position_; }
  // Where a record of this block lies.
  Position position_of(const Record& record) const {
    const auto* at = reinterpret_cast<const std::byte*>(record.event);
    return {position_.segment,
            position_.offset + header_bytes + static_cast<std::uint64_t>(at - payload_.data())};
  }
  const BlockHeader& header() const { return header_; }
  Sequence first_sequence() const { return Sequence(header_.first_sequence); }
  std::uint32_t record_count() const { return header_.record_count; }

 private:
  Position position_;
  BlockHeader header_;
  std::span<const std::byte> payload_;
};

// How a journal ends: all that a writer needs to go on.
struct Tail {
  Position end{};                   // just after the last good block; segment 0: none is there
  std::uint64_t segment_bytes = 0;  // of that segment
  Link next{};                      // what the next block must say
  // Remains of blocks that were being written at a crash (or bytes that nobody acknowledged) lie
  // from here on.  Segment 0: the tail is clean.
  Position torn_at{};
  // Of the segment after `end`'s, which was made ahead and holds no block; 0: there is none.
  std::uint64_t made_ahead_bytes = 0;

  bool torn() const { return torn_at.segment != 0; }
  Sequence last_sequence() const { return Sequence(next.first_sequence.value - 1); }
};

// Bytes read so far, of how many; called about every 4 MiB.
using Progress = std::function<void(std::uint64_t done_bytes, std::uint64_t total_bytes)>;

struct ReaderOptions {
  std::optional<Identity> identity{};  // must be the journal's; nothing: any will do
  std::uint64_t first_segment = 1;
  Progress progress{};
};

class Reader {
 public:
  // `storage` outlives the reader.  An empty directory is an empty journal.
  static Result<Reader> open(Storage& storage, ReaderOptions options);
  Reader(Reader&& other) noexcept;
  Reader& operator=(Reader&&) = delete;
  ~Reader();

  // The next block with records; nothing at the journal's end.
  Result<std::optional<BlockView>> next();

  // REQUIRES: next() has returned nothing.
  const Tail& tail() const;

  // Whose journal it is; nothing before the first block.
  const std::optional<Identity>& identity() const { return options_.identity; }

 private:
  struct Segment {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
  };
  struct Rest;
  enum class Ending : std::uint8_t { read_again, next_segment, journal_ends };

  Reader(Storage& storage, ReaderOptions options)
      : storage_(&storage), options_(std::move(options)) {}

  Result<void> list_segments();
  const Segment* find(std::uint64_t number) const;
  Result<void> open_segment(std::uint64_t number);
  void close_segment();
  Result<std::span<const std::byte>> view(std::uint64_t offset, std::size_t bytes);
  Result<void> fill(std::uint64_t offset);
  Result<BlockCheck> check_here();
  Result<std::optional<BlockView>> accept(const BlockHeader& header);
  Result<void> check_segment_block(std::span<const std::byte> block) const;
  Result<Ending> find_ending(const BlockCheck& check);
  Result<Ending> judge_ending(const BlockCheck& check, const Rest& rest, bool later_content);
  Result<Rest> read_rest();
  Result<bool> has_content(std::uint64_t number);
  tl::unexpected<Error> failure(const BlockCheck& check) const;
  tl::unexpected<Error> damage(Position position, const std::string& what) const;

  Storage* storage_;
  ReaderOptions options_;
  std::vector<Segment> segments_;
  Segment segment_;  // the one that is open; number 0: none
  FileId file_;
  std::uint64_t offset_ = 0;  // of the next block
  AlignedBuffer buffer_;
  std::uint64_t buffer_offset_ = 0;
  std::size_t buffer_bytes_ = 0;
  std::uint64_t read_bytes_ = 0;
  Tail tail_;
  bool ended_ = false;
};

}  // namespace hb::journal
