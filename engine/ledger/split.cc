#include "engine/ledger/split.h"

#include <algorithm>
#include <utility>

#include "engine/base/assert.h"
#include "engine/base/limits.h"

namespace hb {

namespace {

// 0 <= result < bound, from 32 random bits; the bias is below bound / 2^32.
std::int64_t scale(std::uint32_t random, std::int64_t bound) {
  return static_cast<std::int64_t>((std::uint64_t{random} * static_cast<std::uint64_t>(bound)) >>
                                   32);
}

// Where the words of the shuffle start, apart from those of the shares.
constexpr std::uint32_t shuffle_words = 0x8000'0000;

bool feasible(const SplitState& s) {
  return s.shares_left >= 1 && s.remaining_fen >= s.shares_left * s.share_fen_min &&
         s.remaining_fen <= s.shares_left * s.share_fen_max;
}

// Double mean, share after share.
void draw_in_turn(PrfKey seed, SplitState rest, std::span<std::uint32_t> shares_fen) {
  for (std::uint32_t i = 0; i < shares_fen.size(); ++i) {
    const std::int64_t drawn_fen = draw_double_mean(rest, split_word(seed, i));
    shares_fen[i] = static_cast<std::uint32_t>(drawn_fen);
    rest.remaining_fen -= drawn_fen;
    --rest.shares_left;
  }
}

void shuffle(PrfKey seed, std::span<std::uint32_t> shares_fen) {
  for (auto i = static_cast<std::uint32_t>(shares_fen.size()); i-- > 1;) {
    const auto bits = static_cast<std::uint32_t>(split_word(seed, shuffle_words + i));
    std::swap(shares_fen[i], shares_fen[static_cast<std::size_t>(scale(bits, i + 1))]);
  }
}

}  // namespace

std::int64_t draw_double_mean(const SplitState& s, std::uint64_t word) {
  HB_ASSERT(feasible(s));
  if (s.shares_left == 1) return s.remaining_fen;

  const std::int64_t others = s.shares_left - 1;
  const std::int64_t least = std::max(s.share_fen_min, s.remaining_fen - s.share_fen_max * others);
  const std::int64_t most = std::min(s.share_fen_max, s.remaining_fen - s.share_fen_min * others);

  const auto draw_bits = static_cast<std::uint32_t>(word);
  const auto rounding_bits = static_cast<std::uint32_t>(word >> 32);
  const std::int64_t fraction = 2 * s.remaining_fen % s.shares_left;
  const bool round_up = scale(rounding_bits, s.shares_left) < fraction;
  const std::int64_t twice_mean = 2 * s.remaining_fen / s.shares_left + (round_up ? 1 : 0);

  const std::int64_t low = std::max(least, twice_mean - most);
  const std::int64_t high = twice_mean - low;
  return low + scale(draw_bits, high - low + 1);
}

void draw_order_fair(PrfKey seed, const SplitState& whole, std::span<std::uint32_t> shares_fen) {
  HB_ASSERT(static_cast<std::int64_t>(shares_fen.size()) == whole.shares_left);
  draw_in_turn(seed, whole, shares_fen);
  shuffle(seed, shares_fen);
}

bool can_split(Split split, const SplitState& whole) {
  if (split == Split::by_kind || split > Split::equal) return false;
  if (whole.shares_left < 1 || whole.shares_left > limits::packet_shares_max) return false;
  if (whole.share_fen_min < 0 || whole.share_fen_max > limits::share_amount_max) return false;
  if (whole.share_fen_min > whole.share_fen_max || !feasible(whole)) return false;
  return split != Split::equal || whole.remaining_fen % whole.shares_left == 0;
}

void draw_all(Split split, PrfKey seed, const SplitState& whole,
              std::span<std::uint32_t> shares_fen) {
  HB_ASSERT(can_split(split, whole));
  HB_ASSERT(static_cast<std::int64_t>(shares_fen.size()) == whole.shares_left);
  switch (split) {
    case Split::equal:
      std::ranges::fill(shares_fen,
                        static_cast<std::uint32_t>(whole.remaining_fen / whole.shares_left));
      break;
    case Split::order_fair:
      draw_order_fair(seed, whole, shares_fen);
      break;
    case Split::by_kind:
    case Split::double_mean:
      draw_in_turn(seed, whole, shares_fen);
      break;
  }
}

}  // namespace hb
