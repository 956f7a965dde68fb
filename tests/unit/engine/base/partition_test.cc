#include "engine/base/partition.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace hb {
namespace {

struct Vector {
  std::uint64_t user;
  std::uint64_t mixed;
  std::uint16_t partition;
};

// Part of the protocol: clients in other languages test against the same table.
constexpr Vector vectors[] = {
    {0, 0x0000000000000000, 0},
    {1, 0x5692161d100b05e5, 1385},
    {2, 0xdbd238973a2b148a, 3517},
    {3, 0x1e535eede31428f0, 485},
    {1000, 0xc1936642eba4ead7, 3097},
    {1001, 0x7139bb2427627383, 1811},
    {123456789, 0xf21c87d4233ffd60, 3873},
    {4294967296, 0xd820b7e910b0f93f, 3458},
    {9007199254740991, 0xe06e8ae65790e043, 3590},
    {0x8000000000000000, 0x25c26ea579cea98a, 604},
    {0xffffffffffffffff, 0xb4d055fcf2cbbd7b, 2893},
};

TEST(Partition, FollowsTheTestVectorsOfTheProtocol) {
  for (const Vector& v : vectors) {
    EXPECT_EQ(mix64(v.user), v.mixed) << v.user;
    EXPECT_EQ(partition_of(UserId(v.user)), PartitionId(v.partition)) << v.user;
  }
}

TEST(Partition, MixesAsTheFinalizerOfSplitMix64) {
  // SplitMix64 seeded with 0 adds 0x9e3779b97f4a7c15 a step; its first three outputs.
  constexpr std::uint64_t gamma = 0x9e3779b97f4a7c15;
  EXPECT_EQ(mix64(gamma), 0xe220a8397b1dcdafu);
  EXPECT_EQ(mix64(2 * gamma), 0x6e789e6aa1b965f4u);
  EXPECT_EQ(mix64(3 * gamma), 0x06c45d188009454fu);
}

TEST(Partition, SpreadsNeighbouringUsersEvenly) {
  std::array<int, limits::partitions> users{};
  constexpr int users_each = 256;
  for (std::uint64_t u = 1; u <= std::uint64_t{users_each} * limits::partitions; ++u) {
    ++users[partition_of(UserId(u)).value];
  }
  // Were they random, 256 with a standard deviation of 16; seven of them is never.
  const auto [least, most] = std::ranges::minmax(users);
  EXPECT_GT(least, users_each - 7 * 16);
  EXPECT_LT(most, users_each + 7 * 16);
}

TEST(Partition, IsCarriedByThePacketId) {
  for (const std::uint16_t partition : std::array<std::uint16_t, 4>{0, 1, 2047, 4095}) {
    for (const std::uint64_t number :
         {std::uint64_t{1}, std::uint64_t{2}, (std::uint64_t{1} << 52) - 1}) {
      const PacketId packet = packet_id(PartitionId(partition), number);
      EXPECT_EQ(partition_of(packet), PartitionId(partition));
      EXPECT_EQ(packet.value >> limits::partition_bits, number);
    }
  }
}

TEST(Partition, BelongsToShardsInEqualContiguousRanges) {
  for (std::uint16_t shards = 1; shards <= limits::shards_max; ++shards) {
    std::vector<int> owned(shards);
    std::uint16_t before = 0;
    for (std::uint16_t p = 0; p < limits::partitions; ++p) {
      const std::uint16_t shard = shard_of(PartitionId(p), shards).value;
      ASSERT_LT(shard, shards);
      ASSERT_GE(shard, before) << "ranges are contiguous";
      before = shard;
      ++owned[shard];
    }
    const auto [least, most] = std::ranges::minmax(owned);
    EXPECT_LE(most - least, 1) << shards << " shards";
  }
}

}  // namespace
}  // namespace hb
