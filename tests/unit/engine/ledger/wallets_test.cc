// The rules of wallets: settings, freezing, what may be asked about others, daily caps.

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>

#include "tests/unit/engine/ledger/ledger_fixture.h"

namespace hb::test {
namespace {

class WalletsTest : public LedgerTest {
 protected:
  WalletAnswer wallet(UserId user) {
    WalletAnswer answer;
    EXPECT_EQ(ledger->show(ShowWallet{user}, answer).status, Status::ok);
    return answer;
  }
  RecipientAnswer check(UserId user) {
    RecipientAnswer answer;
    EXPECT_EQ(ledger->show(CheckRecipient{user}, answer).status, Status::ok);
    return answer;
  }
  // A credit makes a wallet for `user`.
  void credit_unknown(UserId user, std::int64_t fen) {
    ASSERT_TRUE(run(lucky(fen, 1)).accepted());
    ASSERT_EQ(claim(user).status, Status::ok);
  }
};

TEST_F(WalletsTest, NewWalletIsEmptyOpenAndRefundsToTheSource) {
  ASSERT_TRUE(open(alice, "Alice").accepted());
  EXPECT_EQ(wallet(alice).balance, Amount{});
  EXPECT_EQ(wallet(alice).name.view(), "Alice");
  EXPECT_EQ(wallet(alice).opened_at, start);
  EXPECT_FALSE(wallet(alice).frozen);
  EXPECT_EQ(wallet(alice).refund_target, RefundTarget::source);
}

TEST_F(WalletsTest, RefundTargetIsSetBackAndForth) {
  ASSERT_TRUE(open(alice).accepted());
  for (const RefundTarget target :
       {RefundTarget::wallet, RefundTarget::source, RefundTarget::source}) {
    ASSERT_TRUE(run(SetRefundTarget{key(), alice, target}).accepted());
    EXPECT_EQ(wallet(alice).refund_target, target);
  }
  for (const int unknown : {0, 3, 255}) {
    expect_refused(run(SetRefundTarget{key(), alice, static_cast<RefundTarget>(unknown)}),
                   Status::refund_target_unknown);
  }
  expect_refused(run(SetRefundTarget{key(), bob, RefundTarget::wallet}), Status::wallet_unknown);
}

TEST_F(WalletsTest, UsedKeyIsAConflictWhateverTheAmount) {
  ASSERT_TRUE(open(alice).accepted());
  const Deposit deposit{key(), alice, Amount{500}};
  ASSERT_TRUE(run(deposit).accepted());
  for (const std::int64_t fen : {std::int64_t{-1}, std::int64_t{0}, limits::amount_max + 1}) {
    expect_refused(run(Deposit{deposit.key, alice, Amount{fen}}), Status::key_conflict);
    expect_refused(run(Withdraw{deposit.key, alice, Amount{fen}}), Status::key_conflict);
  }
}

// ---- how much money there may be ----------------------------------------------------------------

TEST_F(WalletsTest, BooksThatWereEmptiedTakeMoneyAgain) {
  constexpr std::int64_t most = limits::amount_max;
  fund(alice, most);
  ASSERT_TRUE(open(bob).accepted());
  expect_refused(deposit(bob, 1), Status::balance_over_limit, most);
  SendPacket outside = funded_outside(100, 1);
  outside.sender = bob;
  expect_refused(run(outside), Status::balance_over_limit, most);
  ASSERT_TRUE(withdraw(alice, 101).accepted());
  ASSERT_TRUE(deposit(bob, 1).accepted());
  ASSERT_TRUE(run(outside).accepted()) << "the same key, refused before";
  expect_refused(deposit(bob, 1), Status::balance_over_limit, most);
}

TEST_F(WalletsTest, WhatWaitsInPacketsTransfersAndPayoutsCounts) {
  constexpr std::int64_t most = limits::amount_max;
  fund(alice, most);
  ASSERT_TRUE(run(lucky(100, 1)).accepted());
  expect_refused(deposit(alice, 1), Status::balance_over_limit, most);
  ASSERT_TRUE(run(to(bob, 100)).accepted());
  expect_refused(deposit(alice, 1), Status::balance_over_limit, most);
  ASSERT_TRUE(withdraw(alice, 100).accepted());
  SendPacket outside = funded_outside(100, 1);
  outside.recallable = true;
  ASSERT_TRUE(run(outside).accepted());
  ASSERT_TRUE(run(RecallPacket{key(), packet, alice}).accepted());
  expect_refused(deposit(alice, 1), Status::balance_over_limit, most);
  ASSERT_TRUE(run(ConfirmPayout{key(), packet, Reference("bank-1")}).accepted());
  ASSERT_TRUE(deposit(alice, 100).accepted());
  expect_refused(deposit(alice, 1), Status::balance_over_limit, most);
}

TEST_F(WalletsTest, MoreMoneyThan64BitsHoldMayPass) {
  constexpr std::int64_t most = limits::amount_max;
  ASSERT_TRUE(open(alice).accepted());
  for (int i = 0; i < 1'100; ++i) {
    ASSERT_TRUE(deposit(alice, most).accepted());
    ASSERT_TRUE(withdraw(alice, most).accepted());
  }
  EXPECT_EQ(ledger->totals().deposits.fen(), AmountSum::Wide{1'100} * most);
  EXPECT_EQ(ledger->totals().withdrawals.fen(), AmountSum::Wide{1'100} * most);
  EXPECT_TRUE(ledger->totals().balanced());
}

// No credit can fail, so where the books of a shard are full beyond all measure it waits.
TEST_F(WalletsTest, CreditsOfOtherShardsWaitForRoom) {
  constexpr std::int64_t most = limits::amount_max;
  ASSERT_TRUE(open(alice).accepted());
  std::int64_t balance_fen = 0;
  const auto move = [&](EventType type, std::int64_t change_fen) {
    balance_fen += change_fen;
    commit(MoneyMoved{.type = type,
                      .at = now,
                      .user = alice,
                      .amount = Amount{std::abs(change_fen)},
                      .key = key(),
                      .balance = Amount{balance_fen}});
  };
  for (int i = 0; i < limits::shards_max; ++i) {
    EXPECT_TRUE(ledger->has_room_for_credits());
    move(EventType::deposited, most);
  }
  EXPECT_FALSE(ledger->has_room_for_credits());
  EXPECT_EQ(balance(alice), limits::held_max);
  move(EventType::withdrawn, -1);
  EXPECT_TRUE(ledger->has_room_for_credits());
}

TEST_F(WalletsTest, CheckRecipientMasksAllOfTheNameButItsLastCharacter) {
  struct Line {
    std::string name;
    std::string masked;
  };
  const Line lines[] = {
      {"", ""},
      {"A", "A"},
      {"Al", "*l"},
      {"Alice", "****e"},
      {"王", "王"},
      {"王小明", "**明"},
      {"Bob 鲍勃", "*****勃"},
      {std::string(64, 'x'), std::string(63, '*') + "x"},
      // A character is what a reader sees as one, however many code points it has.
      {"❤\ufe0f", "❤\ufe0f"},
      {"小红❤\ufe0f", "**❤\ufe0f"},
      {"Zoe\u0301", "**e\u0301"},
      {"日本🇯🇵", "**🇯🇵"},
      {"李👍🏽", "*👍🏽"},
      {"老王👨\u200d👩\u200d👧", "**👨\u200d👩\u200d👧"},
      {"👨\u200d👩\u200d👧明", "*明"},
      {"\u1100\u1161\u1102\u1161", "*\u1102\u1161"},
      // What cannot be seen is not what is shown.
      {"张三 ", "*三"},
      {"张三\u3000 \t", "*三"},
      {"张三\u200b\u202e", "*三"},
      {"A ", "A"},
      {"  ", ""},
  };
  std::uint64_t user = 70'000;
  for (const Line& line : lines) {
    ASSERT_TRUE(open(UserId{++user}, line.name).accepted());
    EXPECT_EQ(check(UserId{user}).masked_name.view(), line.masked);
    EXPECT_TRUE(check(UserId{user}).exists);
    EXPECT_FALSE(check(UserId{user}).frozen);
  }
}

TEST_F(WalletsTest, CheckRecipientTellsWhetherThereIsSuchAUserAndWhetherFrozen) {
  EXPECT_FALSE(check(bob).exists);
  EXPECT_TRUE(check(bob).masked_name.empty());
  ASSERT_TRUE(open(bob, "Bob").accepted());
  ASSERT_TRUE(freeze(bob).accepted());
  EXPECT_TRUE(check(bob).frozen);
  RecipientAnswer answer;
  expect_refused(ledger->show(CheckRecipient{UserId{}}, answer), Status::user_invalid);
  WalletAnswer wallet;
  expect_refused(ledger->show(ShowWallet{UserId{}}, wallet), Status::user_invalid);
}

TEST_F(WalletsTest, OutOfAFrozenWalletNothingGoesAndIntoItEverythingDoes) {
  fund(alice, 10'000);
  fund(bob, 10'000);
  ASSERT_TRUE(run(lucky(500, 2)).accepted());
  const PacketId packet_of_alice = packet;
  ASSERT_TRUE(run(to(bob, 300)).accepted());
  const PacketId transfer_of_alice = packet;
  ASSERT_TRUE(freeze(bob).accepted());
  expect_refused(freeze(bob), Status::already_frozen);

  SendPacket from_bob = lucky(100, 1);
  from_bob.sender = bob;
  SendPacket outside = funded_outside(100, 1);
  outside.sender = bob;
  SendTransfer transfer_from_bob = to(alice, 100);
  transfer_from_bob.sender = bob;
  struct Line {
    const char* what;
    std::function<Verdict()> out;
  };
  const Line lines[] = {
      {"withdraw", [&] { return withdraw(bob, 1); }},
      {"send", [&] { return run(from_bob); }},
      {"send, funded from outside", [&] { return run(outside); }},
      {"transfer", [&] { return run(transfer_from_bob); }},
  };
  for (const Line& line : lines) {
    SCOPED_TRACE(line.what);
    expect_refused(line.out(), Status::wallet_frozen);
  }
  packet = packet_of_alice;
  const ClaimAnswer won = claim(bob);
  ASSERT_EQ(won.status, Status::ok);
  expect_refused(give_back(bob), Status::wallet_frozen);
  ASSERT_TRUE(run(AcceptTransfer{key(), transfer_of_alice, bob}).accepted());
  expect_refused(run(ReturnTransfer{key(), transfer_of_alice, bob}), Status::wallet_frozen);
  ASSERT_TRUE(deposit(bob, 5).accepted());
  EXPECT_EQ(balance(bob), 10'000 + won.amount_fen + 300 + 5);

  ASSERT_TRUE(freeze(bob, false).accepted());
  expect_refused(freeze(bob, false), Status::not_frozen);
  for (const Line& line : lines) {
    SCOPED_TRACE(line.what);
    EXPECT_TRUE(line.out().accepted());
  }
}

// ---- a credit to an unknown user ----------------------------------------------------------------

TEST_F(WalletsTest, CreditOpensAWalletWhereThePolicySaysSo) {
  fund(alice, 1'000);
  credit_unknown(bob, 400);
  EXPECT_EQ(wallet(bob).balance.fen(), 400);
  EXPECT_TRUE(check(bob).exists);
  EXPECT_TRUE(withdraw(bob, 400).accepted());
}

TEST_F(WalletsTest, CreditedMoneyWaitsForTheCommandWhereThePolicyWantsOne) {
  restart(Policy{.credit_opens_wallet = false});
  fund(alice, 1'000);
  credit_unknown(bob, 400);
  WalletAnswer answer;
  expect_refused(ledger->show(ShowWallet{bob}, answer), Status::wallet_unknown);
  EXPECT_FALSE(check(bob).exists);
  SendPacket from_bob = lucky(100, 1);
  from_bob.sender = bob;
  SendTransfer transfer_from_bob = to(alice, 100);
  transfer_from_bob.sender = bob;
  expect_refused(withdraw(bob, 1), Status::wallet_unknown);
  expect_refused(deposit(bob, 1), Status::wallet_unknown);
  expect_refused(run(from_bob), Status::wallet_unknown);
  expect_refused(run(transfer_from_bob), Status::wallet_unknown);
  expect_refused(run(SetRefundTarget{key(), bob, RefundTarget::wallet}), Status::wallet_unknown);
  expect_refused(give_back(bob), Status::wallet_unknown);
  ASSERT_TRUE(open(bob, "Bob").accepted());
  EXPECT_EQ(wallet(bob).balance.fen(), 400);
  EXPECT_TRUE(withdraw(bob, 1).accepted());
}

// ---- daily caps ---------------------------------------------------------------------------------

class CapsTest : public WalletsTest {
 protected:
  // Midnight in Shanghai, 2023-11-15.
  static constexpr Time midnight{1'699'977'600'000'000};

  void set_caps(std::uint32_t count, std::int64_t fen) {
    Policy policy;
    policy.daily_count_cap = count;
    policy.daily_amount_cap = Amount{fen};
    restart(policy);
    now = midnight;
    fund(alice, 1'000'000);
    fund(bob, 1'000'000);
  }
};

TEST_F(CapsTest, PacketsAndTransfersOfASenderCountTogether) {
  set_caps(3, 0);
  ASSERT_TRUE(run(lucky(100, 1)).accepted());
  ASSERT_TRUE(run(to(bob, 100)).accepted());
  ASSERT_TRUE(run(funded_outside(100, 1)).accepted());
  expect_refused(run(lucky(100, 1)), Status::cap_count_reached, 3);
  expect_refused(run(to(bob, 100)), Status::cap_count_reached, 3);
  expect_refused(run(funded_outside(100, 1)), Status::cap_count_reached, 3);
  SendPacket from_bob = lucky(100, 1);
  from_bob.sender = bob;
  EXPECT_TRUE(run(from_bob).accepted());
}

TEST_F(CapsTest, SumMayReachTheCapAndNotPassIt) {
  set_caps(0, 1'000);
  expect_refused(run(lucky(1'001, 1)), Status::cap_amount_reached, 1'000);
  ASSERT_TRUE(run(lucky(600, 1)).accepted());
  expect_refused(run(to(bob, 401)), Status::cap_amount_reached, 1'000);
  ASSERT_TRUE(run(to(bob, 400)).accepted());
  expect_refused(run(to(bob, 1)), Status::cap_amount_reached, 1'000);
}

TEST_F(CapsTest, RefusedSendDoesNotCount) {
  set_caps(1, 0);
  expect_refused(run(lucky(2'000'000, 200)), Status::insufficient_funds, 1'000'000);
  EXPECT_TRUE(run(lucky(100, 1)).accepted());
}

TEST_F(CapsTest, MoneyThatComesBackStillCounts) {
  set_caps(1, 0);
  ASSERT_TRUE(run(to(bob, 100)).accepted());
  ASSERT_TRUE(run(CancelTransfer{key(), packet, alice}).accepted());
  expect_refused(run(to(bob, 100)), Status::cap_count_reached, 1);

  now = now + Duration::hours(24);
  SendPacket recallable = lucky(100, 1);
  recallable.recallable = true;
  ASSERT_TRUE(run(recallable).accepted());
  ASSERT_TRUE(run(RecallPacket{key(), packet, alice}).accepted());
  expect_refused(run(lucky(100, 1)), Status::cap_count_reached, 1);
}

TEST_F(CapsTest, DayStartsAtItsInstantOfThePolicysTimeZone) {
  struct Line {
    Duration utc_offset;
    Duration day_start;
    Time boundary;
  };
  const Line lines[] = {
      {Duration::hours(8), Duration{}, midnight},
      {Duration::hours(8), Duration::hours(4), midnight + Duration::hours(4)},
      {Duration{}, Duration{}, midnight + Duration::hours(8)},
      {Duration::hours(-5), Duration{}, midnight + Duration::hours(13)},
  };
  std::uint64_t user = 80'000;
  for (const Line& line : lines) {
    Policy policy;
    policy.daily_count_cap = 1;
    policy.utc_offset = line.utc_offset;
    policy.day_start = line.day_start;
    restart(policy);
    const UserId sender{++user};
    fund(sender, 1'000);
    const auto send = [&](Time at) {
      now = at;
      SendTransfer command = to(bob, 100);
      command.sender = sender;
      return run(command);
    };
    ASSERT_TRUE(send(line.boundary + Duration::us(-1)).accepted());
    expect_refused(send(line.boundary + Duration::us(-1)), Status::cap_count_reached, 1);
    ASSERT_TRUE(send(line.boundary).accepted());
    expect_refused(send(line.boundary), Status::cap_count_reached, 1);
    now = line.boundary + Duration::hours(24) + Duration::us(-1);
    expect_refused(send(now), Status::cap_count_reached, 1);
    EXPECT_TRUE(send(line.boundary + Duration::hours(24)).accepted());
    now = midnight;
  }
}

TEST_F(CapsTest, CountsAreThereAfterARestart) {
  set_caps(2, 0);
  ASSERT_TRUE(run(lucky(100, 1)).accepted());
  ASSERT_TRUE(run(to(bob, 100)).accepted());
  restart();
  expect_refused(run(lucky(100, 1)), Status::cap_count_reached, 2);
}

// ---- daily caps of what is received -------------------------------------------------------------

class ReceiveCapsTest : public CapsTest {
 protected:
  void set_receive_caps(std::uint32_t count, std::int64_t fen) {
    Policy policy;
    policy.daily_receive_count_cap = count;
    policy.daily_receive_amount_cap = Amount{fen};
    restart(policy);
    if (now < midnight) now = midnight;
  }
  // A packet with a share for each of many users.
  void send(std::int64_t share_fen = 100) {
    if (!funded_) fund(alice, 1'000'000);
    funded_ = true;
    ASSERT_TRUE(run(even(share_fen * 10, 10)).accepted());
  }
  PeekAnswer peek(UserId user) const {
    PeekAnswer answer;
    EXPECT_EQ(ledger->peek(now, PeekPacket{packet, user}, answer).status, Status::ok);
    return answer;
  }
  Verdict accept() { return run(AcceptTransfer{key(), packet, bob}); }

 private:
  bool funded_ = false;
};

TEST_F(ReceiveCapsTest, SharesAndAcceptedTransfersCountTogether) {
  set_receive_caps(2, 0);
  send();
  ASSERT_EQ(claim(bob).status, Status::ok);
  ASSERT_TRUE(run(to(bob, 100)).accepted());
  ASSERT_TRUE(accept().accepted());
  send();
  EXPECT_FALSE(peek(bob).claimable);
  expect_refused(peek(bob).own_claim, Status::receive_count_reached, 2);
  expect_refused(claim(bob), Status::receive_count_reached, 2);
  expect_refused(claim(bob, "any"), Status::receive_count_reached, 2);
  EXPECT_TRUE(peek(carol).claimable);
  EXPECT_EQ(claim(carol).status, Status::ok);
  ASSERT_TRUE(run(to(bob, 100)).accepted());
  expect_refused(accept(), Status::receive_count_reached, 2);
}

// A refusal that depended on the share's amount would tell what the next one is.
TEST_F(ReceiveCapsTest, ShareThatReachesTheSumIsStillGivenAndATransferThatPassesItIsNot) {
  set_receive_caps(0, 250);
  for (int i = 0; i < 3; ++i) {
    send();
    ASSERT_EQ(claim(bob).status, Status::ok) << i;
  }
  send();
  expect_refused(claim(bob), Status::receive_amount_reached, 250);
  now = now + Duration::hours(24);
  ASSERT_TRUE(run(to(bob, 251)).accepted());
  expect_refused(accept(), Status::receive_amount_reached, 250);
  ASSERT_TRUE(run(to(bob, 250)).accepted());
  ASSERT_TRUE(accept().accepted());
  ASSERT_TRUE(run(to(bob, 1)).accepted());
  expect_refused(accept(), Status::receive_amount_reached, 250);
}

TEST_F(ReceiveCapsTest, FirstAnswerIsToldAgainAndARefusalTakesNoTryAtACode) {
  set_receive_caps(1, 0);
  send();
  SendPacket coded = even(1'000, 10);
  coded.code = ClaimCode("8888");
  ASSERT_EQ(claim(bob).status, Status::ok);
  EXPECT_EQ(claim(bob).status, Status::already_claimed);
  ASSERT_TRUE(run(coded).accepted());
  expect_refused(claim(bob, "1"), Status::receive_count_reached, 1);
  now = midnight + Duration::hours(24);
  ASSERT_TRUE(run(SendPacket{coded}).replayed);
  coded.key = key();
  ASSERT_TRUE(run(coded).accepted());
  expect_refused(claim(bob, "1"), Status::code_wrong, 4);
}

TEST_F(ReceiveCapsTest, ReturnsRefundsAndDepositsDoNotCountAndAReturnedShareStillDoes) {
  set_receive_caps(1, 0);
  send();
  ASSERT_TRUE(deposit(alice, 5).accepted());
  ASSERT_EQ(claim(bob).status, Status::ok);
  ASSERT_TRUE(give_back(bob).accepted());
  now = now + Duration::hours(25);
  ASSERT_TRUE(come_due());
  send();
  EXPECT_EQ(claim(alice).status, Status::ok)
      << "the money that came back is none that was received";
  EXPECT_EQ(claim(bob).status, Status::ok) << "it is another day";
  ASSERT_TRUE(give_back(bob).accepted());
  send();
  expect_refused(claim(bob), Status::receive_count_reached, 1);
}

TEST_F(ReceiveCapsTest, DayEndsAtTheInstantAndATransferCountsWhenItArrives) {
  set_receive_caps(1, 0);
  fund(alice, 10'000);
  now = midnight + Duration::hours(23);
  ASSERT_TRUE(run(to(bob, 100, Duration::hours(2))).accepted());
  const PacketId transfer = packet;
  ASSERT_TRUE(accept().accepted());
  ASSERT_TRUE(run(even(1'000, 10)).accepted());
  ASSERT_EQ(claim(bob).status, Status::ok) << "the transfer has not arrived";
  const PacketId first = packet;
  ASSERT_TRUE(run(even(1'000, 10)).accepted());
  now = midnight + Duration::hours(24) + Duration::us(-1);
  expect_refused(claim(bob), Status::receive_count_reached, 1);
  now = midnight + Duration::hours(25);
  ASSERT_TRUE(come_due(transfer));
  expect_refused(claim(bob), Status::receive_count_reached, 1);
  EXPECT_EQ(run(ClaimItem{first, bob}).status, Status::already_claimed);
}

TEST_F(ReceiveCapsTest, AreCountedAcrossARestartAndFromTheDaysStartWhenTheyAreNew) {
  restart(Policy{});
  now = midnight;
  send();
  ASSERT_EQ(claim(bob).status, Status::ok);
  send();
  change_policy(Policy{.daily_receive_count_cap = 1});
  expect_refused(claim(bob), Status::receive_count_reached, 1);
  restart();
  expect_refused(claim(bob), Status::receive_count_reached, 1);
  change_policy(Policy{.daily_receive_count_cap = 2});
  EXPECT_EQ(claim(bob).status, Status::ok);
  send();
  expect_refused(claim(bob), Status::receive_count_reached, 2);
}

}  // namespace
}  // namespace hb::test
