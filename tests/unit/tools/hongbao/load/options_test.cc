#include "tools/hongbao/load/options.h"

#include <gtest/gtest.h>

namespace hb::load {
namespace {

TEST(Settle, FillsInWhatIsLeftToTheWorkload) {
  LoadOptions options;
  EXPECT_EQ(settle(options)->window, 1U);
  EXPECT_EQ(settle(options)->share_count, 100U);
  options.batch = 1'000;
  EXPECT_EQ(settle(options)->window, 4'000U);
  options.rate = 5;
  EXPECT_EQ(settle(options)->window, 65'536U);
  options = {};
  options.workload = WorkloadKind::grab_storm;
  EXPECT_EQ(settle(options)->share_count, 10U);
  options.workload = WorkloadKind::send;
  EXPECT_EQ(settle(options)->senders, 100'000U);
}

TEST(Settle, RoundsUsersUpToAPowerOfTwoThatFillsAPacket) {
  LoadOptions options;
  options.users = 1;
  EXPECT_EQ(settle(options)->users, 512U);
  options.users = 1'025;
  EXPECT_EQ(settle(options)->users, 2'048U);
}

TEST(Settle, RefusesWhatDoesNotFitTogether) {
  LoadOptions options;
  options.batch = 100;
  options.window = 50;
  EXPECT_EQ(settle(options).error().message, "--window 50 does not hold a batch of 100");
  options = {};
  options.connections = 2;
  options.threads = 3;
  EXPECT_EQ(settle(options).error().message, "--threads must not be more than --connections");
  options = {};
  options.duration = {};
  EXPECT_EQ(settle(options).error().message, "--duration must be more than nothing");
  options = {};
  options.warm_up = Duration::us(1'500'000);
  EXPECT_EQ(settle(options).error().message, "--warm-up is whole seconds");
  options = {};
  options.share_count = 501;
  EXPECT_EQ(settle(options).error().message, "--shares is 500 at most");
  options = {};
  options.workload = WorkloadKind::grab_storm;
  options.share_count = 20;
  EXPECT_EQ(settle(options).error().code, ErrorCode::invalid);
}

TEST(WorkloadKind, HasANameThatParsesBack) {
  for (const auto kind : {WorkloadKind::claim, WorkloadKind::grab_storm, WorkloadKind::send,
                          WorkloadKind::mixed, WorkloadKind::expiry_storm}) {
    EXPECT_EQ(parse_workload(name(kind)), kind);
  }
  EXPECT_FALSE(parse_workload("claims"));
}

}  // namespace
}  // namespace hb::load
