#include "engine/runtime/space_watch.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

using News = SpaceWatch::News;

TEST(SpaceWatch, HasNothingToSayWhileThereIsSpace) {
  SpaceWatch watch;
  EXPECT_EQ(watch.look(false, false), News::none);
  EXPECT_EQ(watch.look(false, false), News::none);
}

TEST(SpaceWatch, ReportsEachTransitionOnce) {
  SpaceWatch watch;
  EXPECT_EQ(watch.look(true, false), News::lacking);
  EXPECT_EQ(watch.look(true, false), News::none);
  EXPECT_EQ(watch.look(true, true), News::read_only);
  EXPECT_EQ(watch.look(true, true), News::none);
  EXPECT_EQ(watch.look(false, false), News::ended);
  EXPECT_EQ(watch.look(false, false), News::none);
}

TEST(SpaceWatch, ReportsNoEndWhileOnlyALastChangeFits) {
  SpaceWatch watch;
  EXPECT_EQ(watch.look(true, true), News::read_only);
  EXPECT_EQ(watch.look(true, false), News::none);
  EXPECT_EQ(watch.look(true, true), News::none);
  EXPECT_EQ(watch.look(false, false), News::ended);
}

TEST(SpaceWatch, ReportsTheNextFullDiskAnew) {
  SpaceWatch watch;
  watch.look(true, true);
  watch.look(false, false);
  EXPECT_EQ(watch.look(true, true), News::read_only);
}

}  // namespace
}  // namespace hb
