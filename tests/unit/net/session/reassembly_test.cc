#include "net/session/reassembly.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "engine/base/partition.h"

namespace hb::net {
namespace {

constexpr std::uint16_t shard_count = 4;

// A packet on the given shard of four.
PacketId packet_on(std::uint16_t shard, std::uint64_t number) {
  return packet_id(PartitionId(static_cast<std::uint16_t>(shard * 1024)), number);
}

// Answers a part so that each claim's share_index is its user's number.
Reply answer_part(const JointAnswers::Part& part, ReplyBatch& batch) {
  Reply reply;
  reply.answer = ClaimBatchAnswer{static_cast<std::uint32_t>(batch.claims.size()),
                                  static_cast<std::uint32_t>(part.claims.size())};
  for (const ClaimItem& claim : part.claims) {
    batch.claims.push_back({Status::ok, static_cast<std::uint16_t>(claim.user.value), 0, Time()});
  }
  return reply;
}

std::vector<ClaimItem> scattered(std::size_t count) {
  std::vector<ClaimItem> claims;
  for (std::size_t i = 0; i < count; ++i) {
    claims.push_back({packet_on(static_cast<std::uint16_t>(i * 7 % 4), i + 1), UserId(i)});
  }
  return claims;
}

TEST(JointAnswers, PartsHoldEachShardsClaimsInOrder) {
  JointAnswers joints;
  const auto claims = scattered(40);
  const std::uint32_t joint = joints.open(claims, shard_count);
  ASSERT_EQ(joints.part_count(joint), 4);
  for (std::uint32_t i = 0; i < 4; ++i) {
    const auto part = joints.part(joint, i);
    EXPECT_EQ(part.claims.size(), 10);
    for (const ClaimItem& claim : part.claims) {
      EXPECT_EQ(shard_of(partition_of(claim.packet), shard_count), part.shard);
    }
    EXPECT_TRUE(
        std::is_sorted(part.claims.begin(), part.claims.end(),
                       [](const ClaimItem& a, const ClaimItem& b) { return a.user < b.user; }));
  }
}

TEST(JointAnswers, JoinInTheClientsOrderWhateverPartComesFirst) {
  const auto claims = scattered(41);
  std::vector<std::uint32_t> order = {0, 1, 2, 3};
  do {
    JointAnswers joints;
    const std::uint32_t joint = joints.open(claims, shard_count);
    for (std::size_t i = 0; i < order.size(); ++i) {
      ReplyBatch batch;
      const Reply reply = answer_part(joints.part(joint, order[i]), batch);
      EXPECT_EQ(joints.add(joint, order[i], reply, batch), i == 3);
    }
    const auto joined = joints.result(joint);
    EXPECT_FALSE(joined.refused);
    ASSERT_EQ(joined.answers.size(), claims.size());
    for (std::size_t i = 0; i < claims.size(); ++i) EXPECT_EQ(joined.answers[i].share_index, i);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(JointAnswers, ARefusedPartIsTheOutcomeOfItsClaims) {
  JointAnswers joints;
  const std::vector<ClaimItem> claims = {{packet_on(0, 1), UserId(1)},
                                         {packet_on(1, 1), UserId(2)}};
  const std::uint32_t joint = joints.open(claims, shard_count);
  Reply refused;
  refused.status = Status::overloaded;
  refused.limit = 700;
  EXPECT_FALSE(joints.add(joint, 0, refused, {}));
  ReplyBatch batch;
  const Reply reply = answer_part(joints.part(joint, 1), batch);
  EXPECT_TRUE(joints.add(joint, 1, reply, batch));
  const auto joined = joints.result(joint);
  EXPECT_FALSE(joined.refused);
  EXPECT_EQ(joined.answers[0].status, Status::overloaded);
  EXPECT_EQ(joined.answers[1].status, Status::ok);
  EXPECT_EQ(joined.retry_after, Duration::us(700));
}

TEST(JointAnswers, ABatchIsRefusedWhenAllItsPartsAre) {
  JointAnswers joints;
  const std::vector<ClaimItem> claims = {{packet_on(0, 1), UserId(1)},
                                         {packet_on(1, 1), UserId(2)}};
  const std::uint32_t joint = joints.open(claims, shard_count);
  Reply refused;
  refused.status = Status::read_only;
  joints.add(joint, 1, refused, {});
  joints.add(joint, 0, refused, {});
  EXPECT_TRUE(joints.result(joint).refused);
  EXPECT_EQ(joints.result(joint).refusal.status, Status::read_only);
}

TEST(JointAnswers, AClosedJointIsUsedAgainWithoutItsPast) {
  JointAnswers joints;
  const std::uint32_t first = joints.open(scattered(8), shard_count);
  Reply refused;
  refused.status = Status::overloaded;
  refused.limit = 9;
  for (std::uint32_t i = 0; i < 4; ++i) joints.add(first, i, refused, {});
  joints.close(first);
  const std::vector<ClaimItem> claims = {{packet_on(2, 1), UserId(5)},
                                         {packet_on(3, 1), UserId(6)}};
  const std::uint32_t second = joints.open(claims, shard_count);
  EXPECT_EQ(second, first);
  for (std::uint32_t i = 0; i < 2; ++i) {
    ReplyBatch batch;
    const Reply reply = answer_part(joints.part(second, i), batch);
    joints.add(second, i, reply, batch);
  }
  const auto joined = joints.result(second);
  EXPECT_FALSE(joined.refused);
  EXPECT_EQ(joined.retry_after, Duration());
  EXPECT_EQ(joined.answers[0].share_index, 5);
  EXPECT_EQ(joined.answers[1].share_index, 6);
}

}  // namespace
}  // namespace hb::net
