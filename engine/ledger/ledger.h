// The ledger of one shard: wallets, packets, transfers and cases, and the rules by which money
// moves between them.
//
// A command is decided against the state (decide may refuse) and yields an event; apply(event) is
// the one way that state changes, live and in recovery.  decide is const and knows nothing of time
// or chance but what it is given, so the same calls always decide alike.
//
// Units:      fen, microseconds.
// Threads:    none.  One shard owns one ledger.
// Cost:       a claim with its rows in the cache is about 50 ns; without, two to three misses more,
//             which prefetch() hides across a batch.  Nothing here allocates but the growth of
//             tables and slabs, and what support, payouts and wrong codes leave behind.
// Errors:     a refusal is a Verdict; an event that does not fit the state is a bug and asserts.
// Invariants: deposits + external funding + received = wallets + packets + transfers + withdrawals
// +
//             payouts + sent (totals().balanced(), after every apply); over all shards, what was
//             sent and not yet received is in flight;
//             a packet's total = its claims + what it holds in escrow + what was refunded;
//             a user has at most one claim of a packet; no claim at or after expires_at;
//             a share is returned at most once, and what a case found missing stays owed;
//             an external reference is used at most once, over all shards;
//             a refusal changes nothing (a wrong code apart, which is an event of its own).
//
// The rules lie in files of their own: wallets.cc, packets.cc, transfers.cc, returns.cc, cases.cc,
// references.cc;
// ledger.cc has what they share, views.cc what can be looked at.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/amount_sum.h"
#include "engine/base/checksum.h"
#include "engine/ledger/code_tries.h"
#include "engine/ledger/commands.h"
#include "engine/ledger/daily_usage.h"
#include "engine/ledger/events.h"
#include "engine/ledger/message.h"
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
  // The event is filled in, but its reference's home is on another shard, which is to be asked.
  bool asks_home = false;

  // The event is filled in and wants to be journalled and applied.
  bool accepted() const { return status == Status::ok && !replayed && !asks_home; }
};

// How a return goes on.
struct ReturnPlan {
  enum class Step : std::uint8_t {
    settle,   // the recipient's wallet is here: `settled` wants to be journalled and applied
    request,  // it is on another shard: `requested` does; the end comes later
    wait,     // this very command is under way: the reply comes with its end
  };
  Step step = Step::settle;
  PacketId packet{};
  std::uint16_t share_index = 0;
  ReturnSettled settled{};
  ReturnRequested requested{};
};

// What happens when a packet's or transfer's time has come; nothing when it is not due.
using DueEvent = std::variant<std::monostate, Refunded, TransferClosed, TransferArrived>;

// What an upheld case does; nothing when none is due.
using Redress = std::variant<std::monostate, TransferClosed, ReturnPlan>;

// What a message from another shard becomes here; nothing when it was seen before.
using MessageEvent =
    std::variant<std::monostate, CreditReceived, DebitDecided, ReturnSettled, ReferenceDecided,
                 ReferenceSettled, ReferenceFreed, ReceiveCapHeard>;

// The conservation law's terms, in fen.
struct Totals {
  // What has passed, ever.
  AmountSum deposits{};
  AmountSum external_funding{};
  AmountSum withdrawals{};
  AmountSum payouts_paid{};
  AmountSum sent{};      // to other shards
  AmountSum received{};  // from other shards
  // What is there.
  Amount wallets{};
  Amount packets{};
  Amount transfers{};
  Amount payouts_owed{};

  Amount held() const { return wallets + packets + transfers + payouts_owed; }
  bool balanced() const {
    return deposits + external_funding + received == held() + withdrawals + payouts_paid + sent;
  }
};

struct LedgerCounts {
  std::uint64_t wallets = 0;
  std::uint64_t packets = 0;       // transfers included
  std::uint64_t packets_open = 0;  // that hold money, transfers included
};

class Ledger {
 public:
  // A share of a packet; an arrived transfer is share 0.
  struct ShareName {
    PacketId packet{};
    std::uint16_t index = 0;
    friend auto operator<=>(const ShareName&, const ShareName&) = default;
  };

  // A key belongs to the partition of what its command is about.
  using KeyPlace = std::pair<PartitionId, Key128>;

  // The ledger of the partitions that `shard` of `shard_count` owns.  `ahead`, if any, outlives it.
  Ledger(const Policy& policy, ShardId shard, std::uint16_t shard_count,
         MemoryAhead* ahead = nullptr);

  bool owns(PartitionId partition) const;

  // ---- decide: a refusal, a replay, or an event -----------------------------------------------

