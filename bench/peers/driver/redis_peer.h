// Redis as a claim engine: a packet is a hash (n shares left, r fen left, a field a claimer), a
// wallet a counter, a claim one call of a script (bench/peers/claim.lua) by EVALSHA.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/peers/driver/peer.h"

namespace hb::bench {

// Connects to 127.0.0.1 and loads the script.
Result<std::unique_ptr<Peer>> open_redis(std::uint16_t port, const std::string& script);

}  // namespace hb::bench
