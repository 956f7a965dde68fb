// hongbao show: a packet with all its claims.
#include <memory>

#include "tools/hongbao/answers.h"
#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

namespace {

ExitStatus show(PacketId packet, const CommandLine& line, Console& console) {
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome&) {
    return conclude(console, client.show(packet), {},
                    [](const net::PacketRecord& record) { return told(record); });
  });
}

}  // namespace

void add_show(CLI::App& app, CommandLine& line) {
  auto* show_app = app.add_subcommand("show", "Show a packet and its claims in order");
  show_app->footer("Example:\n  hongbao show 4097 --json");
  const auto packet = std::make_shared<PacketId>();
  add_packet(*show_app, *packet);
  show_app->callback([&line, packet] {
    line.run = [packet](const CommandLine& l, Console& console) {
      return show(*packet, l, console);
    };
  });
}

}  // namespace hb::cli
