#include "tools/hongbao/verifier/verifier.h"

#include <gtest/gtest.h>

#include "tests/unit/tools/hongbao/verifier/history.h"

namespace hb::verifier {

void PrintTo(Rule rule, std::ostream* out) {
  *out << name(rule);
}

namespace {

using test::History;
using test::Terms;
using Rules = std::vector<Rule>;

constexpr UserId mei{7};
constexpr UserId lan{8};
constexpr UserId bo{9};
constexpr UserId jun{10};

// The first and second packet that mei sends.
constexpr PacketId first = packet_id(partition_of(mei), 1);
constexpr PacketId second = packet_id(partition_of(mei), 2);

constexpr std::int64_t day_s = 24 * 3600;

// Mei has 100.00; nothing else has happened.
History mei_with_money() {
  History history;
  history.open(mei, "Mei").deposit(mei, 10'000, 10'000);
  return history;
}

// Mei has sent a lucky packet of 30.00 in 3 shares, one second ago, and holds 70.00.
History mei_with_packet(const Terms& terms = {}) {
  History history = mei_with_money();
  history.at(100).send(first, mei, 3'000, 7'000, terms);
  return history;
}

constexpr std::int64_t expiry_s = 100 + day_s;

// ---- right histories ----------------------------------------------------------------------------

TEST(Books, FindNothingWrongWithAHistoryThatKeepsEveryRule) {
  History h = mei_with_packet({.remark = "恭喜发财"});
  h.open(lan).claim(first, lan, 0, 1'200).claim(first, mei, 1, 1).claim(first, bo, 2, 1'799);
  h.withdraw(lan, 200, 1'000).deposit(bo, 1, 1'800).deposit(mei, 9, 7'010);
  h.at(5'000).send(second, mei, 7'000, 10, {.kind = PacketKind::even, .share_count = 2});
  h.claim(second, lan, 0, 3'500).at(5'000 + day_s).refund(second, 3'500);
  h.open(bo).withdraw(mei, 3'510, 0);
  EXPECT_EQ(h.broken_rules(), Rules{});

  const Figures& f = h.books().figures();
  EXPECT_EQ(f.events, 15u);
  EXPECT_EQ(f.wallets, 3u);
  EXPECT_EQ(f.claims, 4u);
  EXPECT_EQ(f.packets_open, 0u);
  EXPECT_EQ(f.packets_sold_out, 1u);
  EXPECT_EQ(f.packets_refunded, 1u);
  EXPECT_EQ(f.deposits_fen, 10'010);
  EXPECT_EQ(f.withdrawals_fen, 3'710);
  EXPECT_EQ(f.wallets_fen, 1'000 + 3'500 + 1'800);
  EXPECT_EQ(f.packets_fen, 0);
  EXPECT_EQ(f.sent_fen, 10'000);
  EXPECT_EQ(f.claimed_fen, 6'500);
  EXPECT_EQ(f.refunded_fen, 3'500);
  EXPECT_EQ(h.books().wallets().at(lan).balance_fen, 4'500);
}

TEST(Books, CountWhatAnOpenPacketHoldsAsEscrow) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().packets_open, 1u);
  EXPECT_EQ(h.books().figures().packets_fen, 2'000);
  EXPECT_EQ(h.books().figures().wallets_fen, 8'000);
}

TEST(Books, FindNothingWrongWithAnEmptyHistory) {
  History h;
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(Books, LetAShareTakenOneMicrosecondBeforeExpiryStand) {
  History h = mei_with_packet();
  h.at_us(expiry_s * 1'000'000 - 1).claim(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(Books, LetARefundAtTheInstantOfExpiryStand) {
  History h = mei_with_packet();
  h.at(expiry_s).refund(first, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(Books, LetAKeyBeUsedAgainAfterFortyEightHours) {
  History h = mei_with_money();
  h.at(100).with_key({1, 2}).deposit(mei, 1, 10'001);
  h.at(100 + 2 * day_s).with_key({1, 2}).deposit(mei, 1, 10'002);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(Books, LetTwoPartitionsUseOneKey) {
  ASSERT_NE(partition_of(mei), partition_of(lan));
  History h = mei_with_money();
  h.with_key({1, 2}).open(lan).with_key({1, 2}).deposit(mei, 1, 10'001);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

// ---- planted: order, keys, homes ----------------------------------------------------------------

TEST(Books, NameAnEventOfLaterTimeBeforeAnEarlierOne) {
  History h = mei_with_money();
  h.at(50).deposit(mei, 1, 10'001).at_us(49'999'999).deposit(mei, 1, 10'002);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::time_went_back});
}

TEST(Books, NameAMissingEvent) {
  History h = mei_with_money();
  h.skip(1).deposit(mei, 1, 10'001);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::sequence_gap});
}

TEST(Books, NameAKeyUsedTwiceWithinFortyEightHours) {
  History h = mei_with_money();
  h.at(100).with_key({1, 2}).deposit(mei, 1, 10'001);
  h.at_us((100 + 2 * day_s) * 1'000'000 - 1).with_key({1, 2}).deposit(mei, 1, 10'002);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::key_reused});
}

TEST(Books, NameAKeyUsedTwiceByDifferentCommands) {
  History h = mei_with_money();
  h.with_key({1, 2}).withdraw(mei, 1, 9'999).with_key({1, 2}).send(first, mei, 3'000, 6'999);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::key_reused});
}

TEST(Books, RememberAKeyFromItsLastUse) {
  History h = mei_with_money();
  h.at(100).with_key({1, 2}).deposit(mei, 1, 10'001);
  h.at(100 + day_s).with_key({1, 2}).deposit(mei, 1, 10'002);
  h.at(100 + 2 * day_s).deposit(mei, 1, 10'003);
  h.at(200 + 2 * day_s).with_key({1, 2}).deposit(mei, 1, 10'004);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::key_reused, Rule::key_reused}));
}

TEST(Books, NameACommandsEventWithoutKey) {
  History h = mei_with_money();
  ASSERT_TRUE(h.feed(MoneyMoved{
      .type = EventType::deposited, .user = mei, .amount = Amount(1), .balance = Amount(10'001)}));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::key_missing});
}

TEST(Books, NameAnEventThatBelongsToAnotherShard) {
  const ShardId home = shard_of(partition_of(mei), 2);
  History h({ShardId(static_cast<std::uint16_t>(1 - home.value)), 2});
  h.open(mei);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::foreign_partition});
}

// ---- planted: wallets ---------------------------------------------------------------------------

TEST(Books, NameAWalletOpenedTwice) {
  History h = mei_with_money();
  h.open(mei);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::wallet_opened_twice});
}

TEST(Books, LetACommandOpenAWalletThatACreditHasMade) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000).open(lan);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(Books, NameADepositOfNothing) {
  History h = mei_with_money();
  h.deposit(mei, 0, 10'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::amount_invalid});
}

TEST(Books, NameANegativeWithdrawal) {
  History h = mei_with_money();
  h.withdraw(mei, -5, 10'005);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::amount_invalid});
}

TEST(Books, NameAnAmountBeyondAllLimits) {
  History h = mei_with_money();
  h.deposit(mei, limits::amount_max + 1, limits::amount_max + 10'001);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::amount_invalid});
}

TEST(Books, NameAFenThatADepositLoses) {
  History h = mei_with_money();
  h.deposit(mei, 100, 10'099);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::balance_wrong, Rule::shard_not_conserved}));
}

TEST(Books, NameAFenThatAWithdrawalInvents) {
  History h = mei_with_money();
  h.withdraw(mei, 100, 9'901);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::balance_wrong, Rule::shard_not_conserved}));
}

TEST(Books, NameAWrongBalanceOnceAndGoOnFromTheRecordedOne) {
  History h = mei_with_money();
  h.deposit(mei, 100, 10'099).deposit(mei, 1, 10'100);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::balance_wrong, Rule::shard_not_conserved}));
}

TEST(Books, NameAWithdrawalOfMoreThanThereIs) {
  History h = mei_with_money();
  h.withdraw(mei, 10'001, -1);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::overdraft});
}

TEST(Books, NameASendOfMoreThanThereIs) {
  History h = mei_with_money();
  h.send(first, mei, 10'001, -1);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::overdraft});
}

TEST(Books, NameASendThatDoesNotDebitItsSender) {
  History h = mei_with_money();
  h.send(first, mei, 3'000, 10'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::balance_wrong, Rule::shard_not_conserved}));
}

// ---- planted: packets ---------------------------------------------------------------------------

TEST(Books, NameAGapInAPartitionsPacketIds) {
  History h = mei_with_money();
  h.send(second, mei, 3'000, 7'000);
  h.send(packet_id(partition_of(mei), 3), mei, 3'000, 4'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::packet_id_not_next});
}

TEST(Books, NameAPacketIdUsedTwice) {
  History h = mei_with_packet();
  h.send(first, mei, 3'000, 4'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::packet_id_not_next, Rule::shard_not_conserved}));
}

TEST(Books, NameAPacketIdOfAPartitionThatIsNotItsSenders) {
  History h = mei_with_money();
  h.send(packet_id(partition_of(lan), 1), mei, 3'000, 7'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::packet_id_not_next});
}

TEST(Books, NameTermsThatNoPacketCanHave) {
  const Terms wrong_terms[] = {{.share_count = 0},
                               {.share_count = limits::packet_shares_max + 1},
                               {.share_fen_min = 0},
                               {.share_fen_min = 2, .share_fen_max = 1},
                               {.kind = static_cast<PacketKind>(9)}};
  for (const Terms& terms : wrong_terms) {
    History h = mei_with_packet(terms);
    EXPECT_EQ(h.broken_rules(), Rules{Rule::packet_terms_wrong});
  }
}

TEST(Books, NameATotalThatTheSharesCannotHold) {
  History h = mei_with_packet({.share_count = 3, .share_fen_max = 999});
  EXPECT_EQ(h.broken_rules(), Rules{Rule::total_out_of_bounds});
}

TEST(Books, NameATotalTooSmallForItsShares) {
  History h = mei_with_packet({.share_count = 3, .share_fen_min = 1'001});
  EXPECT_EQ(h.broken_rules(), Rules{Rule::total_out_of_bounds});
}

TEST(Books, NameAnEvenTotalThatDoesNotDivide) {
  History h = mei_with_packet({.kind = PacketKind::even, .share_count = 7});
  EXPECT_EQ(h.broken_rules(), Rules{Rule::total_not_divisible});
}

TEST(Books, NameAPacketThatExpiresWhenItIsSent) {
  History h = mei_with_packet({.life = Duration::us(0)});
  EXPECT_EQ(h.broken_rules(), Rules{Rule::expiry_out_of_range});
}

TEST(Books, NameAPacketThatLivesTooLong) {
  History h = mei_with_packet({.life = Duration::us(limits::packet_life_us_max + 1)});
  EXPECT_EQ(h.broken_rules(), Rules{Rule::expiry_out_of_range});
}

// ---- planted: claims ----------------------------------------------------------------------------

TEST(Books, NameAClaimOfAnUnknownPacket) {
  History h = mei_with_money();
  h.claim(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::packet_unknown, Rule::shard_not_conserved}));
}

TEST(Books, NameAClaimAtTheInstantOfExpiry) {
  History h = mei_with_packet();
  h.at(expiry_s).claim(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::claim_after_expiry});
}

TEST(Books, NameASecondShareForOneUser) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000).claim(first, lan, 1, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::share_taken_twice});
}

TEST(Books, NameAGapInTheShares) {
  History h = mei_with_packet();
  h.claim(first, lan, 1, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::share_index_wrong});
}

TEST(Books, NameAShareGivenOutTwice) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000).claim(first, bo, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::share_index_wrong});
}

TEST(Books, NameAShareOutsideThePacketsBounds) {
  const Terms terms{.share_fen_min = 500, .share_fen_max = 2'000};
  History low = mei_with_packet(terms);
  low.claim(first, lan, 0, 499);
  EXPECT_EQ(low.broken_rules(), Rules{Rule::share_out_of_bounds});
  History high = mei_with_packet(terms);
  high.claim(first, lan, 0, 2'001);
  EXPECT_EQ(high.broken_rules(), Rules{Rule::share_out_of_bounds});
}

TEST(Books, NameAShareOfNothing) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 0);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::amount_invalid});
}

TEST(Books, NameAShareOfMoreThanIsLeft) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 2'999).claim(first, bo, 1, 2);
  EXPECT_EQ(h.broken_rules(),
            (Rules{Rule::share_over_rest, Rule::packet_not_conserved, Rule::shard_not_conserved}));
}

TEST(Books, NameALastShareThatLeavesAFen) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000).claim(first, bo, 1, 1'000).claim(first, jun, 2, 999);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::last_share_not_rest, Rule::packet_not_conserved,
                                     Rule::shard_not_conserved}));
}

TEST(Books, NameAnUnequalShareOfAnEvenPacket) {
  History h = mei_with_packet({.kind = PacketKind::even});
  h.claim(first, lan, 0, 1'001);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::even_share_unequal});
}

TEST(Books, NameAClaimOfASoldOutPacket) {
  History h = mei_with_packet({.share_count = 1});
  h.claim(first, lan, 0, 3'000).claim(first, bo, 1, 1);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::claim_after_close, Rule::packet_not_conserved,
                                     Rule::shard_not_conserved}));
}

TEST(Books, NameAClaimOfARefundedPacket) {
  History h = mei_with_packet();
  h.at(expiry_s).refund(first, 3'000).claim(first, bo, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::claim_after_close, Rule::packet_not_conserved,
                                     Rule::shard_not_conserved}));
}

// ---- planted: refunds ---------------------------------------------------------------------------

TEST(Books, NameARefundBeforeExpiry) {
  History h = mei_with_packet();
  h.at_us(expiry_s * 1'000'000 - 1).refund(first, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::refund_before_expiry});
}

TEST(Books, NameARefundMadeTwice) {
  History h = mei_with_packet();
  h.at(expiry_s).refund(first, 3'000).refund(first, 3'000);
  EXPECT_EQ(h.broken_rules(),
            (Rules{Rule::refund_twice, Rule::packet_not_conserved, Rule::shard_not_conserved}));
}

TEST(Books, NameARefundThatKeepsAFen) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000).at(expiry_s).refund(first, 1'999);
  EXPECT_EQ(h.broken_rules(),
            (Rules{Rule::refund_not_rest, Rule::packet_not_conserved, Rule::shard_not_conserved}));
}

TEST(Books, NameARefundOfTheTotalAfterAClaim) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000).at(expiry_s).refund(first, 3'000);
  EXPECT_EQ(h.broken_rules(),
            (Rules{Rule::refund_not_rest, Rule::packet_not_conserved, Rule::shard_not_conserved}));
}

TEST(Books, NameARefundOfASoldOutPacket) {
  History h = mei_with_packet({.share_count = 1});
  h.claim(first, lan, 0, 3'000).at(expiry_s).refund(first, 1);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::refund_of_nothing, Rule::packet_not_conserved,
                                     Rule::shard_not_conserved}));
}

TEST(Books, NameARefundOfAnUnknownPacket) {
  History h = mei_with_money();
  h.refund(first, 1);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::packet_unknown});
}

