// Requests there and back: what the client's encoder writes the server's decoder reads.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

#include "net/wire/frame.h"
#include "net/wire/request_decoder.h"
#include "net/wire/request_encoder.h"
#include "schema/hongbao_generated.h"
#include "tests/unit/net/wire/samples.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;
using Builder = flatbuffers::FlatBufferBuilder;
using Text = flatbuffers::Offset<flatbuffers::String>;

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

template <class T>
const T& query_in(const Request& request) {
  return std::get<T>(std::get<archive::Query>(request.body));
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

// A table with what `add` puts into it and nothing else.
template <class TableBuilder, class Add>
flatbuffers::Offset<void> with(TableBuilder table, const Add& add) {
  add(table);
  return table.Finish().Union();
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

// ---- every command ------------------------------------------------------------------------------

TEST(RequestCodec, CarriesEveryFieldOfEveryCommand) {
  RequestEncoder encoder;
  for_each_command([&]<class T>(std::type_identity<T>) {
    SCOPED_TRACE(typeid(T).name());
    const T sent = sample<T>();
    expect_no_default(sent);
    const Request request = decode(encoder.command(5, deadline, sent));
    EXPECT_EQ(request.id, 5);
    EXPECT_EQ(request.deadline, deadline);
    ASSERT_EQ(refusal_in(request), Status::ok);
    EXPECT_TRUE(fields(command_in<T>(request)) == fields(sent));
  });
}

// A claim with an empty code is one without.
TEST(RequestCodec, CarriesEveryCommandWithNothingInIt) {
  RequestEncoder encoder;
  for_each_command([&]<class T>(std::type_identity<T>) {
    if constexpr (!std::is_same_v<T, ClaimWithCode>) {
      SCOPED_TRACE(typeid(T).name());
      const Request request = decode(encoder.command(5, Time(), T{}));
      EXPECT_EQ(request.deadline, Time());
      ASSERT_EQ(refusal_in(request), Status::ok);
      EXPECT_TRUE(fields(command_in<T>(request)) == fields(T{}));
    }
  });
}

TEST(RequestCodec, CarriesEveryFieldOfEveryQuery) {
  RequestEncoder encoder;
  for_each_query([&]<class T>(std::type_identity<T>) {
    SCOPED_TRACE(typeid(T).name());
    const T sent = sample<T>();
    expect_no_default(sent);
    const Request request = decode(encoder.command(5, deadline, sent));
    EXPECT_EQ(request.id, 5);
    ASSERT_EQ(refusal_in(request), Status::ok);
    EXPECT_TRUE(fields(query_in<T>(request)) == fields(sent));

    const Request plain = decode(encoder.command(6, Time(), T{}));
    EXPECT_TRUE(fields(query_in<T>(plain)) == fields(T{}));
  });
}

// What a client leaves out that was made for an older schema.
TEST(RequestDecoder, KnowsEveryCommandOfTheSchemaWithAllItsFieldsAbsent) {
  for (const fb::Command type : fb::EnumValuesCommand()) {
    if (type == fb::Command::NONE) continue;
    flatbuffers::FlatBufferBuilder builder;
    const flatbuffers::Offset<void> nothing(builder.EndTable(builder.StartTable()));
    Payload payload(builder, fb::CreateRequest(builder, 9, 0, nullptr, type, nothing));
    const Request request = decode_request(payload.bytes());
    EXPECT_EQ(request.id, 9);
    EXPECT_EQ(refusal_in(request), Status::ok) << fb::EnumNameCommand(type);
    EXPECT_TRUE(request.users.empty());
    EXPECT_TRUE(request.note.empty());
  }
}

TEST(RequestDecoder, TakesADecisionOrTargetThatIsAbsentForNone) {
  flatbuffers::FlatBufferBuilder builder;
  const auto resolve = fb::CreateResolveCase(builder, 1).Union();
  Payload payload(builder,
                  fb::CreateRequest(builder, 8, 0, nullptr, fb::Command::ResolveCase, resolve));
  EXPECT_EQ(command_in<ResolveCase>(decode_request(payload.bytes())).decision, Decision{});

  flatbuffers::FlatBufferBuilder other;
  const auto set = fb::CreateSetRefundTarget(other, 1).Union();
  Payload target(other, fb::CreateRequest(other, 8, 0, nullptr, fb::Command::SetRefundTarget, set));
  EXPECT_EQ(command_in<SetRefundTarget>(decode_request(target.bytes())).target, RefundTarget{});
}

// ---- variable parts -----------------------------------------------------------------------------

TEST(RequestCodec, CarriesTheRecipientsOfAPacketInOrder) {
  RequestEncoder encoder;
  for (const std::size_t count : {1U, 2U, limits::packet_recipients_max}) {
    std::vector<UserId> recipients;
    for (std::size_t i = 0; i < count; ++i) recipients.push_back(UserId(UINT64_MAX - i));
    const Request request = decode(
        encoder.command(5, Time(), sample<SendPacket>(), {.recipients = recipients, .note = {}}));
    ASSERT_EQ(refusal_in(request), Status::ok);
    EXPECT_TRUE(std::equal(request.users.begin(), request.users.end(), recipients.begin(),
                           recipients.end()));
    EXPECT_EQ(command_in<SendPacket>(request).recipients_first, 0);
    EXPECT_EQ(command_in<SendPacket>(request).recipients_count, count);
  }
}

TEST(RequestCodec, CarriesTheNoteOfEverySupportCommand) {
  RequestEncoder encoder;
  const std::string note(limits::note_bytes_max, 'y');
  std::size_t support_commands = 0;
  for_each_command([&]<class T>(std::type_identity<T>) {
    if constexpr (SupportCommand<T>) {
      ++support_commands;
      const Request request =
          decode(encoder.command(5, Time(), sample<T>(), {.recipients = {}, .note = note}));
      ASSERT_EQ(refusal_in(request), Status::ok);
      EXPECT_EQ(request.note, note);
      EXPECT_TRUE(fields(command_in<T>(request)) == fields(sample<T>()));
    }
  });
  EXPECT_EQ(support_commands, 4);
}

TEST(RequestDecoder, RefusesMoreRecipientsThanAPacketMayName) {
  RequestEncoder encoder;
  const std::vector<UserId> recipients(limits::packet_recipients_max + 1, UserId(1));
  const Request request = decode(
      encoder.command(5, Time(), sample<SendPacket>(), {.recipients = recipients, .note = {}}));
  EXPECT_EQ(request.id, 5);
  EXPECT_EQ(refusal_in(request), Status::recipients_out_of_range);
  EXPECT_EQ(std::get<Refusal>(request.body).limit, limits::packet_recipients_max);
}

// ---- claims -------------------------------------------------------------------------------------

TEST(RequestCodec, CarriesOneClaim) {
  RequestEncoder encoder;
  const Request request =
      decode(encoder.command(6, deadline, ClaimItem{PacketId(4096), UserId(7)}));
  EXPECT_EQ(std::get<SingleClaim>(request.body).claim.packet, PacketId(4096));
  EXPECT_EQ(std::get<SingleClaim>(request.body).claim.user, UserId(7));
}

TEST(RequestCodec, TakesAClaimWithAnEmptyCodeForOneWithout) {
  RequestEncoder encoder;
  const Request request =
      decode(encoder.command(6, deadline, ClaimWithCode{PacketId(4096), UserId(7), ClaimCode()}));
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

// ---- what has no place --------------------------------------------------------------------------

// A frame whose one text has `bytes` bytes.
struct LongText {
  const char* where;
  std::size_t limit;
  flatbuffers::Offset<void> (*build)(flatbuffers::FlatBufferBuilder&, Text);
  fb::Command type;
};

constexpr LongText long_texts[] = {
    {"name", limits::name_bytes_max,
     [](Builder& b, Text t) { return fb::CreateOpenWallet(b, 1, t).Union(); },
     fb::Command::OpenWallet},
    {"remark", limits::remark_bytes_max,
     [](Builder& b, Text t) {
       return with(fb::SendPacketBuilder(b), [&](auto& s) { s.add_remark(t); });
     },
     fb::Command::SendPacket},
    {"group", limits::group_bytes_max,
     [](Builder& b, Text t) {
       return with(fb::SendPacketBuilder(b), [&](auto& s) { s.add_group(t); });
     },
     fb::Command::SendPacket},
    {"code", limits::code_bytes_max,
     [](Builder& b, Text t) {
       return with(fb::SendPacketBuilder(b), [&](auto& s) { s.add_code(t); });
     },
     fb::Command::SendPacket},
    {"reference", limits::reference_bytes_max,
     [](Builder& b, Text t) {
       return with(fb::SendPacketBuilder(b), [&](auto& s) { s.add_reference(t); });
     },
     fb::Command::SendPacket},
    {"code of a claim", limits::code_bytes_max,
     [](Builder& b, Text t) { return fb::CreateClaim(b, 1, 2, t).Union(); }, fb::Command::Claim},
    {"remark of a transfer", limits::remark_bytes_max,
     [](Builder& b, Text t) { return fb::CreateSendTransfer(b, 1, 2, 3, 4, t).Union(); },
     fb::Command::SendTransfer},
    {"reference of a confirmation", limits::reference_bytes_max,
     [](Builder& b, Text t) { return fb::CreateConfirmPayout(b, 1, t).Union(); },
     fb::Command::ConfirmPayout},
    {"operator", limits::operator_bytes_max,
     [](Builder& b, Text t) { return fb::CreateOpenCase(b, 1, 2, t).Union(); },
     fb::Command::OpenCase},
    {"note", limits::note_bytes_max,
     [](Builder& b, Text t) { return fb::CreateOpenCase(b, 1, 2, {}, t).Union(); },
     fb::Command::OpenCase},
    {"operator of a resolution", limits::operator_bytes_max,
     [](Builder& b, Text t) {
       return with(fb::ResolveCaseBuilder(b), [&](auto& s) { s.add_by(t); });
     },
     fb::Command::ResolveCase},
    {"note of a resolution", limits::note_bytes_max,
     [](Builder& b, Text t) {
       return with(fb::ResolveCaseBuilder(b), [&](auto& s) { s.add_note(t); });
     },
     fb::Command::ResolveCase},
    {"note of a packet's freeze", limits::note_bytes_max,
     [](Builder& b, Text t) { return fb::CreateFreezePacket(b, 1, true, {}, t).Union(); },
     fb::Command::FreezePacket},
    {"note of a wallet's freeze", limits::note_bytes_max,
     [](Builder& b, Text t) { return fb::CreateFreezeWallet(b, 1, true, {}, t).Union(); },
     fb::Command::FreezeWallet},
};

TEST(RequestDecoder, RefusesTextsOverTheirLimitAndNamesIt) {
  for (const LongText& text : long_texts) {
    SCOPED_TRACE(text.where);
    for (const std::size_t over : {0U, 1U}) {
      Builder builder;
      const Text value = builder.CreateString(std::string(text.limit + over, 't'));
      const auto command = text.build(builder, value);
      Payload payload(builder, fb::CreateRequest(builder, 8, 0, nullptr, text.type, command));
      const Request request = decode_request(payload.bytes());
      EXPECT_EQ(request.id, 8);
      EXPECT_EQ(refusal_in(request), over == 0 ? Status::ok : Status::text_too_long);
      if (const auto* refusal = std::get_if<Refusal>(&request.body)) {
        EXPECT_EQ(refusal->limit, text.limit);
      }
    }
  }
}

TEST(RequestDecoder, RefusesACursorThatIsTooLongToBeOneOfOurs) {
  using Build = flatbuffers::Offset<void> (*)(Builder&, Text);
  const std::pair<fb::Command, Build> lists[] = {
      {fb::Command::ListSent,
       [](Builder& b, Text t) { return fb::CreateListSent(b, 1, t).Union(); }},
      {fb::Command::ListReceived,
       [](Builder& b, Text t) { return fb::CreateListReceived(b, 1, t).Union(); }},
      {fb::Command::ListStatement,
       [](Builder& b, Text t) { return fb::CreateListStatement(b, 1, t).Union(); }},
      {fb::Command::ShowHistory,
       [](Builder& b, Text t) { return fb::CreateShowHistory(b, 1, t).Union(); }}};
  for (const auto& [type, build] : lists) {
    SCOPED_TRACE(fb::EnumNameCommand(type));
    for (const std::size_t over : {0U, 1U}) {
      Builder builder;
      const Text cursor = builder.CreateString(std::string(archive::cursor_bytes_max + over, 'c'));
      Payload payload(builder,
                      fb::CreateRequest(builder, 8, 0, nullptr, type, build(builder, cursor)));
      const Request request = decode_request(payload.bytes());
      EXPECT_EQ(request.id, 8);
      EXPECT_EQ(refusal_in(request), over == 0 ? Status::ok : Status::cursor_invalid);
    }
  }
}

TEST(RequestDecoder, LeavesUtf8ToTheLedger) {
  RequestEncoder encoder;
  const Request request =
      decode(encoder.command(1, Time(), OpenWallet{{}, UserId(1), DisplayName("\xff\xfe")}));
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

// So the ledger refuses them by name.
TEST(RequestDecoder, PassesUnknownValuesOfEnumerationsOn) {
  RequestEncoder encoder;
  SendPacket send;
  send.kind = static_cast<PacketKind>(99);
  send.split = static_cast<Split>(98);
  send.sender_may_claim = static_cast<Choice>(97);
  send.funding = static_cast<FundingSource>(96);
  const Request sent = decode(encoder.command(1, Time(), send));
  EXPECT_TRUE(fields(command_in<SendPacket>(sent)) == fields(send));

  const SetRefundTarget set{.key = {}, .user = UserId(1), .target = static_cast<RefundTarget>(95)};
  const Request target = decode(encoder.command(1, Time(), set));
  EXPECT_EQ(command_in<SetRefundTarget>(target).target, set.target);

  ResolveCase resolve;
  resolve.decision = static_cast<Decision>(94);
  const Request resolved = decode(encoder.command(1, Time(), resolve));
  EXPECT_EQ(command_in<ResolveCase>(resolved).decision, resolve.decision);
}

// ---- bytes that are no request ------------------------------------------------------------------

// Moves a vector's first element from a multiple of 8 to 4 after one: its length stands 4 before
// the element, and is found where the table's only field now says.  It verifies, for the vector's
// own alignment is 4.
void misalign(std::span<std::byte> payload, const void* table, const void* vector) {
  const auto at = [&](const void* p) {
    return static_cast<std::size_t>(static_cast<const std::byte*>(p) - payload.data());
  };
  const std::size_t field_at = at(table) + 4;
  const auto moved = static_cast<std::uint32_t>(at(vector) + 4 - field_at);
  const std::uint32_t one = 1;
  std::memcpy(payload.data() + field_at, &moved, sizeof(moved));
  std::memcpy(payload.data() + at(vector) + 4, &one, sizeof(one));
}

std::vector<std::uint64_t> payload_of(RequestEncoder::Frame frame) {
  std::vector<std::uint64_t> words(frame.size() / 8 - 1);
  std::memcpy(words.data(), frame.data() + sizeof(FrameHeader), words.size() * 8);
  return words;
}

TEST(RequestDecoder, RefusesClaimsThatDoNotLieAtAMultipleOfEight) {
  RequestEncoder encoder;
  const std::vector<ClaimItem> claims(3, ClaimItem{PacketId(1), UserId(1)});
  auto words = payload_of(encoder.claims(1, Time(), claims));
  const auto payload = std::as_writable_bytes(std::span(words));
  const auto* batch = flatbuffers::GetRoot<fb::Request>(payload.data())->command_as_ClaimBatch();
  misalign(payload, batch, batch->claims());

  const Request decoded = decode_request(payload);
  EXPECT_EQ(refusal_in(decoded), Status::frame_malformed);
  EXPECT_EQ(decoded.id, 0);
}

TEST(RequestDecoder, RefusesRecipientsThatDoNotLieAtAMultipleOfEight) {
  RequestEncoder encoder;
  const std::vector<UserId> recipients(3, UserId(1));
  auto words =
      payload_of(encoder.command(1, Time(), SendPacket{}, {.recipients = recipients, .note = {}}));
  const auto payload = std::as_writable_bytes(std::span(words));
  const auto* send = flatbuffers::GetRoot<fb::Request>(payload.data())->command_as_SendPacket();
  misalign(payload, send, send->recipients());

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

bool within(std::span<const std::byte> payload, const void* first, std::size_t bytes) {
  const auto* from = static_cast<const std::byte*>(first);
  return bytes == 0 || (from >= payload.data() && from + bytes <= payload.data() + payload.size());
}

// Whatever one byte is changed to, the decoder stays within the payload (the sanitizers watch) and
// gives a request or a refusal.
TEST(RequestDecoder, SurvivesEveryByteChanged) {
  RequestEncoder encoder;
  const std::vector<ClaimItem> claims(2, ClaimItem{PacketId(1), UserId(1)});
  const std::vector<UserId> recipients(2, UserId(1));
  const CommandParts parts{.recipients = recipients, .note = "a note"};
  std::vector<std::vector<std::uint64_t>> payloads = {
      payload_of(encoder.claims(1, Time(), claims))};
  for_each_command([&]<class T>(std::type_identity<T>) {
    payloads.push_back(payload_of(encoder.command(2, deadline, sample<T>(), parts)));
  });
  for_each_query([&]<class T>(std::type_identity<T>) {
    payloads.push_back(payload_of(encoder.command(3, deadline, sample<T>())));
  });
  std::size_t refused = 0;
  for (const auto& whole : payloads) {
    std::vector<std::uint64_t> words = whole;
    const auto payload = std::as_writable_bytes(std::span(words));
    for (std::size_t at = 0; at < payload.size(); ++at) {
      for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        words = whole;
        payload[at] = std::byte(value);
        const Request request = decode_request(payload);
        if (const auto* list = std::get_if<ClaimList>(&request.body)) {
          EXPECT_TRUE(within(payload, list->claims.data(), list->claims.size_bytes()));
        }
        EXPECT_TRUE(within(payload, request.users.data(), request.users.size_bytes()));
        EXPECT_TRUE(within(payload, request.note.data(), request.note.size()));
        refused += refusal_in(request) != Status::ok;
      }
    }
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace hb::net
