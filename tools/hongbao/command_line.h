// The command line: what was typed, and the way from there to an exit status.
//
// Each subcommand lives in a file of its own and adds itself to the parser.  Parsing only notes
// what shall be done; it is done when the whole line is known to be right, so that global options
// work before and after the subcommand.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/units.h"
#include "tools/hongbao/bounds.h"
#include "tools/hongbao/console.h"
#include "tools/hongbao/text/names.h"
#include "tools/hongbao/text/values.h"

namespace hb::cli {

struct CommandLine {
  Endpoint server{"127.0.0.1", 7700};
  bool names_server = false;  // it was typed
  Duration timeout = Duration::seconds(10);
  bool json = false;
  bool ids_as_strings = false;
  // The subcommand with its own arguments.
  std::function<ExitStatus(const CommandLine&, Console&)> run{};
};

// Adds global options and all subcommands; parsing then fills in `line`, which outlives `app`.
void describe(CLI::App& app, CommandLine& line);

// Parses and runs.  Help goes to `out`, as do answers; what is wrong goes to `err`, or with --json
// to `out` as an object.  Whatever the command, an `out` that takes no more is a failure, and `err`
// says so.
ExitStatus run(int argc, const char* const* argv, Console console);

// An option or (without dashes) a positional argument whose text `parse` turns into `into`.  What
// it gives nothing for is wrong usage; `expected` says what would be right.  `into` outlives the
// app.
template <class Value, class Parse>
CLI::Option* add_value(CLI::App& app, const std::string& name, Value& into, Parse parse,
                       const std::string& type_name, const std::string& expected,
                       const std::string& help) {
  const auto take = [&into, parse, name, expected](const std::string& text) {
    const auto value = parse(text);
    if (!value) throw CLI::ValidationError(name, "'" + text + "' is not " + expected);
    into = Value(*value);
  };
  return app.add_option_function<std::string>(name, take, help)->type_name(type_name);
}

CLI::Option* add_amount(CLI::App& app, const std::string& name, Amount& into,
                        const std::string& help);
CLI::Option* add_user(CLI::App& app, const std::string& name, UserId& into,
                      const std::string& help);
CLI::Option* add_packet(CLI::App& app, PacketId& into);
CLI::Option* add_duration(CLI::App& app, const std::string& name, Duration& into,
                          const bounds::Times& within, const std::string& help);
// A file to write: any name but an empty one.
CLI::Option* add_output(CLI::App& app, const std::string& name, std::string& into,
                        const std::string& help);
// --key; stays empty when it is not given.
CLI::Option* add_key(CLI::App& app, Key128& into);

// A whole number in decimal digits.
template <class Number>
CLI::Option* add_number(CLI::App& app, const std::string& name, Number& into,
                        const bounds::Numbers& within, const std::string& type_name,
                        const std::string& help) {
  const auto parse = [within](std::string_view text) {
    const auto number = parse_id(text);
    return number && within.min <= *number && *number <= within.max ? number : std::nullopt;
  };
  const std::string expected =
      "a whole number " + (within.max == bounds::any ? "of at least " + std::to_string(within.min)
                                                     : "from " + std::to_string(within.min) +
                                                           " to " + std::to_string(within.max));
  return add_value(app, name, into, parse, type_name, expected, help);
}

// One of an enumeration's names.
template <class Enum>
CLI::Option* add_name(CLI::App& app, const std::string& name, Enum& into,
                      const std::string& type_name, const std::string& help) {
  return add_value(app, name, into, parse_name<Enum>, type_name, names_of<Enum>(), help);
}

// A text that fits; whether it is UTF-8 is for the server to say.
template <std::size_t bytes_max>
CLI::Option* add_text(CLI::App& app, const std::string& name, ShortText<bytes_max>& into,
                      const std::string& type_name, const std::string& help) {
  const auto parse = [](std::string_view text) {
    return text.size() <= bytes_max ? std::optional(ShortText<bytes_max>(text)) : std::nullopt;
  };
  return add_value(app, name, into, parse, type_name,
                   "a text of at most " + std::to_string(bytes_max) + " bytes of UTF-8", help);
}

// ---- the subcommands, each in the file of its name ----------------------------------------------

void add_ping(CLI::App& app, CommandLine& line);
void add_wallet(CLI::App& app, CommandLine& line);
void add_send(CLI::App& app, CommandLine& line);
void add_claim(CLI::App& app, CommandLine& line);
void add_peek(CLI::App& app, CommandLine& line);
void add_show(CLI::App& app, CommandLine& line);
void add_recall(CLI::App& app, CommandLine& line);
void add_return(CLI::App& app, CommandLine& line);
void add_transfer(CLI::App& app, CommandLine& line);
void add_payout(CLI::App& app, CommandLine& line);
void add_case(CLI::App& app, CommandLine& line);
// Of `case`.
void add_case_bundle(CLI::App& cases, CommandLine& line);
void add_records(CLI::App& app, CommandLine& line);
// Of `records`.
void add_export(CLI::App& records, CommandLine& line);
void add_feed(CLI::App& app, CommandLine& line);
void add_journal(CLI::App& app, CommandLine& line);
void add_verify(CLI::App& app, CommandLine& line);
void add_verify_split(CLI::App& app, CommandLine& line);
void add_load(CLI::App& app, CommandLine& line);

}  // namespace hb::cli
