// The machine's clock, made fit for a ledger: it never jumps, never goes back and never stops.
//
// It starts at the wall clock, or at the journals' last event if that is later, and from then on
// follows the monotonic clock.  A difference to the wall clock, which an operator or a time daemon
// may set, is worked off at a fixed rate, so it ends in a time that can be stated:
//
//   ahead of the wall clock:  time runs at 2/3 of its speed; a difference of d is gone after 3 d.
//                             Packets live up to half as long again meanwhile, never shorter.
//   behind the wall clock:    time runs at 9/8 of its speed; a difference of d is gone after 8 d.
//                             Packets lose at most a ninth of their life.  Catching up at once
//                             would refund packets early, which nothing can undo, for a wall clock
//                             that may be wrong.
//
// Units:   microseconds since the Unix epoch.
// Cost:    two reads through the vDSO, about 50 ns; call it once a turn.
// Threads: one instance a thread.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/port/clock.h"

namespace hb {

class SystemClock : public Clock {
 public:
  // The machine's two clocks.
  struct Readings {
    Time wall;
    Time monotonic;
  };
  using Source = std::function<Readings()>;
  static Readings machine();

  explicit SystemClock(Source source = machine);

  // The ledger's time goes on from `last`, if that is later than where it is.
  void go_on_from(Time last);

  ClockReading read() override;

  // How long it takes to work off a difference.
  static Duration catch_up_time(Duration ahead);

 private:
  const Source source_;
  Time monotonic_;
  std::int64_t now_us_;
  std::int64_t divisor_ = 0;  // of the last correction
  std::int64_t rest_us_ = 0;  // monotonic time that has not yet earned a microsecond of correction
};

}  // namespace hb
