#include "tools/hongbao/load/zipf.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hb::load {
namespace {

std::vector<double> shares_of_ranks(std::uint64_t n, double exponent, std::size_t draws) {
  const Zipf zipf(n, exponent);
  Random random(5);
  std::vector<double> shares(n);
  for (std::size_t i = 0; i < draws; ++i) {
    const std::uint64_t rank = zipf.draw(random);
    EXPECT_LT(rank, n);
    shares[rank] += 1.0 / static_cast<double>(draws);
  }
  return shares;
}

TEST(Zipf, DrawsEachRankAsOftenAsTheLawSays) {
  for (const double exponent : {0.5, 0.99, 1.0, 2.0}) {
    constexpr std::uint64_t n = 50;
    const auto shares = shares_of_ranks(n, exponent, 200'000);
    double total = 0;
    for (std::uint64_t k = 1; k <= n; ++k) total += std::pow(k, -exponent);
    for (std::uint64_t k = 1; k <= n; ++k) {
      EXPECT_NEAR(shares[k - 1], std::pow(k, -exponent) / total, 0.006)
          << "rank " << k << ", exponent " << exponent;
    }
  }
}

TEST(Zipf, OfOneRankDrawsThatOne) {
  const Zipf zipf(1, 0.99);
  Random random(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(zipf.draw(random), 0U);
}

TEST(Zipf, ReachesTheColdEndOfManyRanks) {
  const Zipf zipf(1 << 20, 0.5);
  Random random(1);
  std::uint64_t coldest = 0;
  for (int i = 0; i < 10'000; ++i) coldest = std::max(coldest, zipf.draw(random));
  EXPECT_GT(coldest, (1U << 20) * 9 / 10);
  EXPECT_LT(coldest, 1U << 20);
}

}  // namespace
}  // namespace hb::load
