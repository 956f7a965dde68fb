// Appends records to a shard's journal and says how far it is durable.
//
// Records are put in place, in the open block.  flush() starts the write of the open block if fewer
// than in_flight_max are on their way; otherwise the block keeps gathering and goes out when a
// place is free: that is the group commit, and its size follows the load by itself.  poll() takes
// in what the disk has done.  Writes may complete in any order; durable() advances over the
// unbroken row only, so whatever it covers is found again after a crash.
//
//   if (writer.room_bytes() < need) ...            // wait: poll() later
//   std::byte* place = writer.append(units);       // write the record there, at once
//   writer.flush();                                // after a batch
//   writer.poll();  reply up to writer.durable();
//
// Full disk:  the next segment is made ahead, when half of the current one is durable.  As long as
//             there is none, only so much is taken as the current one surely holds, so nothing
//             appended ever waits for space.  When that is used up the state is read_only;
//             retry_space() tries again, and when it succeeds the writer goes on by itself.
// Failure:    a failed write is final: state() is failed, durable() never advances again, nothing
//             more is written.  Only a restart, which reads what is there, knows what is there.
// Cost:       append: a compare and two additions.  A block: one checksum over it and one write.
// Memory:     block_count x (block_bytes_max + 4 KiB).
// Threads:    none; one thread owns it, and polls its Storage through it only.
// Invariants: durable() <= appended(); both only grow; blocks are written in the order of their
//             numbers at rising offsets; the first block of a segment is written only after all of
//             the segment before is durable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/aligned_buffer.h"
#include "engine/base/assert.h"
#include "engine/base/result.h"
#include "engine/journal/format.h"
#include "engine/journal/reader.h"
#include "engine/port/storage.h"

namespace hb::journal {

// An empty block surely takes a record of any length.
inline constexpr std::size_t block_bytes_min = 16 << 10;

struct WriterOptions {
  std::uint64_t segment_bytes = 64 << 20;   // a multiple of 4096; holds all buffers and a page
  std::size_t block_bytes_max = 256 << 10;  // a multiple of 4096
  std::size_t block_count = 8;              // buffers; more than in_flight_max
  std::size_t in_flight_max = 4;            // from the oldest block that is not durable
};

// Nothing wrong, or an error that names the setting and the bound it crosses.
Result<void> validate(const WriterOptions& options);

// Writer::room_bytes() when everything is durable and the next segment is there: who needs more at
// once waits for ever.
std::size_t room_bytes_max(const WriterOptions& options);

enum class WriterState : std::uint8_t {
  writable,
  read_only,  // the disk is full; what was appended is or becomes durable, no more is taken
  failed,     // a write failed; final
};

class Writer {
 public:
  // Goes on after `tail`, which recover() returned, in the segments that exist.  `storage` outlives
  // the writer.  When the journal is empty and has no segment, room comes with the first one, which
  // a later poll() reports.
  static Result<std::unique_ptr<Writer>> open(Storage& storage, const Identity& identity,
                                              const WriterOptions& options, const Tail& tail);
  // Waits for the writes that are on their way: the disk reads from this object's memory.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Records of this many bytes in all, each at most limits::record_bytes_max, can be appended now.
  std::size_t room_bytes() const;

  // The place of the next record, `units` x 32 bytes, 32-aligned, whose sequence appended() is from
  // now on.  To be filled before the next call of any kind.
  // REQUIRES: 1 <= units <= 255, and room_bytes() allows it.
  std::byte* append(std::size_t units) {
    HB_ASSERT(units - 1 < limits::record_bytes_max / limits::record_unit_bytes);
    const std::size_t bytes = units * limits::record_unit_bytes;
    if (bytes > static_cast<std::size_t>(open_end_ - cursor_)) [[unlikely]]
      start_block(bytes);
    std::byte* const place = cursor_;
    cursor_ += bytes;
    ++appended_;
    return place;
  }

  // Appends a copy of a whole record; returns its sequence.
  // REQUIRES: as above; the record's units say its length.
  Sequence append(std::span<const std::byte> record);

