#include "engine/journal/writer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

namespace hb::journal {
namespace {

// Tokens of writes are the blocks' indices; this one is the next segment's.
constexpr std::uint64_t creation_token = ~std::uint64_t{0};
// What surely fits of `bytes`, however the records' lengths fall: each may leave almost its own
// length unused at a block's end.
constexpr std::size_t surely_usable(std::size_t bytes) {
  constexpr std::size_t waste = limits::record_bytes_max - limits::record_unit_bytes;
  return bytes > waste ? bytes - waste : 0;
}

static_assert(surely_usable(block_bytes_min - header_bytes) >= limits::record_bytes_max);

tl::unexpected<Error> invalid(const char* setting, const std::string& rule) {
  return fail(ErrorCode::invalid, std::string("journal.") + setting + " " + rule);
}

// A segment of this size holds all buffers, whatever was written before.
std::uint64_t segment_bytes_min(const WriterOptions& o) {
  return page_bytes + std::uint64_t{o.block_count} * o.block_bytes_max;
}

}  // namespace

Result<void> validate(const WriterOptions& o) {
  if (o.block_bytes_max % page_bytes != 0 || o.block_bytes_max < block_bytes_min ||
      o.block_bytes_max > block_bytes_limit) {
    return invalid("block_bytes_max", "must be a multiple of 4096 from " +
                                          std::to_string(block_bytes_min) + " to " +
                                          std::to_string(block_bytes_limit));
  }
  if (o.in_flight_max < 1 || o.block_count <= o.in_flight_max) {
    return invalid("block_count", "must be more than in_flight_max, which is at least 1");
  }
  const std::uint64_t least = segment_bytes_min(o);
  if (o.segment_bytes % page_bytes != 0 || o.segment_bytes < least) {
    return invalid("segment_bytes", "must be a multiple of 4096 and at least " +
                                        std::to_string(least) + ", to hold all blocks");
  }
  return {};
}

std::size_t room_bytes_max(const WriterOptions& options) {
  return options.block_count * surely_usable(options.block_bytes_max - header_bytes);
}

Result<std::unique_ptr<Writer>> Writer::open(Storage& storage, const Identity& identity,
                                             const WriterOptions& options, const Tail& tail) {
  if (auto valid = validate(options); !valid) return fail(std::move(valid.error()));
  std::unique_ptr<Writer> writer(new Writer(storage, identity, options, tail));
  if (writer->segment_ != 0) {
    auto file = storage.open(segment_name(writer->segment_), OpenMode::read_write);
    if (!file) {
      writer->segment_ = 0;  // nothing to close
      return fail(std::move(file.error()));
    }
    writer->file_ = *file;
  }
  if (tail.made_ahead_bytes != 0) {
    auto taken = writer->take_segment_made_ahead(tail.made_ahead_bytes);
    if (!taken) return fail(std::move(taken.error()));
  }
  writer->prepare_next_segment();
  writer->grant_open_block();
  return writer;
}

Writer::Writer(Storage& storage, const Identity& identity, const WriterOptions& options,
               const Tail& tail)
    : storage_(storage),
      identity_(identity),
      options_(options),
      appended_(tail.last_sequence().value),
      open_first_(appended_ + 1),
      link_(tail.next),
      durable_(appended_),
      durable_block_(tail.next.number - 1),
      segment_(tail.end.segment),
      segment_bytes_(tail.segment_bytes),
      offset_(tail.end.offset),
      durable_offset_(tail.end.offset),
      // Begun, but without records so far: the one before is not known to be full yet.
      filling_(tail.end.offset == page_bytes ? tail.end.segment - 1 : 0) {
  slots_.resize(options.block_count);
  for (Slot& s : slots_) s.memory = AlignedBuffer(page_bytes + options.block_bytes_max);
}

Writer::~Writer() {
  failed_ = true;  // nothing more is started
  while (outstanding_ > 0) poll();
  if (segment_ != 0) storage_.close(file_);
  if (next_segment_ == NextSegment::ready) storage_.close(next_file_);
}

// ---- appending ----------------------------------------------------------------------------------

Sequence Writer::append(std::span<const std::byte> record) {
  HB_ASSERT(record.size() % limits::record_unit_bytes == 0);
  std::memcpy(append(record.size() / limits::record_unit_bytes), record.data(), record.size());
  return appended();
}

std::size_t Writer::room_bytes() const {
  if (failed_) return 0;
  const std::uint64_t granted = slots_granted();
  const std::uint64_t waiting = open_ - next_write_;
  const std::uint64_t buffers = slots_.size() - (open_ - oldest_);
  const std::uint64_t blocks = std::min(buffers, granted > waiting ? granted - waiting : 0);
  if (blocks == 0) return 0;
  return surely_usable(static_cast<std::size_t>(open_end_ - cursor_)) +
         (blocks - 1) * surely_usable(options_.block_bytes_max - header_bytes);
}

// How many blocks that are not yet being written, the open one included, surely find a place in
// segments that exist.  A segment made ahead holds all buffers: see segment_bytes_min.
std::uint64_t Writer::slots_granted() const {
  if (next_segment_ == NextSegment::ready) return slots_.size();
  return segment_ == 0 ? 0 : (segment_bytes_ - offset_) / options_.block_bytes_max;
}

std::size_t Writer::open_payload_bytes() const {
  const Slot& s = slots_[open_ % slots_.size()];
  return static_cast<std::size_t>(cursor_ - (s.memory.data() + page_bytes + header_bytes));
}

// The open block has no place for a record of `bytes`: goes on in the next one.
void Writer::start_block(std::size_t bytes) {
  HB_ASSERT(open_has_buffer_ && open_has_records());
  close_open_block();
  start_waiting_writes();
  HB_ASSERT(bytes <= static_cast<std::size_t>(open_end_ - cursor_));
}

void Writer::close_open_block() {
  Slot& s = slot(open_);
  s.first_sequence = open_first_;
  s.last_sequence = appended_;
  s.payload_bytes = open_payload_bytes();
  s.written = false;
  ++open_;
  open_first_ = appended_ + 1;
  open_has_buffer_ = false;
  flush_wanted_ = false;
  cursor_ = open_end_ = nullptr;
}

// Gives the open block a buffer if there is one, and room if a segment surely holds it.  Once it
// has records the room cannot go away, since only what is written before it takes place.
void Writer::grant_open_block() {
  if (!open_has_buffer_ && open_ - oldest_ < slots_.size()) {
    open_has_buffer_ = true;
    cursor_ = payload(slot(open_));
  }
  if (!open_has_buffer_) return;
  const bool granted = !failed_ && open_ - next_write_ < slots_granted();
  open_end_ = granted ? payload(slot(open_)) + (options_.block_bytes_max - header_bytes) : cursor_;
}

// ---- writing ------------------------------------------------------------------------------------

void Writer::flush() {
  flush_wanted_ = open_has_records();
  start_waiting_writes();
}

void Writer::start_waiting_writes() {
  while (!failed_ && next_write_ - oldest_ < options_.in_flight_max) {
    const bool full = next_write_ < open_;
    if (!full && !flush_wanted_) break;
    const std::size_t payload_bytes = full ? slot(next_write_).payload_bytes : open_payload_bytes();
    if (!make_place(block_bytes_for(payload_bytes))) break;
    if (!full) close_open_block();
    write_next_block();
  }
  grant_open_block();
}

// True when the next block of that size can be written at offset_ of the current segment.
bool Writer::make_place(std::size_t block_bytes) {
  if (segment_ != 0 && offset_ + block_bytes <= segment_bytes_) return true;
  if (next_segment_ != NextSegment::ready || oldest_ != next_write_) return false;
  roll();
  return true;
}

void Writer::roll() {
  if (segment_ != 0) {
    storage_.close(file_);
    filling_ = segment_;
  }
  ++segment_;
  file_ = next_file_;
  next_segment_ = NextSegment::none;
  segment_bytes_ = next_bytes_;
  offset_ = page_bytes;
  durable_offset_ = 0;
  begins_segment_ = true;
}

void Writer::write_next_block() {
  Slot& s = slot(next_write_);
  const auto memory = s.memory.span();
  std::size_t from = page_bytes;
  BlockHeader header;
  header.durable_block = durable_block_;
  header.shard = identity_.shard.value;
  header.shard_count = identity_.shard_count;
  header.first_sequence = s.first_sequence;
  header.number = link_.number;
  header.previous = link_.previous;
  if (begins_segment_) {
    begins_segment_ = false;
    from = 0;
    header.previous = finish_segment_block(memory.first(page_bytes), header,
                                           {.number = segment_, .bytes = segment_bytes_});
    ++header.number;
  }
  header.payload_bytes = static_cast<std::uint32_t>(s.payload_bytes);
  header.record_count = static_cast<std::uint32_t>(s.last_sequence - s.first_sequence + 1);
  const std::size_t block_bytes = block_bytes_for(s.payload_bytes);
  const Checksum128 checksum = finish_block(memory.subspan(page_bytes, block_bytes), header);
  link_ = {header.number + 1, Sequence(s.last_sequence + 1), checksum};
  s.last_number = header.number;
  s.end_offset = offset_ + block_bytes;
  ++outstanding_;
  storage_.start_write(file_, offset_ - (page_bytes - from),
                       memory.subspan(from, page_bytes - from + block_bytes), next_write_);
  offset_ = s.end_offset;
  ++next_write_;
}

// ---- completions --------------------------------------------------------------------------------

bool Writer::poll() {
  std::array<Completion, 16> completions;
  bool any = false;
  for (std::size_t count = completions.size(); count == completions.size();) {
    count = storage_.poll(completions);
    for (std::size_t i = 0; i < count; ++i) {
      HB_ASSERT(outstanding_ > 0);
      --outstanding_;
      if (completions[i].token == creation_token) {
        on_created(completions[i]);
      } else {
        on_written(completions[i]);
      }
    }
    any = any || count > 0;
  }
  if (any) start_waiting_writes();
  return any;
}

void Writer::on_written(const Completion& completion) {
  HB_ASSERT(completion.token >= oldest_ && completion.token < next_write_);
  if (completion.error) return fail_for_good(*completion.error);
  Slot& s = slot(completion.token);
  HB_ASSERT(!s.written);
  s.written = true;
  if (!failed_) advance_durable();
}

void Writer::advance_durable() {
  while (oldest_ < next_write_ && slot(oldest_).written) {
    const Slot& s = slot(oldest_);
    durable_ = s.last_sequence;
    durable_block_ = s.last_number;
    durable_offset_ = s.end_offset;
    ++oldest_;
    // A roll waits until all is durable, so this block is in the current segment: after a crash
    // the segment before it will not be written again.
    if (filling_ != 0) full_segments_.push_back(std::exchange(filling_, 0));
  }
  prepare_next_segment();
}

void Writer::fail_for_good(Error error) {
  if (failed_) return;
  failed_ = true;
  problem_ = std::move(error);
  grant_open_block();
}

// ---- the next segment ---------------------------------------------------------------------------

// It is made when half of the current one is durable, or when its lack would limit what is taken;
// but never before the current one has a durable block: its existence tells a reader so.
void Writer::prepare_next_segment() {
  if (next_segment_ != NextSegment::none) return;
  const bool half_full = durable_offset_ > segment_bytes_ / 2;
  const bool due = durable_offset_ > 0 && (half_full || slots_granted() < slots_.size());
  if (segment_ == 0 || due) start_creation();
}

// The reader has seen that it holds nothing but zeros.
Result<void> Writer::take_segment_made_ahead(std::uint64_t bytes) {
  const std::string name = segment_name(segment_ + 1);
  // Made under other settings, it may be too small to hold all buffers.
  if (bytes < segment_bytes_min(options_)) return storage_.remove(name);
  const auto file = storage_.open(name, OpenMode::read_write);
  if (!file) return fail(file.error());
  next_file_ = *file;
  next_bytes_ = bytes;
  next_segment_ = NextSegment::ready;
  return {};
}

void Writer::start_creation() {
  next_segment_ = NextSegment::creating;
  ++outstanding_;
  storage_.start_create(segment_name(segment_ + 1), options_.segment_bytes, creation_token);
}

void Writer::on_created(Completion& completion) {
  if (!completion.error) {
    next_segment_ = NextSegment::ready;
    next_file_ = completion.file;
    next_bytes_ = options_.segment_bytes;
    if (!failed_) problem_.reset();
    return;
  }
  next_segment_ = NextSegment::no_space;
  if (completion.error->code != ErrorCode::no_space) {
    return fail_for_good(std::move(*completion.error));
  }
  if (!failed_) problem_ = std::move(completion.error);
}

void Writer::retry_space() {
  if (!failed_ && next_segment_ == NextSegment::no_space) start_creation();
}

WriterState Writer::state() const {
  if (failed_) return WriterState::failed;
  const bool no_space = problem_.has_value();
  return no_space && open_ - next_write_ >= slots_granted() ? WriterState::read_only
                                                            : WriterState::writable;
}

std::vector<std::uint64_t> Writer::take_full_segments() {
  return std::exchange(full_segments_, {});
}

}  // namespace hb::journal
