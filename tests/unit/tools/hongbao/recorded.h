// Events as a server's histories and feeds carry them.
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

#include "engine/archive/queries.h"

namespace hb::cli {

inline constexpr Time noon{1'485'532'800'000'000};
inline constexpr const char* noon_text = "2017-01-27T16:00:00.000000Z";

template <class Event>
std::vector<std::byte> record_of(Event event, std::size_t bytes = sizeof(Event)) {
  event.at = noon;
  event.units = units_for(bytes);
  std::vector<std::byte> record(event.units * limits::record_unit_bytes);
  std::memcpy(record.data(), &event, bytes);
  return record;
}

template <class Event>
archive::HistoryRecord recorded(std::uint64_t sequence, const Event& event,
                                std::uint16_t shard = 0) {
  return {ShardId(shard), Sequence(sequence), record_of(event)};
}

inline MoneyMoved deposit_of(UserId user, Amount amount) {
  return {.type = EventType::deposited, .user = user, .amount = amount, .balance = amount};
}

}  // namespace hb::cli
