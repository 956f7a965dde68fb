#include "engine/ledger/ledger.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/unit/engine/ledger/ledger_fixture.h"

namespace hb::test {
namespace {

TEST_F(LedgerTest, MovesMoneyFromDepositThroughPacketToClaimersAndBack) {
  fund(alice, 5'000);
  ASSERT_TRUE(run(lucky(2'000, 3)).accepted());
  EXPECT_EQ(balance(alice), 3'000);

  const ClaimAnswer first = claim(bob);
  ASSERT_EQ(first.status, Status::ok);
  EXPECT_EQ(first.share_index, 0);
  EXPECT_EQ(balance(bob), first.amount_fen);

  now = start + Duration::hours(24);
  EXPECT_EQ(claim(carol).status, Status::expired);
  EXPECT_TRUE(come_due());
  EXPECT_EQ(balance(alice), 5'000 - first.amount_fen);
  EXPECT_EQ(summary().state, PacketState::refunded);
  EXPECT_EQ(summary().refunded.fen(), 2'000 - first.amount_fen);
  EXPECT_EQ(ledger->totals().packets, Amount{});
  EXPECT_TRUE(ledger->totals().balanced());
}

TEST_F(LedgerTest, ClaimOneMicrosecondBeforeExpiryWinsAndAtExpiryDoesNot) {
  fund(alice, 5'000);
  ASSERT_TRUE(run(lucky(2'000, 3)).accepted());
  now = start + Duration::hours(24) + Duration::us(-1);
  EXPECT_EQ(claim(bob).status, Status::ok);
  EXPECT_FALSE(come_due());
  now = start + Duration::hours(24);
  EXPECT_EQ(claim(carol).status, Status::expired);
  EXPECT_TRUE(come_due());
}

TEST_F(LedgerTest, RefundIsBookedOnce) {
  fund(alice, 5'000);
  ASSERT_TRUE(run(lucky(2'000, 3)).accepted());
  now = start + Duration::hours(25);
  EXPECT_TRUE(come_due());
  EXPECT_FALSE(come_due());
  EXPECT_EQ(balance(alice), 5'000);
}

TEST_F(LedgerTest, SoldOutPacketIsNeverRefunded) {
  fund(alice, 5'000);
  ASSERT_TRUE(run(lucky(2'000, 1)).accepted());
  EXPECT_EQ(claim(bob).amount_fen, 2'000u);
  EXPECT_EQ(claim(carol).status, Status::sold_out);
  now = start + Duration::hours(25);
  EXPECT_FALSE(come_due());
  EXPECT_EQ(claim(carol).status, Status::sold_out);
}

TEST_F(LedgerTest, RepeatedClaimTellsTheFirstAnswerEvenAfterExpiry) {
  fund(alice, 5'000);
  ASSERT_TRUE(run(lucky(2'000, 3)).accepted());
  now = start + Duration::us(17);
  const ClaimAnswer first = claim(bob);
  now = start + Duration::hours(30);
  come_due();
  const ClaimAnswer again = claim(bob);
  EXPECT_EQ(again.status, Status::already_claimed);
  EXPECT_EQ(again.amount_fen, first.amount_fen);
  EXPECT_EQ(again.share_index, first.share_index);
  EXPECT_EQ(again.claimed_at, start + Duration::us(17));
  EXPECT_EQ(balance(bob), first.amount_fen);
}

TEST_F(LedgerTest, SharesOfALuckyPacketSumToItsTotalWithinBounds) {
  fund(alice, 3'000'000);
  for (const std::uint32_t shares : {1u, 2u, 5u, 100u, 500u}) {
    ASSERT_TRUE(run(lucky(shares * 37 + (shares > 1 ? 1 : 0), shares)).accepted());
    std::int64_t sum = 0;
    for (std::uint32_t i = 0; i < shares; ++i) {
      const ClaimAnswer answer = claim(UserId{5'000 + i});
      ASSERT_EQ(answer.status, Status::ok);
      EXPECT_GE(answer.amount_fen, 1u);
      EXPECT_LE(answer.amount_fen, 20'000u);
      sum += answer.amount_fen;
    }
    EXPECT_EQ(sum, shares * 37 + (shares > 1 ? 1 : 0));
    EXPECT_EQ(claim(UserId{9'999}).status, Status::sold_out);
  }
}

TEST_F(LedgerTest, EvenPacketGivesEqualShares) {
  fund(alice, 5'000);
  SendPacket command = lucky(1'000, 4);
  command.kind = PacketKind::even;
  ASSERT_TRUE(run(command).accepted());
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_EQ(claim(UserId{2'000 + i}).amount_fen, 250u);
}

TEST_F(LedgerTest, SenderMayClaimTheOwnPacketOfAGroup) {
  fund(alice, 5'000);
  ASSERT_TRUE(run(lucky(1'000, 2)).accepted());
  EXPECT_EQ(claim(alice).status, Status::ok);
}

TEST_F(LedgerTest, PacketIdsCarryTheSendersPartitionAndAreDense) {
  fund(alice, 5'000);
  for (std::uint64_t number = 1; number <= 130; ++number) {
    ASSERT_TRUE(run(lucky(10, 1)).accepted());
    EXPECT_EQ(packet, packet_id(partition_of(alice), number));
    EXPECT_EQ(partition_of(packet), partition_of(alice));
  }
}

TEST_F(LedgerTest, RepeatedKeyIsAnsweredNotRedone) {
  fund(alice, 5'000);
  const Deposit once{key(), alice, Amount{100}};
  ASSERT_TRUE(run(once).accepted());
  ASSERT_TRUE(deposit(alice, 1).accepted());
  now = start + Duration::hours(48);
  const Verdict again = run(once);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.stored, 5'100u);
  EXPECT_EQ(balance(alice), 5'101);

  const SendPacket sent = lucky(300, 3);
  ASSERT_TRUE(run(sent).accepted());
  const PacketId first = packet;
  const Verdict resent = run(sent);
  EXPECT_TRUE(resent.replayed);
  EXPECT_EQ(resent.stored, first.value);
  EXPECT_EQ(balance(alice), 4'801);
}

TEST_F(LedgerTest, RepeatedKeyWithOtherParametersIsAConflict) {
  fund(alice, 5'000);
  SendPacket command = lucky(300, 3);
  command.remark = Remark("best wishes");
  ASSERT_TRUE(run(command).accepted());
  const std::uint64_t before = ledger->state_hash();
  for (int change = 0; change < 6; ++change) {
    SendPacket other = command;
    if (change == 0) other.total = Amount{301};
    if (change == 1) other.share_count = 2;
    if (change == 2) other.kind = PacketKind::even;
    if (change == 3) other.expires_in = Duration::hours(1);
    if (change == 4) other.remark = Remark("best wishes!");
    if (change == 5) other.group = Group("family");
    EXPECT_EQ(run(other).status, Status::key_conflict) << change;
  }
  EXPECT_EQ(run(Deposit{command.key, alice, Amount{300}}).status, Status::key_conflict);
  EXPECT_EQ(ledger->state_hash(), before);
}

// A default may change between the two.
TEST_F(LedgerTest, RepeatedKeyWithADefaultGivenInFullIsAConflict) {
  fund(alice, 5'000);
  const SendPacket command = lucky(300, 3);
  ASSERT_TRUE(run(command).accepted());
  SendPacket other = command;
  other.expires_in = Policy{}.expiry_default;
  EXPECT_EQ(run(other).status, Status::key_conflict);
  EXPECT_TRUE(run(command).replayed);
}

TEST_F(LedgerTest, StoredAnswerIsForgottenOnlyAfterTheWindow) {
  fund(alice, 5'000);
  const Deposit once{key(), alice, Amount{100}};
  ASSERT_TRUE(run(once).accepted());
  now = start + Duration::hours(24 * 3);
  EXPECT_TRUE(run(once).accepted());
}

TEST_F(LedgerTest, WalletOpenedByAClaimCanBeNamedLater) {
  fund(alice, 5'000);
  ASSERT_TRUE(run(lucky(300, 1)).accepted());
  ASSERT_EQ(claim(bob).status, Status::ok);
  ASSERT_TRUE(open(bob, "Bob 鲍勃").accepted());
  WalletAnswer answer;
  ASSERT_EQ(ledger->show(ShowWallet{bob}, answer).status, Status::ok);
  EXPECT_EQ(answer.name.view(), "Bob 鲍勃");
  EXPECT_EQ(answer.balance, Amount{300});
  EXPECT_EQ(open(bob, "Rob").status, Status::wallet_exists);
}

TEST_F(LedgerTest, ShowTellsThePacketWithItsClaimsInOrder) {
  fund(alice, 5'000);
  SendPacket command = lucky(300, 3);
  command.remark = Remark("恭喜发财");
  command.group = Group("family-7");
  ASSERT_TRUE(run(command).accepted());
  const ClaimAnswer by_bob = claim(bob);
  now = now + Duration::us(5);
  const ClaimAnswer by_carol = claim(carol);

  ShowPacketAnswer answer;
  ReplyBatch batch;
  ASSERT_EQ(ledger->show(ShowPacket{packet}, answer, batch).status, Status::ok);
  const std::vector<PacketClaim>& claims = batch.packet_claims;
  EXPECT_EQ(answer.packet.remark.view(), "恭喜发财");
  EXPECT_EQ(answer.packet.group.view(), "family-7");
  EXPECT_EQ(answer.packet.claimed_count, 2);
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_EQ(claims[0].user, bob);
  EXPECT_EQ(claims[0].amount.fen(), by_bob.amount_fen);
  EXPECT_EQ(claims[1].user, carol);
  EXPECT_EQ(claims[1].amount.fen(), by_carol.amount_fen);
  EXPECT_EQ(claims[1].claimed_at, now);
  EXPECT_EQ(answer.seed_commitment, sha256(std::as_bytes(std::span(&seed, 1))));
}

TEST_F(LedgerTest, PeekSaysWhetherThisUserMayClaim) {
  fund(alice, 5'000);
  ASSERT_TRUE(run(lucky(300, 2)).accepted());
  const auto peek = [this](UserId user) {
    PeekAnswer answer;
    EXPECT_EQ(ledger->peek(now, PeekPacket{packet, user}, answer).status, Status::ok);
    return answer;
  };
  const std::uint64_t before = ledger->state_hash();
  EXPECT_TRUE(peek(bob).claimable);
  EXPECT_FALSE(peek(UserId{}).claimable);  // nobody: the packet alone
  EXPECT_EQ(ledger->state_hash(), before);
  const ClaimAnswer got = claim(bob);
  EXPECT_FALSE(peek(bob).claimable);
  EXPECT_EQ(peek(bob).own_claim.status, Status::already_claimed);
  EXPECT_EQ(peek(bob).own_claim.amount_fen, got.amount_fen);
  EXPECT_TRUE(peek(carol).claimable);
  ASSERT_EQ(claim(carol).status, Status::ok);
  EXPECT_EQ(peek(alice).own_claim.status, Status::sold_out);
}

// A line a refusal: what is sent, and which status and limit it must yield.
TEST_F(LedgerTest, RefusedSendsNameTheLimitAndChangeNothing) {
  fund(alice, 100'000'000);
  struct Line {
    const char* what;
    std::int64_t total;
    std::uint32_t shares;
    PacketKind kind;
    std::int64_t expires_in_us;
    const char* remark;
    Status status;
    std::int64_t limit;
  };
  constexpr PacketKind lucky_kind = PacketKind::lucky;
  constexpr PacketKind even_kind = PacketKind::even;
  const std::int64_t week = 7LL * 24 * 3600 * 1'000'000;
  const Line lines[] = {
      {"zero", 0, 1, lucky_kind, 0, "", Status::amount_not_positive, 0},
      {"negative", -5, 1, lucky_kind, 0, "", Status::amount_not_positive, 0},
      {"least negative", INT64_MIN, 1, lucky_kind, 0, "", Status::amount_not_positive, 0},
      {"greatest", INT64_MAX, 1, lucky_kind, 0, "", Status::total_above_shares, 20'000},
      {"over one share", 20'001, 1, lucky_kind, 0, "", Status::total_above_shares, 20'000},
      {"over 500 shares", 10'000'001, 500, lucky_kind, 0, "", Status::total_above_shares,
       10'000'000},
      {"no share", 100, 0, lucky_kind, 0, "", Status::shares_out_of_range, 500},
      {"501 shares", 1'000, 501, lucky_kind, 0, "", Status::shares_out_of_range, 500},
      {"4 billion shares", 1'000, UINT32_MAX, lucky_kind, 0, "", Status::shares_out_of_range, 500},
      {"more shares than fen", 9, 10, lucky_kind, 0, "", Status::total_below_shares, 10},
      {"uneven", 1'000, 3, even_kind, 0, "", Status::total_not_divisible, 3},
      {"kind 0", 1'000, 3, PacketKind{}, 0, "", Status::kind_unknown, 0},
      {"kind 99", 1'000, 3, static_cast<PacketKind>(99), 0, "", Status::kind_unknown, 0},
      {"short expiry", 1'000, 3, lucky_kind, 59'999'999, "", Status::expiry_too_short, 60'000'000},
      {"negative expiry", 1'000, 3, lucky_kind, -1, "", Status::expiry_too_short, 60'000'000},
      {"long expiry", 1'000, 3, lucky_kind, week + 1, "", Status::expiry_too_long, week},
      {"bad remark", 1'000, 3, lucky_kind, 0, "\xff\xfe", Status::text_invalid, 0},
      {"cut remark", 1'000, 3, lucky_kind, 0, "\xe6\x81", Status::text_invalid, 0},
  };
  const std::uint64_t before = ledger->state_hash();
  for (const Line& line : lines) {
    SendPacket command = lucky(line.total, line.shares);
    command.kind = line.kind;
    command.expires_in = Duration::us(line.expires_in_us);
    command.remark = Remark(line.remark);
    const Verdict verdict = run(command);
    EXPECT_EQ(name(verdict.status), name(line.status)) << line.what;
    EXPECT_EQ(verdict.limit, line.limit) << line.what;
  }
  EXPECT_EQ(ledger->state_hash(), before);
}

TEST_F(LedgerTest, RefusalsThatDependOnTheBooksChangeNothing) {
  fund(alice, 1'000);
  ASSERT_TRUE(run(lucky(400, 2)).accepted());
  const std::uint64_t before = ledger->state_hash();

  const Verdict overdraft = withdraw(alice, 601);
  EXPECT_EQ(overdraft.status, Status::insufficient_funds);
  EXPECT_EQ(overdraft.limit, 600);
  EXPECT_EQ(run(lucky(601, 2)).status, Status::insufficient_funds);
  EXPECT_EQ(deposit(bob, 1).status, Status::wallet_unknown);
  EXPECT_EQ(withdraw(bob, 1).status, Status::wallet_unknown);
  EXPECT_EQ(deposit(alice, 0).status, Status::amount_not_positive);
  EXPECT_EQ(deposit(alice, -1).status, Status::amount_not_positive);
  EXPECT_EQ(deposit(alice, limits::amount_max + 1).status, Status::amount_over_limit);
  EXPECT_EQ(deposit(alice, limits::amount_max).status, Status::balance_over_limit);
  EXPECT_EQ(deposit(UserId{}, 1).status, Status::user_invalid);
  EXPECT_EQ(run(Deposit{Key128{}, alice, Amount{1}}).status, Status::key_missing);
  EXPECT_EQ(open(alice).status, Status::wallet_exists);
  EXPECT_EQ(open(bob, "\xc0\x80").status, Status::text_invalid);

  EXPECT_EQ(run(ClaimItem{PacketId{}, bob}).status, Status::packet_unknown);
  EXPECT_EQ(run(ClaimItem{PacketId{UINT64_MAX}, bob}).status, Status::packet_unknown);
  EXPECT_EQ(run(ClaimItem{packet_id(partition_of(alice), 2), bob}).status, Status::packet_unknown);
  EXPECT_EQ(claim(UserId{}).status, Status::user_invalid);
  ShowPacketAnswer answer;
  ReplyBatch batch;
  EXPECT_EQ(ledger->show(ShowPacket{PacketId{1}}, answer, batch).status, Status::packet_unknown);
  EXPECT_EQ(ledger->state_hash(), before);
}

TEST_F(LedgerTest, ARefusedKeyMayBeTriedAgain) {
  fund(alice, 100);
  const Withdraw command{key(), alice, Amount{150}};
  EXPECT_EQ(run(command).status, Status::insufficient_funds);
  ASSERT_TRUE(deposit(alice, 50).accepted());
  EXPECT_TRUE(run(command).accepted());
  EXPECT_EQ(balance(alice), 0);
}

TEST_F(LedgerTest, SentPacketsKeepTheirTermsWhenThePolicyChanges) {
  fund(alice, 100'000);
  ASSERT_TRUE(run(lucky(40'000, 3)).accepted());
  PacketSent sent;
  SendPacket command = lucky(40'000, 3);
  ASSERT_TRUE(ledger->decide(now, command, {}, seed, sent).accepted());

  Policy tighter;
  tighter.share_max = Amount{10};
  Ledger other{tighter, ShardId{0}, 1};
  WalletOpened opened{.units = 2, .at = now, .user = alice, .key = key()};
  other.apply(opened);
  other.apply(MoneyMoved{.type = EventType::deposited,
                         .at = now,
                         .user = alice,
                         .amount = Amount{40'000},
                         .key = key(),
                         .balance = Amount{40'000}});
  sent.packet = packet_id(partition_of(alice), 1);
  sent.balance = Amount{};
  other.apply(sent, {});
  Claimed claimed;
  EXPECT_EQ(other.decide(now, ClaimItem{sent.packet, bob}, claimed).status, Status::ok);
}

TEST_F(LedgerTest, OwnsAContiguousRangeOfPartitionsForEveryShardCount) {
  for (const std::uint16_t count : std::initializer_list<std::uint16_t>{1, 2, 3, 7, 8, 64}) {
    for (std::uint16_t s = 0; s < count; ++s) {
      const Ledger part(Policy{}, ShardId{s}, count);
      for (std::uint16_t p = 0; p < limits::partitions; ++p) {
        ASSERT_EQ(part.owns(PartitionId{p}), shard_of(PartitionId{p}, count) == ShardId{s});
      }
    }
  }
}

using LedgerDeathTest = LedgerTest;

TEST_F(LedgerDeathTest, EventThatDoesNotFitTheStateStopsTheProcess) {
  fund(alice, 1'000);
  ASSERT_TRUE(run(lucky(400, 2)).accepted());
  EXPECT_DEATH(
      ledger->apply(
          Sequence{1},
          Claimed{.share_index = 1, .amount_fen = 1, .at = now, .packet = packet, .user = bob}),
      "assertion failed");
  EXPECT_DEATH(ledger->apply(Refunded{.at = now, .packet = packet, .amount = Amount{400}}),
               "assertion failed");
}

}  // namespace
}  // namespace hb::test