  Verdict decide(Time now, const OpenWallet& command, WalletOpened& event) const;
  Verdict decide(Time now, const Deposit& command, MoneyMoved& event) const;
  Verdict decide(Time now, const Withdraw& command, MoneyMoved& event) const;
  Verdict decide(Time now, const SetRefundTarget& command, WalletSet& event) const;
  Verdict decide(Time now, const FreezeWallet& command, std::string_view note,
                 FreezeSet& event) const;

  // `seed` becomes the packet's secret: the caller draws it at random.  The recipients, if any, go
  // into the record behind the event.
  Verdict decide(Time now, const SendPacket& command, std::span<const UserId> recipients,
                 PrfKey seed, PacketSent& event) const;
  // The event is filled in when the answer's status is ok.
  ClaimAnswer decide(Time now, const ClaimItem& claim, Claimed& event) const;
  // `claimed` is filled in when the answer's status is ok, `tried` when it is code_wrong.
  ClaimAnswer decide(Time now, const ClaimWithCode& claim, Claimed& claimed,
                     CodeTried& tried) const;
  Verdict decide(Time now, const RecallPacket& command, PacketRecalled& event) const;
  Verdict decide(Time now, const ConfirmPayout& command, PayoutConfirmed& event) const;
  Verdict decide(Time now, const FreezePacket& command, std::string_view note,
                 FreezeSet& event) const;

  Verdict decide(Time now, const SendTransfer& command, TransferSent& event) const;
  Verdict decide(Time now, const AcceptTransfer& command, TransferAccepted& event) const;
  Verdict decide(Time now, const DeclineTransfer& command, TransferClosed& event) const;
  Verdict decide(Time now, const CancelTransfer& command, TransferClosed& event) const;

  Verdict decide(Time now, const ReturnShare& command, ReturnPlan& plan) const;
  Verdict decide(Time now, const ReturnTransfer& command, ReturnPlan& plan) const;

  Verdict decide(Time now, const OpenCase& command, std::string_view note, CaseOpened& event) const;
  Verdict decide(Time now, const ResolveCase& command, std::string_view note,
                 CaseResolved& event) const;
  // What an upheld case is still owed, if one is: to be asked until nothing is left, after every
  // case_resolved and at the start.
  Redress decide_redress(Time now) const;

  // Where the command's key is stored; nothing for a command without key.
  static std::optional<KeyPlace> key_place(const Command& command);
  // Whether the command was carried out before, or its return is under way: deciding it once more
  // yields its stored answer and no event.  Of a batch of claims each claim is asked for alone.
  bool carried_out(Time now, const Command& command) const;
  // The first answer to a claim that was carried out.
  std::optional<ClaimAnswer> first_answer(const ClaimItem& claim) const;

  // Whether the books have room for a credit from another shard.  While they have none, messages
  // wait at their source.
  bool has_room_for_credits() const { return totals_.held() < Amount{limits::held_max}; }

  // What the time of this packet or transfer brings, if it has come.
  DueEvent decide_due(Time now, PacketStore::Slot slot) const;

  // The request for the reference of an event that asks_home.
  static ReferenceRequested request_for(const PacketSent& event);
  static ReferenceRequested request_for(const MoneyMoved& event);
  static ReferenceRequested request_for(const PayoutConfirmed& event);
  // Whose request it is.  REQUIRES: it is under way.
  KeyPlace asked_by(Sequence request) const { return pending_references_.at(request).place; }
  // Whether this command's request is under way.
  bool reference_asked(KeyPlace place) const { return references_asked_.contains(place); }
  // A command whose reference is booked and waits for it: it is to be decided again now, and if
  // nothing comes of it, the reference is released.  After a crash there is no command any more.
  std::optional<KeyPlace> granted_reference() const;
  // False when the command has used it.  Else the event is filled in.
  bool decide_release(Time now, KeyPlace place, ReferenceReleased& event) const;
  // A use by an earlier version that its home on another shard does not know, if there is one.
  bool decide_tell(Time now, ReferenceRequested& event) const;
  bool has_untold_references() const { return !references_untold_.empty(); }

  MessageEvent decide(Time now, ShardId source, const Message& message) const;
  // Whether a user of this shard has reached the day's cap of what is received, and the other
  // shards have not been told.  Then the event is filled in; to be asked until there is none.
  bool decide(Time now, ReceiveCapReached& event) const;
  bool has_caps_to_tell() const { return !caps_to_tell_.empty(); }
  // Whether `target` has acknowledged something new.  Then the event is filled in.
  bool decide(Time now, ShardId target, Sequence through, CreditsAcknowledged& event) const;

