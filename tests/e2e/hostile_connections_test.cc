// Connections that take and do not give: readers that never read, thousands that are idle, those
// that never say Hello.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "net/wire/frame.h"
#include "net/wire/request_encoder.h"
#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/bystander.h"
#include "tests/e2e/support/raw_connection.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr UserId sender{1};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_is_the_servers = false;  // much of it is the sanitizer's
#else
constexpr bool memory_is_the_servers = true;
#endif

class HostileConnections : public testing::Test {
 protected:
  void start(ProcessLimits limits = {}, const std::string& connections = "") {
    server_.emplace(ServerSettings{.data = directory_ / "data",
                                   .connections = "handshake_timeout = \"500ms\"\n" + connections,
                                   .limits = limits});
    ASSERT_TRUE(server_->start());
    bystander_.emplace(server_->client_options(), UserId(100'000));
    ASSERT_TRUE(bystander_->carries_on());
  }
  void TearDown() override {
    EXPECT_TRUE(bystander_->carries_on());
    EXPECT_EQ(bystander_->stop(), std::vector<std::string>());
    EXPECT_EQ(server_->stop(), 0);
  }

  // A packet whose answer to ShowPacket is as long as any gets.
  PacketId full_packet() {
    net::BlockingClient client(server_->client_options());
    open_with(client, sender, Amount(500));
    const PacketId packet =
        answer_of(client.send({.sender = sender, .total = Amount(500), .share_count = 500})).packet;
    std::vector<ClaimItem> claims;
    for (std::uint64_t user = 2; user < 502; ++user) claims.push_back({packet, UserId(user)});
    EXPECT_EQ(answer_of(client.claim_batch(claims)).size(), 500u);
    return packet;
  }

  // Says the same again and again until the server takes no more, or `most` bytes are said.
  static void say_until_nobody_listens(RawConnection& connection, std::span<const std::byte> frame,
                                       std::size_t most) {
    std::vector<std::byte> many;
    while (many.size() < 64 * 1024) many.insert(many.end(), frame.begin(), frame.end());
    std::size_t said = 0;
    std::size_t at = 0;  // frames must stay whole
    const auto listens = [&] {
      const std::size_t n = connection.send_some(std::span(many).subspan(at));
      at = (at + n) % many.size();
      said += n;
      return n > 0 && said < most;
    };
    using std::chrono::milliseconds;
    while (said < most && eventually(listens, milliseconds(500))) {
    }
  }

  // Of 200 connections most find no room; the others are served, a bystander writes enough for
  // several segments, and when some end there is room again.
  void expect_most_turned_away() {
    std::vector<RawConnection> served;
    for (int i = 0; i < 200; ++i) {
      RawConnection connection(server_->port());
      connection.send(net::RequestEncoder().hello(1, {}));
      const std::optional<Heard> heard = connection.hear();
      ASSERT_TRUE(heard) << "connection " << i << " hears nothing";
      if (std::holds_alternative<net::Welcome>(heard->response.answer)) {
        served.push_back(std::move(connection));
        continue;
      }
      EXPECT_EQ(heard->response.status, Status::overloaded);
      EXPECT_GT(heard->response.retry_after, Duration());
      EXPECT_TRUE(connection.hears_the_end());
    }
    EXPECT_GE(served.size(), 20u);
    EXPECT_LE(served.size(), 100u);
    EXPECT_TRUE(eventually([this] { return bystander_->rounds() > 1'000; }));
    served.clear();
    EXPECT_TRUE(eventually([this] { return RawConnection(server_->port()).greet(); }));
  }

  TempDirectory directory_;
  std::optional<ServerProcess> server_;
  std::optional<Bystander> bystander_;
};

TEST_F(HostileConnections, ThatNeverReadCostBoundedMemoryAndHarmNobody) {
  constexpr std::size_t growth_max = 64u << 20;
  constexpr std::size_t said_max = 32u << 20;
  start();
  const PacketId packet = full_packet();
  net::RequestEncoder encoder;
  const std::size_t before = server_->process().resident_bytes();

  RawConnection shows(server_->port(), 4096);
  ASSERT_TRUE(shows.greet());
  say_until_nobody_listens(shows, encoder.command(2, Time(), ShowPacket{packet}), said_max);
  EXPECT_TRUE(bystander_->carries_on());

  RawConnection pings(server_->port(), 4096);
  ASSERT_TRUE(pings.greet());
  say_until_nobody_listens(pings, encoder.ping(2), said_max);
  EXPECT_TRUE(bystander_->carries_on());

  const std::vector<ClaimItem> items(1'000, ClaimItem{packet, UserId(2)});
  RawConnection claims(server_->port(), 4096);
  ASSERT_TRUE(claims.greet());
  say_until_nobody_listens(claims, encoder.claims(2, Time(), items), said_max);
  EXPECT_TRUE(bystander_->carries_on());

  const std::size_t after = server_->process().resident_bytes();
  ASSERT_TRUE(before > 0 && after > 0);
  if (memory_is_the_servers) {
    EXPECT_LT(after, before + growth_max);
  }
}

// Many such readers, and pages of half a megabyte each.
TEST_F(HostileConnections, ThatNeverReadShareABoundedMemory) {
  constexpr std::size_t growth_max = 256u << 20;
  start();
  const PacketId packet = full_packet();
  net::RequestEncoder encoder;
  std::vector<std::byte> shows;
  std::vector<std::byte> pages;
  for (std::uint64_t id = 2; id < 1'002; ++id) {
    const auto show = encoder.command(id, Time(), ShowPacket{packet});
    shows.insert(shows.end(), show.begin(), show.end());
    const auto page = encoder.command(id, Time(), archive::ReadFeed{.from = Sequence(1)});
    pages.insert(pages.end(), page.begin(), page.end());
  }
  ASSERT_TRUE(eventually([this] { return bystander_->rounds() > 2'000; }))
      << "a feed of some length";
  const std::size_t before = server_->process().resident_bytes();
  std::size_t most = before;
  std::vector<RawConnection> silent;
  for (int i = 0; i < 150; ++i) {
    silent.emplace_back(server_->port(), 4096);
    ASSERT_TRUE(silent.back().greet());
    silent.back().send_some(i % 2 == 0 ? shows : pages);
    most = std::max(most, server_->process().resident_bytes());
  }
  EXPECT_TRUE(bystander_->carries_on());
  most = std::max(most, server_->process().resident_bytes());
  ASSERT_GT(before, 0u);
  if (memory_is_the_servers) {
    EXPECT_LT(most, before + growth_max);
  }
}

TEST_F(HostileConnections, ThatLeaveFramesUnfinishedBeforeHelloHoldLittle) {
  constexpr std::size_t growth_max = 32u << 20;
  start();
  const std::size_t before = server_->process().resident_bytes();
  std::vector<std::byte> unfinished(512 * 1024);
  const net::FrameHeader header{.payload_bytes = 1 << 20};
  std::memcpy(unfinished.data(), &header, sizeof header);
  std::vector<RawConnection> strangers;
  for (int i = 0; i < 200; ++i) {
    strangers.emplace_back(server_->port());
    strangers.back().send_some(unfinished);
  }
  EXPECT_TRUE(bystander_->carries_on());
  if (memory_is_the_servers) {
    EXPECT_LT(server_->process().resident_bytes(), before + growth_max);
  }
}

TEST_F(HostileConnections, ThatAreIdleStayConnectedByTheThousand) {
  constexpr std::size_t idle_count = 2'000;
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  if (files.rlim_max < idle_count + 200) {
    GTEST_SKIP() << "this machine allows a process " << files.rlim_max << " open files";
  }
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  start({.open_files_soft = 1'024});  // as shells and services have it by default
  std::vector<RawConnection> idle;
  for (std::size_t i = 0; i < idle_count; ++i) {
    idle.emplace_back(server_->port());
    ASSERT_TRUE(idle.back().greet()) << "connection " << i;
  }
  EXPECT_TRUE(bystander_->carries_on());
  net::RequestEncoder encoder;
  for (RawConnection& connection : idle) {
    ASSERT_TRUE(connection.send(encoder.ping(2)));
    const std::optional<Heard> pong = connection.hear();
    ASSERT_TRUE(pong);
    EXPECT_TRUE(std::holds_alternative<net::Pong>(pong->response.answer));
  }
}

TEST_F(HostileConnections, BeyondTheBoundAreToldSoAndClosed) {
  start({}, "connections_max = 50");
  expect_most_turned_away();
}

// The journal opens files too, and must find room for them.
TEST_F(HostileConnections, BeyondTheSystemsLimitOnOpenFilesAreToldSoAndClosed) {
  start({.open_files_hard = 128});
  expect_most_turned_away();
}

TEST_F(HostileConnections, ThatNeverSayHelloAreEndedWithAnError) {
  start();
  std::vector<RawConnection> silent;
  for (int i = 0; i < 50; ++i) silent.emplace_back(server_->port());
  for (RawConnection& connection : silent) {
    const std::optional<Heard> heard = connection.hear();
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->response.status, Status::frame_timeout);
    EXPECT_TRUE(connection.hears_the_end());
  }
}

TEST_F(HostileConnections, ThatVanishInTheMiddleOfAnythingHarmNobody) {
  start();
  const PacketId packet = full_packet();
  net::RequestEncoder encoder;
  for (int i = 0; i < 200; ++i) {
    RawConnection connection(server_->port());
    const auto frame = encoder.command(2, Time(), ShowPacket{packet});
    if (i % 4 != 0) {
      ASSERT_TRUE(connection.greet());
    }
    if (i % 4 == 2) connection.send(frame.first(frame.size() / 2));
    if (i % 4 == 3) connection.send(frame);
  }
}

}  // namespace
}  // namespace hb::e2e
