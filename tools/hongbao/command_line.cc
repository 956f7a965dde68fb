#include "tools/hongbao/command_line.h"

#include <algorithm>
#include <sstream>

#include "engine/base/text.h"

namespace hb::cli {

namespace {

constexpr const char* footer =
    "Examples:\n"
    "  hongbao wallet open 7\n"
    "  hongbao wallet deposit 7 100.00\n"
    "  hongbao send --from 7 --total 20.00 --shares 10\n"
    "  hongbao claim 4097 --user 8\n"
    "  hongbao transfer send --from 7 --to 8 --amount 5.00\n"
    "  hongbao case open 4097 --user 8 --operator ann --note 'sent by mistake'\n"
    "  hongbao records statement 7\n"
    "  hongbao verify ./data\n"
    "  hongbao verify-split 4097\n"
    "  hongbao load --workload claim --batch 4000\n"
    "\n"
    "Exit status: 0 done, 1 refused by a rule, 2 wrong usage, 3 no connection, no service or\n"
    "damaged files.  'hongbao SUBCOMMAND --help' tells more.";

// --json may not have been parsed yet when the parser fails.
bool wants_json(int argc, const char* const* argv) {
  return std::any_of(argv + 1, argv + argc,
                     [](const char* word) { return std::string_view(word) == "--json"; });
}

ExitStatus end_parse(const CLI::App& app, const CLI::ParseError& end, Console& console) {
  if (end.get_exit_code() == 0) {  // --help, --version
    app.exit(end, console.out, console.err);
    return ExitStatus::done;
  }
  std::string message = end.what();
  std::ranges::replace(message, '\n', ' ');
  return console.wrong_usage(message + (console.json ? "" : "  (--help shows how)"));
}

}  // namespace

void describe(CLI::App& app, CommandLine& line) {
  app.description("Talks to a Hongbao server, and reads its journals.");
  app.footer(footer);
  app.fallthrough();
  app.require_subcommand(1);
  app.set_version_flag("--version", HB_VERSION);
  add_value(app, "--server", line.server, parse_endpoint, "ADDR:PORT", "an address ADDR:PORT",
            "the server [127.0.0.1:7700]");
  add_duration(app, "--timeout", line.timeout, "how long to wait for an answer [10s]");
  app.add_flag("--json", line.json, "print one JSON object; amounts in fen, times in microseconds");
  add_ping(app, line);
  add_wallet(app, line);
  add_send(app, line);
  add_claim(app, line);
  add_peek(app, line);
  add_show(app, line);
  add_recall(app, line);
  add_return(app, line);
  add_transfer(app, line);
  add_payout(app, line);
  add_case(app, line);
  add_records(app, line);
  add_feed(app, line);
  add_journal(app, line);
  add_verify(app, line);
  add_verify_split(app, line);
  add_load(app, line);
}

ExitStatus run(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  CommandLine line;
  CLI::App app("", "hongbao");
  Console console{out, err, wants_json(argc, argv)};
  describe(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& end) {
    return end_parse(app, end, console);
  }
  return line.run(line, console);
}

CLI::Option* add_amount(CLI::App& app, const std::string& name, Amount& into,
                        const std::string& help) {
  return add_value(app, name, into, parse_amount, "AMOUNT", "an amount like 20 or 20.00", help);
}

CLI::Option* add_user(CLI::App& app, const std::string& name, UserId& into,
                      const std::string& help) {
  return add_value(app, name, into, parse_id, "USER", "a user's number", help);
}

CLI::Option* add_packet(CLI::App& app, PacketId& into) {
  return add_value(app, "packet", into, parse_id, "PACKET", "a packet's number",
                   "the packet, as 'send' told it")
      ->required();
}

CLI::Option* add_duration(CLI::App& app, const std::string& name, Duration& into,
                          const std::string& help) {
  return add_value(app, name, into, parse_duration, "TIME", "a time like 24h, 90s or 1h30m", help);
}

CLI::Option* add_key(CLI::App& app, Key128& into) {
  return add_value(app, "--key", into, parse_key, "HEX32",
                   "a key of 32 hexadecimal digits that are not all 0",
                   "idempotency key: the same command with the same key is done once "
                   "[random]");
}

}  // namespace hb::cli
