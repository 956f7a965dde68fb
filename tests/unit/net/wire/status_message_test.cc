#include "net/wire/status_message.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

std::string message(Status status, std::int64_t limit) {
  return std::string(status_message(status, limit).view());
}

TEST(StatusMessage, EveryStatusHasASentenceOfItsOwnThatFits) {
  std::set<std::string> seen;
  for (const ::hongbao::Status status : ::hongbao::EnumValuesStatus()) {
    const std::string text = message(static_cast<Status>(status), INT64_MAX);
    EXPECT_GT(text.size(), 3);
    EXPECT_LT(text.size(), 200) << text;
    EXPECT_TRUE(seen.insert(text).second) << text;
  }
}

TEST(StatusMessage, NamesTheLimitInItsUnit) {
  EXPECT_NE(message(Status::amount_over_limit, 2050).find("20.50"), std::string::npos);
  EXPECT_NE(message(Status::shares_out_of_range, 500).find("1 to 500"), std::string::npos);
  EXPECT_NE(message(Status::text_too_long, 128).find("128 bytes"), std::string::npos);
  EXPECT_NE(message(Status::expiry_too_long, 168LL * 3'600'000'000).find("168 h"),
            std::string::npos);
  EXPECT_NE(message(Status::expiry_too_short, 60'000'000).find("1 min"), std::string::npos);
  EXPECT_NE(message(Status::overloaded, 2'500).find("2500 us"), std::string::npos);
  EXPECT_NE(message(Status::recipients_out_of_range, 500).find("1 to 500"), std::string::npos);
  EXPECT_NE(message(Status::code_wrong, 3).find("3"), std::string::npos);
  EXPECT_NE(message(Status::shard_unknown, 8).find("8 shards"), std::string::npos);
  EXPECT_NE(message(Status::cap_amount_reached, 2050).find("20.50"), std::string::npos);
  EXPECT_NE(message(Status::return_window_over, 24LL * 3'600'000'000).find("24 h"),
            std::string::npos);
  EXPECT_NE(message(Status::not_open_yet, 1'764'547'200'000'000).find("2025-12-01 00:00:00 UTC"),
            std::string::npos);
  EXPECT_NE(message(Status::case_exists, 8193).find("8193"), std::string::npos);
}

TEST(StatusMessage, NamesTheStateThatALimitTells) {
  EXPECT_NE(message(Status::transfer_closed, 4).find("declined"), std::string::npos);
  EXPECT_NE(message(Status::case_resolved, 3).find("upheld"), std::string::npos);
}

TEST(StatusMessage, ShowsTheNumberOfALimitThatIsNoStateOrTime) {
  EXPECT_NE(message(Status::transfer_closed, 99).find("state 99"), std::string::npos);
  EXPECT_NE(message(Status::transfer_closed, 260).find("state 260"), std::string::npos);
  EXPECT_NE(message(Status::case_resolved, -1).find("state -1"), std::string::npos);
  EXPECT_NE(message(Status::not_open_yet, -5).find("-5 us"), std::string::npos);
}

TEST(StatusMessage, KnowsNoNameForANewerServersStatusButShowsIt) {
  EXPECT_EQ(message(static_cast<Status>(250), 0), "status 250");
}

}  // namespace
}  // namespace hb::net
