#include "engine/base/duration_text.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

TEST(ParseDuration, ReadsNumbersWithUnits) {
  EXPECT_EQ(parse_duration("24h"), Duration::hours(24));
  EXPECT_EQ(parse_duration("7d"), Duration::hours(7 * 24));
  EXPECT_EQ(parse_duration("90s"), Duration::seconds(90));
  EXPECT_EQ(parse_duration("10m"), Duration::seconds(600));
  EXPECT_EQ(parse_duration("250ms"), Duration::ms(250));
  EXPECT_EQ(parse_duration("5us"), Duration::us(5));
  EXPECT_EQ(parse_duration("1h30m"), Duration::seconds(5'400));
}

TEST(ParseDuration, TakesABareNumberAsSeconds) {
  EXPECT_EQ(parse_duration("60"), Duration::seconds(60));
  EXPECT_EQ(parse_duration("0"), Duration::us(0));
}

TEST(ParseDuration, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "h", "-1s", "1.5h", "1x", "1h30", "1 h", "99999999999999999999s",
                           "9223372036854775807s", "106751991d106751991d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(FormatDuration, UsesTheLargestUnitThatFits) {
  EXPECT_EQ(format_duration(Duration::hours(24)), "24h");
  EXPECT_EQ(format_duration(Duration::hours(7 * 24)), "7d");
  EXPECT_EQ(format_duration(Duration::hours(25)), "25h");
  EXPECT_EQ(format_duration(Duration::seconds(90)), "90s");
  EXPECT_EQ(format_duration(Duration::seconds(120)), "2m");
  EXPECT_EQ(format_duration(Duration::ms(250)), "250ms");
  EXPECT_EQ(format_duration(Duration::us(-7)), "-7us");
  EXPECT_EQ(format_duration(Duration::us(86'400'000'001)), "86400000001us");
  EXPECT_EQ(format_duration(Duration{}), "0s");
}

}  // namespace
}  // namespace hb
