#include "tools/hongbao/load/link.h"

#include <gtest/gtest.h>

namespace hb::load {
namespace {

TEST(Link, FindsAJobByItsIdUntilItIsClosed) {
  Link link;
  const std::uint64_t first = link.id_of(link.open_flight());
  const std::uint64_t second = link.id_of(link.open_flight());
  EXPECT_NE(first, second);
  ASSERT_NE(link.find(second), nullptr);
  link.close_flight(*link.find(second));
  EXPECT_EQ(link.find(second), nullptr);
  EXPECT_NE(link.find(first), nullptr);
}

TEST(Link, GivesTheNextJobOfASlotAnotherId) {
  Link link;
  const std::uint64_t before = link.id_of(link.open_flight());
  link.close_flight(*link.find(before));
  const std::uint64_t after = link.id_of(link.open_flight());
  EXPECT_NE(before, after);
  EXPECT_EQ(link.find(before), nullptr);
  EXPECT_EQ(link.flights().size(), 1U);
}

TEST(Link, FindsNothingUnderStrayIds) {
  Link link;
  link.open_flight();
  EXPECT_EQ(link.find(0), nullptr);
  EXPECT_EQ(link.find(999), nullptr);
  EXPECT_EQ(link.find(UINT64_MAX), nullptr);
}

}  // namespace
}  // namespace hb::load
