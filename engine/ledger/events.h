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
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/prf.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"
#include "engine/ledger/references.h"

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
  wallet_set = 9,
  wallet_frozen = 10,
  wallet_unfrozen = 11,
  packet_frozen = 12,
  packet_unfrozen = 13,
  code_tried = 14,
  packet_recalled = 15,
  payout_confirmed = 16,
  transfer_sent = 17,
  transfer_accepted = 18,
  transfer_arrived = 19,
  transfer_closed = 20,
  return_requested = 21,
  debit_decided = 22,
  return_settled = 23,
  case_opened = 24,
  case_resolved = 25,
  reference_requested = 26,
  reference_decided = 27,
  reference_settled = 28,
  reference_released = 29,
  reference_freed = 30,
  receive_cap_reached = 31,
  receive_cap_heard = 32,
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

// Money came in from outside, or went out.  A deposit's reference, if it has one, lies after the
// fixed bytes; it was not used before.
struct MoneyMoved {
  EventType type{};
  std::uint8_t units = 2;
  std::uint16_t reference_bytes = 0;
  std::uint32_t reserved32 = 0;
  Time at{};
  UserId user{};
  Amount amount{};
  Key128 key{};
  std::uint64_t fingerprint = 0;
  Amount balance{};  // after
  char reference[limits::reference_bytes_max]{};

  std::size_t bytes() const { return offsetof(MoneyMoved, reference) + reference_bytes; }
};
static_assert(offsetof(MoneyMoved, reference) == 64);

// A packet was opened; its total left the sender's wallet for escrow, or came from an external
// rail.
//
// After the 128 fixed bytes lie the remark, the group and the reference, side by side; then, from
// the next multiple of 8 on, the ids of the named recipients.  Fields that the first version did
// not know are zero in its records, and zero means what it did.
struct PacketSent {
  static constexpr EventType event_type = EventType::packet_sent;
  // In `flags`.
  static constexpr std::uint8_t sender_excluded = 1;
  static constexpr std::uint8_t recallable = 2;
  static constexpr std::uint8_t external = 4;
  // The reference was not used before.  Not set in records of the versions that did not look.
  static constexpr std::uint8_t reference_booked = 8;

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
  Split split{};  // by_kind: double_mean or equal
  std::uint8_t remark_bytes = 0;
  std::uint8_t group_bytes = 0;
  PrfKey seed{};
  Amount balance{};            // the sender's, after
  Time opens_at{};             // 0: at once
  std::uint64_t code_tag = 0;  // of the claim code, see code_tag(); 0: none is needed
  std::uint8_t flags = 0;
  std::uint8_t reference_bytes = 0;
  std::uint16_t recipient_count = 0;
  std::uint32_t cap_day = 0;  // the day on whose caps it counts; 0: it counts on none
  char texts[limits::remark_bytes_max + limits::group_bytes_max + limits::reference_bytes_max]{};

  std::size_t text_bytes() const {
    return std::size_t{remark_bytes} + group_bytes + reference_bytes;
  }
  std::string_view reference() const {
    return {texts + remark_bytes + group_bytes, reference_bytes};
  }
  std::size_t recipients_offset() const;
  // Of the whole record, before it is rounded up to units.
  std::size_t bytes() const;
};
static_assert(offsetof(PacketSent, texts) == 128);

inline std::size_t PacketSent::recipients_offset() const {
  return (offsetof(PacketSent, texts) + text_bytes() + 7) / 8 * 8;
}
inline std::size_t PacketSent::bytes() const {
  if (recipient_count == 0) return offsetof(PacketSent, texts) + text_bytes();
  return recipients_offset() + recipient_count * sizeof(UserId);
}
static_assert(sizeof(PacketSent) + 8 + limits::packet_recipients_max * sizeof(UserId) <=
              limits::record_bytes_max);

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

// Where an unclaimed rest went.
enum class RefundRoute : std::uint16_t {
  wallet = 0,  // the sender's
  payout = 1,  // it is owed to the external rail that it came from
};

