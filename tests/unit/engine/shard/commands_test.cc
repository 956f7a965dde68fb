// Every command reaches its rule through a shard and yields its answer; what a query tells is the
// same after a crash, with any number of shards.

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/engine/shard/answer_text.h"
#include "tests/unit/engine/shard/shards_fixture.h"

namespace hb::test {
namespace {

const Operator op("op-1");

class CommandsTest : public testing::TestWithParam<std::uint16_t> {
 protected:
  CommandsTest() { shards.fund(alice, 100'000); }

  Key128 key() { return shards.key(); }
  SendPacket packet_of(std::int64_t total, std::uint32_t count) {
    return {.key = key(), .sender = alice, .total = Amount{total}, .share_count = count};
  }
  template <class Answer>
  Told expect(const Command& command, const std::vector<UserId>& recipients = {}) {
    const Told told = shards.ask(command, recipients, "被骗了");
    EXPECT_EQ(name(told.status()), "ok") << "command " << command.index();
    EXPECT_TRUE(std::holds_alternative<Answer>(told.reply.answer)) << "command " << command.index();
    asked.insert(command.index());
    return told;
  }

  Shards shards{GetParam()};
  const UserId alice = shards.user_on(0, 1'000);
  const UserId bob = shards.user_on(static_cast<std::uint16_t>(GetParam() - 1), 2'000);
  std::set<std::size_t> asked;
};

TEST_P(CommandsTest, EachYieldsItsAnswerAndQueriesTellTheSameAfterACrash) {
  expect<WalletAnswer>(OpenWallet{key(), bob, DisplayName("Bob 鲍勃")});
  expect<WalletAnswer>(Deposit{key(), bob, Amount{50}});
  expect<WalletAnswer>(Withdraw{key(), bob, Amount{20}});
  expect<WalletAnswer>(SetRefundTarget{key(), bob, RefundTarget::wallet});

  SendPacket named = packet_of(600, 0);
  named.kind = PacketKind::exclusive;
  named.remark = Remark("恭喜发财");
  named.code = ClaimCode("8888");
  const PacketId coded = expect<SendAnswer>(named, {bob, alice}).answer<SendAnswer>().packet;
  expect<ClaimAnswer>(ClaimWithCode{coded, bob, ClaimCode("8888")});
  SendPacket plain = packet_of(600, 2);
  plain.recallable = true;
  const PacketId packet = shards.send(plain);
  EXPECT_EQ(shards.claim(packet, bob).status, Status::ok);
  asked.insert(Command(ClaimBatch{}).index());
  expect<RecallAnswer>(RecallPacket{key(), packet, alice});
  expect<ReturnAnswer>(ReturnShare{key(), packet, bob});
  expect<PacketFreezeAnswer>(FreezePacket{key(), coded, true, op, 0});

  SendPacket outside = packet_of(600, 2);
  outside.funding = FundingSource::external;
  outside.recallable = true;
  std::vector<PacketId> owed;
  for (int i = 0; i < 3; ++i) {
    outside.key = key();
    outside.reference = Reference("card-" + std::to_string(i));
    owed.push_back(shards.send(outside));
    shards.ask(RecallPacket{key(), owed.back(), alice});
  }
  expect<PayoutAnswer>(ConfirmPayout{key(), owed[0], Reference("bank-1")});

  const SendTransfer transfer{
      .key = key(), .sender = alice, .recipient = bob, .amount = Amount{70}};
  const PacketId arrived = expect<TransferAnswer>(transfer).answer<TransferAnswer>().transfer;
  const auto another = [&] {
    SendTransfer more = transfer;
    more.key = key();
    return shards.send(more);
  };
  expect<TransferAnswer>(AcceptTransfer{key(), arrived, bob});
  expect<TransferAnswer>(ReturnTransfer{key(), arrived, bob});
  expect<TransferAnswer>(DeclineTransfer{key(), another(), bob});
  SendTransfer later = transfer;
  later.key = key();
  later.arrives_after = Duration::hours(2);
  const PacketId late = shards.send(later);
  const Time arrives_at =
      expect<TransferAnswer>(AcceptTransfer{key(), late, bob}).answer<TransferAnswer>().arrives_at;
  const auto cancelled = expect<TransferAnswer>(CancelTransfer{key(), late, alice});
  EXPECT_EQ(cancelled.answer<TransferAnswer>().arrives_at, arrives_at);
  const CaseId case_id =
      expect<CaseAnswer>(OpenCase{key(), coded, bob, op, 0}).case_record().case_id;
  expect<CaseAnswer>(ResolveCase{key(), case_id, Decision::uphold, {}, op, 0});
  expect<WalletAnswer>(FreezeWallet{key(), bob, true, op, 0});

  const Command queries[] = {ShowWallet{alice},           ShowWallet{bob},
                             CheckRecipient{bob},         PeekPacket{coded, bob},
                             ShowPacket{coded},           ShowPacket{packet},
                             ShowTransfer{arrived},       ShowCase{case_id},
                             ListPayouts{.count_max = 1}, ListPayouts{.count_max = 9}};
  std::vector<std::string> told;
  shards.settle();
  for (const Command& query : queries) {
    told.push_back(text_of(shards.ask(query)));
    EXPECT_EQ(told.back().rfind("ok ", 0), 0u) << told.back();
    asked.insert(query.index());
  }
  EXPECT_EQ(asked.size(), std::variant_size_v<Command>);
  const std::vector<std::uint64_t> hashes = shards.hashes();
  shards.crash(11);
  EXPECT_EQ(shards.hashes(), hashes);
  for (std::size_t i = 0; i < std::size(queries); ++i) {
    EXPECT_EQ(text_of(shards.ask(queries[i])), told[i]);
  }
  shards.expect_nothing_in_flight();
}

TEST_P(CommandsTest, NoteAndOperatorAreKeptWithTheCase) {
  const PacketId packet = shards.send(packet_of(600, 2));
  const Told told = expect<CaseAnswer>(OpenCase{key(), packet, {}, op, 0});
  EXPECT_EQ(told.case_record().opened_note.view(), "被骗了");
  EXPECT_EQ(told.case_record().opened_by.view(), "op-1");
}

TEST_P(CommandsTest, WrongCodeIsAnEventThatOutlivesACrash) {
  SendPacket coded = packet_of(600, 2);
  coded.code = ClaimCode("8888");
  const PacketId packet = shards.send(coded);
  const auto tries = [&](const char* code) {
    return shards.ask(ClaimWithCode{packet, bob, ClaimCode(code)});
  };
  for (std::int64_t left = 4; left >= 0; --left) {
    const Told told = tries("1");
    EXPECT_EQ(told.status(), Status::code_wrong);
    EXPECT_EQ(told.reply.limit, left);
    shards.crash(static_cast<std::uint64_t>(left));
  }
  EXPECT_EQ(tries("8888").status(), Status::code_locked);
}

TEST_P(CommandsTest, SeedsOfTwoStartsDiffer) {
  const PacketId first = shards.send(packet_of(600, 1));
  shards.crash(3);
  const PacketId second = shards.send(packet_of(600, 1));
  const auto commitment = [&](PacketId id) {
    return shards.ask(ShowPacket{id}).answer<ShowPacketAnswer>().seed_commitment;
  };
  EXPECT_NE(commitment(first), commitment(second));
}

INSTANTIATE_TEST_SUITE_P(Shards, CommandsTest, testing::Values(1, 2, 8));

}  // namespace
}  // namespace hb::test
