#include "tests/model/engine_under_test.h"

#include <string>

#include "engine/base/assert.h"
#include "engine/base/partition.h"

namespace hb::model {

namespace {

// Small, so that blocks are full, segments end and commands wait for room.
constexpr journal::WriterOptions small_journal{
    .segment_bytes = 1 << 20, .block_bytes_max = 32 << 10, .block_count = 8, .in_flight_max = 4};

}  // namespace

EngineUnderTest::EngineUnderTest(std::uint16_t shard_count, const Policy& policy,
                                 std::uint64_t seed, Time now, std::size_t refunds_per_step)
    : policy_(policy), entropy_(seed), refunds_per_step_(refunds_per_step), nodes_(shard_count) {
  for (std::uint16_t s = 0; s < shard_count; ++s) {
    nodes_[s].storage = std::make_unique<test::MemoryStorage>();
    open(s, now);
  }
}

void EngineUnderTest::open(std::uint16_t number, Time now) {
  Node& node = nodes_[number];
  const ShardOptions options{.shard = ShardId{number},
                             .shard_count = shard_count(),
                             .refunds_per_step = refunds_per_step_,
                             .journal = small_journal};
  auto opened = Shard::open(*node.storage, options, policy_, PrfKey{++entropy_, number}, now, {});
  if (!opened) assertion_failed(opened.error().message.c_str(), __FILE__, __LINE__);
  node.shard = std::move(*opened);
  node.storage->hold_completions(true);
}

// A shard waits for its writes when it ends.
void EngineUnderTest::stop() {
  for (Node& node : nodes_) {
    node.storage->hold_completions(false);
    node.storage->complete_all();
    node.shard.reset();
  }
}

void EngineUnderTest::restart(const Policy& policy, Time now) {
  stop();
  policy_ = policy;
  ways_.clear();
  seen_.clear();
  decided_.clear();
  for (Node& node : nodes_) {
    node.parcels.clear();
    node.handed_in.clear();
    node.done.clear();
    node.finished.clear();
    node.progress = {};
    node.storage->restart(0);
  }
  for (std::uint16_t s = 0; s < shard_count(); ++s) open(s, now);
}

// ---- commands -----------------------------------------------------------------------------------

Parcel& EngineUnderTest::bring(ShardId to, CommandBatch commands, std::uint16_t origin) {
  Node& node = nodes_[to.value];
  Parcel& parcel = *node.parcels.emplace_back(std::make_unique<Parcel>());
  parcel.commands = std::move(commands);
  parcel.origin = origin;
  decided_[&parcel].parcel = &parcel;
  node.shard->accept(&parcel);
  return parcel;
}

const EngineUnderTest::Progress& EngineUnderTest::step(ShardId id, Time now) {
  Node& node = nodes_[id.value];
  node.progress.arrived.clear();
  node.progress.decided.clear();
  node.progress.more = node.shard->step(now);
  note_arrivals(id, node);
  note_decisions(node);
  return node.progress;
}

void EngineUnderTest::note_arrivals(ShardId to, Node& node) {
  for (const auto& parcel : node.handed_in) {
    Sequence& last = last_applied_[{parcel->source, to}];
    std::size_t& seen = seen_[parcel.get()];
    for (; seen < parcel->next_message; ++seen) {
      const Message& message = parcel->messages[seen];
      if (message.sequence <= last) continue;  // sent again after a restart
      last = message.sequence;
      node.progress.arrived.emplace_back(parcel->source, message);
    }
  }
}

void EngineUnderTest::note_decisions(Node& node) {
  for (const auto& parcel : node.parcels) {
    Progress::Decided& told = decided_.at(parcel.get());
    told.first = told.end;
    told.first_reply = told.end_reply;
    told.end = parcel->next_command;
    told.end_reply = parcel->replies.replies.size();
    if (told.first != told.end) node.progress.decided.push_back(told);
  }
}

bool EngineUnderTest::at_rest(ShardId id) const {
  const Node& node = nodes_[id.value];
  return node.parcels.empty() && node.shard->journal().idle();
}

const std::vector<Parcel*>& EngineUnderTest::finished(ShardId id) {
  Node& node = nodes_[id.value];
  node.finished.clear();
  node.done.clear();
  while (Parcel* parcel = node.shard->finished()) {
    HB_ASSERT(!node.parcels.empty() && node.parcels.front().get() == parcel);
    node.finished.push_back(parcel);
    node.done.push_back(std::move(node.parcels.front()));
    node.parcels.pop_front();
    decided_.erase(parcel);
  }
  return node.finished;
}

ReplyBatch EngineUnderTest::late_replies(ShardId from, std::uint16_t origin) {
  Parcel parcel;
  nodes_[from.value].shard->collect_late_replies(origin, parcel);
  return parcel.replies;
}

// ---- the way between shards ---------------------------------------------------------------------

bool EngineUnderTest::post(ShardId from, ShardId to) {
  auto parcel = std::make_unique<MessageParcel>();
  if (!shard(from).collect_messages(to, *parcel)) return false;
  ways_[{from, to}].push_back(std::move(parcel));
  return true;
}

bool EngineUnderTest::hand_in(ShardId from, ShardId to) {
  auto& way = ways_[{from, to}];
  if (way.empty()) return false;
  shard(to).accept_messages(way.front().get());
  nodes_[to.value].handed_in.push_back(std::move(way.front()));
  way.pop_front();
  return true;
}

bool EngineUnderTest::acknowledge(ShardId to) {
  MessageParcel* parcel = shard(to).finished_messages();
  if (parcel == nullptr) return false;
  auto& handed_in = nodes_[to.value].handed_in;
  HB_ASSERT(!handed_in.empty() && handed_in.front().get() == parcel);
  shard(parcel->source).acknowledge_messages(to, parcel->messages.back().sequence);
  seen_.erase(parcel);
  handed_in.pop_front();
  return true;
}

bool EngineUnderTest::quiet() {
  for (const auto& [ends, way] : ways_) {
    if (!way.empty()) return false;
  }
  for (const Node& node : nodes_) {
    if (!node.handed_in.empty()) return false;
    for (std::uint16_t to = 0; to < shard_count(); ++to) {
      if (node.shard->ledger().outbox(ShardId{to}).size() > 0) return false;
    }
  }
  return true;
}

}  // namespace hb::model
