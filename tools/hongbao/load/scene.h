// Who and what a run plays with: users, senders with money, packets that were sent ahead.
//
// Every run has a number of its own, from which its users' ids and its idempotency keys come, so
// that runs on one server do not meet.
#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/units.h"
#include "tools/hongbao/load/generator.h"
#include "tools/hongbao/load/receipts.h"
#include "tools/hongbao/load/series.h"

namespace hb::load {

// Every share is worth this on average.
inline constexpr std::int64_t share_fen_mean = 100;

class Scene {
 public:
  static constexpr unsigned user_bits_max = 26;

  // `run` below 2^26; user ids then stay below 2^53, exact as JSON numbers.
  Scene(std::uint64_t run, std::uint64_t key_high, unsigned user_bits, std::uint32_t sender_count);

  // 2^user_bits of them.
  UserId user(std::uint64_t index) const { return UserId(first_user_ + (index & user_mask_)); }
  std::uint64_t user_count() const { return user_mask_ + 1; }
  UserId sender(std::uint64_t index) const { return UserId(first_sender_ + index); }
  std::uint32_t sender_count() const { return sender_count_; }
  // The turn-th claimer of a packet: others for others, and for one packet all different while
  // turn < user_count().
  UserId claimer(PacketId packet, std::uint64_t turn) const {
    return user(mix64(packet.value) + turn * claimer_stride);
  }
  // `space` tells apart those who draw keys at the same time.
  Key128 key(std::uint64_t space, std::uint64_t number) const {
    return {(space << 48) | number, key_high_};
  }

  std::vector<PacketId> packets;  // in random order
  std::uint32_t share_count = 0;  // of each
  Amount deposited{};             // of each sender

 private:
  static constexpr std::uint64_t claimer_stride = 0x9e3779b1;  // odd

  std::uint64_t first_user_;
  std::uint64_t first_sender_;
  std::uint64_t user_mask_;
  std::uint64_t key_high_;
  std::uint32_t sender_count_;
};

// Packets to be sent ahead.
struct PacketPlan {
  std::uint64_t count = 0;
  std::uint32_t share_count = 0;
  std::uint32_t first_sender = 0;  // the senders take turns
  std::uint32_t sender_count = 1;
  // How long the index-th packet lives; empty: the server's default.
  std::function<Duration(std::uint64_t index)> expires_in{};
};

struct SentPackets {
  std::vector<PacketId> packets;
  Time first_expiry{INT64_MAX};
  Time last_expiry{};
};

// Prepares scenes, over a few connections with many requests in flight.
class Stage {
 public:
  // `out` hears how far the work is.
  Stage(const Endpoint& server, std::ostream& out);

  Result<net::Welcome> connect() { return generator_.connect(); }

  // A scene whose senders have wallets with that much in them.
  Result<Scene> build(unsigned user_bits, std::uint32_t sender_count, Amount deposited);
  // Opens every user's wallet, by a share in a packet; returns how many claims a second that made.
  Result<double> open_users(const Scene& scene, Receipts& receipts);
  Result<SentPackets> send_packets(const Scene& scene, const PacketPlan& plan, std::uint64_t seed,
                                   Receipts& receipts);
  // Runs any series; a refusal becomes an error.
  Result<void> carry_out(Series& series, Receipts& receipts);

  std::ostream& out() { return out_; }

 private:
  Result<bool> number_is_free(const Scene& scene);
  Result<void> open_senders(const Scene& scene);

  std::ostream& out_;
  Generator generator_;
  std::uint64_t key_number_ = 0;
};

}  // namespace hb::load
