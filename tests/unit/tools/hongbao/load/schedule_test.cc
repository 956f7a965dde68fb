#include "tools/hongbao/load/schedule.h"

#include <gtest/gtest.h>

#include <vector>

namespace hb::load {
namespace {

std::vector<std::int64_t> first_dues(PoissonSchedule schedule, std::size_t count) {
  std::vector<std::int64_t> dues;
  for (; dues.size() < count; schedule.advance()) dues.push_back(schedule.due_ns());
  return dues;
}

TEST(PoissonSchedule, IsTheSameForTheSameSeed) {
  EXPECT_EQ(first_dues({1'000, 7}, 100), first_dues({1'000, 7}, 100));
  EXPECT_NE(first_dues({1'000, 7}, 100), first_dues({1'000, 8}, 100));
}

TEST(PoissonSchedule, KeepsToItsRateInTheLongRun) {
  constexpr std::size_t count = 200'000;
  const auto dues = first_dues({50'000, 1}, count);
  const double seconds = static_cast<double>(dues.back()) / 1e9;
  // Six standard deviations of the sum.
  EXPECT_NEAR(seconds, 4.0, 6 * 4.0 / std::sqrt(count));
}

TEST(PoissonSchedule, HasExponentialGaps) {
  constexpr std::size_t count = 100'000;
  const auto dues = first_dues({1e6, 3}, count);
  std::size_t longer_than_mean = 0;
  std::size_t longer_than_three = 0;
  std::int64_t before = 0;
  for (const std::int64_t due : dues) {
    EXPECT_GE(due, before);
    longer_than_mean += due - before > 1'000 ? 1 : 0;
    longer_than_three += due - before > 3'000 ? 1 : 0;
    before = due;
  }
  EXPECT_NEAR(static_cast<double>(longer_than_mean) / count, std::exp(-1), 0.01);
  EXPECT_NEAR(static_cast<double>(longer_than_three) / count, std::exp(-3), 0.005);
}

}  // namespace
}  // namespace hb::load
