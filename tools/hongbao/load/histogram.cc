#include "tools/hongbao/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace hb::load {

namespace {

constexpr int cells_per_octave = 128;
constexpr int octave_bits = 7;
constexpr int value_bits_max = 40;
constexpr std::int64_t value_max = (std::int64_t{1} << value_bits_max) - 1;

}  // namespace

int LatencyAxis::index(std::int64_t ns) const {
  const auto value = static_cast<std::uint64_t>(std::clamp<std::int64_t>(ns, 0, value_max));
  const int shift = std::max(static_cast<int>(std::bit_width(value)) - octave_bits - 1, 0);
  return shift * cells_per_octave + static_cast<int>(value >> shift);
}

int LatencyAxis::size() const {
  return index(value_max) + 1;
}

std::int64_t LatencyAxis::value(int cell) const {
  const int shift = std::max(cell / cells_per_octave - 1, 0);
  const std::int64_t mantissa = cell - shift * cells_per_octave;
  return ((mantissa + 1) << shift) - 1;
}

LatencyHistogram::LatencyHistogram()
    : counts_(boost::histogram::make_histogram_with(std::vector<std::uint64_t>(), LatencyAxis())) {}

void LatencyHistogram::add(std::int64_t ns, std::uint64_t weight) {
  counts_(ns, boost::histogram::weight(weight));
  count_ += weight;
  max_ns_ = std::max(max_ns_, ns);
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  counts_ += other.counts_;
  count_ += other.count_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

void LatencyHistogram::clear() {
  counts_.reset();
  count_ = 0;
  max_ns_ = 0;
}

double LatencyHistogram::percentile_us(double quantile) const {
  if (count_ == 0) return 0;
  const auto rank = std::max<std::uint64_t>(
      static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(count_))), 1);
  const LatencyAxis& axis = counts_.axis();
  std::uint64_t seen = 0;
  for (int cell = 0; cell < axis.size(); ++cell) {
    seen += counts_[cell];
    if (seen >= rank) {
      return static_cast<double>(std::min(axis.value(cell), max_ns_)) / 1e3;
    }
  }
  return max_us();
}

}  // namespace hb::load
