#include <gtest/gtest.h>

#include "tests/unit/tools/hongbao/verifier/history.h"
#include "tools/hongbao/verifier/books.h"

namespace hb::verifier {
namespace {

using namespace test;

constexpr Duration two_hours = Duration::hours(2);
constexpr std::int64_t arrival_s = sent_s + 10 + 2 * 3600;

// Mei, who has 100.00, has offered 30.00 to Lan, one second ago.
History mei_with_transfer(const TransferTerms& terms = {}) {
  History history = mei_with_money();
  history.at(sent_s).send_transfer(first, mei, lan, 3'000, 7'000, terms);
  return history;
}

// Lan has accepted it; it arrives two hours later.
History mei_with_accepted_transfer() {
  History history = mei_with_transfer({.arrives_after = two_hours});
  history.at(sent_s + 10).accept(first, 3'000, two_hours);
  return history;
}

// ---- right --------------------------------------------------------------------------------------

TEST(BooksOfTransfers, HoldTheMoneyUntilTheRecipientAccepts) {
  History h = mei_with_transfer();
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().transfers_fen, 3'000);
  EXPECT_EQ(h.books().figures().transfers_open, 1u);
}

TEST(BooksOfTransfers, LetAnAcceptedTransferArriveAtOnce) {
  History h = mei_with_transfer();
  h.accept(first, 3'000).withdraw(lan, 3'000, 0);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().transfers_arrived, 1u);
  EXPECT_EQ(h.books().figures().transfers_arrived_fen, 3'000);
}

TEST(BooksOfTransfers, LetAnAcceptedTransferArriveAtItsTimeOrLater) {
  for (const std::int64_t late_s : {0, 7}) {
    History h = mei_with_accepted_transfer();
    h.at(arrival_s + late_s).arrive(first, 3'000).withdraw(lan, 3'000, 0);
    EXPECT_EQ(h.broken_rules(), Rules{});
  }
}

TEST(BooksOfTransfers, LetTheSenderCancelUntilItArrives) {
  History pending = mei_with_transfer();
  pending.close(first, TransferState::cancelled, 3'000).withdraw(mei, 10'000, 0);
  EXPECT_EQ(pending.broken_rules(), Rules{});
  EXPECT_EQ(pending.books().figures().transfers_closed, 1u);
  EXPECT_EQ(pending.books().figures().transfers_refunded_fen, 3'000);
  History accepted = mei_with_accepted_transfer();
  accepted.at_us(arrival_s * 1'000'000 - 1).close(first, TransferState::cancelled, 3'000);
  EXPECT_EQ(accepted.broken_rules(), Rules{});
}

TEST(BooksOfTransfers, LetTheRecipientDecline) {
  History h = mei_with_transfer();
  h.close(first, TransferState::declined, 3'000).withdraw(mei, 10'000, 0);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(BooksOfTransfers, LetAnUnacceptedTransferExpire) {
  History h = mei_with_transfer();
  h.at(expiry_s).close(first, TransferState::expired, 3'000).withdraw(mei, 10'000, 0);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(BooksOfTransfers, NumberPacketsAndTransfersTogether) {
  History h = mei_with_transfer();
  h.send(second, mei, 3'000, 4'000).send_transfer(third, mei, bo, 4'000, 0);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

// ---- planted: sending ---------------------------------------------------------------------------

TEST(BooksOfTransfers, NameAGapInTheIds) {
  History h = mei_with_money();
  h.send_transfer(second, mei, lan, 3'000, 7'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::packet_id_not_next});
}

TEST(BooksOfTransfers, NameASendOfMoreThanThereIs) {
  History h = mei_with_money();
  h.send_transfer(first, mei, lan, 10'001, -1);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::overdraft});
}

TEST(BooksOfTransfers, NameASendThatDoesNotDebitItsSender) {
  History h = mei_with_money();
  h.send_transfer(first, mei, lan, 3'000, 10'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::balance_wrong, Rule::shard_not_conserved}));
}

TEST(BooksOfTransfers, NameASendOfNothing) {
  History h = mei_with_money();
  h.send_transfer(first, mei, lan, 0, 10'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::amount_invalid});
}

TEST(BooksOfTransfers, NameASendFromAFrozenWallet) {
  History h = mei_with_money();
  h.freeze(mei).send_transfer(first, mei, lan, 3'000, 7'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::frozen_wallet_debited});
}

TEST(BooksOfTransfers, NameATransferToNobodyOrToItsSender) {
  for (const UserId recipient : {UserId{}, mei}) {
    History h = mei_with_money();
    h.send_transfer(first, mei, recipient, 3'000, 7'000);
    EXPECT_EQ(h.broken_rules(), Rules{Rule::transfer_terms_wrong});
  }
}

TEST(BooksOfTransfers, NameTimesThatNoTransferCanHave) {
  constexpr Duration too_long = Duration::us(limits::packet_life_us_max + 1);
  const TransferTerms wrong_terms[] = {{.arrives_after = Duration::us(-1)},
                                       {.arrives_after = too_long},
                                       {.life = Duration{}},
                                       {.life = too_long}};
  for (const TransferTerms& terms : wrong_terms) {
    History h = mei_with_transfer(terms);
    EXPECT_EQ(h.broken_rules(), Rules{Rule::transfer_terms_wrong});
  }
}

TEST(BooksOfTransfers, NameATransferOfMoreThanAnyMayBe) {
  History h;
  const std::int64_t fen = limits::transfer_amount_max + 1;
  h.deposit(mei, fen, fen).send_transfer(first, mei, lan, fen, 0);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::transfer_terms_wrong});
}

// ---- planted: accepting and arriving ------------------------------------------------------------

TEST(BooksOfTransfers, NameTheEndOfAnUnknownTransfer) {
  History h = mei_with_packet();
  h.accept(first, 3'000).arrive(first, 3'000).close(first, TransferState::declined, 3'000);
  EXPECT_EQ(h.broken_rules(),
            (Rules{Rule::transfer_unknown, Rule::transfer_unknown, Rule::transfer_unknown}));
}

TEST(BooksOfTransfers, NameAnAcceptanceAtTheInstantOfExpiry) {
  History h = mei_with_transfer();
  h.at(expiry_s).accept(first, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::transfer_too_late});
}

TEST(BooksOfTransfers, NameAnAcceptanceForAnotherTimeThanItsTerms) {
  History early = mei_with_transfer({.arrives_after = two_hours});
  early.accept(first, 3'000);
  EXPECT_EQ(early.broken_rules(), Rules{Rule::transfer_arrival_wrong});
  History late = mei_with_transfer();
  late.accept(first, 3'000, two_hours);
  EXPECT_EQ(late.broken_rules(), Rules{Rule::transfer_arrival_wrong});
}

TEST(BooksOfTransfers, NameASecondAcceptance) {
  History h = mei_with_accepted_transfer();
  h.accept(first, 3'000, two_hours);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::transfer_state_wrong});
}

TEST(BooksOfTransfers, NameAnAcceptanceOfAnotherAmount) {
  History h = mei_with_transfer({.arrives_after = two_hours});
  h.accept(first, 2'999, two_hours);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::transfer_amount_wrong});
}

TEST(BooksOfTransfers, NameAFenThatGetsLostOnTheWay) {
  History h = mei_with_transfer();
  h.accept(first, 2'999);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::transfer_amount_wrong, Rule::transfer_not_conserved,
                                     Rule::shard_not_conserved}));
}

TEST(BooksOfTransfers, NameAnArrivalBeforeItsTime) {
  History h = mei_with_accepted_transfer();
  h.at_us(arrival_s * 1'000'000 - 1).arrive(first, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::transfer_too_early});
}

TEST(BooksOfTransfers, NameAnArrivalThatNobodyAccepted) {
  History h = mei_with_transfer();
  h.arrive(first, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::transfer_state_wrong});
}

TEST(BooksOfTransfers, NameASecondArrival) {
  History h = mei_with_accepted_transfer();
  h.at(arrival_s).arrive(first, 3'000).arrive(first, 3'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::transfer_state_wrong, Rule::transfer_not_conserved,
                                     Rule::shard_not_conserved}));
}

// ---- planted: closing ---------------------------------------------------------------------------

TEST(BooksOfTransfers, NameADeclineOrACancellationAtTheInstantOfExpiry) {
  for (const TransferState state : {TransferState::declined, TransferState::cancelled}) {
    History h = mei_with_transfer();
    h.at(expiry_s).close(first, state, 3'000);
    EXPECT_EQ(h.broken_rules(), Rules{Rule::transfer_too_late});
  }
}

TEST(BooksOfTransfers, NameACancellationAtTheInstantOfArrival) {
  History h = mei_with_accepted_transfer();
  h.at(arrival_s).close(first, TransferState::cancelled, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::transfer_too_late});
}

TEST(BooksOfTransfers, NameAnExpiryBeforeItsTime) {
  History h = mei_with_transfer();
  h.at_us(expiry_s * 1'000'000 - 1).close(first, TransferState::expired, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::transfer_too_early});
}

TEST(BooksOfTransfers, NameADeclineOrAnExpiryOfAnAcceptedTransfer) {
  for (const TransferState state : {TransferState::declined, TransferState::expired}) {
    History h = mei_with_accepted_transfer();
    h.at(expiry_s).close(first, state, 3'000);
    EXPECT_EQ(h.broken_rules(), Rules{Rule::transfer_state_wrong});
  }
}

TEST(BooksOfTransfers, NameACancellationOfWhatHasArrived) {
  History h = mei_with_transfer();
  h.accept(first, 3'000).close(first, TransferState::cancelled, 3'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::transfer_state_wrong, Rule::transfer_not_conserved,
                                     Rule::shard_not_conserved}));
}

TEST(BooksOfTransfers, NameASecondClosing) {
  History h = mei_with_transfer();
  h.close(first, TransferState::declined, 3'000).close(first, TransferState::cancelled, 3'000);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::transfer_state_wrong, Rule::transfer_not_conserved,
                                     Rule::shard_not_conserved}));
}

