// No answer takes more room than a session keeps free for it.
#include "net/wire/answer_bytes.h"

#include <gtest/gtest.h>

#include "net/wire/response_encoder.h"
#include "tests/unit/net/wire/samples.h"

namespace hb::net {
namespace {

class AnswerBytes : public testing::Test {
 protected:
  std::size_t of(Answer answer) {
    Reply reply;
    reply.limit = INT64_MIN;
    reply.answer = std::move(answer);
    return encoder.reply(UINT64_MAX, reply, batch).size();
  }
  std::size_t of(archive::QueryAnswer answer) {
    return encoder.query(UINT64_MAX, {.limit = INT64_MIN, .answer = std::move(answer)}).size();
  }
  // A page of the longest rows, as of all shards.
  template <class Page, class Row>
  std::size_t of_page(std::vector<Row> Page::*rows, const Row& row, std::uint32_t count) {
    Page page;
    (page.*rows).assign(count, row);
    page.next = longest<archive::Cursor>('n');
    page.as_of.assign(limits::shards_max, {ShardId(63), Sequence(UINT64_MAX), UINT64_MAX});
    return of(archive::QueryAnswer(std::move(page)));
  }

  ResponseEncoder encoder;
  ReplyBatch batch;
};

TEST_F(AnswerBytes, BoundRefusalsHoweverLongTheSentence) {
  for (unsigned status = 0; status <= UINT8_MAX; ++status) {
    for (const std::int64_t limit : {INT64_MAX, std::int64_t{1}}) {
      EXPECT_LE(encoder.refusal(UINT64_MAX, {static_cast<Status>(status), limit}).size(),
                small_answer_bytes)
          << status;
    }
  }
}

TEST_F(AnswerBytes, BoundClaims) {
  for (const std::size_t claims : {0u, 1u, 2u, 501u, 8192u}) {
    const std::vector<ClaimAnswer> answers(claims, sample<ClaimAnswer>());
    EXPECT_LE(encoder.claims(UINT64_MAX, answers, Duration::hours(1)).size(),
              claims_answer_bytes_max(claims));
  }
  EXPECT_LE(encoder.claim(UINT64_MAX, sample<ClaimAnswer>()).size(), small_answer_bytes);
}

TEST_F(AnswerBytes, BoundAnswersOfOneRow) {
  EXPECT_LE(of(sample<WalletAnswer>()), row_answer_bytes);
  EXPECT_LE(of(sample<RecipientAnswer>()), row_answer_bytes);
  EXPECT_LE(of(sample<SendAnswer>()), row_answer_bytes);
  EXPECT_LE(of(sample<RecallAnswer>()), row_answer_bytes);
  EXPECT_LE(of(sample<ReturnAnswer>()), row_answer_bytes);
  EXPECT_LE(of(sample<TransferAnswer>()), row_answer_bytes);
  EXPECT_LE(of(sample<PacketFreezeAnswer>()), row_answer_bytes);
  EXPECT_LE(of(sample<PayoutAnswer>()), row_answer_bytes);
  PeekAnswer peek;
  peek.packet = sample<PacketSummary>();
  peek.own_claim = sample<ClaimAnswer>();
  EXPECT_LE(of(peek), row_answer_bytes);
  batch.cases = {sample<CaseRecord>()};
  EXPECT_LE(of(CaseAnswer{0}), answer_bytes_max(ShowCase{}));
}

TEST_F(AnswerBytes, BoundTheLongestPacket) {
  batch.packet_claims.resize(limits::packet_shares_max);
  batch.share_states.assign(limits::packet_shares_max, ShareState::returned);
  batch.users.resize(limits::packet_recipients_max);
  ShowPacketAnswer packet;
  packet.packet = sample<PacketSummary>();
  packet.count = limits::packet_shares_max;
  packet.recipients_count = limits::packet_recipients_max;
  packet.seed_revealed = true;
  EXPECT_LE(of(packet), answer_bytes_max(ShowPacket{}));
}

TEST_F(AnswerBytes, BoundPagesOfTheLongestRows) {
  for (const std::uint32_t count : {1u, 100u, limits::page_rows_max}) {
    batch.payouts.assign(count, sample<Payout>());
    EXPECT_LE(of(PayoutListAnswer{.first = 0, .count = count, .more = true}),
              answer_bytes_max(ListPayouts{{}, {}, count}));
    EXPECT_LE(of_page(&archive::SentPage::entries, sample<archive::SentEntry>(), count),
              answer_bytes_max(archive::ListSent{{}, {}, count}));
    EXPECT_LE(of_page(&archive::ReceivedPage::entries, sample<archive::ReceivedEntry>(), count),
              answer_bytes_max(archive::ListReceived{{}, {}, count}));
    EXPECT_LE(of_page(&archive::StatementPage::movements, sample<archive::Movement>(), count),
              answer_bytes_max(archive::ListStatement{{}, {}, count}));
  }
}

// Histories end where the next record would pass history_bytes_max.
TEST_F(AnswerBytes, BoundHistoriesOfShortAndOfLongRecords) {
  for (const std::uint8_t units : {std::uint8_t{1}, std::uint8_t{255}}) {
    for (const std::uint32_t count : {1u, 2u, limits::page_rows_max}) {
      const archive::HistoryRecord record{ShardId(3), Sequence(25), sample_record(units)};
      const std::size_t fitting =
          std::max<std::size_t>(archive::history_bytes_max / (record.record.size() + 64), 1);
      const auto rows = static_cast<std::uint32_t>(std::min<std::size_t>(count, fitting));
      const std::size_t bytes = of_page(&archive::HistoryPage::records, record, rows);
      EXPECT_LE(bytes, answer_bytes_max(archive::ShowHistory{{}, {}, count}));
      EXPECT_LE(bytes, answer_bytes_max(archive::CaseBundle{}));
    }
  }
}

TEST_F(AnswerBytes, BoundPagesOfTheFeed) {
  for (const std::uint32_t bytes_max : {0u, 1u, 8'160u, 100'000u, UINT32_MAX}) {
    const archive::ReadFeed query{.bytes_max = bytes_max};
    // One record comes in any case.
    const std::size_t most =
        std::max<std::size_t>(feed_page_bytes_max(query), limits::record_bytes_max);
    archive::FeedPage page{ShardId(63), Sequence(1), 9, Sequence(2), {}};
    page.records.resize(most);
    EXPECT_LE(of(archive::QueryAnswer(std::move(page))), answer_bytes_max(query));
  }
}

TEST(FeedPages, AreSmallerWhereTheQueryMayWait) {
  const archive::ReadFeed now{.bytes_max = 0};
  const archive::ReadFeed later{.bytes_max = 0, .wait = Duration::seconds(1)};
  EXPECT_EQ(feed_page_bytes_max(now), archive::feed_bytes_max);
  EXPECT_EQ(feed_page_bytes_max(later), archive::feed_waiting_bytes_max);
  const archive::ReadFeed small{.bytes_max = 100, .wait = Duration::seconds(1)};
  EXPECT_EQ(feed_page_bytes_max(small), 100u);
}

}  // namespace
}  // namespace hb::net
