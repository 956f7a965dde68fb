#include "tools/hongbao/verifier/books.h"

#include <gtest/gtest.h>

#include "tests/unit/tools/hongbao/verifier/history.h"

namespace hb::verifier {
namespace {

using namespace test;

// ---- planted: packets ---------------------------------------------------------------------------

TEST(BooksOfPackets, NameAGapInAPartitionsPacketIds) {
  History h = mei_with_money();
  h.send(second, mei, 3'000, 7'000);
  h.send(packet_id(partition_of(mei), 3), mei, 3'000, 4'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::packet_id_not_next});
}

TEST(BooksOfPackets, NameAPacketIdUsedTwice) {
  History h = mei_with_packet();
  h.send(first, mei, 3'000, 4'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::packet_id_not_next, Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameAPacketIdOfAPartitionThatIsNotItsSenders) {
  History h = mei_with_money();
  h.send(packet_id(partition_of(lan), 1), mei, 3'000, 7'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::packet_id_not_next});
}

TEST(BooksOfPackets, NameTermsThatNoPacketCanHave) {
  const Terms wrong_terms[] = {{.share_count = 0},
                               {.share_count = limits::packet_shares_max + 1},
                               {.share_fen_min = 0},
                               {.share_fen_min = 2, .share_fen_max = 1},
                               {.flags = 16}};
  for (const Terms& terms : wrong_terms) {
    History h = mei_with_packet(terms);
    EXPECT_EQ(h.broken_rules(), Rules{Rule::packet_terms_wrong});
  }
}

TEST(BooksOfPackets, NameAKindThatThereIsNot) {
  History h = mei_with_packet({.kind = static_cast<PacketKind>(9)});
  EXPECT_EQ(h.broken_rules(), Rules{Rule::packet_terms_wrong});
}

TEST(BooksOfPackets, NameADirectPacketOfMoreThanOneShare) {
  History h = mei_with_packet({.kind = PacketKind::direct, .share_count = 2, .recipients = {lan}});
  EXPECT_EQ(h.broken_rules(), Rules{Rule::packet_terms_wrong});
}

TEST(BooksOfPackets, NameASplitThatAKindCannotHave) {
  const Terms wrong_terms[] = {
      {.split = Split::equal},
      {.split = static_cast<Split>(4)},
      {.kind = PacketKind::even, .split = Split::double_mean},
      {.kind = PacketKind::even, .split = Split::order_fair},
      {.kind = PacketKind::direct,
       .split = Split::order_fair,
       .share_count = 1,
       .recipients = {lan}},
      {.kind = PacketKind::exclusive, .split = static_cast<Split>(4), .recipients = {lan}}};
  for (const Terms& terms : wrong_terms) {
    History h = mei_with_packet(terms);
    EXPECT_EQ(h.broken_rules(), Rules{Rule::split_wrong});
  }
}

TEST(BooksOfPackets, LetEveryKindHaveItsSplits) {
  const Terms right_terms[] = {
      {.split = Split::double_mean},
      {.split = Split::order_fair},
      {.kind = PacketKind::even, .split = Split::equal},
      {.kind = PacketKind::direct, .split = Split::equal, .share_count = 1, .recipients = {lan}},
      {.kind = PacketKind::exclusive, .split = Split::equal, .recipients = {lan, bo, jun}},
      {.kind = PacketKind::exclusive, .split = Split::order_fair, .recipients = {lan, bo, jun}},
      {.kind = PacketKind::exclusive, .split = Split::double_mean, .recipients = {lan, bo, jun}}};
  for (const Terms& terms : right_terms) {
    History h = mei_with_packet(terms);
    EXPECT_EQ(h.broken_rules(), Rules{});
  }
}

TEST(BooksOfPackets, NameUsersThatAKindCannotName) {
  const std::vector<UserId> nobody;
  std::vector<UserId> too_many;
  for (std::uint64_t i = 1; i <= limits::packet_recipients_max + 1; ++i) {
    too_many.push_back(UserId(100 + i));
  }
  const Terms wrong_terms[] = {
      {.recipients = {lan}},
      {.kind = PacketKind::even, .recipients = {lan}},
      {.kind = PacketKind::direct, .share_count = 1},
      {.kind = PacketKind::direct, .share_count = 1, .recipients = {lan, bo}},
      {.kind = PacketKind::exclusive},
      {.kind = PacketKind::exclusive, .recipients = {lan, lan}},
      {.kind = PacketKind::exclusive, .recipients = {lan, UserId{}}},
      {.kind = PacketKind::exclusive, .recipients = too_many}};
  for (const Terms& terms : wrong_terms) {
    History h = mei_with_packet(terms);
    EXPECT_EQ(h.broken_rules(), Rules{Rule::recipients_wrong});
  }
}

TEST(BooksOfPackets, NameATotalThatTheSharesCannotHold) {
  History h = mei_with_packet({.share_count = 3, .share_fen_max = 999});
  EXPECT_EQ(h.broken_rules(), Rules{Rule::total_out_of_bounds});
}

TEST(BooksOfPackets, NameATotalTooSmallForItsShares) {
  History h = mei_with_packet({.share_count = 3, .share_fen_min = 1'001});
  EXPECT_EQ(h.broken_rules(), Rules{Rule::total_out_of_bounds});
}

TEST(BooksOfPackets, NameAnEvenTotalThatDoesNotDivide) {
  History h = mei_with_packet({.kind = PacketKind::even, .share_count = 7});
  EXPECT_EQ(h.broken_rules(), Rules{Rule::total_not_divisible});
}

TEST(BooksOfPackets, NameAPacketThatExpiresWhenItIsSent) {
  History h = mei_with_packet({.life = Duration::us(0)});
  EXPECT_EQ(h.broken_rules(), Rules{Rule::expiry_out_of_range});
}

TEST(BooksOfPackets, NameAPacketThatOpensInThePastOrTooLate) {
  History past = mei_with_packet({.opens_in = Duration::us(-1)});
  EXPECT_EQ(past.broken_rules(), (Rules{Rule::opening_out_of_range}));
  History late = mei_with_packet({.opens_in = Duration::us(limits::opens_ahead_us_max + 1)});
  EXPECT_EQ(late.broken_rules(), Rules{Rule::opening_out_of_range});
}

TEST(BooksOfPackets, CountATimedPacketsLifeFromItsOpening) {
  constexpr Duration most = Duration::us(limits::packet_life_us_max);
  constexpr Duration ahead = Duration::us(limits::opens_ahead_us_max);
  History h = mei_with_packet({.opens_in = ahead, .life = most});
  EXPECT_EQ(h.broken_rules(), Rules{});
  History long_lived = mei_with_packet({.opens_in = ahead, .life = Duration::us(most.us() + 1)});
  EXPECT_EQ(long_lived.broken_rules(), Rules{Rule::expiry_out_of_range});
  History unopened = mei_with_packet({.opens_in = ahead, .life = Duration{}});
  EXPECT_EQ(unopened.broken_rules(), Rules{Rule::expiry_out_of_range});
}

TEST(BooksOfPackets, NameAPacketThatLivesTooLong) {
  History h = mei_with_packet({.life = Duration::us(limits::packet_life_us_max + 1)});
  EXPECT_EQ(h.broken_rules(), Rules{Rule::expiry_out_of_range});
}

// ---- external funding
// ----------------------------------------------------------------------------

const Terms external{.flags = PacketSent::external, .reference = "rail-7"};

TEST(BooksOfPackets, TakeAnExternalPacketsMoneyFromOutside) {
  History h = mei_with_packet(external);
  h.claim(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().external_fen, 3'000);
  EXPECT_EQ(h.books().figures().wallets_fen, 11'000);
}

TEST(BooksOfPackets, LetAUserWithoutWalletSendMoneyFromOutside) {
  History h;
  h.send(first, mei, 3'000, 0, external);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().wallets, 0u);
}

TEST(BooksOfPackets, NameAnExternalPacketThatDebitsItsSender) {
  History h = mei_with_money();
  h.send(first, mei, 3'000, 7'000, external);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::balance_wrong, Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameMoneyFromOutsideWithoutReferenceAndOtherMoneyWithOne) {
  History without = mei_with_packet({.flags = PacketSent::external});
  EXPECT_EQ(without.broken_rules(), Rules{Rule::reference_wrong});
  History with = mei_with_packet({.reference = "rail-7"});
  EXPECT_EQ(with.broken_rules(), Rules{Rule::reference_wrong});
}

TEST(BooksOfPackets, NameASendFromAFrozenWallet) {
  History h = mei_with_money();
  h.freeze(mei).send(first, mei, 3'000, 7'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::frozen_wallet_debited});
  History outside = mei_with_money();
  outside.freeze(mei).send(first, mei, 3'000, 10'000, external);
  EXPECT_EQ(outside.broken_rules(), Rules{Rule::frozen_wallet_debited});
}

TEST(BooksOfPackets, OweTheRestOfAnExternalPacketUntilItIsPaid) {
  History h = mei_with_packet(external);
  h.claim(first, lan, 0, 1'000).at(expiry_s).refund(first, 2'000, RefundRoute::payout);
  History paid = mei_with_packet(external);
  paid.claim(first, lan, 0, 1'000).at(expiry_s).refund(first, 2'000, RefundRoute::payout);
  paid.confirm_payout(first, 2'000);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().payouts_owed_fen, 2'000);
  EXPECT_EQ(h.books().figures().payouts_owed, 1u);
  EXPECT_EQ(paid.broken_rules(), Rules{});
  EXPECT_EQ(paid.books().figures().payouts_owed_fen, 0);
  EXPECT_EQ(paid.books().figures().payouts_paid_fen, 2'000);
  EXPECT_EQ(paid.books().figures().payouts_confirmed, 1u);
}

TEST(BooksOfPackets, LetTheWalletsSettingTakeTheRestOfAnExternalPacket) {
  History h = mei_with_packet(external);
  h.set_refund_target(mei, RefundTarget::wallet).at(expiry_s).refund(first, 3'000);
  h.withdraw(mei, 13'000, 0);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(BooksOfPackets, NameARestThatGoesWhereItDidNotComeFrom) {
  History outside = mei_with_packet(external);
  outside.at(expiry_s).refund(first, 3'000, RefundRoute::wallet);
  EXPECT_EQ(outside.broken_rules(), Rules{Rule::refund_route_wrong});
  History inside = mei_with_packet();
  inside.at(expiry_s).refund(first, 3'000, RefundRoute::payout);
  EXPECT_EQ(inside.broken_rules(), Rules{Rule::refund_route_wrong});
  History against_setting = mei_with_packet(external);
  against_setting.set_refund_target(mei, RefundTarget::wallet);
  against_setting.set_refund_target(mei, RefundTarget::source)
      .set_refund_target(mei, RefundTarget::wallet);
  against_setting.at(expiry_s).refund(first, 3'000, RefundRoute::payout);
  EXPECT_EQ(against_setting.broken_rules(), Rules{Rule::refund_route_wrong});
}

TEST(BooksOfPackets, NameAPayoutThatNobodyIsOwed) {
  History h = mei_with_packet(external);
  h.confirm_payout(first, 3'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::payout_unknown, Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameAPayoutConfirmedTwice) {
  History h = mei_with_packet(external);
  h.at(expiry_s).refund(first, 3'000, RefundRoute::payout);
  h.confirm_payout(first, 3'000).confirm_payout(first, 3'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::payout_confirmed_twice, Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameAPayoutOfAnotherAmountThanIsOwed) {
  History h = mei_with_packet(external);
  h.at(expiry_s).refund(first, 3'000, RefundRoute::payout).confirm_payout(first, 2'999);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::payout_amount_wrong, Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameAPayoutWithoutReference) {
  History h = mei_with_packet(external);
  h.at(expiry_s).refund(first, 3'000, RefundRoute::payout).confirm_payout(first, 3'000, "");
  EXPECT_EQ(h.broken_rules(), Rules{Rule::reference_wrong});
}

// ---- planted: claims ----------------------------------------------------------------------------

TEST(BooksOfPackets, NameAClaimOfAnUnknownPacket) {
  History h = mei_with_money();
  h.claim(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::packet_unknown, Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameAClaimAtTheInstantOfExpiry) {
  History h = mei_with_packet();
  h.at(expiry_s).claim(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::claim_after_expiry});
}

TEST(BooksOfPackets, NameAClaimBeforeTheOpening) {
  const Terms timed{.opens_in = Duration::hours(1)};
  History early = mei_with_packet(timed);
  early.at_us((sent_s + 3'600) * 1'000'000 - 1).claim(first, lan, 0, 1'000);
  EXPECT_EQ(early.broken_rules(), Rules{Rule::claim_before_opening});
  History in_time = mei_with_packet(timed);
  in_time.at(sent_s + 3'600).claim(first, lan, 0, 1'000);
  EXPECT_EQ(in_time.broken_rules(), Rules{});
}

TEST(BooksOfPackets, NameAClaimBySomebodyWhoIsNotNamed) {
  History h = mei_with_packet(
      {.kind = PacketKind::exclusive, .split = Split::double_mean, .recipients = {lan, bo, mei}});
  h.claim(first, lan, 0, 1'000).claim(first, jun, 1, 1'000).claim(first, mei, 2, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::claim_not_recipient});
}

TEST(BooksOfPackets, NameAClaimByASenderWhoIsExcluded) {
  History h = mei_with_packet({.flags = PacketSent::sender_excluded});
  h.claim(first, mei, 0, 1'000).claim(first, lan, 1, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::claim_by_sender});
}

TEST(BooksOfPackets, NameAClaimOfAFrozenPacket) {
  History h = mei_with_packet();
  h.freeze(first).claim(first, lan, 0, 1'000).unfreeze(first).claim(first, bo, 1, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::frozen_packet_moved});
}

TEST(BooksOfPackets, NameASecondShareForOneUser) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000).claim(first, lan, 1, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::share_taken_twice});
}

TEST(BooksOfPackets, NameAGapInTheShares) {
  History h = mei_with_packet();
  h.claim(first, lan, 1, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::share_index_wrong});
}

TEST(BooksOfPackets, NameAShareGivenOutTwice) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000).claim(first, bo, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::share_index_wrong});
}

TEST(BooksOfPackets, NameAShareOutsideThePacketsBounds) {
  const Terms terms{.share_fen_min = 500, .share_fen_max = 2'000};
  History low = mei_with_packet(terms);
  low.claim(first, lan, 0, 499);
  EXPECT_EQ(low.broken_rules(), Rules{Rule::share_out_of_bounds});
  History high = mei_with_packet(terms);
  high.claim(first, lan, 0, 2'001);
  EXPECT_EQ(high.broken_rules(), Rules{Rule::share_out_of_bounds});
}

TEST(BooksOfPackets, NameAShareOfNothing) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 0);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::amount_invalid});
}

TEST(BooksOfPackets, NameAShareOfMoreThanIsLeft) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 2'999).claim(first, bo, 1, 2);
  EXPECT_EQ(h.broken_rules(),
            (Rules{Rule::share_over_rest, Rule::packet_not_conserved, Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameALastShareThatLeavesAFen) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000).claim(first, bo, 1, 1'000).claim(first, jun, 2, 999);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::last_share_not_rest, Rule::packet_not_conserved,
                                     Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameAnUnequalShareOfAnEvenPacket) {
  History h = mei_with_packet({.kind = PacketKind::even});
  h.claim(first, lan, 0, 1'001);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::share_not_equal});
}

TEST(BooksOfPackets, NameAnUnequalShareOfAnExclusivePacketWithEqualShares) {
  History h = mei_with_packet(
      {.kind = PacketKind::exclusive, .split = Split::equal, .recipients = {lan, bo, jun}});
  h.claim(first, lan, 0, 1'000).claim(first, bo, 1, 999);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::share_not_equal});
}

TEST(BooksOfPackets, CountWrongCodesOneByOneForEachUser) {
  History h = mei_with_packet({.code_tag = 99});
  h.try_code(first, lan, 1).try_code(first, bo, 1).try_code(first, lan, 2);
  h.claim(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(BooksOfPackets, NameWrongCodesThatAreNotCountedOneByOne) {
  History again = mei_with_packet({.code_tag = 99});
  again.try_code(first, lan, 1).try_code(first, lan, 1);
  EXPECT_EQ(again.broken_rules(), Rules{Rule::code_tries_wrong});
  History skipping = mei_with_packet({.code_tag = 99});
  skipping.try_code(first, lan, 2);
  EXPECT_EQ(skipping.broken_rules(), Rules{Rule::code_tries_wrong});
}

TEST(BooksOfPackets, LetTriesStartAgainOnceMoreUsersTryThanAreRemembered) {
  History h = mei_with_packet({.code_tag = 99});
  h.try_code(first, lan, 1).try_code(first, lan, 2);
  for (std::uint64_t u = 1; u < limits::code_triers_max; ++u)
    h.try_code(first, UserId(1'000 + u), 1);
  History early = mei_with_packet({.code_tag = 99});
  early.try_code(first, lan, 1).try_code(first, lan, 2).try_code(first, lan, 1);
  EXPECT_EQ(early.broken_rules(), Rules{Rule::code_tries_wrong});
  h.try_code(first, UserId(999'999), 1).try_code(first, lan, 1).try_code(first, lan, 2);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(BooksOfPackets, NameACodeThatIsTriedWhereNoneIsWanted) {
  History without = mei_with_packet();
  without.try_code(first, lan, 1);
  EXPECT_EQ(without.broken_rules(), Rules{Rule::code_not_wanted});
  History closed = mei_with_packet({.share_count = 1, .code_tag = 99});
  closed.claim(first, lan, 0, 3'000).try_code(first, bo, 1);
  EXPECT_EQ(closed.broken_rules(), Rules{Rule::code_not_wanted});
}

TEST(BooksOfPackets, NameAClaimOfASoldOutPacket) {
  History h = mei_with_packet({.share_count = 1});
  h.claim(first, lan, 0, 3'000).claim(first, bo, 1, 1);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::claim_after_close, Rule::packet_not_conserved,
                                     Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameAClaimOfARefundedPacket) {
  History h = mei_with_packet();
  h.at(expiry_s).refund(first, 3'000).claim(first, bo, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::claim_after_close, Rule::packet_not_conserved,
                                     Rule::shard_not_conserved}));
}

// ---- planted: refunds ---------------------------------------------------------------------------

TEST(BooksOfPackets, NameARefundBeforeExpiry) {
  History h = mei_with_packet();
  h.at_us(expiry_s * 1'000'000 - 1).refund(first, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::refund_before_expiry});
}

TEST(BooksOfPackets, NameARefundMadeTwice) {
  History h = mei_with_packet();
  h.at(expiry_s).refund(first, 3'000).refund(first, 3'000);
  EXPECT_EQ(h.broken_rules(),
            (Rules{Rule::refund_twice, Rule::packet_not_conserved, Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameARefundThatKeepsAFen) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000).at(expiry_s).refund(first, 1'999);
  EXPECT_EQ(h.broken_rules(),
            (Rules{Rule::refund_not_rest, Rule::packet_not_conserved, Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameARefundOfTheTotalAfterAClaim) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000).at(expiry_s).refund(first, 3'000);
  EXPECT_EQ(h.broken_rules(),
            (Rules{Rule::refund_not_rest, Rule::packet_not_conserved, Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameARefundOfASoldOutPacket) {
  History h = mei_with_packet({.share_count = 1});
  h.claim(first, lan, 0, 3'000).at(expiry_s).refund(first, 1);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::refund_of_nothing, Rule::packet_not_conserved,
                                     Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameARefundOfAnUnknownPacket) {
  History h = mei_with_money();
  h.refund(first, 1);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::packet_unknown});
}

TEST(BooksOfPackets, NameARefundOfAFrozenPacket) {
  History h = mei_with_packet();
  h.freeze(first).at(expiry_s).refund(first, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::frozen_packet_moved});
}

// ---- recalls ------------------------------------------------------------------------------------

const Terms recallable{.flags = PacketSent::recallable};

TEST(BooksOfPackets, LetASenderRecallTheRestUntilExpiry) {
  History h = mei_with_packet(recallable);
  h.claim(first, lan, 0, 1'000).at_us(expiry_s * 1'000'000 - 1).recall(first, 2'000);
  h.withdraw(mei, 9'000, 0);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().packets_recalled, 1u);
  EXPECT_EQ(h.books().figures().refunded_fen, 2'000);
}

TEST(BooksOfPackets, OweARecalledRestThatCameFromOutside) {
  History h = mei_with_packet(
      {.flags = PacketSent::recallable | PacketSent::external, .reference = "rail-7"});
  h.recall(first, 3'000, RefundRoute::payout);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().payouts_owed_fen, 3'000);
}

TEST(BooksOfPackets, NameARecallThatThePacketDoesNotAllow) {
  History h = mei_with_packet();
  h.recall(first, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::recall_not_allowed});
}

TEST(BooksOfPackets, NameARecallAtTheInstantOfExpiry) {
  History h = mei_with_packet(recallable);
  h.at(expiry_s).recall(first, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::recall_after_expiry});
}

TEST(BooksOfPackets, NameARecallOfAFrozenPacket) {
  History h = mei_with_packet(recallable);
  h.freeze(first).recall(first, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::frozen_packet_moved});
}

TEST(BooksOfPackets, NameAClaimOfARecalledPacket) {
  History h = mei_with_packet(recallable);
  h.recall(first, 3'000).claim(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::claim_after_close, Rule::packet_not_conserved,
                                     Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameARefundOfARecalledPacket) {
  History h = mei_with_packet(recallable);
  h.recall(first, 3'000).at(expiry_s).refund(first, 3'000);
  EXPECT_EQ(h.broken_rules(),
            (Rules{Rule::refund_twice, Rule::packet_not_conserved, Rule::shard_not_conserved}));
}

TEST(BooksOfPackets, NameARecallOfAnotherAmountThanTheRest) {
  History h = mei_with_packet(recallable);
  h.claim(first, lan, 0, 1'000).recall(first, 3'000);
  EXPECT_EQ(h.broken_rules(),
            (Rules{Rule::refund_not_rest, Rule::packet_not_conserved, Rule::shard_not_conserved}));
}

}  // namespace
}  // namespace hb::verifier
