// Some shards on disks in memory, and by hand what workers do between them: parcels of commands,
// messages, acknowledgements, late replies; a clock that the test moves, and power cuts.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "engine/base/partition.h"
#include "engine/shard/shard.h"
#include "tests/support/memory_storage.h"

namespace hb::test {

inline constexpr Time start{1'700'000'000'000'000};

// A reply with its variable parts, as the connection gets them.
struct Told {
  Reply reply{};
  ReplyBatch batch{};

  Status status() const { return reply.status; }
  template <class A>
  const A& answer() const {
    return std::get<A>(reply.answer);
  }
  const CaseRecord& case_record() const { return batch.cases.at(answer<CaseAnswer>().index); }
};

class Shards {
 public:
  explicit Shards(std::uint16_t count, const Policy& policy = {}, const ShardOptions& options = {})
      : policy_(policy), options_(options), nodes_(count) {
    for (std::uint16_t s = 0; s < count; ++s) open(s);
  }

  // ---- users and keys ---------------------------------------------------------------------------

  std::uint16_t count() const { return static_cast<std::uint16_t>(nodes_.size()); }
  UserId user_on(std::uint16_t s, std::uint64_t from) const {
    while (shard_of(partition_of(UserId{from}), count()).value != s) ++from;
    return UserId{from};
  }
  Key128 key() { return {++keys_, 1}; }

  // ---- what workers do --------------------------------------------------------------------------

  // The command goes to the shard that decides it; its number tells its reply.  Recipients and the
  // note are the command's own.
  std::uint64_t hand_over(Command command, const std::vector<UserId>& recipients = {},
                          std::string_view note = "why") {
    const std::uint64_t request = ++requests_;
    Parcel& parcel = *parcels_.emplace_back(std::make_unique<Parcel>());
    parcel.commands.notes.push_back(Note(note));
    parcel.commands.users = recipients;
    if (auto* sends = std::get_if<SendPacket>(&command)) {
      sends->recipients_count = static_cast<std::uint32_t>(recipients.size());
    }
    const std::uint16_t s = home_of(command);
    parcel.commands.commands.push_back(
        {.reply_to = {1, request}, .deadline = deadline, .command = command});
    nodes_[s].shard->accept(&parcel);
    return request;
  }
  std::uint64_t hand_over(const ClaimItem& claim) { return hand_over_batch({claim}); }
  // Claims of packets on one shard.
  std::uint64_t hand_over_batch(const std::vector<ClaimItem>& claims) {
    const std::uint64_t request = ++requests_;
    Parcel& parcel = *parcels_.emplace_back(std::make_unique<Parcel>());
    parcel.commands.claims = claims;
    parcel.commands.commands.push_back(
        {.reply_to = {1, request},
         .deadline = deadline,
         .command = ClaimBatch{0, static_cast<std::uint32_t>(claims.size())}});
    nodes_[shard_of(partition_of(claims.front().packet), count()).value].shard->accept(&parcel);
    return request;
  }
  // The reply, if it has come.
  std::optional<Told> take(std::uint64_t request) {
    const auto found = told_.find(request);
    if (found == told_.end()) return std::nullopt;
    return std::move(told_.extract(found).mapped());
  }

  // One turn of the worker of a shard, in its parts.
  void step(std::uint16_t s) {
    nodes_[s].shard->step(now);
    while (Parcel* parcel = nodes_[s].shard->finished()) hear(*parcel);
  }
  void send_messages(std::uint16_t s) {
    for (std::uint16_t target = 0; target < count(); ++target) {
      if (target == s) continue;
      auto parcel = std::make_unique<MessageParcel>();
      if (!nodes_[s].shard->collect_messages(ShardId{target}, *parcel)) continue;
      nodes_[target].shard->accept_messages(parcel.get());
      letters_.push_back(std::move(parcel));
    }
  }
  void acknowledge_messages(std::uint16_t s) {
    while (MessageParcel* parcel = nodes_[s].shard->finished_messages()) {
      nodes_[parcel->source.value].shard->acknowledge_messages(ShardId{s},
                                                               parcel->messages.back().sequence);
    }
  }
  void hear_late_replies(std::uint16_t s) {
    Parcel parcel;
    if (nodes_[s].shard->collect_late_replies(0, parcel)) hear(parcel);
  }
  // One turn of every worker, at the same time: what one sends the others see in their next.
  void turn() {
    for (std::uint16_t s = 0; s < count(); ++s) step(s);
    for (std::uint16_t s = 0; s < count(); ++s) {
      send_messages(s);
      acknowledge_messages(s);
      hear_late_replies(s);
    }
  }
  void settle() {
    for (int i = 0; i < 20; ++i) turn();
  }
  // The process dies, all shards at once, and starts again; replies that have not come never will.
  void crash(std::uint64_t seed) {
    for (Node& node : nodes_) node.storage.lose_power();
    for (Node& node : nodes_) node.shard.reset();
    told_.clear();
    letters_.clear();
    for (std::uint16_t s = 0; s < count(); ++s) {
      nodes_[s].storage.hold_completions(false);
      nodes_[s].storage.restart(seed + s);
      open(s);
    }
  }

  // ---- short forms ------------------------------------------------------------------------------

  Told wait_for(std::uint64_t request) {
    for (int i = 0; i < 1'000; ++i) {
      turn();
      if (std::optional<Told> told = take(request)) return *std::move(told);
    }
    ADD_FAILURE() << "the reply never came";
    return {};
  }
  Told ask(const Command& command, const std::vector<UserId>& recipients = {},
           std::string_view note = "why") {
    return wait_for(hand_over(command, recipients, note));
  }
  ClaimAnswer claim(PacketId packet, UserId user) {
    return wait_for(hand_over(ClaimItem{packet, user})).batch.claims.at(0);
  }
  void fund(UserId user, std::int64_t fen) {
    EXPECT_EQ(ask(OpenWallet{key(), user, {}}).status(), Status::ok);
    EXPECT_EQ(ask(Deposit{key(), user, Amount{fen}}).status(), Status::ok);
  }
  PacketId send(const SendPacket& command, const std::vector<UserId>& recipients = {}) {
    const Told told = ask(command, recipients);
    EXPECT_EQ(told.status(), Status::ok) << name(told.status());
    return told.status() == Status::ok ? told.answer<SendAnswer>().packet : PacketId{};
  }
  PacketId send(const SendTransfer& command) {
    const Told told = ask(command);
    EXPECT_EQ(told.status(), Status::ok) << name(told.status());
    return told.status() == Status::ok ? told.answer<TransferAnswer>().transfer : PacketId{};
  }
  CaseId open_case(PacketId subject, UserId user) {
    const Told told = ask(OpenCase{key(), subject, user, Operator("op-1"), 0});
    EXPECT_EQ(told.status(), Status::ok) << name(told.status());
    return told.case_record().case_id;
  }
  // 0 for a user without a wallet.
  std::int64_t balance(UserId user) {
    const Told told = ask(ShowWallet{user});
    return told.status() == Status::ok ? told.answer<WalletAnswer>().balance.fen() : 0;
  }
  ShareState share_state(PacketId packet) {
    return ask(ShowPacket{packet}).batch.share_states.at(0);
  }
  TransferState transfer_state(PacketId transfer) {
    return ask(ShowTransfer{transfer}).answer<TransferAnswer>().state;
  }

  // The shard starts once more, on a journal of these events alone.
  template <class Event>
  void write_journal(std::uint16_t s, const std::vector<Event>& events) {
    nodes_[s].shard.reset();
    nodes_[s].storage = MemoryStorage();
    auto opened =
        journal::Writer::open(nodes_[s].storage, {ShardId{s}, count()}, journal_options, {});
    ASSERT_TRUE(opened) << opened.error().message;
    journal::Writer& writer = **opened;
    for (int i = 0; i < 3; ++i) writer.poll();
    for (const Event& event : events) {
      ASSERT_GE(writer.room_bytes(), sizeof event);
      std::memcpy(writer.append(event.units), &event, event.units * limits::record_unit_bytes);
    }
    writer.flush();
    while (!writer.idle()) writer.poll();
    opened->reset();
    open(s);
  }

  MemoryStorage& storage(std::uint16_t s) { return nodes_[s].storage; }
  Shard& shard(std::uint16_t s) { return *nodes_[s].shard; }
  std::vector<std::uint64_t> hashes() const {
    std::vector<std::uint64_t> all;
    for (const Node& node : nodes_) all.push_back(node.shard->ledger().state_hash());
    return all;
  }
  // Each shard's books balance, and what left one has come to another.
  void expect_nothing_in_flight() const {
    AmountSum sent, received;
    for (const Node& node : nodes_) {
      const Totals& totals = node.shard->ledger().totals();
      EXPECT_TRUE(totals.balanced());
      sent += totals.sent;
      received += totals.received;
    }
    EXPECT_EQ(sent, received);
  }

  Time now = start;
  Time deadline{};  // that commands bring from now on; 0: none

 private:
  // Small, so that a crash is soon over.
  static constexpr journal::WriterOptions journal_options{
      .segment_bytes = 1 << 20, .block_bytes_max = 64 << 10, .block_count = 4, .in_flight_max = 2};

  struct Node {
    MemoryStorage storage;
    std::unique_ptr<Shard> shard;
  };

  void open(std::uint16_t s) {
    ShardOptions options = options_;
    options.shard = ShardId{s};
    options.shard_count = count();
    options.journal = journal_options;
    auto opened = Shard::open(nodes_[s].storage, options, policy_, PrfKey{s, ++starts_}, now, {});
    ASSERT_TRUE(opened) << opened.error().message;
    nodes_[s].shard = std::move(*opened);
    for (int i = 0; i < 3; ++i) nodes_[s].shard->step(now);
  }

  void hear(const Parcel& parcel) {
    for (const Reply& reply : parcel.replies.replies) {
      EXPECT_FALSE(told_.contains(reply.to.request)) << "answered twice";
      told_[reply.to.request] = {reply, parcel.replies};
    }
  }

  std::uint16_t home_of(const Command& command) const {
    const PartitionId home = std::visit([](const auto& c) { return owner_of(c); }, command);
    return shard_of(home, count()).value;
  }
  template <class C>
  static PartitionId owner_of(const C& c) {
    if constexpr (requires { c.packet; }) {
      return partition_of(c.packet);
    } else if constexpr (requires { c.transfer; }) {
      return partition_of(c.transfer);
    } else if constexpr (requires { c.subject; }) {
      return partition_of(c.subject);
    } else if constexpr (requires { c.case_id; }) {
      return partition_of(c.case_id);
    } else if constexpr (requires { c.sender; }) {
      return partition_of(c.sender);
    } else if constexpr (requires { c.user; }) {
      return partition_of(c.user);
    } else {
      return PartitionId{};  // of the first shard
    }
  }

  Policy policy_;
  ShardOptions options_;
  std::vector<Node> nodes_;
  std::vector<std::unique_ptr<Parcel>> parcels_;
  std::vector<std::unique_ptr<MessageParcel>> letters_;
  std::map<std::uint64_t, Told> told_;
  std::uint64_t requests_ = 0;
  std::uint64_t keys_ = 0;
  std::uint64_t starts_ = 0;
};

}  // namespace hb::test
