#include "tools/hongbao/verifier/report.h"

#include <fmt/format.h>

#include <iterator>
#include <map>

#include "engine/base/text.h"
#include "tools/hongbao/text/event_text.h"
#include "tools/hongbao/text/names.h"
#include "tools/hongbao/text/values.h"

namespace hb::verifier {

namespace {

using Json = nlohmann::ordered_json;

std::string yuan(std::int64_t fen) {
  return format_amount(Amount(fen));
}

// ---- to a person --------------------------------------------------------------------------------

std::string place_text(const Audit& audit, const Place& place) {
  if (place.sequence == Sequence{}) return "at the end";
  const std::string& directory = audit.shards[place.shard.value].name;
  return fmt::format("event {} at {}/{}", place.sequence.value, directory,
                     journal::to_string(place.position));
}

void tell_violations(const Audit& audit, std::string& text) {
  const Violations& found = *audit.violations;
  for (const Violation& v : found.kept()) {
    fmt::format_to(std::back_inserter(text), "{}: {}: {}\n", place_text(audit, v.place),
                   name(v.rule), v.what);
  }
  if (found.count() > found.kept().size()) {
    fmt::format_to(std::back_inserter(text), "... and {} more\n",
                   found.count() - found.kept().size());
  }
  if (found.count() > 0) text += '\n';
}

void tell_tail(const ShardAudit& shard, std::string& text) {
  fmt::format_to(std::back_inserter(text), "{}: {}, {}\n", shard.name,
                 count_of(shard.books.figures().events, "event"), tail_text(shard.tail));
}

void tell_figures(const Figures& f, std::string& text) {
  auto out = std::back_inserter(text);
  if (f.events > 0) {
    fmt::format_to(out, "from {} to {}\n", format_time(f.first_at), format_time(f.last_at));
  }
  fmt::format_to(out, "wallets  {}\n", f.wallets);
  fmt::format_to(out, "packets  {}: {} open, {} sold out, {} refunded\n", f.packets(),
                 f.packets_open, f.packets_sold_out, f.packets_refunded);
  fmt::format_to(out, "claims   {}\n", f.claims);
  fmt::format_to(out, "sent {} = claimed {} + in escrow {} + refunded {}\n", yuan(f.sent_fen),
                 yuan(f.claimed_fen), yuan(f.packets_fen), yuan(f.refunded_fen));
  fmt::format_to(out, "deposits {} {} wallets {} + packets {} + in flight {} + withdrawals {}\n",
                 yuan(f.deposits_fen), f.conserved() ? "=" : "IS NOT", yuan(f.wallets_fen),
                 yuan(f.packets_fen), yuan(f.in_flight_fen()), yuan(f.withdrawals_fen));
}

// ---- to a program -------------------------------------------------------------------------------

Json place_json(const Place& place) {
  return {{"shard", place.shard.value},
          {"sequence", place.sequence.value},
          {"segment", place.position.segment},
          {"offset", place.position.offset}};
}

Json violation_json(const Violation& violation) {
  Json json{{"rule", name(violation.rule)}, {"message", violation.what}};
  json.update(place_json(violation.place));
  return json;
}

Json figures_json(const Figures& f) {
  return {{"events", f.events},
          {"first_at", f.first_at.us()},
          {"last_at", f.last_at.us()},
          {"counts",
           {{"wallets", f.wallets},
            {"packets", f.packets()},
            {"packets_open", f.packets_open},
            {"packets_sold_out", f.packets_sold_out},
            {"packets_refunded", f.packets_refunded},
            {"claims", f.claims}}},
          {"totals",
           {{"deposits", f.deposits_fen},
            {"wallets", f.wallets_fen},
            {"packets", f.packets_fen},
            {"withdrawals", f.withdrawals_fen},
            {"credits_sent", f.credits_sent_fen},
            {"credits_received", f.credits_received_fen},
            {"in_flight", f.in_flight_fen()},
            {"sent", f.sent_fen},
            {"claimed", f.claimed_fen},
            {"refunded", f.refunded_fen}}}};
}

Json shard_json(const ShardAudit& shard) {
  Json json;
  json["shard"] = shard.books.identity().shard.value;
  json.update(figures_json(shard.books.figures()));
  json["tail"] = tail_json(shard.tail);
  return json;
}

}  // namespace

std::string to_text(const Audit& audit) {
  std::string text;
  tell_violations(audit, text);
  for (const ShardAudit& shard : audit.shards) tell_tail(shard, text);
  tell_figures(audit.total, text);
  text += audit.balanced() ? "books balance\n"
                           : fmt::format("books DO NOT balance: {}\n",
                                         count_of(audit.violations->count(), "violation"));
  return text;
}

nlohmann::ordered_json to_json(const Audit& audit) {
  Json json{{"balanced", audit.balanced()},
            {"violation_count", audit.violations->count()},
            {"violations", Json::array()}};
  for (const Violation& v : audit.violations->kept())
    json["violations"].push_back(violation_json(v));
  json.update(figures_json(audit.total));
  json["shards"] = Json::array();
  for (const ShardAudit& shard : audit.shards) json["shards"].push_back(shard_json(shard));
  return json;
}

void write_balances(const Audit& audit, std::ostream& out) {
  std::multimap<UserId, std::int64_t> balances;  // once each, unless the books are wrong
  for (const ShardAudit& shard : audit.shards) {
    for (const auto& [user, wallet] : shard.books.wallets())
      balances.emplace(user, wallet.balance_fen);
  }
  out << "user,balance_fen\n";
  for (const auto& [user, fen] : balances) out << user.value << ',' << fen << '\n';
}

void write_packets(const Audit& audit, std::ostream& out) {
  std::multimap<PacketId, const Packet*> packets;
  for (const ShardAudit& shard : audit.shards) {
    for (const auto& [id, packet] : shard.books.packets()) packets.emplace(id, &packet);
  }
  out << "packet,sender,state,total,claimed_count,claimed_fen,remaining_fen,refunded_fen\n";
  for (const auto& [id, p] : packets) {
    out << id.value << ',' << p->sender.value << ',' << hb::name(p->state) << ',' << p->total_fen
        << ',' << p->claimed_count << ',' << p->claimed_fen << ',' << p->escrow_fen << ','
        << p->refunded_fen << '\n';
  }
}

}  // namespace hb::verifier
