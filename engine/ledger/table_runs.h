// The memory of tables that grow by doubling: runs of 2^n rows, and the two halves of a run become
// one again when both are free.
//
// The partitions of a shard fill evenly, so their tables double at about the same time.  What the
// small tables leave behind is of no use to any table then, unless it joins: without that, as much
// memory as the tables hold would wait for ever.  Nor may they double at once: moving gigabytes in
// one go would hold up every command.  So each table has a fill of its own at which it grows.
//
// Cost:       allocate and free are O(log of the longest run), a few steps as a rule.
// Memory:     a byte for eight rows, beside the rows; in huge pages, as slabs are.
// Threads:    none.  One ledger owns its tables' runs.
// Invariants: a run starts at a multiple of its length; two free halves of one run do not exist.
//
// Source: Knowlton, "A fast storage allocator", CACM 8 (10), 1965: the buddy system.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/base/assert.h"
#include "engine/base/memory_ahead.h"
#include "engine/ledger/slab.h"

namespace hb {

template <class Row>
class TableRuns {
 public:
  static constexpr std::uint32_t run_min = 8;
  static constexpr std::uint32_t run_max = Slab<Row>::run_max;

  // `ahead`, if any, outlives the runs.
  explicit TableRuns(MemoryAhead* ahead = nullptr) : slab_(ahead) {}

  // Index of the first of `count` rows side by side, with whatever bytes were there before.
  // REQUIRES: count is a power of two from run_min to run_max.
  std::uint32_t allocate(std::uint32_t count) {
    const unsigned order = order_of(count);
    unsigned from = order;
    while (from < orders && first_free_[from] == none) ++from;
    if (from == orders) add_block(--from);
    const std::uint32_t run = first_free_[from];
    take(run, from);
    while (from > order) {
      --from;
      put(run + (run_min << from), from);  // the upper half
    }
    if (run + count > end_) {
      end_ = run + count;
      slab_.use(end_);
    }
    return run;
  }

  // Gives back what allocate(count) yielded.
  void free(std::uint32_t run, std::uint32_t count) {
    unsigned order = order_of(count);
    for (; order + 1 < orders; ++order) {
      const std::uint32_t other_half = run ^ (run_min << order);
      if (free_order_[other_half / run_min] != order) break;
      take(other_half, order);
      run &= ~(run_min << order);
    }
    put(run, order);
  }

  Row& get(std::uint32_t index) { return slab_.get(index); }

  // How many of its rows a table fills in this run before it takes a longer one: `eighths` of them,
  // or up to half an eighth less: the higher its place in the block, the sooner.  So neighbours
  // come free at about the same time, and join.
  static std::uint32_t fill_max(std::uint32_t run, std::uint32_t count, unsigned eighths) {
    const std::uint64_t place = run % run_max;
    return count / 8 * eighths - static_cast<std::uint32_t>(place * (count / 16) / run_max);
  }

  // Up to the last row that was ever in use.
  std::size_t bytes() const { return end_ * sizeof(Row) + free_order_.capacity(); }

 private:
  static_assert(std::has_single_bit(run_max));
  static constexpr unsigned orders = std::countr_zero(run_max / run_min) + 1;
  static constexpr std::uint32_t none = Slab<Row>::none;
  static constexpr std::uint8_t not_free = UINT8_MAX;

  // Stands at the start of a free run.
  struct Links {
    std::uint32_t next;
    std::uint32_t previous;
  };
  static_assert(sizeof(Links) <= run_min * sizeof(Row));

  static constexpr std::array<std::uint32_t, orders> all_empty() {
    std::array<std::uint32_t, orders> lists{};
    lists.fill(none);
    return lists;
  }

  static unsigned order_of(std::uint32_t count) {
    HB_ASSERT(std::has_single_bit(count) && count >= run_min && count <= run_max);
    return static_cast<unsigned>(std::countr_zero(count / run_min));
  }

  void add_block(unsigned order) {
    const std::uint32_t block = slab_.reserve(run_max);
    HB_ASSERT(block % run_max == 0);
    free_order_.resize((block + run_max) / run_min, not_free);
    put(block, order);
  }

  Links links(std::uint32_t run) {
    Links found;
    std::memcpy(&found, static_cast<const void*>(&slab_.get(run)), sizeof found);
    return found;
  }
  void set_links(std::uint32_t run, Links links) {
    std::memcpy(static_cast<void*>(&slab_.get(run)), &links, sizeof links);
  }

  // Into, and out of, the list of free runs of this order.
  void put(std::uint32_t run, unsigned order) {
    const std::uint32_t next = first_free_[order];
    set_links(run, {next, none});
    if (next != none) set_links(next, {links(next).next, run});
    first_free_[order] = run;
    free_order_[run / run_min] = static_cast<std::uint8_t>(order);
  }
  void take(std::uint32_t run, unsigned order) {
    const Links own = links(run);
    if (own.previous == none) {
      first_free_[order] = own.next;
    } else {
      set_links(own.previous, {own.next, links(own.previous).previous});
    }
    if (own.next != none) set_links(own.next, {links(own.next).next, own.previous});
    free_order_[run / run_min] = not_free;
  }

  Slab<Row> slab_;
  std::array<std::uint32_t, orders> first_free_ = all_empty();
  std::uint32_t end_ = 0;                 // behind the last row that was ever in use
  std::vector<std::uint8_t> free_order_;  // by index / run_min: of the free run that starts there
};

}  // namespace hb
