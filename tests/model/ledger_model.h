// A reference ledger: the product's rules once more, naive and meant to be obviously right.
//
// It is written from the design's section 4 and from the comments of engine/ledger's public types,
// not from the engine's code, and it shares none of it but ids, units and the check of a finished
// draw: ordered maps, plain loops, one function a command.  So a mistake in the one shows in the
// other.
//
// One world, no shards; but it knows which users are neighbours (live on one shard), because money
// for a stranger takes a while.  What the rules leave open is told to it, and it checks whether
// that was allowed: drawn amounts, when a due refund is booked, when a letter arrives.
//
// Units:      fen, microseconds.
// Errors:     what is told and breaks a rule ends up in complaints().
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/archive/queries.h"
#include "engine/base/ids.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"
#include "engine/ledger/policy.h"
#include "tests/model/world.h"

namespace hb::model {

// What chance decided in the engine, read from its answer.
struct Drawn {
  std::vector<ClaimAnswer> claims{};  // of a claim or a batch of them, by index
  Digest256 seed_commitment{};
  PrfKey seed{};
};

// An answer that came later than its command.
struct LateAnswer {
  ReplyTo to{};
  ReplyBatch answer{};  // one reply
};

class LedgerModel {
 public:
  LedgerModel(const Policy& policy, std::uint16_t shard_count);

  // A new policy for what comes from now on.
  void set_policy(const Policy& policy) { policy_ = policy; }

  // Carries the command out or refuses it.  Its one reply, or nothing when that comes late.
  // REQUIRES: now never decreases.
  std::optional<ReplyBatch> run(Time now, const CommandEnvelope& envelope,
                                const CommandBatch& parts, const Drawn& drawn);

  // What the engine drew for a packet whose command waited for its reference.
  void on_late_send(std::function<Digest256(PacketId)> commitment) {
    late_commitment_ = std::move(commitment);
  }

  // A letter has arrived.  Returns the answers that it brings.
  std::vector<LateAnswer> deliver(Time now, ShardId from, ShardId to, const Letter& letter);

  // One shard has told another that a user has reached the day's cap of what is received.
  void hear(ShardId from, ShardId to, const CapNews& news);
  // All news has been told and heard: complains about a user whom a shard does not know to have
  // reached the cap of this day.
  void expect_caps_known(Time now);

  // What is due at `now`, in the order of time: refunds, expiries and arrivals.
  std::vector<PacketId> due(Time now) const;
  // It is booked at `now`.  REQUIRES: it is due.
  void book(Time now, PacketId id);

  // Nobody waits any more for the answers that were to come late: the process has died.
  void forget_waiters();

  // What broke a rule, since the last call.
  std::vector<std::string> take_complaints() { return std::exchange(complaints_, {}); }

  // ---- look -----------------------------------------------------------------------------------

  Books books() const;
  // Letters that have not arrived.
  std::size_t letters() const;
  ShardId home_of(UserId user) const;
  ShardId home_of(PacketId id) const;

  std::uint16_t shard_count() const { return shard_count_; }
  const Policy& policy() const { return policy_; }
  const std::map<UserId, Wallet>& wallets() const { return wallets_; }
  // Everybody who has a wallet or records.
  std::set<UserId> users() const;
  // The user's records as the lists tell them, newest first; of movements without the sequence.
  std::vector<archive::SentEntry> sent(UserId user) const;
  std::vector<archive::ReceivedEntry> received(UserId user) const;
  std::vector<archive::Movement> statement(UserId user) const;

  const std::map<PacketId, Packet>& packets() const { return packets_; }
  const std::map<PacketId, Transfer>& transfers() const { return transfers_; }
  const std::map<PacketId, Payout>& payouts() const { return payouts_; }
  const std::map<CaseId, Case>& cases() const { return cases_; }
  const std::set<std::pair<Time, PacketId>>& waiting() const { return waiting_; }

