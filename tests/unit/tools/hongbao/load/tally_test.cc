#include "tools/hongbao/load/tally.h"

#include <gtest/gtest.h>

#include <array>

namespace hb::load {
namespace {

Job batch_of(std::size_t claims) {
  Job job;
  job.kind = Job::Kind::claim_batch;
  job.claims.resize(claims);
  return job;
}

std::uint64_t count_of(const Tally& tally, Status status) {
  return tally.outcomes[static_cast<std::size_t>(status)];
}

TEST(Tally, CountsEachClaimOfABatchByItsOwnStatus) {
  const std::array<ClaimAnswer, 4> claims = {
      {{Status::ok}, {Status::sold_out}, {Status::ok}, {Status::already_claimed}}};
  net::Response response;
  response.answer = net::ClaimListAnswer{claims};
  Tally tally;
  tally.add(batch_of(4), response, 5'000);
  EXPECT_EQ(tally.accepted(), 2U);
  EXPECT_EQ(count_of(tally, Status::sold_out), 1U);
  EXPECT_EQ(count_of(tally, Status::already_claimed), 1U);
  EXPECT_EQ(tally.answered(), 4U);
  EXPECT_NEAR(tally.latency.percentile_us(0.5), 5, 0.05);
}

TEST(Tally, CountsARefusedBatchAsThatManyRefusedClaims) {
  net::Response response;
  response.status = Status::overloaded;
  Tally tally;
  tally.add(batch_of(100), response, 5'000);
  EXPECT_EQ(count_of(tally, Status::overloaded), 100U);
  EXPECT_EQ(tally.accepted(), 0U);
  EXPECT_EQ(tally.answered(), 100U);
}

TEST(Tally, MergesAndClears) {
  Tally a;
  Tally b;
  net::Response response;
  b.add(Job{}, response, 1'000);
  b.errors = 3;
  a.merge(b);
  EXPECT_EQ(a.accepted(), 1U);
  EXPECT_EQ(a.errors, 3U);
  a.clear();
  EXPECT_EQ(a.accepted() + a.errors + a.answered(), 0U);
}

}  // namespace
}  // namespace hb::load
