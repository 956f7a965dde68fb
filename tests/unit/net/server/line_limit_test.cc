#include "net/server/line_limit.h"

#include <gtest/gtest.h>

namespace hb::net {
namespace {

constexpr Time start{1'000'000'000};
constexpr Duration interval = Duration::seconds(5);

TEST(LineLimit, AdmitsABurstAndThenOneAnInterval) {
  LineLimit limit(3, interval);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.admit(start), 0u);
  EXPECT_FALSE(limit.admit(start));
  EXPECT_FALSE(limit.admit(start + interval + Duration::us(-1)));
  EXPECT_TRUE(limit.admit(start + interval));
  EXPECT_FALSE(limit.admit(start + interval));
  EXPECT_TRUE(limit.admit(start + interval + interval));
}

TEST(LineLimit, CountsWhatItSuppressedForTheNextLine) {
  LineLimit limit(1, interval);
  EXPECT_EQ(limit.admit(start), 0u);
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(limit.admit(start));
  EXPECT_EQ(limit.admit(start + interval), 7u);
  EXPECT_EQ(limit.admit(start + interval + interval), 0u);
}

TEST(LineLimit, ReportsWhatWasSuppressedWhenNoMoreLinesCome) {
  LineLimit limit(1, interval);
  EXPECT_EQ(limit.due(start), 0u);
  EXPECT_TRUE(limit.admit(start));
  EXPECT_FALSE(limit.admit(start));
  EXPECT_EQ(limit.due(start), 0u) << "that would be a line too many";
  EXPECT_EQ(limit.due(start + interval), 1u);
  EXPECT_EQ(limit.due(start + interval + interval), 0u);
}

TEST(LineLimit, SavesNoMoreThanABurst) {
  LineLimit limit(2, interval);
  EXPECT_TRUE(limit.admit(start));
  const Time later = start + Duration::hours(24);
  EXPECT_TRUE(limit.admit(later));
  EXPECT_TRUE(limit.admit(later));
  EXPECT_FALSE(limit.admit(later));
}

TEST(LineLimit, OfAClockThatGoesBackOnlyWaits) {
  LineLimit limit(1, interval);
  EXPECT_TRUE(limit.admit(start + Duration::hours(1)));
  EXPECT_FALSE(limit.admit(start));
  EXPECT_TRUE(limit.admit(start + interval));
}

}  // namespace
}  // namespace hb::net
