// The stored answers of one partition's keyed commands, so that a repeat is answered, not redone.
//
// Answers live in generations of a day.  A lookup sees today's and those of the two days before, so
// an answer is kept for 48 to 72 hours; the oldest generation is dropped whole, without looking at
// its rows.  A lookup asks by time, not by what has been dropped, so replay from the journal sees
// the same answers as the live run did.
//
// Cost:       find probes three tables, a cache line or two each as a rule, 16 in a row in one
//             that is about to grow; insert O(1) amortised.
// Memory:     32 bytes a row, 37 to 79 bytes an answer, of many tables together 39 to 73.
// Threads:    none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/base/ids.h"
#include "engine/base/partition.h"
#include "engine/base/prefetch.h"
#include "engine/base/units.h"
#include "engine/ledger/table_runs.h"

namespace hb {

struct ReplayRow {
  Key128 key{};                   // empty: the row is empty
  std::uint64_t fingerprint = 0;  // of the command's parameters
  std::uint64_t answer = 0;       // what the answer cannot be rebuilt without
};
static_assert(sizeof(ReplayRow) == 32);

class ReplayStore {
 public:
  static constexpr Duration generation = Duration::hours(24);

  // The row stored under the key in the last 48 hours (72 at most), or nothing.
  const ReplayRow* find(Key128 key, Time now) const {
    const std::int64_t today = day_of(now);
    for (const Generation& g : generations_) {
      if (g.day + 2 < today) continue;
      if (const ReplayRow* row = g.find(key)) return row;
    }
    return nullptr;
  }

  // Starts to load what find(key) will look at.
  void prefetch(Key128 key) const {
    for (const Generation& g : generations_) {
      if (g.capacity != 0) hb::prefetch(&g.rows[g.home(key)]);
    }
  }

  // REQUIRES: find(row.key, now) is nothing, the key is not empty, now never decreases.
  void insert(const ReplayRow& row, Time now, TableRuns<ReplayRow>& runs) {
    const std::int64_t today = day_of(now);
    if (generations_[0].day != today) {
      generations_.back().release(runs);
      for (std::size_t i = generations_.size() - 1; i > 0; --i) {
        generations_[i] = generations_[i - 1];
      }
      generations_[0] = Generation{.day = today};
    }
    generations_[0].insert(row, runs);
  }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Generation& g : generations_) {
      for (std::size_t i = 0; i < g.capacity; ++i) {
        if (!g.rows[i].key.empty()) visit(g.rows[i]);
      }
    }
  }

 private:
  static constexpr std::uint32_t capacity_min = TableRuns<ReplayRow>::run_min;

  struct Generation {
    std::int64_t day = INT64_MIN / 2;
    ReplayRow* rows = nullptr;
    std::uint32_t run = 0;  // the rows' place among the runs
    std::uint32_t capacity = 0;
    std::uint32_t count = 0;
    std::uint32_t count_max = 0;

    std::uint32_t home(Key128 key) const {
      return static_cast<std::uint32_t>(mix64(key.low ^ mix64(key.high))) & (capacity - 1);
    }
    const ReplayRow* find(Key128 key) const {
      if (capacity == 0) return nullptr;
      for (std::uint32_t i = home(key);; i = (i + 1) & (capacity - 1)) {
        if (rows[i].key == key) return &rows[i];
        if (rows[i].key.empty()) return nullptr;
      }
    }
    void insert(const ReplayRow& row, TableRuns<ReplayRow>& runs) {
      if (count == count_max) grow(runs);
      place(row);
      ++count;
    }
    void place(const ReplayRow& row) {
      std::uint32_t i = home(row.key);
      while (!rows[i].key.empty()) i = (i + 1) & (capacity - 1);
      rows[i] = row;
    }
    void grow(TableRuns<ReplayRow>& runs) {
      const Generation old = *this;
      capacity = old.capacity == 0 ? capacity_min : old.capacity * 2;
      run = runs.allocate(capacity);
      count_max = runs.fill_max(run, capacity, 7);
      rows = &runs.get(run);
      std::uninitialized_fill_n(rows, capacity, ReplayRow{});
      for (std::uint32_t i = 0; i < old.capacity; ++i) {
        if (!old.rows[i].key.empty()) place(old.rows[i]);
      }
      old.release(runs);
    }
    void release(TableRuns<ReplayRow>& runs) const {
      if (capacity != 0) runs.free(run, capacity);
    }
  };

  static std::int64_t day_of(Time now) { return now.us() / generation.us(); }

  std::array<Generation, 3> generations_;  // newest first
};

}  // namespace hb
