#include "engine/base/prf.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>

namespace hb {
namespace {

// The key and inputs of the reference implementation's vectors: bytes 00 01 02 ...
constexpr PrfKey reference_key{0x0706050403020100, 0x0f0e0d0c0b0a0908};

TEST(Prf, YieldsTheReferenceVectorForEightBytes) {
  // Input 00..07; output bytes 62 24 93 9a 79 f5 f5 93, the ninth row of vectors_sip64.
  EXPECT_EQ(prf(reference_key, 0x0706050403020100), 0x93f5f5799a932462u);
}

TEST(Prf, IsKnownAtCompileTime) {
  static_assert(prf(reference_key, 0x0706050403020100) == 0x93f5f5799a932462);
}

TEST(Prf, DependsOnEachHalfOfTheKeyAndOnTheInput) {
  const std::set<std::uint64_t> outputs = {prf({1, 2}, 3), prf({9, 2}, 3), prf({1, 9}, 3),
                                           prf({1, 2}, 9), prf({2, 1}, 3)};
  EXPECT_EQ(outputs.size(), 5u);
}

TEST(Prf, FlipsAboutHalfOfItsBitsWithAnyInputBit) {
  int flipped = 0;
  for (int bit = 0; bit < 64; ++bit) {
    flipped += std::popcount(prf(reference_key, 0) ^ prf(reference_key, std::uint64_t{1} << bit));
  }
  // 4096 coin flips: 2048 on average, with a standard deviation of 32.
  EXPECT_NEAR(flipped, 2048, 160);
}

}  // namespace
}  // namespace hb
