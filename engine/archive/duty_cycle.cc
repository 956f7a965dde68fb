#include "engine/archive/duty_cycle.h"

#include <algorithm>

#include "engine/base/assert.h"

namespace hb::archive {
namespace {

// While others use less than this, the share is whole; from here on it falls in proportion.
constexpr Permille quiet = 200;
// From here on it is the least.
constexpr Permille busy = 900;
constexpr Permille share_min = 50;

// A slice that lasts longer was not all work: the thread waited for the disk, or for a processor.
constexpr std::int64_t worked_slices_max = 4;

}  // namespace

Permille share_beside(const ProcessorUse& use) {
  if (use.all.us() <= 0) return share_min;
  const std::int64_t others_us = use.all.us() - use.idle.us() - use.background.us();
  const Permille others = std::clamp(others_us * whole / use.all.us(), Permille{0}, whole);
  if (others < quiet) return whole;
  if (others >= busy) return share_min;
  return share_min + (whole - share_min) * (busy - others) / (busy - quiet);
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
