#include "tools/hongbao/case_movements.h"

#include <gtest/gtest.h>

#include "tests/unit/tools/hongbao/recorded.h"

namespace hb::cli {
namespace {

constexpr PacketId packet{4097};
constexpr UserId mei{7};
constexpr UserId lan{8};

PacketSent packet_sent(std::uint8_t flags = 0) {
  return {.share_count = 3, .packet = packet, .sender = mei, .total = Amount(600), .flags = flags};
}

TransferSent transfer_sent() {
  return {.transfer = packet, .sender = mei, .recipient = lan, .amount = Amount(500)};
}

// "from > to amount" of each movement.
std::vector<std::string> flows(const std::vector<archive::HistoryRecord>& history) {
  std::vector<std::string> found;
  for (const CaseMovement& m : movements_in(history)) {
    found.push_back(m.from + " > " + m.to + " " + std::to_string(m.amount.fen()));
  }
  return found;
}

using Flows = std::vector<std::string>;

TEST(CaseMovements, FollowAPacketsMoneyFromTheSenderToTheRefund) {
  const Claimed claim{.amount_fen = 200, .packet = packet, .user = lan};
  const Refunded refund{.packet = packet, .amount = Amount(400)};
  EXPECT_EQ(flows({recorded(1, packet_sent()), recorded(2, claim), recorded(3, refund)}),
            (Flows{"wallet 7 > escrow 600", "escrow > wallet 8 200", "escrow > wallet 7 400"}));
}

TEST(CaseMovements, SayWhichEventTheyAreFrom) {
  const Claimed claim{.amount_fen = 200, .packet = packet, .user = lan};
  const auto movements = movements_in({recorded(5, claim, 3)});
  ASSERT_EQ(movements.size(), 1);
  EXPECT_EQ(movements[0].shard, ShardId(3));
  EXPECT_EQ(movements[0].sequence, Sequence(5));
  EXPECT_EQ(movements[0].at, noon);
}

TEST(CaseMovements, FollowExternalMoneyOverItsRail) {
  const Refunded refund{.route = RefundRoute::payout, .packet = packet, .amount = Amount(600)};
  const PayoutConfirmed paid{.packet = packet, .amount = Amount(600)};
  EXPECT_EQ(flows({recorded(1, packet_sent(PacketSent::external)), recorded(2, refund),
                   recorded(3, paid)}),
            (Flows{"rail > escrow 600", "escrow > payout 600", "payout > rail 600"}));
}

TEST(CaseMovements, FollowARecall) {
  const PacketRecalled recall{.packet = packet, .amount = Amount(600)};
  EXPECT_EQ(flows({recorded(1, packet_sent()), recorded(2, recall)}),
            (Flows{"wallet 7 > escrow 600", "escrow > wallet 7 600"}));
}

TEST(CaseMovements, FollowAReturnOnOneShardAndOverTwo) {
  const ReturnSettled here{.packet = packet, .user = lan, .taken = Amount(200)};
  EXPECT_EQ(flows({recorded(1, packet_sent()), recorded(2, here)}),
            (Flows{"wallet 7 > escrow 600", "wallet 8 > wallet 7 200"}));

  const ReturnRequested request{.packet = packet, .user = lan, .amount = Amount(200)};
  const DebitDecided debit{.packet = packet, .user = lan, .taken = Amount(200)};
  const ReturnSettled settled{
      .packet = packet, .user = lan, .taken = Amount(200), .answer_sequence = Sequence(9)};
  EXPECT_EQ(flows({recorded(1, packet_sent()), recorded(2, request), recorded(9, debit, 1),
                   recorded(3, settled)}),
            (Flows{"wallet 7 > escrow 600", "wallet 8 > transit 200", "transit > wallet 7 200"}));
}

TEST(CaseMovements, ADebitThatTookNothingIsNone) {
  const DebitDecided debit{
      .status = Status::insufficient_funds, .packet = packet, .user = lan, .wanted = Amount(200)};
  EXPECT_EQ(flows({recorded(1, debit)}), Flows{});
}

TEST(CaseMovements, FollowATransferThatArrivesAtOnceOrLater) {
  const TransferAccepted at_once{.transfer = packet, .amount = Amount(500), .arrives_at = noon};
  EXPECT_EQ(flows({recorded(1, transfer_sent()), recorded(2, at_once)}),
            (Flows{"wallet 7 > escrow 500", "escrow > wallet 8 500"}));

  const TransferAccepted later{
      .transfer = packet, .amount = Amount(500), .arrives_at = noon + Duration::hours(2)};
  const TransferArrived arrived{.transfer = packet, .amount = Amount(500)};
  EXPECT_EQ(flows({recorded(1, transfer_sent()), recorded(2, later), recorded(3, arrived)}),
            (Flows{"wallet 7 > escrow 500", "escrow > wallet 8 500"}));
}

TEST(CaseMovements, FollowATransferThatIsRevoked) {
  const TransferClosed closed{
      .state = TransferState::revoked, .transfer = packet, .amount = Amount(500)};
  EXPECT_EQ(flows({recorded(1, transfer_sent()), recorded(2, closed)}),
            (Flows{"wallet 7 > escrow 500", "escrow > wallet 7 500"}));
}

TEST(CaseMovements, AreNotMadeByEventsThatMoveNothingOrAreUnknown) {
  FreezeSet freeze;
  freeze.type = EventType::packet_frozen;
  CodeTried newer;
  newer.type = static_cast<EventType>(200);
  EXPECT_EQ(flows({recorded(1, freeze), recorded(2, CodeTried{}), recorded(3, newer)}), Flows{});
}

}  // namespace
}  // namespace hb::cli
