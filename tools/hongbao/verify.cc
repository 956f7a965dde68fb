// hongbao verify: proves the books from the journals alone.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/data_audit.h"
#include "tools/hongbao/journal_files.h"
#include "tools/hongbao/output_file.h"
#include "tools/hongbao/verifier/report.h"
#include "tools/hongbao/verifier/verifier.h"

namespace hb::cli {

namespace {

// What can be written beside the report.
struct List {
  const char* option;
  void (*write)(const verifier::Audit&, std::ostream&);
  const char* help;
};

constexpr List lists[] = {
    {"--balances", verifier::write_balances, "write every wallet's balance there as CSV"},
    {"--packets", verifier::write_packets, "write every packet there as CSV"},
    {"--transfers", verifier::write_transfers, "write every transfer there as CSV"},
    {"--payouts", verifier::write_payouts, "write every payout there as CSV"},
    {"--cases", verifier::write_cases, "write every support case there as CSV"}};

struct VerifyArguments {
  std::string directory{};
  std::array<std::string, std::size(lists)> files{};  // of the lists; empty: none

  std::ptrdiff_t lists_to_stdout() const { return std::ranges::count(files, "-"); }
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

// The lists' files in their order; nothing: not asked for.
using ListFiles = std::vector<std::optional<OutputFile>>;

Result<ListFiles> open_lists(const VerifyArguments& arguments, Console& console) {
  ListFiles files;
  for (const std::string& name : arguments.files) {
    files.emplace_back();
    if (name.empty()) continue;
    auto file = OutputFile::open(name, console.out);
    if (!file) return fail(file.error());
    files.back().emplace(std::move(*file));
  }
  return files;
}

ExitStatus report(const verifier::Audit& audit, ListFiles files, Console& console) {
  bool lists_have_output = false;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!files[i]) continue;
    lists_have_output |= files[i]->is_standard_output();
    lists[i].write(audit, files[i]->stream());
    const auto written = files[i]->commit();
    if (!written) return console.fail(written.error());
  }
  const ExitStatus status = audit.balanced() ? ExitStatus::done : ExitStatus::refused;
  const std::string text = verifier::to_text(audit);
  if (!lists_have_output) return console.tell(verifier::to_json(audit), text, status);
  console.note(text);
  return status;
}

ExitStatus verify(const VerifyArguments& arguments, const CommandLine&, Console& console) {
  if (arguments.lists_to_stdout() + (console.json ? 1 : 0) > 1) {
    return console.wrong_usage("only one of --json and the lists can have standard output");
  }
  const auto journals = open_journals(arguments.directory);
  if (!journals) return console.fail(journals.error());
  auto list_files = open_lists(arguments, console);
  if (!list_files) return console.fail(list_files.error());
  const auto audit = audit_data_directory(*journals, ProgressLine(console.err), console.err);
  if (!audit) return console.fail(audit.error());
  return report(*audit, std::move(*list_files), console);
}

}  // namespace

void add_verify(CLI::App& app, CommandLine& line) {
  auto* verify_app = app.add_subcommand("verify", "Prove the books from the journals alone");
  verify_app->footer(
      "Reads every event, keeps the books a second time with rules of its own, and checks each\n"
      "step, and in all that what came in (deposits, external funding) is somewhere (wallets,\n"
      "packets, transfers, in flight between shards) or has left (withdrawals, payouts).\n"
      "Needs no server and changes nothing; a server may be running.  A list's file may be -,\n"
      "standard output.  Exit status 1: the books do not balance.\n"
      "\n"
      "Examples:\n"
      "  hongbao verify ./data\n"
      "  hongbao verify ./data --json --balances balances.csv --packets packets.csv");
  const auto arguments = std::make_shared<VerifyArguments>();
  verify_app->add_option("dir", arguments->directory, "the server's data directory")
      ->type_name("DIR")
      ->required();
  for (std::size_t i = 0; i < std::size(lists); ++i) {
    add_output(*verify_app, lists[i].option, arguments->files[i], lists[i].help);
  }
  verify_app->callback([&line, arguments] {
    line.run = [arguments](const CommandLine& l, Console& console) {
      return verify(*arguments, l, console);
    };
  });
}

}  // namespace hb::cli
