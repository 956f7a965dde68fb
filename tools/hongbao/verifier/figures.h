// What the books come to, of one shard or of all.
//
// Sums are fen, in 128 bits: what came in over the years, or what a forged journal says, may pass 64.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/units.h"

namespace hb::verifier {

__extension__ using Wide = __int128;
constexpr Wide wide(std::int64_t n) {
  return n;
}

// "20.50".
std::string yuan(Wide fen);

struct Figures {
  std::uint64_t events = 0;
  Time first_at{};
  Time last_at{};

  std::uint64_t wallets = 0;
  std::uint64_t wallets_frozen = 0;
  std::uint64_t packets_open = 0;
  std::uint64_t packets_sold_out = 0;
  std::uint64_t packets_refunded = 0;
  std::uint64_t packets_recalled = 0;
  std::uint64_t claims = 0;
  std::uint64_t claims_returned = 0;
  std::uint64_t transfers_open = 0;  // pending, or accepted and not arrived
  std::uint64_t transfers_arrived = 0;
  std::uint64_t transfers_closed = 0;  // declined, cancelled, expired or revoked
  std::uint64_t transfers_returned = 0;
  std::uint64_t payouts_owed = 0;
  std::uint64_t payouts_confirmed = 0;
  std::uint64_t cases_open = 0;
  std::uint64_t cases_refused = 0;
  std::uint64_t cases_upheld = 0;

  // The terms of the conservation law.
  Wide deposits_fen = 0;
  Wide external_fen = 0;  // packets funded from outside
  Wide withdrawals_fen = 0;
  Wide wallets_fen = 0;           // what the wallets hold
  Wide packets_fen = 0;           // what the packets hold, in escrow
  Wide transfers_fen = 0;         // what the transfers hold, in escrow
  Wide payouts_owed_fen = 0;      // to external rails
  Wide payouts_paid_fen = 0;      // by external rails
  Wide credits_sent_fen = 0;      // to other shards, answered debits included, ever
  Wide credits_received_fen = 0;  // from other shards, ever

  // How it moved: sent = claimed + in escrow + refunded; what was returned had been claimed or had
  // arrived.
  Wide sent_fen = 0;  // in packets
  Wide claimed_fen = 0;
  Wide refunded_fen = 0;  // of packets, at expiry or by recall
  Wide transfers_sent_fen = 0;
  Wide transfers_arrived_fen = 0;
  Wide transfers_refunded_fen = 0;
  Wide returned_fen = 0;
  Wide shortfall_fen = 0;  // still owed: what forced returns did not find in the wallets

  // Sent by one shard and not yet received by the other; over all shards.
  Wide in_flight_fen() const { return credits_sent_fen - credits_received_fen; }
  std::uint64_t packets() const {
    return packets_open + packets_sold_out + packets_refunded + packets_recalled;
  }
  std::uint64_t transfers() const {
    return transfers_open + transfers_arrived + transfers_closed + transfers_returned;
  }
  std::uint64_t payouts() const { return payouts_owed + payouts_confirmed; }
  std::uint64_t cases() const { return cases_open + cases_refused + cases_upheld; }

  // The conservation law: what came in is somewhere or has left.
  bool conserved() const;
  // Its terms in words and yuan, for a violation: "deposits 1.00 + ... are not wallets ...".
  std::string unbalanced() const;
  // Adds another shard's.
  void add(const Figures& shard);
};

}  // namespace hb::verifier
