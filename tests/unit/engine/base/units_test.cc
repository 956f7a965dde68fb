#include "engine/base/units.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace hb {
namespace {

constexpr Amount most(INT64_MAX);
constexpr Amount least(INT64_MIN);

TEST(Amount, AddsSubtractsAndMultipliesExactly) {
  EXPECT_EQ(Amount(3) + Amount(4), Amount(7));
  EXPECT_EQ(Amount(3) - Amount(4), Amount(-1));
  EXPECT_EQ(Amount(3) * 4, Amount(12));
  Amount sum(10);
  sum += Amount(5);
  sum -= Amount(1);
  EXPECT_EQ(sum, Amount(14));
}

TEST(Amount, ReachesTheEndsOfItsRange) {
  EXPECT_EQ(Amount(INT64_MAX - 1) + Amount(1), most);
  EXPECT_EQ(Amount(INT64_MIN + 1) - Amount(1), least);
  EXPECT_EQ(Amount(INT64_MAX / 2) * 2, Amount(INT64_MAX - 1));
}

TEST(Amount, OrdersBySize) {
  EXPECT_LT(Amount(-1), Amount(0));
  EXPECT_LT(Amount(1), Amount(2));
}

TEST(AmountDeathTest, StopsRatherThanWraps) {
  EXPECT_DEATH(most + Amount(1), "assertion failed: .*add_overflow");
  EXPECT_DEATH(least + Amount(-1), "assertion failed: .*add_overflow");
  EXPECT_DEATH(least - Amount(1), "assertion failed: .*sub_overflow");
  EXPECT_DEATH(Amount(0) - least, "assertion failed: .*sub_overflow");
  EXPECT_DEATH(most * 2, "assertion failed: .*mul_overflow");
  EXPECT_DEATH(least * -1, "assertion failed: .*mul_overflow");
}

TEST(Duration, CountsMicrosecondsWhateverItWasMadeFrom) {
  EXPECT_EQ(Duration::us(5).us(), 5);
  EXPECT_EQ(Duration::ms(5).us(), 5'000);
  EXPECT_EQ(Duration::seconds(5).us(), 5'000'000);
  EXPECT_EQ(Duration::hours(24), Duration::seconds(86'400));
}

TEST(Time, MovesByDurations) {
  const Time t(1'000);
  EXPECT_EQ(t + Duration::ms(1), Time(2'000));
  EXPECT_EQ(Time(2'000) - t, Duration::us(1'000));
  EXPECT_EQ(t - Time(2'000), Duration::us(-1'000));
  EXPECT_LT(t, Time(1'001));
}

TEST(TimeDeathTest, StopsRatherThanWraps) {
  EXPECT_DEATH(Time(INT64_MAX) + Duration::us(1), "assertion failed: .*add_overflow");
  EXPECT_DEATH(Time(INT64_MIN) - Time(1), "assertion failed: .*sub_overflow");
}

}  // namespace
}  // namespace hb
