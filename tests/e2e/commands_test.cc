// Every command of the product reaches the books over TCP, however many shards there are, and is
// answered with what it did.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "engine/base/checksum.h"
#include "engine/base/partition.h"
#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/patience.h"
#include "tests/e2e/support/server_process.h"
#include "tests/e2e/support/temp_directory.h"

namespace hb::e2e {
namespace {

constexpr Amount plenty{100'000};

// The parameter is the number of shards.
class Commands : public testing::TestWithParam<std::uint16_t> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.start());
    client_.emplace(server_.client_options());
    for (const UserId user : {ann, bob, cai}) open_with(client(), user, plenty);
  }
  void TearDown() override {
    EXPECT_EQ(server_.stop(), 0);
    EXPECT_TRUE(audit(directory_ / "data").balanced());
  }

  net::BlockingClient& client() { return *client_; }

  SendPacket even(Amount total, std::uint32_t shares) const {
    SendPacket send;
    send.sender = ann;
    send.total = total;
    send.share_count = shares;
    send.kind = PacketKind::even;
    return send;
  }
  // A credit from another shard shows in the wallet a moment after its claim.
  void expect_balance(UserId user, Amount expected) {
    EXPECT_TRUE(eventually([&] { return balance_of(client(), user) == expected; }))
        << "user " << user.value << " holds " << balance_of(client(), user).fen();
  }
  static Amount plus(std::int64_t fen) { return plenty + Amount(fen); }

  // On three of eight shards.
  static constexpr UserId ann{1};
  static constexpr UserId bob{2};
  static constexpr UserId cai{3};

  TempDirectory directory_;
  ServerProcess server_{
      {.data = directory_ / "data", .flags = {"--workers", std::to_string(GetParam())}}};
  std::optional<net::BlockingClient> client_;
};

INSTANTIATE_TEST_SUITE_P(Shards, Commands, testing::Values(1, 2, 8));

TEST_P(Commands, ACodeOpensAPacketAndAWrongOneCountsItsTries) {
  SendPacket send = even(Amount(300), 3);
  send.code = ClaimCode("口令");
  const PacketId packet = answer_of(client().send(send)).packet;
  EXPECT_EQ(status_of(client().claim(packet, bob)), Status::code_required);
  for (const std::int64_t left : {4, 3, 2, 1, 0}) {
    const auto wrong = client().claim_with_code({packet, bob, ClaimCode("please")});
    EXPECT_EQ(status_of(wrong), Status::code_wrong);
    EXPECT_EQ(wrong->limit, left);
  }
  const auto locked = client().claim_with_code({packet, bob, ClaimCode("口令")});
  EXPECT_EQ(status_of(locked), Status::code_locked);
  EXPECT_EQ(locked->limit, 5);
  const auto won = answer_of(client().claim_with_code({packet, cai, ClaimCode("口令")}));
  EXPECT_EQ(won.amount_fen, 100);
  expect_balance(cai, plus(100));
}

TEST_P(Commands, OnlyNamedUsersClaimAnExclusivePacket) {
  SendPacket send = even(Amount(200), 0);
  send.kind = PacketKind::exclusive;
  const std::vector<UserId> named = {bob, ann};
  const PacketId packet = answer_of(client().send(send, named)).packet;
  EXPECT_EQ(status_of(client().claim(packet, cai)), Status::not_recipient);
  EXPECT_EQ(answer_of(client().claim(packet, bob)).amount_fen, 100);
  const net::PacketRecord record = answer_of(client().show(packet));
  EXPECT_EQ(record.recipients, named);
  EXPECT_EQ(record.packet.share_count, 2);
  EXPECT_FALSE(record.seed.has_value());
}

TEST_P(Commands, AClosedPacketShowsTheSeedThatItCommittedTo) {
  SendPacket send = even(Amount(500), 2);
  send.kind = PacketKind::lucky;
  send.split = Split::order_fair;
  const SendAnswer sent = answer_of(client().send(send));
  answer_of(client().claim(sent.packet, bob));
  EXPECT_FALSE(answer_of(client().show(sent.packet)).seed.has_value());
  answer_of(client().claim(sent.packet, cai));
  const net::PacketRecord record = answer_of(client().show(sent.packet));
  ASSERT_TRUE(record.seed.has_value());
  EXPECT_EQ(sha256(std::as_bytes(std::span(&*record.seed, 1))), sent.seed_commitment);
  EXPECT_EQ(record.seed_commitment, sent.seed_commitment);
  EXPECT_NE(record.packet.luckiest, PacketSummary::nobody);
}

