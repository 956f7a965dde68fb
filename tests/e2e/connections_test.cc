// What a connection may count on, and what the log says about the clients.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "net/wire/request_encoder.h"
#include "tests/e2e/support/asking.h"
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

TEST_F(Connections, ThatSendNoMoreGetAllTheirAnswers) {
  constexpr std::uint64_t deposits = 200;
  start();
  net::BlockingClient client(server_->client_options());
  open_with(client, UserId(1), Amount(1));
  RawConnection connection(server_->port());
  ASSERT_TRUE(connection.greet());
  net::RequestEncoder encoder;
  std::vector<std::byte> frames;
  for (std::uint64_t id = 1; id <= deposits; ++id) {
    const Deposit deposit{.key = key_number(1'000 + id), .user = UserId(1), .amount = Amount(1)};
    const auto frame = encoder.command(id, Time(), deposit);
    frames.insert(frames.end(), frame.begin(), frame.end());
  }
  ASSERT_TRUE(connection.send(frames));
  connection.shut_down_sending();
  std::set<std::uint64_t> answered;
  while (const std::optional<Heard> heard = connection.hear()) {
    EXPECT_EQ(heard->response.status, Status::ok);
    answered.insert(heard->response.id);
  }
  EXPECT_EQ(answered.size(), deposits);
  EXPECT_TRUE(connection.hears_the_end());
}

TEST_F(Connections, ThatReadNothingAreCutOff) {
  start("unread_timeout = \"1s\"");
  net::BlockingClient client(server_->client_options());
  open_with(client, UserId(1), Amount(1));
  RawConnection silent(server_->port(), 4096);
  ASSERT_TRUE(silent.greet());
  net::RequestEncoder encoder;
  std::vector<std::byte> pings;
  while (pings.size() < 64 * 1024) {
    const auto ping = encoder.ping(2);
    pings.insert(pings.end(), ping.begin(), ping.end());
  }
  // Until the kernel's buffers are full in both directions, and the server closes.
  const std::string address = "127.0.0.1:" + std::to_string(silent.own_port());
  EXPECT_TRUE(eventually([&] {
    silent.send_some(pings);
    return logs("read no answer for 1 s");
  })) << server_->log();
  EXPECT_TRUE(logs(address));
}

TEST_F(Connections, ThatAreIdleEndWhereTheSettingsSaySo) {
  start("idle_timeout = \"1s\"");
  RawConnection idle(server_->port());
  ASSERT_TRUE(idle.greet());
  const std::optional<Heard> heard = idle.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->response.id, 0u);
  EXPECT_EQ(heard->response.status, Status::frame_timeout);
  EXPECT_TRUE(idle.hears_the_end());
}

TEST_F(Connections, ThatCloseAtOnceHarmNobody) {
  start();
  net::RequestEncoder encoder;
  for (int i = 0; i < 300; ++i) {
    RawConnection connection(server_->port());
    connection.send(encoder.hello(1, {}));
    for (std::uint64_t id = 2; id < 50; ++id) {
      connection.send(encoder.command(id, Time(), ShowWallet{UserId(id)}));
    }
  }
  EXPECT_TRUE(RawConnection(server_->port()).greet());
}

// The manual's words on odd values.
TEST_F(Connections, ReadNegativeTimesAsOverAndKeepEveryCharacterOfATextThatIsUtf8) {
  start();
  net::BlockingClient client(server_->client_options());
  const std::string name("a\0b\x07", 4);
  answer_of(client.open_wallet({.user = UserId(1), .name = DisplayName(name)}));
  EXPECT_EQ(answer_of(client.show_wallet(UserId(1))).name.view(), name);

  RawConnection connection(server_->port());
  ASSERT_TRUE(connection.greet());
  net::RequestEncoder encoder;
  const Deposit deposit{.key = key_number(1), .user = UserId(1), .amount = Amount(1)};
  ASSERT_TRUE(connection.send(encoder.command(5, Time(-1), deposit)));
  std::optional<Heard> heard = connection.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->response.status, Status::deadline_exceeded);

  const archive::ReadFeed at_the_end{.from = Sequence(2), .wait = Duration::seconds(-30)};
  ASSERT_TRUE(connection.send(encoder.command(6, Time(), at_the_end)));
  heard = connection.hear();
  ASSERT_TRUE(heard);
  ASSERT_TRUE(std::holds_alternative<archive::FeedPage>(heard->response.answer));
  EXPECT_EQ(std::get<archive::FeedPage>(heard->response.answer).count, 0u);
}

TEST_F(Connections, AreLoggedWithTheNameOfTheClient) {
  start();
  RawConnection connection(server_->port());
  ASSERT_TRUE(connection.send(net::RequestEncoder().hello(1, {.client = "gate\x1b[2J\nway"})));
  ASSERT_TRUE(connection.hear());
  const std::string address = "127.0.0.1:" + std::to_string(connection.own_port());
  EXPECT_TRUE(eventually([&] { return logs(address); }));
  EXPECT_TRUE(logs("gate")) << server_->log();
  EXPECT_FALSE(logs("\x1b[2J")) << "raw control characters";
  EXPECT_FALSE(logs("\nway"));
}

TEST_F(Connections, OfForeignClientsLeaveOneLineEach) {
  start();
  const std::pair<std::string, std::string> clients[] = {
      {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "an HTTP request"},
      {"*1\r\n$4\r\nPING\r\n", "a Redis command"},
      {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), "a TLS handshake"}};
  for (const auto& [bytes, what] : clients) {
    RawConnection foreign(server_->port());
    ASSERT_TRUE(foreign.send(std::as_bytes(std::span(bytes))));
    EXPECT_TRUE(foreign.hear());
    const std::string address = "127.0.0.1:" + std::to_string(foreign.own_port());
    EXPECT_TRUE(eventually([&] { return logs(address); }));
    EXPECT_TRUE(logs(what)) << server_->log();
    const std::string log = server_->log();
    EXPECT_EQ(log.find(address), log.rfind(address)) << "one line";
  }
}

TEST_F(Connections, OfAThousandForeignClientsLeaveFewLines) {
  start();
  const auto lines = [this] {
    const std::string log = server_->log();
    return std::ranges::count(log, '\n');
  };
  const auto before = lines();
  const std::string nonsense = "nonsense";
  for (int i = 0; i < 1'000; ++i) {
    RawConnection foreign(server_->port());
    foreign.send(std::as_bytes(std::span(nonsense)));
    foreign.hear();
  }
  EXPECT_TRUE(eventually([&] { return lines() > before; }));
  EXPECT_LE(lines(), before + 50);
  EXPECT_TRUE(eventually([&] { return logs("more connections were closed"); })) << server_->log();
}

}  // namespace
}  // namespace hb::e2e
