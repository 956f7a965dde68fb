// What the shard's header says of its cost: at steady state a step allocates nothing.

#include "tests/support/allocations.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "engine/base/partition.h"
#include "engine/shard/shard.h"
#include "tests/support/memory_storage.h"

namespace hb::test {
namespace {

constexpr Time start{1'700'000'000'000'000};
constexpr std::uint16_t shard_count = 2;
constexpr std::uint64_t users = 500;

// The disk is not the shard's: what it allocates is not counted.
class UncountedStorage final : public Storage {
 public:
  Result<std::vector<FileEntry>> list() override {
    const Uncounted here;
    return disk_.list();
  }
  Result<FileId> open(std::string_view name, OpenMode mode) override {
    const Uncounted here;
    return disk_.open(name, mode);
  }
  void close(FileId file) override {
    const Uncounted here;
    disk_.close(file);
  }
  Result<std::size_t> read(FileId file, std::uint64_t offset, std::span<std::byte> into) override {
    const Uncounted here;
    return disk_.read(file, offset, into);
  }
  Result<void> cut(FileId file, std::uint64_t offset) override {
    const Uncounted here;
    return disk_.cut(file, offset);
  }
  Result<void> write_file(std::string_view name, std::span<const std::byte> content) override {
    const Uncounted here;
    return disk_.write_file(name, content);
  }
  Result<void> remove(std::string_view name) override {
    const Uncounted here;
    return disk_.remove(name);
  }
  void start_create(std::string_view name, std::uint64_t bytes, std::uint64_t token) override {
    const Uncounted here;
    disk_.start_create(name, bytes, token);
  }
  void start_write(FileId file, std::uint64_t offset, std::span<const std::byte> from,
                   std::uint64_t token) override {
    const Uncounted here;
    disk_.start_write(file, offset, from, token);
  }
  std::size_t poll(std::span<Completion> completions) override {
    const Uncounted here;
    return disk_.poll(completions);
  }

 private:
  MemoryStorage disk_;
};

// Two shards whose workers use their parcels again and again.
class AllocationsTest : public testing::Test {
 protected:
  AllocationsTest() {
    for (std::uint16_t s = 0; s < shard_count; ++s) {
      auto opened = Shard::open(storages[s], {.shard = ShardId{s}, .shard_count = shard_count},
                                Policy{}, PrfKey{s, 2}, start, {});
      EXPECT_TRUE(opened);
      shards[s] = std::move(*opened);
    }
    while (shard_of(partition_of(sender), shard_count) != ShardId{0}) ++sender.value;
    run(OpenWallet{key(), sender, {}});
    run(Deposit{key(), sender, Amount{1'000'000'000}});
  }

  Key128 key() { return {++keys, 1}; }
  template <class Command>
  const Reply& run(const Command& command) {
    parcel.clear();
    parcel.commands.commands.push_back({.command = command});
    return finish();
  }
  PacketId send() {
    const Reply& sent = run(
        SendPacket{.key = key(), .sender = sender, .total = Amount{100'000}, .share_count = users});
    return std::get<SendAnswer>(sent.answer).packet;
  }
  // As many claims as a packet has shares, each twice and one too late.
  void claim_all(PacketId packet) {
    parcel.clear();
    for (std::uint64_t user = 1; user <= users; ++user) {
      parcel.commands.claims.push_back({packet, UserId{user}});
      parcel.commands.claims.push_back({packet, UserId{user}});
    }
    parcel.commands.claims.push_back({packet, UserId{users + 1}});
    parcel.commands.commands.push_back({.command = ClaimBatch{0, 2 * users + 1}});
    finish();
  }
  const Reply& finish() {
    shards[0]->accept(&parcel);
    bool finished = false;
    while (!finished) {
      turn();
      finished = shards[0]->finished() == &parcel;
    }
    return parcel.replies.replies.front();
  }
  void turn() {
    for (const auto& shard : shards) shard->step(now);
    if (!letter_is_away && shards[0]->collect_messages(ShardId{1}, letter)) {
      shards[1]->accept_messages(&letter);
      letter_is_away = true;
    }
    if (shards[1]->finished_messages() != nullptr) {
      shards[0]->acknowledge_messages(ShardId{1}, letter.messages.back().sequence);
      letter.clear();
      letter_is_away = false;
    }
  }

  UncountedStorage storages[shard_count];
  std::unique_ptr<Shard> shards[shard_count];
  Parcel parcel;
  MessageParcel letter;
  bool letter_is_away = false;
  UserId sender{1'000'000};
  Time now = start;
  std::uint64_t keys = 0;
};

TEST_F(AllocationsTest, ClaimsAllocateNothingOnceAllIsWarm) {
  std::vector<PacketId> packets;
  for (int i = 0; i < 200; ++i) packets.push_back(send());
  const std::span<const PacketId> all(packets);
  for (const PacketId packet : all.first(20)) claim_all(packet);
  const std::size_t before = allocations();
  for (const PacketId packet : all.subspan(20)) claim_all(packet);
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(shards[0]->figures().totals.packets, Amount{});
  EXPECT_GT(shards[0]->figures().totals.sent, Amount{});
}

TEST_F(AllocationsTest, RefundsAllocateNothing) {
  for (int i = 0; i < 2'000; ++i) send();
  now = now + Duration::hours(23);
  turn();
  const std::size_t before = allocations();
  now = now + Duration::hours(1);
  while (shards[0]->figures().counts.packets_open > 0) turn();
  EXPECT_EQ(allocations(), before);
}

TEST_F(AllocationsTest, ShowsThatItCounts) {
  const std::size_t before = allocations();
  std::vector<int> grown(10);
  EXPECT_EQ(allocations(), before + 1);
}

}  // namespace
}  // namespace hb::test
