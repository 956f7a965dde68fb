#include "engine/archive/keys.h"

#include <gtest/gtest.h>

namespace hb::archive {
namespace {

TEST(Key, SortsAsItsNumbersDo) {
  const std::uint64_t numbers[] = {0, 1, 255, 256, 0x7fff'ffff'ffff'ffff, 0x8000'0000'0000'0000};
  for (std::size_t i = 1; i < std::size(numbers); ++i) {
    const Key before = Key('m').add(UserId(numbers[i - 1])).add(Sequence(numbers[i]));
    const Key behind = Key('m').add(UserId(numbers[i])).add(Sequence(numbers[i - 1]));
    EXPECT_LT(before.str(), behind.str());
  }
}

TEST(Parts, AreWhatTheKeyWasMadeOf) {
  const Key key = Key('?').add(UserId(7)).add(Time(9)).add(ShardId(3)).add(std::uint8_t{255});
  Parts parts(std::string_view(key).substr(1));
  EXPECT_EQ(parts.take_id<UserId>(), UserId(7));
  EXPECT_EQ(parts.take_time(), Time(9));
  EXPECT_EQ(parts.take_id<ShardId>(), ShardId(3));
  EXPECT_FALSE(parts.whole());
  EXPECT_EQ(parts.take<std::uint8_t>(), 255);
  EXPECT_TRUE(parts.whole());
}

TEST(Parts, AreNotWholeWhenBytesAreMissing) {
  Parts parts("123");
  EXPECT_EQ(parts.take<std::uint64_t>(), 0u);
  EXPECT_FALSE(parts.whole());
}

}  // namespace
}  // namespace hb::archive