  // ---- apply: the only way that state changes -------------------------------------------------
  // `sequence` is the event's own; a message to another shard is named by it.

  void apply(const WalletOpened& event);
  void apply(const MoneyMoved& event);
  void apply(const WalletSet& event);
  void apply(const FreezeSet& event);
  // The slot is the packet's name for the timing wheel.
  PacketStore::Slot apply(const PacketSent& event, std::span<const UserId> recipients);
  void apply(Sequence sequence, const Claimed& event);
  void apply(const CodeTried& event);
  void apply(const Refunded& event);
  void apply(const PacketRecalled& event);
  void apply(const PayoutConfirmed& event);
  PacketStore::Slot apply(const TransferSent& event);
  void apply(Sequence sequence, const TransferAccepted& event);
  void apply(Sequence sequence, const TransferArrived& event);
  void apply(const TransferClosed& event);
  void apply(Sequence sequence, const ReturnRequested& event);
  void apply(Sequence sequence, const DebitDecided& event);
  void apply(const ReturnSettled& event);
  void apply(const CaseOpened& event);
  void apply(const CaseResolved& event);
  void apply(Sequence sequence, const ReferenceRequested& event);
  void apply(Sequence sequence, const ReferenceDecided& event);
  void apply(const ReferenceSettled& event);
  void apply(Sequence sequence, const ReferenceReleased& event);
  void apply(const ReferenceFreed& event);
  void apply(const CreditReceived& event);
  void apply(Sequence sequence, const ReceiveCapReached& event);
  void apply(const ReceiveCapHeard& event);
  void apply(const CreditsAcknowledged& event);
  // Any record, by its type; for recovery.
  void apply(Sequence sequence, const EventHeader* record);

  // ---- look -----------------------------------------------------------------------------------

  // The answers of keyed commands; `stored` is their verdict's, or, the first time, what the
  // functions below say.  REQUIRES: what they name exists.
  WalletAnswer wallet_answer(UserId user, std::uint64_t stored) const;
  std::uint64_t wallet_stored(UserId user) const;
  SendAnswer send_answer(PacketId packet) const;
  static RecallAnswer recall_answer(PacketId packet, std::uint64_t stored);
  static std::uint64_t recall_stored(const PacketRecalled& event);
  // As the transfer stood in that state; arrives_at holds for accepted and arrived.
  TransferAnswer transfer_answer(PacketId transfer, TransferState state, Time arrives_at) const;
  // The same for a closed one, whose arrives_at stays as it was.
  TransferAnswer closed_transfer_answer(PacketId transfer, TransferState state) const;
  Payout payout(PacketId packet) const;
  const CaseRecord& case_record(CaseId id) const;
  CaseRecord case_as_opened(CaseId id) const;

  Verdict show(const ShowWallet& query, WalletAnswer& answer) const;
  Verdict show(const CheckRecipient& query, RecipientAnswer& answer) const;
  Verdict peek(Time now, const PeekPacket& query, PeekAnswer& answer) const;
  // Appends claims, their states and recipients to the batch's vectors and tells their ranges.
  Verdict show(const ShowPacket& query, ShowPacketAnswer& answer, ReplyBatch& batch) const;
  Verdict show(const ShowTransfer& query, TransferAnswer& answer) const;
  Verdict show(const ListPayouts& query, PayoutListAnswer& answer, ReplyBatch& batch) const;
  Verdict show(const ShowCase& query, CaseAnswer& answer, ReplyBatch& batch) const;

  // The share whose forced return the case waits for, if it does.
  std::optional<ShareName> awaited_by(CaseId id) const;

  // Starts to load what deciding and applying the claims will touch; first where the packets lie,
  // then the rows, then the packets' claims, each step when the one before has arrived.  Several
  // claims at a time, since the processor then looks for many lines at once.
  void prefetch_places(std::span<const ClaimItem> claims) const;
  void prefetch_rows(std::span<const ClaimItem> claims) const;
  void prefetch_claims(std::span<const ClaimItem> claims) const;
  void prefetch(UserId user) const;
  // The same for another command that opens a packet or moves a wallet's money; nothing for the
  // rest.
  void prefetch(const Command& command) const;
  // The three steps for what applying a record will touch, in recovery.
  void prefetch_places(const EventHeader* record) const;
  void prefetch_rows(const EventHeader* record) const;
  void prefetch_claims(const EventHeader* record) const;
  // What decide_due(slot) will look at.
  template <class Timers>
  void prefetch_due(const Timers& timers) const {
    packets_.prefetch_due(timers);
  }

