// Responses there and back: what the server's encoder writes the client's decoder reads.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <variant>
#include <vector>

#include "net/wire/frame.h"
#include "net/wire/response_decoder.h"
#include "net/wire/response_encoder.h"

namespace hb::net {
namespace {

Response decode(ResponseEncoder::Frame frame) {
  const FrameView view = first_frame(frame, limits::frame_bytes_max);
  EXPECT_EQ(view.state, FrameState::complete);
  EXPECT_EQ(view.frame_bytes, frame.size());
  const auto response = decode_response(view.payload);
  EXPECT_TRUE(response.has_value());
  return response.value_or(Response());
}

Digest256 digest() {
  Digest256 bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte(i);
  return bytes;
}

PacketSummary summary() {
  PacketSummary packet;
  packet.packet = PacketId(4096 + 5);
  packet.sender = UserId(77);
  packet.kind = PacketKind::even;
  packet.state = PacketState::refunded;
  packet.share_count = 500;
  packet.claimed_count = 499;
  packet.total = Amount(50'000);
  packet.remaining = Amount(100);
  packet.refunded = Amount(99);
  packet.sent_at = Time(11);
  packet.expires_at = Time(12);
  packet.remark = Remark("恭喜发财");
  packet.group = Group("family");
  return packet;
}

void expect_equal(const PacketSummary& a, const PacketSummary& b) {
  EXPECT_EQ(a.packet, b.packet);
  EXPECT_EQ(a.sender, b.sender);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.share_count, b.share_count);
  EXPECT_EQ(a.claimed_count, b.claimed_count);
  EXPECT_EQ(a.total, b.total);
  EXPECT_EQ(a.remaining, b.remaining);
  EXPECT_EQ(a.refunded, b.refunded);
  EXPECT_EQ(a.sent_at, b.sent_at);
  EXPECT_EQ(a.expires_at, b.expires_at);
  EXPECT_EQ(a.remark.view(), b.remark.view());
  EXPECT_EQ(a.group.view(), b.group.view());
}

TEST(ResponseCodec, CarriesWelcome) {
  ResponseEncoder encoder;
  Welcome sent;
  sent.server_version = "0.1.0";
  sent.shards = 4;
  sent.frame_bytes_max = 1 << 20;
  sent.window_max = 65'536;
  sent.claim_batch_max = 8192;
  sent.acknowledgement = Acknowledgement::memory;
  sent.role = Role::auditor;
  const Response response = decode(encoder.welcome(1, sent));
  EXPECT_EQ(response.id, 1);
  const auto& welcome = std::get<Welcome>(response.answer);
  EXPECT_EQ(welcome.protocol_version, protocol_version);
  EXPECT_EQ(welcome.server_version, "0.1.0");
  EXPECT_EQ(welcome.partitions, limits::partitions);
  EXPECT_EQ(welcome.shards, 4);
  EXPECT_EQ(welcome.frame_bytes_max, 1 << 20);
  EXPECT_EQ(welcome.window_max, 65'536);
  EXPECT_EQ(welcome.claim_batch_max, 8192);
  EXPECT_EQ(welcome.acknowledgement, Acknowledgement::memory);
  EXPECT_EQ(welcome.role, Role::auditor);
}

TEST(ResponseCodec, CarriesPong) {
  ResponseEncoder encoder;
  const Response response = decode(encoder.pong(5));
  EXPECT_EQ(response.id, 5);
  EXPECT_EQ(response.status, Status::ok);
  EXPECT_TRUE(std::holds_alternative<Pong>(response.answer));
}

TEST(ResponseCodec, CarriesWalletAnswerMarkedAsReplayed) {
  ResponseEncoder encoder;
  Reply reply;
  reply.replayed = true;
  reply.answer = WalletAnswer{UserId(3), Amount(2050), Time(99), DisplayName("小明")};
  const Response response = decode(encoder.reply(5, reply, {}));
  EXPECT_TRUE(response.replayed);
  EXPECT_TRUE(response.message.empty());
  const auto& answer = std::get<WalletAnswer>(response.answer);
  EXPECT_EQ(answer.user, UserId(3));
  EXPECT_EQ(answer.balance, Amount(2050));
  EXPECT_EQ(answer.opened_at, Time(99));
  EXPECT_EQ(answer.name.view(), "小明");
}

TEST(ResponseCodec, CarriesSendAnswer) {
  ResponseEncoder encoder;
  Reply reply;
  reply.answer = SendAnswer{PacketId(4097), Time(12), digest()};
  const Response response = decode(encoder.reply(5, reply, {}));
  const auto& answer = std::get<SendAnswer>(response.answer);
  EXPECT_EQ(answer.packet, PacketId(4097));
  EXPECT_EQ(answer.expires_at, Time(12));
  EXPECT_EQ(answer.seed_commitment, digest());
}

TEST(ResponseCodec, CarriesOneClaimInItsOwnStatus) {
  ResponseEncoder encoder;
  const Response first = decode(encoder.claim(5, {Status::ok, 3, 250, Time(8)}));
  EXPECT_EQ(first.status, Status::ok);
  const auto& answer = std::get<ClaimAnswer>(first.answer);
  EXPECT_EQ(answer.share_index, 3);
  EXPECT_EQ(answer.amount_fen, 250);
  EXPECT_EQ(answer.claimed_at, Time(8));

  const Response again = decode(encoder.claim(6, {Status::already_claimed, 3, 250, Time(8)}));
  EXPECT_EQ(again.status, Status::already_claimed);
  EXPECT_EQ(std::get<ClaimAnswer>(again.answer).amount_fen, 250);

  const Response refused = decode(encoder.claim(7, {Status::sold_out, 0, 0, Time()}));
  EXPECT_EQ(refused.status, Status::sold_out);
  EXPECT_FALSE(refused.message.empty());
  EXPECT_TRUE(std::holds_alternative<NoAnswer>(refused.answer));
}

TEST(ResponseCodec, CarriesARangeOfClaimsInOrder) {
  ResponseEncoder encoder;
  ReplyBatch batch;
  for (std::uint16_t i = 0; i < 100; ++i) {
    batch.claims.push_back({i % 2 == 0 ? Status::ok : Status::sold_out, i, i * 10U, Time(i)});
  }
  Reply reply;
  reply.answer = ClaimBatchAnswer{20, 50};
  const Response response = decode(encoder.reply(5, reply, batch));
  const auto claims = std::get<ClaimListAnswer>(response.answer).claims;
  ASSERT_EQ(claims.size(), 50);
  for (std::size_t i = 0; i < claims.size(); ++i) {
    EXPECT_EQ(claims[i].status, batch.claims[20 + i].status);
    EXPECT_EQ(claims[i].share_index, 20 + i);
    EXPECT_EQ(claims[i].amount_fen, (20 + i) * 10);
    EXPECT_EQ(claims[i].claimed_at, Time(static_cast<std::int64_t>(20 + i)));
  }
}

TEST(ResponseCodec, CarriesTheLargestClaimBatchWithinTheFrameCap) {
  ResponseEncoder encoder;
  const std::vector<ClaimAnswer> answers(limits::claim_batch_max,
                                         ClaimAnswer{Status::ok, 1, 2, {}});
  const auto frame = encoder.claims(1, answers, Duration::ms(5));
  EXPECT_LE(frame.size(), limits::frame_bytes_max);
  const Response response = decode(frame);
  EXPECT_EQ(std::get<ClaimListAnswer>(response.answer).claims.size(), answers.size());
  EXPECT_EQ(response.retry_after, Duration::ms(5));
}

TEST(ResponseEncoder, LeaksNoPaddingOfClaimAnswers) {
  ResponseEncoder encoder;
  std::vector<ClaimAnswer> answers(4);
  std::memset(static_cast<void*>(answers.data()), 0xee, answers.size() * sizeof(ClaimAnswer));
  for (ClaimAnswer& answer : answers) {
    answer.status = Status::ok;
    answer.share_index = 0;
    answer.amount_fen = 0;
    answer.claimed_at = Time();
  }
  const auto frame = encoder.claims(1, answers);
  EXPECT_EQ(std::count(frame.begin(), frame.end(), std::byte{0xee}), 0);
}

TEST(ResponseCodec, CarriesPeekWithAndWithoutAnOwnClaim) {
  ResponseEncoder encoder;
  Reply reply;
  reply.answer = PeekAnswer{summary(), true, {}};
  const Response without = decode(encoder.reply(5, reply, {}));
  expect_equal(std::get<PeekAnswer>(without.answer).packet, summary());
  EXPECT_TRUE(std::get<PeekAnswer>(without.answer).claimable);
  EXPECT_NE(std::get<PeekAnswer>(without.answer).own_claim.status, Status::already_claimed);

  reply.answer = PeekAnswer{summary(), false, {Status::already_claimed, 4, 500, Time(9)}};
  const Response with = decode(encoder.reply(5, reply, {}));
  EXPECT_FALSE(std::get<PeekAnswer>(with.answer).claimable);
  EXPECT_EQ(std::get<PeekAnswer>(with.answer).own_claim.status, Status::already_claimed);
  EXPECT_EQ(std::get<PeekAnswer>(with.answer).own_claim.share_index, 4);
  EXPECT_EQ(std::get<PeekAnswer>(with.answer).own_claim.amount_fen, 500);
  EXPECT_EQ(std::get<PeekAnswer>(with.answer).own_claim.claimed_at, Time(9));
}

TEST(ResponseCodec, CarriesShowPacketWithItsClaims) {
  ResponseEncoder encoder;
  ReplyBatch batch;
  for (std::uint64_t i = 0; i < 10; ++i) {
    const auto n = static_cast<std::int64_t>(i);
    batch.packet_claims.push_back({UserId(i), Amount(n * 2), Time(n * 3)});
    batch.share_states.push_back(ShareState::held);
  }
  Reply reply;
  reply.answer = ShowPacketAnswer{summary(), digest(), 4, 6};
  const Response response = decode(encoder.reply(5, reply, batch));
  const auto& detail = std::get<PacketDetail>(response.answer);
  expect_equal(detail.packet, summary());
  EXPECT_EQ(detail.seed_commitment, digest());
  ASSERT_EQ(detail.claims.size(), 6);
  EXPECT_EQ(detail.claims[0].user, UserId(4));
  EXPECT_EQ(detail.claims[5].user, UserId(9));
  EXPECT_EQ(detail.claims[5].amount, Amount(18));
  EXPECT_EQ(detail.claims[5].claimed_at, Time(27));
}

TEST(ResponseCodec, CarriesRefusalsWithLimitAndSentence) {
  ResponseEncoder encoder;
  const Response refused = decode(encoder.refusal(5, {Status::insufficient_funds, 1234}));
  EXPECT_EQ(refused.status, Status::insufficient_funds);
  EXPECT_EQ(refused.limit, 1234);
  EXPECT_NE(refused.message.find("12.34"), std::string_view::npos);
  EXPECT_EQ(refused.retry_after, Duration());
}

TEST(ResponseCodec, OverloadedTellsWhenToComeAgain) {
  ResponseEncoder encoder;
  Reply reply;
  reply.status = Status::overloaded;
  reply.limit = 5000;
  EXPECT_EQ(decode(encoder.reply(5, reply, {})).retry_after, Duration::ms(5));
}

TEST(ResponseDecoder, RefusesWhatDoesNotVerify) {
  std::vector<std::uint64_t> ones(4, ~std::uint64_t{0});
  EXPECT_FALSE(decode_response(std::as_bytes(std::span(ones))).has_value());
}

}  // namespace
}  // namespace hb::net