// ---- bytes --------------------------------------------------------------------------------------

TEST(Books, NameARecordWhoseTextsDoNotFitIt) {
  History h = mei_with_money();
  ASSERT_TRUE(h.feed(WalletOpened{.name_bytes = 60, .user = lan, .key = {1, 2}},
                     offsetof(WalletOpened, name)));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::record_malformed});
}

TEST(Books, NameARecordThatIsShorterThanItsType) {
  History h = mei_with_money();
  ASSERT_TRUE(h.feed(MoneyMoved{.type = EventType::deposited, .user = mei}, 32));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::record_malformed});
}

TEST(Books, FailOnAnEventTypeOfANewerVersion) {
  History h = mei_with_money();
  const auto booked = h.feed(Claimed{.type = static_cast<EventType>(200)});
  ASSERT_FALSE(booked);
  EXPECT_EQ(booked.error().code, ErrorCode::newer_format);
  EXPECT_NE(booked.error().message.find("event 3 has type 200"), std::string::npos);
  EXPECT_NE(booked.error().message.find("00000001.seg, offset 4192"), std::string::npos);
}

TEST(Books, CountSumsOfAForgedJournalWithoutOverflow) {
  History h;
  constexpr std::int64_t big = limits::amount_max;
  for (int i = 0; i < 1'100; ++i) h.deposit(UserId(static_cast<std::uint64_t>(i + 1)), big, big);
  const Rules rules = h.broken_rules();
  ASSERT_FALSE(rules.empty());
  EXPECT_EQ(rules.front(), Rule::sum_overflow);
}

TEST(Books, PlaceAViolationInItsFile) {
  History h = mei_with_money();
  h.deposit(mei, 100, 10'099);
  const auto& kept = h.violations().kept();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].place.shard, ShardId(0));
  EXPECT_EQ(kept[0].place.sequence, Sequence(3));
  EXPECT_EQ(kept[0].place.position, (journal::Position{1, 4192}));
  EXPECT_EQ(kept[0].what, "the balance of user 7 is recorded as 100.99, but comes to 101.00");
}

TEST(Violations, KeepTheFirstTwentyAndCountAll) {
  History h = mei_with_money();
  for (int i = 0; i < 30; ++i) h.deposit(mei, 0, 10'000);
  EXPECT_EQ(h.violations().count(), 30u);
  EXPECT_EQ(h.violations().kept().size(), 20u);
}

}  // namespace
}  // namespace hb::verifier
