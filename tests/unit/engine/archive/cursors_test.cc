#include "engine/archive/cursors.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/archive/keys.h"

namespace hb::archive {
namespace {

const Key list = Key('s').add(UserId(7));
const std::string place("\0\xff place", 8);

TEST(Cursors, GiveBackThePlace) {
  EXPECT_EQ(place_in(list, place.size(), cursor_of(list, place)), place);
}

TEST(Cursors, HoldTheLongestPlace) {
  const std::string longest(cursor_place_bytes_max, '\x80');
  EXPECT_EQ(place_in(list, longest.size(), cursor_of(list, longest)), longest);
}

TEST(Cursors, ArePrintable) {
  const Cursor cursor = cursor_of(list, place);
  for (const char c : cursor.view()) EXPECT_TRUE(c > ' ' && c <= '~');
}

TEST(Cursors, OfAnotherListAreToldApart) {
  const Cursor cursor = cursor_of(list, place);
  EXPECT_FALSE(place_in(Key('s').add(UserId(8)), place.size(), cursor));
  EXPECT_FALSE(place_in(Key('r').add(UserId(7)), place.size(), cursor));
  EXPECT_FALSE(place_in(list, place.size() + 1, cursor));
}

TEST(Cursors, WithAnyByteChangedAreNone) {
  const std::string good(cursor_of(list, place).view());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char other : {'0', 'f', 'F', 'x', '-', '\0'}) {
      std::string changed = good;
      changed[i] = other;
      if (changed == good) continue;
      EXPECT_FALSE(place_in(list, place.size(), Cursor(changed))) << changed;
    }
  }
}

TEST(Cursors, ThatAreNonsenseAreNone) {
  for (const char* nonsense : {"", "s", "hello", "s00", "s0g0g0g0g0g0g0g0g0g0g0g0g"}) {
    EXPECT_FALSE(place_in(list, place.size(), Cursor(nonsense))) << nonsense;
  }
}

}  // namespace
}  // namespace hb::archive
