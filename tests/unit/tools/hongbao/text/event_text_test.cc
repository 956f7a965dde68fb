#include "tools/hongbao/text/event_text.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>

#include "engine/ledger/events.h"
#include "tools/hongbao/text/values.h"

namespace hb {
namespace {

// An event as it lies in a journal.
class Lying {
 public:
  template <class Event>
  explicit Lying(Event event, std::size_t bytes = sizeof(Event)) {
    event.at = Time(1'485'532'800'000'001);
    event.units = units_for(bytes);
    std::memcpy(bytes_, &event, bytes);
  }
  journal::Record record() const {
    return {Sequence(17), reinterpret_cast<const EventHeader*>(bytes_)};
  }

 private:
  alignas(32) std::byte bytes_[limits::record_bytes_max]{};
};

const PacketSent sent{.share_count = 10,
                      .share_fen_max = 20'000,
                      .packet = PacketId(4097),
                      .sender = UserId(7),
                      .total = Amount(2'000),
                      .expires_at = Time(1'485'619'200'000'001),
                      .key = {.low = 2, .high = 1},
                      .share_fen_min = 1,
                      .kind = PacketKind::lucky,
                      .remark_bytes = 2,
                      .group_bytes = 3,
                      .seed = {.k0 = 0x1122334455667788, .k1 = 0x99aabbccddeeff00},
                      .balance = Amount(50),
                      .texts = "higrp"};

TEST(EventText, TellsAClaimInOneLine) {
  const Lying claimed(
      Claimed{.share_index = 3, .amount_fen = 123, .packet = PacketId(4097), .user = UserId(12)});
  EXPECT_EQ(to_text(claimed.record()),
            "      17  2017-01-27T16:00:00.000001Z  claimed        packet 4097 user 12 share_index "
            "3 amount 1.23");
}

TEST(EventText, TellsADepositAndAWithdrawalApart) {
  const MoneyMoved money{
      .type = EventType::deposited, .user = UserId(7), .amount = Amount(5), .balance = Amount(105)};
  EXPECT_NE(to_text(Lying(money).record()).find("deposited      user 7 amount 0.05 balance 1.05"),
            std::string::npos);
  MoneyMoved out = money;
  out.type = EventType::withdrawn;
  EXPECT_NE(to_text(Lying(out).record()).find("withdrawn      user 7"), std::string::npos);
}

TEST(EventText, TellsASendWithItsTerms) {
  const Lying lying(sent, offsetof(PacketSent, texts) + 5);
  EXPECT_EQ(
      to_text(lying.record()),
      "      17  2017-01-27T16:00:00.000001Z  packet_sent    packet 4097 sender 7 total 20.00 "
      "in 10 lucky shares of 0.01 to 200.00 expires 2017-01-28T16:00:00.000001Z balance 0.50 "
      "remark \"hi\" group \"grp\"");
}

TEST(EventText, TellsAnEventOfANewerVersionByTypeAndLength) {
  const Lying lying(Claimed{.type = static_cast<EventType>(200)});
  EXPECT_NE(to_text(lying.record()).find("unknown        type 200, 32 bytes"), std::string::npos);
}

TEST(EventText, SurvivesTextsThatClaimToBeLongerThanTheirRecord) {
  PacketSent wrong = sent;
  wrong.remark_bytes = 255;
  wrong.group_bytes = 255;
  const Lying lying(wrong, offsetof(PacketSent, texts) + 5);
  EXPECT_FALSE(to_text(lying.record()).empty());
  EXPECT_FALSE(to_json(ShardId(0), {1, 4096}, lying.record()).empty());
}

TEST(EventJson, HasPlaceTypeAndTheEventsFields) {
  const Lying claimed(
      Claimed{.share_index = 3, .amount_fen = 123, .packet = PacketId(4097), .user = UserId(12)});
  EXPECT_EQ(json_line(to_json(ShardId(2), {1, 4192}, claimed.record())),
            R"({"shard":2,"sequence":17,"segment":1,"offset":4192,"event":"claimed","type":5,)"
            R"("at":1485532800000001,"packet":4097,"user":12,"share_index":3,"amount_fen":123})");
}

TEST(EventJson, TellsTheSeedsCommitmentAndNeverTheSeed) {
  const Lying lying(sent, offsetof(PacketSent, texts) + 5);
  const auto json = to_json(ShardId(0), {1, 4096}, lying.record());
  EXPECT_EQ(json["seed_commitment"].get<std::string>().size(), 64u);
  EXPECT_FALSE(json.contains("seed"));
  EXPECT_EQ(json["remark"], "hi");
  EXPECT_EQ(json["group"], "grp");
  EXPECT_EQ(json["key"], "00000000000000010000000000000002");
}

TEST(TailText, SaysWhereATornTailStarts) {
  journal::Tail tail{.end = {.segment = 2, .offset = 8192}};
  EXPECT_EQ(tail_text(tail), "tail clean");
  EXPECT_EQ(tail_json(tail)["state"], "clean");
  tail.torn_at = {.segment = 2, .offset = 8192};
  EXPECT_NE(tail_text(tail).find("torn at 00000002.seg, offset 8192"), std::string::npos);
  EXPECT_EQ(tail_json(tail)["torn_at"]["offset"], 8192);
}

TEST(InDirectory, PutsTheDirectoryBeforeAFileOnceOnly) {
  const Error bare{ErrorCode::damaged, "00000001.seg, offset 4096: block 2"};
  const Error whole = in_directory("data/shard-0000", bare);
  EXPECT_EQ(whole.message, "data/shard-0000/00000001.seg, offset 4096: block 2");
  EXPECT_EQ(whole.code, ErrorCode::damaged);
  EXPECT_EQ(in_directory("data/shard-0000", whole).message, whole.message);
}

}  // namespace
}  // namespace hb
