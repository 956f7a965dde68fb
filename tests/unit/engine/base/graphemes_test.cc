#include "engine/base/graphemes.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace hb {
namespace {

using Clusters = std::vector<std::string_view>;

TEST(Graphemes, AreWhatAReaderTakesForOneCharacter) {
  EXPECT_EQ(graphemes(""), Clusters());
  EXPECT_EQ(graphemes("Al"), (Clusters{"A", "l"}));
  EXPECT_EQ(graphemes("小明"), (Clusters{"小", "明"}));
  EXPECT_EQ(graphemes("Zoe\u0301"), (Clusters{"Z", "o", "e\u0301"}));
  EXPECT_EQ(graphemes("🇯🇵🇨🇳"), (Clusters{"🇯🇵", "🇨🇳"}));
  EXPECT_EQ(graphemes("👨\u200d👩\u200d👧👍🏽"),
            (Clusters{"👨\u200d👩\u200d👧", "👍🏽"}));
  EXPECT_EQ(graphemes("\u1100\u1161\u1102\u1161"), (Clusters{"\u1100\u1161", "\u1102\u1161"}));
}

TEST(Graphemes, TakeAByteThatIsNotUtf8ForOneOfItsOwn) {
  EXPECT_EQ(graphemes("a\xff\xfe"), (Clusters{"a", "\xff", "\xfe"}));
  EXPECT_EQ(graphemes("\xe6\x81"), (Clusters{"\xe6", "\x81"}));
}

TEST(IsVisible, TellsCharactersFromSpacesAndControls) {
  for (const char* const text : {"A", "明", "❤\ufe0f", "e\u0301", "-", "\xff"}) {
    EXPECT_TRUE(is_visible(text)) << text;
  }
  for (const char* const text : {"", " ", "\u3000", "\t", "\x7f", "\u009b", "\u200b", "\u202e"}) {
    EXPECT_FALSE(is_visible(text));
  }
}

}  // namespace
}  // namespace hb
