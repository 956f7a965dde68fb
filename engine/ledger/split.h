// How a packet's money is split: the amount of the next share, or of all shares at once.
//
// Pure functions of what is left and of the packet's secret seed, so whoever is told the seed can
// check every share.
//
// A draw is a promise: what a seed yields is checked for ever (`hongbao verify-split` draws again),
// so it never changes.  Another algorithm is another value of Split.  The unit test holds vectors
// of both rules.
//
// Units:      fen.
// Invariants: for feasible input (left * min <= remaining <= left * max) every share lies in
//             [min, max] and leaves a feasible rest, at every step; the last share takes the rest.
#pragma once

#include <cstdint>
#include <span>

#include "engine/base/prf.h"
#include "engine/ledger/commands.h"

namespace hb {

struct SplitState {
  std::int64_t remaining_fen = 0;
  std::int64_t shares_left = 0;  // this one included, at least 1
  std::int64_t share_fen_min = 0;
  std::int64_t share_fen_max = 0;
};

// The word that decides share `index` (from 0) of a packet with this seed.
constexpr std::uint64_t split_word(PrfKey seed, std::uint32_t index) {
  return prf(seed, index);
}

// Double mean, the field's convention: uniform from the least share to its mirror image at twice
// the remaining mean (2 * mean - min), so that the expected share is the remaining mean, exactly,
// at every position.  Where a bound or the feasibility of the rest cuts one side, the other is cut
// alike, and the expectation stays.  Twice the mean is rounded up or down at random, in proportion.
//
// Source: the rule as told by WeChat's engineers (a share is random between 0.01 and twice the mean
// of what is left); the symmetric bounds are ours.
std::int64_t draw_double_mean(const SplitState& state, std::uint64_t word);

// Order-fair: the shares of double mean in a random order, all drawn at once.  Every place in the
// queue has the same distribution, so nobody gains by waiting, while the spread over all shares is
// that of double mean.  Fills `shares_fen`, as many as `whole` has left, in the order of claims.
//
// Cost:   two words of the PRF a share, some 25 ns.
// Source: the shuffle is Fisher and Yates', as Durstenfeld wrote it (CACM 7, 1964, algorithm 235).
void draw_order_fair(PrfKey seed, const SplitState& whole, std::span<std::uint32_t> shares_fen);

// Whether a packet may be split so: the rule is known (by_kind is none), its bounds and counts are
// within the limits, the sum is feasible and, for equal, divides.  Any input will do.
bool can_split(Split split, const SplitState& whole);

// All shares of a packet in the order of claims, as the ledger gives them out one by one.
// REQUIRES: can_split(split, whole), and as many `shares_fen` as `whole` has left.
void draw_all(Split split, PrfKey seed, const SplitState& whole,
              std::span<std::uint32_t> shares_fen);

}  // namespace hb
