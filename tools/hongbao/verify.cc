// hongbao verify: proves the books from the journals alone.
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <memory>

#include "engine/runtime/data_directory.h"
#include "tools/hongbao/command_line.h"
#include "tools/hongbao/journal_files.h"
#include "tools/hongbao/verifier/report.h"
#include "tools/hongbao/verifier/verifier.h"

namespace hb::cli {

namespace {

struct VerifyArguments {
  std::string directory{};
  std::string balances_file{};
  std::string packets_file{};

  bool writes_to_stdout() const { return balances_file == "-" || packets_file == "-"; }
};

// Tells how far the reading is, once a second, from the second second on.
class ProgressLine {
 public:
  explicit ProgressLine(std::ostream& err) : err_(err) {}

  void operator()(ShardId shard, std::uint64_t done_bytes, std::uint64_t total_bytes) {
    const auto now = std::chrono::steady_clock::now();
    if (now - told_at_ < std::chrono::seconds(1) || total_bytes == 0) return;
    told_at_ = now;
    err_ << fmt::format("shard {}: {} of {} MiB read\n", shard.value, done_bytes >> 20,
                        total_bytes >> 20);
  }

 private:
  std::ostream& err_;
  std::chrono::steady_clock::time_point told_at_ = std::chrono::steady_clock::now();
};

using List = void (*)(const verifier::Audit&, std::ostream&);

// "-" is standard output, nothing is nowhere.
Result<void> write_list(const verifier::Audit& audit, const std::string& file, List list,
                        Console& console) {
  if (file.empty()) return {};
  if (file == "-") {
    list(audit, console.out);
    return {};
  }
  std::ofstream out(file);
  list(audit, out);
  out.close();
  if (!out) return fail(ErrorCode::io, "cannot write " + file);
  return {};
}

ExitStatus report(const verifier::Audit& audit, const VerifyArguments& arguments,
                  Console& console) {
  const auto balances =
      write_list(audit, arguments.balances_file, verifier::write_balances, console);
  if (!balances) return console.fail(balances.error());
  const auto packets = write_list(audit, arguments.packets_file, verifier::write_packets, console);
  if (!packets) return console.fail(packets.error());

  const ExitStatus status = audit.balanced() ? ExitStatus::done : ExitStatus::refused;
  const std::string text = verifier::to_text(audit);
  if (!arguments.writes_to_stdout()) return console.tell(verifier::to_json(audit), text, status);
  console.err << text;
  return status;
}

ExitStatus verify(const VerifyArguments& arguments, const CommandLine&, Console& console) {
  if (console.json && arguments.writes_to_stdout()) {
    return console.wrong_usage("--json and a list on '-' both want standard output");
  }
  const auto files = open_journals(arguments.directory);
  if (!files) return console.fail(files.error());
  std::vector<verifier::ShardJournal> journals;
  for (const JournalFiles& shard : *files) journals.push_back({shard.path, shard.storage.get()});
  const auto writing = DataDirectory::in_use(arguments.directory) ? verifier::Writing::going_on
                                                                  : verifier::Writing::stopped;
  const auto audit = verifier::audit_journals(journals, ProgressLine(console.err), writing);
  if (!audit) return console.fail(audit.error());
  return report(*audit, arguments, console);
}

}  // namespace

void add_verify(CLI::App& app, CommandLine& line) {
  auto* verify_app = app.add_subcommand("verify", "Prove the books from the journals alone");
  verify_app->footer(
      "Reads every event, keeps the books a second time with rules of its own, and checks that\n"
      "deposits = wallets + packets + withdrawals, in all and step by step.  Needs no server and\n"
      "changes nothing; a server may be running.  Exit status 1: the books do not balance.\n"
      "\n"
      "Examples:\n"
      "  hongbao verify ./data\n"
      "  hongbao verify ./data --json --balances balances.csv --packets packets.csv");
  const auto arguments = std::make_shared<VerifyArguments>();
  verify_app->add_option("dir", arguments->directory, "the server's data directory")
      ->type_name("DIR")
      ->required();
  verify_app
      ->add_option("--balances", arguments->balances_file,
                   "write every wallet's balance there as CSV; - for standard output")
      ->type_name("FILE");
  verify_app
      ->add_option("--packets", arguments->packets_file,
                   "write every packet there as CSV; - for standard output")
      ->type_name("FILE");
  verify_app->callback([&line, arguments] {
    line.run = [arguments](const CommandLine& l, Console& console) {
      return verify(*arguments, l, console);
    };
  });
}

}  // namespace hb::cli
