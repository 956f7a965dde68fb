#include <gtest/gtest.h>

#include "tests/unit/tools/hongbao/verifier/history.h"
#include "tools/hongbao/verifier/books.h"

namespace hb::verifier {
namespace {

using namespace test;

constexpr CaseId second_case = case_id(partition_of(mei), 2);

// Of Mei's packet of 30.00 Lan has taken 10.00.
History lan_with_share() {
  History history = mei_with_packet();
  history.claim(first, lan, 0, 1'000);
  return history;
}

// Mei has offered Lan 30.00.
History mei_with_transfer() {
  History history = mei_with_money();
  history.at(sent_s).send_transfer(first, mei, lan, 3'000, 7'000);
  return history;
}

// ---- right --------------------------------------------------------------------------------------

TEST(BooksOfCases, CountCasesByTheirState) {
  History h = lan_with_share();
  h.open_case(first_case, first, UserId{}).open_case(second_case, first, lan);
  h.open_case(case_id(partition_of(mei), 3), first, lan);
  h.resolve_case(first_case, Decision::refuse, UserId{});
  h.resolve_case(second_case, Decision::uphold, lan);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().figures().cases_open, 1u);
  EXPECT_EQ(h.books().figures().cases_refused, 1u);
  EXPECT_EQ(h.books().figures().cases_upheld, 1u);
}

TEST(BooksOfCases, LetAnUpheldCaseRevokeATransferThatHasNotArrived) {
  History h = mei_with_transfer();
  h.open_case(first_case, first, lan).freeze(first);
  h.resolve_case(first_case, Decision::uphold, lan);
  h.close(first, TransferState::revoked, 3'000, first_case).withdraw(mei, 10'000, 0);
  EXPECT_EQ(h.broken_rules(), Rules{});
  EXPECT_EQ(h.books().cases().at(first_case).returned_fen, 3'000);
}

TEST(BooksOfCases, LetACaseAboutAPacketAsAWholeNameAUserInTheEnd) {
  History h = lan_with_share();
  h.open_case(first_case, first, UserId{}).resolve_case(first_case, Decision::uphold, lan);
  h.return_here(first, lan, 0, 1'000, first_case);
  EXPECT_EQ(h.broken_rules(), Rules{});
}

// ---- planted: opening and resolving -------------------------------------------------------------

TEST(BooksOfCases, NameAGapInAPartitionsCaseIds) {
  History h = lan_with_share();
  h.open_case(second_case, first, lan).open_case(case_id(partition_of(mei), 3), first, lan);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::case_id_not_next});
}

TEST(BooksOfCases, NameACaseIdOfAnotherPartitionThanItsSubjects) {
  History h = lan_with_share();
  h.open_case(case_id(partition_of(lan), 1), first, lan);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::case_id_not_next});
}

TEST(BooksOfCases, NameACaseAboutAPacketThatWasNeverSent) {
  History h = mei_with_money();
  h.open_case(first_case, first, UserId{});
  EXPECT_EQ(h.broken_rules(), Rules{Rule::case_subject_unknown});
}

TEST(BooksOfCases, NameACaseAboutAShareThatTheUserDoesNotHave) {
  History h = lan_with_share();
  h.open_case(first_case, first, bo);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::case_user_wrong});
}

TEST(BooksOfCases, NameACaseAboutATransferAndSomebodyElse) {
  for (const UserId user : {bo, UserId{}}) {
    History h = mei_with_transfer();
    h.open_case(first_case, first, user);
    EXPECT_EQ(h.broken_rules(), Rules{Rule::case_user_wrong});
  }
}

TEST(BooksOfCases, NameACaseUpheldAboutNobodysShare) {
  for (const UserId user : {bo, UserId{}}) {
    History h = lan_with_share();
    h.open_case(first_case, first, lan).resolve_case(first_case, Decision::uphold, user);
    EXPECT_EQ(h.broken_rules(), Rules{Rule::case_user_wrong});
  }
}

TEST(BooksOfCases, NameACaseResolvedTwice) {
  History h = lan_with_share();
  h.open_case(first_case, first, lan).resolve_case(first_case, Decision::refuse, lan);
  h.resolve_case(first_case, Decision::uphold, lan);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::case_resolved_twice});
}

