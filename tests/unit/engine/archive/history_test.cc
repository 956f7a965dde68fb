// Histories and case bundles, small ones and such as fit no frame.
#include "engine/archive/history.h"

#include <algorithm>
#include <set>

#include "net/wire/frame.h"
#include "net/wire/response_encoder.h"
#include "tests/unit/engine/archive/archive_fixture.h"

namespace hb::archive {
namespace {

const EventHeader& event_of(const HistoryRecord& record) {
  return *reinterpret_cast<const EventHeader*>(record.record.data());
}

std::vector<EventType> types_of(const HistoryPage& page) {
  std::vector<EventType> types;
  for (const HistoryRecord& record : page.records) types.push_back(event_of(record).type);
  return types;
}

class HistoryTest : public testing::Test {
 protected:
  void freeze_wallet(UserId user, bool frozen, std::string_view note = "why") {
    const FreezeWallet command{scene_.shards.key(), user, frozen, Operator("op-3"), 0};
    EXPECT_EQ(scene_.shards.ask(command, {}, note).status(), Status::ok);
  }
  void freeze_packet(bool frozen, std::string_view note) {
    const FreezePacket command{scene_.shards.key(), scene_.lucky, frozen, Operator("op-3"), 0};
    EXPECT_EQ(scene_.shards.ask(command, {}, note).status(), Status::ok);
  }
  // More events about lucky and about its users' wallets than a frame holds.
  void flood(int rounds) {
    const std::string note(limits::note_bytes_max, 'n');
    for (int i = 0; i < rounds; ++i) {
      const bool frozen = i % 2 == 0;
      scene_.shards.now = scene_.shards.now + Duration::ms(1);
      freeze_packet(frozen, note);
      freeze_wallet(scene_.anna, frozen, note);
      freeze_wallet(scene_.cleo, frozen, note);
    }
  }
  HistoryPage bundle() { return archived_.page<HistoryPage>(CaseBundle{scene_.lucky_case}); }
  // The bundle with what did not fit it.
  std::vector<std::string> whole_bundle(std::uint32_t count_max) {
    HistoryPage page = bundle();
    std::vector<std::string> lines = lines_of(page);
    while (!page.next.empty()) {
      page = archived_.page<HistoryPage>(ShowHistory{scene_.lucky, page.next, count_max});
      const auto more = lines_of(page);
      EXPECT_LE(more.size(), count_max);
      lines.insert(lines.end(), more.begin(), more.end());
    }
    return lines;
  }

