#include "tests/model/routing.h"

#include <variant>

#include "engine/base/partition.h"

namespace hb::model {

namespace {

// The user, packet or case whose partition a command belongs to.
struct PartitionOf {
  std::span<const ClaimItem> claims;

  PartitionId operator()(const ClaimBatch&) const {
    return claims.empty() ? PartitionId{} : partition_of(claims.front().packet);
  }
  PartitionId operator()(const ListPayouts&) const { return {}; }
  template <class Other>
  PartitionId operator()(const Other& c) const {
    if constexpr (requires { c.case_id; }) {
      return partition_of(c.case_id);
    } else if constexpr (requires { c.subject; }) {
      return partition_of(c.subject);
    } else if constexpr (requires { c.packet; }) {
      return partition_of(c.packet);
    } else if constexpr (requires { c.transfer; }) {
      return partition_of(c.transfer);
    } else if constexpr (requires { c.sender; }) {
      return partition_of(c.sender);
    } else {
      return partition_of(c.user);
    }
  }
};

}  // namespace

PartitionId home_partition(const Command& command, std::span<const ClaimItem> claims) {
  return std::visit(PartitionOf{claims}, command);
}

ShardId home_of(const Command& command, std::span<const ClaimItem> claims,
                std::uint16_t shard_count) {
  if (const auto* list = std::get_if<ListPayouts>(&command)) return list->shard;
  return shard_of(home_partition(command, claims), shard_count);
}

}  // namespace hb::model
