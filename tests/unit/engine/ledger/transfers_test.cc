// The rules of transfers, each at its instant.

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/unit/engine/ledger/ledger_fixture.h"

namespace hb::test {
namespace {

constexpr Duration hours_2 = Duration::hours(2);
constexpr Duration hours_24 = Duration::hours(24);
constexpr Duration just_before = Duration::us(-1);

class TransfersTest : public LedgerTest {
 protected:
  TransfersTest() { fund(alice, 10'000); }

  void send(Duration arrives_after = {}) {
    ASSERT_TRUE(run(to(bob, 700, arrives_after)).accepted());
  }
  Verdict accept(UserId user = bob) { return run(AcceptTransfer{key(), packet, user}); }
  Verdict decline(UserId user = bob) { return run(DeclineTransfer{key(), packet, user}); }
  Verdict cancel(UserId user = alice) { return run(CancelTransfer{key(), packet, user}); }
  Verdict give_back(UserId user = bob) { return run(ReturnTransfer{key(), packet, user}); }

  void expect_state(TransferState state, std::int64_t alices, std::int64_t bobs) {
    EXPECT_EQ(transfer().state, state);
    EXPECT_EQ(balance(alice), alices);
    RecipientAnswer known;
    ASSERT_EQ(ledger->show(CheckRecipient{bob}, known).status, Status::ok);
    EXPECT_EQ(known.exists ? balance(bob) : 0, bobs);
    EXPECT_EQ(ledger->totals().transfers.fen(), 10'000 - alices - bobs);
  }
};

TEST_F(TransfersTest, IsHeldUntilAcceptedAndThenArrivesAtOnce) {
  SendTransfer command = to(bob, 700);
  command.remark = Remark("房租");
  ASSERT_TRUE(run(command).accepted());
  expect_state(TransferState::pending, 9'300, 0);
  EXPECT_EQ(transfer().expires_at, start + hours_24);
  EXPECT_EQ(transfer().remark.view(), "房租");
  now = start + Duration::hours(3);
  ASSERT_TRUE(accept().accepted());
  expect_state(TransferState::arrived, 9'300, 700);
  EXPECT_EQ(transfer().arrives_at, now);
}

TEST_F(TransfersTest, LongestRemarkIsKept) {
  SendTransfer command = to(bob, 700);
  command.remark = Remark(std::string(limits::remark_bytes_max, 'x'));
  ASSERT_TRUE(run(command).accepted());
  EXPECT_EQ(transfer().remark.view(), command.remark.view());
}

TEST_F(TransfersTest, AmountMayBeTheMostThatAPolicyCanAllow) {
  restart(Policy{.transfer_max = Amount{limits::transfer_amount_max}});
  deposit(alice, limits::transfer_amount_max);
  ASSERT_TRUE(run(to(bob, limits::transfer_amount_max)).accepted());
  ASSERT_TRUE(accept().accepted());
  EXPECT_EQ(balance(bob), limits::transfer_amount_max);
}

TEST_F(TransfersTest, AcceptIsInTimeOneMicrosecondBeforeExpiryAndTooLateAtIt) {
  send();
  const PacketId first = packet;
  send();
  now = start + hours_24 + just_before;
  EXPECT_FALSE(come_due(first));
  ASSERT_TRUE(accept().accepted());
  packet = first;
  now = start + hours_24;
  expect_refused(accept(), Status::expired, now.us());
  expect_refused(decline(), Status::expired, now.us());
  expect_refused(cancel(), Status::expired, now.us());
  ASSERT_TRUE(come_due());
  EXPECT_EQ(transfer().state, TransferState::expired);
  EXPECT_EQ(balance(alice), 9'300);
  expect_refused(accept(), Status::expired, now.us());
  expect_refused(decline(), Status::expired, now.us());
  expect_refused(cancel(), Status::expired, now.us());
  EXPECT_FALSE(come_due());
}

TEST_F(TransfersTest, DelayedOneArrivesAtItsInstantAndCanBeCancelledUntilThen) {
  for (const Duration delay : {hours_2, hours_24}) {
    const Time sent = now;
    send(delay);
    const PacketId kept = packet;
    send(delay);
    now = sent + Duration::hours(23);
    for (const PacketId id : {kept, packet}) {
      ASSERT_TRUE(run(AcceptTransfer{key(), id, bob}).accepted());
    }
    const Time arrival = now + delay;
    EXPECT_EQ(transfer().state, TransferState::accepted);
    EXPECT_EQ(transfer().arrives_at, arrival);
    expect_refused(accept(), Status::transfer_accepted);
    expect_refused(decline(), Status::transfer_accepted);
    expect_refused(give_back(), Status::transfer_not_arrived);

    now = sent + hours_24;  // an accepted transfer does not expire
    EXPECT_FALSE(come_due());
    now = arrival + just_before;
    EXPECT_FALSE(come_due());
    ASSERT_TRUE(cancel().accepted());
    EXPECT_EQ(transfer().state, TransferState::cancelled);
    packet = kept;
    now = arrival;
    expect_refused(cancel(), Status::transfer_arrived);
    ASSERT_TRUE(come_due());
    EXPECT_EQ(transfer().state, TransferState::arrived);
    expect_refused(cancel(), Status::transfer_arrived);
  }
  expect_state(TransferState::arrived, 10'000 - 1'400, 1'400);
}

TEST_F(TransfersTest, EndedOneTellsHowItEnded) {
  struct Line {
    TransferState state;
    std::function<Verdict()> end;
  };
  const Line lines[] = {
      {TransferState::declined, [&] { return decline(); }},
      {TransferState::cancelled, [&] { return cancel(); }},
  };
  for (const Line& line : lines) {
    send();
    ASSERT_TRUE(line.end().accepted());
    expect_state(line.state, 10'000, 0);
    const auto limit = static_cast<std::int64_t>(line.state);
    for (const Verdict& again : {accept(), decline(), cancel(), give_back()}) {
      expect_refused(again, Status::transfer_closed, limit);
    }
    EXPECT_FALSE(come_due());
  }
}

TEST_F(TransfersTest, OnlyItsTwoSidesMayDoAnything) {
  send();
  for (const UserId other : {alice, carol}) {
    expect_refused(accept(other), Status::not_recipient);
    expect_refused(decline(other), Status::not_recipient);
    expect_refused(give_back(other), Status::not_recipient);
  }
  for (const UserId other : {bob, carol}) expect_refused(cancel(other), Status::not_sender);
}

TEST_F(TransfersTest, IsNoPacket) {
  send();
  EXPECT_EQ(claim(bob).status, Status::packet_unknown);
  EXPECT_EQ(claim(bob, "1").status, Status::packet_unknown);
  expect_refused(run(RecallPacket{key(), packet, alice}), Status::packet_unknown);
  expect_refused(run(ReturnShare{key(), packet, bob}), Status::packet_unknown);
  ShowPacketAnswer answer;
  ReplyBatch batch;
  expect_refused(ledger->show(ShowPacket{packet}, answer, batch), Status::packet_unknown);
  PeekAnswer peeked;
  expect_refused(ledger->peek(now, PeekPacket{packet, bob}, peeked), Status::packet_unknown);
  ASSERT_TRUE(run(lucky(100, 1)).accepted());
  expect_refused(accept(), Status::transfer_unknown);
  expect_refused(decline(), Status::transfer_unknown);
  expect_refused(cancel(), Status::transfer_unknown);
  expect_refused(give_back(), Status::transfer_unknown);
}

TEST_F(TransfersTest, IsReturnedWithinTheWindowAfterArrivalAndOnce) {
  send();
  const PacketId first = packet;
  ASSERT_TRUE(accept().accepted());
  send(hours_2);
  ASSERT_TRUE(accept().accepted());
  now = start + hours_2;
  ASSERT_TRUE(come_due());
  now = start + hours_24 + just_before;
  ASSERT_TRUE(run(ReturnTransfer{key(), first, bob}).accepted());
  expect_refused(run(ReturnTransfer{key(), first, bob}), Status::already_returned);
  expect_state(TransferState::arrived, 9'300, 700);
  now = start + hours_2 + hours_24;
  expect_refused(give_back(), Status::return_window_over, hours_24.us());
  packet = first;
  EXPECT_EQ(transfer().state, TransferState::returned);
  expect_refused(cancel(), Status::transfer_closed, static_cast<int>(TransferState::returned));
}

TEST_F(TransfersTest, ReturnNeedsTheMoneyAndAWalletThatIsNotFrozen) {
  send();
  ASSERT_TRUE(accept().accepted());
  ASSERT_TRUE(withdraw(bob, 1).accepted());
  expect_refused(give_back(), Status::insufficient_funds, 699);
  ASSERT_TRUE(deposit(bob, 1).accepted());
  ASSERT_TRUE(freeze(bob).accepted());
  expect_refused(give_back(), Status::wallet_frozen);
  ASSERT_TRUE(freeze(bob, false).accepted());
  ASSERT_TRUE(give_back().accepted());
  expect_state(TransferState::returned, 10'000, 0);
}

TEST_F(TransfersTest, FrozenOneStaysWhereItIs) {
  send(hours_2);
  ASSERT_TRUE(freeze_packet().accepted());
  EXPECT_TRUE(transfer().frozen);
  for (const Verdict& v : {accept(), decline(), cancel()}) {
    expect_refused(v, Status::packet_frozen);
  }
  now = start + Duration::hours(25);
  EXPECT_FALSE(come_due());
  ASSERT_TRUE(freeze_packet(false).accepted());
  expect_refused(accept(), Status::expired, (start + hours_24).us());
  ASSERT_TRUE(come_due());
  expect_state(TransferState::expired, 10'000, 0);
}

// Held up by a freeze, it arrives later than was told; the time to return it starts when it has.
TEST_F(TransfersTest, WindowToReturnCountsFromTheArrivalThatWas) {
  send(hours_2);
  ASSERT_TRUE(accept().accepted());
  ASSERT_TRUE(freeze_packet().accepted());
  now = start + Duration::hours(72);
  EXPECT_FALSE(come_due());
  expect_refused(give_back(), Status::transfer_not_arrived);
  ASSERT_TRUE(freeze_packet(false).accepted());
  ASSERT_TRUE(come_due());
  expect_state(TransferState::arrived, 9'300, 700);
  EXPECT_EQ(transfer().arrives_at, start + Duration::hours(72));
  now = start + Duration::hours(72 + 24) + just_before;
  EXPECT_TRUE(give_back().accepted());
}

TEST_F(TransfersTest, MoneyForAFrozenRecipientStillComesIn) {
  ASSERT_TRUE(open(bob).accepted());
  ASSERT_TRUE(freeze(bob).accepted());
  send();
  ASSERT_TRUE(accept().accepted());
  expect_state(TransferState::arrived, 9'300, 700);
  expect_refused(withdraw(bob, 1), Status::wallet_frozen);
}

TEST_F(TransfersTest, MoneyForAFrozenSenderStillComesBack) {
  send();
  ASSERT_TRUE(freeze(alice).accepted());
  expect_refused(run(to(bob, 1)), Status::wallet_frozen);
  ASSERT_TRUE(decline().accepted());
  expect_state(TransferState::declined, 10'000, 0);
}

TEST_F(TransfersTest, RefusedSendsNameTheLimit) {
  struct Line {
    const char* what;
    std::function<void(SendTransfer&)> change;
    Status status;
    std::int64_t limit;
  };
  const Line lines[] = {
      {"no key", [](auto& c) { c.key = {}; }, Status::key_missing, 0},
      {"nobody sends", [](auto& c) { c.sender = {}; }, Status::user_invalid, 0},
      {"to nobody", [](auto& c) { c.recipient = {}; }, Status::user_invalid, 0},
      {"to oneself", [](auto& c) { c.recipient = alice; }, Status::recipient_is_sender, 0},
      {"nothing", [](auto& c) { c.amount = {}; }, Status::amount_not_positive, 0},
      {"less", [](auto& c) { c.amount = Amount{INT64_MIN}; }, Status::amount_not_positive, 0},
      {"too much", [](auto& c) { c.amount = Amount{20'000'001}; }, Status::amount_over_limit,
       20'000'000},
      {"far too much", [](auto& c) { c.amount = Amount{INT64_MAX}; }, Status::amount_over_limit,
       20'000'000},
      {"in an hour", [](auto& c) { c.arrives_after = Duration::hours(1); },
       Status::arrival_not_offered, hours_24.us()},
      {"yesterday", [](auto& c) { c.arrives_after = Duration::hours(-24); },
       Status::arrival_not_offered, hours_24.us()},
      {"bad remark", [](auto& c) { c.remark = Remark("\xff"); }, Status::text_invalid, 0},
      {"unknown sender", [](auto& c) { c.sender = carol; }, Status::wallet_unknown, 0},
      {"more than there is", [](auto& c) { c.amount = Amount{10'001}; }, Status::insufficient_funds,
       10'000},
  };
  for (const Line& line : lines) {
    SCOPED_TRACE(line.what);
    SendTransfer command = to(bob, 700);
    line.change(command);
    expect_refused(run(command), line.status, line.limit);
  }
}

}  // namespace
}  // namespace hb::test
