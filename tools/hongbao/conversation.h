// A connection to the server that the command line names, for one command.
#pragma once

#include <optional>

#include "net/client/blocking_client.h"
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

// The key that was given, or a fresh one.
Key128 key_or_random(const std::optional<Key128>& given);

}  // namespace hb::cli
