// References of external rails: each is used once, whatever shard it is brought to, whatever
// crashes between; and what is refused, or cut off by a crash, does not use it up.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/journal/writer.h"
#include "engine/ledger/references.h"
#include "tests/unit/engine/shard/shards_fixture.h"

namespace hb::test {
namespace {

const Operator op("op-1");

// A reference whose home is shard `s`.
Reference reference_at(std::uint16_t s, ReferenceUse use = ReferenceUse::incoming) {
  for (int i = 0;; ++i) {
    const std::string text = "rail-" + std::to_string(i);
    if (shard_of(partition_of(reference_name(use, text)), 2).value == s) return Reference(text);
  }
}

// alice lives on shard 0, bob on shard 1.
class ReferencesTest : public testing::Test {
 protected:
  ReferencesTest() {
    shards.fund(alice, 1'000);
    shards.fund(bob, 1'000);
  }
  void TearDown() override {
    shards.settle();
    shards.expect_nothing_in_flight();
    for (std::uint16_t s = 0; s < 2; ++s) {
      EXPECT_EQ(shards.shard(s).late_replies(), 0u);
      EXPECT_EQ(shards.shard(s).ledger().granted_reference(), std::nullopt);
    }
  }

  SendPacket packet(UserId sender, const Reference& reference) {
    return {.key = shards.key(),
            .sender = sender,
            .total = Amount{500},
            .share_count = 5,
            .recallable = true,
            .funding = FundingSource::external,
            .reference = reference};
  }
  Status send(UserId sender, const Reference& reference) {
    return shards.ask(packet(sender, reference)).status();
  }
  Status deposit(UserId user, const Reference& reference) {
    return shards.ask(Deposit{shards.key(), user, Amount{5}, reference}).status();
  }
  // A packet whose refund is owed to its rail.
  PacketId owed(UserId sender, const Reference& funding) {
    const PacketId id = shards.send(packet(sender, funding));
    EXPECT_EQ(shards.ask(RecallPacket{shards.key(), id, sender}).status(), Status::ok);
    return id;
  }
  Status confirm(PacketId id, const Reference& reference) {
    return shards.ask(ConfirmPayout{shards.key(), id, reference}).status();
  }
  std::int64_t funded_fen() const {
    AmountSum sum;
    for (std::uint16_t s = 0; s < 2; ++s) {
      sum += const_cast<Shards&>(shards).shard(s).ledger().totals().external_funding;
    }
    return static_cast<std::int64_t>(sum.fen());
  }

  Shards shards{2};
  const UserId alice = shards.user_on(0, 1'000);
  const UserId bob = shards.user_on(1, 2'000);
};

TEST_F(ReferencesTest, OneFundsOnePacketOrOneDepositWhereverItsHomeIs) {
  for (std::uint16_t home = 0; home < 2; ++home) {
    const Reference reference = reference_at(home);
    EXPECT_EQ(send(alice, reference), Status::ok) << home;
    EXPECT_EQ(send(alice, reference), Status::reference_used) << home;
    EXPECT_EQ(send(bob, reference), Status::reference_used) << home;
    EXPECT_EQ(deposit(alice, reference), Status::reference_used) << home;
    EXPECT_EQ(deposit(bob, reference), Status::reference_used) << home;
  }
  EXPECT_EQ(funded_fen(), 1'000);
}

TEST_F(ReferencesTest, ADepositUsesItsReferenceToo) {
  for (std::uint16_t home = 0; home < 2; ++home) {
    const Reference reference = reference_at(home);
    EXPECT_EQ(deposit(alice, reference), Status::ok);
    EXPECT_EQ(deposit(bob, reference), Status::reference_used);
    EXPECT_EQ(send(bob, reference), Status::reference_used);
  }
  EXPECT_EQ(deposit(alice, {}), Status::ok);
  EXPECT_EQ(deposit(alice, {}), Status::ok) << "without a reference there is none to use";
}

TEST_F(ReferencesTest, OneConfirmsOnePayoutAndPaymentsOutHaveNamesOfTheirOwn) {
  const PacketId first = owed(alice, Reference("in-1"));
  const PacketId second = owed(bob, Reference("in-2"));
  EXPECT_EQ(confirm(first, Reference("in-2")), Status::ok) << "that one was of a payment in";
  EXPECT_EQ(confirm(second, Reference("in-2")), Status::reference_used);
  const PacketId third = owed(alice, Reference("in-3"));
  EXPECT_EQ(confirm(third, Reference("in-2")), Status::reference_used);
  EXPECT_EQ(confirm(second, Reference("back-2")), Status::ok);
  EXPECT_EQ(confirm(third, Reference("back-3")), Status::ok);
}

TEST_F(ReferencesTest, TheSameKeyIsAnsweredAgain) {
  for (std::uint16_t home = 0; home < 2; ++home) {
    const SendPacket command = packet(alice, reference_at(home));
    const Told first = shards.ask(command);
    const Told again = shards.ask(command);
    EXPECT_EQ(again.status(), Status::ok);
    EXPECT_TRUE(again.reply.replayed);
    EXPECT_EQ(again.answer<SendAnswer>().packet, first.answer<SendAnswer>().packet);
  }
}

TEST_F(ReferencesTest, ACommandSentAgainWhileItWaitsHearsTheSameEnd) {
  const SendPacket command = packet(alice, reference_at(1));
  const std::uint64_t first = shards.hand_over(command);
  const std::uint64_t again = shards.hand_over(command);
  SendPacket other = command;
  other.total = Amount{505};
  const std::uint64_t conflict = shards.hand_over(other);
  shards.settle();
  const auto told = shards.take(first);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->status(), Status::ok);
  const auto replayed = shards.take(again);
  ASSERT_TRUE(replayed);
  EXPECT_TRUE(replayed->reply.replayed);
  EXPECT_EQ(replayed->answer<SendAnswer>().packet, told->answer<SendAnswer>().packet);
  EXPECT_EQ(shards.take(conflict)->status(), Status::key_conflict);
}

// While the home has not answered it is open whether the command will be carried out, so a repeat
// past its deadline must not be answered that it was not.
TEST_F(ReferencesTest, ARepeatPastItsDeadlineHearsTheEndOfWhatIsUnderWay) {
  const SendPacket command = packet(alice, reference_at(1));
  const std::uint64_t first = shards.hand_over(command);
  shards.step(0);
  shards.deadline = shards.now + Duration::us(-1);
  const std::uint64_t again = shards.hand_over(command);
  shards.step(0);
  EXPECT_FALSE(shards.take(again));
  const Told told = shards.wait_for(first);
  EXPECT_EQ(told.status(), Status::ok);
  const Told told_again = shards.wait_for(again);
  EXPECT_EQ(told_again.status(), Status::ok);
  EXPECT_TRUE(told_again.reply.replayed);
  EXPECT_EQ(told_again.answer<SendAnswer>().packet, told.answer<SendAnswer>().packet);
  EXPECT_EQ(shards.ask(command).status(), Status::ok) << "later still, past its deadline";
  EXPECT_EQ(funded_fen(), 500);
}

TEST_F(ReferencesTest, ACommandWhoseDeadlinePassesWhileItWaitsIsNotCarriedOut) {
  const Reference reference = reference_at(1);
  const SendPacket command = packet(alice, reference);
  shards.deadline = shards.now;
  const std::uint64_t first = shards.hand_over(command);
  shards.step(0);
  shards.now = shards.now + Duration::us(1);
  EXPECT_EQ(shards.wait_for(first).status(), Status::deadline_exceeded);
  shards.deadline = Time{};
  shards.settle();
  EXPECT_EQ(funded_fen(), 0);
  EXPECT_EQ(send(bob, reference), Status::ok) << "its reference is free";
}

TEST_F(ReferencesTest, OfManyAtOnceOneSucceeds) {
  std::vector<std::uint64_t> requests;
  for (int i = 0; i < 20; ++i) {
    requests.push_back(shards.hand_over(packet(i % 2 == 0 ? alice : bob, reference_at(1))));
  }
  shards.settle();
  int winners = 0;
  for (const std::uint64_t request : requests) {
    const auto told = shards.take(request);
    ASSERT_TRUE(told);
    winners += told->status() == Status::ok;
    EXPECT_TRUE(told->status() == Status::ok || told->status() == Status::reference_used);
  }
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(funded_fen(), 500);
}

TEST_F(ReferencesTest, WhatIsRefusedBeforeOrAfterItsHomeAnsweredIsNotUsed) {
  const Reference reference = reference_at(1);
  SendPacket small = packet(alice, reference);
  small.total = Amount{1};
  EXPECT_EQ(shards.ask(small).status(), Status::total_below_shares);
  // Frozen while the home is asked.
  const std::uint64_t request = shards.hand_over(packet(alice, reference));
  shards.hand_over(FreezeWallet{shards.key(), alice, true, op, 0});
  EXPECT_EQ(shards.wait_for(request).status(), Status::wallet_frozen);
  shards.settle();
  EXPECT_EQ(send(bob, reference), Status::ok);
}

TEST_F(ReferencesTest, TheReplyWaitsForTheHomesDiskAndItsOwn) {
  shards.storage(1).hold_completions(true);
  const std::uint64_t request = shards.hand_over(packet(alice, reference_at(1)));
  for (int i = 0; i < 10; ++i) shards.turn();
  EXPECT_FALSE(shards.take(request)) << "the home may forget it";
  EXPECT_EQ(funded_fen(), 0);
  shards.storage(0).hold_completions(true);
  shards.storage(1).hold_completions(false);
  shards.storage(1).complete_all();
  for (int i = 0; i < 10; ++i) shards.turn();
  EXPECT_EQ(funded_fen(), 500);
  EXPECT_FALSE(shards.take(request)) << "this shard may forget it";
  shards.storage(0).hold_completions(false);
  shards.storage(0).complete_all();
  EXPECT_EQ(shards.wait_for(request).status(), Status::ok);
}

// A crash after each step of either shard: whatever became of the first command, the reference
// funds one packet in the end, and one brought again succeeds exactly if the first did not.
TEST_F(ReferencesTest, AfterACrashAtAnyStepOneIsUsedOnceAndNotLost) {
  int cut_off = 0;
  for (int steps = 0; steps < 24; ++steps) {
    for (const bool same_key : {true, false}) {
      SCOPED_TRACE(std::to_string(steps) + (same_key ? ", the same key" : ", another key"));
      const Reference reference("crash-" + std::to_string(2 * steps + same_key));
      const SendPacket command = packet(alice, reference);
      const std::int64_t before = funded_fen();
      shards.hand_over(command);
      for (int i = 0; i < steps; ++i) {
        const auto s = static_cast<std::uint16_t>(i % 2);
        shards.step(s);
        if (i % 10 == 4) shards.send_messages(0);
        if (i % 10 == 9) shards.send_messages(1);
        if (i % 5 == 2) shards.acknowledge_messages(s);
      }
      shards.crash(static_cast<std::uint64_t>(steps) * 2 + same_key);
      if (same_key) {
        const Told told = shards.ask(command);
        EXPECT_EQ(told.status(), Status::ok);
        cut_off += !told.reply.replayed;
      } else {
        shards.settle();
        const bool survived = funded_fen() > before;
        const Status expected = survived ? Status::reference_used : Status::ok;
        EXPECT_EQ(send(bob, reference), expected);
        cut_off += !survived;
      }
      EXPECT_EQ(funded_fen(), before + 500);
      EXPECT_EQ(deposit(bob, reference), Status::reference_used);
    }
  }
  EXPECT_GT(cut_off, 3);
  EXPECT_LT(cut_off, 45);
}

TEST_F(ReferencesTest, SurvivesACrashWithAllItsUses) {
  const Reference here = reference_at(0);
  const Reference there = reference_at(1);
  EXPECT_EQ(send(alice, here), Status::ok);
  EXPECT_EQ(deposit(alice, there), Status::ok);
  const PacketId payout = owed(bob, Reference("in"));
  EXPECT_EQ(confirm(payout, Reference("back")), Status::ok);
  shards.settle();
  const auto hashes = shards.hashes();
  shards.crash(1);
  EXPECT_EQ(shards.hashes(), hashes);
  EXPECT_EQ(send(bob, here), Status::reference_used);
  EXPECT_EQ(send(bob, there), Status::reference_used);
  const PacketId other = owed(alice, Reference("in-2"));
  EXPECT_EQ(confirm(other, Reference("back")), Status::reference_used);
  EXPECT_EQ(confirm(other, Reference("back-2")), Status::ok);
}

TEST_F(ReferencesTest, AFullDiskRefusesWhatWaitsAndUsesNothing) {
  const Reference reference = reference_at(1);
  const std::uint64_t request = shards.hand_over(packet(alice, reference));
  shards.step(0);
  shards.storage(0).set_no_space(true);
  for (int i = 0; i < 5'000 && shards.shard(0).figures().writable; ++i) {
    shards.hand_over(Deposit{shards.key(), alice, Amount{1}, {}});
    shards.step(0);
  }
  ASSERT_FALSE(shards.shard(0).figures().writable);
  shards.step(0);
  shards.hear_late_replies(0);
  const auto told = shards.take(request);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->status(), Status::read_only);
  shards.storage(0).set_no_space(false);
  for (int i = 0; i < 3; ++i) {
    shards.now = shards.now + Duration::seconds(2);
    shards.settle();
  }
  EXPECT_EQ(send(bob, reference), Status::ok);
}

TEST(References, NoMoreCommandsWaitThanMay) {
  ShardOptions options;
  options.commands_held_max = 2;
  Shards shards(2, {}, options);
  const UserId alice = shards.user_on(0, 1'000);
  std::vector<std::uint64_t> requests;
  for (int i = 0; i < 3; ++i) {
    std::string text = "many-" + std::to_string(i);
    while (shard_of(partition_of(reference_name(ReferenceUse::incoming, text)), 2).value != 1) {
      text += '+';
    }
    requests.push_back(shards.hand_over(SendPacket{.key = shards.key(),
                                                   .sender = alice,
                                                   .total = Amount{500},
                                                   .share_count = 5,
                                                   .funding = FundingSource::external,
                                                   .reference = Reference(text)}));
  }
  shards.settle();
  EXPECT_EQ(shards.take(requests[0])->status(), Status::ok);
  EXPECT_EQ(shards.take(requests[1])->status(), Status::ok);
  const auto third = shards.take(requests[2]);
  EXPECT_EQ(third->status(), Status::overloaded);
  EXPECT_GT(third->reply.limit, 0);
}

// ---- journals of the versions that did not look -------------------------------------------------

// A packet_sent without its mark, as they wrote it.
PacketSent old_send(UserId sender, std::uint64_t number, const Reference& reference,
                    std::uint64_t key) {
  PacketSent event{.share_count = 1,
                   .share_fen_max = 20'000,
                   .at = start,
                   .packet = packet_id(partition_of(sender), number),
                   .sender = sender,
                   .total = Amount{100},
                   .expires_at = start + Duration::hours(24),
                   .key = {key, 7},
                   .share_fen_min = 1,
                   .kind = PacketKind::even,
                   .seed = {1, 2},
                   .flags = PacketSent::external,
                   .reference_bytes = static_cast<std::uint8_t>(reference.size())};
  reference.view().copy(event.texts, reference.size());
  event.units = units_for(event.bytes());
  return event;
}

TEST(References, UsesInOldJournalsCountAndTheirHomesHearOfThem) {
  Shards shards(2);
  const UserId alice = shards.user_on(0, 1'000);
  const UserId bob = shards.user_on(1, 2'000);
  const Reference here = reference_at(0);
  const Reference there = reference_at(1);
  // Each was used twice, which those versions allowed.
  shards.write_journal<PacketSent>(0, {old_send(alice, 1, here, 1), old_send(alice, 2, here, 2),
                                       old_send(alice, 3, there, 3), old_send(alice, 4, there, 4)});
  shards.settle();
  const auto send = [&](UserId sender, const Reference& reference) {
    return shards
        .ask(SendPacket{.key = shards.key(),
                        .sender = sender,
                        .total = Amount{100},
                        .share_count = 1,
                        .funding = FundingSource::external,
                        .reference = reference})
        .status();
  };
  for (int round = 0; round < 2; ++round) {
    for (const UserId sender : {alice, bob}) {
      EXPECT_EQ(send(sender, here), Status::reference_used);
      EXPECT_EQ(send(sender, there), Status::reference_used);
    }
    shards.settle();
    const auto hashes = shards.hashes();
    const Sequence appended = shards.shard(0).figures().appended;
    shards.crash(3);
    EXPECT_EQ(shards.hashes(), hashes);
    shards.settle();
    EXPECT_EQ(shards.shard(0).figures().appended, appended) << "told again";
  }
}

}  // namespace
}  // namespace hb::test