  struct Timer {
    PacketStore::Slot slot = 0;
    Time due{};
  };
  // When the packet's or transfer's time comes; nothing when it holds no money.
  std::optional<Timer> timer_of(PacketId id) const;
  // Calls visit(slot, due) for everything that holds money, in the order of ids.
  template <class Visit>
  void for_each_timer(Visit&& visit) const {
    packets_.for_each([&](PacketId, PacketStore::Slot slot, const PacketRow& row) {
      if (holds_money(row)) visit(slot, due_at(row));
    });
  }

  // What this shard has to tell another.
  const Outbox& outbox(ShardId target) const { return outboxes_[target.value]; }
  // The last message of that shard that was applied here; 0: none.
  Sequence received_from(ShardId source) const { return received_[source.value]; }
  // Messages that wait in the fullest outbox.
  std::size_t outbox_size_max() const;

  const Totals& totals() const { return totals_; }
  LedgerCounts counts() const;
  // Bytes of tables and slabs.
  std::size_t bytes() const;
  // The same for equal states, whatever way led there.  Cost: O(state).
  std::uint64_t state_hash() const;

 private:
  // A return whose answer from another shard is awaited.
  struct PendingReturn {
    UserId user{};
    Amount amount{};
    bool forced = false;
    CaseId case_id{};
    Key128 key{};
    std::uint64_t fingerprint = 0;
  };
  // A reference that was asked for at its home.
  struct PendingReference {
    KeyPlace place{};
    ReferenceUse use{};
    ReferenceName reference{};
  };
  // Which request a reference is booked for; sequence 0: it was used on this shard itself.
  struct ReferenceOwner {
    Sequence request{};
    ShardId shard{};
    friend bool operator==(const ReferenceOwner&, const ReferenceOwner&) = default;
  };
  struct ReferenceHash {
    std::size_t operator()(const ReferenceName& name) const noexcept { return name.high; }
  };
  using ReferenceTable = std::unordered_map<ReferenceName, ReferenceOwner, ReferenceHash>;
  struct PayoutRow {
    Amount amount{};
    Time owed_at{};
    Time confirmed_at{};
    Reference confirmation{};
  };
  struct CaseRow {
    CaseRecord record{};
    UserId opened_for{};
  };
  struct Debit {
    Status status = Status::ok;
    Amount taken{};
    Amount balance{};  // after
  };

  // ---- shared by all rules
  // What a command with a key, or its event, touches.
  void prefetch(UserId user, Key128 key, bool opens_packet) const;
  bool replay(Time now, PartitionId partition, Key128 key, std::uint64_t fingerprint,
              Verdict& verdict) const;
  void remember(Time now, PartitionId partition, const ReplayRow& row);
  std::uint32_t index_of(PartitionId partition) const { return partition.value - first_.value; }
  Verdict check_room(Amount amount) const;

  const WalletRow* find_wallet(UserId user) const;
  // The wallet, unless only a credit made it and the policy wants a command.
  const WalletRow* find_usable_wallet(UserId user) const;
  WalletTable& wallets_of(UserId user);
  std::string_view name_of(const WalletRow& wallet) const;
  Amount balance_of(UserId user) const;
  void credit(UserId user, Amount amount, Time now);
  void credit_or_send(Sequence sequence, UserId user, Amount amount, Time now);
  void debit(UserId user, Amount amount);
  void send_message(const Message& message);
  void receive(std::uint16_t source, Sequence sequence);

  Verdict check_caps(Time now, UserId sender, Amount amount) const;
  Verdict check_receipt(Time now, UserId user, Amount amount) const;
  void count_receipt(UserId user, Amount amount, Time at);
  bool reaches_receive_cap(const Usage& usage) const;
  std::uint32_t day_number(Time at) const;
  std::uint32_t cap_day(Time now) const;
  void count_usage(UserId sender, std::uint32_t day, Amount amount);

  std::uint32_t store_text(std::string_view first, std::string_view second = {});
  std::string_view text(std::uint32_t run, std::size_t offset, std::size_t size) const;

  // ---- references
  ReferenceTable& references_of(const ReferenceName& name);
  bool reference_is_used(const ReferenceName& name) const;
  Verdict check_reference(ReferenceUse use, std::string_view reference, KeyPlace place) const;
  void use_reference(ReferenceUse use, std::string_view reference, bool booked, KeyPlace place);
  void end_request(Sequence request);