  // What has been appended shall be written, now or as soon as a place is free.
  void flush();

  // Takes in what the disk has done and starts what waited for it.  True when durable(), state() or
  // room may have changed.
  bool poll();

  // Tries again to make the next segment, if that failed for want of space.
  void retry_space();

  Sequence appended() const { return Sequence(appended_); }
  Sequence durable() const { return Sequence(durable_); }
  // False until the first segment is there.
  bool has_segment() const { return segment_ != 0 || next_segment_ == NextSegment::ready; }
  // True when everything appended is durable and nothing is on its way to disk.
  bool idle() const { return outstanding_ == 0 && appended_ == durable_; }

  WriterState state() const;
  // Why the state is not writable; or, while it still is, that the next segment lacks space.
  const std::optional<Error>& problem() const { return problem_; }

  // Segments that have become full and will not be written again, by number: ready to be sealed.
  std::vector<std::uint64_t> take_full_segments();

 private:
  // One buffer: a page for the segment's first block, should this one begin a segment, then the
  // block.
  struct Slot {
    AlignedBuffer memory;
    std::uint64_t first_sequence = 0;
    std::uint64_t last_sequence = 0;
    std::size_t payload_bytes = 0;
    std::uint64_t last_number = 0;  // of the block, once its write has started
    std::uint64_t end_offset = 0;   // in the segment, likewise
    bool written = false;
  };

  Writer(Storage& storage, const Identity& identity, const WriterOptions& options,
         const Tail& tail);

  Slot& slot(std::uint64_t index) { return slots_[index % slots_.size()]; }
  std::byte* payload(Slot& s) { return s.memory.data() + page_bytes + header_bytes; }
  std::size_t open_payload_bytes() const;
  bool open_has_records() const { return appended_ + 1 != open_first_; }
  std::uint64_t slots_granted() const;
  void start_block(std::size_t bytes);
  void close_open_block();
  void grant_open_block();
  void start_waiting_writes();
  bool make_place(std::size_t block_bytes);
  void roll();
  void write_next_block();
  void prepare_next_segment();
  Result<void> take_segment_made_ahead(std::uint64_t bytes);
  void start_creation();
  void on_created(Completion& completion);
  void on_written(const Completion& completion);
  void advance_durable();
  void fail_for_good(Error error);

  Storage& storage_;
  const Identity identity_;
  const WriterOptions options_;

  // The open block: what append() touches.
  std::byte* cursor_ = nullptr;
  std::byte* open_end_ = nullptr;  // equals cursor_ while no more may be appended
  std::uint64_t appended_ = 0;
  std::uint64_t open_first_ = 1;  // sequence of the open block's first record

  // Blocks by index, ever growing: durable < oldest_ <= in flight < next_write_ <= waiting < open_.
  std::vector<Slot> slots_;
  std::uint64_t oldest_ = 0;
  std::uint64_t next_write_ = 0;
  std::uint64_t open_ = 0;
  bool open_has_buffer_ = false;
  bool flush_wanted_ = false;

  Link link_;  // of the next block to be written
  std::uint64_t durable_ = 0;
  std::uint64_t durable_block_ = 0;

  std::uint64_t segment_ = 0;  // the current one; 0: none yet
  FileId file_;
  std::uint64_t segment_bytes_ = 0;
  std::uint64_t offset_ = 0;          // of the next block
  std::uint64_t durable_offset_ = 0;  // end of the durable blocks in the current segment
  bool begins_segment_ = false;       // the next block to be written is the current one's first

  enum class NextSegment : std::uint8_t { none, creating, ready, no_space };
  NextSegment next_segment_ = NextSegment::none;
  FileId next_file_;
  std::uint64_t next_bytes_ = 0;

  std::uint64_t outstanding_ = 0;  // start_... calls whose completion has not been polled
  std::uint64_t filling_ = 0;      // segment that is full once its successor has a durable block
  std::vector<std::uint64_t> full_segments_;
  std::optional<Error> problem_;
  bool failed_ = false;
};

}  // namespace hb::journal
