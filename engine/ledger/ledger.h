// The ledger of one shard: wallets, packets, and the rules by which money moves between them.
//
// A command is decided against the state (decide may refuse) and yields an event; apply(event) is
// the one way that state changes, live and in recovery.  decide is const and knows nothing of time
// or chance but what it is given, so the same calls always decide alike.
//
// Units:      fen, microseconds.
// Threads:    none.  One shard owns one ledger.
// Cost:       a claim with its rows in the cache is about 50 ns; without, two to three misses more,
//             which prefetch() hides across a batch.  Nothing here allocates but the growth of
//             tables and slabs.
// Errors:     a refusal is a Verdict; an event that does not fit the state is a bug and asserts.
// Invariants: deposits + credits received = wallets + packets + withdrawals + credits sent
//             (totals().balanced(), after every apply); over all shards, what was sent and not yet
//             received is in flight;
//             a packet's total = its claims + what it holds in escrow + what was refunded;
//             a user has at most one claim of a packet; no claim at or after expires_at;
//             a refusal changes nothing.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/checksum.h"
#include "engine/ledger/commands.h"
#include "engine/ledger/credit.h"
#include "engine/ledger/events.h"
#include "engine/ledger/packet_store.h"
#include "engine/ledger/policy.h"
#include "engine/ledger/replay_store.h"
#include "engine/ledger/slab.h"
#include "engine/ledger/status.h"
#include "engine/ledger/wallet_table.h"

namespace hb {

// What a decision came to.
struct Verdict {
  Status status = Status::ok;
  bool replayed = false;     // an earlier command with this key has done it
  std::int64_t limit = 0;    // the bound that a refusal names
  std::uint64_t stored = 0;  // with replayed: what its answer is rebuilt from

  // The event is filled in and wants to be journalled and applied.
  bool accepted() const { return status == Status::ok && !replayed; }
};

// The conservation law's terms, in fen.
struct Totals {
  Amount deposits{};
  Amount withdrawals{};
  Amount wallets{};
  Amount packets{};
  Amount credits_sent{};      // to other shards, ever
  Amount credits_received{};  // from other shards, ever

  bool balanced() const {
    return deposits + credits_received == wallets + packets + withdrawals + credits_sent;
  }
};

struct LedgerCounts {
  std::uint64_t wallets = 0;
  std::uint64_t packets = 0;
  std::uint64_t packets_open = 0;
};

class Ledger {
 public:
  // The ledger of the partitions that `shard` of `shard_count` owns.
  Ledger(const Policy& policy, ShardId shard, std::uint16_t shard_count);

  bool owns(PartitionId partition) const;

  // ---- decide: a refusal, a replay, or an event -----------------------------------------------

  Verdict decide(Time now, const OpenWallet& command, WalletOpened& event) const;
  Verdict decide(Time now, const Deposit& command, MoneyMoved& event) const;
  Verdict decide(Time now, const Withdraw& command, MoneyMoved& event) const;
  // `seed` becomes the packet's secret: the caller draws it at random.
  Verdict decide(Time now, const SendPacket& command, PrfKey seed, PacketSent& event) const;
  // The event is filled in when the answer's status is ok.
  ClaimAnswer decide(Time now, const ClaimItem& claim, Claimed& event) const;
  // Whether the packet is due and holds money; then the event is filled in.
  bool decide_expiry(Time now, PacketStore::Slot slot, Refunded& event) const;

  // Whether the credit is new.  Then the event is filled in.
  bool decide(Time now, ShardId source, const Credit& credit, CreditReceived& event) const;
  // Whether `target` has acknowledged something new.  Then the event is filled in.
  bool decide(Time now, ShardId target, Sequence through, CreditsAcknowledged& event) const;

  // ---- apply: the only way that state changes -------------------------------------------------

