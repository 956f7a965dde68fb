// A payment on an external rail counts once: for every sender on every shard, at once, by the tool,
// and whenever the server is killed; and what a crash cut off can be sent again.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/ledger/references.h"
#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr std::uint64_t users = 8;  // with two workers, on both shards

// The parameter is the number of workers.
class References : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    start();
    for (std::uint64_t user = 1; user <= users; ++user) {
      open_with(client(), UserId(user), Amount(10'000));
    }
  }
  void TearDown() override {
    EXPECT_EQ(server_.stop(), 0);
    const Audit found = audit(directory_ / "data");
    EXPECT_TRUE(found.balanced());
  }

  void start() {
    ASSERT_TRUE(server_.start());
    client_.emplace(server_.client_options());
  }
  void crash() {
    server_.kill();
    start();
  }
  net::BlockingClient& client() { return *client_; }

  SendPacket packet(UserId sender, const std::string& reference, Key128 key = {}) {
    return {.key = key,
            .sender = sender,
            .total = Amount(500),
            .share_count = 5,
            .recallable = true,
            .funding = FundingSource::external,
            .reference = Reference(reference)};
  }
  PacketId owed(UserId sender, const std::string& reference) {
    const PacketId id = answer_of(client().send(packet(sender, reference))).packet;
    answer_of(client().recall({.packet = id, .sender = sender}));
    return id;
  }

  TempDirectory directory_;
  ServerProcess server_{
      {.data = directory_ / "data", .flags = {"--workers", std::to_string(GetParam())}}};
  std::optional<net::BlockingClient> client_;
};

INSTANTIATE_TEST_SUITE_P(Workers, References, testing::Values(1, 2));

TEST_P(References, FundOnceForEverySenderAlsoAfterACrash) {
  const SendPacket first = packet(UserId(1), "wx-1", key_number(1));
  const SendAnswer sent = answer_of(client().send(first));
  answer_of(
      client().deposit({.user = UserId(2), .amount = Amount(5), .reference = Reference("wx-2")}));
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t user = 1; user <= users; ++user) {
      for (const char* used : {"wx-1", "wx-2"}) {
        EXPECT_EQ(status_of(client().send(packet(UserId(user), used))), Status::reference_used);
        EXPECT_EQ(status_of(client().deposit(
                      {.user = UserId(user), .amount = Amount(5), .reference = Reference(used)})),
                  Status::reference_used);
      }
    }
    const auto again = client().send(first);
    EXPECT_EQ(answer_of(again).packet, sent.packet);
    EXPECT_TRUE(again && again->replayed);
    crash();
  }
}

TEST_P(References, ConfirmOnceAlsoAfterACrash) {
  std::vector<PacketId> payouts;
  for (std::uint64_t user = 1; user <= users; ++user) {
    payouts.push_back(owed(UserId(user), "in-" + std::to_string(user)));
  }
  const auto confirm = [&](PacketId packet, const char* reference) {
    return status_of(
        client().confirm_payout({.packet = packet, .reference = Reference(reference)}));
  };
  EXPECT_EQ(confirm(payouts[0], "back"), Status::ok);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 1; i < payouts.size(); ++i) {
      EXPECT_EQ(confirm(payouts[i], "back"), Status::reference_used);
    }
    crash();
  }
  EXPECT_EQ(confirm(payouts[1], "in-1"), Status::ok) << "payments out have names of their own";
}

TEST_P(References, AreFreeAfterARefusal) {
  for (std::uint64_t user = 1; user <= users; ++user) {
    const std::string reference = "free-" + std::to_string(user);
    SendPacket small = packet(UserId(user), reference);
    small.total = Amount(1);
    EXPECT_EQ(status_of(client().send(small)), Status::total_below_shares);
    EXPECT_EQ(status_of(client().send(packet(UserId(user), reference))), Status::ok);
  }
}

// Many in flight when the server is killed, each of a reference of its own, answered or not.  Sent
// again, with the same key or another, each has funded one packet in the end.
TEST_P(References, AreUsedOnceWhenTheServerIsKilledInBetween) {
  constexpr int rounds = 4;
  constexpr int in_flight = 120;
  for (int round = 0; round < rounds; ++round) {
    std::vector<SendPacket> sends;
    for (int i = 0; i < in_flight; ++i) {
      const std::uint64_t user = 1 + static_cast<std::uint64_t>(i) % users;
      const auto key = static_cast<std::uint64_t>(1'000 * (round + 1) + i);
      sends.push_back(packet(UserId(user),
                             "kill-" + std::to_string(round) + "-" + std::to_string(i),
                             key_number(key)));
    }
    std::map<std::size_t, PacketId> answered;
    {
      boost::asio::io_context io;
      net::Client busy(io, server_.client_options());
      std::size_t ended = 0;
      for (std::size_t i = 0; i < sends.size(); ++i) {
        busy.send(sends[i], [&, i](const Result<net::Outcome<SendAnswer>>& result) {
          ++ended;
          if (!result) return;
          EXPECT_EQ(result->status, Status::ok);
          answered[i] = result->answer.packet;
          // Some rounds early, some late.
          if (answered.size() == static_cast<std::size_t>(1 + round * in_flight / rounds)) {
            server_.kill();
          }
        });
      }
      io.run();
      EXPECT_EQ(ended, sends.size());
    }
    server_.kill();
    start();
    for (std::size_t i = 0; i < sends.size(); ++i) {
      SendPacket again = sends[i];
      if (i % 2 == 0) {
        const auto outcome = client().send(again);
        const PacketId id = answer_of(outcome).packet;
        if (answered.contains(i)) {
          EXPECT_TRUE(outcome && outcome->replayed);
          EXPECT_EQ(id, answered[i]);
        }
      } else {
        again.key = {};
        const Status status = status_of(client().send(again));
        if (answered.contains(i)) {
          EXPECT_EQ(status, Status::reference_used);
        } else if (status != Status::ok) {
          // It was carried out and not answered, or what was booked for it is not released yet.
          EXPECT_EQ(status, Status::reference_used);
          answer_of(client().send(sends[i]));
        }
      }
      again.key = {};
      EXPECT_EQ(status_of(client().send(again)), Status::reference_used);
    }
  }
  EXPECT_EQ(server_.stop(), 0);
  const Audit found = audit(directory_ / "data");
  EXPECT_TRUE(found.balanced());
  EXPECT_EQ(found.total_fen("external"), rounds * in_flight * 500);
  start();
}

TEST_P(References, AreGivenToTheToolsDeposit) {
  const std::string server = "127.0.0.1:" + std::to_string(server_.port());
  const auto deposit = [&](const char* user) {
    return run({HB_HONGBAO, "--server", server, "wallet", "deposit", user, "1.00", "--reference",
                "pay-1234"});
  };
  EXPECT_EQ(deposit("3").status, 0);
  const Finished again = deposit("4");
  EXPECT_EQ(again.status, 1);
  EXPECT_NE(again.errors.find("reference"), std::string::npos) << again.errors;
  EXPECT_NE(run({HB_HONGBAO, "--server", server, "feed", "--shard", "0"}).output.size(), 0u);
}

}  // namespace
}  // namespace hb::e2e
