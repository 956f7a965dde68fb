// Where a key lives: user -> partition -> shard.
//
// The partition hash is part of the protocol (schema/README.md): clients route with it, packet ids
// carry it, and journals were written under it, so it never changes.
#pragma once

#include <cstdint>

#include "engine/base/ids.h"
#include "engine/base/limits.h"

namespace hb {

// The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a bijection that spreads
// neighbouring numbers over all bits.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9;
  x ^= x >> 27;
  x *= 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// A user's partition: the top 12 bits of mix64(id).
constexpr PartitionId partition_of(UserId user) {
  return PartitionId(
      static_cast<std::uint16_t>(mix64(user.value) >> (64 - limits::partition_bits)));
}

// A packet's partition: its sender's, from the id's low 12 bits.
constexpr PartitionId partition_of(PacketId packet) {
  return PartitionId(static_cast<std::uint16_t>(packet.value & (limits::partitions - 1)));
}

// The id of the `number`-th packet (from 1) of a partition.
constexpr PacketId packet_id(PartitionId partition, std::uint64_t number) {
  return PacketId((number << limits::partition_bits) | partition.value);
}

// A case's partition: its subject's, from the id's low 12 bits.
constexpr PartitionId partition_of(CaseId id) {
  return partition_of(PacketId(id.value));
}

// The id of the `number`-th case (from 1) of a partition.
constexpr CaseId case_id(PartitionId partition, std::uint64_t number) {
  return CaseId(packet_id(partition, number).value);
}

// The shard that owns a partition: equal, contiguous ranges.
constexpr ShardId shard_of(PartitionId partition, std::uint16_t shard_count) {
  return ShardId(static_cast<std::uint16_t>(std::uint32_t{partition.value} * shard_count /
                                            limits::partitions));
}

}  // namespace hb
