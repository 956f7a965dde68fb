#include "tools/hongbao/load/claim_workloads.h"

#include <algorithm>

namespace hb::load {

ClaimWorkload::ClaimWorkload(const Scene& scene, ClaimCounter& counter, std::uint64_t claims,
                             std::uint32_t batch)
    : scene_(scene), counter_(counter), claims_(claims), batch_(batch) {}

bool ClaimWorkload::next(Job& job, std::int64_t) {
  const std::uint64_t first = counter_.next.fetch_add(batch_, std::memory_order_relaxed);
  if (first >= claims_) {
    done_ = true;
    return false;
  }
  job.kind = batch_ == 1 ? Job::Kind::claim : Job::Kind::claim_batch;
  job.counted = true;
  const std::uint64_t end = std::min(first + batch_, claims_);
  job.claims.resize(end - first);
  fill(first, end, job.claims);
  return true;
}

SpreadClaims::SpreadClaims(const Scene& scene, ClaimCounter& counter, std::uint32_t batch)
    : ClaimWorkload(scene, counter, scene.packets.size() * scene.share_count, batch) {}

void SpreadClaims::fill(std::uint64_t first, std::uint64_t end, std::vector<ClaimItem>& claims) {
  const std::uint64_t packets = scene_.packets.size();
  std::uint64_t round = first / packets;
  std::uint64_t at = first % packets;
  for (std::uint64_t i = 0; i < end - first; ++i) {
    const PacketId packet = scene_.packets[at];
    claims[i] = {packet, scene_.claimer(packet, round)};
    if (++at == packets) {
      at = 0;
      ++round;
    }
  }
}

GrabStorm::GrabStorm(const Scene& scene, ClaimCounter& counter, std::uint32_t batch)
    : ClaimWorkload(scene, counter, scene.packets.size() * taps, batch) {
  HB_ASSERT(scene.packets.size() % packets_at_once == 0);
}

void GrabStorm::fill(std::uint64_t first, std::uint64_t end, std::vector<ClaimItem>& claims) {
  for (std::uint64_t n = first; n < end; ++n) {
    const std::uint64_t group = n / (packets_at_once * taps);
    const std::uint64_t within = n % (packets_at_once * taps);
    const PacketId packet = scene_.packets[group * packets_at_once + within % packets_at_once];
    claims[n - first] = {packet, scene_.claimer(packet, within / packets_at_once % users)};
  }
}

}  // namespace hb::load
