// The rules of returns: on one shard, where a return is one event, and on two.

#include <gtest/gtest.h>

#include "tests/unit/engine/ledger/ledger_fixture.h"

namespace hb::test {
namespace {

constexpr Duration window = Duration::hours(24);
constexpr Duration just_before = Duration::us(-1);

class ReturnsTest : public LedgerTest {
 protected:
  ReturnsTest() { fund(alice, 1'000); }
  void send_and_claim(std::uint32_t shares = 1) {
    ASSERT_TRUE(run(lucky(600, shares)).accepted());
    ASSERT_EQ(claim(bob).status, Status::ok);
  }
};

TEST_F(ReturnsTest, WholeShareGoesBackToTheSenderOnce) {
  send_and_claim(2);
  const std::int64_t share = balance(bob);
  ASSERT_TRUE(give_back(bob).accepted());
  EXPECT_EQ(balance(bob), 0);
  EXPECT_EQ(balance(alice), 400 + share);
  EXPECT_EQ(summary().returned.fen(), share);
  EXPECT_EQ(share_states().at(0), ShareState::returned);
  expect_refused(give_back(bob), Status::already_returned);
  EXPECT_EQ(claim(bob).status, Status::already_claimed);
  ASSERT_EQ(claim(carol).status, Status::ok);
  EXPECT_EQ(claim(dave).status, Status::sold_out);
}

TEST_F(ReturnsTest, WindowEndsItsLengthAfterTheClaimWhateverBecameOfThePacket) {
  ASSERT_TRUE(run(lucky(600, 3)).accepted());
  now = start + Duration::hours(20);
  ASSERT_EQ(claim(bob).status, Status::ok);
  ASSERT_EQ(claim(carol).status, Status::ok);
  now = start + Duration::hours(24);
  ASSERT_TRUE(come_due());
  now = start + Duration::hours(20) + window + just_before;
  ASSERT_TRUE(give_back(bob).accepted());
  now = start + Duration::hours(20) + window;
  expect_refused(give_back(carol), Status::return_window_over, window.us());
  expect_refused(give_back(bob), Status::already_returned);
}

TEST_F(ReturnsTest, WithoutAWindowThereIsNoReturn) {
  restart(Policy{.return_window = {}});
  send_and_claim();
  expect_refused(give_back(bob), Status::return_window_over, 0);
}

TEST_F(ReturnsTest, NeedsTheShareTheMoneyAndAWalletThatIsNotFrozen) {
  send_and_claim();
  expect_refused(give_back(carol), Status::claim_unknown);
  expect_refused(give_back(alice), Status::claim_unknown);
  ASSERT_TRUE(withdraw(bob, 1).accepted());
  expect_refused(give_back(bob), Status::insufficient_funds, 599);
  EXPECT_EQ(share_states().at(0), ShareState::held);
  ASSERT_TRUE(deposit(bob, 1).accepted());
  ASSERT_TRUE(freeze(bob).accepted());
  expect_refused(give_back(bob), Status::wallet_frozen);
  ASSERT_TRUE(freeze(bob, false).accepted());
  EXPECT_TRUE(give_back(bob).accepted());
}

TEST_F(ReturnsTest, SenderMayReturnTheOwnShareToo) {
  ASSERT_TRUE(run(lucky(600, 2)).accepted());
  ASSERT_EQ(claim(alice).status, Status::ok);
  const std::int64_t before = balance(alice);
  ASSERT_TRUE(give_back(alice).accepted());
  EXPECT_EQ(balance(alice), before);
  expect_refused(give_back(alice), Status::already_returned);
}

TEST_F(ReturnsTest, ReturnedShareOfAnExternallyFundedPacketGoesToTheSendersWallet) {
  ASSERT_TRUE(run(funded_outside(600, 1)).accepted());
  ASSERT_EQ(claim(bob).status, Status::ok);
  ASSERT_TRUE(give_back(bob).accepted());
  EXPECT_EQ(balance(alice), 1'600);
}

TEST_F(ReturnsTest, FrozenSenderStillGetsTheMoney) {
  send_and_claim();
  ASSERT_TRUE(freeze(alice).accepted());
  ASSERT_TRUE(give_back(bob).accepted());
  EXPECT_EQ(balance(alice), 1'000);
}

// ---- over two shards ----------------------------------------------------------------------------

class ReturnsOverTwoShardsTest : public testing::Test {
 protected:
  explicit ReturnsOverTwoShardsTest(const Policy& policy = {})
      : home(policy, ShardId{0}, 2), away(policy, ShardId{1}, 2) {
    home.fund(sender, 1'000);
  }
  void TearDown() override {
    home.expect_replay_agrees();
    away.expect_replay_agrees();
  }

  void send_and_claim() {
    SendPacket command = home.lucky(600, 1);
    command.sender = sender;
    ASSERT_TRUE(home.run(command).accepted());
    ASSERT_EQ(home.claim(winner).status, Status::ok);
  }
  // All that the two have to tell each other.
  void exchange() {
    away.hear(home);
    home.hear(away);
  }
  AmountSum in_flight() const {
    const Totals& h = home.ledger->totals();
    const Totals& a = away.ledger->totals();
    return h.sent + a.sent - h.received - a.received;
  }

  const UserId sender = user_of(ShardId{0}, 2, 5'000);
  const UserId winner = user_of(ShardId{1}, 2, 6'000);
  Books home;
  Books away;
};

TEST_F(ReturnsOverTwoShardsTest, MarkIsSetByTheRequestAndTheAnswerEndsTheReturn) {
  send_and_claim();
  EXPECT_EQ(in_flight().fen(), 600);
  exchange();
  EXPECT_EQ(away.balance(winner), 600);
  ASSERT_TRUE(home.give_back(winner).accepted());
  EXPECT_EQ(home.share_states().at(0), ShareState::returning);
  away.hear(home);
  EXPECT_EQ(away.balance(winner), 0);
  EXPECT_EQ(home.balance(sender), 400);
  EXPECT_EQ(in_flight().fen(), 600);
  home.hear(away);
  EXPECT_EQ(home.share_states().at(0), ShareState::returned);
  EXPECT_EQ(home.balance(sender), 1'000);
  EXPECT_EQ(in_flight(), Amount{});
  expect_refused(home.give_back(winner), Status::already_returned);
}

TEST_F(ReturnsOverTwoShardsTest, ShortfallIsCollectedByALaterCaseFromTheOtherShard) {
  send_and_claim();
  exchange();
  ASSERT_TRUE(away.withdraw(winner, 450).accepted());
  ASSERT_TRUE(home.open_case(winner).accepted());
  ASSERT_TRUE(home.resolve(Decision::uphold).accepted());
  exchange();
  EXPECT_EQ(home.summary().returned.fen(), 150);
  EXPECT_EQ(home.share_states().at(0), ShareState::returned_short);
  ASSERT_TRUE(away.deposit(winner, 1'000).accepted());
  ASSERT_TRUE(home.open_case(winner).accepted());
  ASSERT_TRUE(home.resolve(Decision::uphold).accepted());
  EXPECT_EQ(home.share_states().at(0), ShareState::returning);
  EXPECT_EQ(home.summary().returned.fen(), 150) << "while the rest is collected";
  home.restart();
  exchange();
  EXPECT_EQ(home.share_states().at(0), ShareState::returned);
  EXPECT_EQ(home.ledger->case_record(home.case_id).returned.fen(), 450);
  EXPECT_EQ(home.ledger->case_record(home.case_id).shortfall, Amount{});
  EXPECT_EQ(home.balance(sender), 1'000);
  EXPECT_EQ(away.balance(winner), 550);
  EXPECT_EQ(in_flight(), Amount{});
}

TEST_F(ReturnsOverTwoShardsTest, ReturnNeverOvertakesTheCreditThatItWantsBack) {
  send_and_claim();
  ASSERT_TRUE(home.give_back(winner).accepted());
  exchange();
  EXPECT_EQ(home.share_states().at(0), ShareState::returned);
  EXPECT_EQ(home.balance(sender), 1'000);
  EXPECT_EQ(away.balance(winner), 0);
}

TEST_F(ReturnsOverTwoShardsTest, RefusedDebitTakesTheMarkOffAndTheReturnMayBeTriedAgain) {
  send_and_claim();
  exchange();
  ASSERT_TRUE(away.withdraw(winner, 1).accepted());
  const ReturnShare command{home.key(), home.packet, winner};
  ASSERT_TRUE(home.run(command).accepted());
  exchange();
  EXPECT_EQ(home.share_states().at(0), ShareState::held);
  EXPECT_EQ(home.balance(sender), 400);
  ASSERT_TRUE(away.deposit(winner, 1).accepted());
  ASSERT_TRUE(home.run(command).accepted());
  exchange();
  EXPECT_EQ(home.balance(sender), 1'000);
  EXPECT_TRUE(home.run(command).replayed);
}

TEST_F(ReturnsOverTwoShardsTest, FrozenWalletRefusesAndIsFrozenBetweenRequestAndDebit) {
  send_and_claim();
  exchange();
  ASSERT_TRUE(home.give_back(winner).accepted());
  ASSERT_TRUE(away.freeze(winner).accepted());
  exchange();
  EXPECT_EQ(home.share_states().at(0), ShareState::held);
  EXPECT_EQ(away.balance(winner), 600);
}

TEST_F(ReturnsOverTwoShardsTest, ReturnUnderWayIsSharedByItsOwnKeyAndRefusesAnother) {
  send_and_claim();
  exchange();
  const ReturnShare command{home.key(), home.packet, winner};
  ASSERT_TRUE(home.run(command).accepted());
  const std::uint64_t hash = home.ledger->state_hash();
  EXPECT_TRUE(home.run(command).accepted());  // waits for the same end
  expect_refused(home.give_back(winner), Status::return_in_progress);
  EXPECT_EQ(home.ledger->state_hash(), hash);
  exchange();
  EXPECT_EQ(home.balance(sender), 1'000);
  EXPECT_TRUE(home.run(command).replayed);
}

TEST_F(ReturnsOverTwoShardsTest, KeyOfAReturnUnderWayIsTaken) {
  send_and_claim();
  exchange();
  const ReturnShare command{home.key(), home.packet, winner};
  ASSERT_TRUE(home.run(command).accepted());
  const std::uint64_t hash = home.ledger->state_hash();
  expect_refused(home.run(Deposit{command.key, sender, Amount{5}}), Status::key_conflict);
  expect_refused(home.run(ReturnShare{command.key, home.packet, sender}), Status::key_conflict);
  EXPECT_EQ(home.ledger->state_hash(), hash);
  exchange();
  expect_refused(home.run(Deposit{command.key, sender, Amount{5}}), Status::key_conflict);
}

TEST_F(ReturnsOverTwoShardsTest, KeyOfARefusedReturnIsFreeAgain) {
  send_and_claim();
  exchange();
  ASSERT_TRUE(away.withdraw(winner, 1).accepted());
  const ReturnShare command{home.key(), home.packet, winner};
  ASSERT_TRUE(home.run(command).accepted());
  exchange();
  EXPECT_TRUE(home.run(Deposit{command.key, sender, Amount{5}}).accepted());
}

class UnopenedWinnerTest : public ReturnsOverTwoShardsTest {
 protected:
  UnopenedWinnerTest() : ReturnsOverTwoShardsTest(Policy{.credit_opens_wallet = false}) {}
};

TEST_F(UnopenedWinnerTest, ReturnIsRefusedAndTheCreditedMoneyStays) {
  send_and_claim();
  exchange();
  ASSERT_TRUE(home.give_back(winner).accepted());
  exchange();
  EXPECT_EQ(home.share_states().at(0), ShareState::held);
  ASSERT_TRUE(away.open(winner).accepted());
  EXPECT_EQ(away.balance(winner), 600);
}

// ---- what a user receives, over two shards -------------------------------------------------------

class ReceiveCapsOverTwoShardsTest : public testing::Test {
 protected:
  ReceiveCapsOverTwoShardsTest() {
    for (Books* books : {&home, &away}) {
      const UserId sender = books == &home ? anna : cleo;
      books->fund(sender, 100'000);
    }
  }
  void TearDown() override {
    home.expect_replay_agrees();
    away.expect_replay_agrees();
  }
  void send(Books& books) {
    SendPacket command = books.even(1'000, 10);
    command.sender = &books == &home ? anna : cleo;
    ASSERT_TRUE(books.run(command).accepted());
  }
  ClaimAnswer claim_fresh(Books& books) {
    send(books);
    return books.claim(bert);
  }
  void exchange() {
    away.hear(home);
    home.hear(away);
  }

  static constexpr std::uint32_t cap = 3;
  const Policy policy{.daily_receive_count_cap = cap};
  const UserId anna = user_of(ShardId{0}, 2, 5'000);
  const UserId bert = user_of(ShardId{0}, 2, 6'000);  // who receives, and lives at home
  const UserId cleo = user_of(ShardId{1}, 2, 7'000);
  Books home{policy, ShardId{0}, 2};
  Books away{policy, ShardId{1}, 2};
};

TEST_F(ReceiveCapsOverTwoShardsTest, OtherShardsRefuseOnceTheyHaveHeard) {
  for (std::uint32_t i = 0; i < cap; ++i) ASSERT_EQ(claim_fresh(home).status, Status::ok);
  expect_refused(claim_fresh(home), Status::receive_count_reached, cap);
  EXPECT_EQ(claim_fresh(away).status, Status::ok) << "it has not heard";
  ASSERT_TRUE(home.ledger->has_caps_to_tell());
  home.tell_caps();
  EXPECT_FALSE(home.ledger->has_caps_to_tell());
  exchange();
  expect_refused(claim_fresh(away), Status::receive_count_reached, cap);
  away.restart();
  expect_refused(claim_fresh(away), Status::receive_count_reached, cap);
  SendTransfer gift = away.to(bert, 100);
  gift.sender = cleo;
  ASSERT_TRUE(away.run(gift).accepted());
  expect_refused(away.run(AcceptTransfer{away.key(), away.packet, bert}),
                 Status::receive_count_reached, cap);
  away.now = away.now + Duration::hours(24);
  EXPECT_EQ(claim_fresh(away).status, Status::ok) << "it is another day";
}

TEST_F(ReceiveCapsOverTwoShardsTest, CreditsOfOtherShardsCountWhereTheUserLives) {
  ASSERT_EQ(claim_fresh(away).status, Status::ok);
  ASSERT_EQ(claim_fresh(away).status, Status::ok);
  ASSERT_EQ(claim_fresh(home).status, Status::ok);
  EXPECT_FALSE(home.ledger->has_caps_to_tell());
  exchange();
  EXPECT_TRUE(home.ledger->has_caps_to_tell());
  expect_refused(claim_fresh(home), Status::receive_count_reached, cap);
}

// So no user receives more than the cap from any one shard, however late the message.
TEST_F(ReceiveCapsOverTwoShardsTest, ShardCountsWhatItGrantsItself) {
  for (std::uint32_t i = 0; i < cap; ++i) ASSERT_EQ(claim_fresh(away).status, Status::ok);
  expect_refused(claim_fresh(away), Status::receive_count_reached, cap);
}

TEST_F(ReceiveCapsOverTwoShardsTest, NewsThatACrashCutOffIsToldAfterTheRestartOnce) {
  for (std::uint32_t i = 0; i < cap; ++i) ASSERT_EQ(claim_fresh(home).status, Status::ok);
  home.restart();
  EXPECT_TRUE(home.ledger->has_caps_to_tell());
  home.tell_caps();
  home.restart();
  EXPECT_FALSE(home.ledger->has_caps_to_tell());
  exchange();
  expect_refused(claim_fresh(away), Status::receive_count_reached, cap);
}

TEST_F(ReceiveCapsOverTwoShardsTest, NewsOfADayThatIsOverIsNotTold) {
  for (std::uint32_t i = 0; i < cap; ++i) ASSERT_EQ(claim_fresh(home).status, Status::ok);
  home.now = home.now + Duration::hours(24);
  ASSERT_EQ(claim_fresh(home).status, Status::ok);
  EXPECT_FALSE(home.ledger->has_caps_to_tell());
}

TEST_F(ReceiveCapsOverTwoShardsTest, RaisedCapHoldsOnEveryShardAndIsToldAnew) {
  for (std::uint32_t i = 0; i < cap; ++i) ASSERT_EQ(claim_fresh(home).status, Status::ok);
  home.tell_caps();
  exchange();
  for (Books* books : {&home, &away}) books->change_policy({.daily_receive_count_cap = cap + 1});
  EXPECT_EQ(claim_fresh(home).status, Status::ok);
  EXPECT_TRUE(home.ledger->has_caps_to_tell());
  home.tell_caps();
  exchange();
  expect_refused(claim_fresh(away), Status::receive_count_reached, cap + 1);
}

TEST_F(ReceiveCapsOverTwoShardsTest, JournalWithNewsIsReadWhereThereIsNoCapAnyMore) {
  for (std::uint32_t i = 0; i < cap; ++i) ASSERT_EQ(claim_fresh(home).status, Status::ok);
  home.tell_caps();
  exchange();
  for (Books* books : {&home, &away}) books->change_policy(Policy{});
  EXPECT_EQ(claim_fresh(home).status, Status::ok);
  EXPECT_EQ(claim_fresh(away).status, Status::ok);
  exchange();
}

}  // namespace
}  // namespace hb::test
