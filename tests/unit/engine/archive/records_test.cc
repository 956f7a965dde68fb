// Lists and statements of a scene that was played on two shards.
#include "engine/archive/records.h"

#include <algorithm>
#include <tuple>

#include "tests/unit/engine/archive/archive_fixture.h"

namespace hb::archive {
namespace {

class RecordsTest : public testing::Test {
 protected:
  void SetUp() override { archived_.index_all(); }

  Scene scene_;
  Archived archived_{sources_of(scene_.shards)};
};

using Row = std::tuple<EventType, PacketId, std::int64_t>;

std::vector<Row> rows_of(const StatementPage& page) {
  std::vector<Row> rows;
  for (const Movement& m : page.movements) rows.emplace_back(m.cause, m.packet, m.amount.fen());
  return rows;
}

// ---- what they tell -----------------------------------------------------------------------------

TEST_F(RecordsTest, SentListTellsEachPacketAsItStandsNewestFirst) {
  const SentPage page = archived_.sent(scene_.anna);
  ASSERT_EQ(page.entries.size(), 2u);
  EXPECT_TRUE(page.next.empty());
  const SentEntry& recalled = page.entries[0];
  EXPECT_EQ(recalled.packet, scene_.recalled);
  EXPECT_EQ(recalled.state, PacketState::recalled);
  EXPECT_EQ(recalled.claimed.fen(), scene_.recalled_bert_fen);
  EXPECT_EQ(recalled.refunded.fen(), 300 - scene_.recalled_bert_fen);
  const SentEntry& lucky = page.entries[1];
  EXPECT_EQ(lucky.packet, scene_.lucky);
  EXPECT_FALSE(lucky.is_transfer);
  EXPECT_EQ(lucky.kind, PacketKind::lucky);
  EXPECT_EQ(lucky.state, PacketState::refunded);
  EXPECT_EQ(lucky.total, Amount(1'000));
  EXPECT_EQ(lucky.share_count, 3);
  EXPECT_EQ(lucky.claimed_count, 2);
  EXPECT_EQ(lucky.claimed.fen(), scene_.bert_fen + scene_.cleo_fen);
  EXPECT_EQ(lucky.refunded.fen(), 1'000 - scene_.bert_fen - scene_.cleo_fen);
  EXPECT_EQ(lucky.returned.fen(), scene_.bert_fen);
  EXPECT_EQ(lucky.sent_at, test::start);
  EXPECT_EQ(lucky.remark.view(), "gong xi");
  EXPECT_EQ(lucky.group.view(), "family");
}

TEST_F(RecordsTest, SentListTellsTransfers) {
  const SentPage page = archived_.sent(scene_.bert);
  ASSERT_EQ(page.entries.size(), 1u);
  const SentEntry& transfer = page.entries[0];
  EXPECT_EQ(transfer.packet, scene_.transfer);
  EXPECT_TRUE(transfer.is_transfer);
  EXPECT_EQ(transfer.transfer_state, TransferState::arrived);
  EXPECT_EQ(transfer.recipient, scene_.cleo);
  EXPECT_EQ(transfer.total, Amount(700));
  EXPECT_EQ(transfer.remark.view(), "rent");
}

TEST_F(RecordsTest, ReceivedListTellsWhatBecameOfEachShare) {
  const ReceivedPage page = archived_.received(scene_.bert);
  ASSERT_EQ(page.entries.size(), 2u);
  EXPECT_EQ(page.entries[0].packet, scene_.recalled);
  EXPECT_EQ(page.entries[0].amount.fen(), scene_.recalled_bert_fen);
  EXPECT_EQ(page.entries[0].state, ShareState::held);
  EXPECT_EQ(page.entries[1].packet, scene_.lucky);
  EXPECT_EQ(page.entries[1].sender, scene_.anna);
  EXPECT_EQ(page.entries[1].amount.fen(), scene_.bert_fen);
  EXPECT_EQ(page.entries[1].state, ShareState::returned);
  EXPECT_EQ(page.entries[1].received_at, test::start);
  EXPECT_EQ(page.entries[1].remark.view(), "gong xi");
}

TEST_F(RecordsTest, ReceivedListTellsTransfers) {
  const ReceivedPage page = archived_.received(scene_.cleo);
  ASSERT_EQ(page.entries.size(), 2u);
  EXPECT_EQ(page.entries[0].packet, scene_.transfer);
  EXPECT_TRUE(page.entries[0].is_transfer);
  EXPECT_EQ(page.entries[0].sender, scene_.bert);
  EXPECT_EQ(page.entries[0].amount, Amount(700));
  EXPECT_EQ(page.entries[1].packet, scene_.lucky);
  EXPECT_EQ(page.entries[1].amount.fen(), scene_.cleo_fen);
}

TEST_F(RecordsTest, StatementTellsEveryMovementNewestFirst) {
  const std::int64_t rest = 1'000 - scene_.bert_fen - scene_.cleo_fen;
  const std::vector<Row> expected{
      {EventType::refunded, scene_.lucky, rest},
      {EventType::packet_recalled, scene_.recalled, 300 - scene_.recalled_bert_fen},
      {EventType::packet_sent, scene_.recalled, -300},
      {EventType::return_settled, scene_.lucky, scene_.bert_fen},
      {EventType::packet_sent, scene_.lucky, -1'000},
      {EventType::deposited, PacketId(), 10'000}};
  EXPECT_EQ(rows_of(archived_.statement(scene_.anna)), expected);
}

TEST_F(RecordsTest, StatementTellsWhatHappenedOnTheOtherShard) {
  const std::vector<Row> berts{{EventType::claimed, scene_.recalled, scene_.recalled_bert_fen},
                               {EventType::debit_decided, scene_.lucky, -scene_.bert_fen},
                               {EventType::transfer_sent, scene_.transfer, -700},
                               {EventType::claimed, scene_.lucky, scene_.bert_fen},
                               {EventType::deposited, PacketId(), 5'000}};
  EXPECT_EQ(rows_of(archived_.statement(scene_.bert)), berts);
  const std::vector<Row> cleos{{EventType::transfer_accepted, scene_.transfer, 700},
                               {EventType::claimed, scene_.lucky, scene_.cleo_fen}};
  EXPECT_EQ(rows_of(archived_.statement(scene_.cleo)), cleos);
}

TEST_F(RecordsTest, StatementTellsTheBalanceAfterEachMovement) {
  for (const UserId user : {scene_.anna, scene_.bert, scene_.cleo}) {
    const StatementPage page = archived_.statement(user);
    EXPECT_EQ(page.movements.front().balance.fen(), scene_.shards.balance(user));
    Amount balance;
    for (const Movement& m : std::vector(page.movements.rbegin(), page.movements.rend())) {
      balance += m.amount;
      EXPECT_EQ(m.balance, balance);
    }
  }
}

TEST_F(RecordsTest, MoneyWhoseEventIsNotThereYetIsToldAsMoneyThatCame) {
  archived_.start_over();
  archived_.index(1);
  EXPECT_EQ(archived_.statement(scene_.bert).movements.front().cause, EventType::credit_received);
  archived_.index(0);
  EXPECT_EQ(archived_.statement(scene_.bert).movements.front().cause, EventType::claimed);
}

TEST_F(RecordsTest, ListsOfAnUnknownUserAreEmpty) {
  const UserId nobody{987'654'321};
  EXPECT_TRUE(archived_.sent(nobody).entries.empty());
  EXPECT_TRUE(archived_.received(nobody).entries.empty());
  EXPECT_TRUE(archived_.statement(nobody).movements.empty());
}

TEST_F(RecordsTest, EveryPageTellsHowMuchOfEachShardItKnows) {
  const Sequence indexed[] = {durable_of(scene_.shards, 0), durable_of(scene_.shards, 1)};
  scene_.shards.fund(scene_.shards.user_on(1, 900), 5);
  const std::uint64_t behind = durable_of(scene_.shards, 1).value - indexed[1].value;
  ASSERT_GT(behind, 0u);
  const auto expect_as_of = [&](const std::vector<AsOf>& as_of) {
    ASSERT_EQ(as_of.size(), 2u);
    for (std::uint16_t s = 0; s < 2; ++s) {
      EXPECT_EQ(as_of[s].shard, ShardId(s));
      EXPECT_EQ(as_of[s].sequence, indexed[s]);
      EXPECT_EQ(as_of[s].events_behind, s == 0 ? 0 : behind);
    }
  };
  expect_as_of(archived_.sent(scene_.anna).as_of);
  expect_as_of(archived_.received(scene_.anna).as_of);
  expect_as_of(archived_.statement(scene_.anna).as_of);
  expect_as_of(archived_.history(scene_.lucky).as_of);
  expect_as_of(archived_.page<HistoryPage>(CaseBundle{scene_.lucky_case}).as_of);
}

// ---- pages --------------------------------------------------------------------------------------

TEST_F(RecordsTest, PagesOfAnySizeTellTheSameRows) {
  for (const UserId user : {scene_.anna, scene_.bert, scene_.cleo}) {
    const auto sent = lines_of(archived_.sent(user));
    const auto received = lines_of(archived_.received(user));
    const auto statement = lines_of(archived_.statement(user));
    for (std::uint32_t rows = 1; rows <= statement.size() + 1; ++rows) {
      EXPECT_EQ(walk<SentPage>(archived_, ListSent{.user = user}, rows), sent);
      EXPECT_EQ(walk<ReceivedPage>(archived_, ListReceived{.user = user}, rows), received);
      EXPECT_EQ(walk<StatementPage>(archived_, ListStatement{.user = user}, rows), statement);
    }
  }
}

TEST_F(RecordsTest, PagesGoOnWhereTheyWereWhenSomethingNewArrives) {
  const auto sent = lines_of(archived_.sent(scene_.anna));
  const auto received = lines_of(archived_.received(scene_.bert));
  const auto statement = lines_of(archived_.statement(scene_.anna));
  const auto arrive = [this] {
    const PacketId packet = scene_.shards.send(SendPacket{
        .key = scene_.shards.key(), .sender = scene_.anna, .total = Amount(2), .share_count = 2});
    scene_.shards.claim(packet, scene_.bert);
    scene_.shards.settle();
    archived_.index_all();
  };
  EXPECT_EQ(walk<SentPage>(archived_, ListSent{.user = scene_.anna}, 1, arrive), sent);
  const auto berts = ListReceived{.user = scene_.bert};
  const auto received_now = lines_of(archived_.received(scene_.bert));
  EXPECT_GT(received_now.size(), received.size());
  EXPECT_EQ(walk<ReceivedPage>(archived_, berts, 1, arrive), received_now);
  const auto statement_now = lines_of(archived_.statement(scene_.anna));
  EXPECT_GT(statement_now.size(), statement.size());
  EXPECT_EQ(walk<StatementPage>(archived_, ListStatement{.user = scene_.anna}, 1, arrive),
            statement_now);
}

TEST_F(RecordsTest, CursorOfAnotherListIsRefused) {
  const Cursor sent = archived_.page<SentPage>(ListSent{scene_.anna, {}, 1}).next;
  const Cursor received = archived_.page<ReceivedPage>(ListReceived{scene_.bert, {}, 1}).next;
  const Cursor statement = archived_.page<StatementPage>(ListStatement{scene_.anna, {}, 1}).next;
  const Cursor history = archived_.page<HistoryPage>(ShowHistory{scene_.lucky, {}, 1}).next;
  const Query wrong[] = {ListSent{scene_.anna, received, 1},
                         ListSent{scene_.anna, history, 1},
                         ListSent{scene_.bert, sent, 1},
                         ListReceived{scene_.bert, sent, 1},
                         ListReceived{scene_.cleo, received, 1},
                         ListStatement{scene_.anna, sent, 1},
                         ListStatement{scene_.bert, statement, 1},
                         ShowHistory{scene_.lucky, statement, 1},
                         ShowHistory{scene_.recalled, history, 1},
                         ListSent{scene_.anna, Cursor("nonsense"), 1},
                         ListReceived{scene_.anna, Cursor("r00"), 1},
                         ListStatement{scene_.anna, Cursor("m"), 1},
                         ShowHistory{scene_.lucky, Cursor("e"), 1}};
  for (const Query& query : wrong) {
    EXPECT_EQ(archived_.reply(query).status, Status::cursor_invalid) << query.index();
  }
}

TEST_F(RecordsTest, PageWithoutRowsOrWithTooManyIsRefusedWithTheLimit) {
  for (const std::uint32_t count : {0u, rows_max + 1, UINT32_MAX}) {
    const Query wrong[] = {ListSent{scene_.anna, {}, count}, ListReceived{scene_.anna, {}, count},
                           ListStatement{scene_.anna, {}, count},
                           ShowHistory{scene_.lucky, {}, count}};
    for (const Query& query : wrong) {
      const QueryReply reply = archived_.reply(query);
      EXPECT_EQ(reply.status, Status::page_out_of_range);
      EXPECT_EQ(reply.limit, rows_max);
    }
  }
}

TEST_F(RecordsTest, UserZeroIsRefused) {
  EXPECT_EQ(archived_.reply(ListSent{{}, {}, 1}).status, Status::user_invalid);
  EXPECT_EQ(archived_.reply(ListReceived{{}, {}, 1}).status, Status::user_invalid);
  EXPECT_EQ(archived_.reply(ListStatement{{}, {}, 1}).status, Status::user_invalid);
}

TEST_F(RecordsTest, UnknownPacketOrCaseIsRefused) {
  EXPECT_EQ(archived_.reply(ShowHistory{PacketId(9'999'999), {}, 1}).status,
            Status::packet_unknown);
  EXPECT_EQ(archived_.reply(CaseBundle{CaseId(9'999'999)}).status, Status::case_unknown);
}

TEST_F(RecordsTest, NothingIsUnknownWhileTheRecordsOfItsShardAreBehind) {
  Archived behind(sources_of(scene_.shards));
  behind.index(1);
  const std::uint64_t events = durable_of(scene_.shards, 0).value;
  for (const Query& query :
       {Query(ShowHistory{scene_.recalled, {}, 1}), Query(CaseBundle{scene_.lucky_case})}) {
    const QueryReply reply = behind.reply(query);
    EXPECT_EQ(reply.status, Status::records_behind) << name(reply.status);
    EXPECT_EQ(reply.limit, static_cast<std::int64_t>(events));
  }
  // The other shard's records are complete.
  const PacketId none = packet_id(partition_of(scene_.bert), 9'999);
  EXPECT_EQ(behind.reply(ShowHistory{none, {}, 1}).status, Status::packet_unknown);
  EXPECT_EQ(behind.reply(CaseBundle{CaseId(none.value)}).status, Status::case_unknown);
}

}  // namespace
}  // namespace hb::archive