// A packet expired; what was left in escrow went back.
struct Refunded {
  static constexpr EventType event_type = EventType::refunded;
  EventType type = event_type;
  std::uint8_t units = 1;
  RefundRoute route{};
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

// The wallet's setting was changed.
struct WalletSet {
  static constexpr EventType event_type = EventType::wallet_set;
  EventType type = event_type;
  std::uint8_t units = 2;
  RefundTarget refund_target{};
  std::uint8_t reserved8 = 0;
  std::uint32_t reserved32 = 0;
  Time at{};
  UserId user{};
  std::uint64_t fingerprint = 0;
  Key128 key{};
  std::uint64_t reserved64[2]{};
};
static_assert(sizeof(WalletSet) == 64);

// A wallet, or a packet or transfer, was frozen or unfrozen (four types).  The operator and the
// note lie side by side after the fixed bytes.
struct FreezeSet {
  EventType type{};
  std::uint8_t units = 0;
  std::uint16_t note_bytes = 0;
  std::uint16_t operator_bytes = 0;
  std::uint16_t reserved16 = 0;
  Time at{};
  std::uint64_t subject = 0;  // a UserId or a PacketId
  std::uint64_t fingerprint = 0;
  Key128 key{};
  char texts[limits::operator_bytes_max + limits::note_bytes_max]{};

  bool of_wallet() const {
    return type == EventType::wallet_frozen || type == EventType::wallet_unfrozen;
  }
  bool freezes() const {
    return type == EventType::wallet_frozen || type == EventType::packet_frozen;
  }
  UserId user() const { return UserId(subject); }
  PacketId packet() const { return PacketId(subject); }
  std::size_t bytes() const { return offsetof(FreezeSet, texts) + operator_bytes + note_bytes; }
};
static_assert(offsetof(FreezeSet, texts) == 48);

// A wrong code was tried.
struct CodeTried {
  static constexpr EventType event_type = EventType::code_tried;
  EventType type = event_type;
  std::uint8_t units = 1;
  std::uint16_t tries = 0;  // of this user for this packet, this one included
  std::uint32_t reserved32 = 0;
  Time at{};
  PacketId packet{};
  UserId user{};
};
static_assert(sizeof(CodeTried) == 32);

// The sender took the unclaimed rest back.
struct PacketRecalled {
  static constexpr EventType event_type = EventType::packet_recalled;
  EventType type = event_type;
  std::uint8_t units = 2;
  RefundRoute route{};
  std::uint32_t reserved32 = 0;
  Time at{};
  PacketId packet{};
  Amount amount{};
  Key128 key{};
  std::uint64_t fingerprint = 0;
  std::uint64_t reserved64 = 0;
};
static_assert(sizeof(PacketRecalled) == 64);

// The external rail has paid a refund back: the money has left.
struct PayoutConfirmed {
  static constexpr EventType event_type = EventType::payout_confirmed;
  EventType type = event_type;
  std::uint8_t units = 0;
  std::uint16_t reference_bytes = 0;
  std::uint8_t reference_booked = 0;  // 1: as PacketSent::reference_booked
  std::uint8_t reserved8[3]{};
  Time at{};
  PacketId packet{};
  Amount amount{};
  Key128 key{};
  std::uint64_t fingerprint = 0;
  char reference[limits::reference_bytes_max]{};

  std::size_t bytes() const { return offsetof(PayoutConfirmed, reference) + reference_bytes; }
};
static_assert(offsetof(PayoutConfirmed, reference) == 56);

// A transfer was opened; its amount left the sender's wallet for escrow.
struct TransferSent {
  static constexpr EventType event_type = EventType::transfer_sent;
  EventType type = event_type;
  std::uint8_t units = 0;
  std::uint16_t remark_bytes = 0;
  std::uint32_t cap_day = 0;  // as in PacketSent
  Time at{};
  PacketId transfer{};
  UserId sender{};
  UserId recipient{};
  Amount amount{};
  Time expires_at{};
  Duration arrives_after{};
  Key128 key{};
  std::uint64_t fingerprint = 0;
  Amount balance{};  // the sender's, after
  char remark[limits::remark_bytes_max]{};

  std::size_t bytes() const { return offsetof(TransferSent, remark) + remark_bytes; }
};
static_assert(offsetof(TransferSent, remark) == 96);

// The recipient accepted.  When it arrives at once, the amount left escrow for the recipient's
// wallet.
struct TransferAccepted {
  static constexpr EventType event_type = EventType::transfer_accepted;
  EventType type = event_type;
  std::uint8_t units = 2;
  std::uint16_t reserved16 = 0;
  std::uint32_t reserved32 = 0;
  Time at{};
  PacketId transfer{};
  Amount amount{};
  Time arrives_at{};
  std::uint64_t fingerprint = 0;
  Key128 key{};