TEST_P(Commands, ATimedPacketNamesWhenItOpensAndARecallableOneComesBack) {
  SendPacket timed = even(Amount(200), 2);
  timed.opens_at = answer_of(client().send(timed)).expires_at;  // a day ahead
  timed.recallable = true;
  const PacketId packet = answer_of(client().send(timed)).packet;
  const auto early = client().claim(packet, bob);
  EXPECT_EQ(status_of(early), Status::not_open_yet);
  EXPECT_EQ(early->limit, timed.opens_at.us());

  EXPECT_EQ(status_of(client().recall({{}, packet, bob})), Status::not_sender);
  const RecallAnswer back = answer_of(client().recall({{}, packet, ann}));
  EXPECT_EQ(back.amount, Amount(200));
  EXPECT_EQ(back.to, RefundTarget::wallet);
  EXPECT_EQ(status_of(client().claim(packet, bob)), Status::recalled);
}

TEST_P(Commands, AReturnedShareComesBackToItsSender) {
  const PacketId packet = answer_of(client().send(even(Amount(200), 2))).packet;
  answer_of(client().claim(packet, bob));
  const ReturnShare back{key_number(9), packet, bob};
  const auto first = client().return_share(back);
  EXPECT_EQ(answer_of(first).amount, Amount(100));
  EXPECT_FALSE(first && first->replayed);
  const auto again = client().return_share(back);
  EXPECT_EQ(answer_of(again).amount, Amount(100));
  EXPECT_TRUE(again && again->replayed);
  EXPECT_EQ(answer_of(client().show(packet)).share_states.at(0), ShareState::returned);
  expect_balance(bob, plenty);
  expect_balance(ann, plus(-100));
}

TEST_P(Commands, ExternalMoneyGoesBackToItsRailOrToTheWallet) {
  SendPacket send = even(Amount(200), 2);
  send.funding = FundingSource::external;
  send.recallable = true;
  EXPECT_EQ(status_of(client().send(send)), Status::reference_missing);
  send.reference = Reference("rail 7");
  const PacketId packet = answer_of(client().send(send)).packet;
  EXPECT_EQ(answer_of(client().recall({{}, packet, ann})).to, RefundTarget::source);

  const std::uint16_t shards = GetParam();
  const ListPayouts list{shard_of(partition_of(ann), shards), {}, 10};
  const net::PayoutPage owed = answer_of(client().list_payouts(list));
  ASSERT_EQ(owed.payouts.size(), 1);
  EXPECT_EQ(owed.payouts[0].packet, packet);
  EXPECT_EQ(owed.payouts[0].amount, Amount(200));
  EXPECT_EQ(owed.payouts[0].funding.view(), "rail 7");
  EXPECT_EQ(status_of(client().list_payouts({ShardId(shards), {}, 10})), Status::shard_unknown);

  const auto paid = answer_of(client().confirm_payout({{}, packet, Reference("paid 8")}));
  EXPECT_EQ(paid.payout.state, PayoutState::confirmed);
  EXPECT_EQ(paid.payout.confirmation.view(), "paid 8");
  EXPECT_TRUE(answer_of(client().list_payouts(list)).payouts.empty());

  EXPECT_EQ(answer_of(client().set_refund_target({{}, ann, RefundTarget::wallet})).refund_target,
            RefundTarget::wallet);
  EXPECT_EQ(status_of(client().send(send)), Status::reference_used);
  send.reference = Reference("rail 8");
  const PacketId other = answer_of(client().send(send)).packet;
  EXPECT_EQ(answer_of(client().recall({{}, other, ann})).to, RefundTarget::wallet);
  expect_balance(ann, plus(200));
}

