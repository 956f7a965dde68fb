#include "tools/hongbao/split_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/unit/tools/hongbao/shown.h"

namespace hb::cli {
namespace {

// The packet when only the first shares were taken and the rest went back.
net::PacketRecord with_rest_back(net::PacketRecord shown, std::size_t claimed, PacketState state) {
  shown.claims.resize(claimed);
  shown.share_states.resize(claimed);
  shown.packet.claimed_count = static_cast<std::uint16_t>(claimed);
  shown.packet.luckiest = PacketSummary::nobody;
  shown.packet.state = state;
  return shown;
}

net::PacketRecord shown_even() {
  net::PacketRecord shown = shown_packet(Split::equal, {400, 400, 400, 400, 400});
  shown.packet.kind = PacketKind::even;
  return shown;
}

TEST(SplitCheck, FindsEveryShareAsDrawn) {
  for (const auto& shown : {shown_double_mean(), shown_order_fair(), shown_even()}) {
    const SplitCheck check = check_split(shown);
    EXPECT_TRUE(check.as_drawn()) << static_cast<int>(shown.packet.split);
    ASSERT_EQ(check.shares.size(), 5);
    EXPECT_EQ(check.shares[1].user, UserId(101));
    EXPECT_EQ(check.shares[1].drawn, shown.claims[1].amount);
    EXPECT_EQ(check.luckiest_drawn, shown.packet.luckiest);
    EXPECT_EQ(check.noted_ok, std::nullopt);
  }
}

TEST(SplitCheck, DrawsWithinTheBoundsThatThePacketWasSentWith) {
  net::PacketRecord shown = shown_packet(Split::double_mean, {425, 398, 481, 304, 392});
  shown.packet.share_min = Amount(300);
  shown.packet.share_max = Amount(500);
  shown.packet.luckiest = 2;
  EXPECT_TRUE(check_split(shown).as_drawn());
  shown.packet.share_min = Amount(299);
  EXPECT_FALSE(check_split(shown).as_drawn());
}

TEST(SplitCheck, ComparesOnlyTheSharesThatWereTaken) {
  for (const auto& whole : {shown_double_mean(), shown_order_fair(), shown_even()}) {
    for (const std::size_t claimed : {0u, 1u, 4u}) {
      for (const PacketState state : {PacketState::refunded, PacketState::recalled}) {
        const SplitCheck check = check_split(with_rest_back(whole, claimed, state));
        EXPECT_TRUE(check.as_drawn());
        EXPECT_EQ(check.shares.size(), claimed);
        EXPECT_EQ(check.luckiest_drawn, PacketSummary::nobody);
      }
    }
  }
}

TEST(SplitCheck, CountsAReturnedShareAsTheDrawThatItWas) {
  net::PacketRecord shown = shown_double_mean();
  shown.share_states[1] = ShareState::returned;
  shown.share_states[2] = ShareState::returned_short;
  shown.packet.returned = Amount(500);
  EXPECT_TRUE(check_split(shown).as_drawn());
}

TEST(SplitCheck, TakesAnExclusivePacketSplitByEitherRule) {
  net::PacketRecord shown = shown_order_fair();
  shown.packet.kind = PacketKind::exclusive;
  EXPECT_TRUE(check_split(shown).as_drawn());
}

TEST(SplitCheck, FindsOneFenThatMovedBetweenShares) {
  net::PacketRecord shown = shown_order_fair();
  shown.claims[0].amount += Amount(1);
  shown.claims[4].amount -= Amount(1);
  const SplitCheck check = check_split(shown);
  EXPECT_FALSE(check.as_drawn());
  EXPECT_FALSE(check.shares[0].ok());
  EXPECT_EQ(check.shares[0].drawn, Amount(18));
  EXPECT_EQ(std::ranges::count_if(check.shares, &ShareCheck::ok), 3);
  EXPECT_TRUE(check.commitment_ok && check.terms_ok && check.claims_ok && check.luckiest_ok);
}

TEST(SplitCheck, FindsClaimsInAnotherOrder) {
  net::PacketRecord shown = shown_double_mean();
  std::swap(shown.claims[0], shown.claims[1]);
  EXPECT_FALSE(check_split(shown).as_drawn());
}

TEST(SplitCheck, FindsAnotherSeed) {
  net::PacketRecord shown = shown_double_mean();
  shown.seed->k1 ^= 1;
  const SplitCheck check = check_split(shown);
  EXPECT_FALSE(check.commitment_ok);
  EXPECT_FALSE(check.as_drawn());
}

TEST(SplitCheck, FindsACommitmentThatTheSenderWasNotTold) {
  const Digest256 told = *parse_digest(shown_commitment);
  Digest256 other = told;
  other[31] ^= std::byte{1};
  EXPECT_TRUE(check_split(shown_double_mean(), told).as_drawn());
  const SplitCheck check = check_split(shown_double_mean(), other);
  EXPECT_EQ(check.noted_ok, false);
  EXPECT_TRUE(check.commitment_ok);
  EXPECT_FALSE(check.as_drawn());
}

TEST(SplitCheck, FindsAnotherLuckiest) {
  for (const std::uint16_t luckiest : {std::uint16_t{0}, PacketSummary::nobody}) {
    net::PacketRecord shown = shown_double_mean();
    shown.packet.luckiest = luckiest;
    const SplitCheck check = check_split(shown);
    EXPECT_FALSE(check.luckiest_ok);
    EXPECT_EQ(check.luckiest_drawn, 2);
    EXPECT_FALSE(check.as_drawn());
  }
}

TEST(SplitCheck, GivesATieToTheEarlierClaim) {
  net::PacketRecord shown = shown_packet(Split::double_mean, {1, 1, 1, 1, 1});
  shown.packet.total = Amount(5);
  shown.packet.luckiest = 0;
  EXPECT_TRUE(check_split(shown).as_drawn());
}

TEST(SplitCheck, FindsNobodyLuckiestBeforeTheLastShareOrOfEqualShares) {
  net::PacketRecord shown = with_rest_back(shown_double_mean(), 3, PacketState::recalled);
  shown.packet.luckiest = 2;
  EXPECT_FALSE(check_split(shown).as_drawn());
  shown = shown_even();
  shown.packet.luckiest = 0;
  EXPECT_FALSE(check_split(shown).as_drawn());
}

TEST(SplitCheck, FindsClaimsThatWereLeftOutOrAdded) {
  net::PacketRecord shown = shown_double_mean();
  shown.claims.pop_back();
  EXPECT_FALSE(check_split(shown).claims_ok);
  shown.packet.claimed_count = 4;
  EXPECT_FALSE(check_split(shown).claims_ok) << "sold out with a share left";
  shown = shown_double_mean();
  shown.claims.push_back({.user = UserId(9), .amount = Amount(1)});
  shown.packet.claimed_count = 6;
  const SplitCheck check = check_split(shown);
  EXPECT_FALSE(check.claims_ok);
  EXPECT_EQ(check.shares[5].drawn, std::nullopt);
  EXPECT_FALSE(check.shares[5].ok());
}

TEST(SplitCheck, FindsASplitThatTheKindDoesNotHave) {
  net::PacketRecord shown = shown_even();
  shown.packet.kind = PacketKind::lucky;
  EXPECT_FALSE(check_split(shown).terms_ok);
  shown = shown_double_mean();
  shown.packet.kind = PacketKind::even;
  EXPECT_FALSE(check_split(shown).terms_ok);
  shown.packet.kind = PacketKind::direct;
  EXPECT_FALSE(check_split(shown).terms_ok);
  shown.packet.kind = static_cast<PacketKind>(9);
  EXPECT_FALSE(check_split(shown).terms_ok);
}

TEST(SplitCheck, BearsTermsThatNoPacketHas) {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t fen : {-huge - 1, std::int64_t{-1}, std::int64_t{0}, huge}) {
    net::PacketRecord shown = shown_double_mean();
    shown.packet.total = Amount(fen);
    EXPECT_FALSE(check_split(shown).terms_ok);
    shown = shown_double_mean();
    shown.packet.share_max = Amount(fen);
    EXPECT_FALSE(check_split(shown).terms_ok);
  }
  for (const std::uint16_t count : {std::uint16_t{0}, std::uint16_t{501}, PacketSummary::nobody}) {
    net::PacketRecord shown = shown_double_mean();
    shown.packet.share_count = count;
    const SplitCheck check = check_split(shown);
    EXPECT_FALSE(check.terms_ok);
    EXPECT_FALSE(check.as_drawn());
    EXPECT_EQ(check.shares[0].drawn, std::nullopt);
  }
}

}  // namespace
}  // namespace hb::cli
