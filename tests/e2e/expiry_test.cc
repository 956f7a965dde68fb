// Packets that expire: the refund comes by itself, once, whatever happens to the server meanwhile.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr UserId sender{1};
constexpr Amount fortune{100'000};
constexpr Amount total{1'000};

Time wall_clock() {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return Time(duration_cast<microseconds>(since_epoch).count());
}

class Expiry : public testing::Test {
 protected:
  void SetUp() override {
    restart();
    open_with(client(), sender, fortune);
  }

  net::BlockingClient& client() { return *client_; }
  void restart() {
    ASSERT_TRUE(server_.start());
    client_.emplace(server_.client_options());
  }

  SendAnswer send(Duration expires_in, std::uint32_t shares = 10) {
    SendPacket command{.sender = sender, .total = total, .share_count = shares};
    command.expires_in = expires_in;
    return answer_of(client().send(command));
  }

  // What the user won; nothing when the packet expired before.
  Amount claim(PacketId packet, UserId user) {
    const auto claimed = client().claim(packet, user);
    if (status_of(claimed) == Status::expired) return {};
    return Amount(answer_of(claimed).amount_fen);
  }

  testing::AssertionResult comes_to(Amount balance) {
    if (eventually([&] { return balance_of(client(), sender) == balance; })) {
      return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << "the sender has " << balance_of(client(), sender).fen();
  }

  void expect_refunded(PacketId packet, Amount claimed) {
    const PacketSummary shown = answer_of(client().show(packet)).packet;
    EXPECT_EQ(shown.state, PacketState::refunded);
    EXPECT_EQ(shown.remaining, Amount());
    EXPECT_EQ(shown.refunded, total - claimed);
  }

  void expect_books(std::int64_t refunded_fen) {
    const Audit files = audit(directory_ / "data");
    EXPECT_TRUE(files.balanced());
    EXPECT_EQ(files.total_fen("refunded"), refunded_fen);
    EXPECT_EQ(files.total_fen("packets"), 0);
  }

  TempDirectory directory_;
  ServerProcess server_{{.data = directory_ / "data", .policy = "expiry_min = \"100ms\"\n"}};
  std::optional<net::BlockingClient> client_;
};

TEST_F(Expiry, RefundsWhatNobodyTookByItself) {
  const PacketId packet = send(Duration::ms(500)).packet;
  const Amount claimed = claim(packet, UserId(2));
  EXPECT_TRUE(comes_to(fortune - claimed));
  expect_refunded(packet, claimed);
  expect_books((total - claimed).fen());
}

TEST_F(Expiry, RefusesEveryClaimFromTheInstantOn) {
  const SendAnswer sent = send(Duration::ms(300), 500);
  Amount claimed;
  std::uint64_t user = 2;
  for (; user < 500; ++user) {
    const auto claim = client().claim(sent.packet, UserId(user));
    if (status_of(claim) == Status::expired) break;
    EXPECT_LT(answer_of(claim).claimed_at, sent.expires_at);
    claimed += Amount(claim->answer.amount_fen);
    // Few claims, so that shares are left when the instant comes.
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  EXPECT_EQ(status_of(client().claim(sent.packet, UserId(user + 1))), Status::expired);
  EXPECT_FALSE(answer_of(client().peek(sent.packet, UserId(user + 1))).claimable);
  EXPECT_TRUE(comes_to(fortune - claimed));
  expect_refunded(sent.packet, claimed);
  if (user > 2) {
    EXPECT_EQ(status_of(client().claim(sent.packet, UserId(2))), Status::already_claimed);
  }
}

TEST_F(Expiry, RefundsEveryPacketOfAStorm) {
  for (int i = 0; i < 90; ++i) send(Duration::ms(400));
  EXPECT_TRUE(comes_to(fortune));
  expect_books(90 * total.fen());
}

TEST_F(Expiry, RefundsAfterACrashBetweenSendAndInstant) {
  const SendAnswer sent = send(Duration::ms(1'500));
  const Amount claimed = claim(sent.packet, UserId(2));
  server_.kill();
  restart();
  EXPECT_EQ(answer_of(client().show(sent.packet)).packet.expires_at, sent.expires_at);
  EXPECT_TRUE(comes_to(fortune - claimed));
  expect_refunded(sent.packet, claimed);
  expect_books((total - claimed).fen());
}

TEST_F(Expiry, RefundsOnceWhenTheInstantPassesWhileTheServerIsDown) {
  const SendAnswer sent = send(Duration::ms(500));
  const Amount claimed = claim(sent.packet, UserId(2));
  server_.kill();
  ASSERT_TRUE(eventually([&] { return wall_clock() > sent.expires_at; }));
  restart();
  EXPECT_EQ(status_of(client().claim(sent.packet, UserId(3))), Status::expired);
  EXPECT_TRUE(comes_to(fortune - claimed));
  for (int i = 0; i < 2; ++i) {
    server_.kill();
    restart();
    EXPECT_EQ(balance_of(client(), sender), fortune - claimed);
    expect_refunded(sent.packet, claimed);
  }
  EXPECT_EQ(server_.stop(), 0);
  expect_books((total - claimed).fen());
}

TEST_F(Expiry, KeepsAPacketThatWasSoldOutBeforeAsItIs) {
  const SendAnswer sent = send(Duration::seconds(2), 1);
  const Amount claimed = claim(sent.packet, UserId(2));
  ASSERT_TRUE(eventually([&] { return wall_clock() > sent.expires_at; }));
  EXPECT_TRUE(comes_to(fortune - claimed));
  const Status told = status_of(client().claim(sent.packet, UserId(3)));
  EXPECT_EQ(told, claimed == total ? Status::sold_out : Status::expired);
  expect_books((total - claimed).fen());
}

}  // namespace
}  // namespace hb::e2e
