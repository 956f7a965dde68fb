// What a reference is called, and that one ledger uses each once.
#include "engine/ledger/references.h"

#include "tests/unit/engine/ledger/ledger_fixture.h"

namespace hb::test {
namespace {

// Journals name references so: printf '\1wx-4200001' | sha256sum.
TEST(ReferenceName, IsTheStartOfASha256OfUseAndText) {
  const ReferenceName in = reference_name(ReferenceUse::incoming, "wx-4200001");
  EXPECT_EQ(in.low, 0x48b543edeadac3fbu);
  EXPECT_EQ(in.high, 0x9cc88966502cf2dcu);
  EXPECT_EQ(partition_of(in), PartitionId(1163));
  const ReferenceName out = reference_name(ReferenceUse::outgoing, "wx-4200001");
  EXPECT_EQ(out.low, 0x6bc34738893abcb3u);
  EXPECT_EQ(out.high, 0x849af80a37161096u);
  EXPECT_EQ(partition_of(out), PartitionId(1724));
}

class LedgerReferencesTest : public LedgerTest {
 protected:
  LedgerReferencesTest() { EXPECT_TRUE(run(OpenWallet{key(), alice, {}}).accepted()); }
  SendPacket paid_by(std::string_view reference) {
    SendPacket command = funded_outside(600, 2);
    command.reference = Reference(reference);
    return command;
  }
  Verdict deposit(std::string_view reference) {
    return run(Deposit{key(), alice, Amount{5}, Reference(reference)});
  }
};

TEST_F(LedgerReferencesTest, FundOnePacketOrOneDeposit) {
  ASSERT_TRUE(run(paid_by("wx-1")).accepted());
  expect_refused(run(paid_by("wx-1")), Status::reference_used);
  expect_refused(deposit("wx-1"), Status::reference_used);
  ASSERT_TRUE(deposit("wx-2").accepted());
  expect_refused(run(paid_by("wx-2")), Status::reference_used);
  restart();
  expect_refused(run(paid_by("wx-1")), Status::reference_used);
  expect_refused(run(paid_by("wx-2")), Status::reference_used);
}

TEST_F(LedgerReferencesTest, AreNotUsedByWhatIsRefused) {
  SendPacket small = paid_by("wx-1");
  small.total = Amount{1};
  expect_refused(run(small), Status::total_below_shares, 2);
  ASSERT_TRUE(run(paid_by("wx-1")).accepted());
}

TEST_F(LedgerReferencesTest, ADepositWithoutOneIsWrittenAsBefore) {
  MoneyMoved event;
  ASSERT_TRUE(ledger->decide(now, Deposit{key(), alice, Amount{5}, {}}, event).accepted());
  EXPECT_EQ(event.units, 2);
  EXPECT_EQ(event.reference_bytes, 0);
}

// The event of a version that did not look has no mark, and may bring one once more.
TEST_F(LedgerReferencesTest, OfOldRecordsMayBeUsedTwiceAndNoThirdTime) {
  for (int i = 0; i < 2; ++i) {
    PacketSent event;
    ASSERT_TRUE(
        ledger->decide(now, paid_by("old-" + std::to_string(i)), {}, seed, event).accepted());
    event.flags = PacketSent::external;
    event.texts[4] = '0';
    commit(event, {});
  }
  expect_refused(run(paid_by("old-0")), Status::reference_used);
}

// Of two shards, a reference whose home is the other one.
TEST(LedgerReferences, WithTheirHomeElsewhereAreAskedForFirst) {
  Books books({}, ShardId{0}, 2);
  const UserId ann = user_of(ShardId{0}, 2, 1);
  Reference there("wx");
  for (int i = 0; shard_of(partition_of(reference_name(ReferenceUse::incoming, there.view())), 2) !=
                  ShardId{1};
       ++i) {
    there = Reference("wx-" + std::to_string(i));
  }
  const SendPacket command{.key = {1, 1},
                           .sender = ann,
                           .total = Amount{600},
                           .share_count = 2,
                           .funding = FundingSource::external,
                           .reference = there};
  PacketSent event;
  const Verdict verdict = books.ledger->decide(start, command, {}, seed, event);
  EXPECT_EQ(verdict.status, Status::ok);
  EXPECT_TRUE(verdict.asks_home);
  EXPECT_FALSE(verdict.accepted());
  const ReferenceRequested request = Ledger::request_for(event);
  EXPECT_EQ(request.reference, reference_name(ReferenceUse::incoming, there.view()));
  EXPECT_EQ(request.key, command.key);
  EXPECT_EQ(request.partition, partition_of(ann).value);
}

}  // namespace
}  // namespace hb::test
