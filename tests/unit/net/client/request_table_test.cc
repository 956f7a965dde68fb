#include "net/client/request_table.h"

#include <gtest/gtest.h>

namespace hb::net {
namespace {

using std::chrono::seconds;
using State = RequestTable::State;

TEST(RequestTable, FindsOpenRequestsByTheirId) {
  RequestTable table;
  const auto id = table.open(3, Instant(seconds(5)), nullptr).id;
  EXPECT_GE(id, RequestTable::id_min);
  ASSERT_NE(table.find(id), nullptr);
  EXPECT_EQ(table.find(id)->weight, 3);
  EXPECT_EQ(table.weight(), 3);
  EXPECT_FALSE(table.empty());
}

TEST(RequestTable, DoesNotFindAClosedRequestNorItsSuccessorUnderItsId) {
  RequestTable table;
  const auto first = table.open(1, Instant(), nullptr).id;
  table.close(*table.find(first));
  EXPECT_EQ(table.find(first), nullptr);
  EXPECT_TRUE(table.empty());
  const auto second = table.open(1, Instant(), nullptr).id;
  EXPECT_NE(second, first);
  EXPECT_EQ(table.find(first), nullptr);
  EXPECT_NE(table.find(second), nullptr);
}

TEST(RequestTable, GivesBackWhomToTell) {
  RequestTable table;
  bool told = false;
  const auto id = table.open(1, Instant(), [&](Result<const Response*>) { told = true; }).id;
  table.close (*table.find(id))(nullptr);
  EXPECT_TRUE(told);
}

TEST(RequestTable, SelectsInTheOrderOfMaking) {
  RequestTable table;
  const auto a = table.open(1, Instant(), nullptr).id;
  const auto b = table.open(1, Instant(), nullptr).id;
  table.close(*table.find(a));
  const auto c = table.open(1, Instant(), nullptr).id;  // in a's slot
  const auto all = table.select([](const PendingRequest&) { return true; });
  EXPECT_EQ(all, (std::vector{b, c}));
}

TEST(RequestTable, KnowsWhatIsDueFirst) {
  RequestTable table;
  EXPECT_EQ(table.earliest_due(), Instant::max());
  table.open(1, Instant(seconds(9)), nullptr);
  const auto id = table.open(1, Instant(seconds(7)), nullptr).id;
  EXPECT_EQ(table.earliest_due(), Instant(seconds(7)));
  table.find(id)->state = State::delayed;
  table.find(id)->not_before = Instant(seconds(2));
  EXPECT_EQ(table.earliest_due(), Instant(seconds(2)));
}

}  // namespace
}  // namespace hb::net
