// What histories, bundles and the feed show of a packet's secrets.
#include "engine/archive/secrets.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/archive/feed.h"
#include "engine/ledger/events.h"
#include "tests/unit/engine/archive/archive_fixture.h"

namespace hb::archive {
namespace {

// Every packet_sent of these records, one after the other.
std::vector<PacketSent> sends_in(std::span<const std::byte> records) {
  std::vector<PacketSent> sends;
  while (!records.empty()) {
    EventHeader header;
    std::memcpy(static_cast<void*>(&header), records.data(), sizeof header);
    if (header.type == EventType::packet_sent) {
      PacketSent event;
      std::memcpy(static_cast<void*>(&event), records.data(),
                  std::min(sizeof event, header.bytes()));
      sends.push_back(event);
    }
    records = records.subspan(header.bytes());
  }
  return sends;
}

bool hidden(const PacketSent& event) {
  return event.seed.k0 == 0 && event.seed.k1 == 0;
}

class SecretsTest : public testing::Test {
 protected:
  SecretsTest() {
    shards_.fund(anna_, 10'000);
    packet_ = shards_.send(SendPacket{.key = shards_.key(),
                                      .sender = anna_,
                                      .total = Amount(1'000),
                                      .share_count = 3,
                                      .recallable = true,
                                      .remark = Remark("gong xi"),
                                      .code = ClaimCode("8888")});
    case_ = shards_.open_case(packet_, UserId{});
  }

  PacketSent only(std::span<const std::byte> records) {
    const auto sends = sends_in(records);
    EXPECT_EQ(sends.size(), 1u);
    return sends.empty() ? PacketSent{} : sends[0];
  }
  PacketSent shown_by(const Query& query) {
    archived_.index_all();
    const auto page = archived_.page<HistoryPage>(query);
    EXPECT_FALSE(page.records.empty());
    return page.records.empty() ? PacketSent{} : only(page.records[0].record);
  }
  PacketSent fed() {
    auto answer = feed_.answer({.shard = ShardId(0), .from = Sequence(1)}, false);
    EXPECT_TRUE(answer && *answer);
    return only(std::get<FeedPage>((**answer).answer).records);
  }
  // What a client needs of the event is there, and nothing that tells the code.
  void expect_public_part(const PacketSent& event) {
    EXPECT_EQ(event.packet, packet_);
    EXPECT_EQ(event.total, Amount(1'000));
    EXPECT_EQ(std::string_view(event.texts, event.remark_bytes), "gong xi");
    EXPECT_EQ(event.code_tag, 1u) << "a code is needed, and that is all";
    EXPECT_EQ(event.fingerprint, 0u);
    EXPECT_TRUE(event.key.empty()) << "under it the server says whether a guess is right";
  }
  void close() {
    const RecallPacket recall{shards_.key(), packet_, anna_};
    ASSERT_EQ(shards_.ask(recall).status(), Status::ok);
  }

  test::Shards shards_{shard_count};
  const UserId anna_ = shards_.user_on(0, 100);
  PacketId packet_{};
  CaseId case_{};
  Archived archived_{sources_of(shards_)};
  Feed feed_{sources_of(shards_)};
};

TEST_F(SecretsTest, HistoryHidesAnOpenPacketsSeedAndCode) {
  const PacketSent shown = shown_by(ShowHistory{packet_, {}, rows_max});
  EXPECT_TRUE(hidden(shown));
  expect_public_part(shown);
}

TEST_F(SecretsTest, BundleHidesAnOpenPacketsSeedAndCode) {
  const PacketSent shown = shown_by(CaseBundle{case_});
  EXPECT_TRUE(hidden(shown));
  expect_public_part(shown);
}

TEST_F(SecretsTest, FeedHidesEverySeedAndCode) {
  EXPECT_TRUE(hidden(fed()));
  expect_public_part(fed());
  close();
  EXPECT_TRUE(hidden(fed()));
}

TEST_F(SecretsTest, HistoryAndBundleShowTheSeedOnceThePacketIsClosedAndNeverTheCode) {
  close();
  const auto packet = shards_.ask(ShowPacket{packet_}).answer<ShowPacketAnswer>();
  ASSERT_TRUE(packet.seed_revealed);
  for (const Query& query : {Query(ShowHistory{packet_, {}, rows_max}), Query(CaseBundle{case_})}) {
    const PacketSent event = shown_by(query);
    EXPECT_EQ(event.seed.k0, packet.seed.k0);
    EXPECT_EQ(event.seed.k1, packet.seed.k1);
    expect_public_part(event);
  }
}

// A page of one record is the packet_sent alone: what closed the packet is on a later one.
TEST_F(SecretsTest, AnArchiveThatHasNotSeenTheEndHidesTheSeed) {
  archived_.index_all();
  close();
  const auto page = archived_.page<HistoryPage>(ShowHistory{packet_, {}, 1});
  EXPECT_TRUE(hidden(only(page.records.at(0).record)));
  archived_.index_all();
  const auto later = archived_.page<HistoryPage>(ShowHistory{packet_, {}, 1});
  EXPECT_FALSE(hidden(only(later.records.at(0).record)));
}

TEST(Secrets, LeavesOtherRecordsAlone) {
  const Claimed claimed{.share_index = 1,
                        .amount_fen = 2,
                        .at = Time(3),
                        .packet = PacketId(UINT64_MAX),
                        .user = UserId(UINT64_MAX)};
  auto copy = claimed;
  hide_secrets(std::as_writable_bytes(std::span(&copy, 1)), SeedOf::open_packet);
  EXPECT_EQ(std::memcmp(&copy, &claimed, sizeof copy), 0);
}

// It may be of a send with a code.
TEST(Secrets, ARequestForAReferenceHasNeitherKeyNorFingerprint) {
  ReferenceRequested request{
      .partition = 5, .reference = {6, 7}, .key = {.low = 8, .high = 9}, .fingerprint = 10};
  hide_secrets(std::as_writable_bytes(std::span(&request, 1)), SeedOf::closed_packet);
  EXPECT_TRUE(request.key.empty());
  EXPECT_EQ(request.fingerprint, 0u);
  EXPECT_EQ(request.partition, 5u);
  EXPECT_EQ(request.reference, (ReferenceName{6, 7}));
}

TEST(Secrets, APacketWithoutACodeNeedsNone) {
  PacketSent sent{.units = 4, .key = {.low = 3, .high = 4}, .seed = {1, 2}};
  const auto record =
      std::as_writable_bytes(std::span(&sent, 1)).first(offsetof(PacketSent, texts));
  hide_secrets(record, SeedOf::closed_packet);
  EXPECT_EQ(sent.code_tag, 0u);
  EXPECT_FALSE(sent.key.empty());
  EXPECT_EQ(sent.seed.k1, 2u);
}

}  // namespace
}  // namespace hb::archive
