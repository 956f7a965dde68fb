// Histories: events in the order of their moments, from one or several strands of the archive.
//
// A strand is a row of keys that begin alike and end in a moment: a packet's events, or what
// support did to a wallet.
//
// Records come without their secrets (secrets.h); a packet's seed is shown once the packet is closed.
//
// Cost:   reads up to a page of each strand, and all of the packet's once for its packet_sent.
// Errors: as the archive's.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/archive/queries.h"
#include "engine/base/result.h"

namespace hb::archive {

inline constexpr std::size_t moment_bytes = 8 + 2 + 8;  // at, shard, sequence: as in keys

struct HistoryPart {
  std::vector<HistoryRecord> records{};
  std::string next{};  // the moment of the first that did not fit; empty: nothing is left
};

// At most `count_max` records, and so many as fit history_bytes_max but one at least, from the
// moment `from` on (empty: from the start).
Result<HistoryPart> read_history(const View& view, const std::vector<std::string>& strands,
                                 const std::string& from, std::size_t count_max);

// The strands of what a case is about: all of its subject, and what support did to the wallets of
// the subject's sender and of the case's users.
Result<std::vector<std::string>> strands_of_case(const View& view, CaseId case_id,
                                                 PacketId subject);

}  // namespace hb::archive
