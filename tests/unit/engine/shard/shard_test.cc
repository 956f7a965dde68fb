#include "engine/shard/shard.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

#include "tests/support/memory_storage.h"

namespace hb {
namespace {

constexpr UserId alice{1001};
constexpr Time start{1'700'000'000'000'000};

// A shard on a disk in memory, with a clock that the test moves.
class ShardTest : public testing::Test {
 protected:
  ShardTest() { open(); }

  void open() {
    auto opened = Shard::open(storage, options, Policy{}, PrfKey{1, 2}, now, {});
    ASSERT_TRUE(opened) << opened.error().message;
    shard = std::move(*opened);
    shard->step(now);  // the first segment comes with a poll
    shard->step(now);
  }
  void crash_and_reopen(std::uint64_t seed) {
    storage.lose_power();
    shard.reset();
    storage.restart(seed);
    open();
  }

  // Puts the commands into a parcel of their own and hands it over.
  template <class... Commands>
  Parcel& hand_over(const Commands&... commands) {
    parcels.push_back(std::make_unique<Parcel>());
    Parcel& parcel = *parcels.back();
    (parcel.commands.commands.push_back({.reply_to = {1, ++requests}, .command = commands}), ...);
    shard->accept(&parcel);
    return parcel;
  }
  Parcel& hand_over_claims(const std::vector<ClaimItem>& claims) {
    parcels.push_back(std::make_unique<Parcel>());
    Parcel& parcel = *parcels.back();
    parcel.commands.claims = claims;
    parcel.commands.commands.push_back(
        {.reply_to = {1, ++requests},
         .command = ClaimBatch{0, static_cast<std::uint32_t>(claims.size())}});
    shard->accept(&parcel);
    return parcel;
  }
  // Until the parcel is back.
  Parcel& finish(Parcel& parcel) {
    for (int turn = 0; turn < 1'000; ++turn) {
      shard->step(now);
      while (Parcel* finished = shard->finished()) {
        if (finished == &parcel) return parcel;
      }
    }
    ADD_FAILURE() << "the parcel never finished";
    return parcel;
  }
  template <class Command>
  Reply ask(const Command& command) {
    return finish(hand_over(command)).replies.replies.at(0);
  }
  ClaimAnswer claim(PacketId packet, UserId user) {
    return finish(hand_over_claims({{packet, user}})).replies.claims.at(0);
  }
  PacketId funded_packet(std::int64_t total, std::uint32_t shares, Duration life = {}) {
    ask(OpenWallet{key(), alice, DisplayName("Alice")});
    ask(Deposit{key(), alice, Amount{total}});
    return send(total, shares, life);
  }
  PacketId send(std::int64_t total, std::uint32_t shares, Duration life = {}) {
    const Reply sent = ask(SendPacket{.key = key(),
                                      .sender = alice,
                                      .total = Amount{total},
                                      .share_count = shares,
                                      .expires_in = life});
    EXPECT_EQ(sent.status, Status::ok) << name(sent.status);
    return std::get<SendAnswer>(sent.answer).packet;
  }
  std::int64_t balance(UserId user) {
    return std::get<WalletAnswer>(ask(ShowWallet{user}).answer).balance.fen();
  }
  Key128 key() { return {++keys, 1}; }

  test::MemoryStorage storage;
  ShardOptions options{.journal = {.segment_bytes = 4 << 20}};
  Time now = start;
  std::unique_ptr<Shard> shard;
  std::vector<std::unique_ptr<Parcel>> parcels;
  std::uint64_t keys = 0;
  std::uint64_t requests = 0;
};

TEST_F(ShardTest, ReplyWaitsUntilItsEventIsDurable) {
  storage.hold_completions(true);
  Parcel& parcel = hand_over(OpenWallet{key(), alice, {}});
  shard->step(now);
  shard->step(now);
  EXPECT_EQ(shard->finished(), nullptr);
  storage.complete_all();
  shard->step(now);
  EXPECT_EQ(shard->finished(), &parcel);
}

TEST_F(ShardTest, ReplyLeavesInTheStepInWhichItsEventIsDurable) {
  Parcel& parcel = hand_over(OpenWallet{key(), alice, {}});
  EXPECT_FALSE(shard->step(now));
  EXPECT_EQ(shard->finished(), &parcel);
}

// Else its owner would sleep, and nothing would wake it.
TEST_F(ShardTest, WhatWaitsForRoomWantsAnotherStepWhenTheDiskHasMadeSome) {
  options.journal = {
      .segment_bytes = 4 << 20, .block_bytes_max = 16 << 10, .block_count = 2, .in_flight_max = 1};
  crash_and_reopen(1);
  Parcel& parcel = hand_over(OpenWallet{key(), alice, {}});
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    parcel.commands.commands.push_back(
        {.reply_to = {1, ++requests}, .command = OpenWallet{key(), UserId{10'000 + i}, {}}});
  }
  int steps = 1;
  while (shard->step(now)) ++steps;
  EXPECT_EQ(shard->finished(), &parcel);
  EXPECT_GT(steps, 3);
}

TEST_F(ShardTest, RefusalAndReadWaitForTheEventsTheySaw) {
  const PacketId packet = funded_packet(100, 1);
  storage.hold_completions(true);
  Parcel& win = hand_over_claims({{packet, UserId{1}}});
  shard->step(now);
  Parcel& lose = hand_over_claims({{packet, UserId{2}}});
  Parcel& look = hand_over(ShowPacket{packet});
  shard->step(now);
  EXPECT_EQ(lose.replies.claims.at(0).status, Status::sold_out);
  EXPECT_EQ(shard->finished(), nullptr);
  storage.complete_all();
  shard->step(now);
  EXPECT_EQ(shard->finished(), &win);
  EXPECT_EQ(shard->finished(), &lose);
  EXPECT_EQ(shard->finished(), &look);
}

TEST_F(ShardTest, ReplyThatSawOnlyDurableEventsLeavesAtOnce) {
  const PacketId packet = funded_packet(100, 1);
  storage.hold_completions(true);
  Parcel& look = hand_over(PeekPacket{packet, UserId{5}});
  shard->step(now);
  EXPECT_EQ(shard->finished(), &look);
}

TEST_F(ShardTest, WritesThatCompleteOutOfOrderReleaseRepliesInOrder) {
  storage.hold_completions(true);
  Parcel& first = hand_over(OpenWallet{key(), UserId{1}, {}});
  shard->step(now);
  Parcel& second = hand_over(OpenWallet{key(), UserId{2}, {}});
  shard->step(now);
  ASSERT_EQ(storage.held(), 2u);
  storage.complete(1);
  shard->step(now);
  EXPECT_EQ(shard->finished(), nullptr);
  storage.complete(0);
  shard->step(now);
  EXPECT_EQ(shard->finished(), &first);
  EXPECT_EQ(shard->finished(), &second);
}

TEST_F(ShardTest, AcknowledgementMemoryDoesNotWaitNorMakeOthersHurry) {
  storage.hold_completions(true);
  Parcel& on_disk = hand_over(OpenWallet{key(), alice, {}});
  parcels.push_back(std::make_unique<Parcel>());
  Parcel& at_once = *parcels.back();
  at_once.acknowledgement = Acknowledgement::memory;
  at_once.commands.commands.push_back({.command = OpenWallet{key(), UserId{7}, {}}});
  shard->accept(&at_once);
  shard->step(now);
  EXPECT_EQ(shard->finished(), &at_once);
  EXPECT_EQ(shard->finished(), nullptr);
  storage.hold_completions(false);
  storage.complete_all();
  shard->step(now);
  EXPECT_EQ(shard->finished(), &on_disk);
}

TEST_F(ShardTest, ExpiredPacketIsRefundedAtItsInstantAndNotBefore) {
  const PacketId packet = funded_packet(1'000, 5, Duration::seconds(60));
  claim(packet, UserId{7});
  const std::int64_t taken = balance(UserId{7});

  now = start + Duration::seconds(60) + Duration::us(-1);
  shard->step(now);
  EXPECT_EQ(balance(alice), 0);
  now = start + Duration::seconds(60);
  for (int i = 0; i < 3; ++i) shard->step(now);
  EXPECT_EQ(balance(alice), 1'000 - taken);
  now = now + Duration::hours(30);
  for (int i = 0; i < 3; ++i) shard->step(now);
  EXPECT_EQ(balance(alice), 1'000 - taken);
}

TEST_F(ShardTest, RefundsArePacedAndClaimsAreDecidedBetweenThem) {
  ask(OpenWallet{key(), alice, {}});
  ask(Deposit{key(), alice, Amount{100'000}});
  for (int i = 0; i < 1'000; ++i) send(10, 1, Duration::seconds(60));
  const PacketId open_packet = send(10, 1, Duration::hours(1));
  now = start + Duration::seconds(61);

  const std::uint64_t before = shard->figures().counts.packets_open;
  EXPECT_TRUE(shard->step(now));
  EXPECT_GE(shard->figures().counts.packets_open, before - options.refunds_per_step);
  EXPECT_EQ(claim(open_packet, UserId{9}).status, Status::ok);
  while (shard->step(now)) {
  }
  EXPECT_EQ(shard->figures().counts.packets_open, 0u);
  EXPECT_EQ(balance(alice), 100'000 - 10);
}

TEST_F(ShardTest, ExpiredPacketCannotBeClaimedThoughItsRefundIsNotBooked) {
  const PacketId packet = funded_packet(1'000, 5, Duration::seconds(60));
  storage.set_no_space(true);  // no refund can be journalled once the segment is used up
  now = start + Duration::seconds(60);
  Parcel& parcel = hand_over_claims({{packet, UserId{1}}});
  shard->step(now);
  EXPECT_EQ(parcel.replies.claims.at(0).status, Status::expired);
}

TEST_F(ShardTest, TimeNeverGoesBack) {
  now = start + Duration::hours(1);
  ask(OpenWallet{key(), alice, {}});
  now = start;
  ask(OpenWallet{key(), UserId{2}, {}});
  const WalletAnswer wallet = std::get<WalletAnswer>(ask(ShowWallet{UserId{2}}).answer);
  EXPECT_EQ(wallet.opened_at, start + Duration::hours(1));
}

TEST_F(ShardTest, PassedDeadlineIsNotCarriedOut) {
  parcels.push_back(std::make_unique<Parcel>());
  Parcel& parcel = *parcels.back();
  const Time deadline = now;
  parcel.commands.commands.push_back(
      {.reply_to = {1, 1}, .deadline = deadline, .command = OpenWallet{key(), alice, {}}});
  parcel.commands.commands.push_back(
      {.reply_to = {1, 2}, .deadline = deadline, .command = OpenWallet{key(), alice, {}}});
  shard->accept(&parcel);
  now = now + Duration::us(1);
  finish(parcel);
  EXPECT_EQ(parcel.replies.replies.at(0).status, Status::deadline_exceeded);
  EXPECT_EQ(ask(ShowWallet{alice}).status, Status::wallet_unknown);
}

// A client knows the wall clock, not how far the ledger's time is from it.
TEST_F(ShardTest, DeadlinesCountByTheWallClock) {
  for (const std::int64_t ahead : {-1, 1}) {
    const Time wall = now;
    const UserId user(20 + static_cast<std::uint64_t>(ahead));
    const ClockReading reading{
        .ledger = now + Duration::hours(2 + ahead), .wall = wall, .monotonic = now};
    parcels.push_back(std::make_unique<Parcel>());
    Parcel& parcel = *parcels.back();
    parcel.commands.commands.push_back({.reply_to = {1, 1},
                                        .deadline = wall + Duration::us(-1),
                                        .command = OpenWallet{key(), user, {}}});
    parcel.commands.commands.push_back(
        {.reply_to = {1, 2}, .deadline = wall, .command = OpenWallet{key(), user, {}}});
    shard->accept(&parcel);
    shard->step(reading);
    finish(parcel);
    EXPECT_EQ(parcel.replies.replies.at(0).status, Status::deadline_exceeded);
    EXPECT_EQ(parcel.replies.replies.at(1).status, Status::ok);
  }
}

TEST_F(ShardTest, ShowsItsTimeAndHowFarItIsAheadOfTheWallClock) {
  const Time later = now + Duration::hours(3);
  shard->step({.ledger = later, .wall = now + Duration::hours(1), .monotonic = now});
  EXPECT_EQ(shard->last_time(), later);
  EXPECT_EQ(shard->figures().time, later);
  EXPECT_EQ(shard->figures().clock_ahead, Duration::hours(2));
}

TEST_F(ShardTest, FailedWriteEndsAcknowledgements) {
  storage.fail_write(1);
  Parcel& lost = hand_over(OpenWallet{key(), alice, {}});
  for (int i = 0; i < 10; ++i) shard->step(now);
  EXPECT_EQ(shard->finished(), nullptr);
  Parcel& after = hand_over(OpenWallet{key(), UserId{2}, {}});
  for (int i = 0; i < 10; ++i) shard->step(now);
  EXPECT_EQ(shard->finished(), nullptr);
  EXPECT_EQ(after.replies.replies.at(0).status, Status::read_only);
  EXPECT_FALSE(shard->figures().writable);
  static_cast<void>(lost);
}

TEST_F(ShardTest, FullDiskRefusesChangesServesReadsAndResumes) {
  options.journal = {
      .segment_bytes = 1 << 20, .block_bytes_max = 64 << 10, .block_count = 4, .in_flight_max = 2};
  shard.reset();
  storage.erase("00000001.seg");
  open();
  const OpenWallet opened{key(), alice, {}};
  ask(opened);
  storage.set_no_space(true);
  Status status = Status::ok;
  std::int64_t deposited = 0;
  for (int i = 0; i < 100'000 && status == Status::ok; ++i) {
    status = ask(Deposit{key(), alice, Amount{1}}).status;
    if (status == Status::ok) ++deposited;
  }
  EXPECT_EQ(status, Status::read_only);
  EXPECT_GT(deposited, 100);
  EXPECT_EQ(balance(alice), deposited);
  // What was carried out before is answered, though nothing new can be.
  EXPECT_TRUE(ask(opened).replayed);

  storage.set_no_space(false);
  now = now + Duration::seconds(5);
  for (int i = 0; i < 10; ++i) shard->step(now);
  EXPECT_EQ(ask(Deposit{key(), alice, Amount{1}}).status, Status::ok);
  EXPECT_EQ(balance(alice), deposited + 1);
}

TEST_F(ShardTest, HasNothingToDoAtOnceWhileItWaitsForTheDisk) {
  funded_packet(1'000, 5, Duration::seconds(60));
  storage.fail_write(1);
  hand_over(OpenWallet{key(), UserId{2}, {}});
  for (int i = 0; i < 5; ++i) shard->step(now);
  now = start + Duration::seconds(61);  // a refund is due, and cannot be journalled
  EXPECT_FALSE(shard->step(now));
  EXPECT_FALSE(shard->figures().writable);
}

TEST_F(ShardTest, RestartKeepsBalancesPacketsAnswersAndTimers) {
  const PacketId packet = funded_packet(1'000, 5, Duration::seconds(60));
  const ClaimAnswer first = claim(packet, UserId{7});
  const Deposit once{key(), alice, Amount{50}};
  ask(once);
  const std::uint64_t hash = shard->ledger().state_hash();

  crash_and_reopen(3);
  EXPECT_EQ(shard->ledger().state_hash(), hash);
  EXPECT_TRUE(ask(once).replayed);
  const ClaimAnswer again = claim(packet, UserId{7});
  EXPECT_EQ(again.status, Status::already_claimed);
  EXPECT_EQ(again.amount_fen, first.amount_fen);
  now = start + Duration::seconds(60);
  for (int i = 0; i < 3; ++i) shard->step(now);
  EXPECT_EQ(balance(alice), 1'050 - first.amount_fen);
}

// The wheel starts at the last event and catches up a budget's worth a step; what is sent meanwhile
// must still lie within its horizon.
TEST_F(ShardTest, StartsAfterSevenWeeksOfStandstillWithABacklog) {
  funded_packet(100, 1, Duration::seconds(60));
  ask(Deposit{key(), alice, Amount{100'000}});
  for (int i = 0; i < 500; ++i) send(10, 1, Duration::seconds(60));
  const std::int64_t seven_weeks_hours = 7 * 7 * 24;
  now = now + Duration::hours(seven_weeks_hours);
  crash_and_reopen(5);
  const PacketId late = send(10, 1, Duration::hours(7 * 24));
  for (int i = 0; i < 100; ++i) shard->step(now);
  EXPECT_EQ(shard->figures().counts.packets_open, 1u);
  EXPECT_EQ(balance(alice), 100'100 - 10);
  now = now + Duration::hours(7 * 24);
  EXPECT_EQ(claim(late, UserId{5}).status, Status::expired);
  EXPECT_EQ(balance(alice), 100'100);
}

// Power is lost at a random moment; whatever was answered is there, exactly once.
TEST_F(ShardTest, CrashAtAnyMomentLosesNothingThatWasAnswered) {
  std::uint64_t seed = 20261123;
  RecordProperty("seed", std::to_string(seed));
  std::mt19937_64 random(seed);
  const PacketId packet = funded_packet(500 * 40, 500);
  std::vector<ClaimAnswer> answered(501);
  std::vector<Parcel*> open_parcels;
  std::uint64_t next_user = 1;
  std::uint64_t confirmed = 0;
  for (int crash = 0; crash < 40; ++crash) {
    storage.hold_completions(true);
    std::vector<std::pair<std::uint64_t, Parcel*>> asked;
    const int turns = 1 + static_cast<int>(random() % 12);
    for (int i = 0; i < turns && next_user <= 500; ++i) {
      asked.emplace_back(next_user, &hand_over_claims({{packet, UserId{next_user}}}));
      ++next_user;
      shard->step(now);
      if (storage.held() > 0 && random() % 2 == 0) storage.complete(random() % storage.held());
      shard->step(now);
      while (Parcel* finished = shard->finished()) {
        for (const auto& [user, parcel] : asked) {
          if (parcel == finished) {
            answered[user] = parcel->replies.claims.at(0);
            ++confirmed;
          }
        }
      }
    }
    storage.hold_completions(false);
    crash_and_reopen(random());
    EXPECT_TRUE(shard->ledger().totals().balanced());
    // Unanswered ones ask again; answered ones are told what they were told before.
    for (std::uint64_t user = 1; user < next_user; ++user) {
      const ClaimAnswer again = claim(packet, UserId{user});
      if (answered[user].amount_fen == 0) {
        ASSERT_TRUE(succeeded(again.status)) << name(again.status);
        answered[user] = again;
      } else {
        ASSERT_EQ(again.status, Status::already_claimed);
        ASSERT_EQ(again.amount_fen, answered[user].amount_fen) << user;
        ASSERT_EQ(again.share_index, answered[user].share_index);
      }
    }
  }
  EXPECT_GT(confirmed, 20u);
}

TEST_F(ShardTest, ManyMoreCommandsThanTheJournalHoldsWaitAndAreAllAnswered) {
  const PacketId packet = funded_packet(500, 500);
  std::vector<Parcel*> sent;
  for (int batch = 0; batch < 40; ++batch) {
    std::vector<ClaimItem> claims;
    for (std::uint64_t i = 0; i < 8'000; ++i) claims.push_back({packet, UserId{1 + i}});
    sent.push_back(&hand_over_claims(claims));
    for (int i = 0; i < 5; ++i) {
      parcels.push_back(std::make_unique<Parcel>());
      parcels.back()->commands.commands.push_back(
          {.command = OpenWallet{key(), UserId{100'000u + keys}, {}}});
      shard->accept(parcels.back().get());
    }
  }
  std::size_t finished = 0;
  for (int turn = 0; turn < 10'000 && finished < 240; ++turn) {
    shard->step(now);
    while (shard->finished() != nullptr) ++finished;
  }
  EXPECT_EQ(finished, 240u);
  std::size_t wins = 0;
  for (const Parcel* parcel : sent) {
    ASSERT_EQ(parcel->replies.claims.size(), 8'000u);
    for (const ClaimAnswer& answer : parcel->replies.claims) wins += answer.status == Status::ok;
  }
  EXPECT_EQ(wins, 500u);
}

}  // namespace
}  // namespace hb
