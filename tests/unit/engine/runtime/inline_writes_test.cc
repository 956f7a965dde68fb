#include "engine/runtime/inline_writes.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr InlineWrites::Clock::time_point start{seconds(1000)};

TEST(InlineWrites, AreForSmallOnes) {
  const InlineWrites writes;
  EXPECT_TRUE(writes.may(4096, start));
  EXPECT_TRUE(writes.may(InlineWrites::bytes_max, start));
  EXPECT_FALSE(writes.may(InlineWrites::bytes_max + 4096, start));
}

TEST(InlineWrites, GoOnWhileTheDiskIsQuick) {
  InlineWrites writes;
  writes.made(start, start + InlineWrites::quick);
  EXPECT_TRUE(writes.may(4096, start + InlineWrites::quick));
}

// However slow it is, nineteen twentieths of the time are the caller's own.
TEST(InlineWrites, RestAfterASlowOneForAsLongAsItDeserves) {
  for (const auto took : {microseconds(1'001), microseconds(10'000), microseconds(3'000'000)}) {
    InlineWrites writes;
    writes.made(start, start + took);
    EXPECT_FALSE(writes.may(4096, start + took));
    EXPECT_FALSE(writes.may(4096, start + took * 20 - microseconds(1)));
    EXPECT_TRUE(writes.may(4096, start + took * 20));
  }
}

TEST(InlineWrites, ForgetASlowOneWhenItsRestIsOver) {
  InlineWrites writes;
  writes.made(start, start + microseconds(10'000));
  const auto later = start + microseconds(200'000);
  ASSERT_TRUE(writes.may(4096, later));
  writes.made(later, later + microseconds(100));
  EXPECT_TRUE(writes.may(4096, later + microseconds(100)));
}

}  // namespace
}  // namespace hb
