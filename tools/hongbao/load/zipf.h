// Zipf's law: rank k of n is drawn with a probability proportional to k^-exponent, as packets in a
// chat and users of an app are.
//
// Source:  rejection-inversion (Hörmann, Derflinger, ACM TOMACS 6(3), 1996).
// Cost:    about one try a draw, whatever n is; no tables.
// Threads: none; drawing changes the caller's Random only.
#pragma once

#include <cstdint>

#include "tools/hongbao/load/random.h"

namespace hb::load {

class Zipf {
 public:
  // REQUIRES: n >= 1, exponent > 0.
  Zipf(std::uint64_t n, double exponent);

  // A rank in [0, n); 0 is the hottest.
  std::uint64_t draw(Random& random) const;

 private:
  // The density, its integral, and the inverse of that.
  double density(double x) const;
  double integral(double x) const;
  double inverse(double area) const;

  double n_;
  double exponent_;
  double area_first_;
  double area_last_;
  double sure_below_;  // nearer to a rank than this needs no test
};

}  // namespace hb::load
