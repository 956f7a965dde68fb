// Every command with a key: once is enough, whatever happens since; the key of one is no other's.
//
// The answers that a repeat is told are tests/unit/engine/shard/idempotency_test.cc's.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/engine/ledger/ledger_fixture.h"

namespace hb::test {
namespace {

// A command with all that belongs to it.
template <class Command>
struct Asked {
  Command command{};
  std::string note{why};
  std::vector<UserId> recipients{};
};

template <class Command>
struct Change {
  const char* parameter;
  std::function<void(Asked<Command>&)> make;
};

template <class C>
concept Keyed = requires(C c) {
  c.key;
};
template <class C>
concept Noted = requires(C c) {
  c.note;
};

class IdempotencyTest : public LedgerTest {
 protected:
  IdempotencyTest() { fund(alice, 10'000'000); }

  template <class C>
  Verdict give(const Asked<C>& asked) {
    if constexpr (std::is_same_v<C, SendPacket>) {
      return run(asked.command, asked.recipients);
    } else if constexpr (Noted<C>) {
      return run(asked.command, asked.note);
    } else {
      return run(asked.command);
    }
  }

  // The command is done once; then each change of one parameter conflicts, and the command itself
  // is a repeat, until 48 hours are over and across restarts.
  template <class C>
  void expect_once(const Asked<C>& asked, const std::vector<Change<C>>& changes) {
    SCOPED_TRACE(std::string("command ") + std::to_string(Command(asked.command).index()));
    Asked<C> keyless = asked;
    keyless.command.key = {};
    expect_refused(give(keyless), Status::key_missing);
    ASSERT_TRUE(give(asked).accepted());
    const std::uint64_t hash = ledger->state_hash();
    const Verdict again = give(asked);
    EXPECT_TRUE(again.replayed);
    const auto expect_kept = [&] {
      const Verdict repeated = give(asked);
      EXPECT_TRUE(repeated.replayed);
      EXPECT_EQ(repeated.status, Status::ok);
      EXPECT_EQ(repeated.stored, again.stored);
      for (const Change<C>& change : changes) {
        SCOPED_TRACE(change.parameter);
        Asked<C> other = asked;
        change.make(other);
        expect_refused(give(other), Status::key_conflict);
      }
      // The key on a command of another kind.
      const UserId owner = owner_of(asked.command);
      expect_refused(run(Deposit{asked.command.key, owner, Amount{123'456}}), Status::key_conflict);
      expect_refused(run(OpenWallet{asked.command.key, owner, DisplayName("x")}),
                     Status::key_conflict);
    };
    expect_kept();
    restart();
    now = now + Duration::hours(48) + Duration::us(-1);
    expect_kept();
    EXPECT_EQ(ledger->state_hash(), hash);
    covered.insert(Command(asked.command).index());
  }

  // Somebody in the partition where the command's key is kept.
  template <class C>
  static UserId owner_of(const C& c) {
    if constexpr (requires { c.sender; }) {
      return c.sender;
    } else if constexpr (requires {
                           c.user;
                           c.amount;
                         }) {
      return c.user;
    } else {
      return alice;
    }
  }

  PacketId send_and_claim() {
    SendPacket command = lucky(600, 2);
    command.recallable = true;
    EXPECT_TRUE(run(command).accepted());
    EXPECT_EQ(claim(bob).status, Status::ok);
    return packet;
  }
  PacketId send_transfer(Duration arrives_after = {}) {
    EXPECT_TRUE(run(to(bob, 100, arrives_after)).accepted());
    return packet;
  }

  std::set<std::size_t> covered;
};

Operator op() {
  return Operator("op-1");
}

TEST_F(IdempotencyTest, EveryKeyedCommandIsDoneOnceAndItsKeyIsNoOthers) {
  const UserId near = neighbour_of(alice);

  // ---- wallets: everything lives in the user's partition
  expect_once<OpenWallet>({{key(), near, DisplayName("Near")}},
                          {{"user", [](auto& a) { a.command.user = alice; }},
                           {"name", [](auto& a) { a.command.name = DisplayName("Nearer"); }}});
  const std::vector<Change<Deposit>> deposits = {
      {"user", [&](auto& a) { a.command.user = near; }},
      {"amount", [](auto& a) { a.command.amount = Amount{101}; }},
      {"reference", [](auto& a) { a.command.reference = Reference("another"); }}};
  expect_once<Deposit>({{key(), alice, Amount{100}, {}}}, deposits);
  expect_once<Deposit>({{key(), alice, Amount{100}, Reference("rail")}}, deposits);
  expect_once<Withdraw>({{key(), alice, Amount{100}}},
                        {{"user", [&](auto& a) { a.command.user = near; }},
                         {"amount", [](auto& a) { a.command.amount = Amount{99}; }}});
  expect_once<SetRefundTarget>(
      {{key(), alice, RefundTarget::wallet}},
      {{"user", [&](auto& a) { a.command.user = near; }},
       {"target", [](auto& a) { a.command.target = RefundTarget::source; }},
       {"target unknown", [](auto& a) { a.command.target = static_cast<RefundTarget>(9); }}});
  expect_once<FreezeWallet>({{key(), near, true, op(), 0}},
                            {{"user", [](auto& a) { a.command.user = alice; }},
                             {"frozen", [](auto& a) { a.command.frozen = false; }},
                             {"by", [](auto& a) { a.command.by = Operator("op-2"); }},
                             {"note", [](auto& a) { a.note = "another reason"; }}});

  // ---- packets
  const std::vector<Change<SendPacket>> changes = {
      {"sender", [&](auto& a) { a.command.sender = near; }},
      {"total", [](auto& a) { a.command.total = Amount{601}; }},
      {"share_count", [](auto& a) { a.command.share_count = 3; }},
      {"kind", [](auto& a) { a.command.kind = PacketKind::even; }},
      {"kind unknown", [](auto& a) { a.command.kind = static_cast<PacketKind>(77); }},
      {"split", [](auto& a) { a.command.split = Split::order_fair; }},
      {"sender_may_claim", [](auto& a) { a.command.sender_may_claim = Choice::no; }},
      {"recallable", [](auto& a) { a.command.recallable = !a.command.recallable; }},
      {"funding unknown", [](auto& a) { a.command.funding = static_cast<FundingSource>(9); }},
      {"expires_in", [](auto& a) { a.command.expires_in = Duration::hours(5); }},
      {"opens_at", [](auto& a) { a.command.opens_at = start + Duration::hours(1'000); }},
      {"remark", [](auto& a) { a.command.remark = Remark("other"); }},
      {"group", [](auto& a) { a.command.group = Group("other"); }},
      {"code", [](auto& a) { a.command.code = ClaimCode("other"); }},
      {"reference", [](auto& a) { a.command.reference = Reference("other"); }},
      {"recipients", [](auto& a) { a.recipients.push_back(UserId{77}); }},
  };
  auto plain = changes;
  plain.push_back({"funding", [](auto& a) { a.command.funding = FundingSource::external; }});
  expect_once<SendPacket>({lucky(600, 2)}, plain);

  auto outside = changes;
  outside.push_back({"funding", [](auto& a) { a.command.funding = FundingSource::wallet; }});
  outside.push_back({"code for reference", [](auto& a) {
                       a.command.code = ClaimCode(a.command.reference.view());
                       a.command.reference = {};
                     }});
  SendPacket full = funded_outside(600, 2);
  full.remark = Remark("remark");
  full.group = Group("group");
  expect_once<SendPacket>({full}, outside);
  full.key = key();
  full.reference = Reference("card");
  full.code = ClaimCode("code");
  full.recallable = true;
  full.opens_at = now + Duration::hours(1);
  expect_once<SendPacket>({full}, outside);

  auto named_ones = changes;
  named_ones.push_back({"no recipient", [](auto& a) { a.recipients.clear(); }});
  named_ones.push_back({"order", [](auto& a) { std::swap(a.recipients[0], a.recipients[1]); }});
  named_ones.push_back({"recipient", [](auto& a) { a.recipients[1] = carol; }});
  expect_once<SendPacket>({named(PacketKind::exclusive, 600), std::string(why), {bob, dave}},
                          named_ones);

  const PacketId other = send_and_claim();
  const PacketId recalled = send_and_claim();
  expect_once<RecallPacket>({{key(), recalled, alice}},
                            {{"packet", [&](auto& a) { a.command.packet = other; }},
                             {"sender", [](auto& a) { a.command.sender = bob; }}});
  const PacketId returned = send_and_claim();
  expect_once<ReturnShare>({{key(), returned, bob}},
                           {{"packet", [&](auto& a) { a.command.packet = other; }},
                            {"user", [](auto& a) { a.command.user = carol; }}});
  expect_once<FreezePacket>({{key(), returned, true, op(), 0}},
                            {{"packet", [&](auto& a) { a.command.packet = other; }},
                             {"frozen", [](auto& a) { a.command.frozen = false; }},
                             {"by", [](auto& a) { a.command.by = Operator("op-2"); }},
                             {"note", [](auto& a) { a.note = ""; }}});

  // ---- payouts
  ASSERT_TRUE(run(SetRefundTarget{key(), alice, RefundTarget::source}).accepted());
  ASSERT_TRUE(run(funded_outside(600, 2)).accepted());
  const PacketId owed = packet;
  now = now + Duration::hours(24);
  ASSERT_TRUE(come_due(owed));
  expect_once<ConfirmPayout>(
      {{key(), owed, Reference("paid")}},
      {{"packet", [&](auto& a) { a.command.packet = other; }},
       {"reference", [](auto& a) { a.command.reference = Reference("paid twice"); }}});

  // ---- transfers
  SendTransfer transfer = to(bob, 100);
  transfer.remark = Remark("rent");
  expect_once<SendTransfer>(
      {transfer}, {{"sender", [&](auto& a) { a.command.sender = near; }},
                   {"recipient", [](auto& a) { a.command.recipient = carol; }},
                   {"amount", [](auto& a) { a.command.amount = Amount{101}; }},
                   {"arrives_after", [](auto& a) { a.command.arrives_after = Duration::hours(2); }},
                   {"remark", [](auto& a) { a.command.remark = Remark("rent."); }}});
  const PacketId pending = send_transfer();
  const PacketId declined = send_transfer();
  expect_once<DeclineTransfer>({{key(), declined, bob}},
                               {{"transfer", [&](auto& a) { a.command.transfer = pending; }},
                                {"recipient", [](auto& a) { a.command.recipient = carol; }}});
  const PacketId cancelled = send_transfer();
  expect_once<CancelTransfer>({{key(), cancelled, alice}},
                              {{"transfer", [&](auto& a) { a.command.transfer = pending; }},
                               {"sender", [](auto& a) { a.command.sender = carol; }}});
  for (const Duration delay : {Duration{}, Duration::hours(2)}) {
    const PacketId accepted = send_transfer(delay);
    expect_once<AcceptTransfer>({{key(), accepted, bob}},
                                {{"transfer", [&](auto& a) { a.command.transfer = pending; }},
                                 {"recipient", [](auto& a) { a.command.recipient = carol; }}});
  }
  const PacketId arrived = send_transfer();
  ASSERT_TRUE(run(AcceptTransfer{key(), arrived, bob}).accepted());
  const ReturnTransfer back{key(), arrived, bob};
  expect_once<ReturnTransfer>({back},
                              {{"transfer", [&](auto& a) { a.command.transfer = pending; }},
                               {"recipient", [](auto& a) { a.command.recipient = carol; }}});
  expect_refused(run(ReturnShare{back.key, arrived, bob}), Status::key_conflict);

  // ---- cases
  expect_once<OpenCase>({{key(), other, bob, op(), 0}},
                        {{"subject", [&](auto& a) { a.command.subject = recalled; }},
                         {"user", [](auto& a) { a.command.user = UserId{}; }},
                         {"by", [](auto& a) { a.command.by = Operator("op-2"); }},
                         {"note", [](auto& a) { a.note = "for another reason"; }}});
  const CaseId first = case_id;
  ASSERT_TRUE(run(OpenCase{key(), recalled, bob, op(), 0}).accepted());
  const CaseId second = case_id;
  for (const Decision decision : {Decision::uphold, Decision::refuse}) {
    const Decision opposite = decision == Decision::refuse ? Decision::uphold : Decision::refuse;
    case_id = decision == Decision::uphold ? first : second;
    expect_once<ResolveCase>(
        {{key(), case_id, decision, bob, op(), 0}},
        {{"case_id",
          [&](auto& a) { a.command.case_id = a.command.case_id == first ? second : first; }},
         {"decision", [&](auto& a) { a.command.decision = opposite; }},
         {"user", [](auto& a) { a.command.user = UserId{}; }},
         {"by", [](auto& a) { a.command.by = Operator("op-2"); }},
         {"note", [](auto& a) { a.note = "for another reason"; }}});
  }

  // Nothing was left out.
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    const auto expect_covered = [&]<class C>(std::size_t index) {
      EXPECT_EQ(covered.contains(index), Keyed<C>) << "command " << index;
    };
    (expect_covered.template operator()<std::variant_alternative_t<i, Command>>(i), ...);
  }
  (std::make_index_sequence<std::variant_size_v<Command>>());
}

TEST_F(IdempotencyTest, RefusalIsNotStored) {
  const SendPacket dear = lucky(20'000'000, 1'000);
  expect_refused(run(dear), Status::shares_out_of_range, 500);
  SendPacket other = lucky(600, 2);
  other.key = dear.key;
  EXPECT_TRUE(run(other).accepted());

  const PacketId sent = send_and_claim();
  const ReturnShare early{key(), sent, bob};
  ASSERT_TRUE(withdraw(bob, balance(bob)).accepted());
  expect_refused(run(early), Status::insufficient_funds, 0);
  ASSERT_TRUE(deposit(bob, 600).accepted());
  EXPECT_TRUE(run(early).accepted());

  const ConfirmPayout unknown{key(), sent, Reference("paid")};
  expect_refused(run(unknown), Status::payout_unknown);
  EXPECT_TRUE(run(Deposit{unknown.key, alice, Amount{1}}).accepted());
}

// Claims have no key: the user and the packet are one.
TEST_F(IdempotencyTest, RepeatedClaimIsToldTheFirstAnswerWhateverHasHappenedSince) {
  struct Line {
    const char* what;
    std::function<void()> since;
  };
  const Line lines[] = {
      {"sold out", [&] { claim(carol); }},
      {"frozen", [&] { freeze_packet(); }},
      {"recalled",
       [&] {
         run(RecallPacket{key(), packet, alice});
       }},
      {"returned", [&] { give_back(bob); }},
      {"refunded",
       [&] {
         now = now + Duration::hours(24);
         come_due();
       }},
      {"a restart", [&] { restart(); }},
  };
  for (const Line& line : lines) {
    SCOPED_TRACE(line.what);
    SendPacket command = lucky(600, 2);
    command.recallable = true;
    ASSERT_TRUE(run(command).accepted());
    const ClaimAnswer first = claim(bob);
    ASSERT_EQ(first.status, Status::ok);
    now = now + Duration::seconds(1);
    line.since();
    const ClaimAnswer again = claim(bob);
    EXPECT_EQ(again.status, Status::already_claimed);
    EXPECT_EQ(again.amount_fen, first.amount_fen);
    EXPECT_EQ(again.share_index, first.share_index);
    EXPECT_EQ(again.claimed_at, first.claimed_at);
  }
}

}  // namespace
}  // namespace hb::test
