// Which shard decides a command.
#pragma once

#include <cstdint>
#include <span>

#include "engine/base/ids.h"
#include "engine/ledger/commands.h"

namespace hb::model {

// The partition of what the command is about; `claims` are a batch's, all on one shard.
PartitionId home_partition(const Command& command, std::span<const ClaimItem> claims);
ShardId home_of(const Command& command, std::span<const ClaimItem> claims,
                std::uint16_t shard_count);

}  // namespace hb::model
