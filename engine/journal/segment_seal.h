// Seals: proof for an auditor that a full segment has not been altered since it was full.
//
// `00000001.seal` stands beside `00000001.seg` and holds the SHA-256 of the whole file (what
// `sha256sum 00000001.seg` prints) and a chain value, SHA-256(chain of the seal before | digest),
// so that one value, kept elsewhere, vouches for all segments up to its own.  The blocks' XXH3
// checksums find what a machine damages; only this finds what a person alters.
//
// Cost:    SHA-256 runs at about 1 GB/s, so seals are made in the background.
// Memory:  1 MiB.
// Threads: any, one call at a time; blocking.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/checksum.h"
#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/port/storage.h"

namespace hb::journal {

struct Seal {
  std::uint64_t segment = 0;
  std::uint64_t bytes = 0;
  Sequence first_sequence{};  // of the segment's records
  Sequence last_sequence{};
  Digest256 digest{};  // SHA-256 of the segment file
  Digest256 chain{};
};

std::string seal_name(std::uint64_t segment);

// Text, a line a field; see FORMAT.md.
std::string to_text(const Seal& seal);
Result<Seal> parse_seal(std::string_view text, std::string_view file_name);

// Seals a full segment: Writer::take_full_segments() or unsealed_segments() named it.
// `between_reads` is called after each 128 KiB: a place to leave the disk to others.
// Errors: damaged when the segment is, or when the seal before it is missing or damaged; io.
Result<Seal> seal_segment(Storage& storage, std::uint64_t segment,
                          const std::function<void()>& between_reads = {});

// Full segments without a seal, in order; `current` is the segment that is being written.
Result<std::vector<std::uint64_t>> unsealed_segments(Storage& storage, std::uint64_t current);

// The seal with the highest number (segment 0: there is none).  Reads no segment.
Result<Seal> newest_seal(Storage& storage);

// Renames the seals from `segment` on to `N.seal.lost-1` (or -2, ...), which no reader looks at: they
// are of segments that are lost or will be written on.
Result<void> set_seals_aside(Storage& storage, std::uint64_t segment);

// Reads every sealed segment again.  Returns the newest seal (segment 0: there is none), or damaged
// naming the file that is not what was sealed.
Result<Seal> check_seals(Storage& storage);

}  // namespace hb::journal
