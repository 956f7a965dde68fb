#include "engine/archive/packet_story.h"

#include "tests/unit/engine/archive/archive_fixture.h"

namespace hb::archive {
namespace {

class PacketStoryTest : public testing::Test {
 protected:
  PacketStory story(PacketId packet) {
    archived_.index_all();
    const auto read = read_story(archived_.archive().view(), packet);
    EXPECT_TRUE(read && *read);
    return read && *read ? **read : PacketStory{};
  }

  test::Shards shards_{shard_count};
  const UserId anna_ = shards_.user_on(0, 100);
  const UserId bert_ = shards_.user_on(1, 200);
  Archived archived_{sources_of(shards_)};
};

TEST_F(PacketStoryTest, NamesTheRecipientOfADirectPacket) {
  shards_.fund(anna_, 100);
  const PacketId packet = shards_.send(
      SendPacket{
          .key = shards_.key(), .sender = anna_, .total = Amount(100), .kind = PacketKind::direct},
      {bert_});
  EXPECT_EQ(story(packet).entry.recipient, bert_);
}

TEST_F(PacketStoryTest, NamesNoRecipientOfOtherPackets) {
  shards_.fund(anna_, 100);
  const PacketId packet = shards_.send(SendPacket{.key = shards_.key(),
                                                  .sender = anna_,
                                                  .total = Amount(100),
                                                  .kind = PacketKind::exclusive},
                                       {bert_});
  EXPECT_EQ(story(packet).entry.recipient, UserId());
}

TEST_F(PacketStoryTest, TellsThatTheLastShareIsGone) {
  shards_.fund(anna_, 100);
  const PacketId packet = shards_.send(
      SendPacket{.key = shards_.key(), .sender = anna_, .total = Amount(100), .share_count = 2});
  shards_.claim(packet, bert_);
  EXPECT_EQ(story(packet).entry.state, PacketState::open);
  shards_.claim(packet, anna_);
  EXPECT_EQ(story(packet).entry.state, PacketState::sold_out);
  EXPECT_EQ(story(packet).entry.claimed, Amount(100));
}

TEST_F(PacketStoryTest, TellsThatAShareIsBeingGivenBack) {
  shards_.fund(anna_, 100);
  const PacketId packet = shards_.send(
      SendPacket{.key = shards_.key(), .sender = anna_, .total = Amount(100), .share_count = 1});
  shards_.claim(packet, bert_);
  shards_.settle();
  shards_.hand_over(ReturnShare{shards_.key(), packet, bert_});
  shards_.step(0);
  shards_.step(0);
  EXPECT_EQ(story(packet).shares[bert_].state, ShareState::returning);
  shards_.settle();
  EXPECT_EQ(story(packet).shares[bert_].state, ShareState::returned);
  EXPECT_EQ(story(packet).entry.returned, Amount(100));
}

TEST_F(PacketStoryTest, TellsThatAShareStaysWhenItsWalletCannotPay) {
  shards_.fund(anna_, 100);
  const PacketId packet = shards_.send(
      SendPacket{.key = shards_.key(), .sender = anna_, .total = Amount(100), .share_count = 1});
  shards_.claim(packet, bert_);
  shards_.settle();
  EXPECT_EQ(shards_.ask(Withdraw{shards_.key(), bert_, Amount(100)}).status(), Status::ok);
  EXPECT_NE(shards_.ask(ReturnShare{shards_.key(), packet, bert_}).status(), Status::ok);
  EXPECT_EQ(story(packet).shares[bert_].state, ShareState::held);
  EXPECT_EQ(story(packet).entry.returned, Amount());
}

TEST_F(PacketStoryTest, TellsWhatACaseGotBack) {
  shards_.fund(anna_, 100);
  const PacketId packet = shards_.send(
      SendPacket{.key = shards_.key(), .sender = anna_, .total = Amount(100), .share_count = 1});
  shards_.claim(packet, bert_);
  shards_.settle();
  EXPECT_EQ(shards_.ask(Withdraw{shards_.key(), bert_, Amount(60)}).status(), Status::ok);
  const CaseId id = shards_.open_case(packet, bert_);
  EXPECT_EQ(
      shards_.ask(ResolveCase{shards_.key(), id, Decision::uphold, {}, Operator("op"), 0}).status(),
      Status::ok);
  shards_.settle();
  EXPECT_EQ(story(packet).shares[bert_].state, ShareState::returned_short);
  EXPECT_EQ(story(packet).entry.returned, Amount(40));
}

TEST_F(PacketStoryTest, TellsHowATransferEnded) {
  shards_.fund(anna_, 1'000);
  const auto send = [&] {
    return shards_.send(SendTransfer{.key = shards_.key(),
                                     .sender = anna_,
                                     .recipient = bert_,
                                     .amount = Amount(10),
                                     .arrives_after = Duration::hours(2)});
  };
  const PacketId declined = send(), cancelled = send(), expired = send(), accepted = send();
  shards_.ask(DeclineTransfer{shards_.key(), declined, bert_});
  shards_.ask(CancelTransfer{shards_.key(), cancelled, anna_});
  shards_.ask(AcceptTransfer{shards_.key(), accepted, bert_});
  EXPECT_EQ(story(accepted).entry.transfer_state, TransferState::accepted);
  EXPECT_EQ(story(declined).entry.transfer_state, TransferState::declined);
  EXPECT_EQ(story(declined).entry.refunded, Amount(10));
  EXPECT_EQ(story(cancelled).entry.transfer_state, TransferState::cancelled);
  shards_.now = shards_.now + Duration::hours(25);
  shards_.settle();
  EXPECT_EQ(story(expired).entry.transfer_state, TransferState::expired);
  EXPECT_EQ(story(accepted).entry.transfer_state, TransferState::arrived);
  EXPECT_EQ(story(accepted).entry.claimed, Amount(10));
  shards_.ask(ReturnTransfer{shards_.key(), accepted, bert_});
  shards_.settle();
  EXPECT_EQ(story(accepted).entry.transfer_state, TransferState::returned);
  EXPECT_EQ(story(accepted).entry.returned, Amount(10));
}

TEST_F(PacketStoryTest, IsNothingForAPacketThatNoEventMade) {
  const auto read = read_story(archived_.archive().view(), PacketId(12'345));
  ASSERT_TRUE(read);
  EXPECT_FALSE(*read);
}

}  // namespace
}  // namespace hb::archive
