#include "engine/journal/segment_seal.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "engine/base/aligned_buffer.h"
#include "engine/journal/format.h"

namespace hb::journal {
namespace {

constexpr std::string_view title = "hongbao-seal 1";
// Of one read.  Small: the journal goes on being written while a segment is read, and its writes
// wait behind the disk's reads.
constexpr std::size_t piece_bytes = 128 << 10;
constexpr std::size_t seal_bytes_max = 4096;

// A file that is closed when the block ends.
class OpenFile {
 public:
  OpenFile(Storage& storage, FileId file) : storage_(storage), file_(file) {}
  ~OpenFile() { storage_.close(file_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  FileId id() const { return file_; }

 private:
  Storage& storage_;
  FileId file_;
};

Digest256 link(const Digest256& previous_chain, const Digest256& digest) {
  Sha256 hash;
  hash.update(previous_chain);
  hash.update(digest);
  return hash.finish();
}

// Digest and size; and, found on the way, the range of sequences.
class SegmentScan {
 public:
  explicit SegmentScan(std::uint64_t number) : seal_{.segment = number} {}

  // Pieces come in order, whole pages.  False when the blocks are not what they should be.
  bool add(std::span<const std::byte> piece) {
    hash_.update(piece);
    while (next_block_ < seal_.bytes + piece.size()) {
      const auto page = piece.subspan(next_block_ - seal_.bytes);
      if (page.size() < page_bytes) return false;
      const BlockCheck check = check_header(page);
      if (check.verdict == Verdict::not_written && next_block_ > 0) {
        next_block_ = ~std::uint64_t{0};
        break;
      }
      if (check.verdict != Verdict::good) return false;
      if (next_block_ == 0) seal_.first_sequence = Sequence(check.header.first_sequence);
      seal_.last_sequence = Sequence(check.header.first_sequence + check.header.record_count - 1);
      next_block_ += check.header.block_bytes;
    }
    seal_.bytes += piece.size();
    return true;
  }
  std::uint64_t failed_at() const { return next_block_; }
  Seal finish() {
    seal_.digest = hash_.finish();
    return seal_;
  }

 private:
  Seal seal_;
  Sha256 hash_;
  std::uint64_t next_block_ = 0;
};

Result<Seal> scan_segment(Storage& storage, std::uint64_t segment,
                          const std::function<void()>& between_reads = {}) {
  auto opened = storage.open(segment_name(segment), OpenMode::read_once);
  if (!opened) return fail(std::move(opened.error()));
  const OpenFile file(storage, *opened);
  AlignedBuffer buffer(piece_bytes);
  SegmentScan scan(segment);
  for (std::uint64_t at = 0;;) {
    const auto got = storage.read(file.id(), at, buffer.span());
    if (!got) return fail(got.error());
    if (*got == 0) break;
    if (!scan.add(buffer.span().first(*got))) {
      return fail(ErrorCode::damaged, to_string(Position{segment, scan.failed_at()}) +
                                          ": not a block of a full segment");
    }
    at += *got;
    if (between_reads) between_reads();
  }
  return scan.finish();
}

Result<Seal> read_seal(Storage& storage, std::uint64_t segment) {
  const std::string name = seal_name(segment);
  auto opened = storage.open(name, OpenMode::read);
  if (!opened) return fail(std::move(opened.error()));
  const OpenFile file(storage, *opened);
  std::string text(seal_bytes_max, '\0');
  const auto got = storage.read(file.id(), 0, std::as_writable_bytes(std::span(text)));
  if (!got) return fail(got.error());
  text.resize(*got);
  auto seal = parse_seal(text, name);
  if (seal && seal->segment != segment) {
    return fail(ErrorCode::damaged, name + ": seals another segment");
  }
  return seal;
}

// Takes "name value\n" off the front of `text`.
std::optional<std::string_view> take_field(std::string_view& text, std::string_view name) {
  if (!text.starts_with(name) || text.substr(name.size(), 1) != " ") return std::nullopt;
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view value = text.substr(name.size() + 1, end - name.size() - 1);
  text.remove_prefix(end + 1);
  return value;
}

bool take_number(std::string_view& text, std::string_view name, std::uint64_t& number) {
  const auto value = take_field(text, name);
  if (!value) return false;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  return error == std::errc() && end == value->data() + value->size();
}

bool take_digest(std::string_view& text, std::string_view name, Digest256& digest) {
  const auto value = take_field(text, name);
  if (!value || value->size() != 2 * digest.size()) return false;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    unsigned byte = 0;
    const char* from = value->data() + 2 * i;
    const auto [end, error] = std::from_chars(from, from + 2, byte, 16);
    if (error != std::errc() || end != from + 2) return false;
    digest[i] = static_cast<std::byte>(byte);
  }
  return to_hex(digest) == *value;
}

// Numbers of the segments and of the seals that the directory holds.
struct Listing {
  std::set<std::uint64_t> segments;
  std::set<std::uint64_t> seals;
};

Result<Listing> list(Storage& storage) {
  const auto files = storage.list();
  if (!files) return fail(files.error());
  Listing listing;
  for (const FileEntry& file : *files) {
    const std::string_view name = file.name;
    if (const auto number = segment_number(name)) listing.segments.insert(*number);
    if (!name.ends_with(".seal")) continue;
    const std::string as_segment = std::string(name.substr(0, name.size() - 5)) + ".seg";
    if (const auto number = segment_number(as_segment)) listing.seals.insert(*number);
  }
  return listing;
}

// The chain value that the seal of `segment` starts from.
Result<Digest256> chain_before(Storage& storage, std::uint64_t segment) {
  if (segment == 1) return Digest256{};
  const auto before = read_seal(storage, segment - 1);
  if (!before) return fail(before.error());
  return before->chain;
}

}  // namespace

std::string seal_name(std::uint64_t segment) {
  std::string name = segment_name(segment);
  name.replace(name.size() - 4, 4, ".seal");
  return name;
}

std::string to_text(const Seal& seal) {
  return std::string(title) + "\nsegment " + std::to_string(seal.segment) + "\nbytes " +
         std::to_string(seal.bytes) + "\nfirst_sequence " +
         std::to_string(seal.first_sequence.value) + "\nlast_sequence " +
         std::to_string(seal.last_sequence.value) + "\nsha256 " + to_hex(seal.digest) + "\nchain " +
         to_hex(seal.chain) + "\n";
}

Result<Seal> parse_seal(std::string_view text, std::string_view file_name) {
  Seal seal;
  const std::string_view first_line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), first_line.size() + 1));
  const bool whole = first_line == title && take_number(text, "segment", seal.segment) &&
                     take_number(text, "bytes", seal.bytes) &&
                     take_number(text, "first_sequence", seal.first_sequence.value) &&
                     take_number(text, "last_sequence", seal.last_sequence.value) &&
                     take_digest(text, "sha256", seal.digest) &&
                     take_digest(text, "chain", seal.chain) && text.empty();
  if (!whole) return fail(ErrorCode::damaged, std::string(file_name) + ": not a seal");
  return seal;
}