  bool arrives_at_once() const { return arrives_at == at; }
};
static_assert(sizeof(TransferAccepted) == 64);

// An accepted transfer's time came; its amount left escrow for the recipient's wallet.
struct TransferArrived {
  static constexpr EventType event_type = EventType::transfer_arrived;
  EventType type = event_type;
  std::uint8_t units = 1;
  std::uint16_t reserved16 = 0;
  std::uint32_t reserved32 = 0;
  Time at{};
  PacketId transfer{};
  Amount amount{};
};
static_assert(sizeof(TransferArrived) == 32);

// A transfer ended before it arrived; its amount went back to the sender's wallet.
struct TransferClosed {
  static constexpr EventType event_type = EventType::transfer_closed;
  EventType type = event_type;
  std::uint8_t units = 2;
  TransferState state{};  // declined, cancelled, expired or revoked
  std::uint8_t reserved8 = 0;
  std::uint32_t reserved32 = 0;
  Time at{};
  PacketId transfer{};
  Amount amount{};
  Key128 key{};  // none when it expired or a case revoked it
  std::uint64_t fingerprint = 0;
  CaseId case_id{};  // with revoked
};
static_assert(sizeof(TransferClosed) == 64);

// A share is to be given back, and the recipient's wallet is on another shard: that one is asked
// for the money.  This event is the message.
struct ReturnRequested {
  static constexpr EventType event_type = EventType::return_requested;
  EventType type = event_type;
  std::uint8_t units = 3;
  std::uint16_t share_index = 0;
  std::uint8_t forced = 0;  // by a case: take what is there
  std::uint8_t reserved8[3]{};
  Time at{};
  PacketId packet{};
  UserId user{};
  Amount amount{};
  CaseId case_id{};  // 0: the recipient's own wish
  Key128 key{};
  std::uint64_t fingerprint = 0;
  std::uint64_t reserved64[3]{};
};
static_assert(sizeof(ReturnRequested) == 96);

// What the recipient's shard did about it: `taken` left the wallet and is on its way to the
// packet's shard.  This event is the answer.
struct DebitDecided {
  static constexpr EventType event_type = EventType::debit_decided;
  EventType type = event_type;
  std::uint8_t units = 2;
  std::uint16_t source = 0;  // the packet's shard
  std::uint16_t share_index = 0;
  Status status{};  // ok, or why nothing was taken
  std::uint8_t forced = 0;
  Time at{};
  Sequence source_sequence{};
  PacketId packet{};
  UserId user{};
  Amount wanted{};
  Amount taken{};
  Amount balance{};  // the wallet's, after
};
static_assert(sizeof(DebitDecided) == 64);

// A return ended.  `taken` went to the sender's wallet: from the recipient's wallet on this shard
// (answer_sequence 0), or from another shard, whose debit this answers.
struct ReturnSettled {
  static constexpr EventType event_type = EventType::return_settled;
  EventType type = event_type;
  std::uint8_t units = 3;
  std::uint16_t share_index = 0;
  std::uint16_t answer_shard = 0;
  Status status{};  // ok: the share is returned; else it is held as before, and this is why
  std::uint8_t forced = 0;
  Time at{};
  PacketId packet{};
  UserId user{};
  Amount taken{};
  Amount shortfall{};  // of a forced return: what the wallet did not hold
  Sequence answer_sequence{};
  Key128 key{};
  std::uint64_t fingerprint = 0;
  CaseId case_id{};
  std::int64_t limit = 0;  // that a refusal names
};
static_assert(sizeof(ReturnSettled) == 96);

// A support case was opened.  The operator and the note lie side by side after the fixed bytes.
struct CaseOpened {
  static constexpr EventType event_type = EventType::case_opened;
  EventType type = event_type;
  std::uint8_t units = 0;
  std::uint16_t note_bytes = 0;
  std::uint16_t operator_bytes = 0;
  std::uint16_t reserved16 = 0;
  Time at{};
  CaseId case_id{};
  PacketId subject{};
  UserId user{};
  std::uint64_t fingerprint = 0;
  Key128 key{};
  char texts[limits::operator_bytes_max + limits::note_bytes_max]{};

  std::size_t bytes() const { return offsetof(CaseOpened, texts) + operator_bytes + note_bytes; }
};
static_assert(offsetof(CaseOpened, texts) == 64);

// A support case was decided.  When it is upheld, the events that move the money follow and name
// it.
struct CaseResolved {
  static constexpr EventType event_type = EventType::case_resolved;
  EventType type = event_type;
  std::uint8_t units = 0;
  std::uint16_t note_bytes = 0;
  std::uint16_t operator_bytes = 0;
  Decision decision{};
  std::uint8_t reserved8 = 0;
  Time at{};
  CaseId case_id{};
  UserId user{};  // whose share is forced back
  Key128 key{};
  std::uint64_t fingerprint = 0;
  std::uint64_t reserved64 = 0;
  char texts[limits::operator_bytes_max + limits::note_bytes_max]{};

