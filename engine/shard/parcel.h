// A parcel: a batch of commands on its way to a shard, and of their replies on its way back.
//
// The worker that owns the connections fills in the commands and hands the parcel over; the shard
// decides them, fills in the replies beside them and hands it back once all that they tell is
// durable.  At every moment one side owns it, so it needs no lock; it is used again and again, so
// after the first rounds it allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/ids.h"
#include "engine/ledger/commands.h"

namespace hb {

struct Parcel {
  CommandBatch commands{};
  ReplyBatch replies{};
  std::uint16_t origin = 0;  // the worker that owns the connections

  // ---- the shard's notes while it has the parcel ----
  std::size_t next_command = 0;  // the first that is not decided
  Sequence needs{};              // the replies may leave when this event is durable

  void clear() {
    commands.clear();
    replies.clear();
    next_command = 0;
    needs = Sequence{};
  }
};

}  // namespace hb
