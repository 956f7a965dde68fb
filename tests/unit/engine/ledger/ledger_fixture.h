// A ledger driven as a shard drives it: decide, keep the event as a record's bytes, apply it.
//
// Every refusal is seen to leave the state's hash alone, every event to leave the books balanced;
// and at the end of each test a second ledger, made from the records alone, must come to the same
// hash.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "engine/base/partition.h"
#include "engine/ledger/ledger.h"

namespace hb::test {

inline constexpr UserId alice{1001};
inline constexpr UserId bob{1002};
inline constexpr UserId carol{1003};
inline constexpr UserId dave{1004};
inline constexpr UserId stranger{9999};
inline constexpr Time start{1'700'000'000'000'000};
inline constexpr PrfKey seed{0x0123456789abcdef, 0xfedcba9876543210};
inline constexpr Duration one_us = Duration::us(1);
inline constexpr std::string_view why = "as the caller told";

// The first user from `from` on that lives on this shard.
inline UserId user_of(ShardId shard, std::uint16_t shards, std::uint64_t from) {
  while (shard_of(partition_of(UserId{from}), shards) != shard) ++from;
  return UserId{from};
}
// Another user of the same partition.
inline UserId neighbour_of(UserId user) {
  std::uint64_t other = user.value + 1;
  while (partition_of(UserId{other}) != partition_of(user)) ++other;
  return UserId{other};
}

inline void expect_refused(const Verdict& verdict, Status status, std::int64_t limit = 0) {
  EXPECT_EQ(name(verdict.status), name(status));
  EXPECT_EQ(verdict.limit, limit);
}
inline void expect_refused(const ClaimAnswer& answer, Status status, std::int64_t limit = 0) {
  EXPECT_EQ(name(answer.status), name(status));
  EXPECT_EQ(claim_limit(answer), limit);
}

// The books of one shard, and the clock.
class Books {
 public:
  explicit Books(const Policy& policy = {}, ShardId shard = ShardId{0}, std::uint16_t shards = 1)
      : policy_(policy), shard_(shard), shards_(shards) {
    restart(policy);
  }

  // All events once more, from their records, under this policy.
  void restart(const Policy& policy) {
    policy_ = policy;
    std::unique_ptr<Ledger> again = replayed();
    if (ledger != nullptr) {
      EXPECT_EQ(again->state_hash(), ledger->state_hash());
    }
    ledger = std::move(again);
  }
  void restart() { restart(policy_); }
  // The same under a policy that leaves another state: what is counted only while there is a cap.
  void change_policy(const Policy& policy) {
    policy_ = policy;
    ledger = replayed();
  }
  std::unique_ptr<Ledger> replayed() const {
    auto again = std::make_unique<Ledger>(policy_, shard_, shards_);
    std::uint64_t sequence = 0;
    for (const Record& record : records_) {
      again->apply(Sequence{++sequence}, reinterpret_cast<const EventHeader*>(record.data()));
    }
    return again;
  }
  void expect_replay_agrees() const {
    const std::unique_ptr<Ledger> again = replayed();
    EXPECT_EQ(again->state_hash(), ledger->state_hash());
    EXPECT_EQ(again->counts().packets_open, ledger->counts().packets_open);
    EXPECT_EQ(again->totals().wallets, ledger->totals().wallets);
    EXPECT_EQ(again->bytes(), ledger->bytes());
  }

  // ---- commands ---------------------------------------------------------------------------------

  Verdict run(const OpenWallet& c) { return run_to<WalletOpened>(c); }
  Verdict run(const Deposit& c) { return run_to<MoneyMoved>(c); }
  Verdict run(const Withdraw& c) { return run_to<MoneyMoved>(c); }
  Verdict run(const SetRefundTarget& c) { return run_to<WalletSet>(c); }
  Verdict run(const FreezeWallet& c, std::string_view note = why) {
    return run_to<FreezeSet>(c, note);
  }
  Verdict run(const SendPacket& c, std::span<const UserId> recipients = {}) {
    PacketSent event;
    const Verdict v =
        see_unchanged([&] { return ledger->decide(now, c, recipients, seed, event); });
    if (!v.accepted()) return v;
    commit(event, recipients);
    packet = event.packet;
    return v;
  }
  Verdict run(const RecallPacket& c) { return run_to<PacketRecalled>(c); }
  Verdict run(const ConfirmPayout& c) { return run_to<PayoutConfirmed>(c); }
  Verdict run(const FreezePacket& c, std::string_view note = why) {
    return run_to<FreezeSet>(c, note);
  }
  Verdict run(const SendTransfer& c) {
    TransferSent event;
    const Verdict v = run_into(event, c);
    if (v.accepted()) packet = event.transfer;
    return v;
  }
  Verdict run(const AcceptTransfer& c) { return run_to<TransferAccepted>(c); }
  Verdict run(const DeclineTransfer& c) { return run_to<TransferClosed>(c); }
  Verdict run(const CancelTransfer& c) { return run_to<TransferClosed>(c); }
  Verdict run(const ReturnShare& c) { return run_return(c); }
  Verdict run(const ReturnTransfer& c) { return run_return(c); }
  Verdict run(const OpenCase& c, std::string_view note = why) {
    CaseOpened event;
    const Verdict v = run_into(event, c, note);
    if (v.accepted()) case_id = event.case_id;
    return v;
  }
  // What an upheld case owes comes with it; see run_without_redress.
  Verdict run(const ResolveCase& c, std::string_view note = why) {
    const Verdict v = run_without_redress(c, note);
    if (v.accepted()) pay_redress();
    return v;
  }
  Verdict run_without_redress(const ResolveCase& c, std::string_view note = why) {
    return run_to<CaseResolved>(c, note);
  }
  void pay_redress() {
    for (;;) {
      const Redress redress = ledger->decide_redress(now);
      if (const auto* closed = std::get_if<TransferClosed>(&redress)) {
        commit(*closed);
      } else if (const auto* plan = std::get_if<ReturnPlan>(&redress)) {
        carry_on(*plan);
      } else {
        return;
      }
    }
  }
  void tell_caps() {
    ReceiveCapReached event;
    while (ledger->decide(now, event)) commit(event);
  }
  ClaimAnswer run(const ClaimItem& c) {
    Claimed event;
    const ClaimAnswer answer = see_unchanged([&] { return ledger->decide(now, c, event); });
    if (answer.status == Status::ok) commit(event);
    return answer;
  }
  ClaimAnswer run(const ClaimWithCode& c) {
    Claimed claimed;
    CodeTried tried;
    const ClaimAnswer answer =
        see_unchanged([&] { return ledger->decide(now, c, claimed, tried); });
    if (answer.status == Status::ok) commit(claimed);
    if (answer.status == Status::code_wrong) commit(tried);
    return answer;
  }
  // What this packet's or transfer's time brings now; false when it brings nothing.
  bool come_due(PacketId id) {
    const std::optional<Ledger::Timer> timer = ledger->timer_of(id);
    if (!timer) return false;
    const DueEvent event = ledger->decide_due(now, timer->slot);
    if (const auto* refunded = std::get_if<Refunded>(&event)) commit(*refunded);
    if (const auto* closed = std::get_if<TransferClosed>(&event)) commit(*closed);
    if (const auto* arrived = std::get_if<TransferArrived>(&event)) commit(*arrived);
    return !std::holds_alternative<std::monostate>(event);
  }
  bool come_due() { return come_due(packet); }
  // What `from` has to tell this shard, all of it; heard twice it changes nothing.
  void hear(Books& from) {
    const Outbox& outbox = from.ledger->outbox(shard_);
    for (std::size_t i = 0; i < outbox.size(); ++i) {
      const MessageEvent event = ledger->decide(now, from.shard_, outbox[i]);
      if (const auto* credit = std::get_if<CreditReceived>(&event)) commit(*credit);
      if (const auto* debit = std::get_if<DebitDecided>(&event)) commit(*debit);
      if (const auto* settled = std::get_if<ReturnSettled>(&event)) commit(*settled);
      if (const auto* heard = std::get_if<ReceiveCapHeard>(&event)) commit(*heard);
    }
    for (std::size_t i = 0; i < outbox.size(); ++i) {
      const MessageEvent again = ledger->decide(now, from.shard_, outbox[i]);
      EXPECT_TRUE(std::holds_alternative<std::monostate>(again));
    }
  }

  // ---- short forms ------------------------------------------------------------------------------

  Key128 key() { return {++keys_, 7}; }
  Verdict open(UserId user, std::string_view name = "") {
    return run(OpenWallet{key(), user, DisplayName(name)});
  }
  Verdict deposit(UserId user, std::int64_t fen) { return run(Deposit{key(), user, Amount{fen}}); }
  Verdict withdraw(UserId user, std::int64_t fen) {
    return run(Withdraw{key(), user, Amount{fen}});
  }
  void fund(UserId user, std::int64_t fen) {
    ASSERT_TRUE(open(user).accepted());
    ASSERT_TRUE(deposit(user, fen).accepted());
  }
  SendPacket lucky(std::int64_t total, std::uint32_t shares) { return of_alice(total, shares); }
  SendPacket even(std::int64_t total, std::uint32_t shares) {
    SendPacket command = of_alice(total, shares);
    command.kind = PacketKind::even;
    return command;
  }
  SendPacket named(PacketKind kind, std::int64_t total, std::uint32_t shares = 0) {
    SendPacket command = of_alice(total, shares);
    command.kind = kind;
    return command;
  }
  SendPacket funded_outside(std::int64_t total, std::uint32_t shares) {
    SendPacket command = of_alice(total, shares);
    command.funding = FundingSource::external;
    command.reference = Reference("card-" + std::to_string(next_card++));
    return command;
  }
  SendTransfer to(UserId recipient, std::int64_t fen, Duration arrives_after = {}) {
    return {.key = key(),
            .sender = alice,
            .recipient = recipient,
            .amount = Amount{fen},
            .arrives_after = arrives_after};
  }
  ClaimAnswer claim(UserId user) { return run(ClaimItem{packet, user}); }
  ClaimAnswer claim(UserId user, std::string_view code) {
    return run(ClaimWithCode{packet, user, ClaimCode(code)});
  }
  Verdict give_back(UserId user) { return run(ReturnShare{key(), packet, user}); }
  Verdict freeze(UserId user, bool on = true) {
    return run(FreezeWallet{key(), user, on, Operator("op-1"), 0});
  }
  Verdict freeze_packet(bool on = true) {
    return run(FreezePacket{key(), packet, on, Operator("op-1"), 0});
  }
  Verdict open_case(UserId about) {
    return run(OpenCase{key(), packet, about, Operator("op-1"), 0});
  }
  ResolveCase resolution(Decision decision, UserId user = {}) {
    return {key(), case_id, decision, user, Operator("op-2"), 0};
  }
  Verdict resolve(Decision decision, UserId user = {}) { return run(resolution(decision, user)); }

  std::int64_t balance(UserId user) const {
    WalletAnswer answer;
    EXPECT_EQ(ledger->show(ShowWallet{user}, answer).status, Status::ok);
    return answer.balance.fen();
  }
  PacketSummary summary() const {
    PeekAnswer answer;
    EXPECT_EQ(ledger->peek(now, PeekPacket{packet, stranger}, answer).status, Status::ok);
    return answer.packet;
  }
  TransferAnswer transfer() const {
    TransferAnswer answer;
    EXPECT_EQ(ledger->show(ShowTransfer{packet}, answer).status, Status::ok);
    return answer;
  }
  // The present packet's shares as they stand, in the order of claims.
  std::vector<ShareState> share_states() const {
    ShowPacketAnswer answer;
    ReplyBatch batch;
    EXPECT_EQ(ledger->show(ShowPacket{packet}, answer, batch).status, Status::ok);
    return batch.share_states;
  }

  // Keeps the event as a record and applies it.
  template <class Event>
  void commit(const Event& event, std::span<const UserId> recipients = {}) {
    keep(event, recipients);
    const Sequence sequence{records_.size()};
    if constexpr (std::is_same_v<Event, PacketSent>) {
      ledger->apply(event, recipients);
    } else if constexpr (requires { ledger->apply(sequence, event); }) {
      ledger->apply(sequence, event);
    } else {
      ledger->apply(event);
    }
    EXPECT_TRUE(ledger->totals().balanced());
  }

  std::unique_ptr<Ledger> ledger;
  Time now = start;
  PacketId packet;  // the last one sent, or the last transfer
  int next_card = 77;
  CaseId case_id;  // the last one opened

 private:
  using Record = std::vector<std::uint64_t>;

  SendPacket of_alice(std::int64_t total, std::uint32_t shares) {
    return {.key = key(), .sender = alice, .total = Amount{total}, .share_count = shares};
  }
  // Deciding changes nothing, whatever it comes to.
  template <class Decide>
  std::invoke_result_t<Decide> see_unchanged(Decide&& decide) {
    const std::uint64_t hash = ledger->state_hash();
    const auto decided = decide();
    EXPECT_EQ(ledger->state_hash(), hash);
    return decided;
  }
  template <class Event, class Command, class... More>
  Verdict run_into(Event& event, const Command& command, const More&... more) {
    const Verdict v = see_unchanged([&] { return ledger->decide(now, command, more..., event); });
    if (v.accepted()) commit(event);
    return v;
  }
  template <class Event, class Command, class... More>
  Verdict run_to(const Command& command, const More&... more) {
    Event event;
    return run_into(event, command, more...);
  }
  template <class Command>
  Verdict run_return(const Command& command) {
    ReturnPlan plan;
    const Verdict v = see_unchanged([&] { return ledger->decide(now, command, plan); });
    if (v.accepted()) carry_on(plan);
    return v;
  }
  void carry_on(const ReturnPlan& plan) {
    if (plan.step == ReturnPlan::Step::settle) commit(plan.settled);
    if (plan.step == ReturnPlan::Step::request) commit(plan.requested);
  }
  template <class Event>
  void keep(const Event& event, std::span<const UserId> recipients) {
    const std::size_t bytes = event.units * limits::record_unit_bytes;
    Record& record = records_.emplace_back(bytes / sizeof(std::uint64_t), 0);
    std::size_t fixed = std::min(bytes, sizeof(Event));
    if constexpr (std::is_same_v<Event, PacketSent>) {
      if (!recipients.empty()) {
        fixed = std::min(sizeof(Event), event.recipients_offset());
        std::memcpy(reinterpret_cast<char*>(record.data()) + event.recipients_offset(),
                    recipients.data(), recipients.size_bytes());
      }
    }
    std::memcpy(record.data(), &event, fixed);
  }

  Policy policy_;
  ShardId shard_;
  std::uint16_t shards_;
  std::vector<Record> records_;
  std::uint64_t keys_ = 0;
};

class LedgerTest : public testing::Test, public Books {
 protected:
  void TearDown() override { expect_replay_agrees(); }
};

}  // namespace hb::test
