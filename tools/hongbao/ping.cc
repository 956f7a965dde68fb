// hongbao ping: is the server there, and what does it say of itself.
#include <chrono>

#include "tools/hongbao/answers.h"
#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

namespace {

ExitStatus ping(const CommandLine& line, Console& console) {
  using std::chrono::steady_clock;
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome& welcome) {
    const auto started_at = steady_clock::now();
    const auto pong = client.ping();
    const auto round_trip =
        std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - started_at);
    return conclude(console, pong, {}, [&](const net::Pong& answer) {
      return told(welcome, answer, format_endpoint(line.server), Duration::us(round_trip.count()));
    });
  });
}

}  // namespace

void add_ping(CLI::App& app, CommandLine& line) {
  auto* ping_app = app.add_subcommand("ping", "Ask whether the server is there, and how far away");
  ping_app->footer("Example:\n  hongbao ping --server 127.0.0.1:7700");
  ping_app->callback([&line] { line.run = ping; });
}

}  // namespace hb::cli
