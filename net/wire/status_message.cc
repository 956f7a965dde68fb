#include "net/wire/status_message.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/units.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;

template <class... Args>
StatusText text(fmt::format_string<Args...> format, Args&&... args) {
  char buffer[200];
  const auto written =
      fmt::format_to_n(buffer, sizeof(buffer), format, std::forward<Args>(args)...);
  return StatusText({buffer, std::min(written.size, sizeof(buffer))});
}

std::string yuan(std::int64_t fen) {
  return format_amount(Amount(fen));
}

// In the largest unit that needs no fraction.
std::string span_of(std::int64_t us) {
  static constexpr std::pair<std::int64_t, std::string_view> units[] = {
      {3'600'000'000, "h"}, {60'000'000, "min"}, {1'000'000, "s"}, {1'000, "ms"}, {1, "us"}};
  for (const auto& [unit_us, name] : units) {
    if (us != 0 && us % unit_us == 0) return fmt::format("{} {}", us / unit_us, name);
  }
  return "0 s";
}

// To the second; the number where it is no time of ours.
std::string moment(std::int64_t us) {
  const std::time_t seconds = us / 1'000'000;
  std::tm utc{};
  if (us < 0 || gmtime_r(&seconds, &utc) == nullptr) return fmt::format("{} us", us);
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", utc);
}

// The enumerator's name, which `name` gives, of a state that stands in a limit.
template <class State>
std::string state_name(std::int64_t limit, const char* (*name)(State)) {
  const bool fits = limit >= 0 && limit <= UINT8_MAX;
  const std::string_view known = fits ? name(static_cast<State>(limit)) : "";
  return known.empty() ? fmt::format("state {}", limit) : std::string(known);
}

}  // namespace

