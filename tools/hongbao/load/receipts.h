// What the server told, kept for the audit: every sum a sender paid, and a sample of the claims.
//
// The sample is of whole packets and whole users: of a packet in it every answer is kept, of a user
// every share won.  It starts with everybody; whenever it is full, half of the packets and users
// leave it, so it is of bounded size and needs no estimate of the run's.
//
// Cost:    two multiplications a claim, more only for claims in the sample.
// Memory:  32 bytes a receipt, at most twice receipts_max of them; 16 bytes a sender.
// Threads: none; each thread has its own, and they are merged.
#pragma once

#include <cstdint>
#include <vector>

#include "net/wire/messages.h"
#include "tools/hongbao/load/job.h"

namespace hb::load {

// Packets or users of which every 2^level-th is in.  A lower level has all that a higher one has.
constexpr bool sampled(std::uint64_t id, unsigned level) {
  return id * 0x9e3779b97f4a7c15 <= UINT64_MAX >> level;  // Fibonacci hashing
}

struct ClaimReceipt {
  ClaimItem claim{};
  Status status = Status::ok;  // ok or already_claimed
  bool lost = false;           // no answer came: it may have been carried out
  std::uint16_t share_index = 0;
  std::uint32_t amount_fen = 0;
};

struct SendReceipt {
  PacketId packet{};
  UserId sender{};
  Amount total{};
  std::uint32_t share_count = 0;
};

// Of one sender, in fen.
struct Spending {
  std::int64_t sent = 0;
  std::int64_t in_doubt = 0;  // sends without an answer
};

class Receipts {
 public:
  static constexpr std::size_t receipts_max = 200'000;
  static constexpr unsigned level_max = 40;

  // Senders are numbered from first_sender.
  Receipts(UserId first_sender, std::size_t sender_count);

  void answered(const Job& job, const net::Response& response);
  void lost(const Job& job);
  // The other's are of the same senders.
  void merge(const Receipts& other);

  unsigned level() const { return level_; }
  const std::vector<ClaimReceipt>& claims() const { return claims_; }
  const std::vector<SendReceipt>& sends() const { return sends_; }
  UserId first_sender() const { return first_sender_; }
  const std::vector<Spending>& spendings() const { return spendings_; }
  // Of all claims answered ok, in fen.
  std::int64_t claimed_fen() const { return claimed_fen_; }

 private:
  void take_claims(std::span<const ClaimItem> claims, std::span<const ClaimAnswer> answers);
  void take_claim(const ClaimItem& claim, const ClaimAnswer& answer);
  void take_send(const Job& job, PacketId packet);
  void thin_out();
  void raise_level(unsigned level);

  UserId first_sender_;
  unsigned level_ = 0;
  std::vector<ClaimReceipt> claims_;
  std::vector<SendReceipt> sends_;
  std::vector<Spending> spendings_;
  std::int64_t claimed_fen_ = 0;
};

}  // namespace hb::load
