// References of external rails, and where each one's uses are known.
//
// A reference names one payment on a rail.  A payment in funds one packet or one deposit, a payment
// out confirms one payout, whichever key, user or shard brings it.  So each reference has a home:
// the shard that owns its partition keeps a row for it once it is used.
//
// Books know a reference by 128 bits of SHA-256: a collision that somebody could choose would take
// 2^64 attempts.  The text itself stays with the packet or payout.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "engine/base/ids.h"

namespace hb {

// Payments in and payments out are numbered by different sides, so each has names of its own.
enum class ReferenceUse : std::uint8_t {
  incoming = 1,  // funds a packet or a deposit
  outgoing = 2,  // confirms a payout
};

struct ReferenceName {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend constexpr auto operator<=>(const ReferenceName&, const ReferenceName&) = default;
};

// The first 16 bytes of SHA-256(use, reference), little-endian.  Journals were written under it, so
// it never changes.
ReferenceName reference_name(ReferenceUse use, std::string_view reference);

// The top bits of the name's low half, as with users.
PartitionId partition_of(const ReferenceName& name);

}  // namespace hb
