// Two commands that race for one thing, in both orders, within one step: who comes first wins, the
// other is told why not, and the money is where it belongs.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "tests/unit/engine/shard/shards_fixture.h"

namespace hb::test {
namespace {

const Operator op("op-1");

// What became of the two, and of the wallets.
struct End {
  Status first;
  Status second;
  std::int64_t alice;
  std::int64_t bob;
};

// The parameter: whether bob's wallet is on a shard of its own.
class RacesTest : public testing::TestWithParam<bool> {
 protected:
  using Act = std::function<std::uint64_t()>;

  RacesTest() { shards.fund(alice, 1'000); }
  void TearDown() override {
    shards.settle();
    shards.expect_nothing_in_flight();
    const std::vector<std::uint64_t> hashes = shards.hashes();
    shards.crash(7);
    EXPECT_EQ(shards.hashes(), hashes);
  }

  Key128 key() { return shards.key(); }
  PacketId send(bool recallable = false) {
    return shards.send(SendPacket{.key = key(),
                                  .sender = alice,
                                  .total = Amount{600},
                                  .share_count = 1,
                                  .recallable = recallable});
  }
  PacketId send_and_claim() {
    const PacketId packet = send();
    EXPECT_EQ(shards.claim(packet, bob).status, Status::ok);
    shards.settle();
    return packet;
  }
  PacketId send_transfer(Duration arrives_after = {}) {
    return shards.send(SendTransfer{.key = key(),
                                    .sender = alice,
                                    .recipient = bob,
                                    .amount = Amount{600},
                                    .arrives_after = arrives_after});
  }
  Act ask(const Command& command) {
    return [this, command] { return shards.hand_over(command); };
  }
  Act claim(PacketId packet, UserId user) {
    return [this, packet, user] { return shards.hand_over(ClaimItem{packet, user}); };
  }
  static Status status_of(const Told& told) {
    return told.batch.claims.empty() ? told.status() : told.batch.claims.at(0).status;
  }

  // Both are handed over before anything is decided; `first` stands before `second`.
  void expect_race(const Act& first, const Act& second, const End& end) {
    const std::uint64_t one = first();
    const std::uint64_t two = second();
    EXPECT_EQ(name(status_of(shards.wait_for(one))), name(end.first));
    EXPECT_EQ(name(status_of(shards.wait_for(two))), name(end.second));
    shards.settle();
    EXPECT_EQ(shards.balance(alice), end.alice);
    EXPECT_EQ(shards.balance(bob), end.bob);
  }

  Shards shards{static_cast<std::uint16_t>(GetParam() ? 2 : 1)};
  const UserId alice = shards.user_on(0, 1'000);
  const UserId bob = shards.user_on(GetParam() ? 1 : 0, 2'000);
};

TEST_P(RacesTest, ClaimThenRecall) {
  const PacketId packet = send(true);
  expect_race(claim(packet, bob), ask(RecallPacket{key(), packet, alice}),
              {Status::ok, Status::sold_out, 400, 600});
}

TEST_P(RacesTest, RecallThenClaim) {
  const PacketId packet = send(true);
  expect_race(ask(RecallPacket{key(), packet, alice}), claim(packet, bob),
              {Status::ok, Status::recalled, 1'000, 0});
}

TEST_P(RacesTest, ClaimThenFreeze) {
  const PacketId packet = send();
  expect_race(claim(packet, bob), ask(FreezePacket{key(), packet, true, op, 0}),
              {Status::ok, Status::ok, 400, 600});
}

TEST_P(RacesTest, FreezeThenClaim) {
  const PacketId packet = send();
  expect_race(ask(FreezePacket{key(), packet, true, op, 0}), claim(packet, bob),
              {Status::ok, Status::packet_frozen, 400, 0});
}

TEST_P(RacesTest, ClaimJustBeforeExpiryThenRefund) {
  const PacketId packet = shards.send(
      SendPacket{.key = key(), .sender = alice, .total = Amount{600}, .share_count = 2});
  shards.now = start + Duration::hours(24) + Duration::us(-1);
  const ClaimAnswer won = shards.claim(packet, bob);
  EXPECT_EQ(won.status, Status::ok);
  shards.now = start + Duration::hours(24);
  EXPECT_EQ(shards.claim(packet, alice).status, Status::expired);
  shards.settle();
  EXPECT_EQ(shards.balance(alice), 1'000 - won.amount_fen);
  EXPECT_EQ(shards.balance(bob), won.amount_fen);
}

TEST_P(RacesTest, RefundAtExpiryThenClaimInTheSameStep) {
  const PacketId packet = send();
  shards.now = start + Duration::hours(24);
  EXPECT_EQ(shards.claim(packet, bob).status, Status::expired);
  EXPECT_EQ(shards.balance(alice), 1'000);
  EXPECT_EQ(shards.balance(bob), 0);
}

// The debit is decided where the wallet is: there its order with the freeze counts.
TEST_P(RacesTest, ReturnThenFreezeOfTheWallet) {
  const PacketId packet = send_and_claim();
  const std::uint64_t returned = shards.hand_over(ReturnShare{key(), packet, bob});
  shards.settle();
  EXPECT_EQ(shards.ask(FreezeWallet{key(), bob, true, op, 0}).status(), Status::ok);
  EXPECT_EQ(shards.take(returned)->status(), Status::ok);
  EXPECT_EQ(shards.balance(alice), 1'000);
  EXPECT_EQ(shards.balance(bob), 0);
}

TEST_P(RacesTest, FreezeOfTheWalletThenReturn) {
  const PacketId packet = send_and_claim();
  expect_race(ask(FreezeWallet{key(), bob, true, op, 0}), ask(ReturnShare{key(), packet, bob}),
              {Status::ok, Status::wallet_frozen, 400, 600});
  EXPECT_EQ(shards.share_state(packet), ShareState::held);
}

TEST_P(RacesTest, ReturnThenFreezeOfThePacket) {
  const PacketId packet = send_and_claim();
  expect_race(ask(ReturnShare{key(), packet, bob}), ask(FreezePacket{key(), packet, true, op, 0}),
              {Status::ok, Status::ok, 1'000, 0});
  EXPECT_EQ(shards.share_state(packet), ShareState::returned);
}

TEST_P(RacesTest, AcceptThenCancel) {
  const PacketId transfer = send_transfer();
  expect_race(ask(AcceptTransfer{key(), transfer, bob}),
              ask(CancelTransfer{key(), transfer, alice}),
              {Status::ok, Status::transfer_arrived, 400, 600});
}

TEST_P(RacesTest, AcceptWithDelayedArrivalThenCancel) {
  const PacketId transfer = send_transfer(Duration::hours(2));
  expect_race(ask(AcceptTransfer{key(), transfer, bob}),
              ask(CancelTransfer{key(), transfer, alice}), {Status::ok, Status::ok, 1'000, 0});
  shards.now = shards.now + Duration::hours(3);
  shards.settle();
  EXPECT_EQ(shards.transfer_state(transfer), TransferState::cancelled);
  EXPECT_EQ(shards.balance(alice), 1'000);
}

TEST_P(RacesTest, CancelThenAccept) {
  const PacketId transfer = send_transfer();
  expect_race(ask(CancelTransfer{key(), transfer, alice}),
              ask(AcceptTransfer{key(), transfer, bob}),
              {Status::ok, Status::transfer_closed, 1'000, 0});
}

TEST_P(RacesTest, AcceptJustBeforeExpiryThenExpiry) {
  const PacketId transfer = send_transfer();
  shards.now = start + Duration::hours(24) + Duration::us(-1);
  EXPECT_EQ(shards.ask(AcceptTransfer{key(), transfer, bob}).status(), Status::ok);
  shards.now = start + Duration::hours(24);
  shards.settle();
  EXPECT_EQ(shards.transfer_state(transfer), TransferState::arrived);
  EXPECT_EQ(shards.balance(bob), 600);
}

TEST_P(RacesTest, ExpiryThenAcceptInTheSameStep) {
  const PacketId transfer = send_transfer();
  shards.now = start + Duration::hours(24);
  EXPECT_EQ(shards.ask(AcceptTransfer{key(), transfer, bob}).status(), Status::expired);
  EXPECT_EQ(shards.transfer_state(transfer), TransferState::expired);
  EXPECT_EQ(shards.balance(alice), 1'000);
}

TEST_P(RacesTest, CancelJustBeforeArrivalThenArrival) {
  const PacketId transfer = send_transfer(Duration::hours(2));
  EXPECT_EQ(shards.ask(AcceptTransfer{key(), transfer, bob}).status(), Status::ok);
  shards.now = start + Duration::hours(2) + Duration::us(-1);
  EXPECT_EQ(shards.ask(CancelTransfer{key(), transfer, alice}).status(), Status::ok);
  shards.now = start + Duration::hours(2);
  shards.settle();
  EXPECT_EQ(shards.balance(alice), 1'000);
  EXPECT_EQ(shards.balance(bob), 0);
}

TEST_P(RacesTest, ArrivalThenCancelInTheSameStep) {
  const PacketId transfer = send_transfer(Duration::hours(2));
  EXPECT_EQ(shards.ask(AcceptTransfer{key(), transfer, bob}).status(), Status::ok);
  shards.now = start + Duration::hours(2);
  EXPECT_EQ(shards.ask(CancelTransfer{key(), transfer, alice}).status(), Status::transfer_arrived);
  shards.settle();
  EXPECT_EQ(shards.balance(bob), 600);
}

TEST_P(RacesTest, WithdrawThenResolve) {
  const PacketId packet = send_and_claim();
  const CaseId case_id = shards.open_case(packet, bob);
  EXPECT_EQ(shards.ask(Withdraw{key(), bob, Amount{250}}).status(), Status::ok);
  const Told told = shards.ask(ResolveCase{key(), case_id, Decision::uphold, {}, op, 0});
  EXPECT_EQ(told.case_record().returned.fen(), 350);
  EXPECT_EQ(told.case_record().shortfall.fen(), 250);
  EXPECT_EQ(shards.balance(alice), 750);
  EXPECT_EQ(shards.balance(bob), 0);
}

TEST_P(RacesTest, ResolveThenWithdraw) {
  const PacketId packet = send_and_claim();
  const CaseId case_id = shards.open_case(packet, bob);
  const Told told = shards.ask(ResolveCase{key(), case_id, Decision::uphold, {}, op, 0});
  EXPECT_EQ(told.case_record().shortfall, Amount{});
  const Told withdrawn = shards.ask(Withdraw{key(), bob, Amount{250}});
  EXPECT_EQ(withdrawn.status(), Status::insufficient_funds);
  EXPECT_EQ(withdrawn.reply.limit, 0);
  EXPECT_EQ(shards.balance(alice), 1'000);
}

TEST_P(RacesTest, TwoClaimsOfTheLastShare) {
  const PacketId packet = send();
  expect_race(claim(packet, bob), claim(packet, alice), {Status::ok, Status::sold_out, 400, 600});
}

TEST_P(RacesTest, TwoReturnsOfOneShare) {
  const PacketId packet = send_and_claim();
  const Status second = GetParam() ? Status::return_in_progress : Status::already_returned;
  expect_race(ask(ReturnShare{key(), packet, bob}), ask(ReturnShare{key(), packet, bob}),
              {Status::ok, second, 1'000, 0});
}

TEST_P(RacesTest, RefundAndUnfreezeOfAPacketThatExpiredWhileItWasFrozen) {
  const PacketId packet = send();
  EXPECT_EQ(shards.ask(FreezePacket{key(), packet, true, op, 0}).status(), Status::ok);
  shards.now = start + Duration::hours(30);
  shards.settle();
  EXPECT_EQ(shards.balance(alice), 400);
  expect_race(ask(FreezePacket{key(), packet, false, op, 0}), claim(packet, bob),
              {Status::ok, Status::expired, 400, 0});
  shards.now = shards.now + Duration::seconds(1);
  shards.settle();
  EXPECT_EQ(shards.balance(alice), 1'000);
}

INSTANTIATE_TEST_SUITE_P(BobElsewhere, RacesTest, testing::Bool());

}  // namespace
}  // namespace hb::test
