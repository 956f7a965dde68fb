#include "engine/runtime/delegate.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <thread>
#include <vector>

namespace hb {
namespace {

TEST(Delegate, HasDoneTheJobWhenRunReturns) {
  Delegate delegate("test");
  std::thread::id where;
  int done = 0;
  for (int i = 0; i < 100; ++i) {
    delegate.run([&] {
      where = std::this_thread::get_id();
      ++done;
    });
    ASSERT_EQ(done, i + 1);
  }
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(Delegate, DoesTheJobsOfManyThreads) {
  Delegate delegate("test");
  int done = 0;  // by the delegate's thread alone
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 100; ++j) delegate.run([&] { ++done; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  delegate.run([&] { EXPECT_EQ(done, 800); });
}

// That is what it is for.
TEST(Delegate, IsOfTheNormalClassForAnIdleThread) {
  Delegate delegate("test");
  std::thread idle([&] {
    constexpr sched_param none{};
    ASSERT_EQ(::sched_setscheduler(0, SCHED_IDLE, &none), 0);
    int policy = SCHED_IDLE;
    delegate.run([&] { policy = ::sched_getscheduler(0); });
    EXPECT_EQ(policy, SCHED_OTHER);
  });
  idle.join();
}

}  // namespace
}  // namespace hb
