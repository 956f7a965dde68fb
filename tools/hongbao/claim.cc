// hongbao claim: takes a share of a packet.
#include <memory>

#include "tools/hongbao/answers.h"
#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

namespace {

// A user has at most one share of a packet, so the command needs no key: done again, it tells the
// first answer.
ExitStatus claim(const ClaimItem& item, const CommandLine& line, Console& console) {
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome&) {
    return conclude(console, client.claim(item.packet, item.user), {},
                    [&](const ClaimAnswer& answer) { return told(answer, item); });
  });
}

}  // namespace

void add_claim(CLI::App& app, CommandLine& line) {
  auto* claim_app = app.add_subcommand("claim", "Take a share of a packet");
  claim_app->footer(
      "A user gets one share of a packet: done again, this tells the first answer (status\n"
      "already_claimed, exit status 0).\n"
      "\n"
      "Example:\n"
      "  hongbao claim 4097 --user 8");
  const auto item = std::make_shared<ClaimItem>();
  add_packet(*claim_app, item->packet);
  add_user(*claim_app, "--user", item->user, "who claims")->required();
  claim_app->callback([&line, item] {
    line.run = [item](const CommandLine& l, Console& console) { return claim(*item, l, console); };
  });
}

}  // namespace hb::cli
