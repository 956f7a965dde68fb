// References of external rails: used once on a shard, over two shards, and booked at their homes.
#include <gtest/gtest.h>

#include <cstring>
#include <span>
#include <string>

#include "engine/base/checksum.h"
#include "tests/unit/tools/hongbao/verifier/history.h"
#include "tests/unit/tools/hongbao/verifier/written_journal.h"
#include "tools/hongbao/verifier/verifier.h"

namespace hb::verifier {
namespace {

using namespace test;

Terms paid_outside(std::string_view reference, bool booked = true) {
  const std::uint8_t mark = booked ? PacketSent::reference_booked : 0;
  return {.flags = static_cast<std::uint8_t>(PacketSent::external | mark), .reference = reference};
}

// As FORMAT.md says, of a payment in.
ReferenceName name_of(const std::string& text) {
  const std::string whole = '\1' + text;
  const Digest256 digest = sha256(std::as_bytes(std::span(whole.data(), whole.size())));
  ReferenceName name;
  std::memcpy(&name, digest.data(), sizeof name);
  return name;
}

TEST(BooksOfReferences, AcceptOneUseOfEachPaymentInAndOut) {
  History h = mei_with_money();
  h.send(first, mei, 2'000, 10'000, paid_outside("wx-1"));
  h.deposit(mei, 5, 10'005, "wx-2");
  h.at(2 * day_s).refund(first, 2'000, RefundRoute::payout);
  h.confirm_payout(first, 2'000, "wx-1");
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(BooksOfReferences, NameAPaymentThatFundsTwoPackets) {
  History h = mei_with_money();
  h.send(first, mei, 2'000, 10'000, paid_outside("wx-1"));
  h.send(second, mei, 2'000, 10'000, paid_outside("wx-1"));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::reference_used_twice});
}

TEST(BooksOfReferences, NameAPaymentThatFundsAPacketAndADeposit) {
  History h = mei_with_money();
  h.deposit(mei, 5, 10'005, "wx-1");
  h.send(first, mei, 2'000, 10'005, paid_outside("wx-1"));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::reference_used_twice});
}

TEST(BooksOfReferences, LeaveUsesOfVersionsThatDidNotLookAlone) {
  History h = mei_with_money();
  h.send(first, mei, 2'000, 10'000, paid_outside("wx-1", false));
  h.send(second, mei, 2'000, 10'000, paid_outside("wx-1", false));
  EXPECT_EQ(h.broken_rules(), Rules{});
}

TEST(BooksOfReferences, NameAUseAfterOneOfAVersionThatDidNotLook) {
  History h = mei_with_money();
  h.send(first, mei, 2'000, 10'000, paid_outside("wx-1", false));
  h.send(second, mei, 2'000, 10'000, paid_outside("wx-1"));
  EXPECT_EQ(h.broken_rules(), Rules{Rule::reference_used_twice});
}

// Mei's shard, and the one where the reference has its home.
class ReferencesOfTwoShards : public testing::Test {
 protected:
  ReferencesOfTwoShards() {
    for (int i = 0; text_.empty(); ++i) {
      const std::string candidate = "wx-" + std::to_string(i);
      name_ = name_of(candidate);
      const PartitionId partition(static_cast<std::uint16_t>(name_.low >> 52));
      if (shard_of(partition, 2) == away_) text_ = candidate;
    }
    home().open(mei);  // event 1
  }
  WrittenJournal& home() { return journals_[home_.value]; }
  WrittenJournal& away() { return journals_[away_.value]; }

  ReferenceRequested request() const {
    return {.use = ReferenceUse::incoming,
            .partition = partition_of(mei).value,
            .reference = name_,
            .key = key_};
  }
  ReferenceDecided decision(std::uint64_t of, Status status = Status::ok) const {
    return {.source = home_.value,
            .status = status,
            .use = ReferenceUse::incoming,
            .source_sequence = Sequence(of),
            .reference = name_};
  }
  ReferenceSettled end(std::uint64_t request, std::uint64_t answer,
                       Status status = Status::ok) const {
    return {.home = away_.value,
            .status = status,
            .use = ReferenceUse::incoming,
            .answer_sequence = Sequence(answer),
            .request = Sequence(request),
            .reference = name_};
  }
  ReferenceReleased release(std::uint64_t request) const {
    return {.use = ReferenceUse::incoming, .request = Sequence(request), .reference = name_};
  }
  ReferenceFreed freed(std::uint64_t release, std::uint64_t request) const {
    return {.source = home_.value,
            .use = ReferenceUse::incoming,
            .source_sequence = Sequence(release),
            .request = Sequence(request),
            .reference = name_};
  }
  template <class Event>
  void write(WrittenJournal& journal, const Event& event) {
    ASSERT_TRUE(journal.feed(event));
  }
  // Asked for, booked, answered: events 2 and 3 here, 1 there.
  void book() {
    write(home(), request());
    write(away(), decision(2));
    write(home(), end(2, 1));
  }
  Rules broken_rules() {
    const ShardJournal journals[] = {{"data/shard-0000", &journals_[0].storage()},
                                     {"data/shard-0001", &journals_[1].storage()}};
    auto audited = audit_journals(journals, {});
    EXPECT_TRUE(audited);
    Rules rules;
    for (const auto& violation : audited->violations->kept()) rules.push_back(violation.rule);
    return rules;
  }

  const ShardId home_ = shard_of(partition_of(mei), 2);
  const ShardId away_{static_cast<std::uint16_t>(1 - home_.value)};
  const Key128 key_{77, 1};
  std::string text_;
  ReferenceName name_{};
  WrittenJournal journals_[2]{WrittenJournal({ShardId(0), 2}), WrittenJournal({ShardId(1), 2})};
};

TEST_F(ReferencesOfTwoShards, AcceptAUseThatItsHomeHasBooked) {
  book();
  home().with_key(key_).send(first, mei, 2'000, 0, paid_outside(text_));
  EXPECT_EQ(broken_rules(), Rules{});
}

TEST_F(ReferencesOfTwoShards, AcceptAReleaseAndAUseAfterIt) {
  book();
  write(home(), release(2));   // event 4
  write(away(), freed(4, 2));  // event 2
  write(home(), request());    // event 5
  write(away(), decision(5));  // event 3
  write(home(), end(5, 3));
  home().with_key(key_).send(first, mei, 2'000, 0, paid_outside(text_));
  EXPECT_EQ(broken_rules(), Rules{});
}

TEST_F(ReferencesOfTwoShards, NoticeAUseThatItsHomeHasNotBooked) {
  home().send(first, mei, 2'000, 0, paid_outside(text_));
  EXPECT_EQ(broken_rules(), Rules{Rule::reference_not_booked});
}

TEST_F(ReferencesOfTwoShards, NoticeAUseOfWhatWasBookedForAnotherKey) {
  book();
  home().send(first, mei, 2'000, 0, paid_outside(text_));
  EXPECT_EQ(broken_rules(), Rules{Rule::reference_not_booked});
}

TEST_F(ReferencesOfTwoShards, NoticeAHomeThatBooksTwice) {
  book();
  write(home(), request());
  write(away(), decision(4));
  EXPECT_EQ(broken_rules(), Rules{Rule::reference_answer_wrong});
}

TEST_F(ReferencesOfTwoShards, NoticeAHomeThatRefusesWhatIsFree) {
  write(home(), request());
  write(away(), decision(2, Status::reference_used));
  EXPECT_EQ(broken_rules(), Rules{Rule::reference_answer_wrong});
}

TEST_F(ReferencesOfTwoShards, NoticeAnAnswerThatTheHomeDidNotGive) {
  write(home(), request());
  write(away(), decision(2));
  write(home(), end(2, 1, Status::reference_used));
  EXPECT_EQ(broken_rules(), Rules{Rule::message_unknown});
}

TEST_F(ReferencesOfTwoShards, NoticeAReleaseOfWhatWasUsed) {
  book();
  home().with_key(key_).send(first, mei, 2'000, 0, paid_outside(text_));
  write(home(), release(2));   // event 5
  write(away(), freed(5, 2));  // event 2
  EXPECT_EQ(broken_rules(), Rules{Rule::reference_not_booked});
}

TEST_F(ReferencesOfTwoShards, NoticeAPaymentUsedOnBothShards) {
  book();
  home().with_key(key_).send(first, mei, 2'000, 0, paid_outside(text_));
  UserId guest{100};
  while (shard_of(partition_of(guest), 2) != away_) ++guest.value;
  away().open(guest);
  away().deposit(guest, 5, 5, text_);
  // On its own shard, its home, and over both.
  EXPECT_EQ(broken_rules(), (Rules{Rule::reference_used_twice, Rule::reference_used_twice}));
}

}  // namespace
}  // namespace hb::verifier
