// Answers about packets, told.
#include <fmt/format.h>

#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/checksum.h"
#include "engine/base/text.h"
#include "tools/hongbao/answers.h"
#include "tools/hongbao/text/names.h"
#include "tools/hongbao/text/values.h"

namespace hb::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string yuan(Amount amount) {
  return format_amount(amount);
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

bool has_luckiest(const PacketSummary& p) {
  return p.luckiest != PacketSummary::nobody;
}

Json summary_json(const PacketSummary& p) {
  return {{"packet", p.packet.value},
          {"sender", p.sender.value},
          {"kind", hb::name(p.kind)},
          {"state", hb::name(p.state)},
          {"share_count", p.share_count},
          {"claimed_count", p.claimed_count},
          {"total", p.total.fen()},
          {"remaining", p.remaining.fen()},
          {"refunded", p.refunded.fen()},
          {"sent_at", p.sent_at.us()},
          {"expires_at", p.expires_at.us()},
          {"remark", p.remark.view()},
          {"group", p.group.view()},
          {"split", hb::name(p.split)},
          {"funding", hb::name(p.funding)},
          {"frozen", p.frozen},
          {"sender_may_claim", p.sender_may_claim},
          {"recallable", p.recallable},
          {"needs_code", p.needs_code},
          {"luckiest", has_luckiest(p) ? Json(p.luckiest) : Json()},
          {"recipient_count", p.recipient_count},
          {"share_min", p.share_min.fen()},
          {"share_max", p.share_max.fen()},
          {"returned", p.returned.fen()},
          {"opens_at", p.opens_at.us()}};
}

// What not every packet has, in a row.
std::string options_text(const PacketSummary& p) {
  std::string text;
  const auto add = [&text](bool there, std::string_view words) {
    if (there) text.append(text.empty() ? "  " : ", ").append(words);
  };
  add(p.frozen, "frozen by support");
  add(p.funding == FundingSource::external, "external funding");
  add(p.recipient_count > 0, "only for " + count_of(p.recipient_count, "named user"));
  add(p.needs_code, "needs a code");
  add(!p.sender_may_claim, "not for its sender");
  add(p.recallable, "recallable");
  return text.empty() ? text : text + '\n';
}

std::string summary_text(const PacketSummary& p) {
  std::string text =
      fmt::format("packet {}: {}, {} of {} shares taken\n  {} of {} left, {} refunded",
                  p.packet.value, hb::name(p.state), p.claimed_count, p.share_count,
                  yuan(p.remaining), yuan(p.total), yuan(p.refunded));
  auto out = std::back_inserter(text);
  if (p.returned != Amount{}) fmt::format_to(out, ", {} returned", yuan(p.returned));
  fmt::format_to(out, "; {}, {}\n  from user {}, sent {}, expires {}\n", hb::name(p.kind),
                 hb::name(p.split), p.sender.value, format_time(p.sent_at),
                 format_time(p.expires_at));
  if (p.opens_at != Time{}) fmt::format_to(out, "  opens {}\n", format_time(p.opens_at));
  text += options_text(p);
  if (!p.remark.empty()) fmt::format_to(out, "  remark {}\n", in_quotes(p.remark.view()));
  if (!p.group.empty()) fmt::format_to(out, "  group {}\n", in_quotes(p.group.view()));
  return text;
}

// A share's line; `index` from 0.
std::string share_text(const net::PacketRecord& record, std::size_t index) {
  const PacketClaim& claim = record.claims[index];
  const ShareState state = record.share_states[index];
  std::string text =
      fmt::format("  share {:>3}  {}  {:>10}  user {}", index + 1, format_time(claim.claimed_at),
                  yuan(claim.amount), claim.user.value);
  if (record.packet.luckiest == index) text += "  luckiest";
  if (state != ShareState::held) text.append("  ").append(hb::name(state));
  return text + '\n';
}

std::string recipients_text(std::span<const UserId> recipients) {
  if (recipients.empty()) return {};
  std::string text = "  for users";
  for (const UserId user : recipients) fmt::format_to(std::back_inserter(text), " {}", user.value);
  return text + '\n';
}

}  // namespace

