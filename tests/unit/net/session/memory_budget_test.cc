#include "net/session/memory_budget.h"

#include <gtest/gtest.h>

#include <vector>

namespace hb::net {
namespace {

constexpr std::size_t most = 128'000;

TEST(MemoryBudget, IsHeldAndGivenBack) {
  MemoryBudget budget(most);
  budget.change(0, 3'000);
  budget.change(3'000, 500);
  EXPECT_EQ(budget.held(), 500u);
  EXPECT_EQ(budget.free(), most - 500);
  budget.change(500, 0);
  EXPECT_EQ(budget.free(), most);
}

TEST(MemoryBudget, GivesOneConnectionAFractionOfWhatIsFree) {
  MemoryBudget budget(most);
  EXPECT_EQ(budget.share(), most / 8);
  budget.change(0, most / 2);
  EXPECT_EQ(budget.share(), most / 16);
  budget.change(0, most);
  EXPECT_EQ(budget.free(), 0u);
  EXPECT_EQ(budget.share(), 0u);
}

// However many take all that they may, some stays free for the next one.
TEST(MemoryBudget, IsNeverExhaustedByConnectionsThatKeepToTheirShares) {
  for (const std::size_t greedy : {1u, 8u, 50u, 200u}) {
    MemoryBudget budget(most);
    std::vector<std::size_t> held(greedy, 0);
    for (int round = 0; round < 1'000; ++round) {
      for (std::size_t& mine : held) {
        if (mine + 10 > budget.share()) continue;
        budget.change(mine, mine + 10);
        mine += 10;
      }
    }
    const std::size_t expected_free = most * 8 / (8 + greedy);
    EXPECT_GE(budget.free() + 100, expected_free) << greedy;
  }
}

TEST(MemoryBudgetDeathTest, GivingBackMoreThanIsHeldIsOurBug) {
  MemoryBudget budget(most);
  budget.change(0, 10);
  EXPECT_DEATH(budget.change(11, 0), "assertion failed");
}

}  // namespace
}  // namespace hb::net
