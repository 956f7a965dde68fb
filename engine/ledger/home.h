// Where a command is decided: the partition of what it is about.
#pragma once

#include "engine/base/ids.h"
#include "engine/base/partition.h"

namespace hb {

// REQUIRES: the command names one owner (all but ClaimBatch and ListPayouts do).
template <class Command>
PartitionId home_of(const Command& command) {
  if constexpr (requires { command.packet; }) {
    return partition_of(command.packet);
  } else if constexpr (requires { command.transfer; }) {
    return partition_of(command.transfer);
  } else if constexpr (requires { command.case_id; }) {
    return partition_of(command.case_id);
  } else if constexpr (requires { command.subject; }) {
    return partition_of(command.subject);
  } else if constexpr (requires { command.sender; }) {
    return partition_of(command.sender);
  } else {
    return partition_of(command.user);
  }
}

}  // namespace hb
