#include <gtest/gtest.h>

#include <map>
#include <random>

#include "engine/ledger/packet_store.h"
#include "engine/ledger/replay_store.h"
#include "engine/ledger/slab.h"
#include "engine/ledger/wallet_table.h"

namespace hb {
namespace {

TEST(WalletTable, AgreesWithAMapThroughGrowth) {
  Slab<WalletRow> slab;
  WalletTable table;
  std::map<std::uint64_t, std::int64_t> model;
  std::mt19937_64 random(7);
  EXPECT_EQ(table.find(UserId{1}), nullptr);
  for (int i = 0; i < 50'000; ++i) {
    const UserId user{1 + random() % 20'000};
    table.find_or_open(user, Time{i}, slab).balance += Amount{i};
    model[user.value] += i;
  }
  EXPECT_EQ(table.size(), model.size());
  for (const auto& [user, balance] : model) {
    ASSERT_NE(table.find(UserId{user}), nullptr);
    EXPECT_EQ(table.find(UserId{user})->balance.fen(), balance);
  }
  EXPECT_EQ(table.find(UserId{20'001}), nullptr);
  std::size_t visited = 0;
  table.for_each([&](const WalletRow&) { ++visited; });
  EXPECT_EQ(visited, model.size());
}

TEST(WalletTable, KeepsTheOpeningTimeOfTheFirstCall) {
  Slab<WalletRow> slab;
  WalletTable table;
  table.find_or_open(UserId{5}, Time{10}, slab);
  table.find_or_open(UserId{5}, Time{20}, slab);
  EXPECT_EQ(table.find(UserId{5})->opened_at, Time{10});
}

TEST(ReplayStore, KeepsARowForTwoDaysAndAtMostThree) {
  const Time first{1'700'000'000'000'000};
  for (const int offset_hours : {0, 5, 12, 23}) {
    Slab<ReplayRow> slab;
    ReplayStore store;
    const Time stored = first + Duration::hours(offset_hours);
    store.insert({Key128{1, 2}, 3, 4}, stored, slab);
    ASSERT_NE(store.find(Key128{1, 2}, stored + Duration::hours(48)), nullptr);
    EXPECT_EQ(store.find(Key128{1, 2}, stored + Duration::hours(48))->answer, 4u);
    EXPECT_EQ(store.find(Key128{1, 2}, stored + Duration::hours(72)), nullptr);
  }
}

TEST(ReplayStore, ForgetsByTimeWhetherOrNotAnythingWasInsertedSince) {
  const Time first{1'700'000'000'000'000};
  Slab<ReplayRow> slab;
  ReplayStore idle, busy;
  idle.insert({Key128{1, 2}, 3, 4}, first, slab);
  busy.insert({Key128{1, 2}, 3, 4}, first, slab);
  for (int hour = 1; hour <= 100; ++hour) {
    const Time now = first + Duration::hours(hour);
    busy.insert({Key128{static_cast<std::uint64_t>(hour), 99}, 3, 4}, now, slab);
    EXPECT_EQ(idle.find(Key128{1, 2}, now) != nullptr, busy.find(Key128{1, 2}, now) != nullptr);
  }
}

TEST(ReplayStore, FindsEveryRowThroughGrowth) {
  Slab<ReplayRow> slab;
  ReplayStore store;
  const Time now{1'700'000'000'000'000};
  for (std::uint64_t i = 1; i <= 10'000; ++i) store.insert({Key128{i, 0}, i, i * 2}, now, slab);
  for (std::uint64_t i = 1; i <= 10'000; ++i) {
    ASSERT_NE(store.find(Key128{i, 0}, now), nullptr);
    EXPECT_EQ(store.find(Key128{i, 0}, now)->answer, i * 2);
  }
  EXPECT_EQ(store.find(Key128{0, 1}, now), nullptr);
}

TEST(PacketStore, FindsByIdAndTellsTheIdOfASlot) {
  PacketStore store(PartitionId{100}, 50);
  for (std::uint16_t p = 100; p < 150; ++p) {
    for (int i = 0; i < 200; ++i) {
      const PacketId id = store.next_id(PartitionId{p});
      const PacketStore::Added added = store.add(id, 3, PrfKey{p, id.value});
      added.row.sender = UserId{id.value};
      EXPECT_EQ(store.id(added.slot), id);
    }
  }
  EXPECT_EQ(store.size(), 10'000u);
  for (std::uint16_t p = 100; p < 150; ++p) {
    for (std::uint64_t number = 1; number <= 200; ++number) {
      const PacketId id = packet_id(PartitionId{p}, number);
      ASSERT_NE(store.find(id), nullptr);
      EXPECT_EQ(store.find(id)->sender, UserId{id.value});
      EXPECT_EQ(store.seed(*store.find(id)).k1, id.value);
    }
    EXPECT_EQ(store.find(packet_id(PartitionId{p}, 0)), nullptr);
    EXPECT_EQ(store.find(packet_id(PartitionId{p}, 201)), nullptr);
  }
  EXPECT_EQ(store.find(packet_id(PartitionId{99}, 1)), nullptr);
  EXPECT_EQ(store.find(packet_id(PartitionId{150}, 1)), nullptr);
}

TEST(Slab, ReusesFreedRunsOfTheSameLength) {
  struct Cell {
    char bytes[16];
  };
  Slab<Cell> slab;
  const std::uint32_t a = slab.allocate(3);
  const std::uint32_t b = slab.allocate(3);
  const std::uint32_t c = slab.allocate(5);
  slab.free(a, 3);
  slab.free(b, 3);
  slab.free(c, 5);
  EXPECT_EQ(slab.allocate(5), c);
  EXPECT_EQ(slab.allocate(3), b);
  EXPECT_EQ(slab.allocate(3), a);
  EXPECT_GT(slab.allocate(3), c);
}

TEST(Slab, RunsNeverCrossARegion) {
  struct Cell {
    char bytes[4096];
  };
  Slab<Cell> slab;
  for (int i = 0; i < 40; ++i) {
    const std::uint32_t run = slab.allocate(1'000);
    EXPECT_EQ(run / Slab<Cell>::cells_per_region, (run + 999) / Slab<Cell>::cells_per_region);
  }
}

}  // namespace
}  // namespace hb
