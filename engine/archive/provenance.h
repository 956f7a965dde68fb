// Whether an archive was made from these journals, and not from others that happen to be as long.
//
// A block's checksum covers every block before it.  So it is enough to find the block of the last
// event that the archive has, the same, in the journal of its shard.
//
// Cost:   half a segment of each journal is read, on average.
// Errors: damaged, and the message begins with "archive", when it was made from something else;
//         otherwise as the archive's and the Follower's.
#pragma once

#include <vector>

#include "engine/archive/archive.h"
#include "engine/archive/journal_source.h"
#include "engine/base/result.h"

namespace hb::archive {

Result<void> check_provenance(const Archive& archive, const std::vector<JournalSource>& sources);

}  // namespace hb::archive
