#include "engine/journal/reader.h"

#include <algorithm>
#include <string>

#include "engine/base/assert.h"
#include "engine/base/bytes.h"

namespace hb::journal {
namespace {

constexpr std::size_t buffer_bytes_max = 4 << 20;
static_assert(buffer_bytes_max >= 2 * block_bytes_limit);

std::string whose(const Identity& identity) {
  return "shard " + std::to_string(identity.shard.value) + " of " +
         std::to_string(identity.shard_count);
}

Identity identity_of(const BlockHeader& header) {
  return {ShardId(header.shard), header.shard_count};
}

}  // namespace

// What lies between the place of the block that is not there and the segment's end.
struct Reader::Rest {
  std::optional<std::uint64_t> nonzero_offset;  // of the first page that is not zero
  // A later block that proves that the missing one was durable.
  std::optional<std::uint64_t> proof_offset;
  std::uint64_t proof_number = 0;
};

Result<Reader> Reader::open(Storage& storage, ReaderOptions options) {
  Reader reader(storage, std::move(options));
  if (auto listed = reader.list_segments(); !listed) return fail(std::move(listed.error()));
  return reader;
}

Reader::Reader(Reader&& other) noexcept
    : storage_(other.storage_),
      options_(std::move(other.options_)),
      segments_(std::move(other.segments_)),
      segment_(std::exchange(other.segment_, {})),
      file_(other.file_),
      offset_(other.offset_),
      buffer_(std::move(other.buffer_)),
      buffer_offset_(other.buffer_offset_),
      buffer_bytes_(other.buffer_bytes_),
      read_bytes_(other.read_bytes_),
      tail_(other.tail_),
      ended_(other.ended_) {}

Reader::~Reader() {
  close_segment();
}

const Tail& Reader::tail() const {
  HB_ASSERT(ended_);
  return tail_;
}

Result<std::optional<BlockView>> Reader::next() {
  if (!ended_ && segment_.number == 0) {
    ended_ = segments_.empty();
    if (!ended_) {
      if (auto r = open_segment(options_.first_segment); !r) return fail(std::move(r.error()));
    }
  }
  while (!ended_) {
    auto check = check_here();
    if (!check) return fail(std::move(check.error()));
    if (check->verdict == Verdict::good) {
      auto block = accept(check->header);
      if (!block || block->has_value()) return block;
      continue;
    }
    const auto ending = find_ending(*check);
    if (!ending) return fail(ending.error());
    if (*ending == Ending::next_segment) {
      if (auto r = open_segment(segment_.number + 1); !r) return fail(std::move(r.error()));
    }
    ended_ = *ending == Ending::journal_ends;
  }
  close_segment();
  return std::optional<BlockView>();
}

// ---- files --------------------------------------------------------------------------------------

Result<void> Reader::list_segments() {
  auto files = storage_->list();
  if (!files) return fail(std::move(files.error()));
  segments_.clear();
  for (const FileEntry& file : *files) {
    const auto number = segment_number(file.name);
    if (!number || *number < options_.first_segment) continue;
    if (file.bytes == 0 || file.bytes % page_bytes != 0) {
      return damage({*number, file.bytes}, "the file's size is not a multiple of 4096");
    }
    segments_.push_back({*number, file.bytes});
  }
  std::ranges::sort(segments_, {}, &Segment::number);
  std::uint64_t expected = options_.first_segment;
  for (const Segment& segment : segments_) {
    if (segment.number != expected) {
      return fail(ErrorCode::damaged, segment_name(expected) + " is missing, although " +
                                          segment_name(segment.number) + " exists");
    }
    ++expected;
  }
  return {};
}

const Reader::Segment* Reader::find(std::uint64_t number) const {
  const auto it = std::ranges::find(segments_, number, &Segment::number);
  return it == segments_.end() ? nullptr : &*it;
}

Result<void> Reader::open_segment(std::uint64_t number) {
  const Segment* segment = find(number);
  HB_ASSERT(segment != nullptr);
  close_segment();
  auto file = storage_->open(segment_name(number), OpenMode::read);
  if (!file) return fail(std::move(file.error()));
  file_ = *file;
  segment_ = *segment;
  offset_ = 0;
  buffer_bytes_ = 0;
  const std::size_t wanted = std::min<std::uint64_t>(buffer_bytes_max, segment->bytes);
  if (buffer_.size() < wanted) buffer_ = AlignedBuffer(wanted);
  return {};
}

void Reader::close_segment() {
  if (segment_.number != 0) storage_->close(file_);
  segment_ = {};
}

// Bytes of the open segment, from the buffer.  REQUIRES: they lie within the segment.
Result<std::span<const std::byte>> Reader::view(std::uint64_t offset, std::size_t bytes) {
  const bool buffered =
      offset >= buffer_offset_ && offset + bytes <= buffer_offset_ + buffer_bytes_;
  if (!buffered) {
    if (auto r = fill(offset); !r) return fail(std::move(r.error()));
    if (bytes > buffer_bytes_) {
      return damage({segment_.number, offset + buffer_bytes_}, "the file ends here, too early");
    }
  }
  return buffer_.span().subspan(offset - buffer_offset_, bytes);
}

Result<void> Reader::fill(std::uint64_t offset) {
  const std::size_t wanted = std::min<std::uint64_t>(buffer_.size(), segment_.bytes - offset);
  buffer_bytes_ = 0;
  const auto got = storage_->read(file_, offset, buffer_.span().first(wanted));
  if (!got) return fail(got.error());
  buffer_offset_ = offset;
  buffer_bytes_ = *got;
  if (options_.progress) {
    std::uint64_t before = 0;
    std::uint64_t total = 0;
    for (const Segment& s : segments_) {
      if (s.number < segment_.number) before += s.bytes;
      total += s.bytes;
    }
    read_bytes_ = std::max(read_bytes_, before + offset + *got);
    options_.progress(read_bytes_, total);
  }
  return {};
}

// ---- blocks -------------------------------------------------------------------------------------

Result<BlockCheck> Reader::check_here() {
  BlockCheck check;
  if (offset_ == segment_.bytes) {
    check.verdict = Verdict::not_written;
    return check;
  }
  auto bytes = view(offset_, page_bytes);
  if (!bytes) return fail(std::move(bytes.error()));
  check = check_header(*bytes);
  if (check.verdict != Verdict::good) return check;
  if (tail_.end.segment == 0) {
    if (!options_.identity) options_.identity = identity_of(check.header);
    if (*options_.identity != identity_of(check.header)) {
      return fail(ErrorCode::invalid, segment_name(segment_.number) + ": the journal belongs to " +
                                          whose(identity_of(check.header)) + ", not to " +
                                          whose(*options_.identity));
    }
    if (options_.first_segment > 1) {
      tail_.next = {check.header.number, Sequence(check.header.first_sequence),
                    check.header.previous};
    }
  }
  const std::uint64_t left = segment_.bytes - offset_;
  bytes = view(offset_, std::min<std::uint64_t>(check.header.block_bytes, left));
  if (!bytes) return fail(std::move(bytes.error()));
  const BlockKind kind = offset_ == 0 ? BlockKind::segment : BlockKind::records;
  return check_block(*bytes, tail_.next, *options_.identity, kind);
}

Result<std::optional<BlockView>> Reader::accept(const BlockHeader& header) {
  const auto block = view(offset_, header.block_bytes);
  if (!block) return fail(block.error());
  if (header.kind == BlockKind::segment) {
    if (auto r = check_segment_block(*block); !r) return fail(std::move(r.error()));
  }
  const Position position{segment_.number, offset_};
  offset_ += header.block_bytes;
  tail_.end = {segment_.number, offset_};
  tail_.segment_bytes = segment_.bytes;
  tail_.next = next_link(header);
  if (header.kind == BlockKind::segment) return std::optional<BlockView>();
  return std::optional<BlockView>(
      BlockView(position, header, block->subspan(header_bytes, header.payload_bytes)));
}

Result<void> Reader::check_segment_block(std::span<const std::byte> block) const {
  const SegmentInfo info = segment_info(block);
  if (info.number != segment_.number) {
    return damage({segment_.number, 0}, "this is segment " + std::to_string(info.number));
  }
  if (info.bytes != segment_.bytes) {
    return damage({segment_.number, std::min(info.bytes, segment_.bytes)},
                  "the file has " + std::to_string(segment_.bytes) + " bytes instead of " +
                      std::to_string(info.bytes));
  }
  return {};
}

// ---- the end ------------------------------------------------------------------------------------

// The block at offset_ is not good.  First the evidence of what came later is gathered, then the
// block is read once more: if the journal is being written right now, whatever the evidence proves
// to be durable is good at the second look.
Result<Reader::Ending> Reader::find_ending(const BlockCheck& first_look) {
  if (auto r = list_segments(); !r) return fail(std::move(r.error()));
  bool later_content = false;
  if (find(segment_.number + 1) != nullptr) {
    const auto content = has_content(segment_.number + 1);
    if (!content) return fail(content.error());
    later_content = *content;
  }
  Rest rest;
  if (first_look.verdict == Verdict::not_written || first_look.verdict == Verdict::torn) {
    const auto read = read_rest();
    if (!read) return fail(read.error());
    rest = *read;
  }
  buffer_bytes_ = 0;
  const auto check = check_here();
  if (!check) return fail(check.error());
  switch (check->verdict) {
    case Verdict::good:
      return Ending::read_again;
    case Verdict::damaged:
    case Verdict::newer_format:
      return failure(*check);
    case Verdict::not_written:
    case Verdict::torn:
      break;
  }
  return judge_ending(*check, rest, later_content);
}

// The rule of FORMAT.md, "Torn or damaged".
Result<Reader::Ending> Reader::judge_ending(const BlockCheck& check, const Rest& rest,
                                            bool later_content) {
  const Position here{segment_.number, offset_};
  const bool torn = check.verdict == Verdict::torn;
  const std::string block =
      "block " + std::to_string(tail_.next.number) + (torn ? " is not whole" : " is missing");
  const std::uint64_t next = segment_.number + 1;
  if (offset_ == 0 && find(next) != nullptr) {
    return damage(here, block + ", although " + segment_name(next) + " exists");
  }
  if (later_content) {
    if (torn) return damage(here, block + ", although " + segment_name(next) + " was begun");
    if (rest.nonzero_offset) {
      return damage({segment_.number, *rest.nonzero_offset},
                    block + " at offset " + std::to_string(offset_) +
                        ", but here are other bytes than zeros, and " + segment_name(next) +
                        " was begun");
    }
    return Ending::next_segment;
  }
  if (find(next + 1) != nullptr) {
    return damage({next, 0}, block + ", although " + segment_name(next + 1) + " exists");
  }
  if (rest.proof_offset) {
    return damage(here, block + ", although block " + std::to_string(rest.proof_number) +
                            " at offset " + std::to_string(*rest.proof_offset) +
                            " says that it was durable");
  }
  if (torn) {
    tail_.torn_at = here;
  } else if (rest.nonzero_offset) {
    tail_.torn_at = {segment_.number, *rest.nonzero_offset};
  }
  if (const Segment* const ahead = find(tail_.end.segment + 1)) {
    tail_.made_ahead_bytes = ahead->bytes;
  }
  return Ending::journal_ends;
}

Result<Reader::Rest> Reader::read_rest() {
  Rest rest;
  for (std::uint64_t at = offset_; at < segment_.bytes; at += page_bytes) {
    const auto page = view(at, page_bytes);
    if (!page) return fail(page.error());
    if (all_zero(*page)) continue;
    if (!rest.nonzero_offset) rest.nonzero_offset = at;
    const BlockCheck later = check_header(*page);
    const bool proves = later.verdict == Verdict::good && options_.identity &&
                        identity_of(later.header) == *options_.identity &&
                        later.header.durable_block >= tail_.next.number;
    if (proves && !rest.proof_offset) {
      rest.proof_offset = at;
      rest.proof_number = later.header.number;
    }
  }
  return rest;
}

// True when any byte of another segment is not zero.
Result<bool> Reader::has_content(std::uint64_t number) {
  auto other = storage_->open(segment_name(number), OpenMode::read);
  if (!other) return fail(std::move(other.error()));
  buffer_bytes_ = 0;
  // A page first: that of a segment in use is not zero.
  std::size_t piece = page_bytes;
  for (std::uint64_t at = 0;; at += piece, piece = buffer_.size()) {
    const auto into = buffer_.span().first(piece);
    const auto got = storage_->read(*other, at, into);
    if (!got || *got == 0 || !all_zero(into.first(*got))) {
      storage_->close(*other);
      if (!got) return fail(got.error());
      return *got != 0;
    }
  }
}

tl::unexpected<Error> Reader::failure(const BlockCheck& check) const {
  if (check.verdict == Verdict::newer_format) {
    return fail(ErrorCode::newer_format,
                to_string(Position{segment_.number, offset_}) + ": written in format version " +
                    std::to_string(check.found) + ", this program reads up to version " +
                    std::to_string(check.expected));
  }
  std::string what = "block " + std::to_string(tail_.next.number) + ": " + std::string(check.what);
  if (check.found != check.expected) {
    what +=
        " (" + std::to_string(check.found) + " instead of " + std::to_string(check.expected) + ")";
  }
  return damage({segment_.number, offset_ + check.offset}, what);
}

tl::unexpected<Error> Reader::damage(Position position, const std::string& what) const {
  return fail(ErrorCode::damaged, to_string(position) + ": " + what);
}

}  // namespace hb::journal
