// The day's cap of what a user receives, where any shard may grant it: what the user's own shard
// tells the others, and when.

#include <gtest/gtest.h>

#include "tests/unit/engine/shard/shards_fixture.h"

namespace hb::test {
namespace {

constexpr std::uint32_t cap = 2;

// Bob lives on the last of three shards; there is a sender on each.
class ReceiveCapsTest : public testing::Test {
 protected:
  ReceiveCapsTest() {
    for (std::uint16_t s = 0; s < shards.count(); ++s) shards.fund(sender(s), 100'000);
  }
  void TearDown() override {
    shards.settle();
    shards.expect_nothing_in_flight();
  }
  UserId sender(std::uint16_t s) const { return shards.user_on(s, 1'000); }
  ClaimAnswer claim_fresh(std::uint16_t s) {
    const PacketId packet = shards.send(SendPacket{
        .key = shards.key(), .sender = sender(s), .total = Amount{600}, .share_count = 2});
    return shards.claim(packet, bob);
  }
  void expect_enough(const ClaimAnswer& answer) {
    EXPECT_EQ(name(answer.status), "receive_count_reached");
    EXPECT_EQ(claim_limit(answer), cap);
  }

  Shards shards{3, Policy{.daily_receive_count_cap = cap}};
  const UserId bob = shards.user_on(2, 2'000);
};

TEST_F(ReceiveCapsTest, HoldsOnEveryShardOnceTheMessagesHaveArrivedAndAfterACrash) {
  EXPECT_EQ(claim_fresh(0).status, Status::ok);
  EXPECT_EQ(claim_fresh(1).status, Status::ok);
  shards.settle();
  for (int crashes = 0; crashes < 3; ++crashes) {
    for (std::uint16_t s = 0; s < shards.count(); ++s) expect_enough(claim_fresh(s));
    shards.settle();
    const std::vector<std::uint64_t> hashes = shards.hashes();
    shards.crash(static_cast<std::uint64_t>(crashes));
    EXPECT_EQ(shards.hashes(), hashes);
  }
  shards.now = shards.now + Duration::hours(24);
  EXPECT_EQ(claim_fresh(0).status, Status::ok);
}

TEST_F(ReceiveCapsTest, NewsThatACrashCutOffIsToldAfterTheStart) {
  EXPECT_EQ(claim_fresh(2).status, Status::ok);
  EXPECT_EQ(claim_fresh(2).status, Status::ok);
  shards.crash(7);
  shards.settle();
  for (std::uint16_t s = 0; s < shards.count(); ++s) expect_enough(claim_fresh(s));
}

// Before the message arrives, a shard counts what it has granted by itself.
TEST_F(ReceiveCapsTest, ShardWithoutNewsGrantsNoMoreThanTheCap) {
  const auto claim_without_turns_of_others = [&] {
    const PacketId packet = shards.send(SendPacket{
        .key = shards.key(), .sender = sender(0), .total = Amount{600}, .share_count = 2});
    const std::uint64_t request = shards.hand_over(ClaimItem{packet, bob});
    for (int i = 0; i < 5; ++i) shards.step(0);
    return shards.take(request)->batch.claims.at(0);
  };
  for (std::uint32_t i = 0; i < cap; ++i) {
    EXPECT_EQ(claim_without_turns_of_others().status, Status::ok);
  }
  expect_enough(claim_without_turns_of_others());
}

}  // namespace
}  // namespace hb::test
