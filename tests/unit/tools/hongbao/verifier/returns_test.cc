#include <gtest/gtest.h>

#include "tests/unit/tools/hongbao/verifier/history.h"
#include "tools/hongbao/verifier/books.h"

namespace hb::verifier {
namespace {

using namespace test;

// Of Mei's packet of 30.00 Lan has taken 10.00; Mei holds 70.00.
History lan_with_share() {
  History history = mei_with_packet();
  history.claim(first, lan, 0, 1'000);
  return history;
}

// Mei has sent Lan 30.00, which arrived.
History lan_with_transfer() {
  History history = mei_with_money();
  history.at(sent_s).send_transfer(first, mei, lan, 3'000, 7'000).accept(first, 3'000);
  return history;
}

// A case about Lan's share, upheld.
History lan_with_upheld_case(History history) {
  history.open_case(first_case, first, lan).resolve_case(first_case, Decision::uphold, lan);
  return history;
}

// ---- right --------------------------------------------------------------------------------------

TEST(BooksOfReturns, GiveAShareBackToTheSender) {
  History h = lan_with_share();
  h.return_here(first, lan, 0, 1'000).withdraw(mei, 8'000, 0);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().wallets().at(lan).balance_fen, 0);
  EXPECT_EQ(h.books().figures().claims_returned, 1u);
  EXPECT_EQ(h.books().figures().returned_fen, 1'000);
  EXPECT_EQ(h.books().packets().at(first).shares[0].state, ShareState::returned);
}

TEST(BooksOfReturns, GiveAShareOfAClosedPacketBack) {
  History h = lan_with_share();
  h.at(expiry_s).refund(first, 2'000).return_here(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(BooksOfReturns, GiveAnArrivedTransferBack) {
  History h = lan_with_transfer();
  h.return_here(first, lan, 0, 3'000).withdraw(mei, 10'000, 0);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().transfers_returned, 1u);
  EXPECT_EQ(h.books().figures().returned_fen, 3'000);
}

TEST(BooksOfReturns, LetAReturnThatCouldNotBeDoneLeaveTheShare) {
  History h = lan_with_share();
  h.withdraw(lan, 1, 999);
  ASSERT_TRUE(h.feed(ReturnSettled{
      .status = Status::insufficient_funds, .packet = first, .user = lan, .key = {1, 2}}));
  h.deposit(lan, 1, 1'000).with_key({1, 2}).return_here(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(BooksOfReturns, TakeByForceWhatTheWalletHolds) {
  History h = lan_with_share();
  h.withdraw(lan, 400, 600).freeze(lan).freeze(first);
  h = lan_with_upheld_case(std::move(h));
  h.return_here(first, lan, 0, 600, first_case, 400);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().shortfall_fen, 400);
  EXPECT_EQ(h.books().packets().at(first).shares[0].state, ShareState::returned_short);
  EXPECT_EQ(h.books().cases().at(first_case).returned_fen, 600);
  EXPECT_EQ(h.books().cases().at(first_case).shortfall_fen, 400);
}

TEST(BooksOfReturns, TakeByForceNothingFromAnEmptyWallet) {
  History h = lan_with_share();
  h.withdraw(lan, 1'000, 0);
  h = lan_with_upheld_case(std::move(h));
  h.return_here(first, lan, 0, 0, first_case, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(BooksOfReturns, CollectWhatIsStillOwedForALaterCase) {
  const CaseId second_case = case_id(partition_of(mei), 2);
  History h = lan_with_share();
  h.withdraw(lan, 400, 600);
  h = lan_with_upheld_case(std::move(h));
  h.return_here(first, lan, 0, 600, first_case, 400);
  h.deposit(lan, 300, 300).open_case(second_case, first, lan);
  h.resolve_case(second_case, Decision::uphold, lan);
  h.return_here(first, lan, 0, 300, second_case, 100);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().shortfall_fen, 100);
  EXPECT_EQ(h.books().figures().returned_fen, 900);
  EXPECT_EQ(h.books().cases().at(second_case).shortfall_fen, 100);
}

// ---- planted ------------------------------------------------------------------------------------

TEST(BooksOfReturns, NameACollectionOfMoreThanIsOwed) {
  const CaseId second_case = case_id(partition_of(mei), 2);
  History h = lan_with_share();
  h.withdraw(lan, 400, 600);
  h = lan_with_upheld_case(std::move(h));
  h.return_here(first, lan, 0, 600, first_case, 400);
  h.deposit(lan, 500, 500).open_case(second_case, first, lan);
  h.resolve_case(second_case, Decision::uphold, lan);
  h.return_here(first, lan, 0, 500, second_case);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::return_amount_wrong, Rule::packet_not_conserved}));
}

TEST(BooksOfReturns, NameACollectionThatNoCaseForces) {
  History h = lan_with_share();
  h.withdraw(lan, 400, 600);
  h = lan_with_upheld_case(std::move(h));
  h.return_here(first, lan, 0, 600, first_case, 400);
  h.deposit(lan, 400, 400).return_here(first, lan, 0, 400);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::return_twice});
}

TEST(BooksOfReturns, NameASecondReturn) {
  History h = lan_with_share();
  h.deposit(lan, 1'000, 2'000);
  h.return_here(first, lan, 0, 1'000).return_here(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::return_twice, Rule::packet_not_conserved}));
}

TEST(BooksOfReturns, NameASecondReturnOfATransfer) {
  History h = lan_with_transfer();
  h.deposit(lan, 3'000, 6'000);
  h.return_here(first, lan, 0, 3'000).return_here(first, lan, 0, 3'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::return_twice, Rule::transfer_not_conserved}));
}

TEST(BooksOfReturns, NameAReturnOfAShareThatSomebodyElseHas) {
  History h = lan_with_share();
  h.deposit(bo, 1'000, 1'000).return_here(first, bo, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::share_unknown, Rule::shard_not_conserved}));
}

