// hongbao peek: what a user would see before tapping; takes nothing.
#include <memory>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

void add_peek(CLI::App& app, CommandLine& line) {
  auto* peek_app = app.add_subcommand("peek", "Look at a packet as a user, without claiming");
  peek_app->footer("Example:\n  hongbao peek 4097 --user 8");
  const auto query = std::make_shared<PeekPacket>();
  add_packet(*peek_app, query->packet);
  add_user(*peek_app, "--user", query->user, "who looks")->required();
  on_typed(*peek_app, line, query, [](net::BlockingClient& client, const PeekPacket& q) {
    return client.peek(q.packet, q.user);
  });
}

}  // namespace hb::cli
