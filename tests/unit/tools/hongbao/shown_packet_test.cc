#include "tools/hongbao/shown_packet.h"

#include <gtest/gtest.h>

#include "tests/unit/tools/hongbao/shown.h"
#include "tools/hongbao/answers.h"
#include "tools/hongbao/json_ids.h"

namespace hb::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string complaint_about(const Json& shown) {
  const auto parsed = parse_shown(shown.dump());
  return parsed ? "" : parsed.error().message;
}

TEST(ShownPacket, IsReadAsShowPrintedIt) {
  const net::PacketRecord printed = shown_order_fair();
  const auto read = parse_shown(told(printed).json.dump() + '\n');
  ASSERT_TRUE(read) << read.error().message;
  const PacketSummary& p = read->packet;
  EXPECT_EQ(p.packet, PacketId(4097));
  EXPECT_EQ(p.kind, PacketKind::lucky);
  EXPECT_EQ(p.state, PacketState::sold_out);
  EXPECT_EQ(p.split, Split::order_fair);
  EXPECT_EQ(p.share_count, 5);
  EXPECT_EQ(p.claimed_count, 5);
  EXPECT_EQ(p.total, Amount(2'000));
  EXPECT_EQ(p.share_min, Amount(1));
  EXPECT_EQ(p.share_max, Amount(20'000));
  EXPECT_EQ(p.luckiest, 2);
  ASSERT_EQ(read->claims.size(), 5);
  EXPECT_EQ(read->claims[4].user, UserId(104));
  EXPECT_EQ(read->claims[4].amount, Amount(392));
  EXPECT_EQ(read->seed_commitment, printed.seed_commitment);
  ASSERT_TRUE(read->seed.has_value());
  EXPECT_EQ(read->seed->k1, printed.seed->k1);
}

TEST(ShownPacket, MayHaveItsIdsAsStrings) {
  const Json shown = with_ids_as_strings(told(shown_order_fair()).json);
  EXPECT_TRUE(shown["packet"]["packet"].is_string());
  const auto read = parse_shown(shown.dump());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->packet.packet, PacketId(4097));
  EXPECT_EQ(read->claims[4].user, UserId(104));
}

TEST(ShownPacket, MayHaveNoSeedAndNoLuckiestYet) {
  net::PacketRecord printed = shown_double_mean();
  printed.seed.reset();
  printed.packet.luckiest = PacketSummary::nobody;
  const auto read = parse_shown(told(printed).json.dump());
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->seed.has_value());
  EXPECT_EQ(read->packet.luckiest, PacketSummary::nobody);
}

TEST(ShownPacket, NamesTheFieldThatIsMissing) {
  const Json whole = told(shown_double_mean()).json;
  for (const char* field : {"packet", "seed_commitment", "claims", "seed"}) {
    Json shown = whole;
    shown.erase(field);
    EXPECT_EQ(complaint_about(shown), '\'' + std::string(field) + "' is missing or not valid");
  }
  for (const char* field : {"packet", "kind", "state", "split", "share_count", "claimed_count",
                            "total", "share_min", "share_max", "luckiest"}) {
    Json shown = whole;
    shown["packet"].erase(field);
    EXPECT_EQ(complaint_about(shown), '\'' + std::string(field) + "' is missing or not valid");
  }
}

TEST(ShownPacket, TakesNoNumberThatDoesNotFit) {
  const Json whole = told(shown_double_mean()).json;
  for (const Json& count : {Json(65'541), Json(-1), Json(5.0), Json("5"), Json(), Json(true)}) {
    Json shown = whole;
    shown["packet"]["share_count"] = count;
    EXPECT_NE(complaint_about(shown), "") << count;
  }
  for (const Json& amount : {Json(UINT64_MAX), Json(18.5), Json(1e300), Json::array()}) {
    Json shown = whole;
    shown["claims"][0]["amount"] = amount;
    EXPECT_EQ(complaint_about(shown), "'amount' is missing or not valid") << amount;
  }
}

TEST(ShownPacket, TakesNoTextOrShapeThatIsNone) {
  const Json whole = told(shown_double_mean()).json;
  Json shown = whole;
  shown["packet"]["split"] = "unknown";
  EXPECT_EQ(complaint_about(shown), "'split' is missing or not valid");
  shown = whole;
  shown["seed"] = "00";
  EXPECT_EQ(complaint_about(shown), "'seed' is missing or not valid");
  shown = whole;
  shown["claims"] = {{"user", 1}};
  EXPECT_EQ(complaint_about(shown), "'claims' is missing or not valid");
  shown = whole;
  shown["claims"] = {1, 2};
  EXPECT_EQ(complaint_about(shown), "'user' is missing or not valid");
  shown = whole;
  shown["packet"] = 4097;
  EXPECT_EQ(complaint_about(shown), "'packet' is missing or not valid");
}

TEST(ShownPacket, IsOneObjectOfJson) {
  for (const char* text : {"", "[]", "4097", "{", "{} {}", "packet 4097: sold_out"}) {
    const auto parsed = parse_shown(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    EXPECT_EQ(parsed.error().message, "no JSON object");
  }
}

TEST(ShownPacket, IsNoRefusal) {
  EXPECT_EQ(complaint_about({{"status", "packet_unknown"}}), "'packet' is missing or not valid");
}

}  // namespace
}  // namespace hb::cli
