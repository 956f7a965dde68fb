// The rules of packets, each at its edge.

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "engine/ledger/split.h"
#include "tests/unit/engine/ledger/ledger_fixture.h"

namespace hb::test {
namespace {

class PacketsTest : public LedgerTest {
 protected:
  PacketsTest() { fund(alice, 10'000'000); }

  Verdict send_to(SendPacket command, const std::vector<UserId>& recipients) {
    return run(command, recipients);
  }
  Verdict recall(UserId user = alice) { return run(RecallPacket{key(), packet, user}); }
  std::vector<Payout> payouts(PacketId after = {}, std::uint32_t count_max = 100) {
    PayoutListAnswer answer;
    ReplyBatch batch;
    const ListPayouts query{.after = after, .count_max = count_max};
    EXPECT_EQ(ledger->show(query, answer, batch).status, Status::ok);
    EXPECT_EQ(answer.count, batch.payouts.size());
    more_payouts = answer.more;
    return batch.payouts;
  }
  Verdict confirm(PacketId id, std::string_view reference = "paid-1") {
    return run(ConfirmPayout{key(), id, Reference(reference)});
  }
  void set_refund_target(RefundTarget target) {
    ASSERT_TRUE(run(SetRefundTarget{key(), alice, target}).accepted());
  }
  PeekAnswer peek(UserId user) {
    PeekAnswer answer;
    EXPECT_EQ(ledger->peek(now, PeekPacket{packet, user}, answer).status, Status::ok);
    return answer;
  }