Result<Seal> seal_segment(Storage& storage, std::uint64_t segment,
                          const std::function<void()>& between_reads) {
  const auto chain = chain_before(storage, segment);
  if (!chain) return fail(chain.error());
  auto seal = scan_segment(storage, segment, between_reads);
  if (!seal) return seal;
  seal->chain = link(*chain, seal->digest);
  const std::string text = to_text(*seal);
  auto written = storage.write_file(seal_name(segment), std::as_bytes(std::span(text)));
  if (!written) return fail(std::move(written.error()));
  return seal;
}

Result<std::vector<std::uint64_t>> unsealed_segments(Storage& storage, std::uint64_t current) {
  const auto listing = list(storage);
  if (!listing) return fail(listing.error());
  std::vector<std::uint64_t> unsealed;
  for (const std::uint64_t segment : listing->segments) {
    if (segment < current && !listing->seals.contains(segment)) unsealed.push_back(segment);
  }
  return unsealed;
}

Result<Seal> newest_seal(Storage& storage) {
  const auto listing = list(storage);
  if (!listing) return fail(listing.error());
  if (listing->seals.empty()) return Seal();
  return read_seal(storage, *listing->seals.rbegin());
}

Result<void> set_seals_aside(Storage& storage, std::uint64_t segment) {
  const auto files = storage.list();
  if (!files) return fail(files.error());
  const auto exists = [&](const std::string& name) {
    return std::ranges::find(*files, name, &FileEntry::name) != files->end();
  };
  const auto listing = list(storage);
  if (!listing) return fail(listing.error());
  for (auto it = listing->seals.lower_bound(segment); it != listing->seals.end(); ++it) {
    const auto seal = read_seal(storage, *it);
    if (!seal) return fail(seal.error());
    int number = 1;
    while (exists(seal_name(*it) + ".lost-" + std::to_string(number))) ++number;
    const std::string text = to_text(*seal);
    auto moved = storage.write_file(seal_name(*it) + ".lost-" + std::to_string(number),
                                    std::as_bytes(std::span(text)));
    if (moved) moved = storage.remove(seal_name(*it));
    if (!moved) return moved;
  }
  return {};
}

Result<Seal> check_seals(Storage& storage) {
  const auto listing = list(storage);
  if (!listing) return fail(listing.error());
  Seal newest;
  for (const std::uint64_t segment : listing->seals) {
    const auto seal = read_seal(storage, segment);
    if (!seal) return fail(seal.error());
    const auto chain = chain_before(storage, segment);
    if (!chain) return fail(chain.error());
    const auto found = scan_segment(storage, segment);
    if (!found) return fail(found.error());
    if (found->digest != seal->digest || found->bytes != seal->bytes ||
        found->first_sequence != seal->first_sequence ||
        found->last_sequence != seal->last_sequence) {
      return fail(ErrorCode::damaged, segment_name(segment) + ": not what " + seal_name(segment) +
                                          " sealed: its SHA-256 is " + to_hex(found->digest));
    }
    if (seal->chain != link(*chain, seal->digest)) {
      return fail(ErrorCode::damaged,
                  seal_name(segment) + ": the chain does not follow from the seal before it");
    }
    newest = *seal;
  }
  return newest;
}

}  // namespace hb::journal
