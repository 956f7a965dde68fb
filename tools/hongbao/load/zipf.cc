#include "tools/hongbao/load/zipf.h"

#include <algorithm>
#include <cmath>

#include "engine/base/assert.h"

namespace hb::load {

namespace {

// log1p(x)/x and expm1(x)/x, which are 1 at 0.
double log1p_ratio(double x) {
  return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x / 2;
}
double expm1_ratio(double x) {
  return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2;
}

}  // namespace

Zipf::Zipf(std::uint64_t n, double exponent) : n_(static_cast<double>(n)), exponent_(exponent) {
  HB_ASSERT(n >= 1 && exponent > 0);
  area_first_ = integral(1.5) - 1;
  area_last_ = integral(n_ + 0.5);
  sure_below_ = 2 - inverse(integral(2.5) - density(2));
}

std::uint64_t Zipf::draw(Random& random) const {
  while (true) {
    const double area = area_last_ + random.unit() * (area_first_ - area_last_);
    const double x = inverse(area);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, n_);
    if (rank - x <= sure_below_ || area >= integral(rank + 0.5) - density(rank)) {
      return static_cast<std::uint64_t>(rank) - 1;
    }
  }
}

double Zipf::density(double x) const {
  return std::exp(-exponent_ * std::log(x));
}

double Zipf::integral(double x) const {
  const double log_x = std::log(x);
  return expm1_ratio((1 - exponent_) * log_x) * log_x;
}

double Zipf::inverse(double area) const {
  const double t = std::max(area * (1 - exponent_), -1.0);
  return std::exp(log1p_ratio(t) * area);
}

}  // namespace hb::load
