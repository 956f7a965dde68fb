// What the log says about clients: their names, and why connections were refused or ended.
//
// Whatever clients do, they cannot flood the log: of each kind a few lines are written at once,
// then one every few seconds, with the number of those suppressed. Nothing that a client sent is
// written raw.
//
// Threads: any.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "engine/base/units.h"
#include "net/server/line_limit.h"
#include "net/session/session.h"

namespace hb::net {

// Why a connection ended, in words: "sent an HTTP request instead of ...".
std::string describe(const SessionEnd& end);

class PeerLog {
 public:
  // A client at `peer` said Hello.
  void greeted(Time now, std::string_view peer, std::string_view client_name);
  // The server ended a connection.
  void ended(Time now, std::string_view peer, std::string_view client_name, const SessionEnd& end);
  // A connection could not be accepted.
  void not_accepted(Time now, std::string_view why);
  // Writes how many lines were suppressed that no later line has reported. Call it now and then.
  void report_suppressed(Time now);

 private:
  static constexpr std::uint32_t burst = 20;
  static constexpr Duration interval = Duration::seconds(5);

  std::mutex mutex_;
  LineLimit greetings_{burst, interval};
  LineLimit ends_{burst, interval};
  LineLimit failures_{burst, interval};
};

}  // namespace hb::net
