#include "engine/base/outage.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

const Error no_space{ErrorCode::no_space, "the disk is full"};
const Error broken{ErrorCode::io, "the disk is broken"};
constexpr Time start{1'000'000};

TEST(Outage, TriesAtOnceWhileNothingFailed) {
  const Outage outage;
  EXPECT_FALSE(outage.active());
  EXPECT_TRUE(outage.due(Time{}));
}

TEST(Outage, DoublesThePauseUpToTheLongest) {
  Outage outage({.first = Duration::ms(500), .longest = Duration::seconds(60)});
  Time now = start;
  for (const std::int64_t pause_ms :
       {500, 1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 60'000, 60'000}) {
    outage.failed(broken, now);
    EXPECT_EQ(outage.next_try() - now, Duration::ms(pause_ms));
    EXPECT_FALSE(outage.due(outage.next_try() + Duration::us(-1)));
    now = outage.next_try();
    EXPECT_TRUE(outage.due(now));
  }
}

TEST(Outage, TriesWithinSecondsWhileOnlySpaceIsMissing) {
  Outage outage;
  Time now = start;
  for (int i = 0; i < 1'000; ++i) {
    outage.failed(no_space, now);
    EXPECT_LE(outage.next_try() - now, Duration::seconds(2));
    now = outage.next_try();
  }
}

TEST(Outage, ReportsTheFirstFailureAndThenOneEachInterval) {
  Outage outage;
  EXPECT_TRUE(outage.failed(no_space, start));
  EXPECT_FALSE(outage.failed(no_space, start + Duration::seconds(1)));
  EXPECT_FALSE(outage.failed(no_space, start + Outage::report_interval + Duration::us(-1)));
  EXPECT_TRUE(outage.failed(no_space, start + Outage::report_interval));
  EXPECT_FALSE(outage.failed(no_space, start + Outage::report_interval + Duration::seconds(1)));
}

TEST(Outage, ReportsAFailureOfAnotherKind) {
  Outage outage;
  EXPECT_TRUE(outage.failed(no_space, start));
  EXPECT_TRUE(outage.failed(broken, start + Duration::seconds(1)));
  EXPECT_FALSE(outage.failed(broken, start + Duration::seconds(2)));
}

TEST(Outage, ReportsItsEndOnceAndBeginsAnew) {
  Outage outage;
  EXPECT_FALSE(outage.ended());
  outage.failed(no_space, start);
  outage.failed(no_space, start + Duration::seconds(1));
  EXPECT_TRUE(outage.ended());
  EXPECT_FALSE(outage.ended());
  EXPECT_TRUE(outage.due(start));
  EXPECT_TRUE(outage.failed(no_space, start + Duration::seconds(2)));
  EXPECT_EQ(outage.next_try(), start + Duration::seconds(2) + Duration::ms(500));
}

}  // namespace
}  // namespace hb
