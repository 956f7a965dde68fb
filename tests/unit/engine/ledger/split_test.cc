#include "engine/ledger/split.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace hb {
namespace {

// Draws a whole packet and returns its shares.
std::vector<std::int64_t> draw_all(std::int64_t total, std::int64_t shares, std::int64_t min,
                                   std::int64_t max, PrfKey seed) {
  std::vector<std::int64_t> drawn;
  SplitState state{total, shares, min, max};
  for (std::uint32_t i = 0; state.shares_left > 0; ++i, --state.shares_left) {
    drawn.push_back(draw_double_mean(state, split_word(seed, i)));
    state.remaining_fen -= drawn.back();
  }
  EXPECT_EQ(state.remaining_fen, 0);
  return drawn;
}

TEST(Split, StaysFeasibleForEverySmallPacket) {
  for (std::int64_t shares = 1; shares <= 6; ++shares) {
    for (std::int64_t min = 1; min <= 3; ++min) {
      for (std::int64_t max = min; max <= 8; ++max) {
        for (std::int64_t total = shares * min; total <= shares * max; ++total) {
          for (std::uint64_t k = 0; k < 20; ++k) {
            for (const std::int64_t share : draw_all(total, shares, min, max, {k, k * 3})) {
              ASSERT_GE(share, min);
              ASSERT_LE(share, max);
            }
          }
        }
      }
    }
  }
}

TEST(Split, StaysFeasibleForLargePacketsAtRandom) {
  std::mt19937_64 random(20261123);
  for (int round = 0; round < 2'000; ++round) {
    const auto pick = [&random](std::int64_t low, std::int64_t high) {
      return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    const std::int64_t shares = pick(1, 500);
    const std::int64_t min = pick(1, 50);
    const std::int64_t max = pick(min, 52'000);
    const std::int64_t total = pick(shares * min, shares * max);
    for (const std::int64_t share : draw_all(total, shares, min, max, {random(), random()})) {
      ASSERT_GE(share, min);
      ASSERT_LE(share, max);
    }
  }
}

TEST(Split, ReachesBothEndsOfTheConvention) {
  // Ten shares of 100 fen: the first share is uniform on [1, 19].
  std::vector<int> seen(21, 0);
  for (std::uint64_t k = 0; k < 5'000; ++k) {
    const std::int64_t share = draw_double_mean({100, 10, 1, 20'000}, split_word({k, 1}, 0));
    ASSERT_GE(share, 1);
    ASSERT_LE(share, 19);
    ++seen[static_cast<std::size_t>(share)];
  }
  for (std::size_t fen = 1; fen <= 19; ++fen) EXPECT_GT(seen[fen], 150) << fen;
}

TEST(Split, EveryPositionHasTheSameMean) {
  constexpr int rounds = 100'000;
  constexpr std::int64_t shares = 7;
  constexpr std::int64_t total = 1'003;  // 143.28 a share: not a whole number of fen
  std::vector<double> sum(shares, 0), square(shares, 0);
  for (std::uint64_t k = 0; k < rounds; ++k) {
    const std::vector<std::int64_t> drawn = draw_all(total, shares, 1, 20'000, {k, 99});
    for (std::size_t i = 0; i < shares; ++i) {
      sum[i] += static_cast<double>(drawn[i]);
      square[i] += static_cast<double>(drawn[i] * drawn[i]);
    }
  }
  for (std::size_t i = 0; i < shares; ++i) {
    const double mean = sum[i] / rounds;
    const double variance = square[i] / rounds - mean * mean;
    const double error = std::sqrt(variance / rounds);
    EXPECT_NEAR(mean, static_cast<double>(total) / shares, 4.5 * error) << "position " << i;
  }
}

TEST(Split, TightPacketLeavesNoChoice) {
  for (const std::int64_t share : draw_all(500, 500, 1, 20'000, {1, 2})) EXPECT_EQ(share, 1);
  for (const std::int64_t share : draw_all(100'000, 5, 1, 20'000, {1, 2})) EXPECT_EQ(share, 20'000);
}

using SplitDeathTest = testing::Test;

TEST(SplitDeathTest, InfeasibleStateStopsTheProcess) {
  EXPECT_DEATH(draw_double_mean({9, 10, 1, 20}, 0), "assertion failed");
  EXPECT_DEATH(draw_double_mean({201, 10, 1, 20}, 0), "assertion failed");
  EXPECT_DEATH(draw_double_mean({0, 0, 1, 20}, 0), "assertion failed");
}

}  // namespace
}  // namespace hb
