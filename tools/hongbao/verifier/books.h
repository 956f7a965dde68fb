// The books of one shard, kept a second time: what the journal's events add up to.
//
// This is the verifier's own, deliberately naive bookkeeping.  It shares no rule with the ledger,
// only the layout of events, so that a mistake in the ledger cannot hide here too.  Every event is
// checked against what came before it and then booked as it was recorded, right or wrong: an
// event's recorded balance is believed, a closed packet holds nothing.  So money that an event
// loses or invents is missing or left over when the conservation law is checked at the end.
//
// What a policy may set (share bounds, caps, windows, tries) is no rule here: an event records the
// terms that held for it.
//
// The rules lie in files of their own: wallets.cc, packets.cc, transfers.cc, returns.cc, cases.cc,
// references.cc; books.cc has what they share, the messages between shards, and the end.
//
// Units:   fen, microseconds.
// Cost:    hash maps; about a microsecond an event, most of it waiting for memory.
// Memory:  about 250 bytes a packet or transfer and 100 a wallet, 16 more for each claim, 128 for
//          each message between shards, 200 for each reference, and 100 for each key of the last
//          48 hours.
// Threads: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/units.h"
#include "engine/journal/format.h"
#include "engine/journal/reader.h"
#include "engine/ledger/events.h"
#include "tools/hongbao/verifier/figures.h"
#include "tools/hongbao/verifier/message.h"
#include "tools/hongbao/verifier/rows.h"
#include "tools/hongbao/verifier/violation.h"

namespace hb::verifier {

class Books {
 public:
  // `violations` outlives the books.
  Books(const journal::Identity& identity, Violations& violations)
      : identity_(identity), violations_(&violations) {}

  // Checks and books one event; `position` is for messages.
  // Errors: newer_format for an event of an unknown type, which nobody here can book.
  Result<void> record(const journal::Record& record, journal::Position position);

  // Counts what there is and checks the laws that hold at the end.  To be called once.
  const Figures& close();

  const journal::Identity& identity() const { return identity_; }
  const Figures& figures() const { return figures_; }
  const std::unordered_map<UserId, Wallet>& wallets() const { return wallets_; }
  const std::unordered_map<PacketId, Packet>& packets() const { return packets_; }
  const std::map<PacketId, Transfer>& transfers() const { return transfers_; }
  const std::map<PacketId, Payout>& payouts() const { return payouts_; }
  const std::map<CaseId, Case>& cases() const { return cases_; }
  // The references that events of this shard use, and say to be the first to.
  using ReferenceUses = std::map<ReferenceName, Place>;
  const ReferenceUses& reference_uses() const { return reference_uses_; }
  // By the other shard.
  const std::map<ShardId, MessageHistory>& messages() const { return messages_; }
  Sequence last_sequence() const { return last_sequence_; }

 private:
  struct EventRule;
  using KeyPlace = std::pair<PartitionId, Key128>;
  struct KeyPlaceHash {
    std::size_t operator()(const KeyPlace& place) const noexcept;
  };
  using ShareName = std::pair<PacketId, std::uint16_t>;
  // Somebody's share of a packet, or the transfer that arrived: what can be returned.
  struct Held {
    UserId sender{};
    std::int64_t fen = 0;       // the share
    std::int64_t owed_fen = 0;  // of it, what can still be returned
    bool frozen = false;
    ShareState* state = nullptr;
    std::int64_t* returned_fen = nullptr;
    TransferState* transfer_state = nullptr;  // of transfers only
  };

  static const EventRule* rule_for(EventType type);
  template <class Event, void (Books::*book)(const Event&)>
  void read_and_book(const EventHeader* record) {
    (this->*book)(read_event<Event>(record));
  }
  void read_and_send(const EventHeader* record);

  // ---- any event
  void check_order(const journal::Record& record);
  void check_key(PartitionId partition, Key128 key);
  bool is_home(PartitionId partition) const;
  void check_home(PartitionId partition, const char* what, std::uint64_t id);
  void check_home(UserId user);
  void check_home(PacketId packet);
  void check_home(CaseId id);
  void check_next_id(UserId sender, PacketId id);
  void check_operator(std::size_t bytes);
  bool check_amount(std::int64_t fen);

  // ---- wallets
  void open_wallet(const WalletOpened& event);
  void deposit(const MoneyMoved& event);
  void withdraw(const MoneyMoved& event);
  void set_wallet(const WalletSet& event);
  void freeze(const FreezeSet& event);
  bool* frozen_mark(const FreezeSet& event);
  const Wallet* find_wallet(UserId user) const;
  void check_not_frozen(UserId user);
  void credit(UserId user, std::int64_t fen);
  void debit(UserId user, std::int64_t fen);
  // Adds to (or, negative, takes from) the wallet and believes the recorded balance.
  void settle(UserId user, std::int64_t change_fen, std::int64_t recorded_fen);
  void check_balance(UserId user, std::int64_t recorded_fen);

