// hongbao verify-split: whether a packet's shares are what its seed says.
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"
#include "tools/hongbao/shown_packet.h"
#include "tools/hongbao/split_answers.h"
#include "tools/hongbao/split_check.h"

namespace hb::cli {

namespace {

struct VerifySplitArguments {
  std::optional<PacketId> packet{};  // asked of the server
  std::string file{};                // else; "-" is standard input
  std::optional<Digest256> noted{};
};

// What `show` prints has no zero byte: one ends the reading, so that no device is read for ever.
Result<std::string> read_text(const std::string& file) {
  std::string text;
  if (file == "-") {
    std::getline(std::cin, text, '\0');
    if (std::cin.bad()) return fail(ErrorCode::io, "cannot read standard input");
    return text;
  }
  std::ifstream in(file);
  if (!in) return fail(ErrorCode::io, "cannot open " + file);
  std::getline(in, text, '\0');
  if (in.bad()) return fail(ErrorCode::io, "cannot read " + file);
  return text;
}

Result<net::PacketRecord> read_shown(const std::string& file) {
  const auto text = read_text(file);
  if (!text) return fail(text.error());
  auto shown = parse_shown(*text);
  if (shown) return shown;
  return fail(shown.error().code,
              (file == "-" ? "standard input" : file) +
                  " is not what 'hongbao show PACKET --json' prints: " + shown.error().message);
}

ExitStatus judge(const net::PacketRecord& shown, const VerifySplitArguments& arguments,
                 Console& console) {
  if (!shown.seed) {
    const Told without = told_without_seed(shown);
    return console.tell(without.json, without.text, ExitStatus::refused);
  }
  const SplitCheck check = check_split(shown, arguments.noted);
  const Told found = told(check, shown, arguments.noted);
  return console.tell(found.json, found.text,
                      check.as_drawn() ? ExitStatus::done : ExitStatus::refused);
}

ExitStatus verify_split(const VerifySplitArguments& arguments, const CommandLine& line,
                        Console& console) {
  if (!arguments.packet) {
    const auto shown = read_shown(arguments.file);
    return shown ? judge(*shown, arguments, console) : console.fail(shown.error());
  }
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome&) {
    const auto shown = client.show(*arguments.packet);
    if (shown && succeeded(shown->status)) return judge(shown->answer, arguments, console);
    return conclude(
        console, shown, {}, [](const net::PacketRecord& packet) { return told(packet); },
        ids_of(ShowPacket{.packet = *arguments.packet}));
  });
}

}  // namespace

void add_verify_split(CLI::App& app, CommandLine& line) {
  auto* split_app = app.add_subcommand("verify-split",
                                       "Check that a closed packet's shares follow from its seed");
  split_app->footer(
      "The seed's SHA-256 is told at the send and the seed when the packet closes: all shares are\n"
      "drawn again from it, and compared with what was claimed, in the order of claims.  With\n"
      "--file no server is needed: it takes what 'hongbao show PACKET --json' printed.\n"
      "--commitment compares the seed with the one that the sender was given, so that the\n"
      "server need not be trusted to show the same.\n"
      "Exit status 1: they differ, or the packet is still open.\n"
      "\n"
      "Examples:\n"
      "  hongbao verify-split 4097\n"
      "  hongbao show 4097 --json > 4097.json\n"
      "  hongbao verify-split --file 4097.json --commitment \"$NOTED\"");
  const auto arguments = std::make_shared<VerifySplitArguments>();
  auto* packet = add_value(*split_app, "packet", arguments->packet, parse_id, "PACKET",
                           "a packet's number", "the packet, as 'send' printed it");
  auto* file = split_app->add_option("--file", arguments->file,
                                     "check this instead of asking a server; - is standard input");
  file->type_name("FILE")->excludes(packet);
  add_value(*split_app, "--commitment", arguments->noted, parse_digest, "HEX64",
            "a commitment of 64 hexadecimal digits", "the seed commitment that 'send' told");
  split_app->callback([&line, arguments, packet, file] {
    if (packet->count() + file->count() == 0) throw CLI::RequiredError("PACKET or --file");
    line.run = [arguments](const CommandLine& l, Console& console) {
      return verify_split(*arguments, l, console);
    };
  });
}

}  // namespace hb::cli
