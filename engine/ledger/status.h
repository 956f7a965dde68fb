// How a command ended: one enumerator a cause, the same in the engine, on the wire and in metrics.
//
// The numbers are part of the protocol and never change meaning; schema/hongbao.fbs lists the same
// ones (a compile-time check in net/wire keeps them equal).
#pragma once

#include <cstdint>
#include <string_view>

namespace hb {

enum class Status : std::uint8_t {
  ok = 0,
  already_claimed = 1,  // the user has a share of this packet; the first answer is repeated

  // The command itself breaks a rule.  `limit` in the reply is the bound that was crossed.
  user_invalid = 10,             // user 0
  amount_not_positive = 11,      //
  amount_over_limit = 12,        // limit: most fen
  shares_out_of_range = 13,      // limit: most shares
  total_below_shares = 14,       // too many shares for the total; limit: least total in fen
  total_above_shares = 15,       // too much money for the shares; limit: most total in fen
  total_not_divisible = 16,      // an even packet's total; limit: the share count
  expiry_too_short = 17,         // limit: least microseconds
  expiry_too_long = 18,          // limit: most microseconds
  text_invalid = 19,             // not UTF-8
  text_too_long = 20,            // limit: most bytes
  kind_unknown = 21,             // a packet kind this server does not know
  key_missing = 22,              // a changing command without idempotency key
  key_conflict = 23,             // the key was used with other parameters
  split_unknown = 70,            // a split this server does not know
  split_not_allowed = 71,        // this kind of packet is not split so
  recipients_out_of_range = 72,  // too few or too many named users; limit: most
  recipients_not_allowed = 73,   // this kind of packet names nobody
  recipient_repeated = 74,       // limit: the user named twice
  recipient_is_sender = 75,      //
  opens_in_past = 76,            // limit: now
  opens_too_late = 77,           // limit: most microseconds ahead
  funding_unknown = 78,          // a funding source this server does not know
  reference_missing = 79,        // external money needs the rail's reference
  reference_not_allowed = 80,    // money of the wallet has none
  choice_unknown = 81,           // an option's value that this server does not know
  arrival_not_offered = 82,      // limit: the longest arrival that is offered, in microseconds
  refund_target_unknown = 83,    //
  operator_missing = 84,         // a support command must say who gives it
  decision_unknown = 85,         //
  case_user_missing = 86,        // upholding needs to know whose share
  shard_unknown = 87,            // limit: shards
  page_out_of_range = 88,        // limit: most rows
  cursor_invalid = 89,           //

  // The state of the books says no.
  wallet_unknown = 30,
  wallet_exists = 31,
  insufficient_funds = 32,  // limit: the balance in fen
  balance_over_limit = 33,  // limit: most fen
  packet_unknown = 34,
  sold_out = 35,
  expired = 36,

  not_open_yet = 100,           // limit: when it opens
  not_recipient = 101,          // only named users may claim, or this transfer is for somebody else
  sender_excluded = 102,        // the sender may not claim this packet
  code_required = 103,          // claim with the code
  code_wrong = 104,             // limit: tries left
  code_locked = 105,            // limit: tries that there were
  packet_frozen = 106,          //
  wallet_frozen = 107,          //
  not_sender = 108,             // only the sender may do this
  not_recallable = 109,         //
  recalled = 110,               //
  claim_unknown = 111,          // the user has no share of this packet
  already_returned = 112,       //
  return_window_over = 113,     // limit: the window in microseconds
  return_in_progress = 114,     //
  transfer_unknown = 115,       //
  transfer_accepted = 116,      // too late to decline
  transfer_arrived = 117,       // too late to cancel
  transfer_closed = 118,        // limit: its TransferState
  transfer_not_arrived = 119,   // too early to return
  cap_count_reached = 120,      // limit: sends a day
  cap_amount_reached = 121,     // limit: fen a day
  case_unknown = 122,           //
  case_resolved = 123,          // limit: its CaseState
  case_exists = 124,            // one about this is open; limit: its id
  payout_unknown = 125,         //
  payout_confirmed = 126,       //
  already_frozen = 127,         //
  not_frozen = 128,             //
  reference_used = 129,         // under another key: it funds, or confirms, something else
  receive_count_reached = 130,  // the recipient's cap of the day; limit: shares and transfers
  receive_amount_reached = 131,  // limit: fen a day

  // The service cannot take it now.  Nothing has changed, and the same command may be sent again.
  overloaded = 50,  // limit: retry after this many microseconds
  deadline_exceeded = 51,
  read_only = 52,  // the disk is full or has failed
  shutting_down = 53,
  records_unavailable = 54,  // the records are being built anew; limit: microseconds to wait
  records_behind = 55,       // it may be in events not yet in the records; limit: how many

  // The protocol was broken.  All but command_unknown and batch_too_large close the connection.
  frame_malformed = 60,      // not a frame of this protocol, or it does not verify
  frame_too_large = 61,      // limit: most bytes
  version_unsupported = 62,  // limit: the version this server speaks
  handshake_required = 63,
  handshake_repeated = 64,
  command_unknown = 65,  // a command this server does not know, or none
  batch_too_large = 66,  // limit: most claims
  frame_timeout = 67,    // half a frame and then silence; limit: microseconds waited
};

// The enumerator's name.
std::string_view name(Status status);

// True when the command was carried out (now or, repeated, before).
constexpr bool succeeded(Status status) {
  return status == Status::ok || status == Status::already_claimed;
}

}  // namespace hb
