#include "engine/runtime/clock_watch.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

using News = ClockWatch::News;

constexpr Duration hour = Duration::hours(1);
constexpr Duration hour_behind = Duration::hours(-1);
constexpr Time start{1'000'000};

TEST(ClockWatch, HasNothingToSayOfASmallDifference) {
  ClockWatch watch;
  for (const std::int64_t ms : {0, 1, -1, 999, -999, 600, 0}) {
    EXPECT_EQ(watch.look(Duration::ms(ms), start), News::none);
  }
}

TEST(ClockWatch, ReportsADifferenceOnceAndItsEndOnce) {
  for (const Duration ahead : {hour, hour_behind}) {
    ClockWatch watch;
    EXPECT_EQ(watch.look(ahead, start), News::differs);
    EXPECT_EQ(watch.look(ahead, start + Duration::seconds(1)), News::none);
    EXPECT_EQ(watch.look(Duration::us(ahead.us() / 2), start + Duration::seconds(2)), News::none);
    EXPECT_EQ(watch.look(Duration::ms(700), start + Duration::seconds(3)), News::none);
    EXPECT_EQ(watch.look(Duration::ms(400), start + Duration::seconds(4)), News::agrees);
    EXPECT_EQ(watch.look(Duration{}, start + Duration::seconds(5)), News::none);
    EXPECT_EQ(watch.look(ahead, start + Duration::seconds(6)), News::differs);
  }
}

TEST(ClockWatch, ReportsALastingDifferenceOnceAnInterval) {
  ClockWatch watch;
  int reports = 0;
  for (int s = 0; s < 3'600; ++s) {
    reports += watch.look(hour, start + Duration::seconds(s)) == News::differs;
  }
  EXPECT_EQ(reports, 6);
}

TEST(ClockWatch, ReportsADifferenceThatDoublesOrChangesSides) {
  ClockWatch watch;
  EXPECT_EQ(watch.look(hour, start), News::differs);
  EXPECT_EQ(watch.look(Duration::us(2 * hour.us() - 1), start), News::none);
  EXPECT_EQ(watch.look(Duration::us(2 * hour.us()), start), News::differs);
  EXPECT_EQ(watch.look(hour_behind, start), News::differs);
}

TEST(ClockWatch, DoesNotFillTheLogWhileAStuckClockFallsBehind) {
  ClockWatch watch;
  int reports = 0;
  for (int s = 0; s < 3'600; ++s) {
    const Time now = start + Duration::seconds(s);
    reports += watch.look(Duration::ms(667 * s), now) == News::differs;
  }
  EXPECT_LE(reports, 18);
}

TEST(ClockWatch, DescribesWhatFollows) {
  const Time wall(1'795'957'200'000'000);
  EXPECT_EQ(show_time(wall), "2026-11-29 13:00:00 UTC");
  const std::string ahead = describe_difference(hour, wall);
  EXPECT_NE(ahead.find("1 h ahead of the machine's clock (2026-11-29 13:00:00 UTC)"), ahead.npos)
      << ahead;
  EXPECT_NE(ahead.find("in 3 h:"), ahead.npos) << ahead;
  const std::string behind = describe_difference(hour_behind, wall);
  EXPECT_NE(behind.find("1 h behind the machine's clock"), behind.npos) << behind;
  EXPECT_NE(behind.find("in 8 h:"), behind.npos) << behind;
}

TEST(ClockWatch, ShowsSpansInTwoUnits) {
  EXPECT_EQ(show_span(Duration::ms(1'500)), "1.5 s");
  EXPECT_EQ(show_span(Duration::seconds(60)), "1 min");
  EXPECT_EQ(show_span(Duration::seconds(90)), "1 min 30 s");
  EXPECT_EQ(show_span(Duration::seconds(7'260)), "2 h 1 min");
  EXPECT_EQ(show_span(Duration::hours(49)), "2 d 1 h");
}

}  // namespace
}  // namespace hb
