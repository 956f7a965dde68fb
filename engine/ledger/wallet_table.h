// The wallets of one partition: open addressing with the rows inline.
//
// A table a partition, not one for all: growing moves a few thousand rows, never millions, so no
// command ever waits for a rehash that it could feel; and they do not all grow at once.
//
// Cost:       find and insert touch one cache line as a rule (rows are half a line, at most three
//             quarters full, linear probing).  Growth doubles: O(rows of this partition).
// Memory:     32 bytes a row, 43 to 93 bytes a wallet, of many tables together 47 to 85; side by
//             side with all tables of a ledger: huge pages keep a random credit to one cache miss
//             and no page walk.
// Threads:    none.
// Invariants: wallets are never removed; a row's address changes only when another is inserted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/base/ids.h"
#include "engine/base/partition.h"
#include "engine/base/prefetch.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"
#include "engine/ledger/table_runs.h"

namespace hb {

struct WalletRow {
  UserId user{};  // 0: the row is empty
  Amount balance{};
  Time opened_at{};
  std::uint32_t name = UINT32_MAX;  // the display name's run in the ledger's texts, if any
  bool opened_by_command = false;   // false: the first credit made it
  bool frozen = false;
  RefundTarget refund_target = RefundTarget::source;
};
static_assert(sizeof(WalletRow) == 32);

class WalletTable {
 public:
  // The user's row, or nothing.
  const WalletRow* find(UserId user) const {
    if (mask_ == 0) return nullptr;
    for (std::uint32_t i = home(user);; i = (i + 1) & mask_) {
      if (rows_[i].user == user) return &rows_[i];
      if (rows_[i].user == UserId{}) return nullptr;
    }
  }
  WalletRow* find(UserId user) {
    return const_cast<WalletRow*>(static_cast<const WalletTable*>(this)->find(user));
  }

  // The user's row, made if it is not there (then with balance 0 and this opening time).
  WalletRow& find_or_open(UserId user, Time now, TableRuns<WalletRow>& runs) {
    if (WalletRow* row = find(user)) return *row;
    if (count_ == count_max_) grow(runs);
    std::uint32_t i = home(user);
    while (rows_[i].user != UserId{}) i = (i + 1) & mask_;
    rows_[i] = WalletRow{.user = user, .balance = Amount{}, .opened_at = now};
    ++count_;
    return rows_[i];
  }

  void prefetch(UserId user) const {
    if (mask_ == 0) return;
    const WalletRow* row = &rows_[home(user)];
    hb::prefetch(row);
    hb::prefetch(row + 1);  // in the next line every other time; a third of the users live there
  }

  std::size_t size() const { return count_; }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < capacity(); ++i) {
      if (rows_[i].user != UserId{}) visit(rows_[i]);
    }
  }

 private:
  static constexpr std::uint32_t capacity_min = TableRuns<WalletRow>::run_min;

  // The low bits; the high ones chose the partition.
  std::uint32_t home(UserId user) const {
    return static_cast<std::uint32_t>(mix64(user.value)) & mask_;
  }
  std::size_t capacity() const { return mask_ == 0 ? 0 : std::size_t{mask_} + 1; }

  void grow(TableRuns<WalletRow>& runs) {
    const std::span<const WalletRow> old(rows_, capacity());
    const std::uint32_t old_run = run_;
    const auto new_capacity =
        old.empty() ? capacity_min : static_cast<std::uint32_t>(old.size() * 2);
    run_ = runs.allocate(new_capacity);
    count_max_ = runs.fill_max(run_, new_capacity, 6);
    rows_ = &runs.get(run_);
    mask_ = new_capacity - 1;
    std::uninitialized_fill_n(rows_, new_capacity, WalletRow{});
    for (const WalletRow& row : old) {
      if (row.user == UserId{}) continue;
      std::uint32_t i = home(row.user);
      while (rows_[i].user != UserId{}) i = (i + 1) & mask_;
      rows_[i] = row;
    }
    if (!old.empty()) runs.free(old_run, static_cast<std::uint32_t>(old.size()));
  }

  WalletRow* rows_ = nullptr;
  std::uint32_t run_ = 0;   // the rows' place among the runs
  std::uint32_t mask_ = 0;  // capacity - 1; 0: no rows yet
  std::uint32_t count_ = 0;
  std::uint32_t count_max_ = 0;
};

}  // namespace hb
