#include "tools/hongbao/load/receipts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace hb::load {
namespace {

constexpr UserId first_sender{1'000'000};

struct Answered {
  Job job;
  std::vector<ClaimAnswer> answers;
};

// Each of `users` users claims one share of each of `packets` packets, all won, a fen each.
Answered all_win(std::uint64_t first_packet, std::uint64_t packets, std::uint64_t users) {
  Answered a;
  a.job.kind = Job::Kind::claim_batch;
  for (std::uint64_t p = 0; p < packets; ++p) {
    for (std::uint64_t u = 0; u < users; ++u) {
      a.job.claims.push_back({PacketId(first_packet + p), UserId(1 + u)});
      a.answers.push_back({Status::ok, static_cast<std::uint16_t>(u), 1, Time(1)});
    }
  }
  return a;
}

void take(Receipts& receipts, const Answered& a) {
  net::Response response;
  response.answer = net::ClaimListAnswer{a.answers};
  receipts.answered(a.job, response);
}

void take_send(Receipts& receipts, PacketId packet, UserId sender, Amount total) {
  Job job;
  job.kind = Job::Kind::send;
  job.user = sender;
  job.amount = total;
  job.share_count = 5;
  net::Response response;
  response.answer = SendAnswer{packet, Time(1), {}};
  receipts.answered(job, response);
}

TEST(Sampled, KeepsAboutHalfAtEachLevelAndOnlyOfThoseBefore) {
  for (unsigned level = 0; level < 6; ++level) {
    std::size_t in = 0;
    for (std::uint64_t id = 1; id <= 64'000; ++id) {
      in += sampled(id, level) ? 1 : 0;
      EXPECT_LE(sampled(id, level + 1), sampled(id, level));
    }
    EXPECT_NEAR(static_cast<double>(in), 64'000.0 / (1 << level), 100);
  }
}

TEST(Receipts, StaysBoundedAndCompleteForWhoIsInTheSample) {
  constexpr std::uint64_t users = 50;
  Receipts receipts(first_sender, 1);
  for (std::uint64_t i = 0; i < 100; ++i) take(receipts, all_win(1 + i * 100, 100, users));
  EXPECT_EQ(receipts.claimed_fen(), 100 * 100 * 50);
  EXPECT_GT(receipts.level(), 0U);
  EXPECT_LE(receipts.claims().size(), Receipts::receipts_max);
  std::map<std::uint64_t, std::size_t> by_packet;
  for (const ClaimReceipt& receipt : receipts.claims()) ++by_packet[receipt.claim.packet.value];
  for (std::uint64_t packet = 1; packet <= 10'000; ++packet) {
    if (sampled(packet, receipts.level())) {
      EXPECT_EQ(by_packet[packet], users) << packet;
    }
  }
}

TEST(Receipts, KeepsNothingOfRefusedClaims) {
  Receipts receipts(first_sender, 1);
  Answered a = all_win(1, 2, 2);
  for (ClaimAnswer& answer : a.answers) answer.status = Status::sold_out;
  take(receipts, a);
  EXPECT_TRUE(receipts.claims().empty());
  EXPECT_EQ(receipts.claimed_fen(), 0);
}

TEST(Receipts, KnowsASingleClaimsAnswer) {
  Receipts receipts(first_sender, 1);
  Job job;
  job.claim({PacketId(3), UserId(4)});
  net::Response response;
  response.answer = ClaimAnswer{Status::ok, 2, 77, Time(1)};
  receipts.answered(job, response);
  ASSERT_EQ(receipts.claims().size(), 1U);
  EXPECT_EQ(receipts.claims()[0].amount_fen, 77U);
  EXPECT_EQ(receipts.claims()[0].share_index, 2U);
  EXPECT_EQ(receipts.claimed_fen(), 77);
}

TEST(Receipts, AddsUpWhatEachSenderSentAndWhatIsInDoubt) {
  Receipts receipts(first_sender, 2);
  take_send(receipts, PacketId(9), first_sender, Amount(500));
  take_send(receipts, PacketId(10), first_sender, Amount(300));
  Job lost;
  lost.kind = Job::Kind::send;
  lost.user = UserId(first_sender.value + 1);
  lost.amount = Amount(40);
  receipts.lost(lost);
  EXPECT_EQ(receipts.spendings()[0].sent, 800);
  EXPECT_EQ(receipts.spendings()[0].in_doubt, 0);
  EXPECT_EQ(receipts.spendings()[1].sent, 0);
  EXPECT_EQ(receipts.spendings()[1].in_doubt, 40);
  EXPECT_EQ(receipts.sends().size(), 2U);
}

TEST(Receipts, NotesClaimsWithoutAnAnswerAsLost) {
  Receipts receipts(first_sender, 1);
  receipts.lost(all_win(1, 1, 3).job);
  ASSERT_EQ(receipts.claims().size(), 3U);
  EXPECT_TRUE(std::ranges::all_of(receipts.claims(), &ClaimReceipt::lost));
}

TEST(Receipts, MergedHaveTheSmallerSampleOfBoth) {
  Receipts a(first_sender, 1);
  Receipts b(first_sender, 1);
  for (std::uint64_t i = 0; i < 60; ++i) take(a, all_win(1 + i * 100, 100, 50));
  take(b, all_win(1'000'000, 100, 50));
  take_send(b, PacketId(9), first_sender, Amount(500));
  EXPECT_EQ(b.level(), 0U);
  const unsigned level = a.level();
  ASSERT_GT(level, 0U);
  a.merge(b);
  EXPECT_EQ(a.level(), level);
  EXPECT_EQ(a.spendings()[0].sent, 500);
  EXPECT_EQ(a.claimed_fen(), 61 * 100 * 50);
  for (const ClaimReceipt& receipt : a.claims()) {
    EXPECT_TRUE(sampled(receipt.claim.packet.value, level) ||
                sampled(receipt.claim.user.value, level));
  }
}

}  // namespace
}  // namespace hb::load
