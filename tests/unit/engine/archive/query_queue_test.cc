#include "engine/archive/query_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hb::archive {
namespace {

bool push(QueryQueue<std::string>& queue, std::uint64_t connection, std::string query) {
  return queue.push(connection, query);
}

std::vector<std::string> all_of(QueryQueue<std::string>& queue) {
  std::vector<std::string> all;
  while (auto query = queue.pop()) all.push_back(*query);
  return all;
}

TEST(QueryQueue, KeepsTheOrderOfOneConnection) {
  QueryQueue<std::string> queue(100);
  for (const char* query : {"a", "b", "c"}) EXPECT_TRUE(push(queue, 1, query));
  EXPECT_EQ(all_of(queue), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(queue.empty());
}

TEST(QueryQueue, TakesConnectionsInTurn) {
  QueryQueue<std::string> queue(100);
  for (const char* query : {"a1", "a2", "a3", "a4"}) EXPECT_TRUE(push(queue, 1, query));
  EXPECT_TRUE(push(queue, 2, "b1"));
  EXPECT_TRUE(push(queue, 3, "c1"));
  EXPECT_TRUE(push(queue, 2, "b2"));
  EXPECT_EQ(all_of(queue), (std::vector<std::string>{"a1", "b1", "c1", "a2", "b2", "a3", "a4"}));
}

TEST(QueryQueue, LeavesPlacesForOtherConnectionsWhateverOneAsks) {
  QueryQueue<std::string> queue(64);
  int taken = 0;
  while (push(queue, 1, "greedy")) ++taken;
  EXPECT_GE(taken, 7);
  EXPECT_LE(taken, 8);
  for (std::uint64_t connection = 2; connection < 20; ++connection) {
    EXPECT_TRUE(push(queue, connection, "modest")) << connection;
  }
}

TEST(QueryQueue, HoldsNoMoreThanItsPlaces) {
  QueryQueue<std::string> queue(20);
  std::size_t taken = 0;
  for (std::uint64_t connection = 1; connection <= 100; ++connection) {
    while (push(queue, connection, "query")) ++taken;
  }
  EXPECT_EQ(taken, 20u);
  EXPECT_EQ(queue.places(), 20u);
}

TEST(QueryQueue, KeepsAPlaceUntilItIsReleased) {
  QueryQueue<std::string> queue(2);
  EXPECT_TRUE(push(queue, 1, "a"));
  EXPECT_TRUE(push(queue, 2, "b"));
  EXPECT_TRUE(queue.pop());
  EXPECT_FALSE(push(queue, 3, "c"));
  queue.release(1);
  EXPECT_TRUE(push(queue, 3, "c"));
}

TEST(QueryQueueDeathTest, ReleasingWhatWaitsIsOurBug) {
  QueryQueue<std::string> queue(2);
  EXPECT_TRUE(push(queue, 1, "a"));
  EXPECT_DEATH(queue.release(1), "assertion failed");
}

}  // namespace
}  // namespace hb::archive
