// hongbao return: a recipient gives a claimed share back.
#include <memory>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

void add_return(CLI::App& app, CommandLine& line) {
  auto* return_app = app.add_subcommand("return", "Give a claimed share back to its sender");
  return_app->footer(
      "The whole share goes back, out of the recipient's wallet.  For a part, send a transfer; "
      "for\n"
      "a transfer, see 'hongbao transfer return'.\n"
      "\n"
      "Example:\n"
      "  hongbao return 4097 --user 8");
  const auto command = std::make_shared<ReturnShare>();
  add_packet(*return_app, command->packet);
  add_user(*return_app, "--user", command->user, "whose share it is")->required();
  add_key(*return_app, command->key);
  on_typed(*return_app, line, command, &net::BlockingClient::return_share);
}

}  // namespace hb::cli
