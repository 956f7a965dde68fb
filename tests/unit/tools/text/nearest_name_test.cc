#include "tools/text/nearest_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hb {
namespace {

const std::vector<std::string_view> known = {"wallet",    "transfer",   "share_min",
                                             "share_max", "window_max", "to"};

TEST(NearestName, IsTheOneThatTheFewestEditsLeadTo) {
  EXPECT_EQ(nearest_name("walet", known), "wallet");
  EXPECT_EQ(nearest_name("wallets", known), "wallet");
  EXPECT_EQ(nearest_name("trasnfer", known), "transfer");
  EXPECT_EQ(nearest_name("share-max", known), "share_max");
  EXPECT_EQ(nearest_name("share_maximum", known), "share_max");
  EXPECT_EQ(nearest_name("share_max", known), "share_max");
}

TEST(NearestName, CountsASwapOfNeighboursAsOneEdit) {
  EXPECT_EQ(nearest_name("wlalte", known), "wallet");  // two swaps of six characters
}

TEST(NearestName, IsTheFirstOfThoseThatAreEquallyNear) {
  EXPECT_EQ(nearest_name("share_mox", known), "share_max");
  EXPECT_EQ(nearest_name("share_mxx", known), "share_max");
  EXPECT_EQ(nearest_name("share_m", known), "share_min");
}

TEST(NearestName, IsNothingWhenNoneIsNear) {
  EXPECT_EQ(nearest_name("", known), "");
  EXPECT_EQ(nearest_name("x", known), "");
  EXPECT_EQ(nearest_name("of", known), "");
  EXPECT_EQ(nearest_name("deposit", known), "");
  EXPECT_EQ(nearest_name("wallet", {}), "");
  EXPECT_EQ(nearest_name(std::string(1'000'000, 'x'), known), "");
}

TEST(DidYouMean, IsTheEndOfASentenceOrNothing) {
  EXPECT_EQ(did_you_mean("walet", known), "; did you mean 'wallet'?");
  EXPECT_EQ(did_you_mean("deposit", known), "");
}

}  // namespace
}  // namespace hb
