#include "tools/hongbao/answers.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "engine/base/checksum.h"
#include "engine/base/text.h"
#include "net/wire/status_message.h"
#include "tools/hongbao/text/names.h"
#include "tools/hongbao/text/values.h"

namespace hb::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string yuan(Amount amount) {
  return format_amount(amount);
}

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

Json claim_json(const ClaimAnswer& claim) {
  return {{"share_index", claim.share_index},
          {"amount_fen", claim.amount_fen},
          {"claimed_at", claim.claimed_at.us()}};
}

// To a person shares count from 1.
std::string claim_text(const ClaimAnswer& claim) {
  return fmt::format("{} (share {}, {})", yuan(Amount(claim.amount_fen)), claim.share_index + 1,
                     format_time(claim.claimed_at));
}

Json summary_json(const PacketSummary& p) {
  return {{"packet", p.packet.value},        {"sender", p.sender.value},
          {"kind", hb::name(p.kind)},        {"state", hb::name(p.state)},
          {"share_count", p.share_count},    {"claimed_count", p.claimed_count},
          {"total", p.total.fen()},          {"remaining", p.remaining.fen()},
          {"refunded", p.refunded.fen()},    {"sent_at", p.sent_at.us()},
          {"expires_at", p.expires_at.us()}, {"remark", p.remark.view()},
          {"group", p.group.view()}};
}

std::string summary_text(const PacketSummary& p) {
  std::string text = fmt::format(
      "packet {}: {}, {} of {} shares taken\n"
      "  {} of {} left, {} refunded; {}\n"
      "  from user {}, sent {}, expires {}\n",
      p.packet.value, hb::name(p.state), p.claimed_count, p.share_count, yuan(p.remaining),
      yuan(p.total), yuan(p.refunded), hb::name(p.kind), p.sender.value, format_time(p.sent_at),
      format_time(p.expires_at));
  auto out = std::back_inserter(text);
  if (!p.remark.empty()) fmt::format_to(out, "  remark {}\n", in_quotes(p.remark.view()));
  if (!p.group.empty()) fmt::format_to(out, "  group {}\n", in_quotes(p.group.view()));
  return text;
}

}  // namespace

Told told(const net::Welcome& welcome, const std::string& server, Duration round_trip) {
  return {
      .json = {{"protocol_version", welcome.protocol_version},
               {"server_version", welcome.server_version},
               {"partitions", welcome.partitions},
               {"shards", welcome.shards},
               {"frame_bytes_max", welcome.frame_bytes_max},
               {"window_max", welcome.window_max},
               {"claim_batch_max", welcome.claim_batch_max},
               {"acknowledgement", name(welcome.acknowledgement)},
               {"role", name(welcome.role)},
               {"round_trip_us", round_trip.us()}},
      .text = fmt::format("{} answers in {:.3f} ms: version {}, {}, acknowledgement {}\n", server,
                          static_cast<double>(round_trip.us()) / 1000, welcome.server_version,
                          count_of(welcome.shards, "shard"), name(welcome.acknowledgement))};
}

Told told(const WalletAnswer& wallet) {
  Told told{.json = {{"user", wallet.user.value},
                     {"balance", wallet.balance.fen()},
                     {"opened_at", wallet.opened_at.us()},
                     {"name", wallet.name.view()}},
            .text = fmt::format("user {}: balance {}, wallet opened {}", wallet.user.value,
                                yuan(wallet.balance), format_time(wallet.opened_at))};
  if (!wallet.name.empty()) told.text += ", name " + in_quotes(wallet.name.view());
  told.text += '\n';
  return told;
}

Told told(const SendAnswer& answer, const SendPacket& command) {
  const std::string commitment = to_hex(answer.seed_commitment);
  const std::string noun = std::string(hb::name(command.kind)) + " share";
  return {.json = {{"packet", answer.packet.value},
                   {"expires_at", answer.expires_at.us()},
                   {"seed_commitment", commitment}},
          .text = fmt::format("packet {}: {} in {}, expires {}\nseed commitment {}\n",
                              answer.packet.value, yuan(command.total),
                              count_of(command.share_count, noun), format_time(answer.expires_at),
                              commitment)};
}

Told told(const ClaimAnswer& answer, const ClaimItem& claim) {
  Json json{{"packet", claim.packet.value}, {"user", claim.user.value}};
  json.update(claim_json(answer));
  const bool again = answer.status == Status::already_claimed;
  return {
      .json = std::move(json),
      .text = fmt::format("user {} {} {} of packet {}\n", claim.user.value,
                          again ? "already has" : "gets", claim_text(answer), claim.packet.value)};
}

Told told(const PeekAnswer& answer, UserId user) {
  const bool has_share = answer.own_claim.status == Status::already_claimed;
  Json json{{"packet", summary_json(answer.packet)}, {"claimable", answer.claimable}};
  json["own_claim"] = has_share ? claim_json(answer.own_claim) : Json();
  std::string verb = answer.claimable ? "can claim" : "cannot claim";
  if (has_share) verb = "has " + claim_text(answer.own_claim);
  return {.json = std::move(json),
          .text = summary_text(answer.packet) + fmt::format("user {} {}\n", user.value, verb)};
}

Told told(const net::PacketRecord& record) {
  Told told{.json = {{"packet", summary_json(record.packet)},
                     {"seed_commitment", to_hex(record.seed_commitment)},
                     {"claims", Json::array()}},
            .text = summary_text(record.packet)};
  std::size_t share = 0;
  for (const PacketClaim& claim : record.claims) {
    told.json["claims"].push_back({{"user", claim.user.value},
                                   {"amount", claim.amount.fen()},
                                   {"claimed_at", claim.claimed_at.us()}});
    fmt::format_to(std::back_inserter(told.text), "  share {:>3}  {}  {:>10}  user {}\n", ++share,
                   format_time(claim.claimed_at), yuan(claim.amount), claim.user.value);
  }
  return told;
}

ExitStatus refuse(Console& console, Status status, std::int64_t limit, Duration retry_after,
                  const std::string& message, Key128 key) {
  const std::string words =
      message.empty() ? std::string(net::status_message(status, limit).view()) : message;
  Json json{{"status", hb::name(status)}, {"limit", limit}, {"message", words}};
  if (retry_after != Duration{}) json["retry_after_us"] = retry_after.us();
  if (!key.empty()) json["key"] = format_key(key);
  return console.tell(json, fmt::format("{}: {}\n", hb::name(status), words),
                      exit_status_of(status));
}

}  // namespace hb::cli
