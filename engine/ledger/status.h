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
  user_invalid = 10,         // user 0
  amount_not_positive = 11,  //
  amount_over_limit = 12,    // limit: most fen
  shares_out_of_range = 13,  // limit: most shares
  total_below_shares = 14,   // too many shares for the total; limit: least total in fen
  total_above_shares = 15,   // too much money for the shares; limit: most total in fen
  total_not_divisible = 16,  // an even packet's total; limit: the share count
  expiry_too_short = 17,     // limit: least microseconds
  expiry_too_long = 18,      // limit: most microseconds
  text_invalid = 19,         // not UTF-8
  text_too_long = 20,        // limit: most bytes
  kind_unknown = 21,         // a packet kind this server does not know
  key_missing = 22,          // a changing command without idempotency key
  key_conflict = 23,         // the key was used with other parameters

  // The state of the books says no.
  wallet_unknown = 30,
  wallet_exists = 31,
  insufficient_funds = 32,  // limit: the balance in fen
  balance_over_limit = 33,  // limit: most fen
  packet_unknown = 34,
  sold_out = 35,
  expired = 36,

  // The service cannot take it now.  Nothing has changed, and the same command may be sent again.
  overloaded = 50,  // limit: retry after this many microseconds
  deadline_exceeded = 51,
  read_only = 52,  // the disk is full or has failed
  shutting_down = 53,

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
