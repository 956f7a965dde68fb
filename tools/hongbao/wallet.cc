// hongbao wallet open|deposit|withdraw|show
#include <memory>

#include "engine/base/text.h"
#include "tools/hongbao/answers.h"
#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

namespace {

struct WalletArguments {
  UserId user{};
  Amount amount{};
  DisplayName name{};
  std::optional<Key128> key{};
};
using Arguments = std::shared_ptr<WalletArguments>;

Told wallet_told(const WalletAnswer& wallet) {
  return told(wallet);
}

std::optional<DisplayName> parse_name(std::string_view text) {
  if (text.size() > limits::name_bytes_max) return std::nullopt;
  return DisplayName(text);
}

ExitStatus open(const WalletArguments& a, const CommandLine& line, Console& console) {
  const Key128 key = key_or_random(a.key);
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome&) {
    return conclude(console, client.open_wallet({.key = key, .user = a.user, .name = a.name}), key,
                    wallet_told);
  });
}

ExitStatus deposit(const WalletArguments& a, const CommandLine& line, Console& console) {
  const Key128 key = key_or_random(a.key);
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome&) {
    return conclude(console, client.deposit({.key = key, .user = a.user, .amount = a.amount}), key,
                    wallet_told);
  });
}

ExitStatus withdraw(const WalletArguments& a, const CommandLine& line, Console& console) {
  const Key128 key = key_or_random(a.key);
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome&) {
    return conclude(console, client.withdraw({.key = key, .user = a.user, .amount = a.amount}), key,
                    wallet_told);
  });
}

ExitStatus show(const WalletArguments& a, const CommandLine& line, Console& console) {
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome&) {
    return conclude(console, client.show_wallet(a.user), {}, wallet_told);
  });
}

using Act = ExitStatus (*)(const WalletArguments&, const CommandLine&, Console&);

CLI::App& add_act(CLI::App& app, CommandLine& line, const char* name, const char* help,
                  const Arguments& arguments, Act act) {
  auto* act_app = app.add_subcommand(name, help);
  add_user(*act_app, "user", arguments->user, "the wallet's owner")->required();
  act_app->callback([&line, arguments, act] {
    line.run = [arguments, act](const CommandLine& l, Console& console) {
      return act(*arguments, l, console);
    };
  });
  return *act_app;
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
      "  hongbao wallet show 7 --json");
  const auto arguments = std::make_shared<WalletArguments>();

  auto& open_app = add_act(*wallet, line, "open", "Open a user's wallet", arguments, open);
  add_value(open_app, "--name", arguments->name, parse_name, "NAME",
            "a name of at most 64 bytes of UTF-8", "the name shown to others");
  add_key(open_app, arguments->key);

  auto& deposit_app =
      add_act(*wallet, line, "deposit", "Put money into a wallet", arguments, deposit);
  add_amount(deposit_app, "amount", arguments->amount, "how much")->required();
  add_key(deposit_app, arguments->key);

  auto& withdraw_app =
      add_act(*wallet, line, "withdraw", "Take money out of a wallet", arguments, withdraw);
  add_amount(withdraw_app, "amount", arguments->amount, "how much")->required();
  add_key(withdraw_app, arguments->key);

  add_act(*wallet, line, "show", "Show a wallet's balance", arguments, show);
}

}  // namespace hb::cli
