// What the verifier can find wrong with the books, and the list of what it found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/journal/format.h"

namespace hb::verifier {

enum class Rule : std::uint8_t {
  // any event
  record_malformed,   // its length does not fit its type
  sequence_gap,       // not the number after the last one
  time_went_back,     // earlier than the event before it
  foreign_partition,  // about a user or packet of another shard
  key_missing,        // a command's event without idempotency key
  key_reused,         // a key that was used in the 48 hours before
  amount_invalid,     // not positive, or beyond what any rule allows
  sum_overflow,       // more money than can be counted

  // wallets
  wallet_opened_twice,
  balance_wrong,  // the recorded balance is not the computed one
  overdraft,      // more taken than was there

  // packets
  packet_id_not_next,   // ids are dense within the sender's partition
  packet_terms_wrong,   // kind, share count or bounds that no packet can have
  total_out_of_bounds,  // the shares cannot hold the total, or need more
  total_not_divisible,  // an even packet's total
  expiry_out_of_range,  // not after the send, or later than seven days after
  packet_unknown,
  claim_after_close,    // all shares were taken, or the rest was refunded
  claim_after_expiry,   // at expires_at or later
  share_index_wrong,    // not the next share
  share_taken_twice,    // by one user
  share_out_of_bounds,  // less or more than the packet's bounds
  share_over_rest,      // more than was in escrow
  last_share_not_rest,  // the last share must empty the packet
  even_share_unequal,
  refund_before_expiry,
  refund_twice,
  refund_of_nothing,  // all shares were taken
  refund_not_rest,    // another amount than what was in escrow

  // credits between shards, compared at the end
  credit_unknown,      // received, but not what the other shard sent next
  credit_not_arrived,  // acknowledged, but never received

  // the conservation law, at the end
  packet_not_conserved,  // total = claims + escrow + refunded
  shard_not_conserved,   // deposits + credits received = wallets + packets + withdrawals + credits
                         // sent
  books_not_conserved,   // deposits = wallets + packets + in flight + withdrawals, over all shards
};

// The enumerator's name.
std::string_view name(Rule rule);

// Which event is at fault.  Sequence 0: none by itself, a law does not hold at the end.
struct Place {
  ShardId shard{};
  Sequence sequence{};
  journal::Position position{};
};

struct Violation {
  Rule rule{};
  Place place{};
  std::string what;  // a sentence with the numbers, without a full stop
};

// Counts all, keeps the first ones.
class Violations {
 public:
  static constexpr std::size_t kept_max = 20;

  void add(Violation violation) {
    ++count_;
    if (kept_.size() < kept_max) kept_.push_back(std::move(violation));
  }
  std::uint64_t count() const { return count_; }
  const std::vector<Violation>& kept() const { return kept_; }

 private:
  std::uint64_t count_ = 0;
  std::vector<Violation> kept_;
};

}  // namespace hb::verifier
