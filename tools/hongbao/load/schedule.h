// When requests are due in an open loop: a Poisson process, as of many users who know nothing of
// each other.
//
// The schedule does not wait for anybody.  Latency counts from the instants it names, so a server
// that stalls is charged for every request that should have been sent meanwhile.
//
// Units:   nanoseconds since the start.
// Threads: none.
#pragma once

#include <cmath>
#include <cstdint>

#include "tools/hongbao/load/random.h"

namespace hb::load {

class PoissonSchedule {
 public:
  // REQUIRES: per_second > 0.
  PoissonSchedule(double per_second, std::uint64_t seed)
      : mean_gap_ns_(1e9 / per_second), random_(seed) {
    advance();
  }

  std::int64_t due_ns() const { return static_cast<std::int64_t>(due_ns_); }
  double mean_gap_ns() const { return mean_gap_ns_; }
  void advance() { due_ns_ -= mean_gap_ns_ * std::log(random_.unit()); }

 private:
  double mean_gap_ns_;
  double due_ns_ = 0;
  Random random_;
};

}  // namespace hb::load
