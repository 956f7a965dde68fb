// The work that every peer is given: packets with their shares, users with wallets, and claims that
// all win.  It is that of `hongbao load --workload claim`, made by the same code.
//
// Units:   fen.
// Memory:  8 bytes a packet.
// Threads: none.
#pragma once

#include <cstdint>

#include "engine/base/units.h"
#include "tools/hongbao/load/claim_workloads.h"
#include "tools/hongbao/load/scene.h"

namespace hb::bench {

struct WorkSize {
  std::uint64_t packets = 200'000;
  std::uint32_t shares = 100;     // of each packet
  std::uint64_t users = 1 << 20;  // rounded up to a power of two
};

class Work {
 public:
  explicit Work(const WorkSize& size);

  // Packets are numbered from 1 and users too; each holds the same at the start.
  std::uint64_t packets() const { return scene_.packets.size(); }
  std::uint64_t users() const { return scene_.user_count(); }
  std::uint32_t shares() const { return scene_.share_count; }
  Amount packet_total() const { return Amount(load::share_fen_mean * scene_.share_count); }
  Amount wallet_balance() const { return Amount(load::share_fen_mean); }
  Amount deposited() const {
    return packet_total() * static_cast<std::int64_t>(packets()) +
           wallet_balance() * static_cast<std::int64_t>(users());
  }

  // Claims that go on where those of the last call's workload ended.
  load::SpreadClaims claims(std::uint32_t batch) { return {scene_, counter_, batch}; }

 private:
  load::Scene scene_;
  load::ClaimCounter counter_;
};

}  // namespace hb::bench
