#include "tests/e2e/support/server_process.h"

#include <signal.h>

#include <charconv>
#include <string_view>
#include <utility>

namespace hb::e2e {
namespace {

constexpr std::string_view ready = "hongbaod ready: listening on ";

// 0: the line is not there yet.
std::uint16_t port_in(std::string_view output) {
  std::uint16_t port = 0;
  if (!output.starts_with(ready) || output.find('\n') == output.npos) return 0;
  const std::string_view address = output.substr(ready.size(), output.find(',') - ready.size());
  std::from_chars(address.data() + address.rfind(':') + 1, address.data() + address.size(), port);
  return port;
}

}  // namespace

ServerProcess::ServerProcess(ServerSettings settings) : settings_(std::move(settings)) {
  write_file(files_ / "hongbaod.toml", "[policy]\n" + settings_.policy + "\n[journal]\n" +
                                           settings_.journal + "\n[connections]\n" +
                                           settings_.connections);
}

std::vector<std::string> ServerProcess::command() const {
  std::vector<std::string> words = settings_.prefix;
  words.insert(words.end(), {HB_HONGBAOD, "--config", files_ / "hongbaod.toml", "--data",
                             settings_.data, "--listen", settings_.listen});
  words.insert(words.end(), settings_.flags.begin(), settings_.flags.end());
  return words;
}

void ServerProcess::launch() {
  port_ = 0;
  process_ = std::make_unique<Process>(command(), settings_.limits);
}

testing::AssertionResult ServerProcess::start() {
  launch();
  eventually([this] {
    port_ = port_in(process_->output());
    return port_ != 0 || !process_->running();
  });
  if (port_ != 0) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << (process_->running() ? "no ready line" : "ended before it was ready") << ":\n"
         << process_->output() << log();
}

Finished ServerProcess::start_in_vain() {
  return run(command());
}

int ServerProcess::stop() {
  process_->signal(SIGTERM);
  return process_->wait().value_or(-1);
}

net::ClientOptions ServerProcess::client_options() const {
  net::ClientOptions options;
  options.port = port_;
  options.name = "hongbao-e2e";
  options.connect_timeout = Duration::seconds(30);
  options.request_timeout = Duration::seconds(30);
  options.connect_attempts_max = 1;
  options.retries_max = 0;
  options.retry_overloaded = false;
  return options;
}

}  // namespace hb::e2e
