#include "engine/runtime/seal_line.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

using Task = SealLine::Task;

constexpr ShardId first{0};
constexpr ShardId second{1};
constexpr Time start{1'000'000};
const Error no_space{ErrorCode::no_space, "the disk is full"};

TEST(SealLine, KeepsTheOrderOfAShardsSegments) {
  SealLine line;
  EXPECT_EQ(line.next(start), std::nullopt);
  line.add({first, 1});
  line.add({first, 2});
  EXPECT_EQ(line.next(start), (Task{first, 1}));
  EXPECT_FALSE(line.made({first, 1}));
  EXPECT_EQ(line.next(start), (Task{first, 2}));
  EXPECT_FALSE(line.made({first, 2}));
  EXPECT_EQ(line.next(start), std::nullopt);
  EXPECT_EQ(line.next_try(), std::nullopt);
}

TEST(SealLine, TriesAFailedSealAgainBeforeTheOnesBehindIt) {
  SealLine line;
  line.add({first, 1});
  line.add({first, 2});
  EXPECT_TRUE(line.failed({first, 1}, no_space, start));
  EXPECT_EQ(line.next(start), std::nullopt);
  ASSERT_NE(line.next_try(), std::nullopt);
  const Time again = *line.next_try();
  EXPECT_GT(again, start);
  line.add({first, 3});
  EXPECT_EQ(line.next(again + Duration::us(-1)), std::nullopt);
  EXPECT_EQ(line.next(again), (Task{first, 1}));
  EXPECT_FALSE(line.failed({first, 1}, no_space, again));
  EXPECT_EQ(line.next(*line.next_try()), (Task{first, 1}));
  EXPECT_TRUE(line.made({first, 1})) << "the outage is over";
  EXPECT_EQ(line.next(again), (Task{first, 2}));
  EXPECT_FALSE(line.made({first, 2}));
  EXPECT_EQ(line.next(again), (Task{first, 3}));
}

TEST(SealLine, LetsOtherShardsGoOnWhileOnePauses) {
  SealLine line;
  line.add({first, 7});
  line.add({second, 4});
  line.failed({first, 7}, no_space, start);
  EXPECT_EQ(line.next(start), (Task{second, 4}));
  EXPECT_FALSE(line.made({second, 4}));
  EXPECT_EQ(line.next(start), std::nullopt);
  EXPECT_EQ(line.next(*line.next_try()), (Task{first, 7}));
}

TEST(SealLine, GivesShardsTurns) {
  SealLine line;
  for (std::uint64_t segment = 1; segment <= 2; ++segment) {
    line.add({first, segment});
    line.add({second, segment});
  }
  std::vector<Task> order;
  while (const auto task = line.next(start)) {
    order.push_back(*task);
    line.made(*task);
  }
  EXPECT_EQ(order, (std::vector<Task>{{first, 1}, {second, 1}, {first, 2}, {second, 2}}));
}

}  // namespace
}  // namespace hb