TEST(BooksOfCases, NameACaseResolvedThatNobodyOpened) {
  History h = lan_with_share();
  h.resolve_case(first_case, Decision::refuse, lan);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::case_unknown});
}

TEST(BooksOfCases, NameADecisionThatThereIsNot) {
  History h = lan_with_share();
  h.open_case(first_case, first, lan).resolve_case(first_case, static_cast<Decision>(3), lan);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::case_decision_wrong});
}

TEST(BooksOfCases, NameACaseThatNobodyOpensOrResolves) {
  History h = lan_with_share();
  h.open_case(first_case, first, lan, "").resolve_case(first_case, Decision::refuse, lan, "");
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::operator_missing, Rule::operator_missing}));
}

// ---- planted: what a case does ------------------------------------------------------------------

TEST(BooksOfCases, NameAForcedReturnOfAnOpenOrARefusedCase) {
  History open = lan_with_share();
  open.open_case(first_case, first, lan).return_here(first, lan, 0, 1'000, first_case);
  EXPECT_EQ(open.broken_rules(), Rules{Rule::case_not_upheld});
  History refused = lan_with_share();
  refused.open_case(first_case, first, lan).resolve_case(first_case, Decision::refuse, lan);
  refused.return_here(first, lan, 0, 1'000, first_case);
  EXPECT_EQ(refused.broken_rules(), Rules{Rule::case_not_upheld});
}

TEST(BooksOfCases, NameAForcedReturnOfACaseThatNobodyOpened) {
  History h = lan_with_share();
  h.return_here(first, lan, 0, 1'000, first_case);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::case_unknown});
}

TEST(BooksOfCases, NameAForcedReturnOfAnotherUsersShareThanTheCaseIsAbout) {
  History h = lan_with_share();
  h.claim(first, bo, 1, 500);
  h.open_case(first_case, first, lan).resolve_case(first_case, Decision::uphold, lan);
  h.return_here(first, bo, 1, 500, first_case);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::case_mismatch});
}

TEST(BooksOfCases, NameAForcedReturnOfAnotherPacketThanTheCaseIsAbout) {
  History h = lan_with_share();
  h.send(second, mei, 3'000, 4'000).claim(second, lan, 0, 500);
  h.open_case(first_case, first, lan).resolve_case(first_case, Decision::uphold, lan);
  h.return_here(second, lan, 0, 500, first_case);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::case_mismatch});
}

TEST(BooksOfCases, NameACaseThatMovesMoneyTwice) {
  History h = mei_with_transfer();
  h.open_case(first_case, first, lan).resolve_case(first_case, Decision::uphold, lan);
  h.close(first, TransferState::revoked, 3'000, first_case);
  h.close(first, TransferState::revoked, 3'000, first_case);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::transfer_state_wrong, Rule::case_redressed_twice,
                                     Rule::transfer_not_conserved, Rule::shard_not_conserved}));
}

TEST(BooksOfCases, NameARevocationWithoutACase) {
  History h = mei_with_transfer();
  h.close(first, TransferState::revoked, 3'000);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::case_unknown});
}

TEST(BooksOfCases, NameACancellationThatNamesACase) {
  History h = mei_with_transfer();
  h.open_case(first_case, first, lan).resolve_case(first_case, Decision::uphold, lan);
  h.close(first, TransferState::cancelled, 3'000, first_case);
  EXPECT_EQ(h.broken_rules(), Rules{Rule::case_mismatch});
}

TEST(BooksOfCases, NameARevocationOfWhatHasArrived) {
  History h = mei_with_transfer();
  h.accept(first, 3'000).open_case(first_case, first, lan);
  h.resolve_case(first_case, Decision::uphold, lan);
  h.close(first, TransferState::revoked, 3'000, first_case);
  EXPECT_EQ(h.broken_rules(), (Rules{Rule::transfer_state_wrong, Rule::transfer_not_conserved,
                                     Rule::shard_not_conserved}));
}

}  // namespace
}  // namespace hb::verifier
