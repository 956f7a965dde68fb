// Claims on other packets, while very many packets expire and their money goes back.
//
// The storm's packets belong to a few senders of their own, of whom nothing else is asked, so a
// sender whose wallet holds the whole deposit again has all its refunds.  From the last expiry on
// one of those wallets is looked at every now and then; those looks are no part of the load.
//
// Threads: none; one thread of a run watches, the others only claim.
#pragma once

#include <cstdint>
#include <optional>

#include "tools/hongbao/load/claim_workloads.h"

namespace hb::load {

// When what expired, and how it ended.
struct Storm {
  std::uint32_t first_sender = 0;
  std::uint32_t sender_count = 0;
  std::uint64_t packets = 0;
  std::int64_t first_expiry_ns = 0;  // as now_ns()
  std::int64_t last_expiry_ns = 0;
  std::optional<std::int64_t> drained_ns{};
};

class ExpiryStorm final : public SpreadClaims {
 public:
  // `storm` is told when the backlog is drained, and outlives the workload.
  ExpiryStorm(const Scene& scene, ClaimCounter& counter, std::uint32_t batch, Storm& storm)
      : SpreadClaims(scene, counter, batch), storm_(storm) {}

  bool next(Job& job, std::int64_t now_ns) override;
  void answered(const Job& job, const net::Response& response, std::int64_t now_ns) override;
  void lost(const Job& job) override;

 private:
  static constexpr std::int64_t look_every_ns = 100'000'000;

  Storm& storm_;
  std::uint32_t whole_ = 0;  // senders that have everything back
  bool looking_ = false;
  std::int64_t next_look_ns_ = 0;
};

}  // namespace hb::load
