// hongbao transfer send|accept|decline|cancel|return|show
#include <memory>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

namespace {

void add_transfer_id(CLI::App& app, PacketId& into) {
  add_value(app, "transfer", into, parse_id, "TRANSFER", "a transfer's number",
            "the transfer, as 'transfer send' printed it")
      ->required();
}

void add_send_transfer(CLI::App& transfer, CommandLine& line) {
  auto* app = transfer.add_subcommand("send", "Send money that waits for its recipient");
  app->footer(
      "Example:\n"
      "  hongbao transfer send --from 7 --to 8 --amount 5.00 --arrives-after 2h --remark rent");
  const auto command = std::make_shared<SendTransfer>();
  add_user(*app, "--from", command->sender, "the sender, whose wallet pays")->required();
  add_user(*app, "--to", command->recipient, "who may accept it")->required();
  add_amount(*app, "--amount", command->amount, "how much")->required();
  add_duration(*app, "--arrives-after", command->arrives_after, bounds::ahead,
               "from acceptance; one of those that the server offers [0s]");
  add_text(*app, "--remark", command->remark, "TEXT", "the sender's words");
  add_key(*app, command->key);
  on_typed(*app, line, command, &net::BlockingClient::send_transfer);
}

// What one of the two sides does with a transfer; `who` is that side's field and option.
template <class Command, class Outcome>
void add_act(CLI::App& transfer, CommandLine& line, const char* name, const char* help,
             UserId Command::*who, const char* option,
             Outcome (net::BlockingClient::*call)(const Command&)) {
  auto* app = transfer.add_subcommand(name, help);
  const auto command = std::make_shared<Command>();
  add_transfer_id(*app, command->transfer);
  const bool sender = std::string_view(option) == "--from";
  add_user(*app, option, (*command).*who, sender ? "its sender" : "its recipient")->required();
  add_key(*app, command->key);
  on_typed(*app, line, command, call);
}

void add_show_transfer(CLI::App& transfer, CommandLine& line) {
  auto* app = transfer.add_subcommand("show", "Show a transfer as it stands");
  const auto query = std::make_shared<ShowTransfer>();
  add_transfer_id(*app, query->transfer);
  on_typed(*app, line, query, [](net::BlockingClient& client, const ShowTransfer& q) {
    return client.show_transfer(q.transfer);
  });
}

}  // namespace

void add_transfer(CLI::App& app, CommandLine& line) {
  using Client = net::BlockingClient;
  auto* transfer = app.add_subcommand("transfer", "Send money to one user, who accepts it or not");
  transfer->require_subcommand(1);
  transfer->footer(
      "A transfer that nobody accepts goes back by itself.\n"
      "\n"
      "Examples:\n"
      "  hongbao transfer send --from 7 --to 8 --amount 5.00\n"
      "  hongbao transfer accept 8193 --user 8\n"
      "  hongbao transfer decline 8193 --user 8\n"
      "  hongbao transfer cancel 8193 --from 7\n"
      "  hongbao transfer return 8193 --user 8\n"
      "  hongbao transfer show 8193");
  add_send_transfer(*transfer, line);
  add_act(*transfer, line, "accept", "Take a transfer", &AcceptTransfer::recipient, "--user",
          &Client::accept_transfer);
  add_act(*transfer, line, "decline", "Send a transfer back unaccepted",
          &DeclineTransfer::recipient, "--user", &Client::decline_transfer);
  add_act(*transfer, line, "cancel", "Take a transfer back before it has arrived",
          &CancelTransfer::sender, "--from", &Client::cancel_transfer);
  add_act(*transfer, line, "return", "Give an arrived transfer back", &ReturnTransfer::recipient,
          "--user", &Client::return_transfer);
  add_show_transfer(*transfer, line);
}

}  // namespace hb::cli
