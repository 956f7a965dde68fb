// hongbao load: drives a server as hard as asked, and checks its books afterwards.
#include "tools/hongbao/load/load.h"

#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <utility>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/journal_files.h"
#include "tools/hongbao/load/html.h"
#include "tools/hongbao/verifier/report.h"
#include "tools/hongbao/verifier/verifier.h"

namespace hb::cli {

namespace {

struct LoadArguments {
  load::LoadOptions options{};
  std::string json_file{};
  std::string html_file{};
  std::string data{};
};

Result<void> write_file(const std::string& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  out.close();
  if (!out) return fail(ErrorCode::io, "cannot write " + file);
  return {};
}

// The off-line proof of the books, from the server's journals.
Result<void> add_journal_proof(const std::string& directory, load::LoadReport& report,
                               std::ostream& progress) {
  const auto files = open_journals(directory);
  if (!files) return fail(files.error());
  std::vector<verifier::ShardJournal> journals;
  for (const JournalFiles& shard : *files) journals.push_back({shard.path, shard.storage.get()});
  progress << "proving the books from the journals\n" << std::flush;
  std::uint64_t told_tenths = 0;
  const auto audit = verifier::audit_journals(journals, [&](ShardId shard, std::uint64_t done,
                                                            std::uint64_t total) {
    const std::uint64_t tenths = total == 0 ? 0 : done * 10 / total;
    if (tenths == std::exchange(told_tenths, tenths)) return;
    progress << fmt::format("  shard {}: {} of {} MiB read\n", shard.value, done >> 20, total >> 20)
             << std::flush;
  });
  if (!audit) return fail(audit.error());
  report.journal = verifier::to_json(*audit);
  report.journal_balanced = audit->balanced();
  return {};
}

Result<void> write_reports(const LoadArguments& arguments, const load::LoadReport& report) {
  if (!arguments.json_file.empty() && arguments.json_file != "-") {
    auto written = write_file(arguments.json_file, json_line(load::to_json(report)) + "\n");
    if (!written) return written;
  }
  if (arguments.html_file.empty()) return {};
  return write_file(arguments.html_file, load::to_html(report));
}

ExitStatus status_of(const load::LoadReport& report) {
  if (report.ending == load::Ending::server_gone || report.audit_failure) {
    return ExitStatus::failed;
  }
  return report.books_are_right() ? ExitStatus::done : ExitStatus::refused;
}

ExitStatus run_load(const LoadArguments& arguments, const CommandLine& line, Console& console) {
  Console answers{console.out, console.err, line.json || arguments.json_file == "-"};
  load::LoadOptions options = arguments.options;
  options.server = line.server;
  auto report = load::run_load(options, console.err);
  if (!report) {
    if (report.error().code != ErrorCode::invalid) return answers.fail(report.error());
    return answers.wrong_usage(report.error().message);
  }
  if (!arguments.data.empty()) {
    const auto proven = add_journal_proof(arguments.data, *report, console.err);
    if (!proven) report->audit_failure = proven.error().message;
  }
  const auto written = write_reports(arguments, *report);
  if (!written) return answers.fail(written.error());
  const ExitStatus status = status_of(*report);
  const std::string text = load::to_text(*report);
  if (answers.json) console.err << text;
  return answers.tell(load::to_json(*report), text, status);
}

void add_shape(CLI::App& load_app, load::LoadOptions& o) {
  load_app.add_option("--connections", o.connections, "connections to the server [16]")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N");
  load_app
      .add_option("--window", o.window,
                  "claims in flight a connection [4 batches; 1 without batches; 1024 sends; "
                  "65536 with --rate]")
      ->type_name("W");
  load_app
      .add_option("--batch", o.batch,
                  "claims a request; 1: each by itself, as a gateway without batches would [1]")
      ->check(CLI::Range(1U, std::uint32_t{limits::claim_batch_max}))
      ->type_name("B");
  load_app
      .add_option("--rate", o.rate,
                  "open loop: so many a second at random instants, whatever the server does, and "
                  "latency from those instants [closed loop]")
      ->check(CLI::PositiveNumber)
      ->type_name("R");
  add_duration(load_app, "--duration", o.duration, "how long to ask [10s]");
  add_duration(load_app, "--warm-up", o.warm_up,
               "ask so many seconds before, which the audit sees but no figure [none]");
  load_app.add_option("--threads", o.threads, "the load's own threads [1]")
      ->check(CLI::Range(1, 64))
      ->type_name("T");
  load_app.add_option("--seed", o.seed, "of what is left to chance [1]")->type_name("N");
}

void add_scene(CLI::App& load_app, load::LoadOptions& o) {
  load_app
      .add_option("--packets", o.packets,
                  "sent ahead; in an expiry storm, those that expire [enough for the duration; "
                  "1000000]")
      ->type_name("N");
  load_app.add_option("--shares", o.share_count, "of a packet [100; 10 of one that is sent]")
      ->check(CLI::Range(1U, limits::packet_shares_max))
      ->type_name("N");
  load_app.add_option("--users", o.users, "who claim; a power of two [1048576]")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  load_app.add_option("--senders", o.senders, "who send [10000; 100000 when sending]")
      ->check(CLI::Range(2, 10'000'000))
      ->type_name("N");
  add_duration(load_app, "--expires-in", o.expires_in,
               "expiry storm: the shortest life of its packets, which the server must allow [60s]");
  add_duration(load_app, "--expiry-spread", o.expiry_spread,
               "expiry storm: between the first expiry and the last [0s: all at once]");
}

}  // namespace

void add_load(CLI::App& app, CommandLine& line) {
  auto* load_app = app.add_subcommand("load", "Drive a server, measure it, audit its books");
  load_app->footer(
      "Prepares its own users and packets, asks for the duration, then compares the books with\n"
      "the answers.  Workloads:\n"
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
  load_app
      ->add_option("--report", arguments->html_file, "write a page with pictures there, as HTML")
      ->type_name("FILE");
  load_app
      ->add_option("--data", arguments->data,
                   "the server's data directory, to prove its books from the journals as well")
      ->type_name("DIR");
  load_app->callback([&line, arguments] {
    line.run = [arguments](const CommandLine& l, Console& console) {
      return run_load(*arguments, l, console);
    };
  });
}

}  // namespace hb::cli
