#include "tools/hongbao/command_line.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "engine/base/text.h"
#include "tools/hongbao/mistyped.h"

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

ExitStatus end_parse(const CLI::App& app, const CLI::ParseError& end,
                     const std::vector<std::string>& words, Console& console) {
  if (end.get_exit_code() == 0) {  // --help, --version
    app.exit(end, console.out, console.err);
    return ExitStatus::done;
  }
  std::string message = mistyped(app, words).value_or(end.what());
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
  const auto take_server = [&line](const std::string& text) {
    const auto server = parse_endpoint(text);
    if (!server) {
      throw CLI::ValidationError("--server", "'" + text + "' is not an address ADDR:PORT");
    }
    line.server = *server;
    line.names_server = true;
  };
  app.add_option_function<std::string>("--server", take_server, "the server [127.0.0.1:7700]")
      ->type_name("ADDR:PORT");
  add_duration(app, "--timeout", line.timeout, bounds::timeout,
               "how long to wait for an answer [10s]");
  app.add_flag("--json", line.json, "print one JSON object; amounts in fen, times in microseconds");
  app.add_flag("--ids-as-strings", line.ids_as_strings,
               "in JSON, ids as strings, for readers that round numbers above 2^53 (JavaScript)");
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

namespace {

ExitStatus parse_and_run(int argc, const char* const* argv, Console& console) {
  CommandLine line;
  CLI::App app("", "hongbao");
  describe(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& end) {
    return end_parse(app, end, {argv + 1, argv + argc}, console);
  }
  console.ids_as_strings = line.ids_as_strings;
  return line.run(line, console);
}

}  // namespace

ExitStatus run(int argc, const char* const* argv, Console console) {
  console.json = wants_json(argc, argv);
  const ExitStatus status = parse_and_run(argc, argv, console);
  errno = 0;
  console.out.flush();
  if (console.out) return status;
  const std::string reason = errno == 0 ? "" : ": " + std::generic_category().message(errno);
  console.note("hongbao: cannot write standard output" + reason +
               "; what was asked may have been done\n");
  return ExitStatus::failed;
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
                   "the packet, as 'send' printed it")
      ->required();
}

CLI::Option* add_duration(CLI::App& app, const std::string& name, Duration& into,
                          const bounds::Times& within, const std::string& help) {
  const auto parse = [within](std::string_view text) {
    const auto time = parse_duration(text);
    return time && within.min <= *time && *time <= within.max ? time : std::nullopt;
  };
  return add_value(app, name, into, parse, "TIME",
                   "a time like 24h, 90s or 1h30m, from " + format_duration(within.min) + " to " +
                       format_duration(within.max),
                   help);
}

CLI::Option* add_output(CLI::App& app, const std::string& name, std::string& into,
                        const std::string& help) {
  const auto parse = [](std::string_view text) {
    return text.empty() ? std::nullopt : std::optional(std::string(text));
  };
  return add_value(app, name, into, parse, "FILE", "a file's name, or - for standard output", help);
}

CLI::Option* add_key(CLI::App& app, Key128& into) {
  return add_value(app, "--key", into, parse_key, "HEX32",
                   "a key of 32 hexadecimal digits that are not all 0",
                   "idempotency key: the same command with the same key is done once "
                   "[random]");
}

}  // namespace hb::cli
