// Workloads made of claims on packets that were sent ahead.
//
// Memory:  a job's claims, reused.
// Cost:    a few nanoseconds a claim: the packets are in random order already and are read in a
//          row, and the claimer is computed.
// Threads: each object belongs to one; all of a run share the numbering of its claims.
#pragma once

#include <atomic>
#include <cstdint>

#include "tools/hongbao/load/scene.h"
#include "tools/hongbao/load/workload.h"

namespace hb::load {

// Which claim is next, for all threads of a run.
struct ClaimCounter {
  std::atomic<std::uint64_t> next{0};
};

class ClaimWorkload : public Workload {
 public:
  // `batch` 1: single claims.
  ClaimWorkload(const Scene& scene, ClaimCounter& counter, std::uint64_t claims,
                std::uint32_t batch);

  bool next(Job& job, std::int64_t now_ns) override;
  // All claims are made: the packets are used up.
  bool done() const override { return done_; }
  void answered(const Job&, const net::Response&, std::int64_t) override {}
  void lost(const Job&) override {}

 protected:
  // Puts the claims numbered [first, end) into `claims`, which has room.
  virtual void fill(std::uint64_t first, std::uint64_t end, std::vector<ClaimItem>& claims) = 0;
  const Scene& scene_;

 private:
  ClaimCounter& counter_;
  std::uint64_t claims_;
  std::uint32_t batch_;
  bool done_ = false;
};

// Each claim wins: a fresh user, round after round over all packets.
class SpreadClaims : public ClaimWorkload {
 public:
  SpreadClaims(const Scene& scene, ClaimCounter& counter, std::uint32_t batch);

 protected:
  void fill(std::uint64_t first, std::uint64_t end, std::vector<ClaimItem>& claims) override;
};

// Packets of 10 shares with 200 claimers at once: a few packets at a time, their claimers in turn,
// so that the requests of all connections meet on the same packets.  Of the 200 taps 10 are second
// ones of impatient users.
class GrabStorm final : public ClaimWorkload {
 public:
  static constexpr std::uint32_t share_count = 10;
  static constexpr std::uint64_t taps = 200;
  static constexpr std::uint64_t users = 190;
  static constexpr std::uint64_t packets_at_once = 16;

  // REQUIRES: the packets' number is a multiple of packets_at_once.
  GrabStorm(const Scene& scene, ClaimCounter& counter, std::uint32_t batch);

 protected:
  void fill(std::uint64_t first, std::uint64_t end, std::vector<ClaimItem>& claims) override;
};

}  // namespace hb::load
