#include "engine/journal/follower.h"

#include <algorithm>
#include <string>
#include <utility>

namespace hb::journal {
namespace {

constexpr std::size_t buffer_bytes_max = block_bytes_limit + page_bytes;

}  // namespace

Follower::Follower(Storage& storage, const Identity& identity, Sequence from)
    : storage_(&storage), identity_(identity), position_(std::max(from, Sequence(1))) {}

Follower::Follower(Follower&& other) noexcept
    : storage_(other.storage_),
      identity_(other.identity_),
      position_(other.position_),
      segment_(std::exchange(other.segment_, 0)),
      segment_bytes_(other.segment_bytes_),
      file_(other.file_),
      offset_(other.offset_),
      link_(other.link_),
      buffer_(std::move(other.buffer_)),
      buffer_offset_(other.buffer_offset_),
      buffer_bytes_(other.buffer_bytes_) {}

Follower::~Follower() {
  close_segment();
}

Result<std::optional<BlockView>> Follower::next(Sequence durable) {
  if (position_ > durable) return std::optional<BlockView>();
  if (segment_ == 0) {
    if (auto found = find_segment(); !found) return fail(std::move(found.error()));
  }
  for (;;) {
    auto header = block_here();
    if (!header) return fail(std::move(header.error()));
    if (!header->has_value()) {
      // Something later is durable, so this segment is complete.
      if (auto opened = open_segment(segment_ + 1); !opened) return fail(std::move(opened.error()));
      continue;
    }
    const BlockHeader& h = **header;
    const Position place{segment_, offset_};
    const std::uint64_t end = h.first_sequence + h.record_count;
    if (h.kind == BlockKind::records && h.first_sequence > durable.value) {
      return std::optional<BlockView>();
    }
    const auto block = view(offset_, h.block_bytes);
    if (!block) return fail(block.error());
    offset_ += h.block_bytes;
    link_ = next_link(h);
    if (h.kind == BlockKind::segment || end <= position_.value) continue;
    position_ = Sequence(end);
    return std::optional<BlockView>(
        BlockView(place, h, block->subspan(header_bytes, h.payload_bytes)));
  }
}

// ---- finding the first event --------------------------------------------------------------------

// The last segment that starts at or before it.
Result<void> Follower::find_segment() {
  const auto files = storage_->list();
  if (!files) return fail(files.error());
  std::vector<std::uint64_t> numbers;
  for (const FileEntry& file : *files) {
    if (const auto number = segment_number(file.name)) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  std::size_t low = 0;
  std::size_t high = numbers.size();  // the one that is sought lies in [low, high)
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    const auto first = first_sequence_of(numbers[middle]);
    if (!first) return fail(first.error());
    // A segment that was made ahead has no block yet.
    (*first && **first <= position_.value ? low : high) = middle;
  }
  if (numbers.empty()) return fail(ErrorCode::damaged, "the journal has no segment");
  return open_segment(numbers[low]);
}

Result<std::optional<std::uint64_t>> Follower::first_sequence_of(std::uint64_t segment) {
  if (auto opened = open_segment(segment); !opened) return fail(std::move(opened.error()));
  const auto page = view(0, page_bytes);
  if (!page) return fail(page.error());
  const BlockCheck check = check_header(*page);
  if (check.verdict == Verdict::not_written) return std::optional<std::uint64_t>();
  if (check.verdict != Verdict::good) return damage(std::string(check.what));
  return std::optional(check.header.first_sequence);
}

Result<void> Follower::open_segment(std::uint64_t number) {
  close_segment();
  const std::string name = segment_name(number);
  const auto files = storage_->list();
  if (!files) return fail(files.error());
  const auto entry = std::ranges::find(*files, name, &FileEntry::name);
  if (entry == files->end()) {
    return fail(ErrorCode::damaged, name + " is missing, although event " +
                                        std::to_string(position_.value) + " is durable");
  }
  auto file = storage_->open(name, OpenMode::read);
  if (!file) return fail(std::move(file.error()));
  file_ = *file;
  segment_ = number;
  segment_bytes_ = entry->bytes;
  offset_ = 0;
  buffer_bytes_ = 0;
  if (buffer_.size() == 0) buffer_ = AlignedBuffer(buffer_bytes_max);
  return {};
}

void Follower::close_segment() {
  if (segment_ != 0) storage_->close(file_);
  segment_ = 0;
}

// ---- blocks -------------------------------------------------------------------------------------

// Bytes of the open segment, from the buffer; fewer than asked only where the file ends.
Result<std::span<const std::byte>> Follower::view(std::uint64_t offset, std::size_t bytes) {
  const bool buffered =
      offset >= buffer_offset_ && offset + bytes <= buffer_offset_ + buffer_bytes_;
  if (!buffered) {
    const std::size_t wanted =
        std::min<std::uint64_t>(buffer_.size(), segment_bytes_ - std::min(offset, segment_bytes_));
    const auto got = storage_->read(file_, offset, buffer_.span().first(wanted));
    if (!got) return fail(got.error());
    buffer_offset_ = offset;
    buffer_bytes_ = *got;
    if (bytes > buffer_bytes_) return damage("the file ends too early");
  }
  return std::as_const(buffer_).span().subspan(offset - buffer_offset_, bytes);
}

// The good block at offset_, or nothing when the segment has no more.  What the buffer holds may be
// older than what is durable, so a look that finds nothing good is taken once more, at the disk.
Result<std::optional<BlockHeader>> Follower::block_here() {
  if (offset_ == segment_bytes_) return std::optional<BlockHeader>();
  auto check = look();
  if (check && check->verdict != Verdict::good) {
    buffer_bytes_ = 0;
    check = look();
  }
  if (!check) return fail(std::move(check.error()));
  if (check->verdict == Verdict::good) return std::optional(check->header);
  if (check->verdict == Verdict::not_written) return std::optional<BlockHeader>();
  return damage(check->verdict == Verdict::newer_format ? "written by a newer version"
                                                        : std::string(check->what));
}

Result<BlockCheck> Follower::look() {
  auto bytes = view(offset_, page_bytes);
  if (!bytes) return fail(std::move(bytes.error()));
  BlockCheck check = check_header(*bytes);
  if (check.verdict != Verdict::good) return check;
  const std::uint64_t left = segment_bytes_ - offset_;
  bytes = view(offset_, std::min<std::uint64_t>(check.header.block_bytes, left));
  if (!bytes) return fail(std::move(bytes.error()));
  // The first block of all is believed about what came before it.
  const Link expected = link_ ? *link_
                              : Link{check.header.number, Sequence(check.header.first_sequence),
                                     check.header.previous};
  return check_block(*bytes, expected, identity_,
                     offset_ == 0 ? BlockKind::segment : BlockKind::records);
}

tl::unexpected<Error> Follower::damage(const std::string& what) const {
  return fail(ErrorCode::damaged, to_string(Position{segment_, offset_}) + ": " + what);
}

}  // namespace hb::journal
