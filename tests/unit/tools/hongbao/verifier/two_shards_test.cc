#include <gtest/gtest.h>

#include "tests/unit/tools/hongbao/verifier/history.h"
#include "tests/unit/tools/hongbao/verifier/written_journal.h"
#include "tools/hongbao/verifier/verifier.h"

namespace hb::verifier {
namespace {

using namespace test;

// Two shards: Mei's, and that of a guest who takes a share of her packet.
class TwoShards : public testing::Test {
 protected:
  TwoShards() {
    home().open(mei);
    home().deposit(mei, 10'000, 10'000);
    home().send(first, mei, 2'000, 8'000);
    home().claim(first, guest_, 0, 500);  // event 4
  }
  WrittenJournal& home() { return journals_[home_.value]; }
  WrittenJournal& away() { return journals_[away_.value]; }

  void receive(std::uint64_t sequence, std::uint32_t fen) {
    away().receive(home_, Sequence(sequence), guest_, fen);
  }
  // The guest's share is asked for; the credit has arrived, as event 1 there.
  void ask_for_return() {
    receive(4, 500);
    home().request_return(first, guest_, 0, 500);  // event 5
    key_ = home().last_key();
  }
  // What the guest's shard decides, of which most is right: event 2 there.
  DebitDecided decision() const {
    return {.source = home_.value,
            .source_sequence = Sequence(5),
            .packet = first,
            .user = guest_,
            .wanted = Amount(500),
            .taken = Amount(500)};
  }
  // What Mei's shard makes of it.
  ReturnSettled end() const {
    return {.answer_shard = away_.value,
            .packet = first,
            .user = guest_,
            .taken = Amount(500),
            .answer_sequence = Sequence(2),
            .key = key_};
  }
  void decide(const DebitDecided& event) { ASSERT_TRUE(away().feed(event)); }
  void settle(const ReturnSettled& event) { ASSERT_TRUE(home().feed(event)); }

  Audit audit(Writing writing = Writing::stopped) {
    const ShardJournal journals[] = {{"data/shard-0000", &journals_[0].storage()},
                                     {"data/shard-0001", &journals_[1].storage()}};
    auto audited = audit_journals(journals, {}, writing);
    EXPECT_TRUE(audited);
    return *std::move(audited);
  }
  Rules broken_rules(Writing writing = Writing::stopped) {
    const Audit found = audit(writing);
    Rules rules;
    for (const auto& violation : found.violations->kept()) rules.push_back(violation.rule);
    return rules;
  }
  static UserId user_of(ShardId shard, std::uint64_t after) {
    UserId user{after + 1};
    while (shard_of(partition_of(user), 2) != shard) ++user.value;
    return user;
  }

