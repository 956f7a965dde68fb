// What a connection may count on, and what the log says about the clients.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

#include "net/wire/request_encoder.h"
#include "tests/e2e/support/raw_connection.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

class Connections : public testing::Test {
 protected:
  void start(const std::string& connections = "", std::vector<std::string> flags = {}) {
    server_.emplace(ServerSettings{
        .data = directory_ / "data", .connections = connections, .flags = std::move(flags)});
    ASSERT_TRUE(server_->start());
  }
  void TearDown() override {
    if (server_) {
      EXPECT_EQ(server_->stop(), 0);
    }
  }

  bool logs(const std::string& text) const { return server_->log().find(text) != text.npos; }

  TempDirectory directory_;
  std::optional<ServerProcess> server_;
};

// The timer of the server's end of a connection, as the kernel lists it: 0 none, 2 keepalive.
int timer_of(std::uint16_t server_port, std::uint16_t client_port) {
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    unsigned local = 0, remote = 0, timer = 0;
    const int found =
        std::sscanf(line.c_str(), " %*u: %*x:%x %*x:%x %*x %*x:%*x %x:", &local, &remote, &timer);
    if (found == 3 && local == server_port && remote == client_port) return static_cast<int>(timer);
  }
  return -1;
}

TEST_F(Connections, AreProbedWhileTheyAreIdle) {
  constexpr int keepalive = 2;
  start();
  RawConnection idle(server_->port());
  ASSERT_TRUE(idle.greet());
  EXPECT_TRUE(eventually([&] { return timer_of(server_->port(), idle.own_port()) == keepalive; }));
}

TEST_F(Connections, OfAnInsecureServerAreWarnedOfInItsLog) {
  start("", {"--insecure"});
  EXPECT_TRUE(logs("[warning]"));
  EXPECT_TRUE(logs("not encrypted"));
}

TEST_F(Connections, OfAServerOnLoopbackNeedNoWarning) {
  start();
  EXPECT_FALSE(logs("encrypted")) << server_->log();
}

}  // namespace
}  // namespace hb::e2e
