#include "engine/base/ids.h"

#include <gtest/gtest.h>

#include <type_traits>
#include <unordered_set>

namespace hb {
namespace {

TEST(StrongId, IsItsNumberAndNothingElse) {
  static_assert(sizeof(UserId) == sizeof(std::uint64_t));
  static_assert(sizeof(PartitionId) == sizeof(std::uint16_t));
  static_assert(std::is_trivially_copyable_v<PacketId>);
  EXPECT_EQ(UserId(7).value, 7u);
  EXPECT_EQ(UserId().value, 0u);
}

TEST(StrongId, ConvertsOnlyWhereTheCodeSaysSo) {
  static_assert(!std::is_convertible_v<std::uint64_t, UserId>);
  static_assert(!std::is_convertible_v<UserId, std::uint64_t>);
  static_assert(!std::is_constructible_v<PacketId, UserId>);
  static_assert(!std::is_assignable_v<PacketId&, UserId>);
  static_assert(!std::is_convertible_v<ShardId, PartitionId>);
}

TEST(StrongId, OrdersAsItsNumber) {
  EXPECT_LT(Sequence(1), Sequence(2));
  EXPECT_EQ(Sequence(2), Sequence(2));
  EXPECT_GT(Sequence(~std::uint64_t{0}), Sequence(0));
}

TEST(StrongId, KeysAHashSet) {
  const std::unordered_set<UserId> users = {UserId(1), UserId(2), UserId(1)};
  EXPECT_EQ(users.size(), 2u);
  EXPECT_TRUE(users.contains(UserId(2)));
}

TEST(Key128, IsEmptyOnlyWhenBothHalvesAreZero) {
  EXPECT_TRUE(Key128().empty());
  EXPECT_FALSE((Key128{1, 0}).empty());
  EXPECT_FALSE((Key128{0, 1}).empty());
}

}  // namespace
}  // namespace hb
