// Who asks much does not keep others from being answered: counted in answers, not in time.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/limits.h"
#include "net/client/client.h"
#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr UserId sender{1};
constexpr std::uint32_t window = 65'536;  // of claims that one connection may have in flight
constexpr std::size_t claims_a_round = 300;
// The worst claim of a round counts.  A server that starves does so in every round; a busy system
// that holds one of its threads and not the other does it in one.
constexpr std::size_t rounds_max = 3;

// A connection whose window is always full of claims on one packet.
class Greedy {
 public:
  Greedy(boost::asio::io_context& io, const net::ClientOptions& options, PacketId packet)
      : client_(io, options) {
    for (std::uint64_t i = 0; i < limits::claim_batch_max; ++i) {
      claims_.push_back({packet, UserId(1'000 + i)});
    }
  }

  void fill_window() {
    for (std::size_t i = 0; i < window / claims_.size(); ++i) ask();
  }
  std::uint64_t answered() const { return answered_; }

 private:
  void ask() {
    client_.claim_batch(claims_,
                        [this](const Result<net::Outcome<std::span<const ClaimAnswer>>>& answer) {
                          ASSERT_TRUE(answer) << answer.error().message;
                          answered_ += answer->answer.size();
                          ask();
                        });
  }

  net::Client client_;
  std::vector<ClaimItem> claims_;
  std::uint64_t answered_ = 0;
};

// A gateway without batches: one claim at a time, each on a packet of its own.
class Modest {
 public:
  Modest(boost::asio::io_context& io, const net::ClientOptions& options, const Greedy& other)
      : client_(io, options), other_(other) {}

  void claim_each(std::span<const PacketId> packets, std::function<void()> done) {
    if (packets.empty()) return done();
    const std::uint64_t before = other_.answered();
    client_.claim(packets.front(), UserId(7),
                  [=, this](const Result<net::Outcome<ClaimAnswer>>& answer) {
                    ASSERT_TRUE(answer) << answer.error().message;
                    EXPECT_EQ(answer->status, Status::ok);
                    passed_max_ = std::max(passed_max_, other_.answered() - before);
                    claim_each(packets.subspan(1), done);
                  });
  }
  // The most answers of the other that came between a claim and its answer, since the last call.
  std::uint64_t take_passed_max() { return std::exchange(passed_max_, 0); }

 private:
  net::Client client_;
  const Greedy& other_;
  std::uint64_t passed_max_ = 0;
};

class Fairness : public testing::TestWithParam<int> {};

TEST_P(Fairness, NeitherAGreedyConnectionNorAHotPacketStarvesAnother) {
  const TempDirectory directory;
  ServerProcess server({.data = directory / "data",
                        .journal = "",
                        .flags = {"--workers", std::to_string(GetParam())}});
  ASSERT_TRUE(server.start());
  std::vector<PacketId> packets;
  {
    net::BlockingClient client(server.client_options());
    open_with(client, sender, Amount(1'000'000));
    for (std::size_t i = 0; i < rounds_max * claims_a_round + 1; ++i) {
      packets.push_back(
          answer_of(client.send({.sender = sender, .total = Amount(1'000), .share_count = 100}))
              .packet);
    }
  }

  boost::asio::io_context io;
  Greedy greedy(io, server.client_options(), packets.back());
  Modest modest(io, server.client_options(), greedy);
  greedy.fill_window();
  // What was before it in the queue, and as much again that came meanwhile.
  constexpr std::uint64_t passed_bound = 3 * window;
  std::uint64_t passed = passed_bound + 1;
  for (std::size_t round = 0; round < rounds_max && passed > passed_bound; ++round) {
    bool done = false;
    modest.claim_each(std::span(packets).subspan(round * claims_a_round, claims_a_round), [&] {
      done = true;
      io.stop();
    });
    io.restart();
    io.run_for(std::chrono::seconds(60));
    ASSERT_TRUE(done);
    passed = modest.take_passed_max();
  }
  EXPECT_LE(passed, passed_bound);
  EXPECT_GT(greedy.answered(), claims_a_round * window / 16) << "it was not greedy";
  EXPECT_EQ(server.stop(), 0);
  EXPECT_TRUE(audit(server.settings().data).balanced());
}

INSTANTIATE_TEST_SUITE_P(Workers, Fairness, testing::Values(1, 2));

}  // namespace
}  // namespace hb::e2e
