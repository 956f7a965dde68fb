// hongbao case open|freeze|unfreeze|resolve|show|bundle
#include <memory>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/support.h"

namespace hb::cli {

namespace {

void add_case_id(CLI::App& app, CaseId& into) {
  add_value(app, "case", into, parse_id, "CASE", "a case's number",
            "the case, as 'case open' printed it")
      ->required();
}

void add_subject(CLI::App& app, const char* name, PacketId& into) {
  add_value(app, name, into, parse_id, "PACKET", "a packet's or transfer's number",
            "a packet or a transfer")
      ->required();
}

void add_open(CLI::App& cases, CommandLine& line) {
  auto* app = cases.add_subcommand("open", "Open a case about a packet or a transfer");
  app->footer(
      "Example:\n"
      "  hongbao case open 4097 --user 8 --operator ann --note 'sent to the wrong group'");
  const auto order = std::make_shared<Support<OpenCase>>();
  add_subject(*app, "subject", order->command.subject);
  add_user(*app, "--user", order->command.user, "whose share it is about [the packet as a whole]");
  add_support(*app, *order);
  on_typed_support(*app, line, order, &net::BlockingClient::open_case);
}

void add_freeze(CLI::App& cases, CommandLine& line, bool frozen) {
  auto* app = cases.add_subcommand(
      frozen ? "freeze" : "unfreeze",
      frozen ? "Keep a packet's or transfer's money where it is" : "Let it go on");
  app->footer(frozen ? "No claim, recall, refund, acceptance, arrival or return, but a case may\n"
                       "force a share back.\n\n"
                       "Example:\n  hongbao case freeze 4097 --operator ann"
                     : "Example:\n  hongbao case unfreeze 4097 --operator ann");
  const auto order = std::make_shared<Support<FreezePacket>>();
  order->command.frozen = frozen;
  add_subject(*app, "packet", order->command.packet);
  add_support(*app, *order);
  on_typed_support(*app, line, order, &net::BlockingClient::freeze_packet);
}

void add_resolve(CLI::App& cases, CommandLine& line) {
  auto* app = cases.add_subcommand("resolve", "Decide a case");
  app->footer(
      "Upheld, the user's share goes back to the sender, as far as the user's wallet holds it;\n"
      "what is missing stays owed: another case about the share, upheld, collects it.\n"
      "\n"
      "Examples:\n"
      "  hongbao case resolve 4097 refuse --operator bob --note 'a gift is a gift'\n"
      "  hongbao case resolve 4097 uphold --user 8 --operator bob");
  const auto order = std::make_shared<Support<ResolveCase>>();
  add_case_id(*app, order->command.case_id);
  add_name(*app, "decision", order->command.decision, "DECISION", "refuse or uphold")->required();
  add_user(*app, "--user", order->command.user, "whose share goes back [the case's own]");
  add_support(*app, *order);
  on_typed_support(*app, line, order, &net::BlockingClient::resolve_case);
}

void add_show_case(CLI::App& cases, CommandLine& line) {
  auto* app = cases.add_subcommand("show", "Show a case as it stands");
  const auto query = std::make_shared<ShowCase>();
  add_case_id(*app, query->case_id);
  on_typed(*app, line, query, [](net::BlockingClient& client, const ShowCase& q) {
    return client.show_case(q.case_id);
  });
}

}  // namespace

void add_case(CLI::App& app, CommandLine& line) {
  auto* cases = app.add_subcommand("case", "Support: freeze, open a case, decide it");
  cases->require_subcommand(1);
  cases->footer(
      "Examples:\n"
      "  hongbao case freeze 4097 --operator ann --note 'reported by user 8'\n"
      "  hongbao case open 4097 --user 8 --operator ann\n"
      "  hongbao case resolve 4097 uphold --operator bob\n"
      "  hongbao case show 4097 --json\n"
      "  hongbao case bundle 4097\n"
      "  hongbao case unfreeze 4097 --operator ann");
  add_open(*cases, line);
  add_freeze(*cases, line, true);
  add_freeze(*cases, line, false);
  add_resolve(*cases, line);
  add_show_case(*cases, line);
  add_case_bundle(*cases, line);
}

}  // namespace hb::cli
