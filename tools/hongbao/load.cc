// hongbao load: drives a server as hard as asked, and checks its books afterwards.
#include "tools/hongbao/load/load.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"
#include "tools/hongbao/data_audit.h"
#include "tools/hongbao/journal_files.h"
#include "tools/hongbao/load/html.h"
#include "tools/hongbao/load/own_server.h"
#include "tools/hongbao/output_file.h"
#include "tools/hongbao/verifier/report.h"
#include "tools/hongbao/verifier/verifier.h"

namespace hb::cli {

namespace {

struct LoadArguments {
  load::LoadOptions options{};
  std::string json_file{};
  std::string html_file{};
  std::string data{};
  bool into_this_server = false;
};

// The off-line proof of the books, from the server's journals.
Result<void> add_journal_proof(const std::string& directory, load::LoadReport& report,
                               std::ostream& progress) {
  const auto journals = open_journals(directory);
  if (!journals) return fail(journals.error());
  progress << "proving the books from the journals\n" << std::flush;
  std::uint64_t told_tenths = 0;
  const auto tell = [&](ShardId shard, std::uint64_t done, std::uint64_t total) {
    const std::uint64_t tenths = total == 0 ? 0 : done * 10 / total;
    if (tenths == std::exchange(told_tenths, tenths)) return;
    progress << fmt::format("  shard {}: {} of {} MiB read\n", shard.value, done >> 20, total >> 20)
             << std::flush;
  };
  const auto audit = audit_data_directory(*journals, tell, progress);
  if (!audit) return fail(audit.error());
  report.journal = verifier::to_json(*audit);
  report.journal_balanced = audit->balanced();
  return {};
}

// The files for the result, opened before the run.
struct Reports {
  std::optional<OutputFile> json;
  std::optional<OutputFile> html;
};

Result<Reports> open_reports(const LoadArguments& arguments, Console& console) {
  Reports reports;
  if (!arguments.json_file.empty() && arguments.json_file != "-") {
    auto file = OutputFile::open(arguments.json_file, console.out);
    if (!file) return fail(file.error());
    reports.json.emplace(std::move(*file));
  }
  if (!arguments.html_file.empty()) {
    auto file = OutputFile::open(arguments.html_file, console.out);
    if (!file) return fail(file.error());
    reports.html.emplace(std::move(*file));
  }
  return reports;
}

Result<void> write_reports(Reports& reports, const load::LoadReport& report) {
  if (reports.json) {
    auto written = write_file(*reports.json, json_line(load::to_json(report)) + "\n");
    if (!written) return written;
  }
  if (!reports.html) return {};
  return write_file(*reports.html, load::to_html(report));
}

ExitStatus status_of(const load::LoadReport& report) {
  if (report.ending == load::Ending::server_gone || report.audit_failure) {
    return ExitStatus::failed;
  }
  return report.books_are_right() ? ExitStatus::done : ExitStatus::refused;
}

// A server's users and packets stay: books that have any are left alone unless the line says so.
Result<void> check_books(const CommandLine& line) {
  net::BlockingClient client(client_options(line));
  const auto welcome = client.connect();
  if (!welcome) return fail(not_there(welcome.error()));
  std::uint64_t events = 0;
  for (std::uint16_t shard = 0; shard < welcome->shards; ++shard) {
    const auto page = client.read_feed({.shard = ShardId(shard), .from = Sequence(1)});
    if (!page) return fail(page.error());
    if (!succeeded(page->status)) return fail(ErrorCode::io, page->message);
    events += page->answer.durable.value;
  }
  if (events == 0) return {};
  return fail(ErrorCode::invalid,
              fmt::format("the books of {} hold {} already, and a load adds users and packets "
                          "that stay; add --into-this-server to load it all the same, or leave "
                          "--server out for a throw-away server",
                          format_endpoint(line.server), count_of(events, "event")));
}

ExitStatus tell_report(const LoadArguments& arguments, load::LoadReport& report, Reports& reports,
                       Console& console) {
  if (!arguments.data.empty()) {
    const auto proven = add_journal_proof(arguments.data, report, console.err);
    if (!proven) report.audit_failure = proven.error().message;
  }
  const auto written = write_reports(reports, report);
  if (!written) return console.fail(written.error());
  const std::string text = load::to_text(report);
  if (console.json) console.note(text);
  return console.tell(load::to_json(report), text, status_of(report));
}

// With the server that `options` name.
ExitStatus run_load(const LoadArguments& arguments, const load::LoadOptions& options,
                    Reports& reports, Console& console) {
  auto report = load::run_load(options, console.err);
  if (report) return tell_report(arguments, *report, reports, console);
  if (report.error().code != ErrorCode::invalid) return console.fail(report.error());
  return console.wrong_usage(report.error().message);
}

ExitStatus run_load(const LoadArguments& arguments, const CommandLine& line, Console& console) {
  Console answers = console;
  answers.json = line.json || arguments.json_file == "-";
  load::LoadOptions options = arguments.options;
  options.server = line.server;
  if (const auto settled = load::settle(options); !settled) {
    return answers.wrong_usage(settled.error().message);
  }
  auto reports = open_reports(arguments, console);
  if (!reports) return answers.fail(reports.error());
  if (line.names_server) {
    const auto checked = arguments.into_this_server ? Result<void>() : check_books(line);
    if (checked) return run_load(arguments, options, *reports, answers);
    if (checked.error().code != ErrorCode::invalid) return answers.fail(checked.error());
    return answers.wrong_usage(checked.error().message);
  }
  const auto own = load::OwnServer::start(load::program_beside());
  if (!own) return answers.fail(own.error());
  options.server = (*own)->address();
  answers.note(fmt::format("a throw-away server at {}, its data in {}\n",
                           format_endpoint(options.server), (*own)->directory()));
  return run_load(arguments, options, *reports, answers);
}

// Finite and above zero.
std::optional<double> parse_rate(std::string_view text) {
  double rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && rate > 0 && rate <= bounds::rate_max ? std::optional(rate) : std::nullopt;
}

void add_shape(CLI::App& load_app, load::LoadOptions& o) {
  add_number(load_app, "--connections", o.connections, bounds::connections, "N",
             "connections to the server [16]");
  add_number(load_app, "--window", o.window, bounds::window, "W",
             "claims in flight a connection [4 batches; 1 without batches; 1024 sends; "
             "65536 with --rate]");
  add_number(load_app, "--batch", o.batch, bounds::batch, "B",
             "claims a request; 1: each by itself, as a gateway without batches would [1]");
  add_value(load_app, "--rate", o.rate, parse_rate, "R",
            fmt::format("a number above 0, at most {:.0f}", bounds::rate_max),
            "open loop: so many a second at random instants, whatever the server does, and "
            "latency from those instants [closed loop]");
  add_duration(load_app, "--duration", o.duration, bounds::load_duration, "how long to ask [10s]");
  add_duration(load_app, "--warm-up", o.warm_up, bounds::warm_up,
               "ask so many seconds before, which the audit sees but no figure [none]");
  add_number(load_app, "--threads", o.threads, bounds::threads, "T", "the load's own threads [1]");
  add_number(load_app, "--seed", o.seed, bounds::seed, "N", "of what is left to chance [1]");
}

void add_scene(CLI::App& load_app, load::LoadOptions& o) {
  add_number(load_app, "--packets", o.packets, bounds::packets, "N",
             "sent ahead; in an expiry storm, those that expire [enough for the duration; "
             "1000000]");
  add_number(load_app, "--shares", o.share_count, bounds::load_shares, "N",
             "of a packet [100; 10 of one that is sent]");
  add_number(load_app, "--users", o.users, bounds::users, "N",
             "users that claim; a power of two [1048576]");
  add_number(load_app, "--senders", o.senders, bounds::senders, "N",
             "users that send [10000; 100000 when sending]");
  add_duration(load_app, "--expires-in", o.expires_in, bounds::life,
               "expiry storm: the shortest life of its packets, which the server must allow [60s]");
  add_duration(load_app, "--expiry-spread", o.expiry_spread, bounds::ahead,
               "expiry storm: between the first expiry and the last [0s: all at once]");
}

}  // namespace

void add_load(CLI::App& app, CommandLine& line) {
  auto* load_app = app.add_subcommand("load", "Drive a server, measure it, audit its books");
  load_app->footer(
      "Prepares its own users and packets, asks for the duration, then compares the books with\n"
      "the answers.  Without --server it starts a server of its own and removes it afterwards.\n"
      "Users and packets stay in the books of a server that --server names: one whose books are\n"
      "not empty is refused unless --into-this-server is there.  Workloads:\n"
      "  claim         every claim wins a share, over all packets at random\n"
      "  grab-storm    packets of 10 shares with 200 claimers at once\n"
      "  send          nothing but sends\n"
      "  mixed         claims, peeks, sends and looks, on hot packets by hot users\n"
      "  expiry-storm  claims, while very many other packets expire\n"
      "Exit status: 0 done and the books are right, 1 the books are wrong, 3 the server is gone.\n"
      "\n"
      "Examples:\n"
      "  hongbao load --workload claim --batch 4000\n"
      "  hongbao load --workload claim --connections 50 --duration 30s\n"
      "  hongbao load --server 127.0.0.1:7700 --into-this-server --workload send\n"
      "  hongbao load --workload mixed --rate 100000 --json result.json --report result.html");
  const auto arguments = std::make_shared<LoadArguments>();
  add_value(*load_app, "--workload", arguments->options.workload, load::parse_workload, "NAME",
            "one of claim, grab-storm, send, mixed, expiry-storm", "what to ask for [claim]");
  add_shape(*load_app, arguments->options);
  add_scene(*load_app, arguments->options);
  load_app
      ->add_option_function<std::string>(
          "--json",
          [arguments](const std::string& file) {
            arguments->json_file = file.empty() ? "-" : file;
          },
          "write the result as one JSON object there; -, or nothing: to standard output")
      ->expected(0, 1)
      ->type_name("FILE");
  add_output(*load_app, "--report", arguments->html_file,
             "write a page with pictures there, as HTML");
  load_app->add_flag("--into-this-server", arguments->into_this_server,
                     "load the server that --server names though its books are not empty");
  load_app
      ->add_option("--data", arguments->data,
                   "the server's data directory, to prove its books from the journals as well")
      ->type_name("DIR");
  load_app->callback([&line, arguments] {
    const bool of_named_server = arguments->into_this_server || !arguments->data.empty();
    if (of_named_server && !line.names_server) {
      throw CLI::RequiredError("--into-this-server and --data: --server");
    }
    line.run = [arguments](const CommandLine& l, Console& console) {
      return run_load(*arguments, l, console);
    };
  });
}

}  // namespace hb::cli
