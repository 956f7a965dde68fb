// The rules of support: cases, what upholding one does, and what a freeze does not stop.

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/engine/ledger/ledger_fixture.h"

namespace hb::test {
namespace {

class CasesTest : public LedgerTest {
 protected:
  CasesTest() {
    fund(alice, 1'000);
    EXPECT_TRUE(run(lucky(600, 1)).accepted());
    EXPECT_EQ(claim(bob).status, Status::ok);
  }
  const CaseRecord& record() const { return ledger->case_record(case_id); }
};

TEST_F(CasesTest, OpenedCaseIsThereWithWhoAndWhy) {
  const OpenCase command{key(), packet, bob, Operator("op-9"), 0};
  ASSERT_TRUE(run(command, "被骗了").accepted());
  EXPECT_EQ(record().subject, packet);
  EXPECT_EQ(record().user, bob);
  EXPECT_EQ(record().state, CaseState::open);
  EXPECT_EQ(record().opened_at, start);
  EXPECT_EQ(record().opened_by.view(), "op-9");
  EXPECT_EQ(record().opened_note.view(), "被骗了");
  EXPECT_EQ(partition_of(case_id), partition_of(packet));
}

TEST_F(CasesTest, LongestOperatorAndNoteAreKept) {
  const std::string by(limits::operator_bytes_max, 'o');
  const std::string note(limits::note_bytes_max, 'n');
  ASSERT_TRUE(run(OpenCase{key(), packet, bob, Operator(by), 0}, note).accepted());
  ResolveCase command = resolution(Decision::refuse);
  command.by = Operator(by);
  ASSERT_TRUE(run(command, note).accepted());
  EXPECT_EQ(record().opened_note.view(), note);
  EXPECT_EQ(record().resolved_note.view(), note);
  EXPECT_EQ(record().resolved_by.view(), by);
}

TEST_F(CasesTest, OneCaseAboutOneShareIsOpenAtATime) {
  ASSERT_TRUE(open_case(bob).accepted());
  const CaseId first = case_id;
  expect_refused(open_case(bob), Status::case_exists, static_cast<std::int64_t>(first.value));
  ASSERT_TRUE(open_case(UserId{}).accepted());  // the packet as a whole is another matter
  EXPECT_NE(case_id, first);
  expect_refused(open_case(carol), Status::claim_unknown);
  case_id = first;
  ASSERT_TRUE(resolve(Decision::refuse).accepted());
  ASSERT_TRUE(open_case(bob).accepted());
}

TEST_F(CasesTest, RefusedCaseMovesNothing) {
  ASSERT_TRUE(open_case(bob).accepted());
  now = now + Duration::hours(1);
  ASSERT_TRUE(resolve(Decision::refuse).accepted());
  EXPECT_EQ(record().state, CaseState::refused);
  EXPECT_EQ(record().resolved_at, now);
  EXPECT_EQ(record().resolved_by.view(), "op-2");
  EXPECT_EQ(balance(bob), 600);
  expect_refused(resolve(Decision::uphold), Status::case_resolved,
                 static_cast<std::int64_t>(CaseState::refused));
}

TEST_F(CasesTest, UpheldCaseForcesTheShareBackThroughEveryFreezeAndAfterTheWindow) {
  ASSERT_TRUE(open_case(bob).accepted());
  ASSERT_TRUE(freeze(bob).accepted());
  ASSERT_TRUE(freeze(alice).accepted());
  ASSERT_TRUE(freeze_packet().accepted());
  now = start + Duration::hours(24 * 30);
  ASSERT_TRUE(resolve(Decision::uphold).accepted());
  EXPECT_EQ(balance(bob), 0);
  EXPECT_EQ(balance(alice), 1'000);
  EXPECT_EQ(record().returned.fen(), 600);
  EXPECT_EQ(record().shortfall, Amount{});
  EXPECT_EQ(share_states().at(0), ShareState::returned);
  expect_refused(give_back(bob), Status::already_returned);
  expect_refused(resolve(Decision::uphold), Status::case_resolved,
                 static_cast<std::int64_t>(CaseState::upheld));
}

TEST_F(CasesTest, ShortfallIsWhatTheWalletDidNotHold) {
  struct Line {
    std::int64_t withdrawn;
    std::int64_t returned;
    ShareState state;
  };
  const Line lines[] = {{0, 600, ShareState::returned},
                        {1, 599, ShareState::returned_short},
                        {600, 0, ShareState::returned_short}};
  for (const Line& line : lines) {
    ASSERT_TRUE(deposit(alice, 600).accepted());
    ASSERT_TRUE(deposit(bob, 1).accepted());
    ASSERT_TRUE(withdraw(bob, balance(bob)).accepted());
    ASSERT_TRUE(run(lucky(600, 1)).accepted());
    ASSERT_EQ(claim(bob).status, Status::ok);
    if (line.withdrawn > 0) {
      ASSERT_TRUE(withdraw(bob, line.withdrawn).accepted());
    }
    const std::int64_t before = balance(alice);
    ASSERT_TRUE(open_case(bob).accepted());
    ASSERT_TRUE(resolve(Decision::uphold).accepted());
    EXPECT_EQ(balance(alice), before + line.returned);
    EXPECT_EQ(balance(bob), 600 - line.withdrawn - line.returned);
    EXPECT_EQ(record().returned.fen(), line.returned);
    EXPECT_EQ(record().shortfall.fen(), 600 - line.returned);
    EXPECT_EQ(share_states().at(0), line.state);
    EXPECT_EQ(summary().returned.fen(), line.returned);
    expect_refused(give_back(bob), Status::already_returned);
  }
}

TEST_F(CasesTest, LaterCasesCollectWhatIsStillOwed) {
  ASSERT_TRUE(withdraw(bob, 500).accepted());
  struct Line {
    std::int64_t deposited;  // before the case
    std::int64_t collected;
    std::int64_t still_owed;
    ShareState state;
  };
  const Line lines[] = {{0, 100, 500, ShareState::returned_short},
                        {0, 0, 500, ShareState::returned_short},
                        {200, 200, 300, ShareState::returned_short},
                        {1'000, 300, 0, ShareState::returned}};
  std::int64_t returned = 0;
  for (const Line& line : lines) {
    if (line.deposited > 0) {
      ASSERT_TRUE(deposit(bob, line.deposited).accepted());
    }
    ASSERT_TRUE(open_case(bob).accepted());
    ASSERT_TRUE(resolve(Decision::uphold).accepted());
    returned += line.collected;
    EXPECT_EQ(record().returned.fen(), line.collected);
    EXPECT_EQ(record().shortfall.fen(), line.still_owed);
    EXPECT_EQ(share_states().at(0), line.state);
    EXPECT_EQ(summary().returned.fen(), returned);
    EXPECT_EQ(balance(alice), 400 + returned);
    expect_refused(give_back(bob), Status::already_returned);
    restart();
  }
  EXPECT_EQ(balance(bob), 700);
  ASSERT_TRUE(open_case(bob).accepted());
  expect_refused(resolve(Decision::uphold), Status::already_returned);
}

TEST_F(CasesTest, CollectionThatACrashCutOffIsPaidAfterTheRestartOnce) {
  ASSERT_TRUE(withdraw(bob, 600).accepted());
  ASSERT_TRUE(open_case(bob).accepted());
  ASSERT_TRUE(resolve(Decision::uphold).accepted());
  ASSERT_TRUE(deposit(bob, 1'000).accepted());
  ASSERT_TRUE(open_case(bob).accepted());
  ASSERT_TRUE(run_without_redress(resolution(Decision::uphold)).accepted());
  restart();
  pay_redress();
  restart();
  pay_redress();
  EXPECT_EQ(balance(bob), 400);
  EXPECT_EQ(balance(alice), 1'000);
}

TEST_F(CasesTest, CaseAboutAPacketNeedsToSayWhoseShareIsForcedBack) {
  ASSERT_TRUE(open_case(UserId{}).accepted());
  expect_refused(resolve(Decision::uphold), Status::case_user_missing);
  expect_refused(resolve(Decision::uphold, carol), Status::claim_unknown);
  EXPECT_EQ(record().state, CaseState::open);
  ASSERT_TRUE(resolve(Decision::uphold, bob).accepted());
  EXPECT_EQ(record().user, bob);
  EXPECT_EQ(balance(alice), 1'000);
  EXPECT_TRUE(open_case(UserId{}).accepted());
}

TEST_F(CasesTest, ResolvingMayNameAnotherUserThanTheOneOpenedFor) {
  ASSERT_TRUE(open_case(bob).accepted());
  expect_refused(resolve(Decision::uphold, carol), Status::claim_unknown);
  ASSERT_TRUE(resolve(Decision::refuse, carol).accepted());
  EXPECT_EQ(record().user, carol);
  EXPECT_TRUE(open_case(bob).accepted()) << "the first one is no longer open";
}

TEST_F(CasesTest, ReturnedShareCannotBeForcedBackAgain) {
  ASSERT_TRUE(open_case(bob).accepted());
  ASSERT_TRUE(give_back(bob).accepted());
  expect_refused(resolve(Decision::uphold), Status::already_returned);
  EXPECT_TRUE(resolve(Decision::refuse).accepted());
}

// ---- transfers ----------------------------------------------------------------------------------

class TransferCasesTest : public CasesTest {
 protected:
  void send(Duration arrives_after = {}) {
    ASSERT_TRUE(run(to(bob, 100, arrives_after)).accepted());
    ASSERT_TRUE(open_case(UserId{}).accepted());
    EXPECT_EQ(record().user, bob);  // a transfer's case is about its recipient
  }
  Verdict accept() { return run(AcceptTransfer{key(), packet, bob}); }
  void expect_upheld_state(TransferState state) {
    ASSERT_TRUE(resolve(Decision::uphold).accepted());
    EXPECT_EQ(transfer().state, state);
    EXPECT_EQ(record().returned.fen(), 100);
    EXPECT_EQ(balance(alice), 400);
    EXPECT_EQ(balance(bob), 600);
  }
};

TEST_F(TransferCasesTest, PendingOneIsRevokedEvenWhenFrozen) {
  send();
  ASSERT_TRUE(freeze_packet().accepted());
  expect_upheld_state(TransferState::revoked);
  ASSERT_TRUE(freeze_packet(false).accepted());
  expect_refused(accept(), Status::transfer_closed, static_cast<int>(TransferState::revoked));
  now = start + Duration::hours(30);
  EXPECT_FALSE(come_due());
}

TEST_F(TransferCasesTest, AcceptedOneIsRevokedBeforeItArrives) {
  send(Duration::hours(2));
  ASSERT_TRUE(accept().accepted());
  expect_upheld_state(TransferState::revoked);
  now = start + Duration::hours(2);
  EXPECT_FALSE(come_due());
}

TEST_F(TransferCasesTest, ArrivedOneIsForcedBack) {
  send();
  ASSERT_TRUE(accept().accepted());
  expect_upheld_state(TransferState::returned);
}

TEST_F(TransferCasesTest, LaterCaseCollectsWhatIsStillOwed) {
  send();
  ASSERT_TRUE(accept().accepted());
  ASSERT_TRUE(withdraw(bob, 670).accepted());
  ASSERT_TRUE(resolve(Decision::uphold).accepted());
  EXPECT_EQ(record().shortfall.fen(), 70);
  EXPECT_EQ(balance(alice), 330);
  ASSERT_TRUE(deposit(bob, 600).accepted());
  ASSERT_TRUE(open_case(UserId{}).accepted());
  ASSERT_TRUE(resolve(Decision::uphold).accepted());
  EXPECT_EQ(record().returned.fen(), 70);
  EXPECT_EQ(record().shortfall, Amount{});
  EXPECT_EQ(transfer().state, TransferState::returned);
  EXPECT_EQ(balance(alice), 400);
  EXPECT_EQ(balance(bob), 530);
}

TEST_F(TransferCasesTest, EndedOneHasNothingToForceBack) {
  send();
  ASSERT_TRUE(run(CancelTransfer{key(), packet, alice}).accepted());
  expect_refused(resolve(Decision::uphold), Status::transfer_closed,
                 static_cast<int>(TransferState::cancelled));
  EXPECT_TRUE(resolve(Decision::refuse).accepted());
}

// ---- a crash between the decision and what it does ----------------------------------------------

TEST_F(CasesTest, RedressThatACrashCutOffIsPaidAfterTheRestartOnce) {
  ASSERT_TRUE(open_case(bob).accepted());
  ASSERT_TRUE(run_without_redress(resolution(Decision::uphold)).accepted());
  EXPECT_EQ(balance(bob), 600);
  restart();
  pay_redress();
  EXPECT_EQ(balance(bob), 0);
  EXPECT_EQ(record().returned.fen(), 600);
  restart();
  pay_redress();
  EXPECT_EQ(balance(alice), 1'000);
}

TEST_F(TransferCasesTest, RevocationThatACrashCutOffIsDoneAfterTheRestart) {
  send();
  ASSERT_TRUE(run_without_redress(resolution(Decision::uphold)).accepted());
  restart();
  pay_redress();
  EXPECT_EQ(transfer().state, TransferState::revoked);
  EXPECT_EQ(balance(alice), 400);
}

TEST_F(CasesTest, SeveralRedressesThatACrashCutOffAreAllPaid) {
  ASSERT_TRUE(open_case(bob).accepted());
  ASSERT_TRUE(run_without_redress(resolution(Decision::uphold)).accepted());
  ASSERT_TRUE(run(to(bob, 100)).accepted());
  ASSERT_TRUE(open_case(UserId{}).accepted());
  ASSERT_TRUE(run_without_redress(resolution(Decision::uphold)).accepted());
  restart();
  pay_redress();
  EXPECT_EQ(balance(alice), 1'000);
  EXPECT_EQ(balance(bob), 0);
}

// ---- who and why --------------------------------------------------------------------------------

TEST_F(CasesTest, EverySupportCommandNeedsAnOperatorAndReadableTexts) {
  ASSERT_TRUE(open_case(bob).accepted());
  const auto expect_all = [&](const Operator& by, std::string_view note, Status status) {
    expect_refused(run(OpenCase{key(), packet, {}, by, 0}, note), status);
    ResolveCase decide = resolution(Decision::refuse);
    decide.by = by;
    expect_refused(run(decide, note), status);
    expect_refused(run(FreezePacket{key(), packet, true, by, 0}, note), status);
    expect_refused(run(FreezeWallet{key(), bob, true, by, 0}, note), status);
  };
  expect_all(Operator(""), why, Status::operator_missing);
  expect_all(Operator("\xff"), why, Status::text_invalid);
  expect_all(Operator("op"), "\xc0\x80", Status::text_invalid);
}

TEST_F(CasesTest, UnknownDecisionsAreRefused) {
  ASSERT_TRUE(open_case(bob).accepted());
  for (const int unknown : {0, 3, 255}) {
    expect_refused(resolve(static_cast<Decision>(unknown)), Status::decision_unknown);
  }
}

}  // namespace
}  // namespace hb::test
