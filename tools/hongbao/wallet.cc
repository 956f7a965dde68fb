// hongbao wallet open|deposit|withdraw|set|show|check|freeze|unfreeze
#include <memory>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"
#include "tools/hongbao/support.h"

namespace hb::cli {

namespace {

CLI::App& add_act(CLI::App& wallet, const char* name, const char* help, UserId& user) {
  auto* act = wallet.add_subcommand(name, help);
  add_user(*act, "user", user, "the wallet's owner")->required();
  return *act;
}

void add_open(CLI::App& wallet, CommandLine& line) {
  const auto command = std::make_shared<OpenWallet>();
  auto& app = add_act(wallet, "open", "Open a user's wallet", command->user);
  add_text(app, "--name", command->name, "NAME", "the name shown to others");
  add_key(app, command->key);
  on_typed(app, line, command, &net::BlockingClient::open_wallet);
}

void add_deposit(CLI::App& wallet, CommandLine& line) {
  const auto command = std::make_shared<Deposit>();
  auto& app = add_act(wallet, "deposit", "Put money into a wallet", command->user);
  add_amount(app, "amount", command->amount, "how much")->required();
  add_text(app, "--reference", command->reference, "TEXT",
           "the external rail's, of its payment: each is used once");
  add_key(app, command->key);
  on_typed(app, line, command, &net::BlockingClient::deposit);
}

void add_withdraw(CLI::App& wallet, CommandLine& line) {
  const auto command = std::make_shared<Withdraw>();
  auto& app = add_act(wallet, "withdraw", "Take money out of a wallet", command->user);
  add_amount(app, "amount", command->amount, "how much")->required();
  add_key(app, command->key);
  on_typed(app, line, command, &net::BlockingClient::withdraw);
}

void add_set(CLI::App& wallet, CommandLine& line) {
  const auto command = std::make_shared<SetRefundTarget>();
  auto& app = add_act(wallet, "set", "Change a wallet's settings", command->user);
  app.footer("Example:\n  hongbao wallet set 7 --refund-to wallet");
  add_name(app, "--refund-to", command->target, "TARGET",
           "where refunds of externally funded packets go from now on: source, the rail that paid, "
           "or wallet")
      ->required();
  add_key(app, command->key);
  on_typed(app, line, command, &net::BlockingClient::set_refund_target);
}

void add_show_wallet(CLI::App& wallet, CommandLine& line) {
  const auto query = std::make_shared<ShowWallet>();
  auto& app = add_act(wallet, "show", "Show a wallet's balance and settings", query->user);
  on_typed(app, line, query, [](net::BlockingClient& client, const ShowWallet& q) {
    return client.show_wallet(q.user);
  });
}

void add_check(CLI::App& wallet, CommandLine& line) {
  const auto query = std::make_shared<CheckRecipient>();
  auto& app = add_act(wallet, "check", "Before sending: is there such a user?", query->user);
  app.footer(
      "Tells whether the user has a wallet, whether it is frozen, and the masked name.  Exit\n"
      "status 0 also where there is none: the question was answered.\n"
      "\n"
      "Example:\n"
      "  hongbao wallet check 8");
  on_typed(app, line, query, [](net::BlockingClient& client, const CheckRecipient& q) {
    return client.check_recipient(q.user);
  });
}

void add_freeze(CLI::App& wallet, CommandLine& line, bool frozen) {
  const auto order = std::make_shared<Support<FreezeWallet>>();
  order->command.frozen = frozen;
  auto& app =
      add_act(wallet, frozen ? "freeze" : "unfreeze",
              frozen ? "Let no money out of a wallet" : "Let money out again", order->command.user);
  app.footer(frozen ? "Money still comes in, and a case may take some out.\n\n"
                      "Example:\n  hongbao wallet freeze 8 --operator ann --note 'stolen phone'"
                    : "Example:\n  hongbao wallet unfreeze 8 --operator ann");
  add_support(app, *order);
  on_typed_support(app, line, order, &net::BlockingClient::freeze_wallet);
}

}  // namespace

void add_wallet(CLI::App& app, CommandLine& line) {
  auto* wallet = app.add_subcommand("wallet", "Open a wallet, move money in and out, show it");
  wallet->require_subcommand(1);
  wallet->footer(
      "Examples:\n"
      "  hongbao wallet open 7 --name Mei\n"
      "  hongbao wallet deposit 7 100.00\n"
      "  hongbao wallet withdraw 7 0.50\n"
      "  hongbao wallet set 7 --refund-to wallet\n"
      "  hongbao wallet show 7 --json\n"
      "  hongbao wallet check 8\n"
      "  hongbao wallet freeze 8 --operator ann --note 'stolen phone'");
  add_open(*wallet, line);
  add_deposit(*wallet, line);
  add_withdraw(*wallet, line);
  add_set(*wallet, line);
  add_show_wallet(*wallet, line);
  add_check(*wallet, line);
  add_freeze(*wallet, line, true);
  add_freeze(*wallet, line, false);
}

}  // namespace hb::cli
