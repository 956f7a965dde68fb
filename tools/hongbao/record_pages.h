// How pages of the records are asked for: patiently, and one after the other.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/archive/queries.h"
#include "net/client/blocking_client.h"
#include "tools/hongbao/command_line.h"
#include "tools/hongbao/console.h"

namespace hb::cli {

// While the records are being built anew, or are behind and may lack what was asked for: waits
// before the next try, and says so on standard error.
class Patience {
 public:
  // Waits for `total` at most, all in all.
  Patience(Console& console, Duration total) : console_(console), left_(total) {}

  // True: waited, so ask again.
  bool after(Status status, std::int64_t limit, Duration retry_after);

 private:
  Console& console_;
  Duration left_;
};

// `ask()` until its outcome is another than that records are unavailable or behind, or for
// --timeout.
template <class Ask>
auto ask_patiently(const CommandLine& line, Console& console, Ask ask) {
  Patience patience(console, line.timeout);
  auto outcome = ask();
  while (outcome && patience.after(outcome->status, outcome->limit, outcome->retry_after))
    outcome = ask();
  return outcome;
}

// What a page is asked with.
struct Paging {
  std::optional<std::uint32_t> rows{};  // without: rows_default, or as many as the server allows
  std::uint32_t rows_default = 100;
  archive::Cursor cursor{};
  bool all = false;
};

// Asks for one page, or with paging.all for that and all after it, and gives each to take(page),
// which may end it with false.  The outcome is the last page's.
template <class Query, class Ask, class Take>
auto walk(const CommandLine& line, Console& console, const Paging& paging, Query query, Ask ask,
          Take take) {
  query.cursor = paging.cursor;
  query.count_max = paging.rows.value_or(paging.rows_default);
  for (;;) {
    auto outcome = ask_patiently(line, console, [&] { return ask(query); });
    if (!outcome) return outcome;
    const bool too_many = outcome->status == Status::page_out_of_range && !paging.rows &&
                          outcome->limit >= 1 && outcome->limit < query.count_max;
    if (too_many) {
      query.count_max = static_cast<std::uint32_t>(outcome->limit);
      continue;
    }
    const bool go_on = succeeded(outcome->status) && take(outcome->answer) && paging.all;
    if (!go_on || outcome->answer.next.empty()) return outcome;
    query.cursor = outcome->answer.next;
  }
}

// ---- the three lists of a user ------------------------------------------------------------------

struct SentList {
  using Query = archive::ListSent;
  using Row = archive::SentEntry;
  static constexpr const char* name = "sent";
  static constexpr const char* rows_name = "entries";
  static constexpr auto ask = &net::BlockingClient::list_sent;
  static const std::vector<Row>& rows(const archive::SentPage& page) { return page.entries; }
};

struct ReceivedList {
  using Query = archive::ListReceived;
  using Row = archive::ReceivedEntry;
  static constexpr const char* name = "received";
  static constexpr const char* rows_name = "entries";
  static constexpr auto ask = &net::BlockingClient::list_received;
  static const std::vector<Row>& rows(const archive::ReceivedPage& page) { return page.entries; }
};

struct StatementList {
  using Query = archive::ListStatement;
  using Row = archive::Movement;
  static constexpr const char* name = "statement";
  static constexpr const char* rows_name = "movements";
  static constexpr auto ask = &net::BlockingClient::list_statement;
  static const std::vector<Row>& rows(const archive::StatementPage& page) { return page.movements; }
};

}  // namespace hb::cli
