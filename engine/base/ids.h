// Strong identifiers: a user is not a packet, and the compiler knows it.
//
// An id converts from and to its number only where the code says so.  Ids are plain data: they may
// stand in wire structs and journal records as their little-endian number.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace hb {

template <class Tag, class Rep>
struct StrongId {
  using rep = Rep;
  Rep value{};

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep v) : value(v) {}
  friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;
};

// A user of the app, as the gateway numbers them.  0 is no user.
using UserId = StrongId<struct UserTag, std::uint64_t>;

// A packet or transfer.  Low 12 bits: the sender's partition; above: a number that grows by one
// with each packet of that partition, from 1.  So an id routes itself, is dense within its
// partition, and stays below 2^53 (exact as a JSON number) for the first two trillion packets of a
// partition.
using PacketId = StrongId<struct PacketTag, std::uint64_t>;

// A support case.  Built like a packet's id: the low 12 bits are the subject's partition, above
// them the partition's cases are numbered from 1.
using CaseId = StrongId<struct CaseTag, std::uint64_t>;

// One of limits::partitions slices of the key space.
using PartitionId = StrongId<struct PartitionTag, std::uint16_t>;

// A single-writer actor: one thread's state, journal and timing wheel.
using ShardId = StrongId<struct ShardTag, std::uint16_t>;

// The place of an event in its shard's journal: 1, 2, 3, ...; 0 is "before the first event".
using Sequence = StrongId<struct SequenceTag, std::uint64_t>;

// The 128-bit idempotency key of a changing command, chosen by the client.  All zero is no key.
struct Key128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend constexpr auto operator<=>(const Key128&, const Key128&) = default;
  constexpr bool empty() const { return low == 0 && high == 0; }
};

}  // namespace hb

template <class Tag, class Rep>
struct std::hash<hb::StrongId<Tag, Rep>> {
  std::size_t operator()(hb::StrongId<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
