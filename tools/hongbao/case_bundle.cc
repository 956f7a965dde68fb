// hongbao case bundle
#include "tools/hongbao/case_bundle.h"

#include <fmt/format.h>

#include <iterator>
#include <memory>
#include <string_view>

#include "engine/base/text.h"
#include "tools/hongbao/case_movements.h"
#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"
#include "tools/hongbao/event_lines.h"
#include "tools/hongbao/record_pages.h"
#include "tools/hongbao/record_rows.h"

namespace hb::cli {

namespace {

using Json = nlohmann::ordered_json;

// What somebody of support did.
bool by_support(EventType type) {
  switch (type) {
    case EventType::wallet_frozen:
    case EventType::wallet_unfrozen:
    case EventType::packet_frozen:
    case EventType::packet_unfrozen:
    case EventType::case_opened:
    case EventType::case_resolved:
      return true;
    default:
      return false;
  }
}

bool of_wallet(EventType type) {
  return type == EventType::wallet_frozen || type == EventType::wallet_unfrozen;
}

EventType type_of(const archive::HistoryRecord& record) {
  return journal_record(record).event->type;
}

// One part of the document: a heading and its lines.
void add_part(Told& told, const char* name, std::string_view heading, Json rows,
              const std::string& lines) {
  told.json[name] = std::move(rows);
  told.text += fmt::format("\n{}\n{}", heading, lines.empty() ? "  nothing\n" : lines);
}

// The events that `wanted` picks.
template <class Wanted>
void add_events(Told& told, const char* name, std::string_view heading,
                const archive::HistoryPage& history, Wanted wanted) {
  Json rows = Json::array();
  std::string lines;
  for (const archive::HistoryRecord& record : history.records) {
    if (!wanted(type_of(record))) continue;
    rows.push_back(event_json(record));
    lines += event_text(record) + '\n';
  }
  add_part(told, name, heading, std::move(rows), lines);
}

void add_movements(Told& told, const archive::HistoryPage& history) {
  Json rows = Json::array();
  std::string lines;
  for (const CaseMovement& m : movements_in(history.records)) {
    rows.push_back({{"shard", m.shard.value},
                    {"sequence", m.sequence.value},
                    {"at", m.at.us()},
                    {"from", m.from},
                    {"to", m.to},
                    {"amount", m.amount.fen()}});
    fmt::format_to(std::back_inserter(lines), "{:>2} {:>8}  {}  {:>12}  {} to {}\n", m.shard.value,
                   m.sequence.value, format_time(m.at), format_amount(m.amount), m.from, m.to);
  }
  add_part(told, "movements", "Money that moved:", std::move(rows), lines);
}

// A bundle that does not fit one answer goes on in its subject's history, where `next` says.
Result<net::Outcome<archive::HistoryPage>> complete_bundle(net::BlockingClient& client,
                                                           const CaseRecord& record,
                                                           const CommandLine& line,
                                                           Console& console) {
  auto bundle = ask_patiently(line, console, [&] { return client.case_bundle(record.case_id); });
  if (!bundle || !succeeded(bundle->status) || bundle->answer.next.empty()) return bundle;
  auto& records = bundle->answer.records;
  auto rest = walk(
      line, console, Paging{.cursor = bundle->answer.next, .all = true},
      archive::ShowHistory{.packet = record.subject, .cursor = {}},
      [&](const archive::ShowHistory& query) { return client.show_history(query); },
      [&](const archive::HistoryPage& page) {
        records.insert(records.end(), page.records.begin(), page.records.end());
        return true;
      });
  return rest && succeeded(rest->status) ? bundle : rest;
}

ExitStatus tell_bundle(net::BlockingClient& client, CaseId case_id, const CommandLine& line,
                       Console& console) {
  const std::string ids = ids_of(ShowCase{.case_id = case_id});
  const auto record = client.show_case(case_id);
  if (!record || !succeeded(record->status)) {
    return conclude(
        console, record, {}, [](const CaseRecord& r) { return told(r); }, ids);
  }
  const auto bundle = complete_bundle(client, record->answer, line, console);
  return conclude(
      console, bundle, {},
      [&](const archive::HistoryPage& history) { return told(record->answer, history); }, ids);
}

}  // namespace

Told told(const CaseRecord& record, const archive::HistoryPage& history) {
  Told document = told(record);
  add_events(document, "support", "What support did, shard and event first:", history, by_support);
  add_events(document, "history", fmt::format("The complete history of {}:", record.subject.value),
             history, [](EventType type) { return !of_wallet(type); });
  add_movements(document, history);
  document.json["as_of"] = json_of(history.as_of);
  document.text += '\n' + text_of(history.as_of) + '\n';
  return document;
}

void add_case_bundle(CLI::App& cases, CommandLine& line) {
  auto* app = cases.add_subcommand("bundle", "Everything about a case, in one document");
  app->footer(
      "The case, who did what when and why, the complete history of its packet or transfer, and\n"
      "what moved; with --json one object.\n"
      "\n"
      "Example:\n"
      "  hongbao case bundle 4097 > case-4097.txt");
  const auto case_id = std::make_shared<CaseId>();
  add_value(*app, "case", *case_id, parse_id, "CASE", "a case's number",
            "the case, as 'case open' printed it")
      ->required();
  const auto run = [case_id](const CommandLine& l, Console& console) {
    return converse(l, console, [&](net::BlockingClient& client, const net::Welcome&) {
      return tell_bundle(client, *case_id, l, console);
    });
  };
  app->callback([&line, run] { line.run = run; });
}

}  // namespace hb::cli
