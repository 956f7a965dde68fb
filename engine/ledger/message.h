// Credits: money on its way from the shard that paid it out to the shard that owns its receiver.
//
// The event in the source's journal is the message; its sequence there names it.  The source keeps
// a credit in its outbox until the receiving shard has journalled it and that is durable, and sends
// it again after a crash of either side; the receiver keeps, for each source, the sequence of the
// last credit applied, and drops what it has seen.  So each credit is applied exactly once, in
// order.
//
// Invariants: the sequences of one outbox rise; each credit names the one before it, so that a gap
//             is noticed at once.
#pragma once

#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <vector>

#include "engine/base/assert.h"
#include "engine/base/ids.h"
#include "engine/base/units.h"

namespace hb {

struct Credit {
  Sequence sequence{};  // of the event in the source's journal
  Sequence previous{};  // of the credit before it to the same shard; 0: none
  UserId user{};
  Amount amount{};
};

// What one shard owes to one other.
class CreditOutbox {
 public:
  // REQUIRES: sequence is later than all before.
  void add(Sequence sequence, UserId user, Amount amount) {
    HB_ASSERT(sequence > last_);
    if (credits_.full()) credits_.set_capacity(credits_.capacity() * 2 + first_capacity);
    credits_.push_back({sequence, last_, user, amount});
    last_ = sequence;
  }
  // Drops what the receiver has, up to and including `through`.
  void acknowledge(Sequence through) {
    while (!credits_.empty() && credits_.front().sequence <= through) credits_.pop_front();
  }

  std::size_t size() const { return credits_.size(); }
  const Credit& operator[](std::size_t i) const { return credits_[i]; }
  // Of the last credit ever added.
  Sequence last() const { return last_; }

 private:
  static constexpr std::size_t first_capacity = 1024;
  boost::circular_buffer<Credit> credits_;
  Sequence last_{};
};

}  // namespace hb