 private:
  // ---- one function a command
  void run(const OpenWallet& c);
  void run(const Deposit& c);
  void run(const Withdraw& c);
  void run(const SetRefundTarget& c);
  void run(const FreezeWallet& c);
  void run(const ShowWallet& c);
  void run(const CheckRecipient& c);
  void run(const SendPacket& c);
  void run(const ClaimBatch& c);
  void run(const ClaimWithCode& c);
  void run(const PeekPacket& c);
  void run(const ShowPacket& c);
  void run(const RecallPacket& c);
  void run(const FreezePacket& c);
  void run(const ReturnShare& c);
  void run(const SendTransfer& c);
  void run(const AcceptTransfer& c);
  void run(const DeclineTransfer& c);
  void run(const CancelTransfer& c);
  void run(const ReturnTransfer& c);
  void run(const ShowTransfer& c);
  void run(const ListPayouts& c);
  void run(const ConfirmPayout& c);
  void run(const OpenCase& c);
  void run(const ResolveCase& c);
  void run(const ShowCase& c);

  // ---- answering the command that runs
  void refuse(Status status, std::int64_t limit = 0);
  void answer(const Answer& answer) { reply().answer = answer; }
  void answer(const CaseRecord& record);
  Reply& reply() { return out_.replies.front(); }
  // True when the command ends here: a key is missing, a user is nobody, or it was there before.
  bool settled_before(const Command& command, Key128 key, PartitionId home,
                      std::initializer_list<UserId> users = {});
  void repeat(const StoredAnswer& stored);
  // Stored answers live by days of UTC.
  std::int64_t storage_day() const { return now_.us() / Duration::hours(24).us(); }
  // The answer of the command that runs belongs to its key.
  void remember(Key128 key, PartitionId home);
  // The answer of the command that runs is the end of this return.
  void wait_for(PendingReturn& pending, Waiter::Form form, bool replayed);
  void store_under_way(Key128 key, ShareName share);
  Note note(std::uint32_t index) const;
  // True when a support command lacks what each must bring.
  bool lacks_operator(const Operator& by, std::uint32_t note);

  // ---- money
  Wallet* usable_wallet(UserId user);
  WalletAnswer told(UserId user) const;
  void credit(UserId user, Amount amount, Origin origin);
  // REQUIRES: the wallet holds it.
  void debit(UserId user, Amount amount, Origin origin);
  void pay_from(PacketId source, UserId user, Amount amount, EventType cause);
  void note_movement(UserId user, Amount amount, Origin origin);
  // These three fill in the refusal when they are true.
  bool wrong_amount(Amount amount);
  bool too_much_money(UserId user, Amount amount);
  AmountSum held_at(ShardId shard) const;
  bool capped(UserId sender, Amount amount);
  std::int64_t cap_day() const;
  void count_usage(UserId sender, Amount amount);
  ClaimAnswer received_enough(ShardId asked, UserId user, Amount amount) const;
  bool cap_reached(const Usage& received) const;
  void count_receipt(ShardId at, UserId user, Amount amount);

  // ---- references
  // True when the command ends here: its reference is used, or has its home on another shard.
  bool reference_stops(ReferenceUse use, const Reference& reference, PartitionId home, Key128 key);
  void post_about(ReferenceName name, Letter::Kind kind, ShardId from, ShardId to, Status status,
                  std::pair<PartitionId, Key128> asker);
  std::vector<LateAnswer> hear_about(const Letter& letter, std::pair<PartitionId, Key128> asker,
                                     ShardId at);
  ReferenceWaiter waiter() const;

