#include "engine/ledger/status.h"

namespace hb {

std::string_view name(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::already_claimed:
      return "already_claimed";
    case Status::user_invalid:
      return "user_invalid";
    case Status::amount_not_positive:
      return "amount_not_positive";
    case Status::amount_over_limit:
      return "amount_over_limit";
    case Status::shares_out_of_range:
      return "shares_out_of_range";
    case Status::total_below_shares:
      return "total_below_shares";
    case Status::total_above_shares:
      return "total_above_shares";
    case Status::total_not_divisible:
      return "total_not_divisible";
    case Status::expiry_too_short:
      return "expiry_too_short";
    case Status::expiry_too_long:
      return "expiry_too_long";
    case Status::text_invalid:
      return "text_invalid";
    case Status::text_too_long:
      return "text_too_long";
    case Status::kind_unknown:
      return "kind_unknown";
    case Status::key_missing:
      return "key_missing";
    case Status::key_conflict:
      return "key_conflict";
    case Status::wallet_unknown:
      return "wallet_unknown";
    case Status::wallet_exists:
      return "wallet_exists";
    case Status::insufficient_funds:
      return "insufficient_funds";
    case Status::balance_over_limit:
      return "balance_over_limit";
    case Status::packet_unknown:
      return "packet_unknown";
    case Status::sold_out:
      return "sold_out";
    case Status::expired:
      return "expired";
    case Status::overloaded:
      return "overloaded";
    case Status::deadline_exceeded:
      return "deadline_exceeded";
    case Status::read_only:
      return "read_only";
    case Status::shutting_down:
      return "shutting_down";
    case Status::frame_malformed:
      return "frame_malformed";
    case Status::frame_too_large:
      return "frame_too_large";
    case Status::version_unsupported:
      return "version_unsupported";
    case Status::handshake_required:
      return "handshake_required";
    case Status::handshake_repeated:
      return "handshake_repeated";
    case Status::command_unknown:
      return "command_unknown";
    case Status::batch_too_large:
      return "batch_too_large";
    case Status::frame_timeout:
      return "frame_timeout";
  }
  return "unknown";
}

}  // namespace hb
