// All that proves how far the journals of a data directory went, and what they lack of it.
//
//   gather_witnesses()   seals beside the journals, SEALED, the archive; before the journals are
//                        read, so that a server that writes meanwhile proves nothing false
//   find_losses()        compares with where each journal ends
//
// Changes nothing.
//
// Threads: any.
// Errors:  damaged and io, as those of seals and SEALED.  An archive that cannot be read is no
//          error: it can be made from the journals again, and only proves nothing then.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/journal/witness.h"
#include "engine/port/storage.h"
#include "engine/runtime/last_seals.h"

namespace hb {

struct Witnesses {
  std::vector<std::vector<journal::Witness>> by_shard{};
  std::vector<LastSeal> last_seals{};  // by shard, as SEALED has them
  std::string archive_problem{};  // why the archive could not be read; empty: it could, or is none
};

// `storages` by shard; null where the shard's directory is missing.
Result<Witnesses> gather_witnesses(const std::string& data, int data_fd,
                                   std::span<Storage* const> storages);

// Where a shard's journal ends.
struct JournalEnd {
  bool has_directory = true;
  journal::Tail tail{};
};

struct Losses {
  std::uint64_t events = 0;  // that are missing at the least, of all shards
  std::vector<ShardId> shards;
  std::string what;  // a sentence part that names each shard's directory

  bool any() const { return !shards.empty(); }
  void add(ShardId shard, std::uint64_t more_events, const std::string& more);
};

// `begun`: every shard must have a directory and a segment.
Losses find_losses(const std::string& data, bool begun, const Witnesses& witnesses,
                   std::span<const JournalEnd> ends);

}  // namespace hb
