// hongbao claim: takes a share of a packet.
#include <memory>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

namespace {

// A user has at most one share of a packet, so the command needs no key: done again, it tells the
// first answer.
Result<net::Outcome<ClaimAnswer>> claim(net::BlockingClient& client, const ClaimWithCode& c) {
  return c.code.empty() ? client.claim(c.packet, c.user) : client.claim_with_code(c);
}

}  // namespace

void add_claim(CLI::App& app, CommandLine& line) {
  auto* claim_app = app.add_subcommand("claim", "Take a share of a packet");
  claim_app->footer(
      "A user gets one share of a packet: done again, this tells the first answer (status\n"
      "already_claimed, exit status 0).  A packet with a code locks a user out after a few wrong\n"
      "ones; the refusal says how many tries are left.\n"
      "\n"
      "Examples:\n"
      "  hongbao claim 4097 --user 8\n"
      "  hongbao claim 4097 --user 8 --code 恭喜发财");
  const auto command = std::make_shared<ClaimWithCode>();
  add_packet(*claim_app, command->packet);
  add_user(*claim_app, "--user", command->user, "who claims")->required();
  add_text(*claim_app, "--code", command->code, "TEXT", "the packet's claim code, if it has one");
  on_typed(*claim_app, line, command, claim);
}

}  // namespace hb::cli
