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

// What a reply waits for.
enum class Acknowledgement : std::uint8_t {
  memory = 1,  // nothing: a crash may undo what was told
  disk = 2,    // the journal's write has reached the device
};
inline constexpr std::size_t acknowledgement_levels = 2;

// A batch of commands on its way to a shard, and of their replies on its way back.  The worker that
// owns the connections fills in the commands; the shard decides them, fills in the replies beside
// them and hands the parcel back once all that they tell is durable (or, with `memory`, at once).
struct Parcel {
  CommandBatch commands{};
  ReplyBatch replies{};
  std::uint16_t origin = 0;                                 // the worker that owns the connections
  Acknowledgement acknowledgement = Acknowledgement::disk;  // what its replies wait for

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