  // ---- packets
  static bool holds_money(const PacketRow& row);
  Time due_at(const PacketRow& row) const;
  const PacketRow* find_packet(PacketId id) const;
  PacketRow& packet_row(PacketId id);
  Verdict check_funds(Time now, const SendPacket& command) const;
  void draw_ahead(const PacketRow& packet);
  ClaimAnswer gate(Time now, const PacketRow& packet, UserId user) const;
  ClaimAnswer standing(Time now, const PacketRow* packet, UserId user) const;
  ClaimAnswer grant(Time now, const PacketRow& packet, const ClaimItem& claim,
                    Claimed& event) const;
  ClaimAnswer bar(Time now, PacketId id, const PacketRow& packet, UserId user) const;
  void forget_codes(PacketId id, const PacketRow& packet);
  RefundRoute refund_route(const PacketRow& packet) const;
  void give_back(PacketId id, Amount amount, RefundRoute route, PacketState state, Time at);

  // ---- transfers
  const PacketRow* find_transfer(PacketId id) const;
  static Verdict check_not_over(const PacketRow& transfer);
  Verdict check_pending(Time now, const PacketRow& transfer, UserId recipient) const;
  static TransferClosed closing(Time now, PacketId id, const PacketRow& transfer,
                                TransferState state);
  PacketRow& empty_transfer(PacketId id, Amount amount, TransferState state);
  void arrive(Sequence sequence, PacketId id, Amount amount, Time at);
  void arrive_no_earlier(const PacketRow& row, Time at);

  // ---- returns and cases
  Verdict plan_return(Time now, ShareName name, const PacketRow& row, Time end, PendingReturn terms,
                      ReturnPlan& plan) const;
  ReturnPlan make_plan(Time now, ShareName name, const PendingReturn& terms) const;
  Debit decide_debit(UserId user, Amount wanted, bool forced) const;
  Amount share_amount(const PacketRow& row, std::uint16_t index) const;
  Amount still_owed(ShareName name, const PacketRow& row) const;
  Verdict check_contested(const PacketRow& row, UserId user, std::uint16_t& index) const;
  CaseId next_case_id(PartitionId partition) const;
  void redressed(CaseId id, Amount returned, Amount shortfall);

  // ---- views
  PacketSummary summary(PacketId id, const PacketRow& row) const;
  Digest256 seed_commitment(const PacketRow& row) const;
  Amount returned_of(PacketId id, const PacketRow& row) const;
  Payout payout_told(PacketId packet, const PayoutRow& row) const;

  struct TextCell {
    char bytes[16];
  };

  Policy policy_;
  const bool caps_receipts_;
  ShardId shard_;
  std::uint16_t shard_count_;
  PartitionId first_;
  std::uint32_t partition_count_;
  TableRuns<WalletRow> wallet_rows_;
  std::vector<WalletTable> wallets_;  // by partition, from first_
  TableRuns<ReplayRow> replay_rows_;
  std::vector<ReplayStore> replays_;  // by partition, from first_
  std::vector<DailyUsage> usage_;     // likewise; what users sent
  // By partition, of all shards; empty while receipts have no cap.  Of its own users the shard
  // counts what reaches their wallets, of the others' what it grants them itself and what their
  // shard told when they had reached the cap.
  std::vector<DailyUsage> receipts_;
  // Own users who have reached it, and the others have not been told.
  std::map<UserId, Usage> caps_to_tell_;
  std::uint32_t caps_day_ = 0;
  PacketStore packets_;
  Slab<TextCell> texts_;
  std::vector<Outbox> outboxes_;    // by shard
  std::vector<Sequence> received_;  // by shard: its last message that was applied here
  CodeTries code_tries_;            // of open packets
  std::map<ShareName, PendingReturn> pending_returns_;
  // Their keys, with fingerprints: taken, though there is no answer yet.
  std::map<KeyPlace, std::uint64_t> keys_under_way_;
  std::vector<ReferenceTable> references_;                   // by partition, from first_
  std::map<Sequence, PendingReference> pending_references_;  // by request
  std::map<KeyPlace, Sequence> references_asked_;            // the same, by key
  std::set<Sequence> references_granted_;                    // of them: booked, and not used yet
  std::set<std::pair<ReferenceName, ReferenceUse>> references_untold_;  // see decide_tell
  std::map<ShareName, Amount> shortfalls_;  // still owed, of shares returned short
  std::map<PacketId, PayoutRow> payouts_owed_;
  std::map<PacketId, PayoutRow> payouts_paid_;
  std::map<CaseId, CaseRow> cases_;
  std::map<PartitionId, std::uint64_t> case_counts_;
  std::set<CaseId> redress_due_;  // upheld, and nothing done about it yet
  std::map<std::pair<PacketId, UserId>, CaseId> open_cases_;
  Totals totals_;
};

}  // namespace hb
