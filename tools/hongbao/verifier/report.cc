#include "tools/hongbao/verifier/report.h"

#include <fmt/format.h>

#include <iterator>
#include <map>

#include "tools/hongbao/text/event_text.h"
#include "tools/hongbao/text/names.h"
#include "tools/hongbao/text/values.h"

namespace hb::verifier {

namespace {

using Json = nlohmann::ordered_json;

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

void tell_counts(const Figures& f, std::string& text) {
  auto out = std::back_inserter(text);
  fmt::format_to(out, "wallets    {}: {} frozen\n", f.wallets, f.wallets_frozen);
  fmt::format_to(out, "packets    {}: {} open, {} sold out, {} refunded, {} recalled\n",
                 f.packets(), f.packets_open, f.packets_sold_out, f.packets_refunded,
                 f.packets_recalled);
  fmt::format_to(out, "claims     {}: {} returned\n", f.claims, f.claims_returned);
  fmt::format_to(out, "transfers  {}: {} open, {} arrived, {} closed, {} returned\n", f.transfers(),
                 f.transfers_open, f.transfers_arrived, f.transfers_closed, f.transfers_returned);
  fmt::format_to(out, "payouts    {}: {} owed, {} confirmed\n", f.payouts(), f.payouts_owed,
                 f.payouts_confirmed);
  fmt::format_to(out, "cases      {}: {} open, {} refused, {} upheld\n", f.cases(), f.cases_open,
                 f.cases_refused, f.cases_upheld);
}

void tell_sums(const Figures& f, std::string& text) {
  auto out = std::back_inserter(text);
  fmt::format_to(out, "packets sent {} = claimed {} + in escrow {} + refunded {}\n",
                 yuan(f.sent_fen), yuan(f.claimed_fen), yuan(f.packets_fen), yuan(f.refunded_fen));
  fmt::format_to(out, "transfers sent {} = arrived {} + in escrow {} + refunded {}\n",
                 yuan(f.transfers_sent_fen), yuan(f.transfers_arrived_fen), yuan(f.transfers_fen),
                 yuan(f.transfers_refunded_fen));
  fmt::format_to(out, "returned {}, and {} still owed that forced returns did not find\n",
                 yuan(f.returned_fen), yuan(f.shortfall_fen));
  fmt::format_to(out,
                 "deposits {} + external {} {} wallets {} + packets {} + transfers {} + in flight "
                 "{} + withdrawals {} + payouts owed {} + payouts paid {}\n",
                 yuan(f.deposits_fen), yuan(f.external_fen), f.conserved() ? "=" : "IS NOT",
                 yuan(f.wallets_fen), yuan(f.packets_fen), yuan(f.transfers_fen),
                 yuan(f.in_flight_fen()), yuan(f.withdrawals_fen), yuan(f.payouts_owed_fen),
                 yuan(f.payouts_paid_fen));
}

void tell_figures(const Figures& f, std::string& text) {
  if (f.events > 0) {
    fmt::format_to(std::back_inserter(text), "from {} to {}\n", format_time(f.first_at),
                   format_time(f.last_at));
  }
  tell_counts(f, text);
  tell_sums(f, text);
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

Json counts_json(const Figures& f) {
  return {{"wallets", f.wallets},
          {"wallets_frozen", f.wallets_frozen},
          {"packets", f.packets()},
          {"packets_open", f.packets_open},
          {"packets_sold_out", f.packets_sold_out},
          {"packets_refunded", f.packets_refunded},
          {"packets_recalled", f.packets_recalled},
          {"claims", f.claims},
          {"claims_returned", f.claims_returned},
          {"transfers", f.transfers()},
          {"transfers_open", f.transfers_open},
          {"transfers_arrived", f.transfers_arrived},
          {"transfers_closed", f.transfers_closed},
          {"transfers_returned", f.transfers_returned},
          {"payouts", f.payouts()},
          {"payouts_owed", f.payouts_owed},
          {"payouts_confirmed", f.payouts_confirmed},
          {"cases", f.cases()},
          {"cases_open", f.cases_open},
          {"cases_refused", f.cases_refused},
          {"cases_upheld", f.cases_upheld}};
}

// A number, or where 64 bits do not hold it, its digits as a string.
Json sum_json(Wide fen) {
  const auto narrow = static_cast<std::int64_t>(fen);
  return narrow == fen ? Json(narrow) : Json(fmt::format("{}", fen));
}

Json totals_json(const Figures& f) {
  return {{"deposits", sum_json(f.deposits_fen)},
          {"external", sum_json(f.external_fen)},
          {"wallets", sum_json(f.wallets_fen)},
          {"packets", sum_json(f.packets_fen)},
          {"transfers", sum_json(f.transfers_fen)},
          {"withdrawals", sum_json(f.withdrawals_fen)},
          {"payouts_owed", sum_json(f.payouts_owed_fen)},
          {"payouts_paid", sum_json(f.payouts_paid_fen)},
          {"credits_sent", sum_json(f.credits_sent_fen)},
          {"credits_received", sum_json(f.credits_received_fen)},
          {"in_flight", sum_json(f.in_flight_fen())},
          {"sent", sum_json(f.sent_fen)},
          {"claimed", sum_json(f.claimed_fen)},
          {"refunded", sum_json(f.refunded_fen)},
          {"transfers_sent", sum_json(f.transfers_sent_fen)},
          {"transfers_arrived", sum_json(f.transfers_arrived_fen)},
          {"transfers_refunded", sum_json(f.transfers_refunded_fen)},
          {"returned", sum_json(f.returned_fen)},
          {"shortfall", sum_json(f.shortfall_fen)}};
}

Json figures_json(const Figures& f) {
  return {{"events", f.events},
          {"first_at", f.first_at.us()},
          {"last_at", f.last_at.us()},
          {"counts", counts_json(f)},
          {"totals", totals_json(f)}};
}

Json shard_json(const ShardAudit& shard) {
  Json json;
  json["shard"] = shard.books.identity().shard.value;
  json.update(figures_json(shard.books.figures()));
  json["tail"] = tail_json(shard.tail);
  return json;
}

// Rows of all shards by their id, which is there once, unless the books are wrong.
template <class Rows>
auto sorted(const Audit& audit, const Rows& (Books::*rows)() const) {
  std::multimap<typename Rows::key_type, const typename Rows::mapped_type*> all;
  for (const ShardAudit& shard : audit.shards) {
    for (const auto& [id, row] : (shard.books.*rows)()) all.emplace(id, &row);
  }
  return all;
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
  out << "user,balance_fen\n";
  for (const auto& [user, wallet] : sorted(audit, &Books::wallets)) {
    out << user.value << ',' << wallet->balance_fen << '\n';
  }
}

void write_packets(const Audit& audit, std::ostream& out) {
  out << "packet,sender,state,total,claimed_count,claimed_fen,remaining_fen,refunded_fen,"
         "returned_fen\n";
  for (const auto& [id, p] : sorted(audit, &Books::packets)) {
    out << id.value << ',' << p->sender.value << ',' << hb::name(p->state) << ',' << p->total_fen
        << ',' << p->shares.size() << ',' << p->claimed_fen << ',' << p->escrow_fen << ','
        << p->refunded_fen << ',' << p->returned_fen << '\n';
  }
}

void write_transfers(const Audit& audit, std::ostream& out) {
  out << "transfer,sender,recipient,state,amount_fen,remaining_fen,refunded_fen,returned_fen\n";
  for (const auto& [id, t] : sorted(audit, &Books::transfers)) {
    out << id.value << ',' << t->sender.value << ',' << t->recipient.value << ','
        << hb::name(t->state) << ',' << t->amount_fen << ',' << t->escrow_fen << ','
        << t->refunded_fen << ',' << t->returned_fen << '\n';
  }
}

void write_payouts(const Audit& audit, std::ostream& out) {
  out << "packet,sender,state,amount_fen\n";
  for (const auto& [id, p] : sorted(audit, &Books::payouts)) {
    out << id.value << ',' << p->sender.value << ',' << hb::name(p->state) << ',' << p->fen << '\n';
  }
}

void write_cases(const Audit& audit, std::ostream& out) {
  out << "case_id,subject,user,state,returned_fen,shortfall_fen\n";
  for (const auto& [id, c] : sorted(audit, &Books::cases)) {
    out << id.value << ',' << c->subject.value << ',' << c->user.value << ',' << hb::name(c->state)
        << ',' << c->returned_fen << ',' << c->shortfall_fen << '\n';
  }
}

}  // namespace hb::verifier