  void apply(const WalletOpened& event);
  void apply(const MoneyMoved& event);
  // The slot is the packet's name for the timing wheel.
  PacketStore::Slot apply(const PacketSent& event);
  // `sequence` is the event's own; a credit to another shard is named by it.
  void apply(Sequence sequence, const Claimed& event);
  void apply(const Refunded& event);
  void apply(const CreditReceived& event);
  void apply(const CreditsAcknowledged& event);
  // Any record, by its type; for recovery.
  void apply(Sequence sequence, const EventHeader* record);

  // ---- look -----------------------------------------------------------------------------------

  // REQUIRES: the wallet exists.  `balance` is told instead of today's (for a replayed answer).
  WalletAnswer wallet_answer(UserId user, Amount balance) const;
  SendAnswer send_answer(PacketId packet) const;

  Verdict show(const ShowWallet& query, WalletAnswer& answer) const;
  Verdict peek(Time now, const PeekPacket& query, PeekAnswer& answer) const;
  // Appends the claims to `claims` and tells their range.
  Verdict show(const ShowPacket& query, ShowPacketAnswer& answer,
               std::vector<PacketClaim>& claims) const;

  // Starts to load what deciding and applying the claim will touch; first the rows, then (when
  // those have arrived) the packet's claims.
  void prefetch(const ClaimItem& claim) const;
  void prefetch(UserId user) const;
  void prefetch_claims(const ClaimItem& claim) const { packets_.prefetch_claims(claim.packet); }

  // Calls visit(slot, expires_at) for every open packet, in the order of ids.
  template <class Visit>
  void for_each_open(Visit&& visit) const {
    packets_.for_each([&](PacketId, PacketStore::Slot slot, const PacketRow& row) {
      if (holds_money(row)) visit(slot, row.expires_at);
    });
  }

  // What this shard owes to another.
  const CreditOutbox& outbox(ShardId target) const { return outboxes_[target.value]; }
  // Credits that wait in the fullest outbox.
  std::size_t outbox_size_max() const;

  const Totals& totals() const { return totals_; }
  LedgerCounts counts() const;
  // Bytes of tables and slabs.
  std::size_t bytes() const;
  // The same for equal states, whatever way led there.  Cost: O(state).
  std::uint64_t state_hash() const;

 private:
  static bool holds_money(const PacketRow& row) { return row.state == PacketState::open; }

  // Nothing (go on deciding), or the end of a keyed command: a replay or a conflict.
  bool replay(Time now, PartitionId partition, Key128 key, std::uint64_t fingerprint,
              Verdict& verdict) const;
  void remember(Time now, PartitionId partition, const ReplayRow& row);

  const WalletRow* find_wallet(UserId user) const;
  WalletTable& wallets_of(UserId user);
  Amount balance_of(UserId user) const;
  void credit(UserId user, Amount amount, Time now);
  void credit_or_send(Sequence sequence, UserId user, Amount amount, Time now);
  void debit(UserId user, Amount amount);

  std::uint32_t store_text(std::string_view first, std::string_view second = {});
  std::string_view text(std::uint32_t run, std::size_t offset, std::size_t size) const;

  PacketSummary summary(PacketId id, const PacketRow& row) const;
  Digest256 seed_commitment(const PacketRow& row) const;
  const ClaimCell* find_claim(const PacketRow& row, UserId user, std::uint16_t& index) const;

  struct TextCell {
    char bytes[16];
  };

  Policy policy_;
  std::uint16_t shard_count_;
  PartitionId first_;
  std::uint32_t partition_count_;
  Slab<WalletRow> wallet_rows_;
  std::vector<WalletTable> wallets_;  // by partition, from first_
  Slab<ReplayRow> replay_rows_;
  std::vector<ReplayStore> replays_;  // by partition, from first_
  PacketStore packets_;
  Slab<TextCell> texts_;
  std::vector<CreditOutbox> outboxes_;      // by shard
  std::vector<Sequence> credits_received_;  // by shard: its last credit that was applied here
  Totals totals_;
  std::uint64_t packets_open_ = 0;
};

}  // namespace hb
