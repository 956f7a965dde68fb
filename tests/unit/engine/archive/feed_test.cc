// The feed of a journal of many blocks and several segments.
#include "engine/archive/feed.h"

#include <algorithm>

#include "engine/journal/writer.h"
#include "tests/unit/engine/archive/archive_fixture.h"

namespace hb::archive {
namespace {

constexpr journal::Identity identity{ShardId(0), 1};

// Records of 1 to 255 units that say their sequence.
std::vector<std::byte> record_at(std::uint64_t sequence) {
  const std::size_t units = sequence % 50 == 0 ? 255 : 1 + sequence % 7;
  std::vector<std::byte> record(units * limits::record_unit_bytes,
                                static_cast<std::byte>(sequence));
  const EventHeader header{.type = EventType::claimed,
                           .units = static_cast<std::uint8_t>(units),
                           .at = Time(static_cast<std::int64_t>(sequence))};
  std::memcpy(record.data(), &header, sizeof header);
  return record;
}

class FeedTest : public testing::Test {
 protected:
  FeedTest() {
    const journal::WriterOptions options{.segment_bytes = 72 << 10,
                                         .block_bytes_max = 16 << 10,
                                         .block_count = 4,
                                         .in_flight_max = 3};
    auto opened = journal::Writer::open(storage_, identity, options, {});
    EXPECT_TRUE(opened);
    writer_ = std::move(*opened);
  }

  // Appends so many events; a block for each `a_block` of them.
  void append(std::uint64_t count, std::uint64_t a_block = 5) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto record = record_at(writer_->appended().value + 1);
      while (writer_->room_bytes() < record.size()) {
        writer_->flush();
        writer_->poll();
      }
      writer_->append(record);
      if (i % a_block == a_block - 1) writer_->flush();
    }
    writer_->flush();
    while (!writer_->idle()) writer_->poll();
  }

  std::optional<QueryReply> ask(const ReadFeed& query, bool may_wait = false) {
    auto answer = feed_.answer(query, may_wait);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *std::move(answer) : std::nullopt;
  }
  FeedPage page(Sequence from, std::uint32_t bytes_max = 0) {
    const auto reply = ask({.shard = ShardId(0), .from = from, .bytes_max = bytes_max});
    EXPECT_TRUE(reply && reply->status == Status::ok);
    return reply ? std::get<FeedPage>(reply->answer) : FeedPage{};
  }
  void expect_as_written(const FeedPage& page, Sequence first) {
    EXPECT_EQ(page.first, first);
    std::vector<std::byte> expected;
    for (std::uint64_t i = 0; i < page.count; ++i) {
      const auto record = record_at(first.value + i);
      expected.insert(expected.end(), record.begin(), record.end());
    }
    EXPECT_TRUE(page.records == expected) << "from " << first.value;
  }
  // Reads on to the end, and where it ends.
  Sequence read_on(Sequence from, std::uint32_t bytes_max) {
    for (;;) {
      const FeedPage got = page(from, bytes_max);
      expect_as_written(got, from);
      if (got.count == 0) return from;
      from.value += got.count;
    }
  }

  test::MemoryStorage storage_;
  std::unique_ptr<journal::Writer> writer_;
  Feed feed_{{{.storage = &storage_, .identity = identity, .durable = [this] {
                 return writer_->durable();
               }}}};
};

