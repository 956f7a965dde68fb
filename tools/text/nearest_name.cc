#include "tools/text/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace hb {

namespace {

// Longer texts are no typing errors, and would cost the square of their length.
constexpr std::size_t name_bytes_max = 100;

// Damerau's distance, each pair swapped once at most (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  // Distances from a's first i - 2, i - 1 and i characters to each prefix of b.
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view typed, std::span<const std::string_view> known) {
  std::string_view nearest;
  if (typed.size() > name_bytes_max) return nearest;
  std::size_t least = 0;
  for (const std::string_view name : known) {
    const std::size_t found = distance(typed, name);
    if (found > std::max(typed.size(), name.size()) / 3) continue;
    if (!nearest.empty() && found >= least) continue;
    nearest = name;
    least = found;
  }
  return nearest;
}

std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known) {
  const std::string_view nearest = nearest_name(typed, known);
  if (nearest.empty()) return {};
  return std::string("; did you mean '").append(nearest).append("'?");
}

}  // namespace hb
