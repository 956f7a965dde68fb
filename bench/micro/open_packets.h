// The state that a claim is measured on: very many open packets and very many wallets.
//
// Built by the commands that a server would get: senders open wallets and send, users' wallets are
// opened by a share of a large packet each.  Every packet has share_count shares, of which all but
// one are there for next_claims(), so every packet stays open.
//
// Memory:  about 400 bytes a packet and its wallet, with the stored answers of the sends.
// Cost:    about half a microsecond a packet to build.
// Threads: none.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "bench/micro/bench_shard.h"
#include "bench/micro/sizes.h"

namespace hb::bench {

class OpenPackets {
 public:
  static constexpr std::uint32_t share_count = 5;

  explicit OpenPackets(const Sizes& sizes);

  BenchShard& shard() { return shard_; }
  // One that can send this many packets more at least; in turns.
  UserId next_sender();

  // Claims that win, on packets at random by users at random; valid until the next call.
  // REQUIRES: count <= claims_left().
  std::span<const ClaimItem> next_claims(std::size_t count);
  // Claims that have won, to be refused as already_claimed.  REQUIRES: one has won.
  std::span<const ClaimItem> past_claims(std::size_t count);
  std::uint64_t claims_left() const { return packets_.size() * (share_count - 1) - claimed_; }

  // What the packets take: of the ledger's memory, and of the process's (with timers and slack).
  double ledger_bytes_per_packet() const { return ledger_bytes_per_packet_; }
  double process_bytes_per_packet() const { return process_bytes_per_packet_; }

 private:
  ClaimItem claim(std::uint64_t index) const;
  void open_senders();
  void open_wallets();
  void send_packets(std::uint64_t count);

  Sizes sizes_;
  BenchShard shard_;
  std::vector<PacketId> packets_;  // in random order
  std::vector<ClaimItem> claims_;
  std::uint64_t claimed_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t senders_used_ = 0;
  double ledger_bytes_per_packet_ = 0;
  double process_bytes_per_packet_ = 0;
};

}  // namespace hb::bench
