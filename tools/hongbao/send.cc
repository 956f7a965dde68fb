// hongbao send: puts money of a user's wallet into a packet.
#include <memory>

#include "engine/base/text.h"
#include "tools/hongbao/answers.h"
#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"
#include "tools/hongbao/text/names.h"

namespace hb::cli {

namespace {

struct SendArguments {
  SendPacket packet{};
  std::optional<Key128> key{};
};

std::optional<PacketKind> parse_kind(std::string_view text) {
  for (const PacketKind kind : {PacketKind::lucky, PacketKind::even}) {
    if (text == hb::name(kind)) return kind;
  }
  return std::nullopt;
}

template <class Text, std::size_t bytes_max>
std::optional<Text> parse_short(std::string_view text) {
  if (text.size() > bytes_max) return std::nullopt;
  return Text(text);
}

ExitStatus send(const SendArguments& arguments, const CommandLine& line, Console& console) {
  SendPacket command = arguments.packet;
  command.key = key_or_random(arguments.key);
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome&) {
    return conclude(console, client.send(command), command.key,
                    [&](const SendAnswer& answer) { return told(answer, command); });
  });
}

}  // namespace

void add_send(CLI::App& app, CommandLine& line) {
  auto* send_app = app.add_subcommand("send", "Send a packet");
  send_app->footer(
      "Examples:\n"
      "  hongbao send --from 7 --total 20.00 --shares 10\n"
      "  hongbao send --from 7 --total 8.88 --shares 1 --kind even --expires-in 10m --remark 恭喜");
  const auto arguments = std::make_shared<SendArguments>();
  SendPacket& packet = arguments->packet;
  add_user(*send_app, "--from", packet.sender, "the sender, whose wallet pays")->required();
  add_amount(*send_app, "--total", packet.total, "what all shares come to")->required();
  send_app->add_option("--shares", packet.share_count, "how many can claim")
      ->type_name("N")
      ->required();
  add_value(*send_app, "--kind", packet.kind, parse_kind, "KIND", "lucky or even",
            "lucky: shares differ by chance; even: all alike [lucky]");
  add_duration(*send_app, "--expires-in", packet.expires_in,
               "when the rest goes back [the server's setting, 24h]");
  add_value(*send_app, "--remark", packet.remark, parse_short<Remark, limits::remark_bytes_max>,
            "TEXT", "a text of at most 128 bytes of UTF-8", "the sender's words");
  add_value(*send_app, "--group", packet.group, parse_short<Group, limits::group_bytes_max>, "ID",
            "an id of at most 64 bytes of UTF-8", "the chat group it is sent to, for records");
  add_key(*send_app, arguments->key);
  send_app->callback([&line, arguments] {
    line.run = [arguments](const CommandLine& l, Console& console) {
      return send(*arguments, l, console);
    };
  });
}

}  // namespace hb::cli
