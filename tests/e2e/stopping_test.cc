// SIGTERM under load: what was acknowledged is there, and the server ends with 0.
#include <gtest/gtest.h>
#include <signal.h>

#include <map>
#include <string>
#include <vector>

#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/crowd.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr std::uint64_t users = 100;
constexpr std::size_t connections = 8;
constexpr std::size_t window = 64;

class Stopping : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.start());
    net::BlockingClient client(server_.client_options());
    for (std::uint64_t user = 1; user <= users; ++user) {
      answer_of(client.open_wallet({.user = UserId(user)}));
    }
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      const UserId user{1 + i % users};
      work_.push_back({Deposit{.key = key_number(i + 1), .user = user, .amount = Amount(1)}});
    }
  }

  // Asks until the server is gone; after so many answers it is told to stop.
  void ask_and_stop(std::size_t answers, int signal) {
    Crowd crowd(server_.client_options(), connections, window);
    std::size_t told = 0;
    crowd.ask(untold(work_), [&] {
      if (++told == answers) server_.process().signal(signal);
    });
    EXPECT_EQ(server_.process().wait(), 0) << server_.log();
    for (Operation& operation : work_) {
      if (!operation.told || operation.told->status == Status::ok) continue;
      EXPECT_EQ(operation.told->status, Status::shutting_down);
      operation.told.reset();
    }
  }

  std::map<UserId, Amount> acknowledged() const {
    std::map<UserId, Amount> sums;
    for (const Operation& operation : work_) {
      const Deposit& deposit = std::get<Deposit>(operation.command);
      if (operation.told) sums[deposit.user] += deposit.amount;
    }
    return sums;
  }

  TempDirectory directory_;
  ServerProcess server_{{.data = directory_ / "data"}};
  std::vector<Operation> work_;
};

TEST_F(Stopping, UnderLoadLosesNothingThatWasAcknowledged) {
  for (const std::size_t answers : {1u, 500u, 2'000u}) {
    SCOPED_TRACE(testing::Message() << "after " << answers << " answers");
    ask_and_stop(answers, SIGTERM);
    const Audit files = audit(directory_ / "data");
    EXPECT_TRUE(files.balanced());
    for (const auto& [user, sum] : acknowledged()) EXPECT_GE(files.balances.at(user), sum);
    ASSERT_TRUE(server_.start());
  }
  Crowd(server_.client_options(), connections, window).ask(untold(work_));
  EXPECT_TRUE(untold(work_).empty());
  EXPECT_EQ(server_.stop(), 0);
  EXPECT_EQ(audit(directory_ / "data").balances, acknowledged());
}

TEST_F(Stopping, IsTheSameOnSigint) {
  ask_and_stop(100, SIGINT);
}

TEST_F(Stopping, NeedsASignalThatMeansIt) {
  net::BlockingClient client(server_.client_options());
  for (const int number : {SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGIO, SIGRTMIN, SIGHUP}) {
    server_.process().signal(number);
    EXPECT_EQ(status_of(client.ping()), Status::ok) << "after signal " << number;
  }
  EXPECT_TRUE(eventually([&] {
    return server_.log().find("SIGHUP: settings") != std::string::npos;
  })) << server_.log();
  EXPECT_EQ(server_.stop(), 0);
}

TEST_F(Stopping, WaitsForNobodyWhoIsIdle) {
  std::vector<std::unique_ptr<net::BlockingClient>> idle;
  for (int i = 0; i < 20; ++i) {
    idle.push_back(std::make_unique<net::BlockingClient>(server_.client_options()));
    answer_of(idle.back()->ping());
  }
  EXPECT_EQ(server_.stop(), 0);
  const auto after = idle.front()->ping();
  EXPECT_FALSE(after) << name(after->status);
}

}  // namespace
}  // namespace hb::e2e
