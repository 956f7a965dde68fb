// How much of a connection's window a command takes: about one for each row that its frame or its
// answer carries, so that the window bounds memory.  schema/README.md tells clients the same.
//
// A claim takes 1, a batch of claims as many as it has.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/archive/queries.h"
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

constexpr std::uint32_t page_weight(std::uint32_t count_max) {
  return std::clamp<std::uint32_t>(count_max, 1, limits::page_rows_max);
}

constexpr std::uint32_t weight_of(const ListPayouts& command) {
  return page_weight(command.count_max);
}

constexpr std::uint32_t weight_of(const SendPacket& command) {
  return 1 + command.recipients_count / recipients_per_weight;
}

// ---- queries of the records ---------------------------------------------------------------------

// A page of a feed is as large as a few hundred claims, but somebody who waits at its end for hours
// must not hold the window of those who do not.
inline constexpr std::uint32_t feed_weight = 16;

constexpr std::uint32_t weight_of(const archive::ListSent& query) {
  return page_weight(query.count_max);
}

constexpr std::uint32_t weight_of(const archive::ListReceived& query) {
  return page_weight(query.count_max);
}

constexpr std::uint32_t weight_of(const archive::ListStatement& query) {
  return page_weight(query.count_max);
}

constexpr std::uint32_t weight_of(const archive::ShowHistory&) {
  return limits::page_rows_max;
}

constexpr std::uint32_t weight_of(const archive::CaseBundle&) {
  return limits::page_rows_max;
}

constexpr std::uint32_t weight_of(const archive::ReadFeed&) {
  return feed_weight;
}

}  // namespace hb::net