TEST(BooksOfReturns, NameAReturnOfAShareThatNobodyTook) {
  History h = lan_with_share();
  h.return_here(first, lan, 1, 1'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::share_unknown, Rule::shard_not_conserved}));
}

TEST(BooksOfReturns, NameAReturnOfATransferThatHasNotArrived) {
  History h = mei_with_money();
  h.deposit(lan, 3'000, 3'000).send_transfer(first, mei, lan, 3'000, 7'000);
  h.return_here(first, lan, 0, 3'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::share_unknown, Rule::shard_not_conserved}));
}

TEST(BooksOfReturns, NameAReturnOfPartOfAShare) {
  History h = lan_with_share();
  h.return_here(first, lan, 0, 999);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::return_amount_wrong});
}

TEST(BooksOfReturns, NameAShortfallThatNoCaseForced) {
  History h = lan_with_share();
  h.withdraw(lan, 1, 999);
  ASSERT_TRUE(h.feed(ReturnSettled{
      .packet = first, .user = lan, .taken = Amount(999), .shortfall = Amount(1), .key = {1, 2}}));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::return_amount_wrong});
}

TEST(BooksOfReturns, NameARefusedReturnThatTakesMoney) {
  History h = lan_with_share();
  ASSERT_TRUE(h.feed(ReturnSettled{.status = Status::insufficient_funds,
                                   .packet = first,
                                   .user = lan,
                                   .taken = Amount(1'000),
                                   .key = {1, 2}}));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::return_amount_wrong});
}

TEST(BooksOfReturns, NameAReturnOfMoreThanTheWalletHolds) {
  History h = lan_with_share();
  h.withdraw(lan, 1, 999).return_here(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::overdraft});
}

TEST(BooksOfReturns, NameAReturnFromAFrozenWallet) {
  History h = lan_with_share();
  h.freeze(lan).return_here(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::frozen_wallet_debited});
}

TEST(BooksOfReturns, NameAReturnOfAShareOfAFrozenPacket) {
  History h = lan_with_share();
  h.freeze(first).return_here(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::frozen_packet_moved});
}

TEST(BooksOfReturns, NameAReturnWithoutAKey) {
  History h = lan_with_share();
  ASSERT_TRUE(h.feed(ReturnSettled{.packet = first, .user = lan, .taken = Amount(1'000)}));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::key_missing});
}

TEST(BooksOfReturns, NameAKeyThatAReturnUsesAgain) {
  History h = lan_with_share();
  h.with_key({1, 2}).recall(first, 2'000);
  h.with_key({1, 2}).return_here(first, lan, 0, 1'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::recall_not_allowed, Rule::key_reused}));
}

TEST(BooksOfReturns, NameANegativeReturn) {
  History h = lan_with_share();
  h.return_here(first, lan, 0, -1);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::amount_invalid});
}

TEST(BooksOfReturns, NameAForcedReturnThatLeavesMoneyBehind) {
  History h = lan_with_upheld_case(lan_with_share());
  h.return_here(first, lan, 0, 999, first_case, 1);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::debit_wrong});
}

TEST(BooksOfReturns, NameAForcedReturnThatHidesItsShortfall) {
  History h = lan_with_share();
  h.withdraw(lan, 400, 600);
  h = lan_with_upheld_case(std::move(h));
  h.return_here(first, lan, 0, 600, first_case);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::return_amount_wrong});
}

TEST(BooksOfReturns, NameAnEndOfAReturnThatWasNeverAskedFor) {
  const ShardId home = shard_of(partition_of(mei), 2);
  UserId guest{100};
  while (shard_of(partition_of(guest), 2) == home) ++guest.value;
  History h({home, 2});
  h.deposit(mei, 3'000, 3'000).send(first, mei, 3'000, 0).claim(first, guest, 0, 1'000);
  ASSERT_TRUE(h.feed(ReturnSettled{.answer_shard = static_cast<std::uint16_t>(1 - home.value),
                                   .packet = first,
                                   .user = guest,
                                   .taken = Amount(1'000),
                                   .answer_sequence = Sequence(1),
                                   .key = {1, 2}}));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::return_not_asked});
}

}  // namespace
}  // namespace hb::verifier
