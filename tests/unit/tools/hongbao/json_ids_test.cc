#include "tools/hongbao/json_ids.h"

#include <gtest/gtest.h>

namespace hb::cli {
namespace {

using Json = nlohmann::ordered_json;

TEST(JsonIds, BecomeStringsAtEveryDepthAndNothingElseDoes) {
  const Json json = Json::parse(R"({
    "packet": 18446744073709551615, "state": "open", "total": 2000, "as_of": [{"shard": 0, "sequence": 5}],
    "recipients": [1, 2], "claims": [{"user": 7, "amount": 520}], "case_id": null,
    "transfer": {"transfer": 9, "amount": 3}})");
  const Json wanted = Json::parse(R"({
    "packet": "18446744073709551615", "state": "open", "total": 2000, "as_of": [{"shard": 0, "sequence": 5}],
    "recipients": ["1", "2"], "claims": [{"user": "7", "amount": 520}], "case_id": null,
    "transfer": {"transfer": "9", "amount": 3}})");
  EXPECT_EQ(with_ids_as_strings(json).dump(), wanted.dump());
}

TEST(JsonIds, LeaveWhatHoldsNoneAlone) {
  for (const char* text : {"{}", "[]", "5", "\"user\"", "[1, {\"status\": \"ok\"}]"}) {
    EXPECT_EQ(with_ids_as_strings(Json::parse(text)), Json::parse(text)) << text;
  }
}

}  // namespace
}  // namespace hb::cli