  Scene scene_;
  Archived archived_{sources_of(scene_.shards), limits::page_rows_max};
};

TEST_F(HistoryTest, TellsEveryEventOfAPacketOldestFirst) {
  archived_.index_all();
  const std::vector<EventType> expected{
      EventType::packet_sent,      EventType::claimed,       EventType::claimed,
      EventType::return_requested, EventType::debit_decided, EventType::return_settled,
      EventType::case_opened,      EventType::case_resolved, EventType::refunded};
  const HistoryPage page = archived_.history(scene_.lucky);
  EXPECT_EQ(types_of(page), expected);
  EXPECT_EQ(page.records[4].shard, ShardId(1));
  const auto time_of = [](const HistoryRecord& record) { return event_of(record).at; };
  EXPECT_TRUE(std::ranges::is_sorted(page.records, {}, time_of));
}

TEST_F(HistoryTest, TellsTheEventsOfATransfer) {
  archived_.index_all();
  const std::vector<EventType> expected{EventType::transfer_sent, EventType::transfer_accepted};
  EXPECT_EQ(types_of(archived_.history(scene_.transfer)), expected);
}

TEST_F(HistoryTest, TellsTheSameInPagesOfAnySize) {
  archived_.index_all();
  const auto whole = lines_of(archived_.history(scene_.lucky));
  for (std::uint32_t rows = 1; rows <= whole.size() + 1; ++rows) {
    EXPECT_EQ(walk<HistoryPage>(archived_, ShowHistory{.packet = scene_.lucky}, rows), whole);
  }
}

TEST_F(HistoryTest, BundleTellsTheSubjectAndWhatSupportDidToTheWallets) {
  freeze_wallet(scene_.anna, true);  // the sender
  freeze_wallet(scene_.cleo, true);  // the case's user
  freeze_wallet(scene_.bert, true);  // neither
  archived_.index_all();
  const HistoryPage page = bundle();
  EXPECT_TRUE(page.next.empty());
  std::vector<std::string> expected = lines_of(archived_.history(scene_.lucky));
  const std::vector<std::string> told = lines_of(page);
  ASSERT_EQ(told.size(), expected.size() + 2);
  EXPECT_TRUE(std::ranges::equal(expected, std::span(told).first(expected.size())));
  std::set<UserId> frozen;
  for (const HistoryRecord& record : std::span(page.records).last(2)) {
    ASSERT_EQ(event_of(record).type, EventType::wallet_frozen);
    frozen.insert(read_event<FreezeSet>(&event_of(record)).user());
  }
  EXPECT_EQ(frozen, (std::set{scene_.anna, scene_.cleo}));
}

TEST_F(HistoryTest, BundleKnowsWhomTheDecisionNamed) {
  const CaseId whole = scene_.shards.open_case(scene_.recalled, {});
  const ResolveCase decision{scene_.shards.key(), whole, Decision::uphold, scene_.bert,
                             Operator("op-2"),    0};
  EXPECT_EQ(scene_.shards.ask(decision).status(), Status::ok);
  freeze_wallet(scene_.bert, true);
  archived_.index_all();
  const auto types = types_of(archived_.page<HistoryPage>(CaseBundle{whole}));
  EXPECT_EQ(std::ranges::count(types, EventType::wallet_frozen), 1);
}

TEST_F(HistoryTest, AnswersFitAFrameHoweverMuchThereIs) {
  flood(1'200);
  archived_.index_all();
  net::ResponseEncoder encoder;
  QueryReply reply = archived_.reply(CaseBundle{scene_.lucky_case});
  EXPECT_GT(std::get<HistoryPage>(reply.answer).records.size(), 500u);
  EXPECT_FALSE(std::get<HistoryPage>(reply.answer).next.empty());
  const auto heard = [&] {
    const auto frame = encoder.query(1, reply);
    EXPECT_LE(frame.size(), sizeof(net::FrameHeader) + limits::frame_bytes_max);
    return frame.size();
  };
  EXPECT_GT(heard(), history_bytes_max / 2) << "it was refused";
  reply = archived_.reply(ShowHistory{scene_.lucky, {}, limits::page_rows_max});
  EXPECT_GT(heard(), limits::page_rows_max * limits::note_bytes_max / 2) << "it was refused";
}

TEST_F(HistoryTest, BundleThatDoesNotFitGoesOnByItsCursorAndLeavesNothingOut) {
  flood(600);
  archived_.index_all();
  const auto pages = whole_bundle(limits::page_rows_max);
  const auto small_pages = whole_bundle(7);
  EXPECT_EQ(pages, small_pages);
  EXPECT_EQ(pages.size(), 9u + 3 * 600);
  EXPECT_EQ(std::set(pages.begin(), pages.end()).size(), pages.size()) << "told twice";
}

TEST_F(HistoryTest, BundleCursorIsGoodForItsSubjectOnly) {
  flood(600);
  archived_.index_all();
  const Cursor next = bundle().next;
  EXPECT_EQ(archived_.reply(ShowHistory{scene_.lucky, next, 1}).status, Status::ok);
  EXPECT_EQ(archived_.reply(ShowHistory{scene_.recalled, next, 1}).status, Status::cursor_invalid);
  EXPECT_EQ(archived_.reply(ListSent{scene_.anna, next, 1}).status, Status::cursor_invalid);
}

// Records as long as a record can be: a page of them is cut by bytes long before its rows.
TEST(ReadHistory, IsCutByBytesAndGoesOn) {
  Scene scene;
  Archived archived(sources_of(scene.shards));
  rocksdb::WriteBatch batch;
  const std::string strand = Key('e').add(PacketId(1)).str();
  std::vector<std::byte> longest(limits::record_bytes_max);
  longest[0] = static_cast<std::byte>(EventType::packet_sent);
  longest[1] = std::byte{255};
  const std::string record(reinterpret_cast<const char*>(longest.data()), longest.size());
  constexpr std::uint64_t count = 400;
  for (std::uint64_t i = 1; i <= count; ++i) {
    batch.Put(strand + Key('e').add(Time(5)).add(ShardId(0)).add(Sequence(i)).str().substr(1),
              record);
  }
  ASSERT_TRUE(archived.archive().write(batch));

  const View view = archived.archive().view();
  std::string from;
  std::uint64_t told = 0;
  do {
    const auto part = read_history(view, {strand}, from, 1'000);
    ASSERT_TRUE(part);
    ASSERT_FALSE(part->records.empty());
    EXPECT_LE(part->records.size() * limits::record_bytes_max, history_bytes_max);
    for (const HistoryRecord& r : part->records) EXPECT_EQ(r.sequence, Sequence(++told));
    from = part->next;
  } while (!from.empty());
  EXPECT_EQ(told, count);
}

}  // namespace
}  // namespace hb::archive
