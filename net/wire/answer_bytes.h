// The most bytes that an answer takes on the wire, frame included: what a session keeps free for it
// before it takes the request, so that answers which are not read stay within a bound.
//
// Upper bounds, each a little above what the encoder makes of the largest texts and row counts.
//
// Units: bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/archive/queries.h"
#include "engine/base/limits.h"
#include "engine/ledger/commands.h"
#include "net/wire/weight.h"

namespace hb::net {

// A refusal with the longest sentence, a pong, a claim.
inline constexpr std::size_t small_answer_bytes = 384;
// One row with all its texts: a wallet, a packet, a transfer.
inline constexpr std::size_t row_answer_bytes = 1024;
// What a page needs beside its rows; as_of has a row for each shard.
inline constexpr std::size_t page_head_bytes = 512 + 24UL * limits::shards_max;

template <class Command>
constexpr std::size_t answer_bytes_max(const Command&) {
  return row_answer_bytes;
}

constexpr std::size_t claims_answer_bytes_max(std::size_t claims) {
  return small_answer_bytes + claims * sizeof(ClaimAnswer);
}

// Claims with a code are answered like other claims.
constexpr std::size_t answer_bytes_max(const ClaimWithCode&) {
  return small_answer_bytes;
}

constexpr std::size_t answer_bytes_max(const ShowPacket&) {
  constexpr std::size_t claim_bytes = sizeof(PacketClaim) + sizeof(ShareState);
  return row_answer_bytes + limits::packet_shares_max * claim_bytes +
         limits::packet_recipients_max * sizeof(UserId);
}

// Two notes and two operators.
inline constexpr std::size_t case_answer_bytes =
    row_answer_bytes + 2 * (limits::note_bytes_max + limits::operator_bytes_max);

constexpr std::size_t answer_bytes_max(const OpenCase&) {
  return case_answer_bytes;
}
constexpr std::size_t answer_bytes_max(const ResolveCase&) {
  return case_answer_bytes;
}
constexpr std::size_t answer_bytes_max(const ShowCase&) {
  return case_answer_bytes;
}

constexpr std::size_t page_bytes_max(std::uint32_t count_max, std::size_t row_bytes) {
  return page_head_bytes + page_weight(count_max) * row_bytes;
}

constexpr std::size_t answer_bytes_max(const ListPayouts& command) {
  return page_bytes_max(command.count_max, 96 + 2 * limits::reference_bytes_max);
}

// ---- queries of the records ---------------------------------------------------------------------

constexpr std::size_t answer_bytes_max(const archive::ListSent& query) {
  return page_bytes_max(query.count_max, 176 + limits::remark_bytes_max + limits::group_bytes_max);
}

constexpr std::size_t answer_bytes_max(const archive::ListReceived& query) {
  return page_bytes_max(query.count_max, 112 + limits::remark_bytes_max);
}

constexpr std::size_t answer_bytes_max(const archive::ListStatement& query) {
  return page_bytes_max(query.count_max, 96);
}

constexpr std::size_t answer_bytes_max(const archive::ShowHistory& query) {
  constexpr std::size_t record_bytes = limits::record_bytes_max + 64;
  return page_head_bytes + std::min(page_weight(query.count_max) * record_bytes,
                                    archive::history_bytes_max + record_bytes);
}

constexpr std::size_t answer_bytes_max(const archive::CaseBundle&) {
  return page_head_bytes + archive::history_bytes_max + limits::record_bytes_max + 64;
}

constexpr std::size_t answer_bytes_max(const archive::ReadFeed& query) {
  return page_head_bytes + archive::feed_page_bytes_max(query) + limits::record_bytes_max;
}

}  // namespace hb::net
