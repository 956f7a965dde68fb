// Shards on disks in memory, and the way between them, driven one step at a time.
//
// It does what engine/runtime's workers do: brings parcels of commands, carries messages and their
// acknowledgements between shards, fetches late replies.  But nothing happens by itself: each disk
// finishes its writes, and each parcel moves on, when the owner says so, and restart() stops all
// shards and starts them again from what their disks hold; what travelled then is lost.
//
// Threads: none.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "engine/ledger/policy.h"
#include "engine/shard/shard.h"
#include "tests/support/memory_storage.h"

namespace hb::model {

class EngineUnderTest {
 public:
  // With one refund a step at most, their order can be seen from outside.
  EngineUnderTest(std::uint16_t shard_count, const Policy& policy, std::uint64_t seed, Time now,
                  std::size_t refunds_per_step = 3);
  ~EngineUnderTest() { stop(); }
  EngineUnderTest(const EngineUnderTest&) = delete;
  EngineUnderTest& operator=(const EngineUnderTest&) = delete;

  std::uint16_t shard_count() const { return static_cast<std::uint16_t>(nodes_.size()); }
  Shard& shard(ShardId id) { return *nodes_[id.value].shard; }
  const Ledger& ledger(ShardId id) const { return nodes_[id.value].shard->ledger(); }
  ShardId home_of(PartitionId partition) const { return shard_of(partition, shard_count()); }

  // ---- commands

  // Hands the commands over.  `origin` is the worker that they came from.
  Parcel& bring(ShardId to, CommandBatch commands, std::uint16_t origin);

  // What one step did.
  struct Progress {
    struct Decided {
      Parcel* parcel = nullptr;
      std::size_t first = 0;  // of its commands
      std::size_t end = 0;
      std::size_t first_reply = 0;  // a command that is answered late has none here
      std::size_t end_reply = 0;
    };
    std::vector<std::pair<ShardId, Message>> arrived;  // new to the shard, in order, with source
    std::vector<Decided> decided;
    bool more = false;
  };
  // Valid until the next step of this shard.
  const Progress& step(ShardId id, Time now);

  // The last step left something to do at once.
  bool has_more(ShardId id) const { return nodes_[id.value].progress.more; }
  // Every command that was brought is decided, and everything is durable.
  bool at_rest(ShardId id) const;

  // Parcels whose replies may leave.  The pointers are good until the next call.
  const std::vector<Parcel*>& finished(ShardId id);
  // Late replies that may leave.
  ReplyBatch late_replies(ShardId from, std::uint16_t origin);

  // ---- disks

  // Everything that the shard's disk was asked for is done; the next step sees it.
  void finish_writes(ShardId id) { nodes_[id.value].storage->complete_all(); }
  // The shard's journal, to be read; open files end with a restart.
  Storage& storage(ShardId id) { return *nodes_[id.value].storage; }

  // ---- the way between shards: each moves one parcel a stage on.  False when there is none.

  bool post(ShardId from, ShardId to);     // from the source's outbox onto the way
  bool hand_in(ShardId from, ShardId to);  // off the way, into the target
  bool acknowledge(ShardId to);            // from the target, durable, back to the source

  // Nothing is on a way, and no shard has anything to tell another.
  bool quiet();

  // ---- restart

  void restart(const Policy& policy, Time now);

 private:
  struct Node {
    std::unique_ptr<test::MemoryStorage> storage;
    std::unique_ptr<Shard> shard;
    std::deque<std::unique_ptr<Parcel>> parcels;           // brought, not finished
    std::deque<std::unique_ptr<MessageParcel>> handed_in;  // not acknowledged
    std::vector<std::unique_ptr<Parcel>> done;
    std::vector<Parcel*> finished;
    Progress progress;
  };
  using Way = std::pair<ShardId, ShardId>;

  void open(std::uint16_t number, Time now);
  void stop();
  void note_arrivals(ShardId to, Node& node);
  void note_decisions(Node& node);

  Policy policy_;
  std::uint64_t entropy_;
  std::size_t refunds_per_step_;
  std::vector<Node> nodes_;
  std::map<Way, std::deque<std::unique_ptr<MessageParcel>>> ways_;  // posted, not handed in
  std::map<Way, Sequence> last_applied_;  // messages up to here are not new to the target
  std::map<const MessageParcel*, std::size_t> seen_;    // messages of it that are told
  std::map<const Parcel*, Progress::Decided> decided_;  // what of it is told
};

}  // namespace hb::model
