#include "engine/archive/duty_cycle.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "engine/base/assert.h"

namespace hb::archive {
namespace {

// Beside what use by others the share is what; a straight line in between, and level outside.  It
// falls fast where the second of two processors begins to be used: there the threads of a claim and
// the background contend.
struct Point {
  Permille others;
  Permille share;
};
constexpr std::array<Point, 4> shares = {{{200, whole}, {500, 550}, {650, 100}, {900, 50}}};

// A slice that lasts longer was not all work: the thread waited for the disk, or for a processor.
constexpr std::int64_t worked_slices_max = 4;

}  // namespace

Permille share_beside(const ProcessorUse& use) {
  if (use.all.us() <= 0) return shares.back().share;
  const std::int64_t others_us = use.all.us() - use.idle.us() - use.background.us();
  const Permille others = std::clamp(others_us * whole / use.all.us(), Permille{0}, whole);
  if (others <= shares.front().others) return shares.front().share;
  for (std::size_t i = 1; i < shares.size(); ++i) {
    const auto [from, to] = std::pair(shares[i - 1], shares[i]);
    if (others < to.others) {
      return to.share + (from.share - to.share) * (to.others - others) / (to.others - from.others);
    }
  }
  return shares.back().share;
}

Duration DutyCycle::rest(Duration now, Permille share) {
  HB_ASSERT(share > 0);
  if (share >= whole) return {};
  const std::int64_t worked_us = now.us() - woke_at_.us();
  if (worked_us < slice.us()) return {};
  const std::int64_t counted_us = std::min(worked_us, worked_slices_max * slice.us());
  return std::min(Duration::us(counted_us * (whole - share) / share), rest_max);
}

}  // namespace hb::archive
