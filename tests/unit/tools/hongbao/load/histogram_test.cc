#include "tools/hongbao/load/histogram.h"

#include <gtest/gtest.h>

namespace hb::load {
namespace {

TEST(LatencyAxis, HasEveryValueInACellThatEndsAtMostOnePercentAbove) {
  const LatencyAxis axis;
  for (std::int64_t ns = 0; ns < std::int64_t{1} << 40; ns += ns / 37 + 1) {
    const int cell = axis.index(ns);
    ASSERT_GE(axis.value(cell), ns);
    ASSERT_LE(axis.value(cell) - ns, ns / 128);
    if (cell > 0) {
      ASSERT_LT(axis.value(cell - 1), ns);
    }
  }
}

TEST(LatencyAxis, CountsWhatIsTooLongInItsLastCell) {
  const LatencyAxis axis;
  EXPECT_EQ(axis.index(INT64_MAX), axis.size() - 1);
  EXPECT_EQ(axis.index(-5), 0);
}

TEST(LatencyHistogram, TellsPercentilesOfAnEvenSpread) {
  LatencyHistogram histogram;
  for (std::int64_t us = 1; us <= 1'000; ++us) histogram.add(us * 1'000, 1);
  EXPECT_EQ(histogram.count(), 1'000U);
  for (const double quantile : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double exact = quantile * 1'000;
    EXPECT_GE(histogram.percentile_us(quantile), exact);
    EXPECT_LE(histogram.percentile_us(quantile), exact * 1.008);
  }
  EXPECT_EQ(histogram.percentile_us(1), 1'000);
  EXPECT_EQ(histogram.max_us(), 1'000);
}

TEST(LatencyHistogram, CountsAWeightAsSoManyAnswers) {
  LatencyHistogram histogram;
  histogram.add(1'000, 98);
  histogram.add(1'000'000, 2);
  EXPECT_EQ(histogram.count(), 100U);
  EXPECT_NEAR(histogram.percentile_us(0.98), 1, 0.01);
  EXPECT_EQ(histogram.percentile_us(0.99), 1'000);
}

TEST(LatencyHistogram, MergedIsAsIfAllHadBeenAddedToOne) {
  LatencyHistogram a;
  LatencyHistogram b;
  a.add(10'000, 1);
  b.add(20'000, 3);
  a.merge(b);
  EXPECT_EQ(a.count(), 4U);
  EXPECT_NEAR(a.percentile_us(0.25), 10, 0.1);
  EXPECT_EQ(a.percentile_us(0.5), 20);
  EXPECT_EQ(a.max_us(), 20);
}

TEST(LatencyHistogram, IsEmptyAfterClear) {
  LatencyHistogram histogram;
  histogram.add(10'000, 1);
  histogram.clear();
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.percentile_us(0.5), 0);
  EXPECT_EQ(histogram.max_us(), 0);
}

}  // namespace
}  // namespace hb::load
