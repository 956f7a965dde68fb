#include "tools/hongbao/text/event_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "engine/ledger/events.h"
#include "tests/support/seed.h"
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

// The event's part of its line.
template <class Event>
std::string told(const Event& event, std::size_t bytes = sizeof(Event)) {
  return to_text(Lying(event, bytes).record()).substr(58);
}

template <class Event>
nlohmann::ordered_json json_of(const Event& event, std::size_t bytes = sizeof(Event)) {
  return to_json(ShardId(0), journal::Position{1, 4096}, Lying(event, bytes).record());
}

// The event's part of its object.
template <class Event>
std::string fields_of(const Event& event, std::size_t bytes = sizeof(Event)) {
  auto json = json_of(event, bytes);
  for (const char* place : {"shard", "sequence", "segment", "offset", "event", "type", "at"}) {
    json.erase(place);
  }
  return json_line(json);
}

constexpr Key128 key{.low = 2, .high = 1};

TEST(EventText, TellsAClaimInOneLine) {
  const Lying claimed(
      Claimed{.share_index = 3, .amount_fen = 123, .packet = PacketId(4097), .user = UserId(12)});
  EXPECT_EQ(to_text(claimed.record()),
            "      17  2017-01-27T16:00:00.000001Z  claimed            packet 4097 user 12 "
            "share_index 3 amount 1.23");
}

TEST(EventText, TellsADepositAndAWithdrawalApart) {
  const MoneyMoved money{
      .type = EventType::deposited, .user = UserId(7), .amount = Amount(5), .balance = Amount(105)};
  EXPECT_NE(
      to_text(Lying(money).record()).find("deposited          user 7 amount 0.05 balance 1.05"),
      std::string::npos);
  MoneyMoved out = money;
  out.type = EventType::withdrawn;
  EXPECT_NE(to_text(Lying(out).record()).find("withdrawn          user 7"), std::string::npos);
}

TEST(EventText, TellsADepositsReferenceIfItHasOne) {
  MoneyMoved money{.type = EventType::deposited,
                   .reference_bytes = 4,
                   .user = UserId(7),
                   .amount = Amount(5),
                   .balance = Amount(105)};
  std::memcpy(money.reference, "rail", 4);
  EXPECT_EQ(told(money, money.bytes()), "user 7 amount 0.05 balance 1.05 reference \"rail\"");
  money.reference_bytes = 0;
  EXPECT_EQ(told(money, money.bytes()), "user 7 amount 0.05 balance 1.05");
}

TEST(EventText, TellsMessagesAboutReferencesByTheirDigest) {
  const ReferenceName name{.low = 0x0706050403020100, .high = 0x0f0e0d0c0b0a0908};
  const Lying request(ReferenceRequested{.use = ReferenceUse::incoming, .reference = name});
  EXPECT_TRUE(to_text(request.record())
                  .ends_with("reference_requested  use incoming reference_digest "
                             "000102030405060708090a0b0c0d0e0f"));
  EXPECT_EQ(told(ReferenceDecided{.source = 1,
                                  .status = Status::reference_used,
                                  .use = ReferenceUse::outgoing,
                                  .source_sequence = Sequence(9),
                                  .reference = name}),
            "use outgoing reference_digest 000102030405060708090a0b0c0d0e0f status reference_used "
            "source_shard 1 source_sequence 9");
}

TEST(EventText, TellsASendWithItsTerms) {
  EXPECT_EQ(told(sent, offsetof(PacketSent, texts) + 5),
            "packet 4097 sender 7 kind lucky split by_kind share_count 10 total 20.00 share_min "
            "0.01 share_max 200.00 expires_at 2017-01-28T16:00:00.000001Z balance 0.50 "
            "sender_may_claim funding wallet remark \"hi\" group \"grp\"");
}

