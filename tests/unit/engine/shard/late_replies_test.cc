// Returns whose end another shard decides: the reply comes late, comes once, and whatever crashes
// between, one debit is made.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/unit/engine/shard/shards_fixture.h"

namespace hb::test {
namespace {

const Operator op("op-1");

// The sender on shard 0, the recipient on shard 1.
class LateRepliesTest : public testing::Test {
 protected:
  LateRepliesTest() { shards.fund(alice, 1'000); }
  void TearDown() override {
    shards.settle();
    shards.expect_nothing_in_flight();
    EXPECT_EQ(shards.shard(0).late_replies(), 0u);
    EXPECT_EQ(shards.shard(1).late_replies(), 0u);
  }

  Key128 key() { return shards.key(); }
  PacketId send_and_claim() {
    const PacketId packet = shards.send(
        SendPacket{.key = key(), .sender = alice, .total = Amount{600}, .share_count = 1});
    EXPECT_EQ(shards.claim(packet, bob).status, Status::ok);
    shards.settle();
    return packet;
  }
  PacketId send_and_accept() {
    const PacketId transfer = shards.send(
        SendTransfer{.key = key(), .sender = alice, .recipient = bob, .amount = Amount{600}});
    shards.ask(AcceptTransfer{key(), transfer, bob});
    shards.settle();
    return transfer;
  }
  // The worker of shard 0 has decided and told all that it can without shard 1.
  void turn_at_home() {
    for (int i = 0; i < 3; ++i) {
      shards.step(0);
      shards.hear_late_replies(0);
    }
  }

  Shards shards{2};
  const UserId alice = shards.user_on(0, 1'000);
  const UserId bob = shards.user_on(1, 2'000);
};

TEST_F(LateRepliesTest, ReplyComesOnlyWhenTheOtherShardHasDecided) {
  const PacketId packet = send_and_claim();
  const std::uint64_t request = shards.hand_over(ReturnShare{key(), packet, bob});
  turn_at_home();
  EXPECT_FALSE(shards.take(request));
  EXPECT_EQ(shards.shard(0).late_replies(), 1u);
  EXPECT_FALSE(shards.shard(0).idle());
  const Told told = shards.wait_for(request);
  EXPECT_EQ(told.status(), Status::ok);
  EXPECT_FALSE(told.reply.replayed);
  EXPECT_EQ(told.answer<ReturnAnswer>().amount.fen(), 600);
  EXPECT_EQ(told.answer<ReturnAnswer>().user, bob);
  EXPECT_EQ(shards.balance(alice), 1'000);
}

TEST_F(LateRepliesTest, ReplyWaitsUntilItsEndIsDurable) {
  const PacketId packet = send_and_claim();
  const std::uint64_t request = shards.hand_over(ReturnShare{key(), packet, bob});
  turn_at_home();
  shards.send_messages(0);
  for (int i = 0; i < 3; ++i) shards.step(1);
  shards.send_messages(1);
  shards.storage(0).hold_completions(true);
  turn_at_home();
  EXPECT_EQ(shards.shard(0).ledger().totals().packets, Amount{});
  EXPECT_FALSE(shards.take(request));
  shards.storage(0).hold_completions(false);
  shards.storage(0).complete_all();
  turn_at_home();
  EXPECT_TRUE(shards.take(request));
}

TEST_F(LateRepliesTest, RefusalOfTheOtherShardIsToldWithItsLimit) {
  const PacketId packet = send_and_claim();
  shards.ask(Withdraw{key(), bob, Amount{1}});
  const Told short_of_money = shards.ask(ReturnShare{key(), packet, bob});
  EXPECT_EQ(short_of_money.status(), Status::insufficient_funds);
  EXPECT_EQ(short_of_money.reply.limit, 599);
  shards.ask(FreezeWallet{key(), bob, true, op, 0});
  const Told frozen = shards.ask(ReturnShare{key(), packet, bob});
  EXPECT_EQ(frozen.status(), Status::wallet_frozen);
  EXPECT_EQ(shards.share_state(packet), ShareState::held);
  EXPECT_EQ(shards.balance(bob), 599);
}

TEST_F(LateRepliesTest, SameCommandSentAgainBeforeTheEndHearsItTooPastItsDeadline) {
  const PacketId packet = send_and_claim();
  const ReturnShare command{key(), packet, bob};
  const std::uint64_t first = shards.hand_over(command);
  shards.deadline = shards.now + Duration::us(-1);
  const std::uint64_t again = shards.hand_over(command);
  shards.deadline = Time{};
  turn_at_home();
  EXPECT_EQ(shards.shard(0).late_replies(), 2u);
  const Told told = shards.wait_for(first);
  const std::optional<Told> told_again = shards.take(again);
  ASSERT_TRUE(told_again);
  EXPECT_EQ(told_again->status(), Status::ok);
  EXPECT_FALSE(told.reply.replayed);
  EXPECT_TRUE(told_again->reply.replayed);
  EXPECT_EQ(told_again->answer<ReturnAnswer>().amount.fen(), 600);
  EXPECT_EQ(shards.balance(alice), 1'000);
  EXPECT_EQ(shards.balance(bob), 0);
}

TEST_F(LateRepliesTest, AnotherKeyIsRefusedWhileAReturnIsUnderWay) {
  const PacketId packet = send_and_claim();
  const std::uint64_t first = shards.hand_over(ReturnShare{key(), packet, bob});
  const std::uint64_t second = shards.hand_over(ReturnShare{key(), packet, bob});
  turn_at_home();
  const std::optional<Told> refused = shards.take(second);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status(), Status::return_in_progress);
  EXPECT_EQ(shards.wait_for(first).status(), Status::ok);
}

TEST_F(LateRepliesTest, ReturnThatArrivesBeforeItsCreditTakesEffectAfterIt) {
  const PacketId packet = shards.send(
      SendPacket{.key = key(), .sender = alice, .total = Amount{600}, .share_count = 1});
  const std::uint64_t claimed = shards.hand_over(ClaimItem{packet, bob});
  const std::uint64_t returned = shards.hand_over(ReturnShare{key(), packet, bob});
  turn_at_home();
  EXPECT_EQ(shards.take(claimed)->batch.claims.at(0).amount_fen, 600u);
  EXPECT_EQ(shards.wait_for(returned).status(), Status::ok);
  EXPECT_EQ(shards.balance(bob), 0);
  EXPECT_EQ(shards.balance(alice), 1'000);
}

TEST_F(LateRepliesTest, ForcedReturnTellsTheCaseAsItEnded) {
  const PacketId packet = send_and_claim();
  shards.ask(Withdraw{key(), bob, Amount{100}});
  shards.ask(FreezeWallet{key(), bob, true, op, 0});
  const CaseId case_id = shards.open_case(packet, bob);
  const ResolveCase command{key(), case_id, Decision::uphold, {}, op, 0};
  const std::uint64_t request = shards.hand_over(command);
  turn_at_home();
  EXPECT_FALSE(shards.take(request));
  const Told told = shards.wait_for(request);
  EXPECT_EQ(told.case_record().state, CaseState::upheld);
  EXPECT_EQ(told.case_record().returned.fen(), 500);
  EXPECT_EQ(told.case_record().shortfall.fen(), 100);
  EXPECT_EQ(shards.balance(alice), 900);
  EXPECT_TRUE(shards.ask(command).reply.replayed);
}

TEST_F(LateRepliesTest, RecipientsReturnDuringAForcedOneIsRefused) {
  const PacketId packet = send_and_claim();
  const CaseId case_id = shards.open_case(packet, bob);
  const std::uint64_t forced =
      shards.hand_over(ResolveCase{key(), case_id, Decision::uphold, {}, op, 0});
  const std::uint64_t own = shards.hand_over(ReturnShare{key(), packet, bob});
  turn_at_home();
  EXPECT_EQ(shards.take(own)->status(), Status::return_in_progress);
  EXPECT_EQ(shards.wait_for(forced).status(), Status::ok);
  EXPECT_EQ(shards.ask(ReturnShare{key(), packet, bob}).status(), Status::already_returned);
}

TEST_F(LateRepliesTest, CaseCannotBeUpheldWhileAReturnIsUnderWay) {
  const PacketId packet = send_and_claim();
  const CaseId case_id = shards.open_case(packet, bob);
  const ResolveCase command{key(), case_id, Decision::uphold, {}, op, 0};
  const std::uint64_t own = shards.hand_over(ReturnShare{key(), packet, bob});
  const std::uint64_t forced = shards.hand_over(command);
  turn_at_home();
  EXPECT_EQ(shards.take(forced)->status(), Status::return_in_progress);
  EXPECT_EQ(shards.wait_for(own).status(), Status::ok);
  EXPECT_EQ(shards.ask(command).status(), Status::already_returned);
}

// ---- a shard that does not listen ---------------------------------------------------------------

TEST(FullOutbox, RefusesWhatWouldAddToItUntilTheOtherShardListens) {
  Shards shards{2, Policy{}, ShardOptions{.outbox_messages_max = 3}};
  const UserId alice = shards.user_on(0, 1'000);
  const UserId bob = shards.user_on(1, 2'000);
  shards.fund(alice, 1'000);
  const PacketId packet = shards.send(
      SendPacket{.key = shards.key(), .sender = alice, .total = Amount{600}, .share_count = 9});
  const PacketId transfer = shards.send(
      SendTransfer{.key = shards.key(), .sender = alice, .recipient = bob, .amount = Amount{100}});
  UserId user = bob;
  const auto at_home = [&](std::uint64_t request) {
    shards.step(0);
    shards.step(0);
    return shards.take(request).value();
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(at_home(shards.hand_over(ClaimItem{packet, user})).batch.claims.at(0).status,
              Status::ok);
    user = shards.user_on(1, user.value + 1);
  }
  const std::uint64_t refused[] = {
      shards.hand_over(ClaimItem{packet, user}),
      shards.hand_over(ClaimWithCode{packet, user, {}}),
      shards.hand_over(AcceptTransfer{shards.key(), transfer, bob}),
      shards.hand_over(ReturnShare{shards.key(), packet, bob}),
      shards.hand_over(ReturnTransfer{shards.key(), transfer, bob}),
  };
  for (const std::uint64_t request : refused) {
    const Told told = at_home(request);
    EXPECT_EQ(name(told.status()), "overloaded");
    EXPECT_EQ(told.reply.limit, 100'000);
  }
  EXPECT_EQ(at_home(shards.hand_over(ShowPacket{packet})).status(), Status::ok);
  shards.settle();
  EXPECT_EQ(shards.claim(packet, user).status, Status::ok);
  EXPECT_EQ(shards.ask(ReturnShare{shards.key(), packet, bob}).status(), Status::ok);
  shards.settle();
  shards.expect_nothing_in_flight();
}

// ---- crashes ------------------------------------------------------------------------------------

// The parameter says which disks are held up when it happens, a bit a shard.
class ReturnCrashTest : public LateRepliesTest, public testing::WithParamInterface<unsigned> {
 protected:
  // What two workers do in one round, in single acts between which the power may go.
  std::vector<std::function<void()>> acts() {
    std::vector<std::function<void()>> all;
    for (std::uint16_t s = 0; s < 2; ++s) {
      all.emplace_back([this, s] { shards.step(s); });
      all.emplace_back([this, s] { shards.send_messages(s); });
      all.emplace_back([this, s] { shards.acknowledge_messages(s); });
      all.emplace_back([this, s] { shards.hear_late_replies(s); });
    }
    return all;
  }
  // The command is asked and the power goes after `before_crash` acts.
  void ask_and_crash(const Command& command, int before_crash, unsigned held_disks,
                     std::uint64_t seed) {
    for (std::uint16_t s = 0; s < 2; ++s) {
      shards.storage(s).hold_completions((held_disks >> s & 1) != 0);
    }
    shards.hand_over(command);
    for (int done = 0; done < before_crash;) {
      for (const auto& act : acts()) {
        if (done++ == before_crash) break;
        act();
      }
    }
    shards.crash(seed);
  }
  // Crashed at any point and asked again it succeeds, and moves the money once.
  void expect_one_debit(const std::function<Command()>& prepare,
                        const std::function<void(const Told&)>& check) {
    std::uint64_t seed = 20'261'125 + 1'000 * GetParam();
    for (int before_crash = 0; before_crash <= 40; ++before_crash) {
      SCOPED_TRACE("crash after " + std::to_string(before_crash) + " acts, seed " +
                   std::to_string(++seed));
      const Command command = prepare();
      ASSERT_EQ(shards.balance(bob), 600);
      ask_and_crash(command, before_crash, GetParam(), seed);
      // The client knows nothing, and asks once more; the machine crashes once more.
      ask_and_crash(command, before_crash / 2, 0, seed);
      const Told told = shards.ask(command);
      ASSERT_EQ(name(told.status()), "ok");
      check(told);
      shards.settle();
      ASSERT_EQ(shards.balance(bob), 0);
      ASSERT_EQ(shards.balance(alice), 1'000);
      shards.expect_nothing_in_flight();
      ASSERT_TRUE(shards.ask(command).reply.replayed);
    }
  }
};

TEST_P(ReturnCrashTest, ReturnOfAShare) {
  expect_one_debit(
      [&]() -> Command {
        return ReturnShare{key(), send_and_claim(), bob};
      },
      [](const Told& told) { EXPECT_EQ(told.answer<ReturnAnswer>().amount.fen(), 600); });
}

TEST_P(ReturnCrashTest, ReturnOfATransfer) {
  expect_one_debit(
      [&]() -> Command {
        return ReturnTransfer{key(), send_and_accept(), bob};
      },
      [](const Told& told) {
        EXPECT_EQ(told.answer<TransferAnswer>().state, TransferState::returned);
      });
}

TEST_P(ReturnCrashTest, ForcedReturn) {
  expect_one_debit(
      [&]() -> Command {
        const CaseId case_id = shards.open_case(send_and_claim(), bob);
        return ResolveCase{key(), case_id, Decision::uphold, {}, op, 0};
      },
      [](const Told& told) {
        EXPECT_EQ(told.case_record().returned.fen(), 600);
        EXPECT_EQ(told.case_record().shortfall, Amount{});
      });
}

INSTANTIATE_TEST_SUITE_P(HeldDisks, ReturnCrashTest, testing::Values(0u, 1u, 2u, 3u));

}  // namespace
}  // namespace hb::test
