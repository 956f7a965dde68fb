// The indexer: what the archive keeps of each event.
//
// It takes the blocks of all shards, each shard's in order, and gathers keys for one batch; what
// it must know of earlier events (who sent a packet, what a case is about) it finds in the batch's
// own notes or in the archive.  Keys are only ever added, but for a wallet's balance, into which
// amounts are merged; since the batch also holds the marks, and events up to a mark are passed
// over, nothing is ever merged twice.  A batch may end within a block.
//
// Cost:    2 to 4 keys an event, some 200 bytes.
// Threads: one.
// Errors:  as the archive's; damaged when an event refers to something that no event made.
#pragma once

#include <rocksdb/write_batch.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "engine/archive/archive.h"
#include "engine/archive/background.h"
#include "engine/archive/queries.h"
#include "engine/base/result.h"
#include "engine/journal/reader.h"
#include "engine/ledger/events.h"

namespace hb::archive {

// What a value of kind 'p' says.
struct Parties {
  UserId sender{};
  UserId recipient{};  // of a transfer; 0: it is a packet
};
std::string encode(const Parties& parties);
Parties decode_parties(std::string_view value);

// What a value of kind 'm' says; the sequence is in its key.
struct MovementRow {
  Time at{};
  EventType cause{};
  std::int64_t amount_fen = 0;
  PacketId packet{};
  // Money from another shard: the event there that sent it.
  ShardId source{};
  Sequence source_sequence{};
};
std::string encode(const MovementRow& row);
MovementRow decode_movement(std::string_view value);

class Indexer {
 public:
  // `archive` outlives the indexer.
  Indexer(Archive& archive, std::uint16_t shard_count, std::size_t batch_events)
      : archive_(&archive), shard_count_(shard_count), batch_events_(batch_events) {}

  // Adds what the archive keeps of the block's events; passes over those that it has already.
  // Writes each batch that gets full.  After a failure the indexer is used up.
  // REQUIRES: no event is missing between.
  Result<void> add(ShardId shard, const journal::BlockView& block);
  // Writes what has gathered.  After a failure the indexer is used up.
  Result<void> commit();

  // That were added, ever.
  std::uint64_t events() const { return events_; }

 private:
  struct Here {
    ShardId shard{};
    Sequence sequence{};
    const EventHeader* record = nullptr;
    std::uint8_t part = 0;  // movements that this event has made so far
  };

  Result<Mark*> reached(ShardId shard);
  Result<void> add(ShardId shard, const journal::Record& record);
  void index(Here& here, const MoneyMoved& event);
  void index(Here& here, const PacketSent& event);
  void index(Here& here, const Claimed& event);
  void index(Here& here, const TransferSent& event);
  void index(Here& here, const CreditReceived& event);
  void index(Here& here, const DebitDecided& event);
  void index(Here& here, const CaseOpened& event);
  Result<void> index(Here& here, const CaseResolved& event);
  Result<void> index_refund(Here& here, PacketId packet, Amount amount, RefundRoute route);
  Result<void> index_arrival(Here& here, PacketId transfer, Amount amount);
  Result<void> index(Here& here, const TransferClosed& event);
  Result<void> index(Here& here, const ReturnSettled& event);

  void concern(CaseId case_id, UserId user);
  void keep(const Here& here, PacketId packet);
  void keep_of_wallet(const Here& here, UserId user);
  void list(char kind, const Here& here, UserId user, PacketId packet);
  void move(Here& here, UserId user, std::int64_t amount_fen, PacketId packet, ShardId source = {},
            Sequence source_sequence = {});
  // Money to a user of any shard.
  void pay(Here& here, UserId user, Amount amount, PacketId packet);
  void know(PacketId packet, const Parties& parties);
  Result<Parties> parties_of(PacketId packet) const;

  Archive* archive_;
  std::uint16_t shard_count_;
  std::size_t batch_events_;
  rocksdb::WriteBatch batch_;
  std::size_t gathered_ = 0;                           // events in it
  std::unordered_map<PacketId, Parties> new_parties_;  // of this batch
  std::unordered_map<CaseId, PacketId> new_cases_;
  std::unordered_map<ShardId, Mark> reached_;  // by what was added
  std::uint64_t events_ = 0;
  Pace pace_;
};

}  // namespace hb::archive
