// A sum of money over all time.
//
// An Amount can overflow here: one client that deposits the largest sum and withdraws it again
// brings it past 64 bits within a thousand rounds.  So what counts history and never falls is an
// AmountSum; what counts the present state stays an Amount.
//
// Units:      fen.
// Errors:     none: 128 bits hold 10^19 additions of any Amount.
#pragma once

#include <compare>
#include <cstdint>

#include "engine/base/units.h"

namespace hb {

class AmountSum {
 public:
  __extension__ using Wide = __int128;

  constexpr AmountSum() = default;
  // Implicit: every Amount is a sum.
  constexpr AmountSum(Amount amount) : fen_(amount.fen()) {}

  constexpr Wide fen() const { return fen_; }
  // Its two halves, for a hash.
  constexpr std::uint64_t low() const { return static_cast<std::uint64_t>(fen_); }
  constexpr std::uint64_t high() const { return static_cast<std::uint64_t>(fen_ >> 64); }

  friend constexpr auto operator<=>(const AmountSum&, const AmountSum&) = default;
  friend constexpr AmountSum operator+(AmountSum a, AmountSum b) {
    return AmountSum(a.fen_ + b.fen_);
  }
  friend constexpr AmountSum operator-(AmountSum a, AmountSum b) {
    return AmountSum(a.fen_ - b.fen_);
  }
  constexpr AmountSum& operator+=(AmountSum b) { return *this = *this + b; }

 private:
  constexpr explicit AmountSum(Wide fen) : fen_(fen) {}
  Wide fen_ = 0;
};

}  // namespace hb
