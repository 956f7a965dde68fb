// Events: the facts that the journal holds, byte for byte as they lie there.
//
// Every record is a whole number of 32-byte units, little-endian, and starts with the same 16
// bytes: type, units, and the time.  A record is a fact, not a request: it carries every amount and
// every drawn number, so that applying it needs no rule, and changing a rule changes no history.
// engine/journal/FORMAT.md shows the layout in bytes; the verifier relies on this file alone.
//
// Units:      fen, microseconds.
// Invariants: no record's first byte is 0 or 0xff (the journal's padding).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/prf.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"

namespace hb {

static_assert(std::endian::native == std::endian::little, "records are copied, not converted");

enum class EventType : std::uint8_t {
  wallet_opened = 1,
  deposited = 2,
  withdrawn = 3,
  packet_sent = 4,
  claimed = 5,
  refunded = 6,
  credit_received = 7,
  credits_acknowledged = 8,
};

// What every record starts with.
struct EventHeader {
  EventType type{};
  std::uint8_t units = 0;  // the record's length in 32-byte units, this one included
  std::uint16_t a = 0;     // these two belong to the type
  std::uint32_t b = 0;
  Time at{};

  std::size_t bytes() const { return units * limits::record_unit_bytes; }
};
static_assert(sizeof(EventHeader) == 16);

// A wallet was opened, by a command (key) or by the first credit to its user (no key).
struct WalletOpened {
  static constexpr EventType event_type = EventType::wallet_opened;
  EventType type = event_type;
  std::uint8_t units = 0;
  std::uint16_t name_bytes = 0;
  std::uint32_t reserved = 0;
  Time at{};
  UserId user{};
  std::uint64_t fingerprint = 0;
  Key128 key{};
  char name[limits::name_bytes_max]{};  // the record ends after name_bytes, rounded up to a unit
};

// Money came in from outside, or went out.
struct MoneyMoved {
  EventType type{};
  std::uint8_t units = 2;
  std::uint16_t reserved16 = 0;
  std::uint32_t reserved32 = 0;
  Time at{};
  UserId user{};
  Amount amount{};
  Key128 key{};
  std::uint64_t fingerprint = 0;
  Amount balance{};  // after
};
static_assert(sizeof(MoneyMoved) == 64);

// A packet was opened; its total left the sender's wallet for escrow.
struct PacketSent {
  static constexpr EventType event_type = EventType::packet_sent;
  EventType type = event_type;
  std::uint8_t units = 0;
  std::uint16_t share_count = 0;
  std::uint32_t share_fen_max = 0;
  Time at{};
  PacketId packet{};
  UserId sender{};
  Amount total{};
  Time expires_at{};
  Key128 key{};
  std::uint64_t fingerprint = 0;
  std::uint32_t share_fen_min = 0;
  PacketKind kind{};
  std::uint8_t reserved8 = 0;
  std::uint8_t remark_bytes = 0;
  std::uint8_t group_bytes = 0;
  PrfKey seed{};
  Amount balance{};  // the sender's, after
  std::uint64_t reserved64 = 0;
  std::uint64_t reserved64b = 0;
  std::uint64_t reserved64c = 0;
  // the remark, then the group, side by side; the record ends after them, rounded up to a unit
  char texts[limits::remark_bytes_max + limits::group_bytes_max]{};
};

// A share was taken; its amount left escrow for the user's wallet.
struct Claimed {
  static constexpr EventType event_type = EventType::claimed;
  EventType type = event_type;
  std::uint8_t units = 1;
  std::uint16_t share_index = 0;
  std::uint32_t amount_fen = 0;
  Time at{};
  PacketId packet{};
  UserId user{};
};
static_assert(sizeof(Claimed) == 32);

// A packet expired; what was left in escrow went back to the sender's wallet.
struct Refunded {
  static constexpr EventType event_type = EventType::refunded;
  EventType type = event_type;
  std::uint8_t units = 1;
  std::uint16_t reserved16 = 0;
  std::uint32_t reserved32 = 0;
  Time at{};
  PacketId packet{};
  Amount amount{};
};
static_assert(sizeof(Refunded) == 32);

// Money arrived from another shard: what event `source_sequence` of shard `source` paid to the
// user.
struct CreditReceived {
  static constexpr EventType event_type = EventType::credit_received;
  EventType type = event_type;
  std::uint8_t units = 1;
  std::uint16_t source = 0;
  std::uint32_t amount_fen = 0;
  Time at{};
  Sequence source_sequence{};
  UserId user{};
};
static_assert(sizeof(CreditReceived) == 32);

// Shard `target` has all credits of this shard up to `through`; they need not be kept any more.
struct CreditsAcknowledged {
  static constexpr EventType event_type = EventType::credits_acknowledged;
  EventType type = event_type;
  std::uint8_t units = 1;
  std::uint16_t target = 0;
  std::uint32_t reserved32 = 0;
  Time at{};
  Sequence through{};
  std::uint64_t reserved64 = 0;
};
static_assert(sizeof(CreditsAcknowledged) == 32);

// The record's bytes read as a T.  REQUIRES: the record is of that type; a record may be shorter
// than T, whose tail then stays zero.
template <class T>
T read_event(const EventHeader* record) {
  static_assert(std::is_trivially_copyable_v<T>);
  T event{};
  const std::size_t bytes = record->bytes() < sizeof(T) ? record->bytes() : sizeof(T);
  std::memcpy(static_cast<void*>(&event), record, bytes);
  return event;
}

constexpr std::uint8_t units_for(std::size_t bytes) {
  return static_cast<std::uint8_t>((bytes + limits::record_unit_bytes - 1) /
                                   limits::record_unit_bytes);
}

}  // namespace hb
