// Whether an archive was made from these journals, and not from others that happen to be as long.
//
// A block's checksum covers every block before it.  So it is enough to find the block of the last
// event that the archive has, the same, in the journal of its shard.
//
// Cost:   half a segment of each journal is read, on average.
// Errors: as the archive's and the Follower's.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/archive/journal_source.h"
#include "engine/base/result.h"

namespace hb::archive {

enum class Provenance : std::uint8_t {
  own,
  foreign,  // made from other journals
  ahead,    // it has events that a journal has not: the journal may have lost them
};

Result<Provenance> find_provenance(const Archive& archive,
                                   const std::vector<JournalSource>& sources);

}  // namespace hb::archive
