// What the log says of a difference between the ledger's time and the machine's clock.
//
// A difference beyond `noted` is reported when it begins, when it has doubled or changed sides
// since the last report, once each `report_interval` while it lasts, and when it ends.
//
// Threads: none.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/units.h"

namespace hb {

class ClockWatch {
 public:
  static constexpr Duration noted = Duration::seconds(1);
  static constexpr Duration report_interval = Duration::seconds(600);

  enum class News : std::uint8_t { none, differs, agrees };

  News look(Duration ahead, Time monotonic);

 private:
  Duration reported_{};  // zero: nothing
  Time reported_at_{};
};

// "the server's time is 2 h ahead of the machine's clock (2026-11-29 13:00:00 UTC); ..." with what
// follows from it and how long it lasts.
std::string describe_difference(Duration ahead, Time wall);

// "2 h", "1 min 30 s", "0.5 s".
std::string show_span(Duration span);
// "2026-11-29 13:00:00 UTC".
std::string show_time(Time time);

}  // namespace hb
