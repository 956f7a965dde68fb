// A day's mixture: of 100 commands 83 claims, 10 peeks, 5 sends, 1 packet shown, 1 wallet shown; on
// hot packets (the newest are the hottest) by hot users, both by Zipf's law.
//
// Threads: none; each thread has its own, and its own view of which packets are hot.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/hongbao/load/random.h"
#include "tools/hongbao/load/scene.h"
#include "tools/hongbao/load/workload.h"
#include "tools/hongbao/load/zipf.h"

namespace hb::load {

class MixedWorkload final : public Workload {
 public:
  static constexpr double exponent = 0.99;

  // With a batch above 1 claims travel in batches, and still are 83 of 100 commands.
  MixedWorkload(const Scene& scene, std::uint32_t batch, std::uint64_t seed, std::uint64_t thread);

  bool next(Job& job, std::int64_t now_ns) override;
  bool done() const override { return false; }
  void answered(const Job& job, const net::Response& response, std::int64_t now_ns) override;
  void lost(const Job&) override {}

 private:
  Job::Kind draw_kind();
  ClaimItem draw_tap();
  void make_send(Job& job);

  const Scene& scene_;
  std::uint32_t batch_;
  Random random_;
  std::uint64_t thread_;
  std::uint64_t sent_ = 0;
  std::vector<PacketId> packets_;  // a ring; newest_ is the place of the newest
  std::size_t newest_ = 0;
  Zipf packet_ranks_;
  Zipf user_ranks_;
};

}  // namespace hb::load