  const ShardId home_ = shard_of(partition_of(mei), 2);
  const ShardId away_{static_cast<std::uint16_t>(1 - home_.value)};
  const UserId guest_ = user_of(away_, 100);
  Key128 key_{};
  WrittenJournal journals_[2]{WrittenJournal({ShardId(0), 2}), WrittenJournal({ShardId(1), 2})};
};

// ---- credits ------------------------------------------------------------------------------------

TEST_F(TwoShards, CountACreditThatHasNotArrivedAsInFlight) {
  const Audit found = audit();
  EXPECT_TRUE(found.balanced());
  EXPECT_EQ(found.total.in_flight_fen(), 500);
}

TEST_F(TwoShards, BalanceWhenTheCreditHasArrivedAndIsAcknowledged) {
  receive(4, 500);
  home().acknowledge(away_, Sequence(4));
  const Audit found = audit();
  EXPECT_TRUE(found.balanced());
  EXPECT_EQ(found.total.in_flight_fen(), 0);
}

TEST_F(TwoShards, NoticeACreditThatArrivesTwice) {
  receive(4, 500);
  receive(4, 500);
  EXPECT_EQ(broken_rules(), Rules{Rule::message_unknown});
}

TEST_F(TwoShards, NoticeACreditThatNobodySent) {
  receive(3, 500);
  EXPECT_EQ(broken_rules(), Rules{Rule::message_unknown});
}

TEST_F(TwoShards, NoticeACreditThatOvertakesAnother) {
  home().claim(first, user_of(away_, guest_.value), 1, 300);  // event 5
  away().receive(home_, Sequence(5), user_of(away_, guest_.value), 300);
  receive(4, 500);
  EXPECT_EQ(broken_rules(), Rules{Rule::message_unknown});
}

TEST_F(TwoShards, NoticeACreditThatArrivesWithAnotherAmount) {
  receive(4, 501);
  EXPECT_EQ(broken_rules(), Rules{Rule::message_unknown});
}

TEST_F(TwoShards, NoticeACreditThatIsAcknowledgedButNeverArrived) {
  home().acknowledge(away_, Sequence(4));
  EXPECT_EQ(broken_rules(), Rules{Rule::message_not_arrived});
}

TEST_F(TwoShards, NoticeMessagesOfAndToAShardThatThereIsNot) {
  away().receive(ShardId(2), Sequence(4), guest_, 500);
  home().acknowledge(ShardId(2), Sequence(4));
  EXPECT_EQ(broken_rules(), (Rules{Rule::message_unknown, Rule::message_unknown}));
}

TEST_F(TwoShards, TakeACreditFromBeyondWhatWasReadForNewsWhileAServerWrites) {
  receive(4, 500);
  receive(9, 700);
  EXPECT_EQ(broken_rules(Writing::going_on), Rules{});
  EXPECT_EQ(broken_rules(), Rules{Rule::message_unknown});
}

TEST_F(TwoShards, CountATransferThatArrivesElsewhereAsACredit) {
  home().send_transfer(second, mei, guest_, 700, 7'300).accept(second, 700);
  receive(4, 500);
  EXPECT_EQ(broken_rules(), Rules{});
  receive(6, 700);
  const Audit found = audit();
  EXPECT_TRUE(found.balanced());
  EXPECT_EQ(found.total.transfers_arrived_fen, 700);
  EXPECT_EQ(found.total.in_flight_fen(), 0);
}

// ---- returns: right -----------------------------------------------------------------------------

TEST_F(TwoShards, BalanceAtEveryStepOfAReturn) {
  ask_for_return();
  EXPECT_EQ(audit().total.in_flight_fen(), 0);
  decide(decision());
  EXPECT_EQ(audit().total.in_flight_fen(), 500);
  settle(end());
  home().acknowledge(away_, Sequence(5));
  away().acknowledge(home_, Sequence(2));
  const Audit found = audit();
  EXPECT_TRUE(found.balanced());
  EXPECT_EQ(found.total.in_flight_fen(), 0);
  EXPECT_EQ(found.total.claims_returned, 1u);
  EXPECT_EQ(found.total.returned_fen, 500);
  EXPECT_EQ(found.shards[home_.value].books.wallets().at(mei).balance_fen, 8'500);
}

TEST_F(TwoShards, BalanceWhenTheGuestCannotPay) {
  ask_for_return();
  away().withdraw(guest_, 1, 499);  // event 2
  DebitDecided refused = decision();
  refused.status = Status::insufficient_funds;
  refused.taken = Amount{};
  refused.balance = Amount(499);
  decide(refused);
  ReturnSettled over = end();
  over.status = Status::insufficient_funds;
  over.taken = Amount{};
  over.answer_sequence = Sequence(3);
  over.limit = 499;
  settle(over);
  EXPECT_EQ(broken_rules(), Rules{});
  // The share is held again, and a refused return has left its key free.
  away().deposit(guest_, 1, 500);
  home().with_key(key_).request_return(first, guest_, 0, 500);  // event 7
  DebitDecided done = decision();
  done.source_sequence = Sequence(7);
  decide(done);  // event 5
  ReturnSettled returned = end();
  returned.answer_sequence = Sequence(5);
  settle(returned);
  EXPECT_EQ(broken_rules(), Rules{});
}

TEST_F(TwoShards, BalanceWhenACaseFindsLessThanTheShare) {
  receive(4, 500);
  away().withdraw(guest_, 300, 200).freeze(guest_);
  home().open_case(first_case, first, guest_).resolve_case(first_case, Decision::uphold, guest_);
  home().freeze(first).request_return(first, guest_, 0, 500, first_case);  // event 8
  DebitDecided some = decision();
  some.source_sequence = Sequence(8);
  some.forced = 1;
  some.taken = Amount(200);
  decide(some);  // event 4
  ReturnSettled short_of = end();
  short_of.answer_sequence = Sequence(4);
  short_of.forced = 1;
  short_of.taken = Amount(200);
  short_of.shortfall = Amount(300);
  short_of.case_id = first_case;
  short_of.key = {};
  settle(short_of);
  const Audit found = audit();
  EXPECT_TRUE(found.balanced());
  EXPECT_EQ(found.total.shortfall_fen, 300);
  const Case& done = found.shards[home_.value].books.cases().at(first_case);
  EXPECT_EQ(done.returned_fen, 200);
  EXPECT_EQ(done.shortfall_fen, 300);
}

TEST_F(TwoShards, BalanceWithMessagesOfAllKindsInOneOrder) {
  const PacketId gift = packet_id(partition_of(guest_), 1);
  receive(4, 500);
  // Home, after event 4: 5 and 6 a transfer that arrives, 7 a request for the share.
  home().send_transfer(second, mei, guest_, 700, 7'300).accept(second, 700);
  home().request_return(first, guest_, 0, 500);
  const Key128 key = home().last_key();
  // Away, after event 1: 2 the transfer, 3 a packet, 4 Mei's share of it, 5 the answer.
  receive(6, 700);
  away().send(gift, guest_, 600, 600).claim(gift, mei, 0, 300);
  DebitDecided answer = decision();
  answer.source_sequence = Sequence(7);
  answer.balance = Amount(100);
  decide(answer);
  // Home: 8 the share of the guest's packet, 9 the end, 10 and 11 a return the other way.
  home().receive(away_, Sequence(4), mei, 300);
  ReturnSettled over = end();
  over.answer_sequence = Sequence(5);
  over.key = key;
  settle(over);
  away().request_return(gift, mei, 0, 300);  // event 6
  ASSERT_TRUE(home().feed(DebitDecided{.source = away_.value,
                                       .source_sequence = Sequence(6),
                                       .packet = gift,
                                       .user = mei,
                                       .wanted = Amount(300),
                                       .taken = Amount(300),
                                       .balance = Amount(7'800)}));
  EXPECT_EQ(audit().total.in_flight_fen(), 300);
  ASSERT_TRUE(away().feed(ReturnSettled{.answer_shard = home_.value,
                                        .packet = gift,
                                        .user = mei,
                                        .taken = Amount(300),
                                        .answer_sequence = Sequence(10),
                                        .key = away().last_key()}));
  home().acknowledge(away_, Sequence(10));
  away().acknowledge(home_, Sequence(6));
  const Audit found = audit();
  EXPECT_TRUE(found.balanced());
  EXPECT_EQ(found.total.in_flight_fen(), 0);
  EXPECT_EQ(found.total.wallets_fen, 7'800 + 400);
  EXPECT_EQ(found.total.claims_returned, 2u);
}

// ---- returns: planted ---------------------------------------------------------------------------

TEST_F(TwoShards, NoticeADebitThatOvertakesTheCreditItWantsBack) {
  home().request_return(first, guest_, 0, 500);
  DebitDecided early = decision();
  early.status = Status::wallet_unknown;
  early.taken = Amount{};
  decide(early);
  EXPECT_EQ(broken_rules(), Rules{Rule::message_unknown});
}

TEST_F(TwoShards, NoticeADebitThatNobodyAskedFor) {
  receive(4, 500);
  decide(decision());
  EXPECT_EQ(broken_rules(), Rules{Rule::message_unknown});
}

TEST_F(TwoShards, NoticeADebitOfAnotherAmountThanWasAskedFor) {
  DebitDecided other = decision();
  ask_for_return();
  other.wanted = Amount(400);
  other.taken = Amount(400);
  other.balance = Amount(100);
  decide(other);
  EXPECT_EQ(broken_rules(), Rules{Rule::message_unknown});
}

TEST_F(TwoShards, NoticeADebitOfAnotherShareThanWasAskedFor) {
  ask_for_return();
  DebitDecided other = decision();
  other.share_index = 1;
  decide(other);
  EXPECT_EQ(broken_rules(), Rules{Rule::message_unknown});
}

TEST_F(TwoShards, NoticeADebitByForceThatNobodyAskedForSo) {
  ask_for_return();
  DebitDecided other = decision();
  other.forced = 1;
  decide(other);
  EXPECT_EQ(broken_rules(), Rules{Rule::message_unknown});
}

TEST_F(TwoShards, NoticeADebitAboutAPacketOfAnotherShardThanTheOneThatAsked) {
  ask_for_return();
  DebitDecided other = decision();
  other.packet = packet_id(partition_of(guest_), 1);
  decide(other);
  EXPECT_EQ(broken_rules(), (Rules{Rule::message_unknown, Rule::message_unknown}));
}

TEST_F(TwoShards, NoticeAnAnswerThatIsTakenTwice) {
  ask_for_return();
  decide(decision());
  settle(end());
  ReturnSettled again = end();
  again.key = {.low = 99, .high = 99};
  settle(again);
  EXPECT_EQ(broken_rules(),
            (Rules{Rule::return_not_asked, Rule::packet_not_conserved, Rule::message_unknown}));
}

TEST_F(TwoShards, NoticeAnAnswerThatArrivesWithAnotherAmount) {
  ask_for_return();
  decide(decision());
  ReturnSettled other = end();
  other.taken = Amount(499);
  settle(other);
  EXPECT_EQ(broken_rules(), (Rules{Rule::return_amount_wrong, Rule::message_unknown}));
}

TEST_F(TwoShards, NoticeARefusalThatIsTakenForAReturn) {
  ask_for_return();
  away().freeze(guest_);  // event 2
  DebitDecided refused = decision();
  refused.status = Status::wallet_frozen;
  refused.taken = Amount{};
  refused.balance = Amount(500);
  decide(refused);
  ReturnSettled other = end();
  other.answer_sequence = Sequence(3);
  settle(other);
  EXPECT_EQ(broken_rules(), Rules{Rule::message_unknown});
}

TEST_F(TwoShards, NoticeAnAnswerThatIsAcknowledgedButNeverArrived) {
  ask_for_return();
  decide(decision());
  away().acknowledge(home_, Sequence(2));
  EXPECT_EQ(broken_rules(), Rules{Rule::message_not_arrived});
}

TEST_F(TwoShards, NoticeAnEndThatNobodyAskedForSo) {
  ask_for_return();
  decide(decision());
  ReturnSettled other = end();
  other.key = {.low = 99, .high = 99};
  settle(other);
  EXPECT_EQ(broken_rules(), Rules{Rule::return_not_asked});
}

TEST_F(TwoShards, NoticeASecondRequestForOneShare) {
  ask_for_return();
  home().request_return(first, guest_, 0, 500);
  EXPECT_EQ(broken_rules(), Rules{Rule::return_under_way});
}

TEST_F(TwoShards, NoticeARequestForAReturnedShare) {
  ask_for_return();
  decide(decision());
  settle(end());
  home().request_return(first, guest_, 0, 500);
  EXPECT_EQ(broken_rules(), Rules{Rule::return_twice});
}

TEST_F(TwoShards, NoticeARequestForAnotherAmountThanTheShare) {
  home().request_return(first, guest_, 0, 501);
  EXPECT_EQ(broken_rules(), Rules{Rule::return_amount_wrong});
}

TEST_F(TwoShards, NoticeARequestForAShareThatNobodyTook) {
  home().request_return(first, guest_, 1, 500);
  EXPECT_EQ(broken_rules(), Rules{Rule::share_unknown});
}

TEST_F(TwoShards, NoticeARequestForAShareOfAFrozenPacket) {
  home().freeze(first).request_return(first, guest_, 0, 500);
  EXPECT_EQ(broken_rules(), Rules{Rule::frozen_packet_moved});
}

TEST_F(TwoShards, LetAReturnEndWhenThePacketWasFrozenMeanwhile) {
  ask_for_return();
  home().freeze(first);
  decide(decision());
  settle(end());
  EXPECT_EQ(broken_rules(), Rules{});
}

TEST_F(TwoShards, NoticeARequestByForceWithoutACase) {
  home().request_return(first, guest_, 0, 500, first_case);
  EXPECT_EQ(broken_rules(), Rules{Rule::case_unknown});
}

TEST_F(TwoShards, NoticeAnUnforcedRequestThatNamesACase) {
  home().open_case(first_case, first, guest_).resolve_case(first_case, Decision::uphold, guest_);
  ASSERT_TRUE(home().feed(ReturnRequested{.packet = first,
                                          .user = guest_,
                                          .amount = Amount(500),
                                          .case_id = first_case,
                                          .key = {1, 2}}));
  EXPECT_EQ(broken_rules(), Rules{Rule::case_mismatch});
}

TEST_F(TwoShards, NoticeARequestWithoutAKey) {
  ASSERT_TRUE(home().feed(ReturnRequested{.packet = first, .user = guest_, .amount = Amount(500)}));
  EXPECT_EQ(broken_rules(), Rules{Rule::key_missing});
}

TEST_F(TwoShards, NoticeAReturnOfAGuestThatIsSettledAtHome) {
  home().return_here(first, guest_, 0, 500);
  EXPECT_EQ(broken_rules(), (Rules{Rule::return_place_wrong, Rule::shard_not_conserved,
                                   Rule::books_not_conserved}));
}

TEST_F(TwoShards, NoticeARequestForMoneyThatIsHere) {
  home().claim(first, mei, 1, 300).request_return(first, mei, 1, 300);
  EXPECT_EQ(broken_rules(), Rules{Rule::return_place_wrong});
}

// ---- debits: planted ----------------------------------------------------------------------------

TEST_F(TwoShards, NoticeADebitOfAFrozenWallet) {
  ask_for_return();
  away().freeze(guest_);
  decide(decision());
  EXPECT_EQ(broken_rules(), Rules{Rule::frozen_wallet_debited});
}

TEST_F(TwoShards, NoticeADebitOfPartOfAShare) {
  ask_for_return();
  DebitDecided part = decision();
  part.taken = Amount(400);
  part.balance = Amount(100);
  decide(part);
  EXPECT_EQ(broken_rules(), Rules{Rule::debit_wrong});
}

TEST_F(TwoShards, NoticeADebitOfMoreThanThereIs) {
  ask_for_return();
  away().withdraw(guest_, 100, 400);
  DebitDecided more = decision();
  more.balance = Amount(-100);
  decide(more);
  EXPECT_EQ(broken_rules(), Rules{Rule::overdraft});
}

TEST_F(TwoShards, NoticeADebitWithAWrongBalance) {
  ask_for_return();
  DebitDecided wrong = decision();
  wrong.balance = Amount(1);
  decide(wrong);
  EXPECT_EQ(broken_rules(),
            (Rules{Rule::balance_wrong, Rule::shard_not_conserved, Rule::books_not_conserved}));
}

TEST_F(TwoShards, NoticeAForcedDebitThatLeavesMoneyBehind) {
  receive(4, 500);
  home().open_case(first_case, first, guest_).resolve_case(first_case, Decision::uphold, guest_);
  home().request_return(first, guest_, 0, 500, first_case);  // event 7
  DebitDecided some = decision();
  some.source_sequence = Sequence(7);
  some.forced = 1;
  some.taken = Amount(499);
  some.balance = Amount(1);
  decide(some);
  EXPECT_EQ(broken_rules(), Rules{Rule::debit_wrong});
}

class RefusedDebit : public TwoShards, public testing::WithParamInterface<Status> {};

TEST_P(RefusedDebit, IsNoticedWhenItsReasonDoesNotHold) {
  ask_for_return();
  away().open(guest_);  // event 2
  DebitDecided refused = decision();
  refused.status = GetParam();
  refused.taken = Amount{};
  refused.balance = Amount(500);
  decide(refused);
  EXPECT_EQ(broken_rules(), Rules{Rule::debit_status_wrong});
}

INSTANTIATE_TEST_SUITE_P(Reasons, RefusedDebit,
                         testing::Values(Status::insufficient_funds, Status::wallet_frozen,
                                         Status::wallet_unknown, Status::sold_out));

TEST_F(TwoShards, LetAPolicyRefuseAWalletThatNoCommandOpened) {
  ask_for_return();
  DebitDecided refused = decision();
  refused.status = Status::wallet_unknown;
  refused.taken = Amount{};
  refused.balance = Amount(500);
  decide(refused);
  EXPECT_EQ(broken_rules(), Rules{});
}

TEST_F(TwoShards, NoticeARefusalThatTakesMoney) {
  ask_for_return();
  away().freeze(guest_);
  DebitDecided refused = decision();
  refused.status = Status::wallet_frozen;
  decide(refused);
  EXPECT_EQ(broken_rules(), Rules{Rule::debit_wrong});
}

TEST_F(TwoShards, NoticeANegativeDebit) {
  ask_for_return();
  DebitDecided negative = decision();
  negative.taken = Amount(-1);
  negative.balance = Amount(501);
  decide(negative);
  EXPECT_EQ(broken_rules(), Rules{Rule::amount_invalid});
}

// ---- reached caps -------------------------------------------------------------------------------

TEST_F(TwoShards, BalanceWithNewsOfAReachedCap) {
  const ReceiveCapReached reached{.count = 3, .user = guest_, .amount = Amount(500), .day = 9};
  ASSERT_TRUE(away().feed(reached));  // event 1
  ReceiveCapHeard heard{.source = away_.value,
                        .count = 3,
                        .source_sequence = Sequence(1),
                        .user = guest_,
                        .amount = Amount(500),
                        .day = 9};
  ASSERT_TRUE(home().feed(heard));
  EXPECT_EQ(broken_rules(), Rules{});
}

TEST_F(TwoShards, NameNewsOfACapThatWasNotToldSo) {
  const ReceiveCapReached reached{.count = 3, .user = guest_, .amount = Amount(500), .day = 9};
  ASSERT_TRUE(away().feed(reached));
  ASSERT_TRUE(home().feed(ReceiveCapHeard{.source = away_.value,
                                          .count = 2,
                                          .source_sequence = Sequence(1),
                                          .user = guest_,
                                          .amount = Amount(500),
                                          .day = 9}));
  EXPECT_EQ(broken_rules(), Rules{Rule::message_unknown});
}

}  // namespace
}  // namespace hb::verifier