  // ---- packets; what is wrong_ fills in its refusal
  bool wrong_options(const SendPacket& c);
  bool wrong_recipients(const SendPacket& c, const std::vector<UserId>& recipients);
  bool wrong_shares(const SendPacket& c, std::uint32_t share_count, std::uint32_t most,
                    Split split);
  bool wrong_times(const SendPacket& c);
  bool wrong_texts(const SendPacket& c);
  bool wrong_funds(const SendPacket& c);
  Amount share_max_today() const;
  PacketId next_id(UserId sender);
  ClaimAnswer standing(const Packet& packet, UserId user) const;
  ClaimAnswer code_lock(const Packet& packet, UserId user) const;
  ClaimAnswer first_answer(const ClaimItem& item) const;
  bool was_carried_out(const Command& command) const;
  PendingReference* reference_asked_for(const Command& command);
  void repeat_claims(const ClaimBatch& c, ClaimAnswer other);
  ClaimAnswer claim(const ClaimItem& item, const ClaimCode* code, const ClaimAnswer& drawn);
  ClaimAnswer take_share(PacketId id, Packet& packet, UserId user, const ClaimAnswer& drawn);
  Amount checked_draw(PacketId id, const Packet& packet, const ClaimAnswer& drawn);
  void check_seed(PacketId id, const Packet& packet, PrfKey seed);
  PacketSummary summary(PacketId id, const Packet& packet) const;
  RefundTarget give_back(PacketId id, Packet& packet, PacketState state);
  void wait_or_not(PacketId id);

  // ---- transfers
  bool wrong_terms(const SendTransfer& c);
  bool is_over(const Transfer& transfer);
  Transfer* pending_transfer(PacketId id, UserId recipient);
  TransferAnswer told(PacketId id, const Transfer& transfer) const;
  void close(PacketId id, Transfer& transfer, TransferState state);
  void arrive(PacketId id, Transfer& transfer, EventType cause);

  // ---- returns and cases
  struct ReturnTerms {
    Time end{};
    Duration window{};
    Key128 key{};
    Waiter::Form form = Waiter::Form::share;
  };
  Share& share(ShareName name);
  Share* share_of(PacketId packet, UserId user, ShareName& name);
  bool is_frozen(PacketId id) const;
  UserId sender_of(PacketId id) const;
  void give_share_back(ShareName name, const ReturnTerms& terms);
  Letter take_back(const Letter& request, EventType cause);
  void settle(ShareName name, const Letter& answer, CaseId case_id);
  std::vector<LateAnswer> end_return(ShareName name, const Letter& answer);
  ReplyBatch told_end(ShareName name, Waiter::Form form, CaseId case_id,
                      const Letter& answer) const;
  bool uncontestable(PacketId subject, UserId user);
  void redress(Case& contested, Key128 key);

  void complain(std::string what) { complaints_.push_back(std::move(what)); }

  Policy policy_;
  const std::uint16_t shard_count_;

  std::map<UserId, Wallet> wallets_;
  std::map<PacketId, Packet> packets_;
  std::map<PacketId, Transfer> transfers_;
  std::map<UserId, UserRecords> records_;
  std::map<PacketId, Payout> payouts_;
  std::map<CaseId, Case> cases_;
  std::map<std::pair<PacketId, UserId>, CaseId> open_cases_;
  std::map<PartitionId, std::uint64_t> ids_given_;  // packets and transfers
  std::map<PartitionId, std::uint64_t> cases_given_;
  std::map<std::pair<UserId, std::int64_t>, Usage> usage_;  // by day
  // What a shard knows to have been received: what it granted or, for its own users, credited, and
  // what it heard.  By day.
  std::map<std::tuple<ShardId, UserId, std::int64_t>, Usage> receipts_;
  std::map<std::pair<PartitionId, Key128>, StoredAnswer> stored_;
  std::map<std::pair<ShardId, ShardId>, std::deque<Posted>> letters_;
  std::set<ReferenceName> references_used_;
  std::map<std::pair<PartitionId, Key128>, PendingReference> references_asked_;
  std::function<Digest256(PacketId)> late_commitment_;
  std::set<std::pair<Time, PacketId>> waiting_;  // for expiry or arrival; nothing frozen
  AmountSum deposits_{};
  AmountSum external_funding_{};
  AmountSum withdrawals_{};
  std::vector<std::string> complaints_;

  // ---- of the command that runs
  Time now_{};
  ReplyTo to_{};
  const CommandEnvelope* envelope_ = nullptr;
  const CommandBatch* parts_ = nullptr;
  const Drawn* drawn_ = nullptr;
  std::string parameters_;
  ReplyBatch out_;
  bool late_ = false;
};

}  // namespace hb::model
