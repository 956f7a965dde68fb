#include "tools/hongbao/load/audit.h"

#include <gtest/gtest.h>

#include <vector>

namespace hb::load {
namespace {

// A packet of 3 shares and 100 fen, of which users 1 and 2 have 30 and 50; and what the server
// told.
struct Books {
  std::vector<PacketClaim> claims = {{UserId(1), Amount(30), Time(1)},
                                     {UserId(2), Amount(50), Time(2)}};
  net::PacketDetail packet;
  std::vector<ClaimReceipt> told = {
      {{PacketId(7), UserId(1)}, Status::ok, false, 0, 30},
      {{PacketId(7), UserId(2)}, Status::ok, false, 1, 50},
      {{PacketId(7), UserId(2)}, Status::already_claimed, false, 1, 50}};
  SendReceipt sent{PacketId(7), UserId(9), Amount(100), 3};

  Books() {
    packet.packet.packet = PacketId(7);
    packet.packet.sender = UserId(9);
    packet.packet.share_count = 3;
    packet.packet.claimed_count = 2;
    packet.packet.total = Amount(100);
    packet.packet.remaining = Amount(20);
  }
  std::string fault() {
    packet.claims = claims;
    return fault_of_packet(packet, told, &sent).value_or("");
  }
};

TEST(FaultOfPacket, IsNoneWhenItShowsWhatWasTold) {
  EXPECT_EQ(Books().fault(), "");
}

TEST(FaultOfPacket, FindsSumsThatAreNotTheTotal) {
  Books books;
  books.packet.packet.remaining = Amount(21);
  EXPECT_EQ(books.fault(),
            "packet 7: claims of 80 fen, a rest of 21 and a refund of 0 are not its total of 100");
}

TEST(FaultOfPacket, CountsARefundIntoTheSum) {
  Books books;
  books.packet.packet.remaining = Amount(0);
  books.packet.packet.refunded = Amount(20);
  EXPECT_EQ(books.fault(), "");
}

TEST(FaultOfPacket, FindsTwoSharesOfOneUser) {
  Books books;
  books.claims[1].user = UserId(1);
  EXPECT_EQ(books.fault(), "packet 7: user 1 has two shares");
}

TEST(FaultOfPacket, FindsAToldShareThatIsMissing) {
  Books books;
  books.claims.pop_back();
  books.packet.packet.claimed_count = 1;
  books.packet.packet.remaining = Amount(70);
  EXPECT_EQ(books.fault(), "packet 7: it does not show the share 1 of 50 fen that user 2 was told");
}

TEST(FaultOfPacket, FindsAToldShareOfAnotherAmount) {
  Books books;
  books.told[0].amount_fen = 31;
  EXPECT_EQ(books.fault(), "packet 7: it does not show the share 0 of 31 fen that user 1 was told");
}

TEST(FaultOfPacket, FindsAShareThatNobodyWasTold) {
  Books books;
  books.claims.push_back({UserId(3), Amount(20), Time(3)});
  books.packet.packet.claimed_count = 3;
  books.packet.packet.remaining = Amount(0);
  EXPECT_EQ(books.fault(), "packet 7: it shows a share of user 3, who was told of none");
}

TEST(FaultOfPacket, AllowsAShareWhoseAnswerWasLost) {
  Books books;
  books.told.push_back({{PacketId(7), UserId(3)}, Status::ok, true, 0, 0});
  EXPECT_EQ(books.fault(), "");
  books.claims.push_back({UserId(3), Amount(20), Time(3)});
  books.packet.packet.claimed_count = 3;
  books.packet.packet.remaining = Amount(0);
  EXPECT_EQ(books.fault(), "");
}

TEST(FaultOfPacket, FindsOneClaimThatWasToldToWinTwice) {
  Books books;
  books.told[2].status = Status::ok;
  EXPECT_EQ(books.fault(), "packet 7: 3 claims were told to win, it shows 2");
}

TEST(FaultOfPacket, FindsTermsThatWereNotSent) {
  Books books;
  books.sent.share_count = 4;
  EXPECT_EQ(books.fault(), "packet 7: it shows 3 shares, 100 fen, sender 9; sent were 4, 100, 9");
}

TEST(FaultOfWallet, IsNoneWithinWhatIsExpected) {
  EXPECT_FALSE(fault_of_wallet(UserId(5), 70, {70, 70}));
  EXPECT_FALSE(fault_of_wallet(UserId(5), 75, {70, 80}));
  EXPECT_EQ(fault_of_wallet(UserId(5), 69, {70, 70}),
            "wallet 5: it holds 69 fen and should hold 70");
  EXPECT_EQ(fault_of_wallet(UserId(5), 81, {70, 80}),
            "wallet 5: it holds 81 fen and should hold 70 to 80");
}

TEST(ExpectedOfUser, AddsUpFirstAnswersOnly) {
  const Books books;
  const Expected expected = expected_of_user(books.told);
  EXPECT_EQ(expected.least, 80);
  EXPECT_EQ(expected.most, 80);
}

TEST(ExpectedOfUser, LeavesRoomForClaimsWithoutAnAnswer) {
  Books books;
  books.told[1].lost = true;
  const Expected expected = expected_of_user(books.told);
  EXPECT_EQ(expected.least, 30);
  EXPECT_EQ(expected.most, 30 + limits::share_amount_max);
}

TEST(ExpectedOfSender, IsTheDepositLessWhatWasSent) {
  const Expected certain = expected_of_sender(1'000, {300, 0}, 0);
  EXPECT_EQ(certain.least, 700);
  EXPECT_EQ(certain.most, 700);
  const Expected open = expected_of_sender(1'000, {300, 50}, 300);
  EXPECT_EQ(open.least, 650);
  EXPECT_EQ(open.most, 1'000);
}

}  // namespace
}  // namespace hb::load
