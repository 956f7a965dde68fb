// hongbao recall: the sender takes the unclaimed rest of a packet back.
#include <memory>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

void add_recall(CLI::App& app, CommandLine& line) {
  auto* recall_app = app.add_subcommand("recall", "Take the unclaimed rest of a packet back");
  recall_app->footer(
      "Only for packets that were sent with --recallable.\n"
      "\n"
      "Example:\n"
      "  hongbao recall 4097 --from 7");
  const auto command = std::make_shared<RecallPacket>();
  add_packet(*recall_app, command->packet);
  add_user(*recall_app, "--from", command->sender, "its sender")->required();
  add_key(*recall_app, command->key);
  on_typed(*recall_app, line, command, &net::BlockingClient::recall);
}

}  // namespace hb::cli
