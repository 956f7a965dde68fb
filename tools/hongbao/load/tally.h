// What came back: answers by status, their latencies, and what got no answer.
//
// Units:   claims for claim jobs, commands for the others; a batch's latency counts for each of
//          its claims.
// Threads: none; each thread has its own, and they are merged.
#pragma once

#include <array>
#include <cstdint>

#include "engine/ledger/status.h"
#include "net/wire/messages.h"
#include "tools/hongbao/load/histogram.h"
#include "tools/hongbao/load/job.h"

namespace hb::load {

struct Tally {
  std::array<std::uint64_t, 256> outcomes{};  // by status
  std::uint64_t errors = 0;                   // asked, and the answer never came
  LatencyHistogram latency;

  void add(const Job& job, const net::Response& response, std::int64_t latency_ns);
  void merge(const Tally& other);
  void clear();

  std::uint64_t answered() const { return latency.count(); }
  std::uint64_t accepted() const { return outcomes[static_cast<std::size_t>(Status::ok)]; }
};

}  // namespace hb::load
