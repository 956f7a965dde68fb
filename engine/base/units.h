// Money and time as types that do not mix.
//
// Units:      Amount counts fen (minor units); Time is microseconds since the Unix epoch; Duration
//             is microseconds.  No other unit of money or time enters the engine.
// Errors:     arithmetic that would overflow is our bug (every amount that enters is bounded by
//             limits first), so it asserts rather than wraps.
// Cost:       as the bare integer, plus one predicted branch for the check.
#pragma once

#include <compare>
#include <cstdint>

#include "engine/base/assert.h"

namespace hb {

class Amount {
 public:
  constexpr Amount() = default;
  constexpr explicit Amount(std::int64_t fen) : fen_(fen) {}

  constexpr std::int64_t fen() const { return fen_; }
  friend constexpr auto operator<=>(const Amount&, const Amount&) = default;

  friend constexpr Amount operator+(Amount a, Amount b) {
    Amount sum;
    HB_ASSERT(!__builtin_add_overflow(a.fen_, b.fen_, &sum.fen_));
    return sum;
  }
  friend constexpr Amount operator-(Amount a, Amount b) {
    Amount difference;
    HB_ASSERT(!__builtin_sub_overflow(a.fen_, b.fen_, &difference.fen_));
    return difference;
  }
  friend constexpr Amount operator*(Amount a, std::int64_t count) {
    Amount product;
    HB_ASSERT(!__builtin_mul_overflow(a.fen_, count, &product.fen_));
    return product;
  }
  constexpr Amount& operator+=(Amount b) { return *this = *this + b; }
  constexpr Amount& operator-=(Amount b) { return *this = *this - b; }

 private:
  std::int64_t fen_ = 0;
};

class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration us(std::int64_t n) { return Duration(n); }
  static constexpr Duration ms(std::int64_t n) { return Duration(n * 1'000); }
  static constexpr Duration seconds(std::int64_t n) { return Duration(n * 1'000'000); }
  static constexpr Duration hours(std::int64_t n) { return seconds(n * 3'600); }

  constexpr std::int64_t us() const { return us_; }
  friend constexpr auto operator<=>(const Duration&, const Duration&) = default;

 private:
  constexpr explicit Duration(std::int64_t n) : us_(n) {}
  std::int64_t us_ = 0;
};

class Time {
 public:
  constexpr Time() = default;
  constexpr explicit Time(std::int64_t us) : us_(us) {}

  constexpr std::int64_t us() const { return us_; }
  friend constexpr auto operator<=>(const Time&, const Time&) = default;

  friend constexpr Time operator+(Time t, Duration d) {
    Time later;
    HB_ASSERT(!__builtin_add_overflow(t.us_, d.us(), &later.us_));
    return later;
  }
  friend constexpr Duration operator-(Time a, Time b) {
    std::int64_t n = 0;
    HB_ASSERT(!__builtin_sub_overflow(a.us_, b.us_, &n));
    return Duration::us(n);
  }

 private:
  std::int64_t us_ = 0;
};

}  // namespace hb
