// Inside engine/shard: how an event gets into the journal and into the ledger.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

#include "engine/base/limits.h"
#include "engine/shard/shard.h"

namespace hb {

// What a parcel will touch is asked for in bursts of this many commands or claims: where packets
// lie three bursts ahead of what is being decided, rows of wallets and packets two, packets' claims
// one.
inline constexpr std::size_t prefetch_burst = 8;

// An answer about a reference, the event of the command that waited for it, and a release.
inline constexpr std::size_t settling_bytes_max =
    limits::record_bytes_max + 4 * limits::record_unit_bytes;

// The first tick at which a timer for `when` may fire: never before the instant.
inline Tick tick_at_or_after(Time when) {
  return static_cast<Tick>((when.us() + limits::tick_us - 1) / limits::tick_us);
}

template <class Event>
Sequence Shard::journal_event(const Event& event, std::span<const std::byte> tail,
                              std::size_t tail_offset) {
  const std::size_t record_bytes = event.units * limits::record_unit_bytes;
  const std::size_t event_bytes =
      std::min(tail.empty() ? record_bytes : tail_offset, sizeof(Event));
  std::byte* const place = journal_->append(event.units);
  std::memcpy(place, &event, event_bytes);
  std::memset(place + event_bytes, 0, record_bytes - event_bytes);
  if (!tail.empty()) std::memcpy(place + tail_offset, tail.data(), tail.size());
  return journal_->appended();
}

template <class Event>
Sequence Shard::book(const Event& event) {
  const Sequence sequence = journal_event(event);
  if constexpr (requires { ledger_.apply(sequence, event); }) {
    ledger_.apply(sequence, event);
  } else {
    ledger_.apply(event);
  }
  return sequence;
}

}  // namespace hb