  // ---- packets
  void send(const PacketSent& event, std::span<const UserId> recipients);
  void claim(const Claimed& event);
  void try_code(const CodeTried& event);
  void refund(const Refunded& event);
  void recall(const PacketRecalled& event);
  void confirm_payout(const PayoutConfirmed& event);
  void check_terms(const PacketSent& event);
  void check_split(const PacketSent& event);
  void check_recipients(const PacketSent& event, std::span<const UserId> recipients);
  void check_times(const PacketSent& event);
  void check_claimer(const Packet& packet, const Claimed& event);
  void check_share(const Packet& packet, const Claimed& event);
  void check_share_amount(const Packet& packet, const Claimed& event);
  void take_share(Packet& packet, const Claimed& event);
  void check_rest(PacketId id, const Packet& packet, std::int64_t fen);
  void check_route(PacketId id, const Packet& packet, RefundRoute route);
  void give_back(PacketId id, Packet& packet, std::int64_t fen, RefundRoute route,
                 PacketState state);
  void close_packet(PacketId id, Packet& packet, PacketState state);
  Packet* find_packet(PacketId packet);
  void check_thawed(PacketId id, bool frozen);

  // ---- transfers
  void send_transfer(const TransferSent& event);
  void accept_transfer(const TransferAccepted& event);
  void arrive_transfer(const TransferArrived& event);
  void close_transfer(const TransferClosed& event);
  void check_transfer_terms(const TransferSent& event);
  void check_closing(const Transfer& transfer, const TransferClosed& event);
  bool check_transfer_state(PacketId id, const Transfer& transfer, bool fits, const char* end);
  void check_in_time(PacketId id, Time at, Time end, const char* what);
  void check_time_come(PacketId id, Time at, Time start, const char* what);
  void empty_transfer(PacketId id, Transfer& transfer, std::int64_t fen, TransferState state);
  void arrive(PacketId id, Transfer& transfer, std::int64_t fen);
  Transfer* find_transfer(PacketId transfer);

  // ---- returns
  void request_return(const ReturnRequested& event);
  void decide_debit(const DebitDecided& event);
  void settle_return(const ReturnSettled& event);
  void check_debit(const DebitDecided& event);
  bool check_debit_amounts(const DebitDecided& event);
  void check_cause(ShareName name, UserId user, bool forced, CaseId id);
  void check_returnable(ShareName name, const Held& share, bool forced);
  bool take_answer(const ReturnSettled& event);
  void take_here(const ReturnSettled& event);
  void check_settled(const ReturnSettled& event, const Held& share);
  void end_return(const ReturnSettled& event, const Held& share);
  std::optional<Held> find_share(ShareName name, UserId user);
  std::optional<Held> held_share(ShareName name, UserId user);

  // ---- cases
  void open_case(const CaseOpened& event);
  void resolve_case(const CaseResolved& event);
  bool has_share(PacketId subject, UserId user) const;
  void check_case_user(PacketId subject, UserId user, bool somebody);
  // The case gives the right to this event, once.
  void check_redress(CaseId id, PacketId subject, UserId user);

  // ---- references
  void use_reference(ReferenceUse use, std::string_view text, bool booked, Key128 key);
  void request_reference(const ReferenceRequested& event);
  void decide_reference(const ReferenceDecided& event);
  void settle_reference(const ReferenceSettled& event);
  void release_reference(const ReferenceReleased& event);
  void free_reference(const ReferenceFreed& event);
  ShardId home_of(const ReferenceName& name) const;

  // ---- messages between shards
  void receive_credit(const CreditReceived& event);
  void reach_cap(const ReceiveCapReached& event);
  void hear_of_cap(const ReceiveCapHeard& event);
  void acknowledge_messages(const CreditsAcknowledged& event);
  void credit_or_send(UserId user, std::int64_t fen);
  void send_message(ShardId target, Message message);
  // False, and a violation, when there is no such other shard.
  bool receive_message(std::uint16_t source, Message message);

  // ---- the end
  void count(PacketId id, const Packet& packet);
  void count(PacketId id, const Transfer& transfer);
  void count(const Payout& payout);
  void count(const Case& support_case);
  // Adds to what a wallet, a packet or a case holds; what does not fit 64 bits is a violation.
  void add(std::int64_t& sum_fen, std::int64_t fen);
  void violate(Rule rule, std::string what);

  journal::Identity identity_;
  Violations* violations_;
  Place here_{};
  Time now_{};
  Figures figures_;
  std::unordered_map<UserId, Wallet> wallets_;
  std::unordered_map<PacketId, Packet> packets_;
  std::map<PacketId, Transfer> transfers_;
  std::map<PacketId, Payout> payouts_;
  std::map<PacketId, std::map<UserId, std::uint16_t>> code_tries_;  // of open packets
  std::map<ShareName, PendingReturn> pending_returns_;
  std::map<ShareName, std::int64_t> shortfalls_fen_;  // of shares returned short
  std::map<CaseId, Case> cases_;
  // A request for a reference that has not ended.
  struct ReferenceAsked {
    ReferenceName reference{};
    Key128 key{};
    bool granted = false;
  };
  std::map<Sequence, ReferenceAsked> references_asked_;
  // At this shard, their home: by which event of which shard; this shard's own: none.
  std::map<ReferenceName, std::pair<ShardId, Sequence>> references_booked_;
  ReferenceUses reference_uses_;
  std::map<ShardId, MessageHistory> messages_;
  Sequence last_sequence_{};
  std::map<PartitionId, std::uint64_t> last_number_;       // of the partition's packets
  std::map<PartitionId, std::uint64_t> last_case_number_;  // likewise
  std::unordered_map<KeyPlace, Time, KeyPlaceHash> keys_;
  std::deque<std::pair<Time, KeyPlace>> key_order_;  // oldest first
};

}  // namespace hb::verifier
