// What can be asked of the records, and what they answer: plain data on both sides.
//
// Records are views that an indexer builds from the journals, a little behind them; every page says
// as_of which event of each shard it is true.  Lists are paged newest first by an opaque cursor:
// what was there at the first page comes exactly once, whatever arrives meanwhile.
//
// Units:   Amount fen, Time and Duration microseconds.
// Errors:  a refusal is a Status with its limit in QueryReply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"
#include "engine/ledger/events.h"
#include "engine/ledger/status.h"

namespace hb::archive {

inline constexpr std::size_t cursor_bytes_max = 64;
using Cursor = ShortText<cursor_bytes_max>;  // empty: the first page; empty in an answer: the last

// ---- queries ------------------------------------------------------------------------------------

struct ListSent {
  UserId user{};
  Cursor cursor{};
  std::uint32_t count_max = 0;
};

struct ListReceived {
  UserId user{};
  Cursor cursor{};
  std::uint32_t count_max = 0;
};

struct ListStatement {
  UserId user{};
  Cursor cursor{};
  std::uint32_t count_max = 0;
};

// Every event about a packet or transfer, oldest first.
struct ShowHistory {
  PacketId packet{};
  Cursor cursor{};
  std::uint32_t count_max = 0;
};

// Every event that a case is about: its own, its subject's, and what support did to the wallets of
// its sender and its user.  Oldest first; what does not fit the answer, ShowHistory of the subject
// tells from the answer's cursor on.
struct CaseBundle {
  CaseId case_id{};
};

// A shard's durable events from `from` on, as many as fit bytes_max; when there are none yet, what
// comes within `wait`.
struct ReadFeed {
  ShardId shard{};
  Sequence from{};
  std::uint32_t bytes_max = 0;
  Duration wait{};
};

// What a page of the feed may hold, in bytes of records: with its head it fits a frame.
inline constexpr std::uint32_t feed_bytes_max = 512 * 1024;
// The same where the query may wait: the room for such a page stays reserved on the connection for
// as long as the query waits.
inline constexpr std::uint32_t feed_waiting_bytes_max = 64 * 1024;

// The bound of the records that answer this query; one record longer than it comes in any case.
constexpr std::uint32_t feed_page_bytes_max(const ReadFeed& query) {
  const std::uint32_t most = query.wait > Duration() ? feed_waiting_bytes_max : feed_bytes_max;
  return query.bytes_max == 0 || query.bytes_max > most ? most : query.bytes_max;
}

// What a history may hold so that it fits a frame, whatever the records are: their bytes and 64
// each. One record comes in any case.
inline constexpr std::size_t history_bytes_max = 512 * 1024;

using Query =
    std::variant<ListSent, ListReceived, ListStatement, ShowHistory, CaseBundle, ReadFeed>;

// ---- answers ------------------------------------------------------------------------------------

// Up to which event of a shard an answer is true, and how many durable ones are not in it yet.
struct AsOf {
  ShardId shard{};
  Sequence sequence{};
  std::uint64_t events_behind = 0;
};

struct SentEntry {
  PacketId packet{};
  bool is_transfer = false;
  PacketKind kind = PacketKind::lucky;  // of a packet
  PacketState state = PacketState::open;
  TransferState transfer_state = TransferState::pending;  // of a transfer
  UserId recipient{};
  Amount total{};
  std::uint16_t share_count = 0;
  std::uint16_t claimed_count = 0;
  Amount claimed{};
  Amount refunded{};
  Amount returned{};
  Time sent_at{};
  Remark remark{};
  Group group{};
};

struct ReceivedEntry {
  PacketId packet{};
  bool is_transfer = false;
  UserId sender{};
  Amount amount{};
  Time received_at{};
  ShareState state = ShareState::held;
  Remark remark{};
};

struct Movement {
  Sequence sequence{};  // of the event in the wallet's shard
  Time at{};
  EventType cause{};  // what moved it; for money from another shard, what happened there
  PacketId packet{};  // that it came from or went to, if any
  Amount amount{};    // negative: it left the wallet
  Amount balance{};   // after
};

// One record as the journal has it, without its secrets (secrets.h).
struct HistoryRecord {
  ShardId shard{};
  Sequence sequence{};
  std::vector<std::byte> record{};
};

struct SentPage {
  std::vector<SentEntry> entries{};
  Cursor next{};
  std::vector<AsOf> as_of{};
};

struct ReceivedPage {
  std::vector<ReceivedEntry> entries{};
  Cursor next{};
  std::vector<AsOf> as_of{};
};

struct StatementPage {
  std::vector<Movement> movements{};
  Cursor next{};
  std::vector<AsOf> as_of{};
};

struct HistoryPage {
  std::vector<HistoryRecord> records{};
  Cursor next{};
  std::vector<AsOf> as_of{};
};

struct FeedPage {
  ShardId shard{};
  Sequence first{};  // of the first record; without records, where the next one will be
  std::uint32_t count = 0;
  Sequence durable{};                // the last event that could have been read
  std::vector<std::byte> records{};  // one after the other, likewise
};

using QueryAnswer =
    std::variant<std::monostate, SentPage, ReceivedPage, StatementPage, HistoryPage, FeedPage>;

struct QueryReply {
  ReplyTo to{};
  Status status = Status::ok;
  std::int64_t limit = 0;
  QueryAnswer answer{};
};

struct QueryEnvelope {
  ReplyTo to{};
  Query query{};
};

}  // namespace hb::archive
