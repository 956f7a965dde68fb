#include "tools/hongbao/load/series.h"

#include <gtest/gtest.h>

namespace hb::load {
namespace {

Series series_of(std::uint64_t count, std::vector<std::uint64_t>& got) {
  return Series(
      count, [](std::uint64_t i, Job& job) { job.user = UserId(i + 1); },
      [&got](const Job& job, const net::Response&) { got.push_back(job.user.value); });
}

net::Response response_of(Status status) {
  net::Response response;
  response.status = status;
  return response;
}

TEST(Series, IsDoneWhenEveryJobIsAnswered) {
  std::vector<std::uint64_t> got;
  Series series = series_of(2, got);
  Job a;
  Job b;
  Job none;
  ASSERT_TRUE(series.next(a, 0));
  ASSERT_TRUE(series.next(b, 0));
  EXPECT_FALSE(series.next(none, 0));
  EXPECT_FALSE(series.done());
  series.answered(b, response_of(Status::ok), 0);
  series.answered(a, response_of(Status::ok), 0);
  EXPECT_TRUE(series.done());
  EXPECT_EQ(got, (std::vector<std::uint64_t>{2, 1}));
}

TEST(Series, AsksAgainWhatFoundTheServerFullOrWasLost) {
  std::vector<std::uint64_t> got;
  Series series = series_of(2, got);
  Job a;
  Job b;
  ASSERT_TRUE(series.next(a, 0));
  ASSERT_TRUE(series.next(b, 0));
  series.answered(a, response_of(Status::overloaded), 0);
  series.lost(b);
  Job again;
  ASSERT_TRUE(series.next(again, 0));
  EXPECT_EQ(again.user, b.user);
  ASSERT_TRUE(series.next(again, 0));
  EXPECT_EQ(again.user, a.user);
  EXPECT_FALSE(series.done());
}

TEST(Series, EndsWithTheFirstRefusal) {
  std::vector<std::uint64_t> got;
  Series series = series_of(5, got);
  Job job;
  ASSERT_TRUE(series.next(job, 0));
  net::Response refusal = response_of(Status::expiry_too_short);
  refusal.message = "too short";
  series.answered(job, refusal, 0);
  EXPECT_TRUE(series.done());
  ASSERT_TRUE(series.refusal());
  EXPECT_EQ(series.refusal()->status, Status::expiry_too_short);
  EXPECT_EQ(series.refusal()->message, "too short");
}

}  // namespace
}  // namespace hb::load
