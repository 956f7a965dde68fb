#include "tools/hongbao/answers.h"

#include <fmt/format.h>

#include <string_view>

#include "net/wire/status_message.h"
#include "tools/hongbao/text/names.h"
#include "tools/hongbao/text/values.h"

namespace hb::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string_view name(net::Acknowledgement level) {
  switch (level) {
    case net::Acknowledgement::memory:
      return "memory";
    case net::Acknowledgement::disk:
      return "disk";
    case net::Acknowledgement::replicated:
      return "replicated";
  }
  return "unknown";
}

std::string_view name(net::Role role) {
  switch (role) {
    case net::Role::gateway:
      return "gateway";
    case net::Role::support:
      return "support";
    case net::Role::operator_:
      return "operator";
    case net::Role::auditor:
      return "auditor";
  }
  return "unknown";
}

// What a person reads more easily than a number; empty: the message says it well.
std::string in_plain_words(Status status, std::int64_t limit) {
  switch (status) {
    case Status::not_open_yet:
      return fmt::format("the packet is not open yet; it opens at {}", format_time(Time(limit)));
    case Status::transfer_closed:
      return fmt::format("the transfer is over: {}", hb::name(static_cast<TransferState>(limit)));
    case Status::case_resolved:
      return fmt::format("the case is decided: {}", hb::name(static_cast<CaseState>(limit)));
    default:
      return {};
  }
}

}  // namespace

namespace {

// A line for a server whose time and machine do not agree; nothing where they do.
std::string show_difference(Duration ahead) {
  constexpr Duration noted = Duration::seconds(1);
  const bool is_ahead = ahead > Duration{};
  const Duration by = is_ahead ? ahead : Duration::us(-ahead.us());
  if (by < noted) return {};
  return fmt::format("its time is {:.1f} s {} its machine's clock\n",
                     static_cast<double>(by.us()) / 1e6, is_ahead ? "ahead of" : "behind");
}

}  // namespace

Told told(const net::Welcome& welcome, const net::Pong& pong, const std::string& server,
          Duration round_trip) {
  return {.json = {{"protocol_version", welcome.protocol_version},
                   {"server_version", welcome.server_version},
                   {"partitions", welcome.partitions},
                   {"shards", welcome.shards},
                   {"frame_bytes_max", welcome.frame_bytes_max},
                   {"window_max", welcome.window_max},
                   {"claim_batch_max", welcome.claim_batch_max},
                   {"acknowledgement", name(welcome.acknowledgement)},
                   {"role", name(welcome.role)},
                   {"now", pong.now.us()},
                   {"clock_ahead_us", pong.clock_ahead.us()},
                   {"round_trip_us", round_trip.us()}},
          .text = fmt::format("{} answers in {:.3f} ms: version {}, {}, acknowledgement {}\n{}",
                              server, static_cast<double>(round_trip.us()) / 1000,
                              welcome.server_version, count_of(welcome.shards, "shard"),
                              name(welcome.acknowledgement), show_difference(pong.clock_ahead))};
}

ExitStatus refuse(Console& console, Status status, std::int64_t limit, Duration retry_after,
                  const std::string& message, Key128 key, std::string_view ids) {
  const std::string words =
      message.empty() ? std::string(net::status_message(status, limit).view()) : message;
  const std::string plain = in_plain_words(status, limit);
  Json json{{"status", hb::name(status)}, {"limit", limit}, {"message", words}};
  if (retry_after != Duration{}) json["retry_after_us"] = retry_after.us();
  if (!key.empty()) json["key"] = format_key(key);
  return console.tell(
      json, fmt::format("{}: {}{}\n", hb::name(status), plain.empty() ? words : plain, ids),
      exit_status_of(status));
}

}  // namespace hb::cli
