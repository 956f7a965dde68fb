#include "tools/hongbao/verifier/books.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <limits>

#include "tests/unit/tools/hongbao/verifier/history.h"

namespace hb::verifier {
namespace {

using namespace test;

// ---- right histories ----------------------------------------------------------------------------

TEST(Books, FindNothingWrongWithAHistoryThatKeepsEveryRule) {
  History h = mei_with_packet({.remark = "恭喜发财"});
  h.open(lan).claim(first, lan, 0, 1'200).claim(first, mei, 1, 1).claim(first, bo, 2, 1'799);
  h.withdraw(lan, 200, 1'000).deposit(bo, 1, 1'800).deposit(mei, 9, 7'010);
  h.at(5'000).send(second, mei, 7'000, 10, {.kind = PacketKind::even, .share_count = 2});
  h.claim(second, lan, 0, 3'500).at(5'000 + day_s).refund(second, 3'500);
  h.open(bo).withdraw(mei, 3'510, 0);
  EXPECT_EQ(h.broken_rules(), Rules{});

  const Figures& f = h.books().figures();
  EXPECT_EQ(f.events, 15u);
  EXPECT_EQ(f.wallets, 3u);
  EXPECT_EQ(f.claims, 4u);
  EXPECT_EQ(f.packets_open, 0u);
  EXPECT_EQ(f.packets_sold_out, 1u);
  EXPECT_EQ(f.packets_refunded, 1u);
  EXPECT_EQ(f.deposits_fen, 10'010);
  EXPECT_EQ(f.withdrawals_fen, 3'710);
  EXPECT_EQ(f.wallets_fen, 1'000 + 3'500 + 1'800);
  EXPECT_EQ(f.packets_fen, 0);
  EXPECT_EQ(f.sent_fen, 10'000);
  EXPECT_EQ(f.claimed_fen, 6'500);
  EXPECT_EQ(f.refunded_fen, 3'500);
  EXPECT_EQ(h.books().wallets().at(lan).balance_fen, 4'500);
}

TEST(Books, FindNothingWrongWithEveryEventThatOneShardCanHave) {
  History h;
  live_through_everything(h);
  EXPECT_EQ(h.broken_rules(), Rules{});
  const Figures& f = h.books().figures();
  EXPECT_EQ(f.packets_open, 1u);
  EXPECT_EQ(f.packets_sold_out, 1u);
  EXPECT_EQ(f.packets_refunded, 3u);
  EXPECT_EQ(f.packets_recalled, 1u);
  EXPECT_EQ(f.transfers_open, 1u);
  EXPECT_EQ(f.transfers_arrived, 1u);
  EXPECT_EQ(f.transfers_closed, 4u);
  EXPECT_EQ(f.transfers_returned, 1u);
  EXPECT_EQ(f.claims, 5u);
  EXPECT_EQ(f.claims_returned, 2u);
  EXPECT_EQ(f.cases_upheld, 2u);
  EXPECT_EQ(f.deposits_fen + f.external_fen, 106'200);
  EXPECT_EQ(f.wallets_fen, 102'300);
  EXPECT_EQ(f.packets_fen, 600);
  EXPECT_EQ(f.transfers_fen, 400);
  EXPECT_EQ(f.withdrawals_fen, 1'700);
  EXPECT_EQ(f.payouts_owed_fen, 700);
  EXPECT_EQ(f.payouts_paid_fen, 500);
  EXPECT_EQ(f.returned_fen, 3'000 + 1'000 + 200);
  EXPECT_EQ(f.shortfall_fen, 1'000);
}

TEST(Books, CountWhatAnOpenPacketHoldsAsEscrow) {
  History h = mei_with_packet();
  h.claim(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().packets_open, 1u);
  EXPECT_EQ(h.books().figures().packets_fen, 2'000);
  EXPECT_EQ(h.books().figures().wallets_fen, 8'000);
}

TEST(Books, FindNothingWrongWithAnEmptyHistory) {
  History h;
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(Books, LetAShareTakenOneMicrosecondBeforeExpiryStand) {
  History h = mei_with_packet();
  h.at_us(expiry_s * 1'000'000 - 1).claim(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(Books, LetARefundAtTheInstantOfExpiryStand) {
  History h = mei_with_packet();
  h.at(expiry_s).refund(first, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(Books, LetAKeyBeUsedAgainAfterFortyEightHours) {
  History h = mei_with_money();
  h.at(100).with_key({1, 2}).deposit(mei, 1, 10'001);
  h.at(100 + 2 * day_s).with_key({1, 2}).deposit(mei, 1, 10'002);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(Books, LetTwoPartitionsUseOneKey) {
  ASSERT_NE(partition_of(mei), partition_of(lan));
  History h = mei_with_money();
  h.with_key({1, 2}).open(lan).with_key({1, 2}).deposit(mei, 1, 10'001);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

// ---- planted: order, keys, homes ----------------------------------------------------------------

TEST(Books, NameAnEventOfLaterTimeBeforeAnEarlierOne) {
  History h = mei_with_money();
  h.at(50).deposit(mei, 1, 10'001).at_us(49'999'999).deposit(mei, 1, 10'002);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::time_went_back});
}

TEST(Books, NameAMissingEvent) {
  History h = mei_with_money();
  h.skip(1).deposit(mei, 1, 10'001);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::sequence_gap});
}

TEST(Books, NameAKeyUsedTwiceWithinFortyEightHours) {
  History h = mei_with_money();
  h.at(100).with_key({1, 2}).deposit(mei, 1, 10'001);
  h.at_us((100 + 2 * day_s) * 1'000'000 - 1).with_key({1, 2}).deposit(mei, 1, 10'002);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::key_reused});
}

TEST(Books, NameAKeyUsedTwiceByDifferentCommands) {
  History h = mei_with_money();
  h.with_key({1, 2}).withdraw(mei, 1, 9'999).with_key({1, 2}).send(first, mei, 3'000, 6'999);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::key_reused});
}

TEST(Books, RememberAKeyFromItsLastUse) {
  History h = mei_with_money();
  h.at(100).with_key({1, 2}).deposit(mei, 1, 10'001);
  h.at(100 + day_s).with_key({1, 2}).deposit(mei, 1, 10'002);
  h.at(100 + 2 * day_s).deposit(mei, 1, 10'003);
  h.at(200 + 2 * day_s).with_key({1, 2}).deposit(mei, 1, 10'004);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::key_reused, Rule::key_reused}));
}

TEST(Books, NameACommandsEventWithoutKey) {
  History h = mei_with_money();
  const MoneyMoved keyless{
      .type = EventType::deposited, .user = mei, .amount = Amount(1), .balance = Amount(10'001)};
  ASSERT_TRUE(h.feed(keyless, keyless.bytes()));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::key_missing});
}

TEST(Books, NameAnEventThatBelongsToAnotherShard) {
  const ShardId home = shard_of(partition_of(mei), 2);
  History h({ShardId(static_cast<std::uint16_t>(1 - home.value)), 2});
  h.open(mei);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::foreign_partition});
}

// ---- bytes --------------------------------------------------------------------------------------

TEST(Books, NameARecordWhoseTextsDoNotFitIt) {
  History h = mei_with_money();
  ASSERT_TRUE(h.feed(WalletOpened{.name_bytes = 60, .user = lan, .key = {1, 2}},
                     offsetof(WalletOpened, name)));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::record_malformed});
}

TEST(Books, NameARecordThatIsShorterThanItsType) {
  History h = mei_with_money();
  ASSERT_TRUE(h.feed(MoneyMoved{.type = EventType::deposited, .user = mei}, 32));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::record_malformed});
}

TEST(Books, NameARecordWithATextThatIsLongerThanAnyMayBe) {
  History h = mei_with_money();
  ASSERT_TRUE(h.feed(WalletOpened{.name_bytes = 65, .user = lan, .key = {1, 2}},
                     offsetof(WalletOpened, name) + 65));
  ASSERT_TRUE(h.feed(PacketSent{.packet = first, .sender = mei, .remark_bytes = 129},
                     offsetof(PacketSent, texts) + 129));
  ASSERT_TRUE(h.feed(FreezeSet{.type = EventType::packet_frozen, .note_bytes = 513},
                     offsetof(FreezeSet, texts) + 513));
  EXPECT_EQ(h.broken_rules(), Rules(3, Rule::record_malformed));
}

TEST(Books, NameARecordWhoseRecipientsDoNotFitIt) {
  History h = mei_with_money();
  PacketSent event{.packet = first, .sender = mei, .recipient_count = 65'535};
  ASSERT_TRUE(h.feed(event, offsetof(PacketSent, texts)));
  // 1,024 users more, and the length in units would come to the same byte.
  event.recipient_count = 1'024;
  ASSERT_TRUE(h.feed(event, offsetof(PacketSent, texts)));
  EXPECT_EQ(h.broken_rules(), Rules(2, Rule::record_malformed));
}

TEST(Books, BearTimesAtTheEndsOfTheRange) {
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  Violations violations;
  Books books({ShardId(0), 1}, violations);
  const auto book = [&](std::uint64_t sequence, auto event, Time at) {
    event.at = at;
    event.units = units_for(sizeof event);
    if constexpr (std::is_same_v<decltype(event), MoneyMoved>) {
      event.units = units_for(event.bytes());
    }
    alignas(32) std::byte record[sizeof event];
    std::memcpy(record, &event, sizeof event);
    EXPECT_TRUE(books.record({Sequence(sequence), reinterpret_cast<EventHeader*>(record)}, {}));
  };
  const MoneyMoved deposit{.type = EventType::deposited,
                           .user = mei,
                           .amount = Amount(9),
                           .key = {1, 2},
                           .balance = Amount(9)};
  book(1, deposit, Time(least));
  book(2,
       PacketSent{.units = 0,
                  .share_count = 1,
                  .packet = first,
                  .sender = mei,
                  .total = Amount(9),
                  .expires_at = Time(most),
                  .opens_at = Time(least)},
       Time(least));
  book(3,
       TransferSent{.transfer = second,
                    .sender = mei,
                    .amount = Amount(1),
                    .expires_at = Time(least),
                    .arrives_after = Duration::us(most)},
       Time(most));
  book(4, TransferAccepted{.transfer = second, .amount = Amount(1), .arrives_at = Time(least)},
       Time(most));
  books.close();
  EXPECT_GT(violations.count(), 0u);
}

TEST(Books, FailOnAnEventTypeOfANewerVersion) {
  History h = mei_with_money();
  const auto booked = h.feed(Claimed{.type = static_cast<EventType>(200)});
  ASSERT_FALSE(booked);
  EXPECT_EQ(booked.error().code, ErrorCode::newer_format);
  EXPECT_NE(booked.error().message.find("event 3 has type 200"), std::string::npos);
  EXPECT_NE(booked.error().message.find("00000001.seg, offset 4192"), std::string::npos);
}

TEST(Books, CountABalanceOfAForgedJournalWithoutOverflow) {
  History h;
  constexpr std::int64_t big = limits::amount_max;
  for (int i = 1; i <= 1'024; ++i) h.deposit(mei, big, i * big);
  h.deposit(mei, big, 0);
  const Rules rules = h.broken_rules();
  ASSERT_FALSE(rules.empty());
  EXPECT_EQ(rules.front(), Rule::sum_overflow);
}

TEST(Books, CountMoreMoneyThan64BitsHold) {
  History h;
  constexpr std::int64_t big = limits::amount_max;
  for (int i = 0; i < 1'100; ++i) h.deposit(mei, big, big).withdraw(mei, big, 0);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().deposits_fen, verifier::Wide{1'100} * big);
}

TEST(Books, PlaceAViolationInItsFile) {
  History h = mei_with_money();
  h.deposit(mei, 100, 10'099);
  const auto& kept = h.violations().kept();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].place.shard, ShardId(0));
  EXPECT_EQ(kept[0].place.sequence, Sequence(3));
  EXPECT_EQ(kept[0].place.position, (journal::Position{1, 4192}));
  EXPECT_EQ(kept[0].what, "the balance of user 7 is recorded as 100.99, but comes to 101.00");
}

TEST(Violations, KeepTheFirstTwentyAndCountAll) {
  History h = mei_with_money();
  for (int i = 0; i < 30; ++i) h.deposit(mei, 0, 10'000);
  EXPECT_EQ(h.violations().count(), 30u);
  EXPECT_EQ(h.violations().kept().size(), 20u);
}

}  // namespace
}  // namespace hb::verifier
