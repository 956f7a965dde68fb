// A connection to the server that the command line names, for one command.
#pragma once

#include <functional>
#include <memory>

#include "net/client/blocking_client.h"
#include "tools/hongbao/answers.h"
#include "tools/hongbao/command_line.h"

namespace hb::cli {

// Gives up on a server that is not there after a few quick attempts, and on an answer after
// --timeout.
net::ClientOptions client_options(const CommandLine& line);

// A failure to connect, with what to do about it.
Error not_there(Error error);

// Connects, then asks: `ask(client, welcome)`.  A server that is not there is told as such, and
// then nothing was asked: only what fails after that leaves in doubt whether it was done.
template <class Ask>
ExitStatus converse(const CommandLine& line, Console& console, Ask ask) {
  net::BlockingClient client(client_options(line));
  const auto welcome = client.connect();
  if (!welcome) return console.fail(not_there(welcome.error()));
  return ask(client, *welcome);
}

// The words for an answer.  Some need the command that was asked.
template <class Answer, class Command>
Told told_of(const Answer& answer, const Command& command) {
  if constexpr (requires { told(answer, command); }) {
    return told(answer, command);
  } else {
    return told(answer);
  }
}

// When `app` is what was typed: `ask(client, command)`, under a fresh key where the command wants
// one and none was given, and its answer told.  `ask` may be one of the client's own calls.
template <class Command, class Ask>
void on_typed(CLI::App& app, CommandLine& line, const std::shared_ptr<Command>& typed, Ask ask) {
  const auto run = [typed, ask](const CommandLine& l, Console& console) {
    Command command = *typed;
    Key128 key;
    if constexpr (requires { command.key; }) {
      if (command.key.empty()) command.key = net::random_key();
      key = command.key;
    }
    return converse(l, console, [&](net::BlockingClient& client, const net::Welcome&) {
      return conclude(
          console, std::invoke(ask, client, command), key,
          [&](const auto& answer) { return told_of(answer, command); }, ids_of(command));
    });
  };
  app.callback([&line, run] { line.run = run; });
}

}  // namespace hb::cli
