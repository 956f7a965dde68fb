// What the support commands have in common: an operator who gives them, and a note for the history.
#pragma once

#include <memory>
#include <string_view>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

// A support command as typed: its note travels beside it.
template <class Command>
struct Support {
  Command command{};
  Note note{};
};

// --operator, --note and --key.
template <class Command>
void add_support(CLI::App& app, Support<Command>& order) {
  add_text(app, "--operator", order.command.by, "NAME", "who gives this command")->required();
  add_text(app, "--note", order.note, "TEXT", "why; both stay in the history");
  add_key(app, order.command.key);
}

// on_typed() for a command with its note.
template <class Command, class Outcome>
void on_typed_support(CLI::App& app, CommandLine& line,
                      const std::shared_ptr<Support<Command>>& order,
                      Outcome (net::BlockingClient::*call)(const Command&, std::string_view)) {
  const std::shared_ptr<Command> command(order, &order->command);
  on_typed(app, line, command, [order, call](net::BlockingClient& client, const Command& c) {
    return (client.*call)(c, order->note.view());
  });
}

}  // namespace hb::cli
