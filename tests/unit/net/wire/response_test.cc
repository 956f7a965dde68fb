// Responses there and back: what the server's encoder writes the client's decoder reads.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

#include "net/wire/fields.h"
#include "net/wire/finish_frame.h"
#include "net/wire/frame.h"
#include "net/wire/response_decoder.h"
#include "net/wire/response_encoder.h"
#include "schema/hongbao_generated.h"
#include "tests/unit/net/wire/samples.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;
using Builder = flatbuffers::FlatBufferBuilder;

Response decode(ResponseEncoder::Frame frame) {
  const FrameView view = first_frame(frame, limits::frame_bytes_max);
  EXPECT_EQ(view.state, FrameState::complete);
  EXPECT_EQ(view.frame_bytes, frame.size());
  const auto response = decode_response(view.payload);
  EXPECT_TRUE(response.has_value());
  return response.value_or(Response());
}

std::vector<std::uint64_t> payload_of(ResponseEncoder::Frame frame) {
  std::vector<std::uint64_t> words(frame.size() / 8 - 1);
  std::memcpy(words.data(), frame.data() + sizeof(FrameHeader), words.size() * 8);
  return words;
}

// What a foreign server could send: any answer, as a payload.
template <class Table>
std::vector<std::uint64_t> payload_with(Builder& builder, flatbuffers::Offset<Table> answer) {
  const auto response = fb::CreateResponse(builder, 5, fb::Status::ok, false, 0, {}, 0,
                                           fb::AnswerTraits<Table>::enum_value, answer.Union());
  return payload_of(finish_frame(builder, response));
}

std::optional<Response> decode(const std::vector<std::uint64_t>& payload) {
  return decode_response(std::as_bytes(std::span(payload)));
}

// A packet with claims by users 0 to 9, of which the answer is about the last six, and with two
// named users after another packet's.
ReplyBatch batch_with_claims() {
  ReplyBatch batch;
  for (std::uint64_t i = 0; i < 10; ++i) {
    const auto n = static_cast<std::int64_t>(i);
    batch.packet_claims.push_back({UserId(i), Amount(n * 2), Time(n * 3)});
    batch.share_states.push_back(static_cast<ShareState>(i % 4));
  }
  batch.users = {UserId(70), UserId(71), UserId(72)};
  return batch;
}

ShowPacketAnswer shown() {
  return {.packet = sample<PacketSummary>(),
          .seed_commitment = sample_digest(),
          .first = 4,
          .count = 6,
          .recipients_first = 1,
          .recipients_count = 2,
          .seed_revealed = true,
          .seed = {0x0102030405060708, 0x1112131415161718}};
}

