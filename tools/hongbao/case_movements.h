// What moved between wallets, escrow and rails in the history of a packet or transfer.
#pragma once

#include <string>
#include <vector>

#include "engine/archive/queries.h"

namespace hb::cli {

struct CaseMovement {
  ShardId shard{};
  Sequence sequence{};  // of the event that says so
  Time at{};
  std::string from{};  // "wallet 7", "escrow", "rail", "payout", "transit"
  std::string to{};
  Amount amount{};
};

// In the order of the records.  Events that move nothing, or that this build does not know, give
// none.
std::vector<CaseMovement> movements_in(const std::vector<archive::HistoryRecord>& history);

}  // namespace hb::cli
