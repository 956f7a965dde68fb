// A background job that fails and is tried again: when the next try is due, and which failures are
// worth a line in the log.
//
//   if (!outage.due(now)) ...                       // wait until next_try()
//   auto done = try_it();
//   if (!done && outage.failed(done.error(), now)) log(...);
//   if (done && outage.ended()) log("... resumed");
//
// The first failure is reported, then a failure of another kind, then one each `report_interval`:
// a disk that stays full for a night does not fill the log.
//
// Units:   times are of a clock that never goes back, usually the monotonic one.
// Cost:    a few comparisons.
// Threads: none.
#pragma once

#include <algorithm>
#include <optional>

#include "engine/base/result.h"
#include "engine/base/units.h"

namespace hb {

class Outage {
 public:
  static constexpr Duration report_interval = Duration::seconds(600);

  // The pause after the first failure, and the longest: each failure doubles it.
  struct Pauses {
    Duration first = Duration::ms(500);
    // Space may come back at any time, and then everything goes on within seconds.
    Duration longest_without_space = Duration::seconds(2);
    Duration longest = Duration::seconds(60);
  };

  Outage() = default;
  explicit Outage(Pauses pauses) : pauses_(pauses) {}

  bool active() const { return code_.has_value(); }
  Time next_try() const { return next_try_; }
  bool due(Time now) const { return now >= next_try_; }

  // A try has failed.  True: this failure is worth a line in the log.
  bool failed(const Error& why, Time now) {
    const bool report = code_ != why.code || now - reported_at_ >= report_interval;
    const Duration longest =
        why.code == ErrorCode::no_space ? pauses_.longest_without_space : pauses_.longest;
    const Duration wanted = active() ? Duration::us(2 * pause_.us()) : pauses_.first;
    pause_ = std::min(wanted, longest);
    next_try_ = now + pause_;
    code_ = why.code;
    if (report) reported_at_ = now;
    return report;
  }

  // A try has succeeded.  True: it ended an outage, which is worth a line.
  bool ended() {
    const bool was_active = active();
    code_.reset();
    next_try_ = {};
    return was_active;
  }

 private:
  Pauses pauses_{};
  std::optional<ErrorCode> code_;  // of the last failure; none: all is well
  Duration pause_{};
  Time next_try_{};
  Time reported_at_{};
};

}  // namespace hb
