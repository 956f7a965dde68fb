#include "net/wire/status_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/units.h"

namespace hb::net {
namespace {

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
      return text("the wallet would hold more than its limit of {}; withdraw first", yuan(limit));
    case Status::packet_unknown:
      return text("no packet has this id, or it was closed too long ago to be kept");
    case Status::sold_out:
      return text("all shares of this packet are taken");
    case Status::expired:
      return text("the packet has expired; what was left goes back to its sender");
    case Status::overloaded:
      return text("the server is full; nothing was done, try again after {}", span_of(limit));
    case Status::deadline_exceeded:
      return text("the request's deadline passed before it was decided; nothing was done");
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
