#include "tests/unit/engine/archive/archive_fixture.h"

#include <fmt/format.h>

#include "engine/journal/follower.h"

namespace hb::archive {

using test::Shards;

Sequence durable_of(Shards& shards, std::uint16_t shard) {
  return shards.shard(shard).figures().durable;
}

std::vector<JournalSource> sources_of(Shards& shards) {
  std::vector<JournalSource> sources;
  for (std::uint16_t s = 0; s < shards.count(); ++s) {
    sources.push_back({.storage = &shards.storage(s),
                       .identity = {ShardId(s), shards.count()},
                       .durable = [&shards, s] { return durable_of(shards, s); }});
  }
  return sources;
}

// ---- Archived -----------------------------------------------------------------------------------

Archived::Archived(std::vector<JournalSource> sources, std::uint32_t page_rows_max)
    : sources_(std::move(sources)), page_rows_max_(page_rows_max) {
  open();
}

void Archived::open() {
  auto opened = Archive::open(directory(), static_cast<std::uint16_t>(sources_.size()));
  ASSERT_TRUE(opened) << opened.error().message;
  archive_ = std::move(*opened);
}

void Archived::start_over() {
  close();
  ASSERT_TRUE(Archive::destroy(directory()));
  open();
}

void Archived::index(std::uint16_t shard, Sequence through) {
  Indexer indexer(*archive_, static_cast<std::uint16_t>(sources_.size()), batch_events_);
  const JournalSource& source = sources_[shard];
  const auto mark = archive_->mark(ShardId(shard));
  ASSERT_TRUE(mark) << mark.error().message;
  journal::Follower follower(*source.storage, source.identity, Sequence(mark->last.value + 1));
  for (;;) {
    const auto block = follower.next(through);
    ASSERT_TRUE(block) << block.error().message;
    if (!*block) break;
    const auto added = indexer.add(ShardId(shard), **block);
    ASSERT_TRUE(added) << added.error().message;
  }
  const auto written = indexer.commit();
  ASSERT_TRUE(written) << written.error().message;
}

void Archived::index_all() {
  for (std::uint16_t s = 0; s < sources_.size(); ++s) index(s);
}

QueryReply Archived::reply(const Query& query) {
  std::vector<Sequence> durable;
  for (const JournalSource& source : sources_) durable.push_back(source.durable());
  const Records records(*archive_, static_cast<std::uint16_t>(sources_.size()), page_rows_max_);
  auto reply = records.answer(query, durable);
  if (reply) return *std::move(reply);
  ADD_FAILURE() << reply.error().message;
  return {.status = Status::records_unavailable};
}

std::map<std::string, std::string> Archived::content() {
  std::map<std::string, std::string> all;
  const auto read = archive_->view().forward("", "", [&](std::string_view k, std::string_view v) {
    all.emplace(k, v);
    return true;
  });
  EXPECT_TRUE(read);
  return all;
}

// ---- lines --------------------------------------------------------------------------------------

std::vector<std::string> lines_of(const SentPage& page) {
  std::vector<std::string> lines;
  for (const SentEntry& e : page.entries) {
    lines.push_back(fmt::format(
        "{} transfer {} kind {} state {} {} to {}: {} in {}, claimed {} in {}, refunded {}, "
        "returned {}, at {}, '{}' '{}'",
        e.packet.value, e.is_transfer, int(e.kind), int(e.state), int(e.transfer_state),
        e.recipient.value, e.total.fen(), e.share_count, e.claimed.fen(), e.claimed_count,
        e.refunded.fen(), e.returned.fen(), e.sent_at.us(), e.remark.view(), e.group.view()));
  }
  return lines;
}

std::vector<std::string> lines_of(const ReceivedPage& page) {
  std::vector<std::string> lines;
  for (const ReceivedEntry& e : page.entries) {
    lines.push_back(fmt::format("{} transfer {} from {}: {} state {} at {} '{}'", e.packet.value,
                                e.is_transfer, e.sender.value, e.amount.fen(), int(e.state),
                                e.received_at.us(), e.remark.view()));
  }
  return lines;
}

std::vector<std::string> lines_of(const StatementPage& page) {
  std::vector<std::string> lines;
  for (const Movement& m : page.movements) {
    lines.push_back(fmt::format("{} at {} cause {} of {}: {}, then {}", m.sequence.value, m.at.us(),
                                int(m.cause), m.packet.value, m.amount.fen(), m.balance.fen()));
  }
  return lines;
}

std::vector<std::string> lines_of(const HistoryPage& page) {
  std::vector<std::string> lines;
  for (const HistoryRecord& r : page.records) {
    lines.push_back(fmt::format("{} {} {}", r.shard.value, r.sequence.value, to_hex(r.record)));
  }
  return lines;
}

// ---- Scene --------------------------------------------------------------------------------------

Scene::Scene() {
  shards.fund(anna, 10'000);
  shards.fund(bert, 5'000);
  lucky = shards.send(SendPacket{.key = shards.key(),
                                 .sender = anna,
                                 .total = Amount(1'000),
                                 .share_count = 3,
                                 .remark = Remark("gong xi"),
                                 .group = Group("family")});
  bert_fen = shards.claim(lucky, bert).amount_fen;
  cleo_fen = shards.claim(lucky, cleo).amount_fen;
  shards.now = shards.now + Duration::seconds(1);
  transfer = shards.send(SendTransfer{.key = shards.key(),
                                      .sender = bert,
                                      .recipient = cleo,
                                      .amount = Amount(700),
                                      .arrives_after = {},
                                      .remark = Remark("rent")});
  EXPECT_EQ(shards.ask(AcceptTransfer{shards.key(), transfer, cleo}).status(), Status::ok);
  shards.now = shards.now + Duration::seconds(1);
  // From shard to shard and back, each step later than the one before.
  const std::uint64_t returned = shards.hand_over(ReturnShare{shards.key(), lucky, bert});
  for (int i = 0; i < 10; ++i) {
    shards.now = shards.now + Duration::ms(1);
    shards.turn();
  }
  EXPECT_EQ(shards.take(returned)->status(), Status::ok);
  shards.now = shards.now + Duration::seconds(1);
  recalled = shards.send(SendPacket{.key = shards.key(),
                                    .sender = anna,
                                    .total = Amount(300),
                                    .share_count = 3,
                                    .recallable = true});
  recalled_bert_fen = shards.claim(recalled, bert).amount_fen;
  EXPECT_EQ(shards.ask(RecallPacket{shards.key(), recalled, anna}).status(), Status::ok);
  lucky_case = shards.open_case(lucky, cleo);
  EXPECT_EQ(
      shards.ask(ResolveCase{shards.key(), lucky_case, Decision::refuse, {}, Operator("op-2"), 0})
          .status(),
      Status::ok);
  shards.now = shards.now + Duration::hours(25);
  shards.settle();
}

}  // namespace hb::archive
