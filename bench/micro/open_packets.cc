#include "bench/micro/open_packets.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "engine/base/assert.h"
#include "engine/base/partition.h"

namespace hb::bench {

namespace {

constexpr std::uint64_t senders = 1 << 16;
constexpr UserId first_sender{std::uint64_t{1} << 40};
constexpr Amount funds{1'000'000'000};
// Odd and far apart, so a packet's claimers are all different.
constexpr std::uint64_t claimer_stride = 0x9e3779b1;

double process_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double ledger_bytes(BenchShard& shard) {
  return static_cast<double>(shard.shard().figures().ledger_bytes);
}

}  // namespace

OpenPackets::OpenPackets(const Sizes& sizes) : sizes_(sizes) {
  open_senders();
  open_wallets();
  packets_.reserve(sizes_.packets);
  packets_.resize(sizes_.packets);  // counted before the packets are
  const double ledger_before = ledger_bytes(shard_);
  const double process_before = process_bytes();
  packets_.clear();
  send_packets(sizes_.packets);
  const auto count = static_cast<double>(packets_.size());
  ledger_bytes_per_packet_ = (ledger_bytes(shard_) - ledger_before) / count;
  process_bytes_per_packet_ = (process_bytes() - process_before) / count;
  std::shuffle(packets_.begin(), packets_.end(), std::mt19937_64(1));
}

void OpenPackets::open_senders() {
  for (std::uint64_t i = 0; i < senders; ++i) {
    shard_.open_and_fund(UserId(first_sender.value + i), funds);
  }
}

void OpenPackets::open_wallets() {
  std::vector<ClaimItem> claims;
  for (std::uint64_t user = 1; user <= sizes_.wallets;) {
    const PacketId packet = shard_.send(next_sender(), limits::packet_shares_max);
    claims.clear();
    while (claims.size() < limits::packet_shares_max && user <= sizes_.wallets) {
      claims.push_back({packet, UserId(user++)});
    }
    shard_.claim_all(claims);
  }
}

void OpenPackets::send_packets(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    packets_.push_back(shard_.send(next_sender(), share_count));
  }
  shard_.settle();
}

UserId OpenPackets::next_sender() {
  return UserId(first_sender.value + senders_used_++ % senders);
}

ClaimItem OpenPackets::claim(std::uint64_t index) const {
  const PacketId packet = packets_[index % packets_.size()];
  const std::uint64_t turn = index / packets_.size();
  const std::uint64_t user = mix64(packet.value) % sizes_.wallets + turn * claimer_stride;
  return {packet, UserId(user % sizes_.wallets + 1)};
}

std::span<const ClaimItem> OpenPackets::next_claims(std::size_t count) {
  HB_ASSERT(count <= claims_left());
  claims_.clear();
  for (std::size_t i = 0; i < count; ++i) claims_.push_back(claim(claimed_++));
  return claims_;
}

std::span<const ClaimItem> OpenPackets::past_claims(std::size_t count) {
  HB_ASSERT(claimed_ > 0);
  claims_.clear();
  for (std::size_t i = 0; i < count; ++i) claims_.push_back(claim(refused_++ % claimed_));
  return claims_;
}

}  // namespace hb::bench
