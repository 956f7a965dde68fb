#include "tools/hongbao/load/timeline.h"

#include <gtest/gtest.h>

namespace hb::load {
namespace {

Tally tally_of(std::uint64_t errors) {
  Tally tally;
  tally.errors = errors;
  return tally;
}

TEST(Timeline, GivesASecondWhenAllThreadsHaveLeftItBehind) {
  Timeline timeline(2);
  timeline.post(0, tally_of(1));
  timeline.post(0, tally_of(10));
  timeline.post(1, tally_of(2));
  EXPECT_FALSE(timeline.take_whole_second());
  timeline.post(1, tally_of(20));
  const auto second = timeline.take_whole_second();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->errors, 3U);
  EXPECT_FALSE(timeline.take_whole_second());
}

TEST(Timeline, KeepsTheRestForTheEnd) {
  Timeline timeline(2);
  timeline.post(0, tally_of(1));
  timeline.post(0, tally_of(2));
  timeline.post(0, tally_of(4));
  timeline.post(1, tally_of(8));
  EXPECT_EQ(timeline.take_rest().errors, 15U);
  EXPECT_EQ(timeline.take_rest().errors, 0U);
}

}  // namespace
}  // namespace hb::load
