#include "engine/runtime/job_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace hb {
namespace {

TEST(JobQueue, HandsJobsOutInOrder) {
  JobQueue<int> jobs;
  for (int i = 0; i < 100; ++i) jobs.put(i);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(jobs.next(), i);
}

TEST(JobQueue, HandsOutWhatWaitsAfterItIsClosed) {
  JobQueue<std::unique_ptr<int>> jobs;
  jobs.put(std::make_unique<int>(7));
  EXPECT_FALSE(jobs.closed());
  jobs.close();
  EXPECT_TRUE(jobs.closed());
  const auto job = jobs.next();
  ASSERT_TRUE(job);
  EXPECT_EQ(**job, 7);
  EXPECT_FALSE(jobs.next());
  EXPECT_FALSE(jobs.next());
}

TEST(JobQueue, GivesUpWhatWaitsWhenAbandoned) {
  JobQueue<int> jobs;
  jobs.put(7);
  jobs.abandon();
  EXPECT_TRUE(jobs.closed());
  EXPECT_FALSE(jobs.next());
}

TEST(JobQueue, LetsEachJobBeDoneOnceByWhicheverThread) {
  constexpr std::uint64_t count = 20'000;
  JobQueue<std::uint64_t> jobs;
  std::atomic<std::uint64_t> sum{0};
  std::atomic<std::uint64_t> done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      while (const std::optional<std::uint64_t> job = jobs.next()) {
        sum += *job;
        ++done;
      }
    });
  }
  for (std::uint64_t i = 1; i <= count; ++i) jobs.put(i);
  jobs.close();  // and wakes all that wait
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, count);
  EXPECT_EQ(sum, count * (count + 1) / 2);
}

}  // namespace
}  // namespace hb
