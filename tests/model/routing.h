// Which shard decides a command.
#pragma once

#include <cstdint>
#include <span>

#include "engine/base/ids.h"
#include "engine/ledger/commands.h"

namespace hb::model {

// `claims`: of a batch, all on one shard.
ShardId home_of(const Command& command, std::span<const ClaimItem> claims,
                std::uint16_t shard_count);

}  // namespace hb::model