Reply reply_with(const Answer& answer) {
  Reply reply;
  reply.answer = answer;
  return reply;
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
  const Pong sent{.now = Time(1'700'000'000'000'000), .clock_ahead = Duration::us(-7)};
  const Response response = decode(encoder.pong(5, sent));
  EXPECT_EQ(response.id, 5);
  EXPECT_EQ(response.status, Status::ok);
  const auto& pong = std::get<Pong>(response.answer);
  EXPECT_EQ(pong.now, sent.now);
  EXPECT_EQ(pong.clock_ahead, sent.clock_ahead);
}

// ---- answers ------------------------------------------------------------------------------------

template <class... T>
void expect_carried() {
  const auto one = []<class A>(std::type_identity<A>) {
    SCOPED_TRACE(typeid(A).name());
    const A sent = sample<A>();
    expect_no_default(sent);
    ResponseEncoder encoder;
    const Response response = decode(encoder.reply(5, reply_with(sent), {}));
    EXPECT_EQ(response.id, 5);
    EXPECT_EQ(response.status, Status::ok);
    EXPECT_FALSE(response.replayed);
    EXPECT_TRUE(response.message.empty());
    ASSERT_TRUE(std::holds_alternative<A>(response.answer));
    EXPECT_TRUE(fields(std::get<A>(response.answer)) == fields(sent));

    const Response plain = decode(encoder.reply(6, reply_with(A{}), {}));
    ASSERT_TRUE(std::holds_alternative<A>(plain.answer));
    EXPECT_TRUE(fields(std::get<A>(plain.answer)) == fields(A{}));
  };
  (one(std::type_identity<T>()), ...);
}

TEST(ResponseCodec, CarriesEveryFieldOfThePlainAnswers) {
  expect_carried<WalletAnswer, RecipientAnswer, SendAnswer, ClaimAnswer, RecallAnswer, ReturnAnswer,
                 TransferAnswer, PacketFreezeAnswer, PayoutAnswer>();
}

TEST(ResponseCodec, MarksAReplayedAnswer) {
  ResponseEncoder encoder;
  Reply reply = reply_with(sample<WalletAnswer>());
  reply.replayed = true;
  const Response response = decode(encoder.reply(5, reply, {}));
  EXPECT_TRUE(response.replayed);
  EXPECT_TRUE(response.message.empty());
}

TEST(ResponseCodec, PassesUnknownValuesOfEnumerationsOn) {
  ResponseEncoder encoder;
  TransferAnswer sent;
  sent.state = static_cast<TransferState>(99);
  const Response response = decode(encoder.reply(5, reply_with(sent), {}));
  EXPECT_EQ(std::get<TransferAnswer>(response.answer).state, sent.state);
}

TEST(ResponseCodec, CarriesAPageOfPayouts) {
  ResponseEncoder encoder;
  ReplyBatch batch;
  for (std::uint64_t i = 0; i < limits::page_rows_max + 5; ++i) {
    batch.payouts.push_back(sample<Payout>());
    batch.payouts.back().packet = PacketId(i);
  }
  const auto frame =
      encoder.reply(5, reply_with(PayoutListAnswer{3, limits::page_rows_max, true}), batch);
  EXPECT_LE(frame.size(), limits::frame_bytes_max);
  const Response response = decode(frame);
  const auto& page = std::get<PayoutPage>(response.answer);
  EXPECT_TRUE(page.more);
  ASSERT_EQ(page.payouts.size(), limits::page_rows_max);
  for (std::size_t i = 0; i < page.payouts.size(); ++i) {
    EXPECT_TRUE(fields(page.payouts[i]) == fields(batch.payouts[3 + i]));
  }

  const Response last = decode(encoder.reply(6, reply_with(PayoutListAnswer{}), batch));
  EXPECT_TRUE(std::get<PayoutPage>(last.answer).payouts.empty());
  EXPECT_FALSE(std::get<PayoutPage>(last.answer).more);
}

TEST(ResponseCodec, CarriesACase) {
  ResponseEncoder encoder;
  ReplyBatch batch;
  batch.cases = {CaseRecord{}, sample<CaseRecord>()};
  expect_no_default(batch.cases[1]);
  for (const std::uint32_t index : {0U, 1U}) {
    const Response response = decode(encoder.reply(5, reply_with(CaseAnswer{index}), batch));
    EXPECT_TRUE(fields(std::get<CaseRecord>(response.answer)) == fields(batch.cases[index]));
  }
}

// ---- claims -------------------------------------------------------------------------------------

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
  EXPECT_EQ(refused.limit, 0);
  EXPECT_FALSE(refused.message.empty());
  EXPECT_TRUE(std::holds_alternative<NoAnswer>(refused.answer));
}

TEST(ResponseCodec, ARefusedClaimTellsItsLimit) {
  ResponseEncoder encoder;
  const Response wrong = decode(encoder.claim(7, {Status::code_wrong, 0, 0, Time(4)}));
  EXPECT_EQ(wrong.status, Status::code_wrong);
  EXPECT_EQ(wrong.limit, 4);
  EXPECT_NE(wrong.message.find('4'), std::string_view::npos);

  const Response early =
      decode(encoder.claim(7, {Status::not_open_yet, 0, 0, Time(1'700'000'000'000'000)}));
  EXPECT_EQ(early.limit, 1'700'000'000'000'000);
  EXPECT_EQ(early.retry_after, Duration());

  const Response full = decode(encoder.claim(7, {Status::overloaded, 0, 0, Time(250)}));
  EXPECT_EQ(full.limit, 250);
  EXPECT_EQ(full.retry_after, Duration::us(250));
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

// ---- packets ------------------------------------------------------------------------------------

TEST(ResponseCodec, CarriesPeekWithAndWithoutAnOwnClaim) {
  ResponseEncoder encoder;
  expect_no_default(sample<PacketSummary>());
  const Response without =
      decode(encoder.reply(5, reply_with(PeekAnswer{sample<PacketSummary>(), true, {}}), {}));
  const auto& claimable = std::get<PeekAnswer>(without.answer);
  EXPECT_TRUE(fields(claimable.packet) == fields(sample<PacketSummary>()));
  EXPECT_TRUE(claimable.claimable);
  EXPECT_NE(claimable.own_claim.status, Status::already_claimed);

  const Response with = decode(
      encoder.reply(5, reply_with(PeekAnswer{PacketSummary{}, false, sample<ClaimAnswer>()}), {}));
  const auto& claimed = std::get<PeekAnswer>(with.answer);
  EXPECT_TRUE(fields(claimed.packet) == fields(PacketSummary{}));
  EXPECT_FALSE(claimed.claimable);
  EXPECT_TRUE(fields(claimed.own_claim) == fields(sample<ClaimAnswer>()));
}

TEST(ResponseCodec, CarriesShowPacketWithItsClaimsRecipientsAndSeed) {
  ResponseEncoder encoder;
  const ReplyBatch batch = batch_with_claims();
  const Response response = decode(encoder.reply(5, reply_with(shown()), batch));
  const auto& detail = std::get<PacketDetail>(response.answer);
  EXPECT_TRUE(fields(detail.packet) == fields(sample<PacketSummary>()));
  EXPECT_EQ(detail.seed_commitment, sample_digest());
  ASSERT_EQ(detail.claims.size(), 6);
  ASSERT_EQ(detail.share_states.size(), 6);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(fields(detail.claims[i]) == fields(batch.packet_claims[4 + i]));
    EXPECT_EQ(detail.share_states[i], batch.share_states[4 + i]);
  }
  ASSERT_EQ(detail.recipients.size(), 2);
  EXPECT_EQ(detail.recipients[0], UserId(71));
  EXPECT_EQ(detail.recipients[1], UserId(72));
  ASSERT_TRUE(detail.seed.has_value());
  EXPECT_TRUE(fields(*detail.seed) == fields(shown().seed));
}

TEST(ResponseCodec, TheSeedLiesInItsVectorAsTwoLittleEndianWords) {
  ResponseEncoder encoder;
  const auto frame = encoder.reply(5, reply_with(shown()), batch_with_claims());
  const auto* answer = flatbuffers::GetRoot<fb::Response>(frame.data() + sizeof(FrameHeader))
                           ->answer_as_ShowPacketAnswer();
  const std::vector<std::uint8_t> expected = {0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,
                                              0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11};
  EXPECT_EQ(std::vector(answer->seed()->begin(), answer->seed()->end()), expected);
}

TEST(ResponseCodec, CarriesNoSeedOfAnOpenPacket) {
  ResponseEncoder encoder;
  ShowPacketAnswer open = shown();
  open.seed_revealed = false;
  open.recipients_count = 0;
  open.count = 0;
  const auto frame = encoder.reply(5, reply_with(open), batch_with_claims());
  const Response response = decode(frame);
  const auto& detail = std::get<PacketDetail>(response.answer);
  EXPECT_FALSE(detail.seed.has_value());
  EXPECT_TRUE(detail.recipients.empty());
  EXPECT_TRUE(detail.claims.empty());
  const std::byte first{0x08};
  const auto* seed = reinterpret_cast<const std::byte*>(&open.seed);
  EXPECT_EQ(*seed, first);
  EXPECT_EQ(std::search(frame.begin(), frame.end(), seed, seed + sizeof(PrfKey)), frame.end())
      << "an open packet's seed is on the wire";
}

TEST(ResponseCodec, CarriesTheLargestPacketWithinTheFrameCap) {
  ResponseEncoder encoder;
  ReplyBatch batch;
  batch.packet_claims.resize(limits::packet_shares_max);
  batch.share_states.resize(limits::packet_shares_max);
  batch.users.resize(limits::packet_recipients_max);
  ShowPacketAnswer answer = shown();
  answer.first = answer.recipients_first = 0;
  answer.count = limits::packet_shares_max;
  answer.recipients_count = limits::packet_recipients_max;
  const auto frame = encoder.reply(5, reply_with(answer), batch);
  EXPECT_LE(frame.size(), limits::frame_bytes_max);
  const Response response = decode(frame);
  EXPECT_EQ(std::get<PacketDetail>(response.answer).claims.size(), limits::packet_shares_max);
}

// ---- records ------------------------------------------------------------------------------------

archive::QueryReply query_reply(archive::QueryAnswer answer) {
  return {.to = {}, .status = Status::ok, .limit = 0, .answer = std::move(answer)};
}

TEST(ResponseCodec, CarriesEveryFieldOfEveryPageOfRecords) {
  ResponseEncoder encoder;
  const auto row = []<class T>(std::type_identity<T>) { expect_no_default(sample<T>()); };
  row(std::type_identity<archive::SentEntry>());
  row(std::type_identity<archive::ReceivedEntry>());
  row(std::type_identity<archive::Movement>());
  row(std::type_identity<archive::HistoryRecord>());
  for_each_page([&]<class T>(std::type_identity<T>) {
    SCOPED_TRACE(typeid(T).name());
    const T sent = sample<T>();
    expect_no_default(sent);
    const Response response = decode(encoder.query(5, query_reply(sent)));
    EXPECT_EQ(response.id, 5);
    EXPECT_EQ(response.status, Status::ok);
    ASSERT_TRUE(std::holds_alternative<T>(response.answer));
    EXPECT_TRUE(fields(std::get<T>(response.answer)) == fields(sent));

    const Response plain = decode(encoder.query(6, query_reply(T{})));
    ASSERT_TRUE(std::holds_alternative<T>(plain.answer));
    EXPECT_TRUE(fields(std::get<T>(plain.answer)) == fields(T{}));
  });
}

TEST(ResponseCodec, CarriesTheLargestPageOfRecordsWithinTheFrameCap) {
  ResponseEncoder encoder;
  archive::SentPage page;
  page.entries.assign(limits::page_rows_max, sample<archive::SentEntry>());
  page.as_of.assign(limits::shards_max, {ShardId(1), Sequence(2), 3});
  const auto frame = encoder.query(5, query_reply(page));
  EXPECT_LE(frame.size(), limits::frame_bytes_max);
  const Response response = decode(frame);
  EXPECT_TRUE(fields(std::get<archive::SentPage>(response.answer)) == fields(page));
}

TEST(ResponseCodec, CarriesAsManyRecordsOfAHistoryAsAFrameHolds) {
  ResponseEncoder encoder;
  archive::HistoryPage page;
  page.records.assign(10'000, {ShardId(1), Sequence(2), sample_record(1)});
  const Response response = decode(encoder.query(5, query_reply(page)));
  EXPECT_EQ(std::get<archive::HistoryPage>(response.answer).records.size(), 10'000);
}

TEST(ResponseEncoder, RefusesAHistoryThatIsLargerThanAFrame) {
  ResponseEncoder encoder;
  archive::HistoryPage large;
  large.records.assign(130, {ShardId(1), Sequence(2), sample_record(255)});
  archive::HistoryPage many;
  many.records.assign(history_records_max + 1, {ShardId(1), Sequence(2), {}});
  for (const archive::HistoryPage& page : {large, many}) {
    const Response response = decode(encoder.query(5, query_reply(page)));
    EXPECT_EQ(response.id, 5);
    EXPECT_EQ(response.status, Status::page_out_of_range);
    EXPECT_EQ(response.limit, limits::page_rows_max);
    EXPECT_TRUE(std::holds_alternative<NoAnswer>(response.answer));
  }
}

TEST(ResponseEncoder, LeaksNoPaddingOfWhatAPageIsTrueOf) {
  ResponseEncoder encoder;
  archive::SentPage page;
  page.as_of.resize(4);
  std::memset(static_cast<void*>(page.as_of.data()), 0xee,
              page.as_of.size() * sizeof(archive::AsOf));
  for (archive::AsOf& as_of : page.as_of) {
    as_of.shard = ShardId();
    as_of.sequence = Sequence();
    as_of.events_behind = 0;
  }
  const auto frame = encoder.query(1, query_reply(page));
  EXPECT_EQ(std::count(frame.begin(), frame.end(), std::byte{0xee}), 0);
}

TEST(ResponseCodec, RecordsThatAreNotThereTellWhenToComeAgain) {
  ResponseEncoder encoder;
  const Response response = decode(encoder.query(
      5, {.to = {}, .status = Status::records_unavailable, .limit = 1'000'000, .answer = {}}));
  EXPECT_EQ(response.status, Status::records_unavailable);
  EXPECT_EQ(response.limit, 1'000'000);
  EXPECT_EQ(response.retry_after, Duration::seconds(1));
  EXPECT_FALSE(response.message.empty());
  EXPECT_TRUE(std::holds_alternative<NoAnswer>(response.answer));
}

// ---- refusals -----------------------------------------------------------------------------------

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

TEST(ResponseCodecDeathTest, OverloadedWithoutATimeToWaitIsOurBug) {
  ResponseEncoder encoder;
  EXPECT_DEATH(encoder.refusal(0, {Status::overloaded, 0}), "assertion failed");
  Reply reply;
  reply.status = Status::overloaded;
  EXPECT_DEATH(encoder.reply(5, reply, {}), "assertion failed");
  EXPECT_DEATH(encoder.query(5, {.status = Status::records_unavailable}), "assertion failed");
}

// ---- other servers ------------------------------------------------------------------------------

TEST(ResponseDecoder, TakesTheDefaultWhereAnOlderServerSaysNothing) {
  Builder builder;
  const auto packet = fb::CreatePacketSummary(builder, 4097, 1);
  const auto commitment = bytes(builder, sample_digest());
  const PacketClaim claim{UserId(3), Amount(4), Time(5)};
  const auto claims =
      builder.CreateVectorOfStructs(reinterpret_cast<const fb::PacketClaim*>(&claim), 1);
  const auto payload =
      payload_with(builder, fb::CreateShowPacketAnswer(builder, packet, commitment, claims));
  const auto response = decode(payload);
  ASSERT_TRUE(response.has_value());
  const auto& detail = std::get<PacketDetail>(response->answer);
  EXPECT_TRUE(fields(detail.packet) ==
              fields(PacketSummary{
                  .packet = PacketId(4097), .sender = UserId(1), .remark = {}, .group = {}}));
  EXPECT_EQ(detail.claims.size(), 1);
  EXPECT_TRUE(detail.share_states.empty());
  EXPECT_TRUE(detail.recipients.empty());
  EXPECT_FALSE(detail.seed.has_value());
}

TEST(ResponseDecoder, TakesAnAnswerThatItDoesNotKnowForNone) {
  Builder builder;
  const auto pong = fb::CreatePong(builder).Union();
  const auto response = fb::CreateResponse(builder, 5, fb::Status::ok, false, 0, {}, 0,
                                           static_cast<fb::Answer>(250), pong);
  const auto frame = finish_frame(builder, response);
  EXPECT_TRUE(std::holds_alternative<NoAnswer>(decode(frame).answer));
}

TEST(ResponseDecoder, RefusesStatesThatAreNotOneForEachClaim) {
  Builder builder;
  const auto packet = fb::CreatePacketSummary(builder, 4097, 1);
  const auto commitment = bytes(builder, sample_digest());
  const auto states = builder.CreateVector(std::vector{fb::ShareState::held});
  const auto payload =
      payload_with(builder, fb::CreateShowPacketAnswer(builder, packet, commitment, {}, states));
  EXPECT_FALSE(decode(payload).has_value());
}

TEST(ResponseDecoder, RefusesASeedOfAnotherSize) {
  Builder builder;
  const auto packet = fb::CreatePacketSummary(builder, 4097, 1);
  const auto commitment = bytes(builder, sample_digest());
  const auto seed = builder.CreateVector(std::vector<std::uint8_t>(15));
  const auto payload = payload_with(
      builder, fb::CreateShowPacketAnswer(builder, packet, commitment, {}, {}, {}, seed));
  EXPECT_FALSE(decode(payload).has_value());
}

TEST(ResponseDecoder, RefusesTextsOverTheirLimit) {
  Builder builder;
  const auto note = builder.CreateString(std::string(limits::note_bytes_max + 1, 'n'));
  fb::CaseRecordBuilder record(builder);
  record.add_opened_note(note);
  const auto record_at = record.Finish();
  EXPECT_FALSE(decode(payload_with(builder, fb::CreateCaseAnswer(builder, record_at))).has_value());
}

TEST(ResponseDecoder, RefusesRecordsThatAreNotWholeOnes) {
  const auto good = [](std::vector<std::byte> records, std::uint32_t count) {
    Builder builder;
    const auto vector = bytes(builder, records);
    const auto page = fb::CreateFeedPage(builder, 0, 1, count, 9, vector);
    return decode(payload_with(builder, page)).has_value();
  };
  std::vector<std::byte> two = sample_record(1);
  two.resize(2 * limits::record_unit_bytes, std::byte{1});
  EXPECT_TRUE(good(two, 2));
  EXPECT_FALSE(good(two, 1));
  EXPECT_FALSE(good(two, 3));
  EXPECT_FALSE(good(std::vector(two.begin(), two.end() - 1), 2));
  two[1] = std::byte{0};
  EXPECT_FALSE(good(two, 2)) << "a record of no length";
  two[1] = std::byte{3};
  EXPECT_FALSE(good(two, 1)) << "a record that is longer than what there is";
  EXPECT_FALSE(good(std::vector<std::byte>(3, std::byte{1}), 1)) << "half a header";
}

TEST(ResponseDecoder, RefusesAHistorysRecordThatIsNoneOrTwo) {
  const auto good = [](std::span<const std::byte> record) {
    Builder builder;
    const std::vector one = {fb::CreateHistoryRecord(builder, 0, 1, bytes(builder, record))};
    const auto page = fb::CreateHistoryPage(builder, builder.CreateVector(one));
    return decode(payload_with(builder, page)).has_value();
  };
  EXPECT_TRUE(good(sample_record(2)));
  EXPECT_FALSE(good({}));
  std::vector<std::byte> two = sample_record(1);
  two.resize(2 * limits::record_unit_bytes, std::byte{1});
  EXPECT_FALSE(good(two));
}

TEST(ResponseDecoder, RefusesACursorThatIsTooLongToAskWith) {
  Builder builder;
  const auto next = builder.CreateString(std::string(archive::cursor_bytes_max + 1, 'c'));
  EXPECT_FALSE(
      decode(payload_with(builder, fb::CreateStatementPage(builder, {}, next))).has_value());
}

TEST(ResponseDecoder, RefusesAnswersWithoutWhatTheyAreAbout) {
  const auto refused = [](auto make) {
    Builder builder;
    return !decode(payload_with(builder, make(builder))).has_value();
  };
  EXPECT_TRUE(refused([](Builder& b) { return fb::CreateSendAnswer(b, 1); }));
  EXPECT_TRUE(refused([](Builder& b) { return fb::CreateClaimAnswer(b); }));
  EXPECT_TRUE(refused([](Builder& b) { return fb::CreatePeekAnswer(b); }));
  EXPECT_TRUE(refused([](Builder& b) { return fb::CreateShowPacketAnswer(b); }));
  EXPECT_TRUE(refused([](Builder& b) { return fb::CreatePayoutAnswer(b); }));
  EXPECT_TRUE(refused([](Builder& b) { return fb::CreateCaseAnswer(b); }));
}

TEST(ResponseDecoder, RefusesWhatDoesNotVerify) {
  std::vector<std::uint64_t> ones(4, ~std::uint64_t{0});
  EXPECT_FALSE(decode_response(std::as_bytes(std::span(ones))).has_value());
}

// Whatever one byte is changed to, the decoder stays within the payload (the sanitizers watch).
TEST(ResponseDecoder, SurvivesEveryByteChanged) {
  ResponseEncoder encoder;
  ReplyBatch batch = batch_with_claims();
  batch.payouts.assign(3, sample<Payout>());
  batch.cases.assign(1, sample<CaseRecord>());
  const Answer answers[] = {shown(),
                            PeekAnswer{sample<PacketSummary>(), true, sample<ClaimAnswer>()},
                            PayoutListAnswer{0, 3, true},
                            CaseAnswer{0},
                            sample<TransferAnswer>(),
                            sample<WalletAnswer>()};
  std::vector<std::vector<std::uint64_t>> payloads;
  for (const Answer& answer : answers) {
    payloads.push_back(payload_of(encoder.reply(5, reply_with(answer), batch)));
  }
  for_each_page([&]<class T>(std::type_identity<T>) {
    payloads.push_back(payload_of(encoder.query(5, query_reply(sample<T>()))));
  });
  std::size_t refused = 0;
  for (const auto& whole : payloads) {
    std::vector<std::uint64_t> words = whole;
    const auto payload = std::as_writable_bytes(std::span(words));
    for (std::size_t at = 0; at < payload.size(); ++at) {
      for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        words = whole;
        payload[at] = std::byte(value);
        refused += !decode(words).has_value();
      }
    }
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace hb::net
