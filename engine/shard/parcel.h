// Parcels: what travels between workers, and comes back when it is done.
//
// At every moment one side owns a parcel, so it needs no lock; it is used again and again, so after
// the first rounds it allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/ids.h"
#include "engine/ledger/commands.h"
#include "engine/ledger/message.h"

namespace hb {

// A batch of commands on its way to a shard, and of their replies on its way back.  The worker that
// owns the connections fills in the commands; the shard decides them, fills in the replies beside
// them and hands the parcel back once all that they tell is durable.
struct Parcel {
  CommandBatch commands{};
  ReplyBatch replies{};
  std::uint16_t origin = 0;  // the worker that owns the connections

  // ---- the shard's notes while it has the parcel ----------------------------------------------
  std::size_t next_command = 0;  // the first that is not decided
  Sequence needs{};              // the replies may leave when this event is durable

  void clear() {
    commands.clear();
    replies.clear();
    next_command = 0;
    needs = Sequence{};
  }
};

// Messages on their way from one shard to another; back at the source it says that they are durable
// there.
struct MessageParcel {
  ShardId source{};
  std::vector<Message> messages{};

  // ---- the receiving shard's notes ------------------------------------------------------------
  std::size_t next_message = 0;
  Sequence needs{};

  void clear() {
    messages.clear();
    next_message = 0;
    needs = Sequence{};
  }
};

}  // namespace hb
