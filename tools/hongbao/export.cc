// hongbao records export: a whole list into a file or a pipe.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"
#include "tools/hongbao/record_pages.h"
#include "tools/hongbao/record_rows.h"

namespace hb::cli {

namespace {

using Json = nlohmann::ordered_json;

enum class Format : std::uint8_t { csv, jsonl };

std::optional<Format> parse_format(std::string_view text) {
  if (text == "csv") return Format::csv;
  if (text == "jsonl") return Format::jsonl;
  return std::nullopt;
}

struct ExportArguments {
  UserId user{};
  Format format{};
  std::string out{};  // empty: standard output
};

// How often somebody who waits is told how far it is.
constexpr std::uint64_t rows_per_note = 10'000;

// Where rows go.  A file has its name only when it is whole.
class Destination {
 public:
  Destination(std::string path, std::ostream& out) : path_(std::move(path)), out_(&out) {
    if (path_.empty()) return;
    file_.open(part(), std::ios::binary | std::ios::trunc);
    out_ = &file_;
  }
  ~Destination() {
    if (path_.empty() || finished_) return;
    file_.close();
    std::remove(part().c_str());
  }
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;

  bool good() const { return out_->good(); }
  void write(const std::string& line) { *out_ << line; }
  // False: not everything is written.
  bool finish() {
    out_->flush();
    if (path_.empty()) return out_->good();
    file_.close();
    finished_ = file_.good() && std::rename(part().c_str(), path_.c_str()) == 0;
    return finished_;
  }

 private:
  std::string part() const { return path_ + ".part"; }

  std::string path_;
  std::ofstream file_;
  std::ostream* out_;
  bool finished_ = false;
};

template <class Row>
std::string row_line(const Row& row, Format format) {
  const Json json = json_of(row);
  return format == Format::csv ? csv_line(json) : json_line(json) + '\n';
}

ExitStatus cannot_write(Console& console, const ExportArguments& arguments) {
  const std::string where = arguments.out.empty() ? "standard output" : arguments.out;
  return console.fail({ErrorCode::io, where + ": cannot write"});
}

// What is told when all is written: in place of rows, or beside them.
ExitStatus tell_end(Console& console, const ExportArguments& arguments, std::uint64_t rows,
                    const std::vector<archive::AsOf>& as_of) {
  const std::string text = fmt::format("{}, {}\n", count_of(rows, "row"), text_of(as_of));
  if (arguments.out.empty()) {
    console.err << text;
    return ExitStatus::done;
  }
  const Json json{{"status", name(Status::ok)},
                  {"out", arguments.out},
                  {"rows", rows},
                  {"as_of", json_of(as_of)}};
  return console.tell(json, arguments.out + ": " + text);
}

template <class List>
ExitStatus export_list(net::BlockingClient& client, const ExportArguments& arguments,
                       const CommandLine& line, Console& console) {
  Destination to(arguments.out, console.out);
  if (!to.good()) return cannot_write(console, arguments);
  if (arguments.format == Format::csv) to.write(csv_header(json_of(typename List::Row{})));
  std::uint64_t rows = 0;
  std::optional<std::vector<archive::AsOf>> as_of;
  typename List::Query query;
  query.user = arguments.user;
  const auto ask = [&](const auto& q) { return std::invoke(List::ask, client, q); };
  const auto outcome = walk(line, console, Paging{.all = true}, query, ask, [&](const auto& page) {
    if (!as_of) as_of = page.as_of;
    for (const auto& row : List::rows(page)) {
      to.write(row_line(row, arguments.format));
      if (++rows % rows_per_note == 0) console.err << count_of(rows, "row") << std::endl;
    }
    return to.good();
  });
  if (!outcome) return console.fail(outcome.error());
  if (!succeeded(outcome->status)) {
    return refuse(console, outcome->status, outcome->limit, outcome->retry_after, outcome->message,
                  {});
  }
  return to.finish() ? tell_end(console, arguments, rows, *as_of)
                     : cannot_write(console, arguments);
}

template <class List>
void add_one(CLI::App& exports, CommandLine& line, const char* help) {
  auto* app = exports.add_subcommand(List::name, help);
  const auto arguments = std::make_shared<ExportArguments>();
  add_user(*app, "user", arguments->user, "whose")->required();
  add_value(*app, "--format", arguments->format, parse_format, "FORMAT", "csv or jsonl",
            "csv, or jsonl: a JSON object a line")
      ->required();
  app->add_option("--out", arguments->out, "the file to write [standard output]")
      ->type_name("FILE");
  const auto run = [arguments](const CommandLine& l, Console& console) {
    return converse(l, console, [&](net::BlockingClient& client, const net::Welcome&) {
      return export_list<List>(client, *arguments, l, console);
    });
  };
  app->callback([&line, run] { line.run = run; });
}

}  // namespace

void add_export(CLI::App& records, CommandLine& line) {
  auto* exports = records.add_subcommand("export", "Write a whole list as CSV or JSON lines");
  exports->require_subcommand(1);
  exports->footer(
      "Amounts are fen, times microseconds since 1970, names as with --json.  A file has its name\n"
      "only when it is whole.  Progress and the end are told on standard error.\n"
      "\n"
      "Examples:\n"
      "  hongbao records export statement 7 --format csv --out statement.csv\n"
      "  hongbao records export sent 7 --format jsonl | jq .total");
  add_one<SentList>(*exports, line, "What a user has sent, newest first");
  add_one<ReceivedList>(*exports, line, "What a user has received, newest first");
  add_one<StatementList>(*exports, line, "Every movement of a user's wallet, newest first");
}

}  // namespace hb::cli
