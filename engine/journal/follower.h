// Follows a shard's journal from any event on, while it is being written.
//
// Where a Reader decides how a journal ends, a follower never looks there: it is told which event
// is durable, reads up to that one, and goes on when it is told of a later one.  So it sees nothing
// that a crash could take back, and needs no word from the writer but that number.
//
//   auto follower = Follower::open(storage, identity, from);
//   while (auto block = follower->next(durable)) { if (!*block) break; ... }   // again, later
//
// Cost:    finding the first event reads one page of each segment and half a segment on average;
//          after that sequential reads of up to 1 MiB, one checksum a block.
// Memory:  1 MiB and a page.
// Threads: one at a time; the writer's is another.
// Errors:  damaged, newer_format, io as the Reader's; invalid when the journal is another shard's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/aligned_buffer.h"
#include "engine/base/result.h"
#include "engine/journal/format.h"
#include "engine/journal/reader.h"
#include "engine/port/storage.h"

namespace hb::journal {

class Follower {
 public:
  // `storage` outlives the follower.  Nothing is read yet.
  Follower(Storage& storage, const Identity& identity, Sequence from);
  Follower(Follower&& other) noexcept;
  Follower& operator=(Follower&&) = delete;
  ~Follower();

  // The next block that holds events from position() on, if those are durable; nothing when they
  // are not.  Its first events may lie before position().  Valid until the next call.
  Result<std::optional<BlockView>> next(Sequence durable);

  // The first event that no block has brought yet.
  Sequence position() const { return position_; }

 private:
  Result<void> find_segment();
  Result<std::optional<std::uint64_t>> first_sequence_of(std::uint64_t segment);
  Result<void> open_segment(std::uint64_t number);
  void close_segment();
  Result<std::span<const std::byte>> view(std::uint64_t offset, std::size_t bytes);
  Result<std::optional<BlockHeader>> block_here();
  Result<BlockCheck> look();
  tl::unexpected<Error> damage(const std::string& what) const;

  Storage* storage_;
  Identity identity_;
  Sequence position_;
  std::uint64_t segment_ = 0;  // the one that is open; 0: none
  std::uint64_t segment_bytes_ = 0;
  FileId file_;
  std::uint64_t offset_ = 0;  // of the next block
  std::optional<Link> link_;  // what it must say, once a block was read
  AlignedBuffer buffer_;
  std::uint64_t buffer_offset_ = 0;
  std::size_t buffer_bytes_ = 0;
};

}  // namespace hb::journal
