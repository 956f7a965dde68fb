#include "tools/hongbao/load/mixed_workload.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace hb::load {
namespace {

Scene scene_of(std::uint64_t packets) {
  Scene scene(3, 4, 9, 10);
  scene.share_count = 5;
  for (std::uint64_t i = 0; i < packets; ++i) {
    scene.packets.push_back(packet_id(PartitionId(5), i + 1));
  }
  return scene;
}

TEST(MixedWorkload, KeepsItsProportionsWithAndWithoutBatches) {
  const Scene scene = scene_of(100);
  for (const std::uint32_t batch : {1U, 50U}) {
    MixedWorkload workload(scene, batch, 1, 0);
    std::map<Job::Kind, double> commands;
    double all = 0;
    Job job;
    while (all < 400'000) {
      ASSERT_TRUE(workload.next(job, 0));
      commands[job.kind] += job.count();
      all += job.count();
    }
    const double claims = commands[Job::Kind::claim] + commands[Job::Kind::claim_batch];
    EXPECT_NEAR(claims / all, 0.83, 0.01) << batch;
    EXPECT_NEAR(commands[Job::Kind::peek] / all, 0.10, 0.005) << batch;
    EXPECT_NEAR(commands[Job::Kind::send] / all, 0.05, 0.005) << batch;
    EXPECT_NEAR(commands[Job::Kind::show_packet] / all, 0.01, 0.003) << batch;
  }
}

TEST(MixedWorkload, MakesAPacketThatWasJustSentTheHottest) {
  const Scene scene = scene_of(100);
  MixedWorkload workload(scene, 50, 1, 0);
  const PacketId newest = packet_id(PartitionId(5), 7'777);
  Job send;
  send.kind = Job::Kind::send;
  net::Response response;
  response.answer = SendAnswer{newest, Time(1), {}};
  workload.answered(send, response, 0);
  std::map<PacketId, int> taps;
  Job job;
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_TRUE(workload.next(job, 0));
    for (const ClaimItem& claim : job.claims) ++taps[claim.packet];
  }
  for (const auto& [packet, count] : taps) EXPECT_LE(count, taps[newest]);
  EXPECT_EQ(taps.size(), 100U);
}

TEST(MixedWorkload, DrawsAFreshKeyForEachSend) {
  const Scene scene = scene_of(100);
  std::set<Key128> keys;
  std::size_t sends = 0;
  for (const std::uint64_t thread : {0U, 1U}) {
    MixedWorkload workload(scene, 1, 1, thread);
    Job job;
    for (int i = 0; i < 2'000; ++i) {
      ASSERT_TRUE(workload.next(job, 0));
      if (job.kind != Job::Kind::send) continue;
      ++sends;
      keys.insert(job.key);
    }
  }
  EXPECT_GT(sends, 100U);
  EXPECT_EQ(keys.size(), sends);
}

}  // namespace
}  // namespace hb::load