  bool more_payouts = false;
};

// ---- kinds and recipients -----------------------------------------------------------------------

TEST_F(PacketsTest, KindSaysWhoMayClaimAndHowItIsSplit) {
  struct Line {
    PacketKind kind;
    std::uint32_t shares;
    std::vector<UserId> recipients;
    Status stranger;
    Status sender;
    Split split;
    std::uint16_t share_count;
  };
  const Line lines[] = {
      {PacketKind::lucky, 4, {}, Status::ok, Status::ok, Split::double_mean, 4},
      {PacketKind::even, 4, {}, Status::ok, Status::ok, Split::equal, 4},
      {PacketKind::direct, 0, {bob}, Status::not_recipient, Status::not_recipient, Split::equal, 1},
      {PacketKind::direct, 1, {bob}, Status::not_recipient, Status::not_recipient, Split::equal, 1},
      {PacketKind::exclusive,
       0,
       {bob, carol, alice, dave},
       Status::not_recipient,
       Status::sender_excluded,
       Split::equal,
       4},
      {PacketKind::exclusive,
       2,
       {bob, carol, dave},
       Status::not_recipient,
       Status::not_recipient,
       Split::equal,
       2},
  };
  for (const Line& line : lines) {
    SCOPED_TRACE(static_cast<int>(line.kind));
    ASSERT_TRUE(send_to(named(line.kind, 1'000, line.shares), line.recipients).accepted());
    EXPECT_EQ(summary().split, line.split);
    EXPECT_EQ(summary().share_count, line.share_count);
    EXPECT_EQ(summary().recipient_count, line.recipients.size());
    EXPECT_EQ(name(claim(stranger).status), name(line.stranger));
    EXPECT_EQ(name(claim(alice).status), name(line.sender));
    EXPECT_EQ(claim(bob).status, Status::ok);
  }
}

TEST_F(PacketsTest, ExclusivePacketTakesFiveHundredRecipientsAndNotOneMore) {
  std::vector<UserId> users;
  for (std::uint64_t i = 0; i < 500; ++i) users.emplace_back(20'000 + i);
  ASSERT_TRUE(send_to(named(PacketKind::exclusive, 5'000), users).accepted());
  for (const UserId user : users) EXPECT_EQ(claim(user).amount_fen, 10u);
  users.emplace_back(30'000);
  expect_refused(send_to(named(PacketKind::exclusive, 5'010), users),
                 Status::recipients_out_of_range, 500);
}

TEST_F(PacketsTest, ExclusivePacketOfFewerSharesThanRecipientsIsSoldOutForTheLast) {
  ASSERT_TRUE(send_to(named(PacketKind::exclusive, 1'000, 2), {bob, carol, dave}).accepted());
  EXPECT_EQ(claim(dave).status, Status::ok);
  EXPECT_EQ(claim(bob).status, Status::ok);
  expect_refused(claim(carol), Status::sold_out);
}

TEST_F(PacketsTest, SenderMayClaimSaysWhetherTheSenderMay) {
  struct Line {
    PacketKind kind;
    Choice choice;
    bool may;
  };
  const Line lines[] = {
      {PacketKind::lucky, Choice::by_default, true},
      {PacketKind::lucky, Choice::yes, true},
      {PacketKind::lucky, Choice::no, false},
      {PacketKind::even, Choice::by_default, true},
      {PacketKind::even, Choice::no, false},
      {PacketKind::exclusive, Choice::by_default, false},
      {PacketKind::exclusive, Choice::yes, true},
      {PacketKind::exclusive, Choice::no, false},
  };
  for (const Line& line : lines) {
    SendPacket command = named(line.kind, 1'000, 2);
    command.sender_may_claim = line.choice;
    const std::vector<UserId> both{alice, bob};
    ASSERT_TRUE(send_to(command, line.kind == PacketKind::exclusive ? both : std::vector<UserId>{})
                    .accepted());
    EXPECT_EQ(summary().sender_may_claim, line.may);
    EXPECT_EQ(peek(alice).claimable, line.may);
    EXPECT_EQ(claim(alice).status, line.may ? Status::ok : Status::sender_excluded);
  }
}

// ---- claim codes --------------------------------------------------------------------------------

class CodesTest : public PacketsTest {
 protected:
  void send_with_code(std::string_view code) {
    SendPacket command = lucky(1'000, 3);
    command.code = ClaimCode(code);
    ASSERT_TRUE(run(command).accepted());
  }
};

TEST_F(CodesTest, RightCodeWinsAndWithoutACodeItIsRequired) {
  send_with_code("新年快乐");
  EXPECT_TRUE(summary().needs_code);
  expect_refused(claim(bob), Status::code_required);
  expect_refused(claim(bob, ""), Status::code_required);
  const ClaimAnswer won = claim(bob, "新年快乐");
  EXPECT_EQ(won.status, Status::ok);
  EXPECT_EQ(claim(bob).status, Status::already_claimed);
  EXPECT_EQ(claim(bob, "wrong").status, Status::already_claimed);
  EXPECT_EQ(claim(bob, "wrong").amount_fen, won.amount_fen);
}

TEST_F(CodesTest, FifthWrongTryLocksThatUserForThatPacketOnly) {
  send_with_code("8888");
  const PacketId first = packet;
  for (std::int64_t left = 4; left >= 0; --left) {
    expect_refused(claim(bob, "8887"), Status::code_wrong, left);
  }
  expect_refused(claim(bob, "8888"), Status::code_locked, 5);
  expect_refused(claim(bob, ""), Status::code_locked, 5);
  expect_refused(claim(bob), Status::code_locked, 5);
  EXPECT_EQ(claim(carol, "8888").status, Status::ok);
  send_with_code("8888");
  EXPECT_EQ(claim(bob, "8888").status, Status::ok);
  expect_refused(run(ClaimWithCode{first, bob, ClaimCode("8888")}), Status::code_locked, 5);
}

TEST_F(CodesTest, WrongTriesAreCountedAcrossARestart) {
  send_with_code("8888");
  for (int i = 0; i < 4; ++i) claim(bob, "1");
  restart();
  expect_refused(claim(bob, "2"), Status::code_wrong, 0);
  restart();
  expect_refused(claim(bob, "8888"), Status::code_locked, 5);
}

TEST_F(CodesTest, CodeTriesMaxIsPolicy) {
  restart(Policy{.code_tries_max = 1});
  send_with_code("8888");
  expect_refused(claim(bob, "1"), Status::code_wrong, 0);
  expect_refused(claim(bob, "8888"), Status::code_locked, 1);
}

TEST_F(CodesTest, CodeGivenToAPacketWithoutOneDoesNoHarm) {
  ASSERT_TRUE(run(lucky(1'000, 3)).accepted());
  EXPECT_EQ(claim(bob, "anything").status, Status::ok);
}

TEST_F(CodesTest, WrongCodeForAClosedPacketIsNotATry) {
  send_with_code("8888");
  now = start + Duration::hours(24);
  expect_refused(claim(bob, "1"), Status::expired, now.us());
  ASSERT_TRUE(come_due());
  expect_refused(claim(bob, "1"), Status::expired, now.us());
}

TEST_F(CodesTest, StrangersWithWrongCodesLockOutThemselvesAlone) {
  send_with_code("8888");
  for (int i = 0; i < 5; ++i) claim(bob, "1");
  for (std::uint64_t u = 0; u <= limits::code_triers_max; ++u) {
    CodeTried event;
    Claimed claimed;
    const ClaimWithCode wrong{packet, UserId{100'000 + u}, ClaimCode("1")};
    ASSERT_EQ(ledger->decide(now, wrong, claimed, event).status, Status::code_wrong);
    commit(event);
  }
  expect_refused(claim(bob, "8888"), Status::code_locked, 5);
  expect_refused(claim(dave, "1"), Status::code_wrong, 4);
  EXPECT_EQ(claim(carol, "8888").status, Status::ok);
}

TEST_F(CodesTest, PeekAgreesWithWhatAClaimWouldAnswer) {
  send_with_code("8888");
  EXPECT_TRUE(peek(bob).claimable);
  for (int i = 0; i < 4; ++i) claim(bob, "1");
  EXPECT_TRUE(peek(bob).claimable);
  claim(bob, "1");
  EXPECT_FALSE(peek(bob).claimable);
  expect_refused(peek(bob).own_claim, Status::code_locked, 5);
  EXPECT_TRUE(peek(carol).claimable);
}

// Another version may have remembered more users, or fewer; its journal is read all the same.
TEST_F(CodesTest, TriesAreWhatTheJournalSays) {
  send_with_code("8888");
  commit(CodeTried{.tries = 4, .at = now, .packet = packet, .user = bob});
  expect_refused(claim(bob, "1"), Status::code_wrong, 0);
  commit(CodeTried{.tries = 1, .at = now, .packet = packet, .user = bob});
  expect_refused(claim(bob, "1"), Status::code_wrong, 3);
}

// ---- recall -------------------------------------------------------------------------------------

TEST_F(PacketsTest, RecallGivesTheUnclaimedRestBack) {
  SendPacket command = lucky(1'000, 3);
  command.recallable = true;
  ASSERT_TRUE(run(command).accepted());
  const std::int64_t taken = claim(bob).amount_fen;
  expect_refused(recall(bob), Status::not_sender);
  ASSERT_TRUE(recall().accepted());
  EXPECT_EQ(balance(alice), 10'000'000 - taken);
  EXPECT_EQ(summary().state, PacketState::recalled);
  EXPECT_EQ(summary().refunded.fen(), 1'000 - taken);
  expect_refused(claim(carol), Status::recalled);
  EXPECT_EQ(claim(bob).status, Status::already_claimed);
  expect_refused(recall(), Status::recalled);
  now = start + Duration::hours(24);
  EXPECT_FALSE(come_due());
}

TEST_F(PacketsTest, RecallIsRefusedWhereThePacketOrItsStateForbids) {
  ASSERT_TRUE(run(lucky(1'000, 3)).accepted());
  expect_refused(recall(), Status::not_recallable);
  SendPacket command = lucky(1'000, 1);
  command.recallable = true;
  ASSERT_TRUE(run(command).accepted());
  ASSERT_EQ(claim(bob).status, Status::ok);
  expect_refused(recall(), Status::sold_out);
  command.key = key();
  ASSERT_TRUE(run(command).accepted());
  now = start + Duration::hours(24) + Duration::us(-1);
  ASSERT_TRUE(freeze_packet().accepted());
  expect_refused(recall(), Status::packet_frozen);
  ASSERT_TRUE(freeze_packet(false).accepted());
  now = start + Duration::hours(24);
  expect_refused(recall(), Status::expired, now.us());
  ASSERT_TRUE(come_due());
  expect_refused(recall(), Status::expired, now.us());
}

TEST_F(PacketsTest, RecallOneMicrosecondBeforeExpiryIsInTime) {
  SendPacket command = lucky(1'000, 3);
  command.recallable = true;
  ASSERT_TRUE(run(command).accepted());
  now = start + Duration::hours(24) + Duration::us(-1);
  EXPECT_TRUE(recall().accepted());
}

// ---- opening and expiry -------------------------------------------------------------------------

TEST_F(PacketsTest, TimedPacketOpensAtItsInstantAndLivesFromThere) {
  SendPacket command = lucky(1'000, 3);
  command.opens_at = start + Duration::hours(2);
  command.expires_in = Duration::hours(1);
  ASSERT_TRUE(run(command).accepted());
  EXPECT_EQ(summary().opens_at, command.opens_at);
  EXPECT_EQ(summary().expires_at, start + Duration::hours(3));
  now = command.opens_at + Duration::us(-1);
  expect_refused(claim(bob), Status::not_open_yet, command.opens_at.us());
  EXPECT_FALSE(peek(bob).claimable);
  now = command.opens_at;
  EXPECT_TRUE(peek(bob).claimable);
  EXPECT_EQ(claim(bob).claimed_at, now);
  now = start + Duration::hours(3) + Duration::us(-1);
  EXPECT_EQ(claim(carol).status, Status::ok);
  EXPECT_FALSE(come_due());
  now = start + Duration::hours(3);
  expect_refused(claim(dave), Status::expired, now.us());
  EXPECT_TRUE(come_due());
}

TEST_F(PacketsTest, LongestWaitAndLifeKeepTheInstantOfALateClaim) {
  SendPacket command = lucky(1'000, 3);
  command.opens_at = start + Duration::hours(72);
  command.expires_in = Duration::hours(7 * 24);
  ASSERT_TRUE(run(command).accepted());
  now = start + Duration::hours(10 * 24) + Duration::us(-1);
  const ClaimAnswer late = claim(bob);
  EXPECT_EQ(late.claimed_at, now);
  EXPECT_EQ(claim(bob).claimed_at, now);
}

TEST_F(PacketsTest, TimedPacketCanBeRecalledBeforeItOpens) {
  SendPacket command = lucky(1'000, 3);
  command.opens_at = start + Duration::hours(2);
  command.recallable = true;
  ASSERT_TRUE(run(command).accepted());
  EXPECT_TRUE(recall().accepted());
  EXPECT_EQ(balance(alice), 10'000'000);
}

// ---- texts --------------------------------------------------------------------------------------

TEST_F(PacketsTest, TextsOfFullLengthAreKept) {
  SendPacket command = funded_outside(1'000, 3);
  command.remark = Remark(std::string(limits::remark_bytes_max, 'r'));
  command.group = Group(std::string(limits::group_bytes_max, 'g'));
  command.reference = Reference(std::string(limits::reference_bytes_max, 'f'));
  ASSERT_TRUE(run(command).accepted());
  EXPECT_EQ(summary().remark.view(), command.remark.view());
  EXPECT_EQ(summary().group.view(), command.group.view());
  now = start + Duration::hours(24);
  ASSERT_TRUE(come_due());
  EXPECT_EQ(payouts().at(0).funding.view(), command.reference.view());
}

// ---- holidays -----------------------------------------------------------------------------------

TEST_F(PacketsTest, HolidayLimitHoldsForThatDayOfThePolicysTimeZone) {
  // 2024-02-10 in Shanghai: from 2024-02-09T16:00Z on, for 24 hours.
  constexpr std::int32_t new_year = 19'763;
  const Time first{1'707'494'400'000'000};
  Policy policy;
  policy.holidays = {new_year};
  ASSERT_EQ(policy.day_of(first), new_year);
  restart(policy);
  struct Line {
    Time at;
    std::int64_t most;
  };
  const Line lines[] = {
      {first + Duration::us(-1), 20'000},
      {first, 52'000},
      {first + Duration::hours(24) + Duration::us(-1), 52'000},
      {first + Duration::hours(24), 20'000},
  };
  for (const Line& line : lines) {
    now = line.at;
    expect_refused(run(lucky(2 * line.most + 1, 2)), Status::total_above_shares, 2 * line.most);
    ASSERT_TRUE(run(lucky(2 * line.most, 2)).accepted());
    EXPECT_EQ(summary().share_max.fen(), line.most);
    EXPECT_EQ(claim(bob).amount_fen, line.most);
    EXPECT_EQ(claim(carol).amount_fen, line.most);
  }
}

// ---- luckiest -----------------------------------------------------------------------------------

TEST_F(PacketsTest, LuckiestIsNamedWithTheLastShareAndATieGoesToTheEarlierClaim) {
  // Three shares of 2 to 3 fen: the sum of 8 leaves two of 3, so two tie whatever is drawn.
  Policy policy;
  policy.share_min = Amount{2};
  policy.share_max = policy.holiday_share_max = Amount{3};
  restart(policy);
  ASSERT_TRUE(run(lucky(8, 3)).accepted());
  const std::array<ClaimAnswer, 3> won{claim(bob), claim(carol), ClaimAnswer{}};
  EXPECT_EQ(summary().luckiest, PacketSummary::nobody);
  const ClaimAnswer last = claim(dave);
  const std::uint32_t amounts[] = {won[0].amount_fen, won[1].amount_fen, last.amount_fen};
  const auto first_of_most = static_cast<std::uint16_t>(
      std::ranges::find(amounts, std::ranges::max(amounts)) - std::begin(amounts));
  EXPECT_EQ(std::ranges::count(amounts, 3u), 2);
  EXPECT_EQ(summary().luckiest, first_of_most);
}

TEST_F(PacketsTest, NobodyIsLuckiestOfEqualShares) {
  ASSERT_TRUE(run(even(4, 2)).accepted());
  claim(bob);
  claim(carol);
  EXPECT_EQ(summary().luckiest, PacketSummary::nobody);
}

TEST_F(PacketsTest, NobodyIsLuckiestOfAPacketThatExpired) {
  ASSERT_TRUE(run(lucky(400, 2)).accepted());
  claim(bob);
  now = start + Duration::hours(24);
  ASSERT_TRUE(come_due());
  EXPECT_EQ(summary().luckiest, PacketSummary::nobody);
}

// ---- the draw can be checked --------------------------------------------------------------------

TEST_F(PacketsTest, SeedIsPromisedAtSendAndRevealedWhenThePacketCloses) {
  enum class Close { sold_out, refund, recall };
  for (const Close close : {Close::sold_out, Close::refund, Close::recall}) {
    SendPacket command = lucky(1'000, 2);
    command.recallable = true;
    ASSERT_TRUE(run(command).accepted());
    const Digest256 promised = ledger->send_answer(packet).seed_commitment;
    EXPECT_EQ(promised, sha256(std::as_bytes(std::span(&seed, 1))));
    ShowPacketAnswer answer;
    ReplyBatch batch;
    ASSERT_EQ(ledger->show(ShowPacket{packet}, answer, batch).status, Status::ok);
    EXPECT_FALSE(answer.seed_revealed);
    EXPECT_EQ(answer.seed.k0, 0u);
    EXPECT_EQ(answer.seed.k1, 0u);
    EXPECT_EQ(answer.seed_commitment, promised);
    claim(bob);
    if (close == Close::sold_out) claim(carol);
    if (close == Close::recall) {
      ASSERT_TRUE(recall().accepted());
    }
    if (close == Close::refund) {
      now = now + Duration::hours(24);
      ASSERT_TRUE(come_due());
    }
    ASSERT_EQ(ledger->show(ShowPacket{packet}, answer, batch).status, Status::ok);
    EXPECT_TRUE(answer.seed_revealed);
    EXPECT_EQ(sha256(std::as_bytes(std::span(&answer.seed, 1))), promised);
  }
}

TEST_F(PacketsTest, WhoeverHasTheSeedDrawsTheSameShares) {
  for (const Split split : {Split::double_mean, Split::order_fair}) {
    SendPacket command = lucky(3'000, 20);
    command.split = split;
    ASSERT_TRUE(run(command).accepted());
    SplitState rest{
        .remaining_fen = 3'000, .shares_left = 20, .share_fen_min = 1, .share_fen_max = 20'000};
    std::array<std::uint32_t, 20> drawn{};
    if (split == Split::order_fair) draw_order_fair(seed, rest, drawn);
    for (std::uint32_t i = 0; i < 20; ++i) {
      if (split == Split::double_mean) {
        drawn[i] = static_cast<std::uint32_t>(draw_double_mean(rest, split_word(seed, i)));
      }
      EXPECT_EQ(claim(UserId{50'000 + i}).amount_fen, drawn[i]);
      rest.remaining_fen -= drawn[i];
      --rest.shares_left;
    }
  }
}

TEST_F(PacketsTest, LuckySplitFollowsThePolicyUnlessTheCommandSays) {
  restart(Policy{.lucky_split = Split::order_fair});
  ASSERT_TRUE(run(lucky(1'000, 3)).accepted());
  EXPECT_EQ(summary().split, Split::order_fair);
  SendPacket command = lucky(1'000, 3);
  command.split = Split::double_mean;
  ASSERT_TRUE(run(command).accepted());
  EXPECT_EQ(summary().split, Split::double_mean);
}

// ---- external funding and payouts ---------------------------------------------------------------

TEST_F(PacketsTest, ExternallyFundedPacketLeavesTheWalletAloneAndOwesAPayoutAtExpiry) {
  ASSERT_TRUE(run(funded_outside(1'000, 3)).accepted());
  EXPECT_EQ(balance(alice), 10'000'000);
  EXPECT_EQ(ledger->totals().external_funding.fen(), 1'000);
  const std::int64_t taken = claim(bob).amount_fen;
  EXPECT_EQ(balance(bob), taken);
  now = start + Duration::hours(24);
  ASSERT_TRUE(come_due());
  EXPECT_EQ(balance(alice), 10'000'000);
  const std::vector<Payout> owed = payouts();
  ASSERT_EQ(owed.size(), 1u);
  EXPECT_EQ(owed[0].packet, packet);
  EXPECT_EQ(owed[0].sender, alice);
  EXPECT_EQ(owed[0].amount.fen(), 1'000 - taken);
  EXPECT_EQ(owed[0].state, PayoutState::owed);
  EXPECT_EQ(owed[0].owed_at, now);
  EXPECT_EQ(owed[0].funding.view(), "card-77");
  EXPECT_EQ(ledger->totals().payouts_owed.fen(), 1'000 - taken);
}

TEST_F(PacketsTest, RefundFollowsTheWalletsSettingAtTheMomentOfTheRefund) {
  struct Line {
    RefundTarget at_send;
    RefundTarget at_refund;
    bool recalled;
    bool payout;
  };
  constexpr RefundTarget source = RefundTarget::source;
  constexpr RefundTarget wallet = RefundTarget::wallet;
  const Line lines[] = {{source, source, false, true}, {source, wallet, false, false},
                        {wallet, source, false, true}, {wallet, wallet, false, false},
                        {source, source, true, true},  {source, wallet, true, false}};
  for (const Line& line : lines) {
    set_refund_target(line.at_send);
    SendPacket command = funded_outside(600, 2);
    command.recallable = true;
    ASSERT_TRUE(run(command).accepted());
    set_refund_target(line.at_refund);
    const std::int64_t before = balance(alice);
    const std::size_t owed = payouts().size();
    if (line.recalled) {
      ASSERT_TRUE(recall().accepted());
    } else {
      now = now + Duration::hours(24);
      ASSERT_TRUE(come_due());
    }
    EXPECT_EQ(balance(alice), before + (line.payout ? 0 : 600));
    EXPECT_EQ(payouts().size(), owed + (line.payout ? 1 : 0));
  }
}

TEST_F(PacketsTest, WalletFundedPacketIsRefundedToTheWalletWhateverTheSetting) {
  set_refund_target(RefundTarget::source);
  ASSERT_TRUE(run(lucky(600, 2)).accepted());
  now = start + Duration::hours(24);
  ASSERT_TRUE(come_due());
  EXPECT_EQ(balance(alice), 10'000'000);
  EXPECT_TRUE(payouts().empty());
}

TEST_F(PacketsTest, SenderWithoutAWalletMayFundFromOutside) {
  SendPacket command = funded_outside(600, 2);
  command.sender = stranger;
  ASSERT_TRUE(run(command).accepted());
  now = start + Duration::hours(24);
  ASSERT_TRUE(come_due());
  EXPECT_EQ(payouts().at(0).sender, stranger);
}

TEST_F(PacketsTest, ConfirmedPayoutLeavesTheListAndIsConfirmedOnce) {
  ASSERT_TRUE(run(funded_outside(600, 2)).accepted());
  expect_refused(confirm(packet), Status::payout_unknown);
  now = start + Duration::hours(24);
  ASSERT_TRUE(come_due());
  expect_refused(confirm(packet, ""), Status::reference_missing);
  expect_refused(confirm(packet, "\xff"), Status::text_invalid);
  now = now + Duration::hours(1);
  ASSERT_TRUE(confirm(packet, "bank-1").accepted());
  EXPECT_TRUE(payouts().empty());
  const Payout paid = ledger->payout(packet);
  EXPECT_EQ(paid.state, PayoutState::confirmed);
  EXPECT_EQ(paid.confirmed_at, now);
  EXPECT_EQ(paid.confirmation.view(), "bank-1");
  EXPECT_EQ(ledger->totals().payouts_owed, Amount{});
  EXPECT_EQ(ledger->totals().payouts_paid.fen(), 600);
  expect_refused(confirm(packet), Status::payout_confirmed);
}

TEST_F(PacketsTest, PayoutsAreListedByPageInTheOrderOfPackets) {
  std::vector<PacketId> sent;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(run(funded_outside(600, 2)).accepted());
    sent.push_back(packet);
  }
  now = start + Duration::hours(24);
  for (auto id = sent.rbegin(); id != sent.rend(); ++id) ASSERT_TRUE(come_due(*id));
  std::vector<PacketId> listed;
  for (PacketId after{};;) {
    for (const Payout& payout : payouts(after, 2)) listed.push_back(payout.packet);
    if (!more_payouts) break;
    after = listed.back();
    // Paid while it is being listed: the next page starts after it all the same.
    ASSERT_TRUE(confirm(after, "paid-" + std::to_string(after.value)).accepted());
  }
  EXPECT_EQ(listed, sent);
  PayoutListAnswer answer;
  ReplyBatch batch;
  for (const std::uint32_t count : {0u, 101u}) {
    const Verdict refused = ledger->show(ListPayouts{.count_max = count}, answer, batch);
    expect_refused(refused, Status::page_out_of_range, 100);
  }
}

// ---- freezing -----------------------------------------------------------------------------------

TEST_F(PacketsTest, FrozenPacketKeepsItsMoneyUntilItIsUnfrozen) {
  ASSERT_TRUE(run(lucky(1'000, 3)).accepted());
  const ClaimAnswer won = claim(bob);
  ASSERT_TRUE(freeze_packet().accepted());
  expect_refused(freeze_packet(), Status::already_frozen);
  EXPECT_TRUE(summary().frozen);
  expect_refused(claim(carol), Status::packet_frozen);
  EXPECT_EQ(claim(bob).amount_fen, won.amount_fen);
  expect_refused(give_back(bob), Status::packet_frozen);
  now = start + Duration::hours(30);
  EXPECT_FALSE(come_due());
  expect_refused(claim(carol), Status::packet_frozen);
  ASSERT_TRUE(freeze_packet(false).accepted());
  expect_refused(freeze_packet(false), Status::not_frozen);
  expect_refused(claim(carol), Status::expired, (start + Duration::hours(24)).us());
  EXPECT_TRUE(come_due());
  EXPECT_EQ(balance(alice), 10'000'000 - won.amount_fen);
}

}  // namespace
}  // namespace hb::test
