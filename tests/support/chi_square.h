// Pearson's chi-square tests: do counts agree with what was expected?
//
// The result is the chance that counts as far off as these, or further, come up although the
// expectation is right.  A test that refuses below `doubt` is wrong once in a million fresh seeds.
//
// REQUIRES: independent observations, and an expected count of about 5 or more in every cell.
// Source:   K. Pearson 1900; the distribution is Boost.Math's.
#pragma once

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>

namespace hb::test {

inline constexpr double doubt = 1e-6;

using Counts = std::vector<std::uint64_t>;

inline double chi_square_chance(double statistic, std::size_t degrees_of_freedom) {
  const boost::math::chi_squared distribution(static_cast<double>(degrees_of_freedom));
  return boost::math::cdf(boost::math::complement(distribution, statistic));
}

inline double square_off(std::uint64_t count, double expected) {
  const double off = static_cast<double>(count) - expected;
  return off * off / expected;
}

inline double total_of(const Counts& counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
}

// That every cell is equally likely.
inline double chance_if_uniform(const Counts& counts) {
  const double expected = total_of(counts) / static_cast<double>(counts.size());
  double statistic = 0;
  for (const std::uint64_t count : counts) statistic += square_off(count, expected);
  return chi_square_chance(statistic, counts.size() - 1);
}

// That all rows come from one distribution over the columns.  A column without a count says nothing
// and is left out.
inline double chance_if_homogeneous(const std::vector<Counts>& rows) {
  const std::size_t columns = rows.front().size();
  Counts in_row, in_column(columns, 0);
  for (const Counts& row : rows) {
    in_row.push_back(std::accumulate(row.begin(), row.end(), std::uint64_t{0}));
    std::ranges::transform(in_column, row, in_column.begin(), std::plus<>());
  }
  const double total = total_of(in_row);
  double statistic = 0;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      if (in_column[c] == 0) continue;
      const double expected =
          static_cast<double>(in_row[r]) * static_cast<double>(in_column[c]) / total;
      statistic += square_off(rows[r][c], expected);
    }
  }
  const auto empty = static_cast<std::size_t>(std::ranges::count(in_column, 0u));
  return chi_square_chance(statistic, (rows.size() - 1) * (columns - empty - 1));
}

}  // namespace hb::test