TEST_P(Commands, TransfersAreAcceptedDeclinedCancelledAndReturned) {
  const SendTransfer send{{}, ann, bob, Amount(500), {}, Remark("rent")};
  EXPECT_TRUE(answer_of(client().check_recipient(bob)).exists);
  EXPECT_FALSE(answer_of(client().check_recipient(UserId(99))).exists);

  const TransferAnswer sent = answer_of(client().send_transfer(send));
  EXPECT_EQ(sent.state, TransferState::pending);
  EXPECT_EQ(sent.remark.view(), "rent");
  EXPECT_EQ(status_of(client().accept_transfer({{}, sent.transfer, cai})), Status::not_recipient);
  EXPECT_EQ(answer_of(client().accept_transfer({{}, sent.transfer, bob})).state,
            TransferState::arrived);
  expect_balance(bob, plus(500));
  EXPECT_EQ(answer_of(client().return_transfer({{}, sent.transfer, bob})).state,
            TransferState::returned);
  expect_balance(bob, plenty);
  expect_balance(ann, plenty);

  const PacketId declined = answer_of(client().send_transfer(send)).transfer;
  EXPECT_EQ(answer_of(client().decline_transfer({{}, declined, bob})).state,
            TransferState::declined);
  SendTransfer slow = send;
  slow.arrives_after = Duration::hours(2);
  const PacketId cancelled = answer_of(client().send_transfer(slow)).transfer;
  EXPECT_EQ(answer_of(client().accept_transfer({{}, cancelled, bob})).state,
            TransferState::accepted);
  EXPECT_EQ(answer_of(client().cancel_transfer({{}, cancelled, ann})).state,
            TransferState::cancelled);
  EXPECT_EQ(answer_of(client().show_transfer(cancelled)).state, TransferState::cancelled);
  expect_balance(ann, plenty);
}

TEST_P(Commands, SupportFreezesAndForcesAShareBack) {
  const Operator op("cs-7");
  const PacketId packet = answer_of(client().send(even(Amount(200), 2))).packet;
  answer_of(client().claim(packet, bob));
  expect_balance(bob, plus(100));

  EXPECT_TRUE(answer_of(client().freeze_packet({{}, packet, true, op}, "reported")).frozen);
  EXPECT_EQ(status_of(client().claim(packet, cai)), Status::packet_frozen);
  EXPECT_FALSE(answer_of(client().freeze_packet({{}, packet, false, op}, "")).frozen);
  EXPECT_TRUE(answer_of(client().freeze_wallet({{}, bob, true, op}, "reported")).frozen);
  EXPECT_EQ(status_of(client().withdraw({{}, bob, Amount(1)})), Status::wallet_frozen);

  const CaseRecord opened = answer_of(client().open_case({{}, packet, bob, op}, "not his"));
  EXPECT_EQ(opened.state, CaseState::open);
  EXPECT_EQ(opened.opened_note.view(), "not his");
  EXPECT_EQ(status_of(client().open_case({{}, packet, bob, op}, "again")), Status::case_exists);
  const ResolveCase uphold{{}, opened.case_id, Decision::uphold, {}, op};
  const CaseRecord resolved = answer_of(client().resolve_case(uphold, "it is so"));
  EXPECT_EQ(resolved.state, CaseState::upheld);
  EXPECT_EQ(resolved.returned, Amount(100));
  EXPECT_EQ(resolved.shortfall, Amount(0));
  EXPECT_EQ(answer_of(client().show_case(opened.case_id)).resolved_note.view(), "it is so");
  expect_balance(bob, plenty);
}

TEST_P(Commands, ValuesOfANewerClientAreRefusedByName) {
  const auto refused = [&](auto change) {
    SendPacket send = even(Amount(200), 2);
    change(send);
    return status_of(client().send(send));
  };
  EXPECT_EQ(refused([](auto& s) { s.kind = static_cast<PacketKind>(9); }), Status::kind_unknown);
  EXPECT_EQ(refused([](auto& s) { s.split = static_cast<Split>(9); }), Status::split_unknown);
  EXPECT_EQ(refused([](auto& s) { s.sender_may_claim = static_cast<Choice>(9); }),
            Status::choice_unknown);
  EXPECT_EQ(refused([](auto& s) { s.funding = static_cast<FundingSource>(9); }),
            Status::funding_unknown);
  EXPECT_EQ(status_of(client().set_refund_target({{}, ann, static_cast<RefundTarget>(9)})),
            Status::refund_target_unknown);
  EXPECT_EQ(status_of(client().set_refund_target({{}, ann, RefundTarget{}})),
            Status::refund_target_unknown);
  const ResolveCase resolve{{}, CaseId(4096), static_cast<Decision>(9), {}, Operator("cs-7")};
  EXPECT_EQ(status_of(client().resolve_case(resolve, "")), Status::decision_unknown);
  expect_balance(ann, plenty);
}

}  // namespace
}  // namespace hb::e2e
