// What the session's header says of its cost: at steady state a claim allocates nothing.
#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "net/session/session.h"
#include "net/wire/request_encoder.h"
#include "tests/support/allocations.h"

namespace hb::net {
namespace {

constexpr std::uint16_t shard_count = 4;

PacketId packet_on(std::uint16_t shard) {
  return packet_id(PartitionId(static_cast<std::uint16_t>(shard * 1024)), 1);
}

// A server's loop around one session: bytes in, every claim won, bytes out.
class Loop : public CommandSink {
 public:
  Loop() {
    options_.shard_count = shard_count;
    session_.emplace(options_, encoder_, budget_, 1, Time());
    RequestEncoder client;
    play(client.hello(1, {}));
  }

  CommandBatch& batch(ShardId shard) override { return batches_[shard.value]; }
  void query(archive::QueryEnvelope) override { ADD_FAILURE() << "nobody asked"; }
  ServerTime server_time() const override { return {}; }

  void play(std::span<const std::byte> frame) {
    const auto room = session_->writable();
    ASSERT_GE(room.size(), frame.size());
    std::memcpy(room.data(), frame.data(), frame.size());
    session_->received(frame.size(), Time(), *this);
    for (CommandBatch& batch : batches_) answer(batch);
    for (auto out = session_->output(); !out.empty(); out = session_->output()) {
      written += out.size();
      session_->consumed(out.size());
    }
  }

  std::size_t written = 0;

 private:
  void answer(CommandBatch& batch) {
    for (const CommandEnvelope& envelope : batch.commands) {
      const auto& claims = std::get<ClaimBatch>(envelope.command);
      replies_.clear();
      replies_.claims.resize(claims.count);
      Reply reply;
      reply.to = envelope.reply_to;
      reply.answer = ClaimBatchAnswer{0, claims.count};
      session_->answer(reply, replies_);
    }
    batch.clear();
  }

  SessionOptions options_;
  ResponseEncoder encoder_;
  std::vector<CommandBatch> batches_{shard_count};
  ReplyBatch replies_;
  MemoryBudget budget_{1UL << 30};
  std::optional<Session> session_;
};

// Allocations of a hundred rounds, after as many that bring every buffer to its size.
std::size_t allocations_of(std::span<const std::byte> frame) {
  const std::vector<std::byte> kept(frame.begin(), frame.end());
  Loop loop;
  for (int i = 0; i < 100; ++i) loop.play(kept);
  const std::size_t written = loop.written;
  const std::size_t before = test::allocations();
  for (int i = 0; i < 100; ++i) loop.play(kept);
  const std::size_t made = test::allocations() - before;
  EXPECT_GT(loop.written, written) << "nothing was answered";
  return made;
}

TEST(SessionAllocations, OneClaimMakesNone) {
  RequestEncoder client;
  EXPECT_EQ(allocations_of(client.command(1, Time(), ClaimItem{packet_on(1), UserId(1)})), 0);
}

TEST(SessionAllocations, ABatchOfClaimsMakesNone) {
  RequestEncoder client;
  const std::vector<ClaimItem> claims(100, ClaimItem{packet_on(1), UserId(1)});
  EXPECT_EQ(allocations_of(client.claims(1, Time(), claims)), 0);
}

TEST(SessionAllocations, ABatchOverShardsMakesNone) {
  RequestEncoder client;
  std::vector<ClaimItem> claims;
  for (std::uint16_t i = 0; i < 100; ++i) claims.push_back({packet_on(i % 4), UserId(1)});
  EXPECT_EQ(allocations_of(client.claims(1, Time(), claims)), 0);
}

}  // namespace
}  // namespace hb::net
