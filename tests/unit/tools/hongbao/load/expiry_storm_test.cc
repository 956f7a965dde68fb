#include "tools/hongbao/load/expiry_storm.h"

#include <gtest/gtest.h>

namespace hb::load {
namespace {

constexpr std::int64_t second = 1'000'000'000;

struct World {
  Scene scene{1, 2, 9, 10};
  ClaimCounter counter;
  Storm storm{.first_sender = 8,
              .sender_count = 2,
              .packets = 100,
              .first_expiry_ns = 10 * second,
              .last_expiry_ns = 11 * second};
  std::optional<ExpiryStorm> workload;

  World() {
    scene.share_count = 100;
    scene.deposited = Amount(5'000);
    for (std::uint64_t i = 0; i < 100; ++i) scene.packets.push_back(PacketId(4096 + i));
    workload.emplace(scene, counter, 1, storm);
  }
  Job next(std::int64_t now) {
    Job job;
    EXPECT_TRUE(workload->next(job, now));
    return job;
  }
  void answer(const Job& job, std::int64_t balance, std::int64_t now) {
    net::Response response;
    response.answer = WalletAnswer{job.user, Amount(balance), Time(), {}};
    workload->answered(job, response, now);
  }
};

TEST(ExpiryStorm, OnlyClaimsUntilTheLastPacketHasExpired) {
  World w;
  EXPECT_EQ(w.next(11 * second - 1).kind, Job::Kind::claim);
  const Job look = w.next(11 * second);
  EXPECT_EQ(look.kind, Job::Kind::show_wallet);
  EXPECT_FALSE(look.counted);
  EXPECT_EQ(look.user, w.scene.sender(8));
}

TEST(ExpiryStorm, LooksAtOneWalletAtATimeNowAndThen) {
  World w;
  const Job look = w.next(11 * second);
  EXPECT_TRUE(w.next(12 * second).counted);
  w.answer(look, 4'999, 12 * second);
  EXPECT_TRUE(w.next(12 * second).counted);
  EXPECT_FALSE(w.next(13 * second).counted);
}

TEST(ExpiryStorm, IsDrainedWhenEverySenderHasItsDepositBack) {
  World w;
  w.answer(w.next(11 * second), 5'000, 12 * second);
  EXPECT_FALSE(w.storm.drained_ns);
  const Job last = w.next(12 * second);
  EXPECT_EQ(last.user, w.scene.sender(9));
  w.answer(last, 5'000, 13 * second);
  EXPECT_EQ(w.storm.drained_ns, 13 * second);
  EXPECT_TRUE(w.next(20 * second).counted);
}

TEST(ExpiryStorm, LooksAgainWhenALookWasLost) {
  World w;
  w.workload->lost(w.next(11 * second));
  EXPECT_FALSE(w.next(11 * second).counted);
}

}  // namespace
}  // namespace hb::load
