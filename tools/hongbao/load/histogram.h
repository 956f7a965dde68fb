// How long answers took: a Boost.Histogram over an axis whose cells grow with the value.
//
// Units:   nanoseconds in, microseconds out.
// Error:   a cell is at most 1/128 of its value wide, and percentiles are told by its upper end, so
//          they are never told too small and at most 0.8 % too large.  max() is exact.
// Memory:  35 KB.
// Cost:    add() is a few instructions, whatever its weight.
// Threads: none.
#pragma once

#include <boost/histogram/axis/option.hpp>
#include <boost/histogram/histogram.hpp>
#include <boost/histogram/make_histogram.hpp>
#include <boost/histogram/weight.hpp>
#include <cstdint>
#include <tuple>
#include <vector>

namespace hb::load {

// 128 cells for each power of two, up to 2^40 ns (18 minutes); what is longer counts there.
class LatencyAxis {
 public:
  int index(std::int64_t ns) const;
  int size() const;
  // The largest value of a cell, in ns.
  std::int64_t value(int cell) const;

  static constexpr auto options() { return boost::histogram::axis::option::none_t{}; }
  bool operator==(const LatencyAxis&) const = default;
};

class LatencyHistogram {
 public:
  LatencyHistogram();

  void add(std::int64_t ns, std::uint64_t weight);
  void merge(const LatencyHistogram& other);
  void clear();

  std::uint64_t count() const { return count_; }
  double max_us() const { return static_cast<double>(max_ns_) / 1e3; }
  // The least latency that a share `quantile` (0 to 1) of all kept to; 0 without any.
  double percentile_us(double quantile) const;

 private:
  using Counts =
      decltype(boost::histogram::make_histogram_with(std::vector<std::uint64_t>(), LatencyAxis()));

  Counts counts_;
  std::uint64_t count_ = 0;
  std::int64_t max_ns_ = 0;
};

}  // namespace hb::load
