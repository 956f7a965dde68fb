// hongbao show: a packet with all its claims.
#include <memory>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

void add_show(CLI::App& app, CommandLine& line) {
  auto* show_app = app.add_subcommand("show", "Show a packet and its claims in order");
  show_app->footer(
      "Once the packet is closed its seed is told too, so that anyone can check the draw.\n"
      "\n"
      "Example:\n"
      "  hongbao show 4097 --json");
  const auto query = std::make_shared<ShowPacket>();
  add_packet(*show_app, query->packet);
  on_typed(*show_app, line, query,
           [](net::BlockingClient& client, const ShowPacket& q) { return client.show(q.packet); });
}

}  // namespace hb::cli
