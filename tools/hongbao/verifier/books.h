// The books of one shard, kept a second time: what the journal's events add up to.
//
// This is the verifier's own, deliberately naive bookkeeping.  It shares no rule with the ledger,
// only the layout of events, so that a mistake in the ledger cannot hide here too.  Every event is
// checked against what came before it and then booked as it was recorded, right or wrong: an
// event's recorded balance is believed, a closed packet holds nothing.  So money that an event
// loses or invents is missing or left over when the conservation law is checked at the end.
//
// Units:   fen, microseconds.
// Cost:    ordered maps; about a microsecond an event.
// Memory:  about 130 bytes a packet and 100 a wallet, 8 more for each claim of an open packet, and
//          100 for each key of the last 48 hours.
// Threads: none.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/units.h"
#include "engine/journal/format.h"
#include "engine/journal/reader.h"
#include "engine/ledger/events.h"
#include "tools/hongbao/verifier/violation.h"

namespace hb::verifier {

// What the books come to.  Sums are fen; they are plain numbers, since a forged journal may hold
// sums that an Amount would not stand.
struct Figures {
  std::uint64_t events = 0;
  Time first_at{};
  Time last_at{};

  std::uint64_t wallets = 0;
  std::uint64_t packets_open = 0;
  std::uint64_t packets_sold_out = 0;
  std::uint64_t packets_refunded = 0;
  std::uint64_t claims = 0;

  std::int64_t deposits_fen = 0;
  std::int64_t withdrawals_fen = 0;
  std::int64_t wallets_fen = 0;  // what the wallets hold
  std::int64_t packets_fen = 0;  // what the packets hold, in escrow
  std::int64_t sent_fen = 0;
  std::int64_t claimed_fen = 0;
  std::int64_t refunded_fen = 0;
  std::int64_t credits_sent_fen = 0;      // to users of other shards, ever
  std::int64_t credits_received_fen = 0;  // from other shards, ever

  // Sent by one shard and not yet received by the other; over all shards.
  std::int64_t in_flight_fen() const { return credits_sent_fen - credits_received_fen; }
  std::uint64_t packets() const { return packets_open + packets_sold_out + packets_refunded; }
  // The conservation law.
  bool conserved() const;
};

struct Wallet {
  std::int64_t balance_fen = 0;
  bool opened = false;  // by a command, which happens once
};

struct Packet {
  UserId sender{};
  Time expires_at{};
  std::int64_t total_fen = 0;
  std::int64_t escrow_fen = 0;
  std::int64_t claimed_fen = 0;
  std::int64_t refunded_fen = 0;
  std::uint32_t share_fen_min = 0;
  std::uint32_t share_fen_max = 0;
  std::uint16_t share_count = 0;
  std::uint16_t claimed_count = 0;
  PacketKind kind{};
  PacketState state = PacketState::open;
  std::vector<UserId> claimers{};  // while the packet is open
};

// Money that one shard paid to a user of another.
struct CreditRecord {
  Sequence sequence{};  // of the event in the paying shard's journal
  UserId user{};
  std::int64_t fen = 0;
  Place place{};  // of the event that was read
};

// What passed between this shard and one other, in the order of this shard's journal.
struct CreditHistory {
  std::vector<CreditRecord> sent{};
  std::vector<CreditRecord> received{};
  Sequence acknowledged{};  // the other shard is said to have what was sent, up to this event
};

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
  const std::map<UserId, Wallet>& wallets() const { return wallets_; }
  const std::map<PacketId, Packet>& packets() const { return packets_; }
  // By the other shard.
  const std::map<ShardId, CreditHistory>& credits() const { return credits_; }
  Sequence last_sequence() const { return last_sequence_; }

 private:
  struct EventRule;
  using KeyPlace = std::pair<PartitionId, Key128>;

  static const EventRule* rule_for(EventType type);
  template <class Event, void (Books::*book)(const Event&)>
  void read_and_book(const EventHeader* record) {
    (this->*book)(read_event<Event>(record));
  }

  void check_order(const journal::Record& record);
  void check_key(PartitionId partition, Key128 key);
  void check_home(PartitionId partition, const char* what, std::uint64_t id);
  bool check_amount(std::int64_t fen);

  void open_wallet(const WalletOpened& event);
  void deposit(const MoneyMoved& event);
  void withdraw(const MoneyMoved& event);
  void send(const PacketSent& event);
  void claim(const Claimed& event);
  void refund(const Refunded& event);
  void receive_credit(const CreditReceived& event);
  void acknowledge_credits(const CreditsAcknowledged& event);

  void check_packet_id(const PacketSent& event);
  void check_terms(const PacketSent& event);
  void check_share(const Packet& packet, const Claimed& event);
  void check_share_amount(const Packet& packet, const Claimed& event);
  void take_share(Packet& packet, const Claimed& event);

  Packet* find_packet(PacketId packet);
  void credit(UserId user, std::int64_t fen);
  void credit_or_send(UserId user, std::int64_t fen);
  // Takes `fen` out of (or, negative, into) the wallet and believes the recorded balance.
  void settle(UserId user, std::int64_t change_fen, std::int64_t recorded_fen);
  void add(std::int64_t& sum_fen, std::int64_t fen);
  void count(PacketId id, const Packet& packet);
  void violate(Rule rule, std::string what);

  journal::Identity identity_;
  Violations* violations_;
  Place here_{};
  Time now_{};
  Figures figures_;
  std::map<UserId, Wallet> wallets_;
  std::map<PacketId, Packet> packets_;
  std::map<ShardId, CreditHistory> credits_;
  Sequence last_sequence_{};
  std::map<PartitionId, std::uint64_t> last_number_;  // of the partition's packets
  std::map<KeyPlace, Time> keys_;
  std::deque<std::pair<Time, KeyPlace>> key_order_;  // oldest first
};

}  // namespace hb::verifier
