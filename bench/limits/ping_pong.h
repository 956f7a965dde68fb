// How many messages a second loopback TCP carries when every connection waits for its answer: the
// bound of any server that is asked so, with nothing decided and nothing stored.
//
// One thread asks and one answers, each with one epoll, one recv and one send a message, which is
// the least that a server and its generator can do.
#pragma once

#include <cstdint>

#include "engine/base/result.h"
#include "tools/hongbao/load/histogram.h"

namespace hb::bench {

struct PingPongOptions {
  std::uint32_t connections = 50;
  std::uint32_t question_bytes = 64;
  std::uint32_t answer_bytes = 48;
  double duration_s = 2;
};

struct PingPongFigures {
  std::uint64_t answers = 0;
  double duration_s = 0;
  load::LatencyHistogram latency;
};

// Errors: io when a socket cannot be made or breaks.
Result<PingPongFigures> ping_pong(const PingPongOptions& options);

}  // namespace hb::bench
