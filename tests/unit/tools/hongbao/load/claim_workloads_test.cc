#include "tools/hongbao/load/claim_workloads.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace hb::load {
namespace {

Scene scene_of(std::uint64_t packets, std::uint32_t shares) {
  Scene scene(3, 4, 9, 10);
  scene.share_count = shares;
  for (std::uint64_t i = 0; i < packets; ++i) {
    scene.packets.push_back(packet_id(PartitionId(5), i + 1));
  }
  return scene;
}

std::vector<ClaimItem> all_claims(Workload& workload) {
  std::vector<ClaimItem> all;
  for (Job job; workload.next(job, 0);) all.insert(all.end(), job.claims.begin(), job.claims.end());
  return all;
}

TEST(SpreadClaims, GivesEveryShareToAnotherUserOnce) {
  const Scene scene = scene_of(30, 20);
  ClaimCounter counter;
  SpreadClaims workload(scene, counter, 7);
  std::map<PacketId, std::set<UserId>> users;
  for (const ClaimItem& claim : all_claims(workload)) {
    EXPECT_TRUE(users[claim.packet].insert(claim.user).second);
  }
  EXPECT_EQ(users.size(), 30U);
  for (const auto& [packet, of_packet] : users) EXPECT_EQ(of_packet.size(), 20U);
  EXPECT_TRUE(workload.done());
}

TEST(SpreadClaims, GivesThreadsThatShareACounterDifferentClaims) {
  const Scene scene = scene_of(10, 10);
  ClaimCounter counter;
  SpreadClaims a(scene, counter, 5);
  SpreadClaims b(scene, counter, 5);
  std::set<std::pair<PacketId, UserId>> seen;
  Job job;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE((i % 2 == 0 ? a : b).next(job, 0));
    for (const ClaimItem& claim : job.claims) {
      EXPECT_TRUE(seen.insert({claim.packet, claim.user}).second);
    }
  }
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_FALSE(a.next(job, 0));
}

TEST(SpreadClaims, MakesSingleClaimsWithoutABatch) {
  const Scene scene = scene_of(10, 10);
  ClaimCounter counter;
  SpreadClaims workload(scene, counter, 1);
  Job job;
  ASSERT_TRUE(workload.next(job, 0));
  EXPECT_EQ(job.kind, Job::Kind::claim);
  EXPECT_EQ(job.claims.size(), 1U);
}

TEST(GrabStorm, SendsTwoHundredTapsOfWhichTenAreSecondOnesToEachPacket) {
  const Scene scene = scene_of(32, 10);
  ClaimCounter counter;
  GrabStorm workload(scene, counter, 100);
  std::map<PacketId, std::map<UserId, int>> taps;
  for (const ClaimItem& claim : all_claims(workload)) ++taps[claim.packet][claim.user];
  EXPECT_EQ(taps.size(), 32U);
  for (const auto& [packet, users] : taps) {
    EXPECT_EQ(users.size(), GrabStorm::users);
    int all = 0;
    for (const auto& [user, count] : users) all += count;
    EXPECT_EQ(all, 200);
  }
}

TEST(GrabStorm, MixesThePacketsOfOneTimeInEachRequest) {
  const Scene scene = scene_of(32, 10);
  ClaimCounter counter;
  GrabStorm workload(scene, counter, 32);
  Job job;
  ASSERT_TRUE(workload.next(job, 0));
  std::set<PacketId> packets;
  for (const ClaimItem& claim : job.claims) packets.insert(claim.packet);
  EXPECT_EQ(packets.size(), GrabStorm::packets_at_once);
}

TEST(Scene, KeepsUsersAndSendersOfItsRunApartFromOthers) {
  const Scene a(1, 0, Scene::user_bits_max, 1'000);
  const Scene b(2, 0, Scene::user_bits_max, 1'000);
  EXPECT_GT(a.user(0).value, 0U);
  EXPECT_LT(a.user(a.user_count() - 1), a.sender(0));
  EXPECT_LT(a.sender(999), b.user(0));
  const Scene last((1U << 26) - 1, 0, Scene::user_bits_max, 1'000);
  EXPECT_LT(last.sender(999).value, std::uint64_t{1} << 53);
}

}  // namespace
}  // namespace hb::load
