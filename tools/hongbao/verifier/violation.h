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
  foreign_partition,  // about a user, packet or case of another shard
  key_missing,        // a command's event without idempotency key
  key_reused,         // a key that was used in the 48 hours before
  amount_invalid,     // not positive, or beyond what any rule allows
  sum_overflow,       // more money than can be counted
  operator_missing,   // a support command's event that does not say who gave it

  // wallets
  wallet_unknown,  // set or frozen, but never opened
  wallet_opened_twice,
  balance_wrong,          // the recorded balance is not the computed one
  overdraft,              // more taken than was there
  setting_wrong,          // a value that the setting cannot have
  freeze_wrong,           // frozen what was frozen, or unfrozen what was not
  frozen_wallet_debited,  // by a withdrawal, a send, or a return that no case forced

  // packets: sending
  packet_id_not_next,    // packets and transfers are numbered within the sender's partition
  packet_terms_wrong,    // kind, share count, bounds or flags that no packet can have
  split_wrong,           // a split that this kind of packet cannot have
  recipients_wrong,      // named users that this kind of packet cannot have
  reference_wrong,       // money from outside without its reference, or another's with one
  total_out_of_bounds,   // the shares cannot hold the total, or need more
  total_not_divisible,   // of a packet with equal shares
  opening_out_of_range,  // not after the send, or more than five days after
  expiry_out_of_range,   // not after the opening, or later than seven days after

  // packets: claims
  packet_unknown,
  frozen_packet_moved,   // a packet or transfer, but by a case
  claim_after_close,     // all shares were taken, or the rest went back
  claim_after_expiry,    // at expires_at or later
  claim_before_opening,  // before opens_at
  claim_not_recipient,   // by a user who is not named
  claim_by_sender,       // who is excluded
  share_index_wrong,     // not the next share
  share_taken_twice,     // by one user
  share_out_of_bounds,   // less or more than the packet's bounds
  share_over_rest,       // more than was in escrow
  last_share_not_rest,   // the last share must empty the packet
  share_not_equal,       // of a packet with equal shares
  code_not_wanted,       // a try at a packet without code, or at a closed one
  code_tries_wrong,      // tries are counted one by one, until more users try than are remembered

  // packets: the unclaimed rest
  refund_before_expiry,
  refund_twice,
  refund_of_nothing,   // all shares were taken
  refund_not_rest,     // another amount than what was in escrow
  refund_route_wrong,  // not where the money came from, or the sender's wallet says
  recall_not_allowed,  // of a packet that is not recallable
  recall_after_expiry,
  payout_unknown,
  payout_confirmed_twice,
  payout_amount_wrong,  // another amount than is owed

  // transfers
  transfer_unknown,
  transfer_terms_wrong,    // a recipient, an expiry or an arrival that no transfer can have
  transfer_amount_wrong,   // another amount than was sent
  transfer_state_wrong,    // its state does not lead where the event says
  transfer_too_early,      // arrived or expired before its time
  transfer_too_late,       // accepted, declined or cancelled after it
  transfer_arrival_wrong,  // accepted for another time than its terms say

  // returns
  share_unknown,        // nobody took it, or somebody else did
  return_twice,         // the share was returned before
  return_under_way,     // the share's return was asked for and has not ended
  return_not_asked,     // the end of a return that nobody asked for, or not so
  return_place_wrong,   // asked of another shard, or settled here, where the wallet is not
  return_amount_wrong,  // taken and shortfall are not the share
  debit_wrong,          // more or less taken than was wanted and there
  debit_status_wrong,   // refused for a reason that does not hold

  // cases
  case_id_not_next,      // cases are numbered within the subject's partition
  case_subject_unknown,  // about a packet or transfer that was never sent
  case_user_wrong,       // about a share that the user does not have
  case_unknown,
  case_resolved_twice,
  case_decision_wrong,   // neither refused nor upheld
  case_not_upheld,       // money moved by force without an upheld case
  case_mismatch,         // an event names a case about something else
  case_redressed_twice,  // a case moves money once

  // references of external rails
  reference_used_twice,    // for two packets or deposits, or for two payouts
  reference_not_booked,    // used, released or settled, but its home was not asked so
  reference_answer_wrong,  // booked though it was used, refused though it was not, or freed twice

  // messages between shards, compared at the end
  message_unknown,      // received, but not what the other shard sent next
  message_not_arrived,  // acknowledged, but never received

  // the conservation law, at the end
  packet_not_conserved,    // total = claims + escrow + refunded; returned <= claims
  transfer_not_conserved,  // amount = arrived + escrow + refunded; returned <= arrived
  shard_not_conserved,     // deposits + external + received = wallets + packets + transfers +
                           // withdrawals + payouts + sent
  books_not_conserved,     // the same over all shards, with what is in flight
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
