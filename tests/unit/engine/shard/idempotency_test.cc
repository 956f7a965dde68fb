// Every command with a key, answered by a shard: a repeat is told the first answer exactly, marked
// as such, whatever has happened since, after a crash, and past its own deadline.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/unit/engine/shard/answer_text.h"
#include "tests/unit/engine/shard/shards_fixture.h"

namespace hb::test {
namespace {

// The winner of each packet lives on the first shard or on the last, which is the first's own
// where there is one only.
class AnswersTest : public testing::TestWithParam<std::uint16_t> {
 protected:
  AnswersTest() { shards.fund(alice, 100'000); }
  void TearDown() override {
    shards.settle();
    shards.expect_nothing_in_flight();
  }

  // Asked once, then `later`; then it must be a repeat with the same answer, now, after a crash,
  // and an hour later.
  Told expect_told_again(
      const Command& command, const std::function<void()>& later = [] {},
      const std::vector<UserId>& recipients = {}) {
    SCOPED_TRACE("command " + std::to_string(command.index()));
    const Told first = shards.ask(command, recipients);
    EXPECT_EQ(name(first.status()), "ok");
    EXPECT_FALSE(first.reply.replayed);
    later();
    const auto expect_repeat = [&] {
      const Told again = shards.ask(command, recipients);
      EXPECT_EQ(name(again.status()), "ok");
      EXPECT_TRUE(again.reply.replayed);
      if (again.status() == Status::ok) {
        EXPECT_EQ(text_of(again), text_of(first));
      }
    };
    const auto expect_repeat_past_its_deadline = [&] {
      shards.deadline = shards.now + Duration::us(-1);
      expect_repeat();
      shards.deadline = Time{};
    };
    expect_repeat();
    expect_repeat_past_its_deadline();
    shards.settle();
    const std::vector<std::uint64_t> hashes = shards.hashes();
    shards.crash(++crashes);
    EXPECT_EQ(shards.hashes(), hashes);
    shards.now = shards.now + Duration::hours(1);
    expect_repeat();
    expect_repeat_past_its_deadline();
    return first;
  }

  Key128 key() { return shards.key(); }
  SendPacket lucky(std::int64_t total, std::uint32_t count) {
    return {.key = key(),
            .sender = alice,
            .total = Amount{total},
            .share_count = count,
            .recallable = true};
  }
  PacketId send_and_claim(std::uint32_t count = 1) {
    const PacketId packet = shards.send(lucky(600, count));
    EXPECT_EQ(shards.claim(packet, bob).status, Status::ok);
    return packet;
  }
  SendTransfer to_bob(Duration arrives_after = {}) {
    return {.key = key(),
            .sender = alice,
            .recipient = bob,
            .amount = Amount{100},
            .arrives_after = arrives_after,
            .remark = Remark("rent")};
  }
  // Much that could make a wallet's answer another one.
  void change_wallet(UserId user) {
    shards.ask(OpenWallet{key(), user, DisplayName("Named later")});
    shards.ask(Deposit{key(), user, Amount{17}});
    shards.ask(SetRefundTarget{key(), user, RefundTarget::wallet});
    shards.ask(FreezeWallet{key(), user, true, Operator("op-1"), 0});
  }
  void calm_wallet(UserId user) {
    shards.ask(SetRefundTarget{key(), user, RefundTarget::source});
    shards.ask(FreezeWallet{key(), user, false, Operator("op-1"), 0});
  }

  Shards shards{GetParam()};
  const UserId alice = shards.user_on(0, 1'000);
  const UserId bob = shards.user_on(static_cast<std::uint16_t>(GetParam() - 1), 2'000);
  std::uint64_t crashes = 0;
};

TEST_P(AnswersTest, WalletsAsTheyWereThen) {
  const UserId carol = shards.user_on(0, 3'000);
  expect_told_again(OpenWallet{key(), carol, DisplayName("Carol")}, [&] { change_wallet(carol); });
  calm_wallet(carol);
  expect_told_again(Deposit{key(), carol, Amount{5}}, [&] { change_wallet(carol); });
  calm_wallet(carol);
  expect_told_again(Withdraw{key(), carol, Amount{5}}, [&] { change_wallet(carol); });
  calm_wallet(carol);
  expect_told_again(SetRefundTarget{key(), carol, RefundTarget::source},
                    [&] { change_wallet(carol); });
  calm_wallet(carol);
  expect_told_again(FreezeWallet{key(), carol, true, Operator("op-1"), 0},
                    [&] { calm_wallet(carol); });
  expect_told_again(FreezeWallet{key(), carol, true, Operator("op-1"), 0},
                    [&] { calm_wallet(carol); });
}

// A wallet that a credit made has no name until it is opened; what was told before had none.
TEST_P(AnswersTest, WalletsThatGetTheirNameLater) {
  send_and_claim();
  shards.settle();
  expect_told_again(Deposit{key(), bob, Amount{5}}, [&] { change_wallet(bob); });
  const UserId dave = shards.user_on(0, 4'000);
  EXPECT_EQ(shards.claim(shards.send(lucky(600, 1)), dave).status, Status::ok);
  expect_told_again(FreezeWallet{key(), dave, true, Operator("op-1"), 0},
                    [&] { change_wallet(dave); });
}

TEST_P(AnswersTest, SendsWhateverBecomesOfThePacket) {
  Command command = lucky(600, 2);
  expect_told_again(command, [&] {
    const Told again = shards.ask(command);
    const PacketId packet = again.answer<SendAnswer>().packet;
    shards.claim(packet, bob);
    shards.ask(RecallPacket{key(), packet, alice});
  });
  SendPacket named = lucky(600, 0);
  named.kind = PacketKind::exclusive;
  named.code = ClaimCode("8888");
  named.opens_at = shards.now + Duration::hours(2);
  expect_told_again(named, [] {}, {bob, shards.user_on(0, 3'000)});
}

TEST_P(AnswersTest, Recalls) {
  expect_told_again(RecallPacket{key(), send_and_claim(3), alice});
  SendPacket outside = lucky(600, 2);
  outside.funding = FundingSource::external;
  outside.reference = Reference("card-1");
  const PacketId packet = shards.send(outside);
  const Told first = expect_told_again(RecallPacket{key(), packet, alice}, [&] {
    shards.ask(SetRefundTarget{key(), alice, RefundTarget::wallet});
    shards.ask(ConfirmPayout{key(), packet, Reference("bank-1")});
  });
  EXPECT_EQ(first.answer<RecallAnswer>().to, RefundTarget::source);
}

TEST_P(AnswersTest, PayoutsAndFreezes) {
  SendPacket outside = lucky(600, 2);
  outside.funding = FundingSource::external;
  outside.reference = Reference("card-1");
  const PacketId packet = shards.send(outside);
  shards.ask(RecallPacket{key(), packet, alice});
  expect_told_again(ConfirmPayout{key(), packet, Reference("bank-1")},
                    [&] { shards.now = shards.now + Duration::hours(1); });
  expect_told_again(FreezePacket{key(), packet, true, Operator("op-1"), 0}, [&] {
    shards.ask(FreezePacket{key(), packet, false, Operator("op-1"), 0});
  });
}

TEST_P(AnswersTest, Returns) {
  const PacketId packet = send_and_claim();
  expect_told_again(ReturnShare{key(), packet, bob}, [&] {
    shards.ask(FreezePacket{key(), packet, true, Operator("op-1"), 0});
  });
  EXPECT_EQ(shards.balance(bob), 0);
  const PacketId transfer = shards.send(to_bob());
  shards.ask(AcceptTransfer{key(), transfer, bob});
  expect_told_again(ReturnTransfer{key(), transfer, bob}, [&] {
    shards.ask(FreezePacket{key(), transfer, true, Operator("op-1"), 0});
  });
  EXPECT_EQ(shards.balance(bob), 0);
}

TEST_P(AnswersTest, TransfersAsTheyWereThen) {
  SendTransfer command = to_bob(Duration::hours(2));
  const auto id = [&] { return shards.ask(command).answer<TransferAnswer>().transfer; };
  expect_told_again(command, [&] { shards.ask(AcceptTransfer{key(), id(), bob}); });
  PacketId transfer = shards.send(to_bob(Duration::hours(2)));
  expect_told_again(AcceptTransfer{key(), transfer, bob}, [&] {
    // A freeze holds it up: it arrives later than the first answer said.
    shards.ask(FreezePacket{key(), transfer, true, Operator("op-1"), 0});
    shards.now = shards.now + Duration::hours(5);
    shards.ask(FreezePacket{key(), transfer, false, Operator("op-1"), 0});
  });
  EXPECT_EQ(shards.transfer_state(transfer), TransferState::arrived);
  transfer = shards.send(to_bob());
  expect_told_again(AcceptTransfer{key(), transfer, bob}, [&] {
    shards.ask(ReturnTransfer{key(), transfer, bob});
  });
  transfer = shards.send(to_bob());
  expect_told_again(DeclineTransfer{key(), transfer, bob});
  transfer = shards.send(to_bob(Duration::hours(2)));
  shards.ask(AcceptTransfer{key(), transfer, bob});
  expect_told_again(CancelTransfer{key(), transfer, alice}, [&] {
    shards.ask(FreezePacket{key(), transfer, true, Operator("op-1"), 0});
  });
}

TEST_P(AnswersTest, CasesAsTheyWereThen) {
  const PacketId packet = send_and_claim(2);
  shards.settle();
  const Operator by("op-1");
  CaseId about;
  const Command opens = OpenCase{key(), packet, UserId{}, by, 0};
  expect_told_again(opens, [&] {
    about = shards.ask(opens).case_record().case_id;
    shards.ask(Withdraw{key(), bob, Amount{1}});
    shards.ask(ResolveCase{key(), about, Decision::uphold, bob, by, 0});
  });
  EXPECT_EQ(shards.share_state(packet), ShareState::returned_short);
  const CaseId other = shards.open_case(packet, UserId{});
  expect_told_again(ResolveCase{key(), other, Decision::refuse, {}, by, 0});
  const PacketId contested = send_and_claim();
  const CaseId third = shards.open_case(contested, bob);
  const Told upheld = expect_told_again(ResolveCase{key(), third, Decision::uphold, {}, by, 0});
  EXPECT_EQ(upheld.case_record().returned.fen(), 600);
  const PacketId transfer = shards.send(to_bob());
  const CaseId fourth = shards.open_case(transfer, UserId{});
  expect_told_again(ResolveCase{key(), fourth, Decision::uphold, {}, by, 0});
}

TEST_P(AnswersTest, CommandThatWasNotCarriedOutIsRefusedPastItsDeadline) {
  const Deposit refused{key(), shards.user_on(0, 3'000), Amount{5}};
  EXPECT_EQ(shards.ask(refused).status(), Status::wallet_unknown);
  shards.deadline = shards.now + Duration::us(-1);
  for (const Command& command : {Command(refused), Command(Deposit{key(), alice, Amount{5}}),
                                 Command(Deposit{{}, alice, Amount{5}})}) {
    const Told told = shards.ask(command);
    EXPECT_EQ(told.status(), Status::deadline_exceeded);
    EXPECT_EQ(told.reply.limit, shards.deadline.us());
  }
  shards.deadline = shards.now;
  EXPECT_EQ(shards.ask(Deposit{key(), alice, Amount{5}}).status(), Status::ok);
}

TEST_P(AnswersTest, ClaimsPastTheirDeadlineHaveTheirFirstAnswersAndNoNewOnes) {
  const PacketId packet = shards.send(lucky(600, 2));
  const ClaimAnswer first = shards.claim(packet, bob);
  shards.deadline = shards.now + Duration::us(-1);
  const ClaimAnswer again = shards.claim(packet, bob);
  EXPECT_EQ(again.status, Status::already_claimed);
  EXPECT_EQ(again.amount_fen, first.amount_fen);
  EXPECT_EQ(shards.ask(ClaimWithCode{packet, bob, {}}).status(), Status::already_claimed);
  EXPECT_EQ(shards.ask(ClaimWithCode{packet, alice, {}}).status(), Status::deadline_exceeded);

  const Told mixed = shards.wait_for(
      shards.hand_over_batch({{packet, alice}, {packet, bob}, {PacketId{UINT64_MAX}, bob}}));
  ASSERT_EQ(mixed.status(), Status::ok);
  ASSERT_EQ(mixed.batch.claims.size(), 3u);
  EXPECT_EQ(mixed.batch.claims[0].status, Status::deadline_exceeded);
  EXPECT_EQ(claim_limit(mixed.batch.claims[0]), shards.deadline.us());
  EXPECT_EQ(mixed.batch.claims[1].status, Status::already_claimed);
  EXPECT_EQ(mixed.batch.claims[2].status, Status::deadline_exceeded);

  const Told late = shards.wait_for(shards.hand_over_batch({{packet, alice}, {packet, alice}}));
  EXPECT_EQ(late.status(), Status::deadline_exceeded);
  EXPECT_EQ(late.reply.limit, shards.deadline.us());
  shards.deadline = Time{};
  EXPECT_EQ(shards.ask(ShowPacket{packet}).batch.share_states.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Shards, AnswersTest, testing::Values(1, 2, 8));

}  // namespace
}  // namespace hb::test