  std::size_t bytes() const { return offsetof(CaseResolved, texts) + operator_bytes + note_bytes; }
};
static_assert(offsetof(CaseResolved, texts) == 64);

// A command brought a reference whose home is on another shard: that one is asked to book it.  This
// event is the message.  The command itself is not in the journal: after a crash its client sends
// it again.
struct ReferenceRequested {
  static constexpr EventType event_type = EventType::reference_requested;
  EventType type = event_type;
  std::uint8_t units = 2;
  ReferenceUse use{};
  std::uint8_t told = 0;        // 1: an earlier version used it; no key, and no answer is wanted
  std::uint16_t partition = 0;  // of the key
  std::uint16_t reserved16 = 0;
  Time at{};
  ReferenceName reference{};
  Key128 key{};
  std::uint64_t fingerprint = 0;  // of the command
};
static_assert(sizeof(ReferenceRequested) == 56);

// What the home did about it.  This event is the answer, but to a request that was only told.
struct ReferenceDecided {
  static constexpr EventType event_type = EventType::reference_decided;
  EventType type = event_type;
  std::uint8_t units = 2;
  std::uint16_t source = 0;  // the shard that asked
  Status status{};           // ok: it is booked for the request; reference_used
  ReferenceUse use{};
  std::uint8_t told = 0;
  std::uint8_t reserved8 = 0;
  Time at{};
  Sequence source_sequence{};  // the request's
  ReferenceName reference{};
};
static_assert(sizeof(ReferenceDecided) == 40);

// The answer came.  When it is ok, the command's event follows, or a reference_released.
struct ReferenceSettled {
  static constexpr EventType event_type = EventType::reference_settled;
  EventType type = event_type;
  std::uint8_t units = 2;
  std::uint16_t home = 0;  // the shard that answered
  Status status{};
  ReferenceUse use{};
  std::uint16_t reserved16 = 0;
  Time at{};
  Sequence answer_sequence{};
  Sequence request{};
  ReferenceName reference{};
};
static_assert(sizeof(ReferenceSettled) == 48);

// The command was refused after all, or a crash cut it off: the reference is not used.  This event
// is the message.
struct ReferenceReleased {
  static constexpr EventType event_type = EventType::reference_released;
  EventType type = event_type;
  std::uint8_t units = 2;
  ReferenceUse use{};
  std::uint8_t reserved8 = 0;
  std::uint32_t reserved32 = 0;
  Time at{};
  Sequence request{};
  ReferenceName reference{};
};
static_assert(sizeof(ReferenceReleased) == 40);

// The home heard of it.
struct ReferenceFreed {
  static constexpr EventType event_type = EventType::reference_freed;
  EventType type = event_type;
  std::uint8_t units = 2;
  std::uint16_t source = 0;
  ReferenceUse use{};
  std::uint8_t reserved8[3]{};
  Time at{};
  Sequence source_sequence{};
  Sequence request{};
  ReferenceName reference{};
};
static_assert(sizeof(ReferenceFreed) == 48);

// A user of this shard has received as much as a day allows.  This event is the message that tells
// all other shards, which grant the user's claims as well.
struct ReceiveCapReached {
  static constexpr EventType event_type = EventType::receive_cap_reached;
  EventType type = event_type;
  std::uint8_t units = 2;
  std::uint16_t reserved16 = 0;
  std::uint32_t count = 0;  // of shares and transfers received that day, so far
  Time at{};
  UserId user{};
  Amount amount{};        // of them
  std::uint32_t day = 0;  // of the policy
  std::uint32_t reserved32 = 0;
  std::uint64_t reserved64[3]{};
};
static_assert(sizeof(ReceiveCapReached) == 64);

// Another shard has told so.
struct ReceiveCapHeard {
  static constexpr EventType event_type = EventType::receive_cap_heard;
  EventType type = event_type;
  std::uint8_t units = 2;
  std::uint16_t source = 0;
  std::uint32_t count = 0;
  Time at{};
  Sequence source_sequence{};
  UserId user{};
  Amount amount{};
  std::uint32_t day = 0;
  std::uint32_t reserved32 = 0;
  std::uint64_t reserved64[2]{};
};
static_assert(sizeof(ReceiveCapHeard) == 64);

// The recipients that a packet_sent record names.  REQUIRES: the record is of that type and whole.
inline std::span<const UserId> recipients_of(const EventHeader* record, const PacketSent& event) {
  const auto* bytes = reinterpret_cast<const std::byte*>(record);
  return {reinterpret_cast<const UserId*>(bytes + event.recipients_offset()),
          event.recipient_count};
}

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