StatusText status_message(Status status, std::int64_t limit) {
  switch (status) {
    case Status::ok:
      return text("done");
    case Status::already_claimed:
      return text("the user already has a share of this packet; this is the first answer again");
    case Status::user_invalid:
      return text("0 is not a user; give a user id from 1");
    case Status::amount_not_positive:
      return text("the amount must be at least 0.01");
    case Status::amount_over_limit:
      return text("the amount is over the limit of {}; use a smaller one", yuan(limit));
    case Status::shares_out_of_range:
      return text("a packet has 1 to {} shares; use a number in that range", limit);
    case Status::total_below_shares:
      return text("too many shares for the total; they need {} at least", yuan(limit));
    case Status::total_above_shares:
      return text("too much money for the shares; they hold {} at most", yuan(limit));
    case Status::total_not_divisible:
      return text("an even packet's total must divide by its {} shares without remainder", limit);
    case Status::expiry_too_short:
      return text("the packet would expire too early; {} is the least", span_of(limit));
    case Status::expiry_too_long:
      return text("the packet would expire too late; {} is the most", span_of(limit));
    case Status::text_invalid:
      return text("a text is not valid UTF-8; send it as UTF-8");
    case Status::text_too_long:
      return text("a text is over the limit of {} bytes of UTF-8; shorten it", limit);
    case Status::kind_unknown:
      return text("this server does not know that packet kind; see its version at the handshake");
    case Status::key_missing:
      return text("this command needs an idempotency key; send a fresh random one");
    case Status::key_conflict:
      return text("this key was used with other parameters; use a fresh key for a new command");
    case Status::wallet_unknown:
      return text("the user has no wallet; open one first");
    case Status::wallet_exists:
      return text("the user already has a wallet; show it instead");
    case Status::insufficient_funds:
      return text("the wallet holds {}, less than the amount; deposit first", yuan(limit));
    case Status::balance_over_limit:
      return text(
          "with this the books would hold more than {}; withdraw first, or use a smaller amount",
          yuan(limit));
    case Status::packet_unknown:
      return text("no packet has this id, or it was closed too long ago to be kept");
    case Status::sold_out:
      return text("all shares of this packet are taken");
    case Status::expired:
      return text("its time was over at {}; what was left goes back to its sender", moment(limit));
    case Status::split_unknown:
      return text("this server does not know that split; see its version at the handshake");
    case Status::split_not_allowed:
      return text("this kind of packet is not split that way; leave the split out");
    case Status::recipients_out_of_range:
      return text("such a packet names 1 to {} users; use a number in that range", limit);
    case Status::recipients_not_allowed:
      return text("this kind of packet is for everybody; send a direct or exclusive one instead");
    case Status::recipient_repeated:
      return text("user {} is named twice; name each user once", limit);
    case Status::recipient_is_sender:
      return text("sender and recipient are the same user; name another one");
    case Status::opens_in_past:
      return text("the opening time is over, it is {} now; leave it out, or name a later one",
                  moment(limit));
    case Status::opens_too_late:
      return text("the packet would open too late; {} ahead is the most", span_of(limit));
    case Status::funding_unknown:
      return text("this server does not know that funding source; see its version");
    case Status::reference_missing:
      return text("external money needs the rail's reference; send it along");
    case Status::reference_not_allowed:
      return text("money of the wallet has no reference; leave it out");
    case Status::choice_unknown:
      return text("this server does not know that option's value; see its version");
    case Status::arrival_not_offered:
      return text("that arrival is not offered; the longest is {}", span_of(limit));
    case Status::refund_target_unknown:
      return text("this server does not know that refund target; see its version");
    case Status::operator_missing:
      return text("a support command must say who gives it; name the operator");
    case Status::decision_unknown:
      return text("this server does not know that decision; refuse or uphold");
    case Status::case_user_missing:
      return text("upholding this case needs to know whose share goes back; name the user");
    case Status::shard_unknown:
      return text("the server has {} shards, counted from 0; name one of them", limit);
    case Status::page_out_of_range:
      return text("a page has 1 to {} rows; use a number in that range", limit);
    case Status::cursor_invalid:
      return text("this cursor is none of this list's; start from the first page");
    case Status::not_open_yet:
      return text("the packet is not open yet; it opens at {}", moment(limit));
    case Status::not_recipient:
      return text("this is for other users, named by its sender");
    case Status::sender_excluded:
      return text("the sender may not claim this packet");
    case Status::code_required:
      return text("this packet wants a code; claim with it, one claim at a time");
    case Status::code_wrong:
      return text("the code is wrong; tries left: {}", limit);
    case Status::code_locked:
      return text("the code was wrong {} times; this user cannot claim this packet", limit);
    case Status::packet_frozen:
      return text("support has frozen it; nothing moves until it is unfrozen");
    case Status::wallet_frozen:
      return text("support has frozen the wallet; no money leaves it until it is unfrozen");
    case Status::not_sender:
      return text("only its sender may do this");
    case Status::not_recallable:
      return text("this packet was sent as one that cannot be recalled");
    case Status::recalled:
      return text("its sender has recalled the packet");
    case Status::claim_unknown:
      return text("the user has no share of this packet");
    case Status::already_returned:
      return text("it was returned before; what a case found missing, another case may collect");
    case Status::return_window_over:
      return text("too late to return it; {} is the most", span_of(limit));
    case Status::return_in_progress:
      return text("it is being returned at this moment; look again soon");
    case Status::transfer_unknown:
      return text("no transfer has this id");
    case Status::transfer_accepted:
      return text("the transfer is accepted already; return it after it has arrived");
    case Status::transfer_arrived:
      return text("the transfer has arrived; its recipient may return it");
    case Status::transfer_closed:
      return text("the transfer is over: {}", state_name(limit, fb::EnumNameTransferState));
    case Status::transfer_not_arrived:
      return text("the transfer has not arrived; before that its sender may cancel it");
    case Status::cap_count_reached:
      return text("the sender's daily cap of {} is reached; try again tomorrow", limit);
    case Status::cap_amount_reached:
      return text("the sender's daily cap of {} would be passed; send less, or tomorrow",
                  yuan(limit));
    case Status::receive_count_reached:
      return text("the user has received {} times today, which is the cap; try again tomorrow",
                  limit);
    case Status::receive_amount_reached:
      return text(
          "the user's cap of what is received a day, {}, is reached or would be passed; "
          "try again tomorrow",
          yuan(limit));
    case Status::case_unknown:
      return text("no case has this id");
    case Status::case_resolved:
      return text("the case is resolved already: {}", state_name(limit, fb::EnumNameCaseState));
    case Status::case_exists:
      return text("case {} about this is open; resolve it first", limit);
    case Status::payout_unknown:
      return text("no payout is owed for this packet");
    case Status::payout_confirmed:
      return text("this payout was confirmed before");
    case Status::already_frozen:
      return text("it is frozen already");
    case Status::not_frozen:
      return text("it is not frozen");
    case Status::reference_used:
      return text("this reference is used already, under another key; a payment counts once");
    case Status::records_unavailable:
      return text("the records are being built anew; try again after {}", span_of(limit));
    case Status::records_behind:
      return text("the records are {} events behind and may lack it; try again later", limit);
    case Status::overloaded:
      return text("the server is full; nothing was done, try again after {}", span_of(limit));
    case Status::deadline_exceeded:
      return text("the request's deadline passed before it was carried out; nothing was done");
    case Status::read_only:
      return text("the server takes no changes now, its disk is full or failed; nothing was done");
    case Status::shutting_down:
      return text("the server is stopping; nothing was done, try again on the next connection");
    case Status::frame_malformed:
      return text("these bytes are not a frame of this protocol; see schema/README.md");
    case Status::frame_too_large:
      return text("the frame is over the limit of {} bytes; send smaller batches", limit);
    case Status::version_unsupported:
      return text("this server speaks protocol version {}; use a client for it", limit);
    case Status::handshake_required:
      return text("the first frame of a connection must be Hello");
    case Status::handshake_repeated:
      return text("Hello was already said on this connection; say it once");
    case Status::command_unknown:
      return text("the request holds no command that this server knows; see its version");
    case Status::batch_too_large:
      return text("the batch is over the limit of {} claims; send smaller ones", limit);
    case Status::frame_timeout:
      return text("the connection fell silent before a whole frame was there; waited {}",
                  span_of(limit));
  }
  return text("status {}", static_cast<unsigned>(status));  // a newer server's
}

}  // namespace hb::net