TEST(BooksOfTransfers, NameAClosingThatKeepsAFen) {
  History h = mei_with_transfer();
  h.close(first, TransferState::declined, 2'999);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::transfer_amount_wrong, Rule::transfer_not_conserved,
                                     Rule::shard_not_conserved}));
}

TEST(BooksOfTransfers, NameAClosingInAWayThatThereIsNot) {
  for (const TransferState state :
       {TransferState::arrived, TransferState::returned, static_cast<TransferState>(9)}) {
    History h = mei_with_transfer();
    h.close(first, state, 3'000);
    EXPECT_EQ(h.broken_rules().front(), Rule::transfer_state_wrong);
  }
}

TEST(BooksOfTransfers, NameADeclineWithoutAKey) {
  History h = mei_with_transfer();
  ASSERT_TRUE(h.feed(TransferClosed{
      .state = TransferState::declined, .transfer = first, .amount = Amount(3'000)}));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::key_missing});
}

// ---- planted: freezing --------------------------------------------------------------------------

TEST(BooksOfTransfers, NameWhateverMovesAFrozenTransfer) {
  History accepted = mei_with_transfer();
  accepted.freeze(first).accept(first, 3'000);
  EXPECT_EQ(accepted.broken_rules(), Rules{Rule::frozen_packet_moved});
  History declined = mei_with_transfer();
  declined.freeze(first).close(first, TransferState::declined, 3'000);
  EXPECT_EQ(declined.broken_rules(), Rules{Rule::frozen_packet_moved});
  History expired = mei_with_transfer();
  expired.freeze(first).at(expiry_s).close(first, TransferState::expired, 3'000);
  EXPECT_EQ(expired.broken_rules(), Rules{Rule::frozen_packet_moved});
  History arrived = mei_with_accepted_transfer();
  arrived.freeze(first).at(arrival_s).arrive(first, 3'000);
  EXPECT_EQ(arrived.broken_rules(), Rules{Rule::frozen_packet_moved});
}

TEST(BooksOfTransfers, LetATransferGoOnWhenItIsUnfrozen) {
  History h = mei_with_accepted_transfer();
  h.freeze(first).at(arrival_s + 100).unfreeze(first).arrive(first, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

}  // namespace
}  // namespace hb::verifier
