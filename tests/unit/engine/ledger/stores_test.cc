#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/memory_ahead.h"
#include "engine/ledger/packet_store.h"
#include "engine/ledger/replay_store.h"
#include "engine/ledger/slab.h"
#include "engine/ledger/table_runs.h"
#include "engine/ledger/wallet_table.h"

namespace hb {
namespace {

TEST(WalletTable, AgreesWithAMapThroughGrowth) {
  TableRuns<WalletRow> runs;
  WalletTable table;
  std::map<std::uint64_t, std::int64_t> model;
  std::mt19937_64 random(7);
  EXPECT_EQ(table.find(UserId{1}), nullptr);
  for (int i = 0; i < 50'000; ++i) {
    const UserId user{1 + random() % 20'000};
    table.find_or_open(user, Time{i}, runs).balance += Amount{i};
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
  TableRuns<WalletRow> runs;
  WalletTable table;
  table.find_or_open(UserId{5}, Time{10}, runs);
  table.find_or_open(UserId{5}, Time{20}, runs);
  EXPECT_EQ(table.find(UserId{5})->opened_at, Time{10});
}

TEST(ReplayStore, KeepsARowForTwoDaysAndAtMostThree) {
  const Time first{1'700'000'000'000'000};
  for (const int offset_hours : {0, 5, 12, 23}) {
    TableRuns<ReplayRow> runs;
    ReplayStore store;
    const Time stored = first + Duration::hours(offset_hours);
    store.insert({Key128{1, 2}, 3, 4}, stored, runs);
    ASSERT_NE(store.find(Key128{1, 2}, stored + Duration::hours(48)), nullptr);
    EXPECT_EQ(store.find(Key128{1, 2}, stored + Duration::hours(48))->answer, 4u);
    EXPECT_EQ(store.find(Key128{1, 2}, stored + Duration::hours(72)), nullptr);
  }
}

TEST(ReplayStore, ForgetsByTimeWhetherOrNotAnythingWasInsertedSince) {
  const Time first{1'700'000'000'000'000};
  TableRuns<ReplayRow> runs;
  ReplayStore idle, busy;
  idle.insert({Key128{1, 2}, 3, 4}, first, runs);
  busy.insert({Key128{1, 2}, 3, 4}, first, runs);
  for (int hour = 1; hour <= 100; ++hour) {
    const Time now = first + Duration::hours(hour);
    busy.insert({Key128{static_cast<std::uint64_t>(hour), 99}, 3, 4}, now, runs);
    EXPECT_EQ(idle.find(Key128{1, 2}, now) != nullptr, busy.find(Key128{1, 2}, now) != nullptr);
  }
}

TEST(ReplayStore, FindsEveryRowThroughGrowth) {
  TableRuns<ReplayRow> runs;
  ReplayStore store;
  const Time now{1'700'000'000'000'000};
  for (std::uint64_t i = 1; i <= 10'000; ++i) store.insert({Key128{i, 0}, i, i * 2}, now, runs);
  for (std::uint64_t i = 1; i <= 10'000; ++i) {
    ASSERT_NE(store.find(Key128{i, 0}, now), nullptr);
    EXPECT_EQ(store.find(Key128{i, 0}, now)->answer, i * 2);
  }
  EXPECT_EQ(store.find(Key128{0, 1}, now), nullptr);
}

// Partitions fill evenly.  If their tables grew at the same fill, every command of that moment
// would wait for them all.
TEST(ReplayStore, TablesThatFillTogetherDoNotGrowTogether) {
  constexpr std::uint64_t tables = 1'000;
  constexpr std::uint64_t rows = 900;  // past the growth from 1,024, which begins at 13/16 of them
  const Time now{1'700'000'000'000'000};
  TableRuns<ReplayRow> runs;
  std::vector<ReplayStore> stores(tables);
  std::vector<const ReplayRow*> first_rows(tables);
  std::vector<std::size_t> grown(rows + 1);  // by the rows of each table then
  for (std::uint64_t row = 1; row <= rows; ++row) {
    for (std::uint64_t t = 0; t < tables; ++t) {
      stores[t].insert({Key128{row, t + 1}, row, t}, now, runs);
      const ReplayRow* const first = stores[t].find(Key128{1, t + 1}, now);
      if (std::exchange(first_rows[t], first) != first) ++grown[row];
    }
  }
  const auto last_growth = std::span(grown).subspan(700);
  EXPECT_GE(std::accumulate(last_growth.begin(), last_growth.end(), std::size_t{0}), tables);
  EXPECT_LE(*std::ranges::max_element(last_growth), tables / 20);
}

TEST(PacketStore, FindsByIdAndTellsTheIdOfASlot) {
  PacketStore store(PartitionId{100}, 50);
  for (std::uint16_t p = 100; p < 150; ++p) {
    for (int i = 0; i < 1'200; ++i) {  // the partition's list of pages grows twice
      const PacketId id = store.next_id(PartitionId{p});
      const PacketStore::Added added = store.add(id, 3, PrfKey{p, id.value});
      added.row.sender = UserId{id.value};
      EXPECT_EQ(store.id(added.slot), id);
    }
  }
  EXPECT_EQ(store.size(), 60'000u);
  for (std::uint16_t p = 100; p < 150; ++p) {
    for (std::uint64_t number = 1; number <= 1'200; ++number) {
      const PacketId id = packet_id(PartitionId{p}, number);
      ASSERT_NE(store.find(id), nullptr);
      EXPECT_EQ(store.find(id)->sender, UserId{id.value});
      EXPECT_EQ(store.seed(*store.find(id)).k1, id.value);
    }
    EXPECT_EQ(store.find(packet_id(PartitionId{p}, 0)), nullptr);
    EXPECT_EQ(store.find(packet_id(PartitionId{p}, 1'201)), nullptr);
  }
  EXPECT_EQ(store.find(packet_id(PartitionId{99}, 1)), nullptr);
  EXPECT_EQ(store.find(packet_id(PartitionId{150}, 1)), nullptr);
}

// Asking ahead touches nothing, whatever the id.
TEST(PacketStore, AsksForPacketsThatAreNotThere) {
  PacketStore store(PartitionId{100}, 2);
  store.add(store.next_id(PartitionId{101}), 3, PrfKey{});
  for (std::uint16_t p = 99; p <= 102; ++p) {
    for (const std::uint64_t number :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 40}) {
      const PacketId id = packet_id(PartitionId{p}, number);
      store.prefetch_place(id);
      store.prefetch(id);
      store.prefetch_claims(id);
      EXPECT_EQ(store.find(id) != nullptr, p == 101 && number == 1);
    }
  }
}

TEST(PacketStore, TellsWhichPacketsAreOpen) {
  PacketStore store(PartitionId{0}, 3);
  std::vector<PacketStore::Slot> slots;
  for (int i = 0; i < 300; ++i) {
    const PacketId id = store.next_id(PartitionId{static_cast<std::uint16_t>(i % 3)});
    slots.push_back(store.add(id, 1, PrfKey{}).slot);
    EXPECT_FALSE(store.is_open(slots.back()));
    if (i % 5 != 0) store.open(slots.back());
  }
  EXPECT_EQ(store.open_count(), 240u);
  for (std::size_t i = 0; i < slots.size(); i += 7) {
    if (i % 5 != 0) store.close(slots[i]);
  }
  for (std::size_t i = 0; i < slots.size(); ++i) {
    EXPECT_EQ(store.is_open(slots[i]), i % 5 != 0 && i % 7 != 0) << i;
  }
  EXPECT_EQ(store.open_count(), 240u - 34u);
}

TEST(PacketStoreDeathTest, RefusesToOpenOrCloseTwice) {
  PacketStore store(PartitionId{0}, 1);
  const PacketStore::Slot slot = store.add(store.next_id(PartitionId{0}), 1, PrfKey{}).slot;
  EXPECT_DEATH(store.close(slot), "is_open");
  store.open(slot);
  EXPECT_DEATH(store.open(slot), "is_open");
}

using Runs = TableRuns<WalletRow>;

TEST(TableRuns, NeverHandOutARowTwice) {
  Runs runs;
  std::mt19937_64 random(11);
  std::map<std::uint32_t, std::uint32_t> held;  // length by first row
  for (int i = 0; i < 100'000; ++i) {
    if (held.size() > 200 || (!held.empty() && random() % 3 == 0)) {
      auto chosen = held.lower_bound(static_cast<std::uint32_t>(random() % 100'000));
      if (chosen == held.end()) chosen = held.begin();
      const auto [first, count] = *chosen;
      ASSERT_EQ(runs.get(first).user.value, first) << "somebody wrote into a run that is held";
      ASSERT_EQ(runs.get(first + count - 1).opened_at.us(), count);
      runs.free(first, count);
      held.erase(chosen);
      continue;
    }
    const std::uint32_t count = Runs::run_min << random() % 8;
    const std::uint32_t first = runs.allocate(count);
    ASSERT_EQ(first % count, 0u);
    const auto after = held.lower_bound(first);
    ASSERT_TRUE(after == held.end() || first + count <= after->first);
    if (after != held.begin()) {
      const auto [before, length] = *std::prev(after);
      ASSERT_LE(before + length, first);
    }
    held[first] = count;
    runs.get(first).user = UserId{first};
    runs.get(first + count - 1).opened_at = Time{count};
  }
}

TEST(TableRuns, JoinHalvesThatAreFree) {
  Runs runs;
  std::vector<std::uint32_t> small;
  for (int i = 0; i < 64; ++i) small.push_back(runs.allocate(Runs::run_min));
  const std::size_t bytes = runs.bytes();
  std::ranges::shuffle(small, std::mt19937_64(5));
  for (const std::uint32_t run : small) runs.free(run, Runs::run_min);
  EXPECT_EQ(runs.allocate(64 * Runs::run_min), 0u);
  EXPECT_EQ(runs.bytes(), bytes);
}

// What the small tables left is in the large ones: 1.5 times as much as they hold at most.
TEST(TableRuns, HoldLittleMoreThanTablesThatGrowAtTheSameTime) {
  constexpr std::size_t tables = 1'000;
  Runs runs;
  std::mt19937_64 random(3);
  std::vector<std::uint32_t> run(tables);
  for (std::uint32_t& first : run) first = runs.allocate(Runs::run_min);
  std::uint32_t count = Runs::run_min;
  for (; count < 1'024; count *= 2) {
    std::ranges::shuffle(run, random);
    for (std::uint32_t& first : run) {
      const std::uint32_t old = std::exchange(first, runs.allocate(2 * count));
      runs.free(old, count);
    }
  }
  EXPECT_LT(runs.bytes(), tables * count * sizeof(WalletRow) * 3 / 2);
}

TEST(TableRuns, HaveTheLongestRunToo) {
  Runs runs;
  const std::uint32_t longest = runs.allocate(Runs::run_max);
  EXPECT_NE(runs.allocate(Runs::run_min) / Runs::run_max, longest / Runs::run_max);
  runs.free(longest, Runs::run_max);
  EXPECT_EQ(runs.allocate(Runs::run_max), longest);
}

constexpr std::size_t page_bytes = std::size_t{2} << 20;

// Remembers what was expected.
class Expectations final : public MemoryAhead {
 public:
  void expect(std::span<std::byte> bytes) override {
    EXPECT_EQ(bytes.size(), page_bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes.data()) % page_bytes, 0u);
    EXPECT_TRUE(pages_.insert(bytes.data()).second) << "asked for twice";
  }
  bool has(const void* address) const {
    const auto value = reinterpret_cast<std::uintptr_t>(address);
    return pages_.contains(reinterpret_cast<const std::byte*>(value - value % page_bytes));
  }
  std::size_t bytes() const { return pages_.size() * page_bytes; }

 private:
  std::set<const std::byte*> pages_;
};

struct Page {
  char bytes[4096];
};

TEST(Slab, AsksForThePagesThatComeNext) {
  constexpr std::size_t begins = 9 * page_bytes;  // an eighth of less is no page
  constexpr std::size_t ahead_max = 8 * page_bytes;
  Expectations expected;
  Slab<Page> slab(&expected);
  while (slab.bytes() < 3 * slab_region_bytes) {
    const Page* const cell = &slab.get(slab.allocate());
    if (slab.bytes() <= 7 * page_bytes) {
      ASSERT_EQ(expected.bytes(), 0u);
    }
    if (slab.bytes() > begins) {
      ASSERT_TRUE(expected.has(cell)) << slab.bytes();
    }
    ASSERT_LE(expected.bytes(), slab.bytes() / 8 + slab.bytes());
    ASSERT_LE(expected.bytes(), slab.bytes() + ahead_max);
  }
}

TEST(TableRuns, AskAheadOfWhatIsInUseAndNotForTheirBlocks) {
  Expectations expected;
  Runs runs(&expected);
  for (std::size_t bytes = 0; bytes < 7 * page_bytes; bytes = runs.bytes()) runs.allocate(1'024);
  EXPECT_EQ(expected.bytes(), 0u);
  while (runs.bytes() < 2 * slab_region_bytes) {
    const std::uint32_t run = runs.allocate(1'024);
    if (runs.bytes() > 10 * page_bytes) {
      ASSERT_TRUE(expected.has(&runs.get(run)));
    }
    ASSERT_LE(expected.bytes(), runs.bytes() + 8 * page_bytes);
  }
}

TEST(Slab, RunsNeverCrossARegion) {
  Slab<Page> slab;
  for (int i = 0; i < 40; ++i) {
    const std::uint32_t run = slab.allocate(1'000);
    EXPECT_EQ(run / Slab<Page>::cells_per_region, (run + 999) / Slab<Page>::cells_per_region);
  }
}

}  // namespace
}  // namespace hb
