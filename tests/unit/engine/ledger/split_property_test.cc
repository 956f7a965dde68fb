// What must hold for every packet that can be split at all, whatever its seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <vector>

#include "engine/ledger/split.h"
#include "tests/support/property.h"

namespace hb {

// How RapidCheck prints a counterexample.
static void showValue(const SplitState& whole, std::ostream& out) {
  out << whole.remaining_fen << " fen in " << whole.shares_left << " shares of "
      << whole.share_fen_min << " to " << whole.share_fen_max;
}
static void showValue(const PrfKey& seed, std::ostream& out) {
  out << "seed {" << seed.k0 << ", " << seed.k1 << "}";
}

namespace {

using test::holds;

constexpr std::array lucky_splits = {Split::double_mean, Split::order_fair};

// Every feasible packet, and often one at the very bounds of what is feasible.
rc::Gen<SplitState> any_packet() {
  return rc::gen::exec([] {
    const std::int64_t shares = *rc::gen::inRange(1, 501);
    const std::int64_t min = *rc::gen::inRange(1, 1'001);
    const std::int64_t max = min + *rc::gen::inRange(0, 52'001);
    const std::int64_t least = shares * min;
    const std::int64_t most = shares * max;
    const std::int64_t total = *rc::gen::weightedOneOf<std::int64_t>(
        {{6, rc::gen::inRange<std::int64_t>(least, most + 1)},
         {1, rc::gen::element(least, std::min(least + 1, most))},
         {1, rc::gen::element(most, std::max(most - 1, least))}});
    return SplitState{total, shares, min, max};
  });
}

rc::Gen<PrfKey> any_seed() {
  return rc::gen::construct<PrfKey>(rc::gen::arbitrary<std::uint64_t>(),
                                    rc::gen::arbitrary<std::uint64_t>());
}

// Words that a PRF may yield, among them those that draw the ends of the range.
rc::Gen<std::uint64_t> any_word() {
  constexpr std::uint64_t low_half = 0xffff'ffff;
  return rc::gen::weightedOneOf<std::uint64_t>(
      {{2, rc::gen::element<std::uint64_t>(0, low_half, ~low_half, ~std::uint64_t{0})},
       {1, rc::gen::arbitrary<std::uint64_t>()}});
}

std::vector<std::uint32_t> drawn(Split split, PrfKey seed, const SplitState& whole) {
  std::vector<std::uint32_t> shares_fen(static_cast<std::size_t>(whole.shares_left));
  draw_all(split, seed, whole, shares_fen);
  return shares_fen;
}

// Takes a share off, and sees that both it and what is left keep to the bounds.
void take(SplitState& rest, std::int64_t share_fen) {
  RC_ASSERT(share_fen >= rest.share_fen_min);
  RC_ASSERT(share_fen <= rest.share_fen_max);
  rest.remaining_fen -= share_fen;
  --rest.shares_left;
  RC_ASSERT(rest.remaining_fen >= rest.shares_left * rest.share_fen_min);
  RC_ASSERT(rest.remaining_fen <= rest.shares_left * rest.share_fen_max);
}

TEST(SplitProperty, EveryStepOfDoubleMeanStaysFeasibleWhateverTheWords) {
  EXPECT_TRUE(holds("double mean stays feasible at every step", [] {
    SplitState rest = *any_packet();
    const auto words = *rc::gen::container<std::array<std::uint64_t, 7>>(any_word());
    for (std::size_t i = 0; rest.shares_left > 0; ++i) {
      take(rest, draw_double_mean(rest, words[i % words.size()]));
    }
    RC_ASSERT(rest.remaining_fen == 0);
  }));
}

TEST(SplitProperty, EveryStepOfAWholeDrawStaysFeasible) {
  EXPECT_TRUE(holds("whole draws stay feasible at every step", [] {
    const SplitState whole = *any_packet();
    const PrfKey seed = *any_seed();
    for (const Split split : lucky_splits) {
      RC_ASSERT(can_split(split, whole));
      SplitState rest = whole;
      for (const std::uint32_t share_fen : drawn(split, seed, whole)) take(rest, share_fen);
      RC_ASSERT(rest.shares_left == 0);
      RC_ASSERT(rest.remaining_fen == 0);
    }
  }));
}

// What the ledger does claim by claim.
TEST(SplitProperty, WholeDrawOfDoubleMeanIsTheDrawOfOneShareAfterTheOther) {
  EXPECT_TRUE(holds("double mean drawn whole is double mean drawn in turn", [] {
    SplitState rest = *any_packet();
    const PrfKey seed = *any_seed();
    std::uint32_t index = 0;
    for (const std::uint32_t share_fen : drawn(Split::double_mean, seed, rest)) {
      RC_ASSERT(draw_double_mean(rest, split_word(seed, index++)) == share_fen);
      take(rest, share_fen);
    }
  }));
}

TEST(SplitProperty, OrderFairHasTheSharesOfDoubleMeanInAnotherOrder) {
  EXPECT_TRUE(holds("order-fair is a permutation of double mean", [] {
    const SplitState whole = *any_packet();
    const PrfKey seed = *any_seed();
    const auto in_turn = drawn(Split::double_mean, seed, whole);
    const auto fair = drawn(Split::order_fair, seed, whole);
    RC_ASSERT(std::ranges::is_permutation(in_turn, fair));
  }));
}

TEST(SplitProperty, SameSeedGivesTheSameShares) {
  EXPECT_TRUE(holds("a draw depends on nothing but its arguments", [] {
    const SplitState whole = *any_packet();
    const PrfKey seed = *any_seed();
    for (const Split split : lucky_splits) {
      const auto first = drawn(split, seed, whole);
      drawn(split, *any_seed(), *any_packet());
      RC_ASSERT(drawn(split, seed, whole) == first);
    }
  }));
}

TEST(SplitProperty, EqualSharesAddUpToTheTotal) {
  EXPECT_TRUE(holds("equal shares are equal, and all there is", [] {
    SplitState whole = *any_packet();
    whole.remaining_fen -= whole.remaining_fen % whole.shares_left;
    RC_ASSERT(can_split(Split::equal, whole));
    SplitState rest = whole;
    for (const std::uint32_t share_fen : drawn(Split::equal, *any_seed(), whole)) {
      RC_ASSERT(share_fen * whole.shares_left == whole.remaining_fen);
      take(rest, share_fen);
    }
    RC_ASSERT(rest.remaining_fen == 0);
  }));
}

}  // namespace
}  // namespace hb
