// hongbao records export: a whole list into a file or a pipe.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>

#include "engine/base/printable.h"
#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"
#include "tools/hongbao/output_file.h"
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
  std::string out = "-";
};

// Between two lines of progress.
constexpr std::uint64_t rows_per_note = 10'000;

template <class Row>
std::string row_line(const Row& row, Format format, const Console& console) {
  const Json json = json_of(row);
  return format == Format::csv ? csv_line(json) : console.json_text(json) + '\n';
}

bool is_terminal(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) return false;
  const int fd = ::open(path.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return false;
  const bool terminal = ::isatty(fd) == 1;
  ::close(fd);
  return terminal;
}

// Lines on their way to a file, as they are, or to a terminal, on which texts would act.
class Lines {
 public:
  Lines(OutputFile& to, const std::string& path, const Console& console)
      : to_(to),
        on_terminal_(to.is_standard_output() ? console.out_is_terminal : is_terminal(path)) {}
  void write(const std::string& line) {
    to_.stream() << (on_terminal_ ? printable_lines(line) : line);
  }

 private:
  OutputFile& to_;
  const bool on_terminal_;
};

// What is told when all is written: in place of rows, or beside them.
ExitStatus tell_end(Console& console, const ExportArguments& arguments, const OutputFile& file,
                    std::uint64_t rows, const std::vector<archive::AsOf>& as_of) {
  const std::string text = fmt::format("{}, {}\n", count_of(rows, "row"), text_of(as_of));
  if (file.is_standard_output()) {
    console.note(text);
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
                       OutputFile& to, const CommandLine& line, Console& console) {
  Lines lines(to, arguments.out, console);
  if (arguments.format == Format::csv) {
    lines.write(csv_header(json_of(typename List::Row{})));
  }
  std::uint64_t rows = 0;
  std::optional<std::vector<archive::AsOf>> as_of;
  typename List::Query query;
  query.user = arguments.user;
  const auto ask = [&](const auto& q) { return std::invoke(List::ask, client, q); };
  const auto outcome = walk(line, console, Paging{.all = true}, query, ask, [&](const auto& page) {
    if (!as_of) as_of = page.as_of;
    for (const auto& row : List::rows(page)) {
      lines.write(row_line(row, arguments.format, console));
      if (++rows % rows_per_note == 0) console.note(count_of(rows, "row") + '\n');
    }
    return to.good();
  });
  if (!outcome) return console.fail(outcome.error());
  if (!succeeded(outcome->status)) {
    return refuse(console, outcome->status, outcome->limit, outcome->retry_after, outcome->message,
                  {}, ids_of(query));
  }
  const auto written = to.commit();
  if (!written) return console.fail(written.error());
  return tell_end(console, arguments, to, rows, *as_of);
}

template <class List>
ExitStatus run_export(const ExportArguments& arguments, const CommandLine& line, Console& console) {
  auto to = OutputFile::open(arguments.out, console.out);
  if (!to) return console.fail(to.error());
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome&) {
    return export_list<List>(client, arguments, *to, line, console);
  });
}

template <class List>
void add_one(CLI::App& exports, CommandLine& line, const char* help) {
  auto* app = exports.add_subcommand(List::name, help);
  const auto arguments = std::make_shared<ExportArguments>();
  add_user(*app, "user", arguments->user, "whose")->required();
  add_value(*app, "--format", arguments->format, parse_format, "FORMAT", "csv or jsonl",
            "csv, or jsonl: a JSON object a line")
      ->required();
  add_output(*app, "--out", arguments->out, "the file to write; - is standard output [-]");
  const auto run = [arguments](const CommandLine& l, Console& console) {
    return run_export<List>(*arguments, l, console);
  };
  app->callback([&line, run] { line.run = run; });
}

}  // namespace

void add_export(CLI::App& records, CommandLine& line) {
  auto* exports = records.add_subcommand("export", "Write a whole list as CSV or JSON lines");
  exports->require_subcommand(1);
  exports->footer(
      "Amounts are fen, times microseconds since 1970, names as with --json.  An existing file is\n"
      "replaced when the new one is whole; a device or a pipe is written to.  In CSV a text that "
      "a\n"
      "spreadsheet would run as a formula has an apostrophe in front.  Progress and the end are "
      "told\n"
      "on standard error.\n"
      "\n"
      "Examples:\n"
      "  hongbao records export statement 7 --format csv --out statement.csv\n"
      "  hongbao records export sent 7 --format jsonl | jq .total");
  add_one<SentList>(*exports, line, "What a user has sent, newest first");
  add_one<ReceivedList>(*exports, line, "What a user has received, newest first");
  add_one<StatementList>(*exports, line, "Every movement of a user's wallet, newest first");
}

}  // namespace hb::cli
