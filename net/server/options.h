// What a server is told: addresses, bounds, and what the engine below it needs.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "net/session/session.h"

namespace hb::net {

struct ServerOptions {
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 7700;  // 0: the system chooses
  bool insecure = false;             // listen beyond loopback although nothing is encrypted
  std::uint32_t connections_max = 20'000;
  Duration drain_timeout = Duration::seconds(10);  // at a stop, for answers and last bytes
  SessionOptions session{};
};

// Nothing wrong, or an error that says what is: the address is none, or is not loopback.
Result<void> validate(const ServerOptions& options);

}  // namespace hb::net
