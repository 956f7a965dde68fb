#include "engine/ledger/split.h"

#include <gtest/gtest.h>

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "engine/base/checksum.h"

namespace hb {
namespace {

using Shares = std::vector<std::uint32_t>;

Shares drawn(Split split, PrfKey seed, const SplitState& whole) {
  Shares shares_fen(static_cast<std::size_t>(whole.shares_left));
  draw_all(split, seed, whole, shares_fen);
  return shares_fen;
}

// ---- the promise --------------------------------------------------------------------------------

// Drawn by a program of its own, written from the headers' words.  They stand for packets that were
// sent: where one of these fails, a new value of Split is wanted and not a new vector.
struct Vector {
  PrfKey seed;
  SplitState whole;
  Shares double_mean;
  Shares order_fair;
};

constexpr PrfKey some_seed{0x0123456789abcdef, 0xfedcba9876543210};

const Vector vectors[] = {
    {some_seed,
     {2'000, 10, 1, 20'000},
     {185, 44, 382, 37, 65, 282, 426, 300, 43, 236},
     {43, 426, 282, 300, 37, 44, 236, 382, 185, 65}},
    {some_seed,
     {1'003, 7, 1, 20'000},
     {133, 32, 288, 26, 50, 260, 214},
     {133, 214, 260, 288, 26, 32, 50}},
    {{0, 0},
     {5'000, 12, 100, 600},
     {393, 447, 527, 278, 240, 435, 487, 437, 558, 520, 137, 541},
     {137, 393, 240, 527, 520, 447, 487, 558, 435, 278, 437, 541}},
    {{~std::uint64_t{0}, 1}, {103'999, 2, 1, 52'000}, {52'000, 51'999}, {52'000, 51'999}},
    {{7, 8}, {12, 10, 1, 20'000}, {1, 1, 1, 1, 1, 1, 2, 1, 2, 1}, {2, 1, 2, 1, 1, 1, 1, 1, 1, 1}},
    {{3, 4}, {20'000, 1, 1, 20'000}, {20'000}, {20'000}},
};

TEST(Split, DrawsWhatItHasPromised) {
  for (const Vector& v : vectors) {
    EXPECT_EQ(drawn(Split::double_mean, v.seed, v.whole), v.double_mean);
    EXPECT_EQ(drawn(Split::order_fair, v.seed, v.whole), v.order_fair);
  }
}

// The SHA-256 of the amounts, four bytes each, the lowest first.
std::string digest_of(const Shares& shares_fen) {
  return to_hex(sha256(std::as_bytes(std::span(shares_fen))));
}

TEST(Split, DrawsTheGreatestPacketAsPromised) {
  constexpr SplitState whole{200'000, 500, 1, 20'000};
  EXPECT_EQ(digest_of(drawn(Split::double_mean, some_seed, whole)),
            "70b0092f0411752c244d02bfece22b596e6e657efa8b04583d399d0954b54822");
  EXPECT_EQ(digest_of(drawn(Split::order_fair, some_seed, whole)),
            "54d45a6ef92401b5dcdeb16131da311f1ac05c6a3b63cea7fd5387f73448cbb6");
}

// ---- bounds -------------------------------------------------------------------------------------

void expect_feasible_at_every_step(SplitState rest, const Shares& shares_fen) {
  for (const std::int64_t share_fen : shares_fen) {
    ASSERT_GE(share_fen, rest.share_fen_min);
    ASSERT_LE(share_fen, rest.share_fen_max);
    rest.remaining_fen -= share_fen;
    --rest.shares_left;
    ASSERT_GE(rest.remaining_fen, rest.shares_left * rest.share_fen_min);
    ASSERT_LE(rest.remaining_fen, rest.shares_left * rest.share_fen_max);
  }
  ASSERT_EQ(rest.remaining_fen, 0);
}

void expect_feasible_draws(const SplitState& whole) {
  for (std::uint64_t k = 0; k < 20; ++k) {
    for (const Split split : {Split::double_mean, Split::order_fair}) {
      expect_feasible_at_every_step(whole, drawn(split, {k, k * 3}, whole));
    }
  }
}

TEST(Split, StaysFeasibleForEverySmallPacket) {
  for (std::int64_t shares = 1; shares <= 6; ++shares) {
    for (std::int64_t min = 1; min <= 3; ++min) {
      for (std::int64_t max = min; max <= 8; ++max) {
        for (std::int64_t total = shares * min; total <= shares * max; ++total) {
          expect_feasible_draws({total, shares, min, max});
        }
      }
    }
  }
}

TEST(Split, TightPacketLeavesNoChoice) {
  for (const Split split : {Split::double_mean, Split::order_fair, Split::equal}) {
    EXPECT_EQ(drawn(split, {1, 2}, {500, 500, 1, 20'000}), Shares(500, 1));
    EXPECT_EQ(drawn(split, {1, 2}, {100'000, 5, 1, 20'000}), Shares(5, 20'000));
  }
}

TEST(Split, AnotherSeedDrawsOtherShares) {
  constexpr SplitState whole{200'000, 100, 1, 20'000};
  for (const Split split : {Split::double_mean, Split::order_fair}) {
    EXPECT_NE(drawn(split, {1, 2}, whole), drawn(split, {1, 3}, whole));
    EXPECT_NE(drawn(split, {1, 2}, whole), drawn(split, {3, 2}, whole));
  }
}

TEST(Split, EqualSharesNeedATotalThatDivides) {
  EXPECT_TRUE(can_split(Split::equal, {2'000, 10, 1, 20'000}));
  EXPECT_FALSE(can_split(Split::equal, {2'001, 10, 1, 20'000}));
  EXPECT_TRUE(can_split(Split::order_fair, {2'001, 10, 1, 20'000}));
}

TEST(Split, TellsWhatCannotBeSplit) {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(can_split(Split::double_mean, {2'000, 10, 1, 20'000}));
  EXPECT_TRUE(can_split(Split::double_mean, {10, 10, 1, 20}));
  EXPECT_TRUE(can_split(Split::double_mean, {200, 10, 1, 20}));
  const SplitState impossible[] = {
      {9, 10, 1, 20},      {201, 10, 1, 20},     {0, 0, 1, 20},      {10, -1, 1, 20},
      {501, 501, 1, 20},   {100, 10, 20, 1},     {10, 10, -1, 20},   {100, 10, 1, 1 << 22},
      {huge, 10, 1, huge}, {huge, huge, 1, 100}, {-10, 10, 1, 20},   {huge, 2, huge, huge},
      {10, 10, -huge, 20}, {10, 10, 1, -huge},   {-huge, 10, 0, 20},
  };
  for (const SplitState& whole : impossible) {
    EXPECT_FALSE(can_split(Split::double_mean, whole))
        << whole.remaining_fen << " in " << whole.shares_left;
  }
}

TEST(Split, ByKindIsNoRuleAndNeitherIsAnUnknownNumber) {
  EXPECT_FALSE(can_split(Split::by_kind, {2'000, 10, 1, 20'000}));
  EXPECT_FALSE(can_split(static_cast<Split>(4), {2'000, 10, 1, 20'000}));
}

using SplitDeathTest = testing::Test;

TEST(SplitDeathTest, InfeasibleStateStopsTheProcess) {
  EXPECT_DEATH(draw_double_mean({9, 10, 1, 20}, 0), "assertion failed");
  EXPECT_DEATH(draw_double_mean({201, 10, 1, 20}, 0), "assertion failed");
  EXPECT_DEATH(draw_double_mean({0, 0, 1, 20}, 0), "assertion failed");
}

TEST(SplitDeathTest, RoomForAnotherNumberOfSharesStopsTheProcess) {
  Shares nine(9);
  EXPECT_DEATH(draw_order_fair({1, 2}, {100, 10, 1, 20}, nine), "assertion failed");
  EXPECT_DEATH(draw_all(Split::double_mean, {1, 2}, {100, 10, 1, 20}, nine), "assertion failed");
}

}  // namespace
}  // namespace hb
