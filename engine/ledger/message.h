// Messages: what one shard has to tell another, so that money can move between them.
//
//   credit             money for a user of the other shard; cannot fail
//   debit_request      a share is to be given back: take it from this user's wallet
//   debit_answer       what was taken, which is money on its way to the packet's sender; or why nothing
//   reference_request  an external reference is to be used here: book it at its home
//   reference_answer   it is booked for that request; or it is used
//   reference_release  it was booked for that request and is not used: it is free again
//   receive_cap        a user has received as much as a day allows; to every other shard
//
// The event in the source's journal is the message; its sequence there names it.  The source keeps
// a message in its outbox until the receiving shard has journalled it and that is durable, and
// sends it again after a crash of either side; the receiver keeps, for each source, the sequence of
// the last message applied, and drops what it has seen.  So each is applied exactly once, in order:
// a debit request never overtakes the credit that it wants back.
//
// Invariants: the sequences of one outbox rise; each message names the one before it, so that a gap
//             is noticed at once.
#pragma once

#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <vector>

#include "engine/base/assert.h"
#include "engine/base/ids.h"
#include "engine/base/units.h"
#include "engine/ledger/references.h"
#include "engine/ledger/status.h"

namespace hb {

enum class MessageKind : std::uint8_t {
  credit,
  debit_request,
  debit_answer,
  receive_cap,
  reference_request,
  reference_answer,
  reference_release,
};

struct Message {
  Sequence sequence{};  // of the event in the source's journal
  Sequence previous{};  // of the message before it to the same shard; 0: none
  UserId user{};
  Amount amount{};  // to credit; wanted; taken; received that day
  // Of debits only.
  PacketId packet{};
  Amount balance{};  // answer: the wallet's, after
  std::uint16_t share_index = 0;
  MessageKind kind = MessageKind::credit;
  Status status = Status::ok;  // answer: why nothing was taken; reference_used
  bool forced = false;
  // Of references only.
  ReferenceUse use{};
  bool told = false;  // request: it is used already, no answer is wanted
  ReferenceName reference{};
  Sequence request{};  // answer, release: the request's
  // Of receive_cap only.
  std::uint32_t day = 0;
  std::uint32_t count = 0;  // of shares and transfers received on it
};

// What one shard has to tell one other.
class Outbox {
 public:
  // `message` needs no previous.  REQUIRES: its sequence is later than all before.
  void add(Message message) {
    HB_ASSERT(message.sequence > last_);
    if (messages_.full()) messages_.set_capacity(messages_.capacity() * 2 + first_capacity);
    message.previous = last_;
    messages_.push_back(message);
    last_ = message.sequence;
  }
  // Drops what the receiver has, up to and including `through`.
  void acknowledge(Sequence through) {
    while (!messages_.empty() && messages_.front().sequence <= through) messages_.pop_front();
  }

  std::size_t size() const { return messages_.size(); }
  const Message& operator[](std::size_t i) const { return messages_[i]; }
  // Of the last message ever added.
  Sequence last() const { return last_; }
  // Of the last message that the receiver has; 0: none.
  Sequence acknowledged() const { return messages_.empty() ? last_ : messages_.front().previous; }

 private:
  static constexpr std::size_t first_capacity = 1024;
  boost::circular_buffer<Message> messages_;
  Sequence last_{};
};

}  // namespace hb
