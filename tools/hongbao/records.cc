// hongbao records sent|received|statement|history|export
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <utility>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"
#include "tools/hongbao/event_lines.h"
#include "tools/hongbao/record_pages.h"
#include "tools/hongbao/record_rows.h"

namespace hb::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint32_t page_rows_default = 20;

// What every kind of page has beside its rows, for the first page of several: the rows of later
// ones may be newer, none is older.
template <class Page>
void tell_place(const Page& first, const archive::Cursor& next, Told& told) {
  told.json["next"] = next.view();
  told.json["as_of"] = json_of(first.as_of);
  told.text += text_of(first.as_of) + '\n';
  if (!next.empty()) told.text += "there are more: --cursor " + std::string(next.view()) + '\n';
}

// Walks the pages that were asked for and tells them as one answer: take(page, told) adds a page's
// rows.
template <class Page, class Query, class Ask, class Take>
ExitStatus list(const CommandLine& line, Console& console, const Paging& paging, const Query& query,
                Told told, Ask ask, Take take) {
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome&) {
    std::optional<Page> first;
    const auto ask_client = [&](const Query& q) { return std::invoke(ask, client, q); };
    const auto outcome = walk(line, console, paging, query, ask_client, [&](const Page& page) {
      if (!first) first = page;
      take(page, told);
      return true;
    });
    return conclude(
        console, outcome, {},
        [&](const Page& last) {
          tell_place(*first, last.next, told);
          return std::move(told);
        },
        ids_of(query));
  });
}

void add_paging(CLI::App& app, const std::shared_ptr<Paging>& paging) {
  add_number(app, "--page", paging->rows, bounds::page_rows, "N",
             fmt::format("rows of a page [{}]", paging->rows_default));
  add_text(app, "--cursor", paging->cursor, "CURSOR", "go on where a page before ended");
  app.add_flag("--all", paging->all, "this page and all after it");
}

// ---- sent, received, statement ------------------------------------------------------------------

template <class List>
void take_rows(const auto& page, Told& told) {
  for (const auto& row : List::rows(page)) {
    told.json[List::rows_name].push_back(json_of(row));
    told.text += text_of(row) + '\n';
  }
}

template <class List>
void add_list(CLI::App& records, CommandLine& line, const char* help) {
  auto* app = records.add_subcommand(List::name, help);
  const auto query = std::make_shared<typename List::Query>();
  const auto paging = std::make_shared<Paging>();
  paging->rows_default = page_rows_default;
  add_user(*app, "user", query->user, "whose")->required();
  add_paging(*app, paging);
  const auto run = [query, paging](const CommandLine& l, Console& console) {
    using Page =
        decltype(std::invoke(List::ask, std::declval<net::BlockingClient&>(), *query)->answer);
    Told told{.json = {{"user", query->user.value}, {List::rows_name, Json::array()}}, .text = {}};
    return list<Page>(l, console, *paging, *query, std::move(told), List::ask,
                      [](const Page& page, Told& to) { take_rows<List>(page, to); });
  };
  app->callback([&line, run] { line.run = run; });
}

// ---- history ------------------------------------------------------------------------------------

void take_events(const archive::HistoryPage& page, Told& told) {
  for (const archive::HistoryRecord& record : page.records) {
    told.json["events"].push_back(event_json(record));
    told.text += event_text(record) + '\n';
  }
}

void add_history(CLI::App& records, CommandLine& line) {
  auto* app = records.add_subcommand("history", "Everything that happened to a packet or transfer");
  app->footer(
      "Oldest first; each line starts with the shard and the event's sequence in it.\n"
      "\n"
      "Example:\n"
      "  hongbao records history 4097 --all");
  const auto query = std::make_shared<archive::ShowHistory>();
  const auto paging = std::make_shared<Paging>();
  add_packet(*app, query->packet);
  add_paging(*app, paging);
  const auto run = [query, paging](const CommandLine& l, Console& console) {
    Told told{.json = {{"packet", query->packet.value}, {"events", Json::array()}}, .text = {}};
    return list<archive::HistoryPage>(l, console, *paging, *query, std::move(told),
                                      &net::BlockingClient::show_history, take_events);
  };
  app->callback([&line, run] { line.run = run; });
}

}  // namespace

void add_records(CLI::App& app, CommandLine& line) {
  auto* records = app.add_subcommand("records", "Lists, statements and histories");
  records->require_subcommand(1);
  records->footer(
      "Records are built from the journals a little behind them.  Every page says up to which\n"
      "event of each shard it is true, and what was there at the first page comes exactly once.\n"
      "While they are being built anew the command tries again, for --timeout.\n"
      "\n"
      "Examples:\n"
      "  hongbao records sent 7\n"
      "  hongbao records received 8 --page 50\n"
      "  hongbao records statement 7 --all --json\n"
      "  hongbao records history 4097\n"
      "  hongbao records export statement 7 --format csv --out statement.csv");
  add_list<SentList>(*records, line, "What a user has sent, newest first");
  add_list<ReceivedList>(*records, line, "What a user has received, newest first");
  add_list<StatementList>(*records, line, "Every movement of a user's wallet, newest first");
  add_history(*records, line);
  add_export(*records, line);
}

}  // namespace hb::cli
