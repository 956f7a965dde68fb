// The time since an arbitrary moment, which no one sets: for pauses and timeouts.
#pragma once

#include <chrono>

#include "engine/base/units.h"

namespace hb {

inline Time monotonic_time() {
  using std::chrono::microseconds;
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return Time(std::chrono::duration_cast<microseconds>(since).count());
}

}  // namespace hb
