// hongbao peek: what a user would see before tapping; takes nothing.
#include <memory>

#include "tools/hongbao/answers.h"
#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

namespace {

ExitStatus peek(const ClaimItem& item, const CommandLine& line, Console& console) {
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome&) {
    return conclude(console, client.peek(item.packet, item.user), {},
                    [&](const PeekAnswer& answer) { return told(answer, item.user); });
  });
}

}  // namespace

void add_peek(CLI::App& app, CommandLine& line) {
  auto* peek_app = app.add_subcommand("peek", "Look at a packet as a user, without claiming");
  peek_app->footer("Example:\n  hongbao peek 4097 --user 8");
  const auto item = std::make_shared<ClaimItem>();
  add_packet(*peek_app, item->packet);
  add_user(*peek_app, "--user", item->user, "who looks")->required();
  peek_app->callback([&line, item] {
    line.run = [item](const CommandLine& l, Console& console) { return peek(*item, l, console); };
  });
}

}  // namespace hb::cli
