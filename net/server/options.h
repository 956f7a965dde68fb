// What a server is told: addresses, bounds, and what the engine below it needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/shard/parcel.h"
#include "net/session/session.h"

namespace hb::net {

// One address, and what the answers on its connections wait for.
struct Listener {
  std::string host = "127.0.0.1";
  std::uint16_t port = 7700;  // 0: the system chooses
  hb::Acknowledgement acknowledgement = hb::Acknowledgement::disk;
};

struct ServerOptions {
  std::vector<Listener> listeners{Listener{}};
  bool insecure = false;  // listen beyond loopback although nothing is encrypted
  std::uint32_t connections_max = 20'000;
  // What the connections of one worker may hold together, in bytes, beyond Session::own_bytes each:
  // see session/memory_budget.h.
  std::size_t memory_bytes_max = 128UL * 1024 * 1024;
  // An idle connection is probed after this, and ended when its peer answers no probe for a minute;
  // 0: never.
  Duration keepalive = Duration::seconds(60);
  Duration drain_timeout = Duration::seconds(10);  // at a stop, for answers and last bytes
  SessionOptions session{};  // but for the acknowledgement, which is the listener's
};

// Nothing wrong, or an error that says what is: an address is none, or is not loopback.
Result<void> validate(const ServerOptions& options);

}  // namespace hb::net