Told told(const SendAnswer& answer, const SendPacket& command) {
  const std::string commitment = to_hex(answer.seed_commitment);
  const std::string noun = std::string(hb::name(command.kind)) + " share";
  const std::uint32_t shares =
      command.share_count != 0 ? command.share_count : command.recipients_count;
  return {.json = {{"packet", answer.packet.value},
                   {"expires_at", answer.expires_at.us()},
                   {"seed_commitment", commitment}},
          .text = fmt::format("packet {}: {} in {}, expires {}\nseed commitment {}\n",
                              answer.packet.value, yuan(command.total), count_of(shares, noun),
                              format_time(answer.expires_at), commitment)};
}

Told told(const ClaimAnswer& answer, const ClaimWithCode& claim) {
  Json json{{"packet", claim.packet.value}, {"user", claim.user.value}};
  json.update(claim_json(answer));
  const bool again = answer.status == Status::already_claimed;
  return {
      .json = std::move(json),
      .text = fmt::format("user {} {} {} of packet {}\n", claim.user.value,
                          again ? "already has" : "gets", claim_text(answer), claim.packet.value)};
}

Told told(const PeekAnswer& answer, const PeekPacket& query) {
  const bool has_share = answer.own_claim.status == Status::already_claimed;
  Json json{{"packet", summary_json(answer.packet)}, {"claimable", answer.claimable}};
  json["own_claim"] = has_share ? claim_json(answer.own_claim) : Json();
  std::string verb = answer.claimable ? "can claim" : "cannot claim";
  if (has_share) verb = "has " + claim_text(answer.own_claim);
  return {
      .json = std::move(json),
      .text = summary_text(answer.packet) + fmt::format("user {} {}\n", query.user.value, verb)};
}

Told told(const net::PacketRecord& record) {
  Told told{.json = {{"packet", summary_json(record.packet)},
                     {"seed_commitment", to_hex(record.seed_commitment)},
                     {"claims", Json::array()},
                     {"share_states", Json::array()},
                     {"recipients", Json::array()},
                     {"seed", nullptr}},
            .text = summary_text(record.packet) + recipients_text(record.recipients)};
  for (std::size_t i = 0; i < record.claims.size(); ++i) {
    const PacketClaim& claim = record.claims[i];
    told.json["claims"].push_back({{"user", claim.user.value},
                                   {"amount", claim.amount.fen()},
                                   {"claimed_at", claim.claimed_at.us()}});
    told.json["share_states"].push_back(hb::name(record.share_states[i]));
    told.text += share_text(record, i);
  }
  for (const UserId user : record.recipients) told.json["recipients"].push_back(user.value);
  told.text += "  seed commitment " + to_hex(record.seed_commitment) + '\n';
  if (record.seed) {
    const std::string seed = format_seed(*record.seed);
    told.json["seed"] = seed;
    told.text += "  seed " + seed + '\n';
  }
  return told;
}

Told told(const RecallAnswer& answer) {
  const bool to_wallet = answer.to == RefundTarget::wallet;
  return {.json = {{"packet", answer.packet.value},
                   {"amount", answer.amount.fen()},
                   {"to", hb::name(answer.to)}},
          .text = fmt::format("packet {} recalled: {} goes back to {}\n", answer.packet.value,
                              yuan(answer.amount),
                              to_wallet ? "the sender's wallet" : "the external rail")};
}

Told told(const ReturnAnswer& answer) {
  return {.json = {{"packet", answer.packet.value},
                   {"user", answer.user.value},
                   {"amount", answer.amount.fen()}},
          .text = fmt::format("user {} returns {} of packet {}\n", answer.user.value,
                              yuan(answer.amount), answer.packet.value)};
}

// Packets and transfers are frozen alike.
Told told(const PacketFreezeAnswer& answer) {
  return {.json = {{"packet", answer.packet.value}, {"frozen", answer.frozen}},
          .text = fmt::format("packet {} is {}\n", answer.packet.value,
                              answer.frozen ? "frozen" : "not frozen any more")};
}

}  // namespace hb::cli
