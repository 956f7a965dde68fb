#include "tools/hongbao/split_answers.h"

#include <gtest/gtest.h>

#include "tests/unit/tools/hongbao/shown.h"

namespace hb::cli {
namespace {

Told found(const net::PacketRecord& shown, const std::optional<Digest256>& noted = {}) {
  return told(check_split(shown, noted), shown, noted);
}

TEST(SplitAnswers, TellTheVerdictFirstAndALineForEachShare) {
  const net::PacketRecord shown = shown_double_mean();
  EXPECT_EQ(
      found(shown, shown.seed_commitment).text,
      "packet 4097: as drawn\n"
      "  lucky, double_mean: 5 of 5 shares of 20.00 taken, sold_out\n"
      "  share   1        5.01  drawn       5.01  ok       user 100\n"
      "  share   2        3.92  drawn       3.92  ok       user 101\n"
      "  share   3        7.21  drawn       7.21  ok       user 102\n"
      "  share   4        0.18  drawn       0.18  ok       user 103\n"
      "  share   5        3.68  drawn       3.68  ok       user 104\n"
      "  seed 000102030405060708090a0b0c0d0e0f, its SHA-256 "
      "be45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991\n"
      "  seed commitment be45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991  ok\n"
      "  noted at the send be45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991"
      "  ok\n"
      "  luckiest share 3  ok\n");
}

TEST(SplitAnswers, TellWhatDiffers) {
  net::PacketRecord shown = shown_double_mean();
  shown.claims[1].amount = Amount(393);
  shown.claims.push_back({.user = UserId(9), .amount = Amount(1)});
  shown.packet.luckiest = 0;
  const std::string text = found(shown, Digest256{}).text;
  EXPECT_TRUE(text.starts_with("packet 4097: differs from its draw\n")) << text;
  for (const char* line :
       {"  share   2        3.93  drawn       3.92  differs  user 101\n",
        "  share   6        0.01  drawn          -  differs  user 9\n", "  noted at the send 0000",
        "00  differs\n", "  claims  differs: 6 are listed\n",
        "  luckiest share 1  differs: the draw says share 3\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << " is not in\n" << text;
  }
  EXPECT_EQ(text.find("as drawn"), std::string::npos);
  shown.packet.share_count = 0;
  EXPECT_NE(found(shown).text.find("  terms  differs: no such packet is split so\n"),
            std::string::npos);
}

TEST(SplitAnswers, TellAProgramEachPart) {
  net::PacketRecord shown = shown_order_fair();
  shown.claims[3].amount = Amount(1);
  const auto json = found(shown).json;
  EXPECT_EQ(json["packet"], 4097);
  EXPECT_EQ(json["verdict"], "differs");
  EXPECT_EQ(json["seed"], shown_seed);
  EXPECT_EQ(json["seed_commitment"], shown_commitment);
  EXPECT_EQ(json["commitment_ok"], true);
  EXPECT_TRUE(json["noted_commitment"].is_null());
  EXPECT_TRUE(json["noted_ok"].is_null());
  EXPECT_EQ(json["terms_ok"], true);
  EXPECT_EQ(json["claims_ok"], true);
  EXPECT_EQ(json["luckiest"], 2);
  EXPECT_EQ(json["luckiest_drawn"], 2);
  EXPECT_EQ(json["luckiest_ok"], true);
  EXPECT_EQ(json["shares"][3].dump(),
            R"({"share_index":3,"user":103,"amount":1,"drawn":368,"ok":false})");
  EXPECT_EQ(found(shown_order_fair()).json["verdict"], "as_drawn");
}

TEST(SplitAnswers, TellThatAnOpenPacketsSeedIsNotRevealed) {
  net::PacketRecord shown = shown_double_mean();
  shown.packet.state = PacketState::open;
  shown.seed.reset();
  const Told open = told_without_seed(shown);
  EXPECT_EQ(open.json["verdict"], "not_revealed");
  EXPECT_EQ(open.json["state"], "open");
  EXPECT_NE(open.text.find("not revealed before it closes"), std::string::npos);
  shown.packet.state = PacketState::recalled;
  EXPECT_EQ(told_without_seed(shown).text, "packet 4097: its seed is missing\n");
}

}  // namespace
}  // namespace hb::cli
