// What passed between two shards: money, requests for money, and their answers.
//
// Messages of all kinds from one shard to another have one order: that of the events in the sending
// shard's journal, which are the messages.  The receiving shard's journal names each by that event.
// So what was received must be, message by message, what was sent.
//
// Memory: 128 bytes a message, on each side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/ledger/events.h"
#include "engine/ledger/status.h"
#include "tools/hongbao/verifier/violation.h"

namespace hb::verifier {

enum class MessageKind : std::uint8_t {
  credit,             // money for a user of the other shard
  debit_request,      // a share is to be given back: take it from this user's wallet
  debit_answer,       // what was taken, which is money on its way; or why nothing was
  receive_cap,        // a user has received as much as a day allows
  reference_request,  // an external reference is to be booked at its home
  reference_answer,   // it is, or it was used before
  reference_release,  // it is not used after all
};

struct Message {
  Sequence sequence{};  // of the event in the sending shard's journal
  UserId user{};
  std::int64_t fen = 0;  // to credit; wanted; taken; received that day
  MessageKind kind{};
  // Of debits only.
  Status status{};  // of an answer
  bool forced = false;
  std::uint16_t share_index = 0;
  PacketId packet{};
  // Of receive_cap only.
  std::uint32_t day = 0;
  std::uint32_t count = 0;
  Place place{};  // of the event that was read: the sender's or the receiver's
  // Of references only.
  ReferenceUse use{};
  ReferenceName reference{};
  Sequence request{};  // of an answer or a release
};

// What passed between this shard and one other, in the order of this shard's journal.
struct MessageHistory {
  std::vector<Message> sent{};
  std::vector<Message> received{};
  Sequence acknowledged{};  // the other shard is said to have what was sent, up to this event
};

// The same message, wherever it was read.
bool same(const Message& a, const Message& b);

// "a credit of 5 fen for user 7 from event 4".
std::string to_text(const Message& message);

}  // namespace hb::verifier