// With every option that a packet can have.
class FullSend {
 public:
  FullSend() {
    event_.kind = PacketKind::exclusive;
    event_.split = Split::order_fair;
    event_.opens_at = Time(1'485'533'000'000'000);
    event_.code_tag = 0xc0de;
    event_.flags = PacketSent::sender_excluded | PacketSent::recallable | PacketSent::external;
    event_.reference_bytes = 4;
    event_.recipient_count = 3;
    event_.cap_day = 17'193;
    std::memcpy(event_.texts + 5, "rail", 4);
    event_.units = units_for(event_.bytes());
    std::memcpy(bytes_, &event_, event_.recipients_offset());
    const UserId users[] = {UserId(8), UserId(9), UserId(10)};
    std::memcpy(bytes_ + event_.recipients_offset(), users, sizeof users);
  }
  journal::Record record() const {
    return {Sequence(17), reinterpret_cast<const EventHeader*>(bytes_)};
  }
  // The record says that it is so long.
  void cut_to(std::uint8_t units) { bytes_[1] = std::byte{units}; }

 private:
  PacketSent event_ = sent;
  alignas(32) std::byte bytes_[limits::record_bytes_max]{};
};

TEST(EventText, TellsEveryOptionOfASend) {
  EXPECT_EQ(to_text(FullSend().record()).substr(58),
            "packet 4097 sender 7 kind exclusive split order_fair share_count 10 total 20.00 "
            "share_min 0.01 share_max 200.00 opens_at 2017-01-27T16:03:20.000000Z expires_at "
            "2017-01-28T16:00:00.000001Z balance 0.50 needs_code recallable funding external "
            "remark \"hi\" group \"grp\" reference \"rail\" recipients 8,9,10 cap_day 17193");
}

TEST(EventText, TellsTheRecipientsThatTheRecordHasRoomFor) {
  FullSend lying;
  lying.cut_to(5);  // 160 bytes: two users lie from byte 144 on
  const auto json = to_json(ShardId(0), journal::Position{1, 4096}, lying.record());
  EXPECT_EQ(json["recipients"], (std::vector<int>{8, 9}));
  lying.cut_to(1);
  EXPECT_TRUE(
      to_json(ShardId(0), journal::Position{1, 4096}, lying.record())["recipients"].empty());
}

TEST(EventText, TellsSupportCommandsWithOperatorAndNote) {
  FreezeSet freeze{.type = EventType::wallet_frozen,
                   .note_bytes = 7,
                   .operator_bytes = 3,
                   .subject = 7,
                   .key = key,
                   .texts = "annbad\nman"};
  EXPECT_EQ(told(freeze, freeze.bytes()), R"(user 7 by "ann" note "bad\nman")");
  freeze.type = EventType::packet_unfrozen;
  EXPECT_EQ(told(freeze, freeze.bytes()), R"(packet 7 by "ann" note "bad\nman")");
  const CaseOpened opened{.note_bytes = 2,
                          .operator_bytes = 3,
                          .case_id = CaseId(4103),
                          .subject = PacketId(4097),
                          .user = UserId(8),
                          .key = key,
                          .texts = "annhm"};
  EXPECT_EQ(told(opened, opened.bytes()), R"(case_id 4103 subject 4097 user 8 by "ann" note "hm")");
  EXPECT_EQ(fields_of(opened, opened.bytes()),
            R"({"case_id":4103,"subject":4097,"user":8,"by":"ann","note":"hm",)"
            R"("key":"00000000000000010000000000000002"})");
  const CaseResolved resolved{.operator_bytes = 3,
                              .decision = Decision::uphold,
                              .case_id = CaseId(4103),
                              .key = key,
                              .texts = "ann"};
  EXPECT_EQ(told(resolved, resolved.bytes()), R"(case_id 4103 decision uphold by "ann")");
}

TEST(EventText, TellsWhatBecomesOfAPacketsRest) {
  EXPECT_EQ(told(Refunded{.packet = PacketId(4097), .amount = Amount(300)}),
            "packet 4097 amount 3.00 route wallet");
  EXPECT_EQ(told(PacketRecalled{
                .route = RefundRoute::payout, .packet = PacketId(4097), .amount = Amount(300)}),
            "packet 4097 amount 3.00 route payout");
  const PayoutConfirmed confirmed{
      .reference_bytes = 4, .packet = PacketId(4097), .amount = Amount(300), .reference = "r-77"};
  EXPECT_EQ(told(confirmed, confirmed.bytes()), "packet 4097 amount 3.00 reference \"r-77\"");
  EXPECT_EQ(told(WalletSet{.refund_target = RefundTarget::wallet, .user = UserId(7)}),
            "user 7 refund_target wallet");
  EXPECT_EQ(told(CodeTried{.tries = 2, .packet = PacketId(4097), .user = UserId(8)}),
            "packet 4097 user 8 tries 2");
}

TEST(EventText, TellsTransfers) {
  const TransferSent offered{.remark_bytes = 4,
                             .transfer = PacketId(4097),
                             .sender = UserId(7),
                             .recipient = UserId(8),
                             .amount = Amount(300),
                             .expires_at = Time(1'485'619'200'000'001),
                             .arrives_after = Duration::hours(2),
                             .key = key,
                             .balance = Amount(50),
                             .remark = "rent"};
  EXPECT_EQ(told(offered, offered.bytes()),
            "transfer 4097 sender 7 recipient 8 amount 3.00 expires_at "
            "2017-01-28T16:00:00.000001Z arrives_after 2h balance 0.50 remark \"rent\"");
  EXPECT_EQ(json_of(offered, offered.bytes())["arrives_after_us"], 7'200'000'000);
  EXPECT_EQ(told(TransferAccepted{.transfer = PacketId(4097),
                                  .amount = Amount(300),
                                  .arrives_at = Time(1'485'619'200'000'001)}),
            "transfer 4097 amount 3.00 arrives_at 2017-01-28T16:00:00.000001Z");
  EXPECT_EQ(told(TransferArrived{.transfer = PacketId(4097), .amount = Amount(300)}),
            "transfer 4097 amount 3.00");
  EXPECT_EQ(told(TransferClosed{.state = TransferState::revoked,
                                .transfer = PacketId(4097),
                                .amount = Amount(300),
                                .case_id = CaseId(4103)}),
            "transfer 4097 state revoked amount 3.00 case_id 4103");
}

TEST(EventText, TellsReturnsWithTheMessagesThatTheyAre) {
  EXPECT_EQ(told(ReturnRequested{.share_index = 2,
                                 .forced = 1,
                                 .packet = PacketId(4097),
                                 .user = UserId(8),
                                 .amount = Amount(300),
                                 .case_id = CaseId(4103)}),
            "packet 4097 user 8 share_index 2 amount 3.00 forced case_id 4103");
  EXPECT_EQ(told(DebitDecided{.source = 1,
                              .share_index = 2,
                              .status = Status::insufficient_funds,
                              .source_sequence = Sequence(9),
                              .packet = PacketId(4097),
                              .user = UserId(8),
                              .wanted = Amount(300),
                              .balance = Amount(299)}),
            "user 8 packet 4097 share_index 2 status insufficient_funds wanted 3.00 taken 0.00 "
            "balance 2.99 source_shard 1 source_sequence 9");
  const ReturnSettled settled{.share_index = 2,
                              .answer_shard = 1,
                              .forced = 1,
                              .packet = PacketId(4097),
                              .user = UserId(8),
                              .taken = Amount(200),
                              .shortfall = Amount(100),
                              .answer_sequence = Sequence(5),
                              .case_id = CaseId(4103)};
  EXPECT_EQ(told(settled),
            "packet 4097 user 8 share_index 2 status ok taken 2.00 shortfall 1.00 forced case_id "
            "4103 answer_shard 1 answer_sequence 5");
  EXPECT_EQ(fields_of(settled),
            R"({"packet":4097,"user":8,"share_index":2,"status":"ok","taken":200,"shortfall":100,)"
            R"("forced":true,"case_id":4103,"answer_shard":1,"answer_sequence":5,)"
            R"("key":"00000000000000000000000000000000"})");
}

TEST(EventText, TellsAStatusThatADebitCannotHaveByItsNumber) {
  EXPECT_NE(told(DebitDecided{.status = Status::sold_out}).find("status 35"), std::string::npos);
}

TEST(EventText, TellsAnEventOfANewerVersionByTypeAndLength) {
  const Lying lying(Claimed{.type = static_cast<EventType>(200)});
  EXPECT_NE(to_text(lying.record()).find("unknown            type 200, 32 bytes"),
            std::string::npos);
}

TEST(EventText, SurvivesTextsThatClaimToBeLongerThanTheirRecord) {
  PacketSent wrong = sent;
  wrong.remark_bytes = 255;
  wrong.group_bytes = 255;
  const Lying lying(wrong, offsetof(PacketSent, texts) + 5);
  EXPECT_FALSE(to_text(lying.record()).empty());
  EXPECT_FALSE(to_json(ShardId(0), journal::Position{1, 4096}, lying.record()).empty());
}

TEST(EventJson, HasPlaceTypeAndTheEventsFields) {
  const Lying claimed(
      Claimed{.share_index = 3, .amount_fen = 123, .packet = PacketId(4097), .user = UserId(12)});
  EXPECT_EQ(json_line(to_json(ShardId(2), journal::Position{1, 4192}, claimed.record())),
            R"({"shard":2,"sequence":17,"segment":1,"offset":4192,"event":"claimed","type":5,)"
            R"("at":1485532800000001,"packet":4097,"user":12,"share_index":3,"amount_fen":123})");
}

TEST(EventJson, TellsTheSeedsCommitmentAndNeverTheSeed) {
  const Lying lying(sent, offsetof(PacketSent, texts) + 5);
  const auto json = to_json(ShardId(0), journal::Position{1, 4096}, lying.record());
  EXPECT_EQ(json["seed_commitment"].get<std::string>().size(), 64u);
  EXPECT_FALSE(json.contains("seed"));
  EXPECT_EQ(json["remark"], "hi");
  EXPECT_EQ(json["group"], "grp");
  EXPECT_EQ(json["key"], "00000000000000010000000000000002");
}

TEST(EventJson, TellsNoCommitmentOfARecordWithoutItsSeed) {
  PacketSent hidden = sent;
  hidden.seed = PrfKey{};
  const Lying lying(hidden, offsetof(PacketSent, texts) + 5);
  const auto json = to_json(ShardId(0), std::nullopt, lying.record());
  ASSERT_TRUE(json.contains("seed_commitment"));
  EXPECT_TRUE(json["seed_commitment"].is_null());
}

TEST(EventJson, TellsEveryOptionOfASend) {
  const auto json = to_json(ShardId(0), journal::Position{1, 4096}, FullSend().record());
  EXPECT_EQ(json["split"], "order_fair");
  EXPECT_EQ(json["opens_at"], 1'485'533'000'000'000);
  EXPECT_EQ(json["needs_code"], true);
  EXPECT_EQ(json["sender_may_claim"], false);
  EXPECT_EQ(json["recallable"], true);
  EXPECT_EQ(json["funding"], "external");
  EXPECT_EQ(json["reference"], "rail");
  EXPECT_EQ(json["recipients"], (std::vector<int>{8, 9, 10}));
  EXPECT_EQ(json["share_fen_min"], 1);
}

TEST(EventJson, NeverTellsACodesTag) {
  const std::string text =
      json_line(to_json(ShardId(0), journal::Position{1, 4096}, FullSend().record()));
  EXPECT_EQ(text.find("tag"), std::string::npos);
  EXPECT_EQ(text.find(std::to_string(0xc0de)), std::string::npos);
}

// Records of every type and one more, of every length up to the longest event's, full of chance.
TEST(EventText, BearsAnyBytes) {
  for (const std::uint64_t seed : test::seeds(200)) {
    SCOPED_TRACE(test::seed_text(seed));
    std::mt19937_64 chance(seed);
    for (unsigned type = 0; type <= static_cast<unsigned>(EventType::receive_cap_heard) + 1;
         ++type) {
      const std::size_t units = 1 + chance() % 20;
      // Its own memory, so that a sanitizer sees a read beyond it.
      const std::unique_ptr<std::uint64_t[]> words(new std::uint64_t[units * 4]);
      std::generate_n(words.get(), units * 4, [&] {
        // Often the ends of the range.
        const std::uint64_t word = chance();
        return word % 8 == 0 ? 0 : word % 8 == 1 ? ~0ull : word % 8 == 2 ? 1ull << 63 : chance();
      });
      auto* const bytes = reinterpret_cast<std::uint8_t*>(words.get());
      bytes[0] = static_cast<std::uint8_t>(type);
      bytes[1] = static_cast<std::uint8_t>(units);
      const journal::Record record{Sequence(1), reinterpret_cast<EventHeader*>(words.get())};
      EXPECT_FALSE(to_text(record).empty());
      EXPECT_FALSE(json_line(to_json(ShardId(0), journal::Position{1, 4096}, record)).empty());
    }
  }
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
