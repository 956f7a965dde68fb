// How much of a connection's window a command takes: about one for each row that its frame or its
// answer carries, so that the window bounds memory.  schema/README.md tells clients the same.
//
// A claim takes 1, a batch of claims as many as it has.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/limits.h"
#include "engine/ledger/commands.h"

namespace hb::net {

// Named users are a third as large as a claim's row, and there are seldom any.
inline constexpr std::uint32_t recipients_per_weight = 16;

template <class Command>
constexpr std::uint32_t weight_of(const Command&) {
  return 1;
}

constexpr std::uint32_t weight_of(const ShowPacket&) {
  return limits::packet_shares_max;
}

constexpr std::uint32_t weight_of(const ListPayouts& command) {
  return std::clamp<std::uint32_t>(command.count_max, 1, limits::page_rows_max);
}

constexpr std::uint32_t weight_of(const SendPacket& command) {
  return 1 + command.recipients_count / recipients_per_weight;
}

}  // namespace hb::net
