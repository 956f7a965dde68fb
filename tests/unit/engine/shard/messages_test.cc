// Several shards and the messages between them, driven by hand: what a worker does, with power
// cuts.

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "engine/base/partition.h"
#include "engine/shard/shard.h"
#include "tests/support/memory_storage.h"
#include "tests/support/seed.h"

namespace hb {
namespace {

constexpr std::uint16_t shard_count = 3;
constexpr Time start{1'700'000'000'000'000};

struct Node {
  test::MemoryStorage storage;
  std::unique_ptr<Shard> shard;
};

class MessagesTest : public testing::Test {
 protected:
  MessagesTest() {
    for (std::uint16_t s = 0; s < shard_count; ++s) open(s);
  }

  void open(std::uint16_t s) {
    const ShardOptions options{
        .shard = ShardId{s}, .shard_count = shard_count, .journal = {.segment_bytes = 4 << 20}};
    auto opened = Shard::open(nodes[s].storage, options, Policy{}, PrfKey{s, 2}, start, {});
    ASSERT_TRUE(opened) << opened.error().message;
    nodes[s].shard = std::move(*opened);
    for (int i = 0; i < 3; ++i) nodes[s].shard->step(start);
  }
  // The process dies: all shards at once, each disk at another moment of its writes.
  void crash(std::mt19937_64& random) {
    for (Node& node : nodes) node.storage.lose_power();
    for (Node& node : nodes) node.shard.reset();
    under_way.clear();
    for (std::uint16_t s = 0; s < shard_count; ++s) {
      nodes[s].storage.hold_completions(false);
      nodes[s].storage.restart(random());
      open(s);
    }
  }

  Reply ask(const Command& command, UserId owner) {
    const ShardId s = shard_of(partition_of(owner), shard_count);
    Parcel parcel;
    parcel.commands.commands.push_back({.command = command});
    return run(s, parcel).replies.replies.at(0);
  }
  ClaimAnswer claim(PacketId packet, UserId user) {
    Parcel parcel;
    parcel.commands.claims.push_back({packet, user});
    parcel.commands.commands.push_back({.command = ClaimBatch{0, 1}});
    return run(shard_of(partition_of(packet), shard_count), parcel).replies.claims.at(0);
  }
  Parcel& run(ShardId s, Parcel& parcel) {
    Shard& shard = *nodes[s.value].shard;
    shard.accept(&parcel);
    for (int i = 0; i < 1'000; ++i) {
      shard.step(start);
      if (shard.finished() == &parcel) return parcel;
    }
    ADD_FAILURE() << "the parcel never finished";
    return parcel;
  }
  std::int64_t balance(UserId user) {
    const Reply reply = ask(ShowWallet{user}, user);
    return reply.status == Status::ok ? std::get<WalletAnswer>(reply.answer).balance.fen() : 0;
  }
  PacketId send(UserId sender, std::int64_t total, std::uint32_t shares) {
    const Reply sent = ask(
        SendPacket{
            .key = {++keys, 1}, .sender = sender, .total = Amount{total}, .share_count = shares},
        sender);
    EXPECT_EQ(sent.status, Status::ok) << name(sent.status);
    return std::get<SendAnswer>(sent.answer).packet;
  }

  // One round of what workers do; parcels travel only when the dice say so.
  void carry(std::mt19937_64& random) {
    for (std::uint16_t from = 0; from < shard_count; ++from) {
      for (std::uint16_t to = 0; to < shard_count; ++to) {
        if (from == to || random() % 2 == 0) continue;
        parcels.push_back(std::make_unique<MessageParcel>());
        if (nodes[from].shard->collect_messages(ShardId{to}, *parcels.back())) {
          nodes[to].shard->accept_messages(parcels.back().get());
          under_way.push_back({from, to, parcels.back().get()});
        }
      }
    }
    for (std::uint16_t s = 0; s < shard_count; ++s) {
      nodes[s].shard->step(start);
      if (random() % 2 == 0) continue;
      while (MessageParcel* done = nodes[s].shard->finished_messages()) {
        const bool known =
            std::erase_if(under_way, [done](const Travelling& t) { return t.parcel == done; }) > 0;
        if (known) {
          nodes[done->source.value].shard->acknowledge_messages(ShardId{s},
                                                                done->messages.back().sequence);
        }
      }
    }
  }
  void settle() {
    std::mt19937_64 random(1);
    for (int i = 0; i < 200; ++i) carry(random);
  }
  Totals totals() {
    Totals sum;
    for (Node& node : nodes) {
      const Totals& t = node.shard->ledger().totals();
      EXPECT_TRUE(t.balanced());
      sum.deposits += t.deposits;
      sum.withdrawals += t.withdrawals;
      sum.wallets += t.wallets;
      sum.packets += t.packets;
      sum.sent += t.sent;
      sum.received += t.received;
    }
    return sum;
  }

  struct Travelling {
    std::uint16_t from;
    std::uint16_t to;
    MessageParcel* parcel;
  };
  std::array<Node, shard_count> nodes;
  std::vector<std::unique_ptr<MessageParcel>> parcels;
  std::vector<Travelling> under_way;
  std::uint64_t keys = 0;
};

TEST_F(MessagesTest, ClaimersOfAllShardsAreCreditedOnce) {
  const UserId alice{1001};
  ask(OpenWallet{{++keys, 1}, alice, {}}, alice);
  ask(Deposit{{++keys, 1}, alice, Amount{10'000}}, alice);
  const PacketId packet = send(alice, 5'000, 50);
  std::map<std::uint64_t, std::int64_t> won;
  for (std::uint64_t user = 1; user <= 50; ++user) {
    won[user] = claim(packet, UserId{user}).amount_fen;
    EXPECT_EQ(claim(packet, UserId{user}).status, Status::already_claimed);
  }
  EXPECT_GT(totals().sent, Amount{});
  settle();
  for (const auto& [user, fen] : won) EXPECT_EQ(balance(UserId{user}), fen) << user;
  EXPECT_EQ(totals().sent, totals().received);
  for (std::uint16_t s = 0; s < shard_count; ++s) {
    for (std::uint16_t t = 0; t < shard_count; ++t) {
      EXPECT_EQ(nodes[s].shard->ledger().outbox(ShardId{t}).size(), 0u);
    }
  }
}

TEST_F(MessagesTest, CreditLeavesOnlyWhenTheClaimThatPaysItIsDurable) {
  const UserId alice{1001};
  const std::uint16_t home = shard_of(partition_of(alice), shard_count).value;
  ask(OpenWallet{{++keys, 1}, alice, {}}, alice);
  ask(Deposit{{++keys, 1}, alice, Amount{10'000}}, alice);
  const PacketId packet = send(alice, 5'000, 50);
  nodes[home].storage.hold_completions(true);
  Parcel parcel;
  for (std::uint64_t user = 1; user <= 20; ++user) {
    parcel.commands.claims.push_back({packet, UserId{user}});
  }
  parcel.commands.commands.push_back({.command = ClaimBatch{0, 20}});
  nodes[home].shard->accept(&parcel);
  nodes[home].shard->step(start);
  MessageParcel credits;
  const ShardId other{static_cast<std::uint16_t>((home + 1) % shard_count)};
  EXPECT_GT(nodes[home].shard->ledger().outbox(other).size(), 0u);
  EXPECT_FALSE(nodes[home].shard->collect_messages(other, credits));
  nodes[home].storage.complete_all();
  nodes[home].shard->step(start);
  EXPECT_TRUE(nodes[home].shard->collect_messages(other, credits));
}

// The process crashes at any moment, while credits travel; what was told is true in the end.
TEST_F(MessagesTest, CrashesNeitherLoseNorDoubleACredit) {
  for (const std::uint64_t seed : test::seeds(6)) {
    SCOPED_TRACE(test::seed_text(seed));
    std::mt19937_64 random(seed);
    const UserId sender{1'000'000 + seed % 1'000'000};
    ask(OpenWallet{{++keys, seed}, sender, {}}, sender);
    ask(Deposit{{++keys, seed}, sender, Amount{1'000'000}}, sender);
    const std::uint64_t first_user = random() >> 16;
    std::map<std::uint64_t, std::int64_t> won;
    for (int round = 0; round < 12; ++round) {
      const PacketId packet = send(sender, 2'000, 40);
      for (std::uint64_t u = 0; u < 40; ++u) {
        const ClaimAnswer answer = claim(packet, UserId{first_user + u});
        ASSERT_EQ(answer.status, Status::ok);
        won[first_user + u] += answer.amount_fen;
        if (random() % 4 == 0) carry(random);
      }
      // Some disks have not finished when the power goes.
      for (Node& node : nodes) node.storage.hold_completions(random() % 2 == 0);
      for (std::uint64_t i = random() % 8; i > 0; --i) carry(random);
      crash(random);
    }
    settle();
    for (const auto& [user, fen] : won) ASSERT_EQ(balance(UserId{user}), fen) << user;
    const Totals sum = totals();
    EXPECT_EQ(sum.sent, sum.received);
    EXPECT_EQ(sum.deposits, sum.wallets + sum.packets + sum.withdrawals);
  }
}

}  // namespace
}  // namespace hb
