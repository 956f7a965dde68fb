// Drives a peer in a closed loop: so many connections, so many requests in flight on each.
//
// Cost:    one thread, one epoll; about a microsecond a request beside the peer's own client
//          library, so the peer is the limit.
// Latency: from the moment a request is queued to the moment its answer is read; of a batch it
//          counts for each of its claims.
#pragma once

#include <cstdint>

#include "bench/peers/driver/peer.h"
#include "bench/peers/driver/work.h"
#include "tools/hongbao/load/histogram.h"

namespace hb::bench {

struct Shape {
  std::uint32_t connections = 50;
  std::uint32_t depth = 1;  // requests in flight on a connection
  std::uint32_t batch = 1;  // claims of a request
  double duration_s = 5;
};

struct LoopFigures {
  std::uint64_t won = 0;
  std::uint64_t refused = 0;
  std::uint64_t asked_again = 0;  // requests that the peer undid
  Amount told{};                  // the sum of what was won
  double duration_s = 0;
  double driver_cores = 0;
  bool used_up = false;  // no claims were left before the time was over
  load::LatencyHistogram latency;
};

// The duration ends with the last answer.
Result<LoopFigures> drive(Peer& peer, Work& work, const Shape& shape);

}  // namespace hb::bench
