// Requests there and back: what the client's encoder writes the server's decoder reads.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <variant>
#include <vector>

#include "net/wire/frame.h"
#include "net/wire/request_decoder.h"
#include "net/wire/request_encoder.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;

constexpr Key128 key{0x1111, 0x2222};
const Time deadline(1'700'000'000'000'000);

Request decode(RequestEncoder::Frame frame) {
  const FrameView view = first_frame(frame, limits::frame_bytes_max);
  EXPECT_EQ(view.state, FrameState::complete);
  EXPECT_EQ(view.frame_bytes, frame.size());
  return decode_request(view.payload);
}

template <class T>
const T& command_in(const Request& request) {
  return std::get<T>(std::get<Command>(request.body));
}

// What a foreign client could send: any root table, as a payload.
class Payload {
 public:
  template <class Table>
  explicit Payload(flatbuffers::FlatBufferBuilder& builder, flatbuffers::Offset<Table> root) {
    builder.TrackMinAlign(8);
    builder.Finish(root);
    words_.resize(builder.GetSize() / 8);
    std::memcpy(words_.data(), builder.GetBufferPointer(), builder.GetSize());
  }
  std::span<std::byte> bytes() { return std::as_writable_bytes(std::span(words_)); }

 private:
  std::vector<std::uint64_t> words_;
};

Status refusal_in(const Request& request) {
  const auto* refusal = std::get_if<Refusal>(&request.body);
  return refusal == nullptr ? Status::ok : refusal->status;
}

TEST(RequestCodec, CarriesHello) {
  RequestEncoder encoder;
  const Request request = decode(encoder.hello(1, {7, "gateway/2.0"}));
  EXPECT_EQ(request.id, 1);
  EXPECT_EQ(std::get<Hello>(request.body).protocol_version, 7);
  EXPECT_EQ(std::get<Hello>(request.body).client, "gateway/2.0");
}

TEST(RequestCodec, CarriesPing) {
  RequestEncoder encoder;
  const Request request = decode(encoder.ping(42));
  EXPECT_EQ(request.id, 42);
  EXPECT_TRUE(std::holds_alternative<Ping>(request.body));
}

TEST(RequestCodec, CarriesOpenWallet) {
  RequestEncoder encoder;
  const Request request =
      decode(encoder.command(3, deadline, OpenWallet{key, UserId(9), DisplayName("小明")}));
  EXPECT_EQ(request.id, 3);
  EXPECT_EQ(request.deadline, deadline);
  const auto& command = command_in<OpenWallet>(request);
  EXPECT_EQ(command.key, key);
  EXPECT_EQ(command.user, UserId(9));
  EXPECT_EQ(command.name.view(), "小明");
}

TEST(RequestCodec, CarriesDepositAndWithdraw) {
  RequestEncoder encoder;
  const Request deposit = decode(encoder.command(3, Time(), Deposit{key, UserId(9), Amount(-5)}));
  EXPECT_EQ(deposit.deadline, Time());
  EXPECT_EQ(command_in<Deposit>(deposit).key, key);
  EXPECT_EQ(command_in<Deposit>(deposit).user, UserId(9));
  EXPECT_EQ(command_in<Deposit>(deposit).amount, Amount(-5));
  const Request withdraw =
      decode(encoder.command(4, Time(), Withdraw{key, UserId(8), Amount(INT64_MAX)}));
  EXPECT_EQ(command_in<Withdraw>(withdraw).key, key);
  EXPECT_EQ(command_in<Withdraw>(withdraw).user, UserId(8));
  EXPECT_EQ(command_in<Withdraw>(withdraw).amount, Amount(INT64_MAX));
}

TEST(RequestCodec, CarriesSendPacket) {
  RequestEncoder encoder;
  const SendPacket sent{.key = key,
                        .sender = UserId(9),
                        .total = Amount(2000),
                        .share_count = 500,
                        .kind = PacketKind::even,
                        .expires_in = Duration::hours(24),
                        .remark = Remark(std::string(limits::remark_bytes_max, 'r')),
                        .group = Group(std::string(limits::group_bytes_max, 'g'))};
  const Request request = decode(encoder.command(5, deadline, sent));
  const auto& command = command_in<SendPacket>(request);
  EXPECT_EQ(command.key, key);
  EXPECT_EQ(command.sender, sent.sender);
  EXPECT_EQ(command.total, sent.total);
  EXPECT_EQ(command.share_count, 500);
  EXPECT_EQ(command.kind, PacketKind::even);
  EXPECT_EQ(command.expires_in, Duration::hours(24));
  EXPECT_EQ(command.remark.view(), sent.remark.view());
  EXPECT_EQ(command.group.view(), sent.group.view());
}

TEST(RequestCodec, CarriesQueries) {
  RequestEncoder encoder;
  const Request wallet = decode(encoder.command(1, Time(), ShowWallet{UserId(7)}));
  EXPECT_EQ(command_in<ShowWallet>(wallet).user, UserId(7));
  const Request peek = decode(encoder.command(2, Time(), PeekPacket{PacketId(4096), UserId(7)}));
  EXPECT_EQ(command_in<PeekPacket>(peek).packet, PacketId(4096));
  EXPECT_EQ(command_in<PeekPacket>(peek).user, UserId(7));
  const Request show = decode(encoder.command(3, Time(), ShowPacket{PacketId(4097)}));
  EXPECT_EQ(command_in<ShowPacket>(show).packet, PacketId(4097));
}

TEST(RequestCodec, CarriesOneClaim) {
  RequestEncoder encoder;
  const Request request =
      decode(encoder.command(6, deadline, ClaimItem{PacketId(4096), UserId(7)}));
  EXPECT_EQ(std::get<SingleClaim>(request.body).claim.packet, PacketId(4096));
  EXPECT_EQ(std::get<SingleClaim>(request.body).claim.user, UserId(7));
}

TEST(RequestCodec, CarriesClaimBatchInOrder) {
  RequestEncoder encoder;
  std::vector<ClaimItem> claims;
  for (std::uint64_t i = 0; i < limits::claim_batch_max; ++i) {
    claims.push_back({PacketId(i << 12), UserId(i + 1)});
  }
  const Request request = decode(encoder.claims(6, deadline, claims));
  EXPECT_EQ(request.deadline, deadline);
  const auto decoded = std::get<ClaimList>(request.body).claims;
  ASSERT_EQ(decoded.size(), claims.size());
  for (std::size_t i = 0; i < claims.size(); ++i) {
    EXPECT_EQ(decoded[i].packet, claims[i].packet);
    EXPECT_EQ(decoded[i].user, claims[i].user);
  }
}

TEST(RequestCodec, CarriesEmptyClaimBatch) {
  RequestEncoder encoder;
  const Request request = decode(encoder.claims(6, Time(), {}));
  EXPECT_TRUE(std::get<ClaimList>(request.body).claims.empty());
}

TEST(RequestDecoder, RefusesTextsOverTheirLimitAndNamesIt) {
  flatbuffers::FlatBufferBuilder builder;
  const auto remark = builder.CreateString(std::string(limits::remark_bytes_max + 1, 'r'));
  const auto send =
      fb::CreateSendPacket(builder, 1, 100, 1, fb::PacketKind::lucky, 0, remark).Union();
  Payload payload(builder,
                  fb::CreateRequest(builder, 8, 0, nullptr, fb::Command::SendPacket, send));
  const Request request = decode_request(payload.bytes());
  EXPECT_EQ(request.id, 8);
  EXPECT_EQ(refusal_in(request), Status::text_too_long);
  EXPECT_EQ(std::get<Refusal>(request.body).limit, limits::remark_bytes_max);
}

TEST(RequestDecoder, LeavesUtf8ToTheLedger) {
  RequestEncoder encoder;
  const Request request =
      decode(encoder.command(1, Time(), OpenWallet{key, UserId(1), DisplayName("\xff\xfe")}));
  EXPECT_EQ(command_in<OpenWallet>(request).name.view(), "\xff\xfe");
}

TEST(RequestDecoder, RefusesACommandThatItDoesNotKnow) {
  flatbuffers::FlatBufferBuilder builder;
  const auto body = fb::CreatePing(builder).Union();
  Payload payload(builder,
                  fb::CreateRequest(builder, 9, 0, nullptr, static_cast<fb::Command>(200), body));
  const Request request = decode_request(payload.bytes());
  EXPECT_EQ(request.id, 9);
  EXPECT_EQ(refusal_in(request), Status::command_unknown);
}

TEST(RequestDecoder, RefusesARequestWithoutCommand) {
  flatbuffers::FlatBufferBuilder none;
  Payload without(none, fb::CreateRequest(none, 9));
  EXPECT_EQ(refusal_in(decode_request(without.bytes())), Status::command_unknown);

  flatbuffers::FlatBufferBuilder half;
  Payload type_only(half, fb::CreateRequest(half, 9, 0, nullptr, fb::Command::Ping));
  EXPECT_EQ(refusal_in(decode_request(type_only.bytes())), Status::command_unknown);
}

TEST(RequestDecoder, PassesUnknownPacketKindsToTheLedger) {
  flatbuffers::FlatBufferBuilder builder;
  const auto send =
      fb::CreateSendPacket(builder, 1, 100, 1, static_cast<fb::PacketKind>(99)).Union();
  Payload payload(builder,
                  fb::CreateRequest(builder, 8, 0, nullptr, fb::Command::SendPacket, send));
  const Request request = decode_request(payload.bytes());
  EXPECT_EQ(command_in<SendPacket>(request).kind, static_cast<PacketKind>(99));
}

TEST(RequestDecoder, RefusesClaimsThatDoNotLieAtAMultipleOfEight) {
  RequestEncoder encoder;
  const std::vector<ClaimItem> claims(3, ClaimItem{PacketId(1), UserId(1)});
  const RequestEncoder::Frame frame = encoder.claims(1, Time(), claims);
  // The vector's length stands 4 before its first element; the element moves where the length is
  // found 4 bytes earlier, which verifies, for the vector's own alignment is 4.
  std::vector<std::uint64_t> words(frame.size() / 8 - 1);
  std::memcpy(words.data(), frame.data() + sizeof(FrameHeader), words.size() * 8);
  const auto payload = std::as_writable_bytes(std::span(words));
  const auto* request = flatbuffers::GetRoot<fb::Request>(payload.data());
  const auto* vector = request->command_as_ClaimBatch()->claims();
  const auto length_at =
      static_cast<std::size_t>(reinterpret_cast<const std::byte*>(vector) - payload.data());
  const auto* table = reinterpret_cast<const std::byte*>(request->command_as_ClaimBatch());
  const auto field_at = static_cast<std::size_t>(table - payload.data()) + 4;
  const auto moved = static_cast<std::uint32_t>(length_at + 4 - field_at);
  const std::uint32_t one = 1;
  std::memcpy(payload.data() + field_at, &moved, sizeof(moved));
  std::memcpy(payload.data() + length_at + 4, &one, sizeof(one));

  const Request decoded = decode_request(payload);
  EXPECT_EQ(refusal_in(decoded), Status::frame_malformed);
  EXPECT_EQ(decoded.id, 0);
}

TEST(RequestDecoder, RefusesWhatDoesNotVerify) {
  std::vector<std::uint64_t> zeros(4);
  EXPECT_EQ(refusal_in(decode_request(std::as_bytes(std::span(zeros)))), Status::frame_malformed);
  std::vector<std::uint64_t> ones(4, ~std::uint64_t{0});
  EXPECT_EQ(refusal_in(decode_request(std::as_bytes(std::span(ones)))), Status::frame_malformed);
}

// Whatever one byte is changed to, the decoder stays within the payload (the sanitizers watch) and
// gives a request or a refusal.
TEST(RequestDecoder, SurvivesEveryByteChanged) {
  RequestEncoder encoder;
  const std::vector<ClaimItem> claims(2, ClaimItem{PacketId(1), UserId(1)});
  const std::vector<std::byte> frames[] = {
      [&] {
        const auto f = encoder.claims(1, Time(), claims);
        return std::vector(f.begin(), f.end());
      }(),
      [&] {
        const auto f = encoder.command(2, deadline,
                                       SendPacket{.key = key,
                                                  .sender = UserId(1),
                                                  .total = Amount(1),
                                                  .share_count = 1,
                                                  .remark = Remark("hi")});
        return std::vector(f.begin(), f.end());
      }(),
  };
  std::size_t refused = 0;
  for (const auto& frame : frames) {
    std::vector<std::uint64_t> words(frame.size() / 8 - 1);
    const auto payload = std::as_writable_bytes(std::span(words));
    for (std::size_t at = 0; at < payload.size(); ++at) {
      for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        std::memcpy(words.data(), frame.data() + sizeof(FrameHeader), payload.size());
        payload[at] = std::byte(value);
        const Request request = decode_request(payload);
        if (const auto* list = std::get_if<ClaimList>(&request.body)) {
          EXPECT_LE(list->claims.size() * sizeof(ClaimItem), payload.size());
        }
        refused += refusal_in(request) != Status::ok;
      }
    }
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace hb::net
