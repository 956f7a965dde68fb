// A system that gives too little: descriptors, memory.  The server works, or it ends with 3 and says
// why; it never aborts, and nothing acknowledged is lost.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr int exhausted = 3;

class Exhaustion : public testing::Test {
 protected:
  // Opens wallets until the server is gone, or so many times.
  void use(ServerProcess& server, std::uint64_t users_max) {
    net::BlockingClient client(server.client_options());
    for (std::uint64_t user = 1; user <= users_max; ++user) {
      const auto opened = client.open_wallet({.user = UserId(user)});
      if (!opened || !succeeded(opened->status)) return;
      const auto paid = client.deposit({.user = UserId(user), .amount = Amount(1)});
      if (!paid || !succeeded(paid->status)) return;
      acknowledged_[UserId(user)] = Amount(1);
    }
  }

  // Exit status 3 and a reason, never an abort.
  void expect_says_why(ServerProcess& server) {
    EXPECT_EQ(server.process().wait(), exhausted) << server.log();
    const std::string log = server.log();
    EXPECT_TRUE(log.find("[error]") != log.npos || log.find("[critical]") != log.npos) << log;
  }
  void expect_works_or_says_why(const ProcessLimits& limits, std::uint64_t users_max) {
    ServerProcess server({.data = data_, .limits = limits});
    if (server.start()) {
      use(server, users_max);
      if (server.process().running() && server.stop() == 0) return;
    }
    expect_says_why(server);
  }
  void expect_nothing_lost() {
    ServerProcess healthy({.data = data_});
    ASSERT_TRUE(healthy.start());
    EXPECT_EQ(healthy.stop(), 0);
    const Audit files = audit(data_);
    EXPECT_TRUE(files.balanced());
    for (const auto& [user, amount] : acknowledged_) EXPECT_GE(files.balances.at(user), amount);
  }

  TempDirectory directory_;
  std::string data_ = directory_ / "data";
  std::map<UserId, Amount> acknowledged_;
};

TEST_F(Exhaustion, OfDescriptorsKeepsTheServerFromStartingAndNamesTheLimit) {
  for (const unsigned files : {10u, 16u, 24u, 40u, 64u}) {
    SCOPED_TRACE(testing::Message() << files << " files");
    ServerProcess server({.data = data_, .limits = {.open_files_hard = files}});
    server.launch();
    expect_says_why(server);
    EXPECT_NE(server.log().find("ulimit"), std::string::npos) << server.log();
    EXPECT_EQ(server.process().output(), "") << "it was not ready";
  }
}

TEST_F(Exhaustion, OfDescriptorsDoesNotHappenWhereTheyAreAsManyAsItAsksFor) {
  ServerProcess server({.data = data_, .limits = {.open_files_hard = 100}});
  ASSERT_TRUE(server.start());
  use(server, 100);
  EXPECT_EQ(acknowledged_.size(), 100u);
  EXPECT_EQ(server.stop(), 0);
}

TEST_F(Exhaustion, OfAddressSpaceDoesNotHappenForWantOfArenas) {
  ServerProcess server({.data = data_, .limits = {.address_bytes = std::uint64_t{600} << 20}});
  ASSERT_TRUE(server.start());
  use(server, 100);
  EXPECT_EQ(acknowledged_.size(), 100u);
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST_F(Exhaustion, OfMemoryEndsTheServerWithAReasonAtAnyMoment) {
  constexpr std::uint64_t mib = 1 << 20;
  for (const std::uint64_t limit : {60, 100, 200, 300, 400, 500, 600, 700, 800, 1'200}) {
    SCOPED_TRACE(testing::Message() << limit << " MiB");
    expect_works_or_says_why({.address_bytes = limit * mib}, 2'000);
  }
  expect_nothing_lost();
}

}  // namespace
}  // namespace hb::e2e