TEST_F(FeedTest, TellsEveryEventFromTheFirstOn) {
  append(1'500);
  ASSERT_TRUE(storage_.exists("00000004.seg")) << "too few segments for this test";
  EXPECT_EQ(read_on(Sequence(1), 0), Sequence(1'501));
}

TEST_F(FeedTest, TellsThemInPagesOfAnySize) {
  append(400);
  for (const std::uint32_t bytes :
       {1u, 32u, 100u, 8'159u, 8'160u, 9'000u, 20'000u, 100'000u, UINT32_MAX}) {
    EXPECT_EQ(read_on(Sequence(1), bytes), Sequence(401)) << bytes;
  }
}

TEST_F(FeedTest, GoesOnFromAnyEvent) {
  append(700);
  for (std::uint64_t from = 1; from <= 700; from += 13) {
    EXPECT_EQ(read_on(Sequence(from), 60'000), Sequence(701));
  }
}

TEST_F(FeedTest, FillsAPageUpToItsBytesAndNotBeyond) {
  append(600);
  for (const std::uint32_t bytes : {32u, 640u, 8'159u, 8'160u, 10'000u, 33'333u}) {
    Sequence from(1);
    while (from <= Sequence(600)) {
      const FeedPage got = page(from, bytes);
      EXPECT_TRUE(got.records.size() <= bytes || got.count == 1) << got.records.size();
      from.value += got.count;
      ASSERT_GT(got.count, 0u);
      if (from > Sequence(600)) break;
      EXPECT_GT(got.records.size() + record_at(from.value).size(), bytes) << "more would have fit";
    }
  }
}

TEST_F(FeedTest, HoldsOneEventHoweverFewBytesAreAskedFor) {
  append(60);
  for (std::uint64_t from = 1; from <= 60; ++from) {
    const FeedPage got = page(Sequence(from), 1);
    EXPECT_EQ(got.count, 1u);
    expect_as_written(got, Sequence(from));
  }
}

TEST_F(FeedTest, NeverTellsMoreThanFitsAFrame) {
  append(3'000, 50);
  const FeedPage got = page(Sequence(1), UINT32_MAX);
  EXPECT_LE(got.records.size(), feed_bytes_max);
  EXPECT_GT(got.records.size(), feed_bytes_max - limits::record_bytes_max);
}

TEST_F(FeedTest, WaitsAtTheEndAndThenTellsWhatCame) {
  append(7);
  const ReadFeed query{.shard = ShardId(0), .from = Sequence(8)};
  EXPECT_FALSE(ask(query, true)) << "there is nothing to tell";
  EXPECT_FALSE(ask(query, true));
  append(3);
  const auto reply = ask(query, true);
  ASSERT_TRUE(reply);
  const auto& got = std::get<FeedPage>(reply->answer);
  EXPECT_EQ(got.count, 3u);
  EXPECT_EQ(got.durable, Sequence(10));
  expect_as_written(got, Sequence(8));
}

TEST_F(FeedTest, TellsNothingAtTheEndWhenItMayNotWait) {
  append(7);
  const FeedPage got = page(Sequence(8));
  EXPECT_EQ(got.count, 0u);
  EXPECT_TRUE(got.records.empty());
  EXPECT_EQ(got.first, Sequence(8));
  EXPECT_EQ(got.durable, Sequence(7));
}

TEST_F(FeedTest, TellsNothingOfAnEmptyJournal) {
  EXPECT_EQ(page(Sequence(1)).count, 0u);
}

TEST_F(FeedTest, FollowsAJournalThatGrowsAcrossSegments) {
  Sequence next(1);
  for (int i = 0; i < 120; ++i) {
    append(11, 4);
    next = read_on(next, 4'096);
    EXPECT_EQ(next.value, writer_->durable().value + 1);
  }
  EXPECT_TRUE(storage_.exists("00000003.seg"));
}

// More than it keeps places for, in turn, none of them losing its own.
TEST_F(FeedTest, ServesManyReadersAtTheirOwnPlaces) {
  append(900);
  std::vector<Sequence> next(Feed::places_max + 5);
  for (std::size_t i = 0; i < next.size(); ++i) next[i] = Sequence(1 + 10 * i);
  for (int round = 0; round < 5; ++round) {
    for (Sequence& from : next) {
      const FeedPage got = page(from, 10'000);
      expect_as_written(got, from);
      from.value += got.count;
    }
  }
}

TEST_F(FeedTest, RefusesAPlaceBeyondTheEnd) {
  append(7);
  for (const std::uint64_t from : {std::uint64_t{0}, std::uint64_t{9}, UINT64_MAX}) {
    for (const bool may_wait : {false, true}) {
      const auto reply = ask({.shard = ShardId(0), .from = Sequence(from)}, may_wait);
      ASSERT_TRUE(reply);
      EXPECT_EQ(reply->status, Status::cursor_invalid);
      EXPECT_EQ(reply->limit, 8);
    }
  }
}

TEST_F(FeedTest, RefusesAShardThatIsNotThere) {
  const auto reply = ask({.shard = ShardId(1), .from = Sequence(1)});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, Status::shard_unknown);
  EXPECT_EQ(reply->limit, 1);
}

TEST_F(FeedTest, FailsWhereTheJournalIsDamagedAndGoesOnWhenItIsNot) {
  append(50);
  auto& bytes = storage_.bytes("00000001.seg");
  bytes[5'000] ^= std::byte{1};
  EXPECT_FALSE(feed_.answer({.shard = ShardId(0), .from = Sequence(1)}, false));
  bytes[5'000] ^= std::byte{1};
  EXPECT_EQ(read_on(Sequence(1), 0), Sequence(51));
}

}  // namespace
}  // namespace hb::archive
