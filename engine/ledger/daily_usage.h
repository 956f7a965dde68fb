// How often and how much the users of one partition have sent, or received, on one day.
//
// One day is kept.  The first event of another day drops the rows of the day before, so what is
// kept is bounded by the users of one day.
//
// Units:      fen; days as the policy counts them.
// Cost:       O(1); the first event of a day: O(users of the day before).
// Memory:     about 64 bytes a user.
// Threads:    none.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/units.h"

namespace hb {

struct Usage {
  std::uint32_t count = 0;
  Amount amount{};  // stops at limits::amount_max, which no cap exceeds

  void add(Amount more) {
    ++count;
    amount = std::min(amount + more, Amount{limits::amount_max});
  }
};

class DailyUsage {
 public:
  Usage of(std::uint32_t day, UserId user) const {
    if (day != day_) return {};
    const auto found = rows_.find(user);
    return found == rows_.end() ? Usage{} : found->second;
  }
  // The user's row of that day, which becomes the one that is kept.
  Usage& row(std::uint32_t day, UserId user) {
    if (day != day_) rows_.clear();
    day_ = day;
    return rows_[user];
  }
  std::uint32_t day() const { return day_; }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [user, usage] : rows_) visit(user, usage);
  }

 private:
  std::uint32_t day_ = 0;
  std::unordered_map<UserId, Usage> rows_;
};

}  // namespace hb
