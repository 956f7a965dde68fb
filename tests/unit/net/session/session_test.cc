// The session as a script: bytes in, commands and bytes out, time as an argument.
#include "net/session/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <variant>
#include <vector>

#include "net/wire/finish_frame.h"
#include "net/wire/frame.h"
#include "net/wire/request_encoder.h"
#include "net/wire/response_decoder.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

constexpr std::uint64_t connection = 31;
constexpr Key128 key{1, 2};

class Sink : public CommandSink {
 public:
  CommandBatch& batch(ShardId shard) override { return batches.at(shard.value); }
  void query(archive::QueryEnvelope envelope) override { queries.push_back(envelope); }
  ServerTime server_time() const override { return time; }
  std::size_t command_count() const {
    std::size_t count = 0;
    for (const CommandBatch& batch : batches) count += batch.commands.size();
    return count;
  }
  std::vector<CommandBatch> batches = std::vector<CommandBatch>(4);
  std::vector<archive::QueryEnvelope> queries;
  ServerTime time{.now = Time(1'700'000'000'000'000), .ahead = Duration::seconds(-2)};
};

// A response that outlives its frame.
struct Heard {
  std::uint64_t id = 0;
  Status status = Status::ok;
  std::int64_t limit = 0;
  Duration retry_after;
  std::string message;
  std::size_t answer_index = 0;  // of Response::answer
  std::vector<ClaimAnswer> claims;
  std::optional<Pong> pong{};
};

// Index of T in Response::answer.
template <class T>
std::size_t answer_of() {
  return decltype(Response::answer)(T{}).index();
}

class SessionTest : public testing::Test {
 protected:
  void start() { session_.emplace(options, encoder_, budget, connection, now); }
  void start_greeted() {
    start();
    bytes_in(client.hello(1, {}));
    ASSERT_EQ(heard().size(), 1);
    ASSERT_TRUE(session().greeted());
  }

  Session& session() { return *session_; }

  // As a server: reads no more than there is room for, and stops where the session wants no more.
  void bytes_in(std::span<const std::byte> bytes, std::size_t at_once = SIZE_MAX) {
    unread_.insert(unread_.end(), bytes.begin(), bytes.end());
    pump(at_once);
  }
  void pump(std::size_t at_once = SIZE_MAX) {
    while (!unread_.empty() && session().wants_read()) {
      const auto room = session().writable();
      ASSERT_FALSE(room.empty());
      const std::size_t n = std::min({room.size(), unread_.size(), at_once});
      std::copy_n(unread_.begin(), n, room.begin());
      unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(n));
      session().received(n, now, sink);
    }
  }
  // What the session resumes with after room was made, then the socket's next bytes.
  void resume() {
    session().resume(now, sink);
    pump();
  }

  // Everything that the session wants to write, as responses.
  std::vector<Heard> heard() {
    std::vector<std::uint64_t> words;
    std::size_t size = 0;
    for (auto out = session().output(); !out.empty(); out = session().output()) {
      words.resize((size + out.size()) / 8);
      std::memcpy(reinterpret_cast<std::byte*>(words.data()) + size, out.data(), out.size());
      size += out.size();
      session().consumed(out.size());
    }
    std::vector<Heard> responses;
    auto bytes = std::as_bytes(std::span(words));
    while (!bytes.empty()) {
      const FrameView frame = first_frame(bytes, limits::frame_bytes_max);
      EXPECT_EQ(frame.state, FrameState::complete);
      if (frame.state != FrameState::complete) break;
      responses.push_back(keep(decode_response(frame.payload).value()));
      bytes = bytes.subspan(frame.frame_bytes);
    }
    return responses;
  }

  static Heard keep(const Response& response) {
    Heard heard{response.id,
                response.status,
                response.limit,
                response.retry_after,
                std::string(response.message),
                response.answer.index(),
                {}};
    if (const auto* pong = std::get_if<Pong>(&response.answer)) heard.pong = *pong;
    if (const auto* list = std::get_if<ClaimListAnswer>(&response.answer)) {
      heard.claims.assign(list->claims.begin(), list->claims.end());
    }
    return heard;
  }

  // As a shard: answers a claim batch; each claim's share_index is its user's number.
  Reply claims_answered(const CommandBatch& batch, const CommandEnvelope& command,
                        ReplyBatch& replies) {
    const auto range = std::get<ClaimBatch>(command.command);
    Reply reply;
    reply.to = command.reply_to;
    reply.answer = ClaimBatchAnswer{static_cast<std::uint32_t>(replies.claims.size()), range.count};
    for (std::uint32_t i = 0; i < range.count; ++i) {
      const auto user = batch.claims[range.first + i].user.value;
      replies.claims.push_back({Status::ok, static_cast<std::uint16_t>(user), 1, Time(5)});
    }
    return reply;
  }
  void answer_claims(const CommandBatch& batch, const CommandEnvelope& command) {
    ReplyBatch replies;
    const Reply reply = claims_answered(batch, command, replies);
    session().answer(reply, replies);
  }
  void answer_ok(const CommandEnvelope& command) {
    Reply reply;
    reply.to = command.reply_to;
    session().answer(reply, {});
  }

  void expect_closed_with(Status status) {
    const auto responses = heard();
    ASSERT_FALSE(responses.empty());
    EXPECT_EQ(responses.back().status, status);
    EXPECT_FALSE(responses.back().message.empty());
    EXPECT_TRUE(session().closing());
    EXPECT_FALSE(session().wants_read());
    EXPECT_TRUE(session().finished());
  }

  static std::vector<UserId> recipients_of(const CommandBatch& batch, std::size_t command) {
    const auto& send = std::get<SendPacket>(batch.commands.at(command).command);
    const auto all = std::span(batch.users).subspan(send.recipients_first, send.recipients_count);
    return {all.begin(), all.end()};
  }
  template <class Support>
  static std::string_view note_of(const CommandBatch& batch, std::size_t command) {
    return batch.notes.at(std::get<Support>(batch.commands.at(command).command).note).view();
  }

  std::set<std::size_t> routed;  // indices of commands
  SessionOptions options;
  Time now{1'000'000'000};
  RequestEncoder client;
  Sink sink;
  MemoryBudget budget{1UL << 30};

 private:
  ResponseEncoder encoder_;
  std::optional<Session> session_;
  std::deque<std::byte> unread_;
};

PacketId packet_on(std::uint16_t shard_of_four, std::uint64_t number) {
  return packet_id(PartitionId(static_cast<std::uint16_t>(shard_of_four * 1024)), number);
}

UserId user_on(std::uint16_t shard_of_four) {
  UserId user(1);
  while (shard_of(partition_of(user), 4).value != shard_of_four) ++user.value;
  return user;
}

std::vector<ClaimItem> claims_on_shard_0(std::size_t count) {
  std::vector<ClaimItem> claims;
  for (std::size_t i = 0; i < count; ++i) claims.push_back({packet_on(0, 1), UserId(i)});
  return claims;
}

std::vector<std::byte> copy(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

void append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

using SessionHandshake = SessionTest;
using SessionRouting = SessionTest;
using SessionParts = SessionTest;
using SessionClaims = SessionTest;
using SessionQueries = SessionTest;
using SessionWindow = SessionTest;
using SessionMemory = SessionTest;
using SessionHalfClosed = SessionTest;
using SessionTime = SessionTest;
using SessionBadInput = SessionTest;

// ---- handshake ----------------------------------------------------------------------------------

TEST_F(SessionHandshake, AnswersHelloWithItsLimits) {
  options.server_version = "0.1.0";
  options.window_max = 100;
  start();
  bytes_in(client.hello(7, {protocol_version, "test/1.0"}));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].id, 7);
  EXPECT_EQ(responses[0].answer_index, answer_of<Welcome>());
  EXPECT_EQ(session().client_name(), "test/1.0");
  EXPECT_FALSE(session().closing());
}

TEST_F(SessionHandshake, KeepsNoMoreOfTheClientsNameThanTheManualSays) {
  start();
  const std::string name(1'000, 'x');
  bytes_in(client.hello(7, {protocol_version, name}));
  EXPECT_EQ(session().client_name(), name.substr(0, 64));
}

TEST_F(SessionHandshake, RefusesAnotherVersionAndNamesItsOwn) {
  start();
  bytes_in(client.hello(7, {9, "future"}));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].id, 7);
  EXPECT_EQ(responses[0].status, Status::version_unsupported);
  EXPECT_EQ(responses[0].limit, protocol_version);
  EXPECT_TRUE(session().finished());
}

TEST_F(SessionHandshake, RefusesACommandBeforeHello) {
  start();
  bytes_in(client.command(3, Time(), ShowWallet{UserId(1)}));
  EXPECT_EQ(sink.command_count(), 0);
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].id, 3) << "the request that is the cause";
  EXPECT_EQ(responses[0].status, Status::handshake_required);
  EXPECT_TRUE(session().finished());
}

TEST_F(SessionHandshake, RefusesASecondHello) {
  start_greeted();
  bytes_in(client.hello(2, {}));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].id, 2) << "the request that is the cause";
  EXPECT_EQ(responses[0].status, Status::handshake_repeated);
  EXPECT_TRUE(session().finished());
}

// ---- commands and answers -----------------------------------------------------------------------

TEST_F(SessionRouting, AnswersPingByItself) {
  start_greeted();
  bytes_in(client.ping(8));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].id, 8);
  EXPECT_EQ(responses[0].answer_index, answer_of<Pong>());
  ASSERT_TRUE(responses[0].pong);
  EXPECT_EQ(responses[0].pong->now, sink.time.now);
  EXPECT_EQ(responses[0].pong->clock_ahead, sink.time.ahead);
  EXPECT_EQ(sink.command_count(), 0);
}

TEST_F(SessionRouting, SendsEachCommandToTheShardOfItsOwner) {
  options.shard_count = 4;
  start_greeted();
  for (std::uint64_t user = 1; user <= 50; ++user) {
    bytes_in(client.command(user, Time(), Deposit{key, UserId(user), Amount(1)}));
  }
  bytes_in(client.command(51, Time(), ShowPacket{packet_on(2, 1)}));
  EXPECT_EQ(sink.command_count(), 51);
  for (std::uint16_t shard = 0; shard < 4; ++shard) {
    EXPECT_FALSE(sink.batches[shard].empty());
    for (const CommandEnvelope& command : sink.batches[shard].commands) {
      const auto* deposit = std::get_if<Deposit>(&command.command);
      if (deposit == nullptr) {
        EXPECT_EQ(shard, 2);
      } else {
        EXPECT_EQ(shard_of(partition_of(deposit->user), 4).value, shard);
      }
    }
  }
}

// Each command where what it names first lives: a packet, a transfer, a case, a sender, a user.
TEST_F(SessionRouting, EveryCommandFindsTheShardOfWhatItIsAbout) {
  options.shard_count = 4;
  start_greeted();
  const auto goes_to = [&](std::uint16_t shard, const auto& command) {
    using Sent = std::remove_cvref_t<decltype(command)>;
    sink = Sink();
    bytes_in(client.command(1, Time(), command));
    ASSERT_EQ(sink.command_count(), 1) << typeid(Sent).name();
    ASSERT_EQ(sink.batches[shard].commands.size(), 1) << typeid(Sent).name();
    EXPECT_TRUE(std::holds_alternative<Sent>(sink.batches[shard].commands[0].command));
    answer_ok(sink.batches[shard].commands[0]);
    routed.insert(Command(command).index());
  };
  const UserId here = user_on(1);
  const UserId elsewhere = user_on(3);
  const PacketId packet = packet_on(2, 7);
  const CaseId the_case{packet.value};

  goes_to(1, OpenWallet{key, here, {}});
  goes_to(1, Deposit{key, here, Amount(1)});
  goes_to(1, Withdraw{key, here, Amount(1)});
  goes_to(1, SetRefundTarget{key, here, RefundTarget::wallet});
  goes_to(1, ShowWallet{here});
  goes_to(1, CheckRecipient{here});
  goes_to(1, SendPacket{.key = key, .sender = here, .remark = {}, .group = {}, .code = {}});
  goes_to(2, ClaimWithCode{packet, elsewhere, ClaimCode("x")});
  goes_to(2, PeekPacket{packet, elsewhere});
  goes_to(2, ShowPacket{packet});
  goes_to(2, RecallPacket{key, packet, elsewhere});
  goes_to(2, ReturnShare{key, packet, elsewhere});
  goes_to(1, SendTransfer{key, here, elsewhere, Amount(1), {}, {}});
  goes_to(2, AcceptTransfer{key, packet, elsewhere});
  goes_to(2, DeclineTransfer{key, packet, elsewhere});
  goes_to(2, CancelTransfer{key, packet, elsewhere});
  goes_to(2, ReturnTransfer{key, packet, elsewhere});
  goes_to(2, ShowTransfer{packet});
  goes_to(3, ListPayouts{ShardId(3), packet, 10});
  goes_to(2, ConfirmPayout{key, packet, {}});
  goes_to(2, OpenCase{key, packet, elsewhere, {}});
  goes_to(2, ResolveCase{key, the_case, Decision::refuse, elsewhere, {}});
  goes_to(2, FreezePacket{key, packet, true, {}});
  goes_to(1, FreezeWallet{key, here, true, {}});
  goes_to(2, ShowCase{the_case});
  EXPECT_EQ(routed.size(), std::variant_size_v<Command> - 1) << "all but ClaimBatch";
}

TEST_F(SessionRouting, AShardThatIsNotThereIsRefusedAndTheConnectionStays) {
  options.shard_count = 4;
  start_greeted();
  bytes_in(client.command(6, Time(), ListPayouts{ShardId(4), {}, 10}));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].id, 6);
  EXPECT_EQ(responses[0].status, Status::shard_unknown);
  EXPECT_EQ(responses[0].limit, 4);
  EXPECT_EQ(sink.command_count(), 0);
  EXPECT_EQ(session().in_flight(), 0);
  EXPECT_FALSE(session().closing());
}

TEST_F(SessionRouting, CarriesTheDeadlineAndTheConnection) {
  start_greeted();
  bytes_in(client.command(5, Time(123), ShowWallet{UserId(1)}));
  ASSERT_EQ(sink.batches[0].commands.size(), 1);
  EXPECT_EQ(sink.batches[0].commands[0].deadline, Time(123));
  EXPECT_EQ(sink.batches[0].commands[0].reply_to.connection, connection);
}

TEST_F(SessionRouting, AnswersUnderTheClientsIdInWhateverOrderAnswersCome) {
  start_greeted();
  bytes_in(client.command(70, Time(), ShowWallet{UserId(1)}));
  bytes_in(client.command(71, Time(), ShowWallet{UserId(2)}));
  EXPECT_EQ(session().in_flight(), 2);
  answer_ok(sink.batches[0].commands[1]);
  answer_ok(sink.batches[0].commands[0]);
  EXPECT_EQ(session().in_flight(), 0);
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 2);
  EXPECT_EQ(responses[0].id, 71);
  EXPECT_EQ(responses[1].id, 70);
}

TEST_F(SessionRouting, OneByteAtATimeMakesTheSameCommands) {
  std::vector<std::byte> stream = copy(client.hello(1, {}));
  append(stream, client.command(2, Time(), OpenWallet{key, UserId(1), DisplayName("小明")}));
  append(stream, client.claims(3, Time(), claims_on_shard_0(3)));
  append(stream, client.ping(4));
  start();
  bytes_in(stream, 1);
  ASSERT_EQ(sink.batches[0].commands.size(), 2);
  EXPECT_EQ(std::get<OpenWallet>(sink.batches[0].commands[0].command).name.view(), "小明");
  EXPECT_EQ(std::get<ClaimBatch>(sink.batches[0].commands[1].command).count, 3);
  EXPECT_EQ(sink.batches[0].claims.size(), 3);
  EXPECT_EQ(heard().size(), 2);
}

TEST_F(SessionRouting, EverySplitOfTheStreamMakesTheSameCommands) {
  std::vector<std::byte> stream = copy(client.hello(1, {}));
  append(stream, client.claims(2, Time(), claims_on_shard_0(5)));
  append(stream, client.ping(3));
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    sink = Sink();
    start();
    bytes_in({stream.data(), cut});
    bytes_in({stream.data() + cut, stream.size() - cut});
    EXPECT_EQ(sink.batches[0].claims.size(), 5) << cut;
    EXPECT_EQ(heard().size(), 2) << cut;
  }
}

TEST_F(SessionRouting, TextsThatAreNotUtf8PassToTheLedger) {
  start_greeted();
  bytes_in(client.command(2, Time(), OpenWallet{key, UserId(1), DisplayName("\xc0\x80")}));
  ASSERT_EQ(sink.batches[0].commands.size(), 1);
  EXPECT_EQ(std::get<OpenWallet>(sink.batches[0].commands[0].command).name.view(), "\xc0\x80");
}

// ---- variable parts -----------------------------------------------------------------------------

TEST_F(SessionParts, RecipientsOfSeveralPacketsLieSideBySide) {
  start_greeted();
  const std::vector<UserId> first = {UserId(11), UserId(12), UserId(13)};
  const std::vector<UserId> second = {UserId(21), UserId(22)};
  SendPacket send;
  send.sender = UserId(1);
  send.recipients_first = 77;  // the sender's own numbers mean nothing here
  send.recipients_count = 88;
  bytes_in(client.command(2, Time(), send, {.recipients = first, .note = {}}));
  bytes_in(client.command(3, Time(), send));
  bytes_in(client.command(4, Time(), send, {.recipients = second, .note = {}}));

  const CommandBatch& batch = sink.batches[0];
  ASSERT_EQ(batch.commands.size(), 3);
  EXPECT_EQ(recipients_of(batch, 0), first);
  EXPECT_TRUE(recipients_of(batch, 1).empty());
  EXPECT_EQ(recipients_of(batch, 2), second);
}

TEST_F(SessionParts, EverySupportCommandFindsItsOwnNote) {
  start_greeted();
  const auto send = [&](const auto& command, std::string_view note) {
    bytes_in(client.command(2, Time(), command, {.recipients = {}, .note = note}));
  };
  send(OpenCase{key, packet_on(0, 1), UserId(1), Operator("ann")}, "he says so");
  send(ResolveCase{key, CaseId(4096), Decision::refuse, {}, Operator("ann")}, "");
  send(FreezePacket{key, packet_on(0, 1), true, Operator("bob")}, "until Monday");
  send(FreezeWallet{key, UserId(1), true, Operator("bob")}, "stolen");

  const CommandBatch& batch = sink.batches[0];
  ASSERT_EQ(batch.commands.size(), 4);
  EXPECT_EQ(note_of<OpenCase>(batch, 0), "he says so");
  EXPECT_EQ(note_of<ResolveCase>(batch, 1), "");
  EXPECT_EQ(note_of<FreezePacket>(batch, 2), "until Monday");
  EXPECT_EQ(note_of<FreezeWallet>(batch, 3), "stolen");
}

TEST_F(SessionParts, TooManyRecipientsAreRefusedAndLeaveNothingInTheBatch) {
  start_greeted();
  const std::vector<UserId> many(limits::packet_recipients_max + 1, UserId(1));
  bytes_in(client.command(2, Time(), SendPacket{}, {.recipients = many, .note = {}}));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].id, 2);
  EXPECT_EQ(responses[0].status, Status::recipients_out_of_range);
  EXPECT_EQ(responses[0].limit, limits::packet_recipients_max);
  EXPECT_FALSE(session().closing());
  EXPECT_EQ(sink.command_count(), 0);
  EXPECT_TRUE(sink.batches[0].users.empty());
}

TEST_F(SessionParts, ANoteOverItsLimitIsRefusedAndLeavesNothingInTheBatch) {
  start_greeted();
  const std::string note(limits::note_bytes_max + 1, 'n');
  bytes_in(client.command(2, Time(), FreezeWallet{}, {.recipients = {}, .note = note}));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].status, Status::text_too_long);
  EXPECT_EQ(responses[0].limit, limits::note_bytes_max);
  EXPECT_TRUE(sink.batches[0].notes.empty());
}

// ---- claims -------------------------------------------------------------------------------------

TEST_F(SessionClaims, OneClaimIsAnsweredInTheResponsesOwnStatus) {
  start_greeted();
  bytes_in(client.command(9, Time(), ClaimItem{packet_on(0, 1), UserId(6)}));
  ASSERT_EQ(sink.batches[0].commands.size(), 1);
  ReplyBatch replies;
  replies.claims.push_back({Status::sold_out, 0, 0, Time()});
  Reply reply;
  reply.to = sink.batches[0].commands[0].reply_to;
  reply.answer = ClaimBatchAnswer{0, 1};
  session().answer(reply, replies);
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].id, 9);
  EXPECT_EQ(responses[0].status, Status::sold_out);
}

TEST_F(SessionClaims, OneRefusedClaimTellsItsLimit) {
  start_greeted();
  bytes_in(client.command(9, Time(), ClaimItem{packet_on(0, 1), UserId(6)}));
  ReplyBatch replies;
  replies.claims.push_back({Status::expired, 0, 0, Time(77)});
  Reply reply;
  reply.to = sink.batches[0].commands.at(0).reply_to;
  reply.answer = ClaimBatchAnswer{0, 1};
  session().answer(reply, replies);
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].status, Status::expired);
  EXPECT_EQ(responses[0].limit, 77);
  EXPECT_FALSE(responses[0].message.empty());
}

TEST_F(SessionClaims, AClaimWithACodeIsACommandOfItsOwn) {
  start_greeted();
  bytes_in(client.command(9, Time(), ClaimWithCode{packet_on(0, 1), UserId(6), ClaimCode("口令")}));
  ASSERT_EQ(sink.batches[0].commands.size(), 1);
  const auto& claim = std::get<ClaimWithCode>(sink.batches[0].commands[0].command);
  EXPECT_EQ(claim.code.view(), "口令");
  EXPECT_TRUE(sink.batches[0].claims.empty());

  Reply reply;
  reply.to = sink.batches[0].commands[0].reply_to;
  reply.answer = ClaimAnswer{Status::ok, 3, 250, Time(8)};
  session().answer(reply, {});
  auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].status, Status::ok);
  EXPECT_EQ(responses[0].answer_index, answer_of<ClaimAnswer>());

  bytes_in(client.command(10, Time(), ClaimWithCode{packet_on(0, 1), UserId(6), ClaimCode("x")}));
  reply = Reply{};
  reply.to = sink.batches[0].commands.at(1).reply_to;
  reply.status = Status::code_wrong;
  reply.limit = 4;
  session().answer(reply, {});
  responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].id, 10);
  EXPECT_EQ(responses[0].status, Status::code_wrong);
  EXPECT_EQ(responses[0].limit, 4);
  EXPECT_FALSE(responses[0].message.empty());
}

TEST_F(SessionClaims, OneClaimRefusedAsACommandIsARefusal) {
  start_greeted();
  bytes_in(client.command(9, Time(), ClaimItem{packet_on(0, 1), UserId(6)}));
  Reply reply;
  reply.to = sink.batches[0].commands.at(0).reply_to;
  reply.status = Status::overloaded;
  reply.limit = 250;
  session().answer(reply, {});
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].status, Status::overloaded);
  EXPECT_EQ(responses[0].retry_after, Duration::us(250));
}

TEST_F(SessionClaims, BatchesOfSeveralFramesLieSideBySide) {
  start_greeted();
  bytes_in(client.claims(2, Time(), claims_on_shard_0(3)));
  bytes_in(client.claims(3, Time(), claims_on_shard_0(2)));
  const auto& batch = sink.batches[0];
  ASSERT_EQ(batch.commands.size(), 2);
  EXPECT_EQ(std::get<ClaimBatch>(batch.commands[1].command).first, 3);
  EXPECT_EQ(std::get<ClaimBatch>(batch.commands[1].command).count, 2);
  EXPECT_EQ(session().in_flight(), 5);
  answer_claims(batch, batch.commands[0]);
  EXPECT_EQ(session().in_flight(), 2);
}

TEST_F(SessionClaims, OneShardsClaimsStayOneCommandAmongManyShards) {
  options.shard_count = 4;
  start_greeted();
  bytes_in(client.claims(2, Time(), claims_on_shard_0(100)));
  EXPECT_EQ(sink.command_count(), 1);
  EXPECT_EQ(sink.batches[0].claims.size(), 100);
}

TEST_F(SessionClaims, ABatchOverShardsIsAnsweredOnceInOrderWhateverShardIsFirst) {
  options.shard_count = 4;
  std::vector<ClaimItem> claims;
  for (std::uint64_t i = 0; i < 30; ++i) {
    claims.push_back({packet_on(static_cast<std::uint16_t>(i % 3), i + 1), UserId(i)});
  }
  std::vector<std::size_t> order = {0, 1, 2};
  do {
    sink = Sink();
    start_greeted();
    bytes_in(client.claims(77, Time(9), claims));
    ASSERT_EQ(sink.command_count(), 3);
    EXPECT_EQ(session().in_flight(), 30);
    for (std::size_t i = 0; i < order.size(); ++i) {
      EXPECT_TRUE(session().output().empty());
      const CommandBatch& batch = sink.batches[order[i]];
      EXPECT_EQ(batch.commands[0].deadline, Time(9));
      answer_claims(batch, batch.commands[0]);
    }
    EXPECT_EQ(session().in_flight(), 0);
    const auto responses = heard();
    ASSERT_EQ(responses.size(), 1);
    EXPECT_EQ(responses[0].id, 77);
    ASSERT_EQ(responses[0].claims.size(), 30);
    for (std::size_t i = 0; i < 30; ++i) EXPECT_EQ(responses[0].claims[i].share_index, i);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(SessionClaims, ASplitBatchRefusedByAllItsShardsIsRefused) {
  options.shard_count = 4;
  start_greeted();
  const std::vector<ClaimItem> claims = {{packet_on(0, 1), UserId(1)},
                                         {packet_on(3, 1), UserId(1)}};
  bytes_in(client.claims(5, Time(), claims));
  for (const std::size_t shard : {3U, 0U}) {
    Reply reply;
    reply.to = sink.batches[shard].commands.at(0).reply_to;
    reply.status = Status::deadline_exceeded;
    session().answer(reply, {});
  }
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].status, Status::deadline_exceeded);
  EXPECT_TRUE(responses[0].claims.empty());
}

TEST_F(SessionClaims, TheClaimsOfARefusedPartTellItsLimit) {
  options.shard_count = 4;
  start_greeted();
  const std::vector<ClaimItem> claims = {{packet_on(0, 1), UserId(1)},
                                         {packet_on(3, 1), UserId(2)}};
  bytes_in(client.claims(5, Time(), claims));
  Reply refused;
  refused.to = sink.batches[0].commands.at(0).reply_to;
  refused.status = Status::overloaded;
  refused.limit = 250;
  session().answer(refused, {});
  answer_claims(sink.batches[3], sink.batches[3].commands.at(0));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  ASSERT_EQ(responses[0].claims.size(), 2);
  EXPECT_EQ(responses[0].claims[0].status, Status::overloaded);
  EXPECT_EQ(claim_limit(responses[0].claims[0]), 250);
  EXPECT_EQ(responses[0].claims[1].status, Status::ok);
  EXPECT_EQ(responses[0].retry_after, Duration::us(250));
}

TEST_F(SessionClaims, AnEmptyBatchIsAnsweredAtOnce) {
  start_greeted();
  bytes_in(client.claims(5, Time(), {}));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].status, Status::ok);
  EXPECT_EQ(responses[0].answer_index, answer_of<ClaimListAnswer>());
  EXPECT_EQ(sink.command_count(), 0);
}

TEST_F(SessionClaims, ABatchOverTheLimitIsRefusedAndTheConnectionStays) {
  options.claim_batch_max = 10;
  start_greeted();
  bytes_in(client.claims(5, Time(), claims_on_shard_0(11)));
  bytes_in(client.claims(6, Time(), claims_on_shard_0(10)));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].id, 5);
  EXPECT_EQ(responses[0].status, Status::batch_too_large);
  EXPECT_EQ(responses[0].limit, 10);
  EXPECT_FALSE(session().closing());
  EXPECT_EQ(sink.command_count(), 1);
}

// ---- queries of the records ---------------------------------------------------------------------

TEST_F(SessionQueries, EachGoesToTheSinkAndNoneToAShard) {
  options.shard_count = 4;
  start_greeted();
  const auto reaches_the_sink = [&]<class T>(const T& query) {
    bytes_in(client.command(5, Time(), query));
    ASSERT_FALSE(sink.queries.empty());
    EXPECT_TRUE(std::holds_alternative<T>(sink.queries.back().query)) << typeid(T).name();
    EXPECT_EQ(sink.queries.back().to.connection, connection);
  };
  reaches_the_sink(archive::ListSent{.user = UserId(1), .cursor = {}, .count_max = 2});
  reaches_the_sink(archive::ListReceived{});
  reaches_the_sink(archive::ListStatement{});
  reaches_the_sink(archive::ShowHistory{});
  reaches_the_sink(archive::CaseBundle{});
  reaches_the_sink(archive::ReadFeed{.shard = ShardId(3)});
  EXPECT_EQ(sink.queries.size(), std::variant_size_v<archive::Query>);
  EXPECT_EQ(sink.command_count(), 0);
  const auto& list = std::get<archive::ListSent>(sink.queries[0].query);
  EXPECT_EQ(list.user, UserId(1));
  EXPECT_EQ(list.count_max, 2);
}

TEST_F(SessionQueries, AreAnsweredUnderTheClientsIdInWhateverOrderAnswersCome) {
  start_greeted();
  bytes_in(client.command(70, Time(), archive::ReadFeed{}));
  bytes_in(client.command(71, Time(), archive::ListStatement{}));
  bytes_in(client.command(72, Time(), ShowWallet{UserId(1)}));
  ASSERT_EQ(sink.queries.size(), 2);
  session().answer({sink.queries[1].to, Status::ok, 0, archive::StatementPage{}});
  answer_ok(sink.batches[0].commands.at(0));
  session().answer({sink.queries[0].to, Status::cursor_invalid, 9, {}});
  EXPECT_EQ(session().in_flight(), 0);
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 3);
  EXPECT_EQ(responses[0].id, 71);
  EXPECT_EQ(responses[0].answer_index, answer_of<archive::StatementPage>());
  EXPECT_EQ(responses[1].id, 72);
  EXPECT_EQ(responses[2].id, 70);
  EXPECT_EQ(responses[2].status, Status::cursor_invalid);
  EXPECT_EQ(responses[2].limit, 9);
}

TEST_F(SessionQueries, CountByTheRowsThatTheirAnswersCarry) {
  start_greeted();
  const auto weight = [&](const auto& query) {
    const std::uint32_t before = session().in_flight();
    bytes_in(client.command(1, Time(), query));
    return session().in_flight() - before;
  };
  EXPECT_EQ(weight(archive::ListSent{.user = {}, .cursor = {}, .count_max = 20}), 20);
  EXPECT_EQ(weight(archive::ListSent{}), 1);
  EXPECT_EQ(weight(archive::ListReceived{.user = {}, .cursor = {}, .count_max = UINT32_MAX}),
            limits::page_rows_max);
  EXPECT_EQ(weight(archive::ListStatement{.user = {}, .cursor = {}, .count_max = 7}), 7);
  EXPECT_EQ(weight(archive::ShowHistory{}), limits::page_rows_max);
  EXPECT_EQ(weight(archive::CaseBundle{}), limits::page_rows_max);
  EXPECT_EQ(weight(archive::ReadFeed{}), 16);

  for (const archive::QueryEnvelope& query : sink.queries) {
    session().answer({query.to, Status::ok, 0, {}});
  }
  EXPECT_EQ(session().in_flight(), 0);
}

TEST_F(SessionQueries, AFeedOfAShardThatIsNotThereIsRefused) {
  options.shard_count = 4;
  start_greeted();
  bytes_in(client.command(6, Time(), archive::ReadFeed{.shard = ShardId(4)}));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].id, 6);
  EXPECT_EQ(responses[0].status, Status::shard_unknown);
  EXPECT_EQ(responses[0].limit, 4);
  EXPECT_TRUE(sink.queries.empty());
  EXPECT_EQ(session().in_flight(), 0);
}

TEST_F(SessionQueries, ACursorThatIsTooLongIsRefusedAndTheConnectionStays) {
  start_greeted();
  flatbuffers::FlatBufferBuilder builder;
  const auto cursor = builder.CreateString(std::string(archive::cursor_bytes_max + 1, 'c'));
  const auto body = ::hongbao::CreateListSent(builder, 1, cursor, 10).Union();
  bytes_in(finish_frame(builder, ::hongbao::CreateRequest(builder, 12, 0, nullptr,
                                                          ::hongbao::Command::ListSent, body)));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].status, Status::cursor_invalid);
  EXPECT_FALSE(session().closing());
  EXPECT_TRUE(sink.queries.empty());
}

TEST_F(SessionQueries, TheAnswerToAClosingConnectionIsDropped) {
  start_greeted();
  bytes_in(client.command(6, Time(), archive::ReadFeed{}));
  session().close_with(Status::shutting_down);
  session().answer({sink.queries.at(0).to, Status::ok, 0, archive::FeedPage{}});
  EXPECT_EQ(session().in_flight(), 0);
  EXPECT_EQ(heard().size(), 1);
  EXPECT_TRUE(session().finished());
}

// ---- window -------------------------------------------------------------------------------------

TEST_F(SessionWindow, HoldsBackWhatHasNoRoomUntilAnswersMakeSome) {
  options.window_max = 4;
  start_greeted();
  std::vector<std::byte> stream;
  for (std::uint64_t id = 1; id <= 10; ++id) {
    append(stream, client.command(id, Time(), ShowWallet{UserId(id)}));
  }
  bytes_in(stream);
  auto& commands = sink.batches[0].commands;
  EXPECT_EQ(commands.size(), 4);
  EXPECT_FALSE(session().wants_read());
  EXPECT_FALSE(session().wants_resume());

  answer_ok(commands[0]);
  EXPECT_FALSE(session().wants_read()) << "held commands come before new bytes";
  EXPECT_TRUE(session().wants_resume());
  resume();
  EXPECT_EQ(commands.size(), 5);
  EXPECT_FALSE(session().wants_read());
  EXPECT_FALSE(session().wants_resume());

  for (std::size_t answered = 1; answered < 10; ++answered) {
    answer_ok(commands[answered]);
    resume();
  }
  EXPECT_EQ(commands.size(), 10);
  EXPECT_TRUE(session().wants_read());
  EXPECT_EQ(session().in_flight(), 0);
  EXPECT_EQ(heard().size(), 10);
}

TEST_F(SessionWindow, CountsEachClaim) {
  options.window_max = 10;
  start_greeted();
  bytes_in(client.claims(1, Time(), claims_on_shard_0(9)));
  EXPECT_TRUE(session().wants_read());
  bytes_in(client.claims(2, Time(), claims_on_shard_0(9)));
  EXPECT_EQ(session().in_flight(), 18);
  EXPECT_FALSE(session().wants_read());
}

TEST_F(SessionWindow, CountsCommandsByTheRowsThatTheyOrTheirAnswersCarry) {
  start_greeted();
  const auto weight = [&](const auto& command, std::span<const UserId> recipients = {}) {
    const std::uint32_t before = session().in_flight();
    bytes_in(client.command(1, Time(), command, {.recipients = recipients, .note = {}}));
    return session().in_flight() - before;
  };
  EXPECT_EQ(weight(ShowPacket{packet_on(0, 1)}), limits::packet_shares_max);
  EXPECT_EQ(weight(ListPayouts{ShardId(0), {}, 30}), 30);
  EXPECT_EQ(weight(ListPayouts{ShardId(0), {}, 0}), 1);
  EXPECT_EQ(weight(ListPayouts{ShardId(0), {}, UINT32_MAX}), limits::page_rows_max);
  EXPECT_EQ(weight(SendPacket{}), 1);
  EXPECT_EQ(weight(SendPacket{}, std::vector<UserId>(160)), 11);
  EXPECT_EQ(weight(AcceptTransfer{}), 1);

  for (const CommandEnvelope& command : sink.batches[0].commands) answer_ok(command);
  EXPECT_EQ(session().in_flight(), 0);
}

TEST_F(SessionWindow, TakesNothingMoreWhileTheClientDoesNotRead) {
  options.output_bytes_max = 2048;
  start_greeted();
  std::vector<std::byte> pings;
  for (std::uint64_t id = 1; id <= 1000; ++id) append(pings, client.ping(id));
  bytes_in(pings);
  EXPECT_FALSE(session().wants_read());
  EXPECT_LE(session().output().size(), 2048 + 256);

  std::size_t answered = 0;
  while (!session().output().empty()) {
    answered += heard().size();
    resume();
  }
  EXPECT_EQ(answered, 1000);
  EXPECT_TRUE(session().wants_read());
}

TEST_F(SessionWindow, OutputStaysWhereItIsWhileAnswersGather) {
  start_greeted();
  bytes_in(client.ping(1));
  const auto output = session().output();
  const auto before = copy(output);
  for (std::uint64_t id = 2; id < 2000; ++id) bytes_in(client.ping(id));
  EXPECT_EQ(copy(output), before);
  EXPECT_EQ(heard().size(), 1999);
}

// ---- memory -------------------------------------------------------------------------------------

TEST_F(SessionMemory, TakesNoMoreQueriesThanItsOutputHasRoomFor) {
  start_greeted();
  std::vector<std::byte> stream;
  for (std::uint64_t id = 1; id <= 4'000; ++id) {
    append(stream, client.command(id, Time(), archive::ReadFeed{.from = Sequence(1)}));
  }
  bytes_in(stream);
  EXPECT_GE(sink.queries.size(), 4u);
  EXPECT_LE(sink.queries.size(), options.output_bytes_max / archive::feed_bytes_max);
  EXPECT_FALSE(session().wants_read());
  EXPECT_FALSE(session().wants_resume());

  // An answer that is shorter than it might have been makes room; one that is not read makes none.
  session().answer({sink.queries[0].to, Status::ok, 0, archive::FeedPage{}});
  EXPECT_TRUE(session().wants_resume());
  resume();
  archive::FeedPage full;
  full.records.resize(archive::feed_bytes_max);
  const std::size_t taken = sink.queries.size();
  session().answer({sink.queries[1].to, Status::ok, 0, full});
  session().resume(now, sink);
  EXPECT_EQ(sink.queries.size(), taken);
  while (!session().output().empty()) session().consumed(session().output().size());
  session().resume(now, sink);
  EXPECT_GT(sink.queries.size(), taken);
}

TEST_F(SessionMemory, OfAReaderThatNeverReadsStaysWithinItsBound) {
  start_greeted();
  std::vector<std::byte> stream;
  for (std::uint64_t id = 1; id <= 2'000; ++id) {
    append(stream, client.command(id, Time(), ShowPacket{packet_on(0, 1)}));
  }
  ReplyBatch longest;
  longest.packet_claims.resize(limits::packet_shares_max);
  longest.share_states.resize(limits::packet_shares_max);
  bytes_in(stream);
  auto& commands = sink.batches[0].commands;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    Reply reply;
    reply.to = commands[i].reply_to;
    ShowPacketAnswer answer;
    answer.count = limits::packet_shares_max;
    reply.answer = answer;
    session().answer(reply, longest);
    session().resume(now, sink);
    ASSERT_LE(session().output().size(), options.output_bytes_max);
  }
  EXPECT_LT(commands.size(), 500u);
  EXPECT_EQ(session().in_flight(), 0);
  EXPECT_EQ(budget.held(), session().held_bytes());
  // Buffers double as they grow.
  EXPECT_LE(session().held_bytes(), 3 * options.output_bytes_max);
}

TEST_F(SessionMemory, TakesLessWhereLittleOfTheBudgetIsFree) {
  budget.change(0, (1UL << 30) - 8 * 100'000);  // others': the share is 100,000
  start_greeted();
  std::vector<std::byte> stream;
  for (std::uint64_t id = 1; id <= 100; ++id) {
    append(stream, client.command(id, Time(), ShowPacket{packet_on(0, 1)}));
  }
  bytes_in(stream);
  EXPECT_GE(sink.command_count(), 2u);
  EXPECT_LE(sink.command_count(), 6u);
  EXPECT_FALSE(session().wants_read());
  EXPECT_TRUE(heard().empty()) << "it waits, it is not refused";
}

TEST_F(SessionMemory, RefusesWhatIsLargerThanItsShareAndTellsWhenToComeAgain) {
  budget.change(0, (1UL << 30) - 8 * 10'000);  // others': the share is 10,000
  start_greeted();
  bytes_in(client.command(7, Time(), ShowPacket{packet_on(0, 1)}));
  bytes_in(client.command(8, Time(), archive::ReadFeed{.from = Sequence(1)}));
  bytes_in(client.ping(9));
  EXPECT_EQ(sink.command_count(), 0u);
  EXPECT_TRUE(sink.queries.empty());
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 3);
  for (const std::size_t i : {0u, 1u}) {
    EXPECT_EQ(responses[i].id, 7 + i);
    EXPECT_EQ(responses[i].status, Status::overloaded);
    EXPECT_GT(responses[i].retry_after, Duration());
  }
  EXPECT_EQ(responses[2].answer_index, answer_of<Pong>()) << "the connection stays";
  EXPECT_FALSE(session().closing());
}

// However much others hold.
TEST_F(SessionMemory, AlwaysTakesASmallCommand) {
  budget.change(0, 1UL << 30);
  start_greeted();
  bytes_in(client.command(7, Time(), ShowWallet{UserId(1)}));
  ASSERT_EQ(sink.command_count(), 1u);
  answer_ok(sink.batches[0].commands[0]);
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].status, Status::ok);
}

TEST_F(SessionMemory, EndsAConnectionWhoseFrameHasNoRoom) {
  start_greeted();
  budget.change(0, 1UL << 30);
  FrameHeader header;
  header.payload_bytes = 512 * 1024;
  bytes_in(std::as_bytes(std::span(&header, 1)));
  expect_closed_with(Status::overloaded);
}

TEST_F(SessionMemory, BeforeHelloHoldsASmallFrameOnly) {
  start();
  FrameHeader header;
  header.payload_bytes = 1 << 20;
  bytes_in(std::as_bytes(std::span(&header, 1)));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].status, Status::frame_too_large);
  EXPECT_EQ(responses[0].limit, options.hello_frame_bytes_max);
  EXPECT_EQ(budget.held(), 0u);
}

TEST_F(SessionMemory, IsAccountedWhateverHappensAndGivenBackInTheEnd) {
  options.shard_count = 4;
  start_greeted();
  std::vector<ClaimItem> claims;
  for (std::uint64_t i = 0; i < 4'000; ++i) claims.push_back({packet_on(i % 4, 1), UserId(i)});
  bytes_in(client.claims(2, Time(), claims));
  EXPECT_EQ(budget.held(), session().held_bytes());
  EXPECT_GT(budget.held(), claims.size() * sizeof(ClaimItem));
  for (const CommandBatch& batch : sink.batches) answer_claims(batch, batch.commands.at(0));
  EXPECT_EQ(budget.held(), session().held_bytes());
  heard();
  session().release_idle_memory();
  EXPECT_EQ(session().held_bytes(), 0u);
  EXPECT_EQ(budget.held(), 0u);

  bytes_in(client.claims(3, Time(), claims));
  EXPECT_GT(budget.held(), 0u);
  start();
  EXPECT_EQ(budget.held(), 0u) << "the first session is gone";
}

// ---- a client that sends no more ----------------------------------------------------------------

TEST_F(SessionHalfClosed, AnswersWhatWasSentAndIsThenFinished) {
  start_greeted();
  bytes_in(client.command(1, Time(), ShowWallet{UserId(1)}));
  session().input_ended();
  EXPECT_FALSE(session().finished());
  EXPECT_FALSE(session().wants_read());
  answer_ok(sink.batches[0].commands[0]);
  EXPECT_FALSE(session().finished()) << "the answer is not written yet";
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].status, Status::ok);
  EXPECT_TRUE(session().finished());
  EXPECT_FALSE(session().end());
}

TEST_F(SessionHalfClosed, CarriesOutWhatTheWindowHeldBack) {
  options.window_max = 1;
  start_greeted();
  std::vector<std::byte> stream;
  for (std::uint64_t id = 1; id <= 3; ++id) {
    append(stream, client.command(id, Time(), ShowWallet{UserId(id)}));
  }
  bytes_in(stream);
  session().input_ended();
  auto& commands = sink.batches[0].commands;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(session().finished());
    ASSERT_EQ(commands.size(), i + 1);
    answer_ok(commands[i]);
    resume();
  }
  EXPECT_EQ(heard().size(), 3);
  EXPECT_TRUE(session().finished());
}

TEST_F(SessionHalfClosed, ForgetsHalfAFrame) {
  start_greeted();
  bytes_in(client.ping(5).first(20));
  session().input_ended();
  EXPECT_TRUE(session().finished());
}

TEST_F(SessionHalfClosed, BeforeHelloSaysWhatCameInstead) {
  start();
  const std::string redis = "PING\r\n";
  bytes_in(std::as_bytes(std::span(redis)));
  session().input_ended();
  EXPECT_TRUE(session().finished());
  ASSERT_TRUE(session().end());
  EXPECT_EQ(session().end()->looks_like, Foreign::redis);

  start();
  session().input_ended();
  EXPECT_TRUE(session().finished());
  EXPECT_FALSE(session().end()) << "a look at whether the port is open needs no line";
}

// ---- bad input ----------------------------------------------------------------------------------

TEST_F(SessionBadInput, GarbageIsAMalformedFrame) {
  start_greeted();
  const std::string garbage = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  bytes_in(std::as_bytes(std::span(garbage.data(), garbage.size())));
  expect_closed_with(Status::frame_malformed);
}

TEST_F(SessionBadInput, AFrameOverTheCapIsRefusedByItsHeaderAlone) {
  options.frame_bytes_max = 4096;
  start_greeted();
  FrameHeader header;
  header.payload_bytes = 4104;
  bytes_in(std::as_bytes(std::span(&header, 1)));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].status, Status::frame_too_large);
  EXPECT_EQ(responses[0].limit, 4096);
  EXPECT_TRUE(session().finished());
}

TEST_F(SessionBadInput, AFrameAtTheCapIsTaken) {
  auto frame = copy(client.claims(1, Time(), claims_on_shard_0(10)));
  options.frame_bytes_max = static_cast<std::uint32_t>(frame.size() - sizeof(FrameHeader));
  start_greeted();
  bytes_in(frame);
  EXPECT_EQ(sink.batches[0].claims.size(), 10);
}

// A length that says less than was sent cuts the FlatBuffer; one that says more swallows the next
// frame's start.  Neither verifies, or the rest is no frame.
TEST_F(SessionBadInput, ALengthThatLiesIsNoticed) {
  for (const int lie : {-8, 8}) {
    start_greeted();
    auto frame = copy(client.claims(1, Time(), claims_on_shard_0(4)));
    FrameHeader header;
    std::memcpy(&header, frame.data(), sizeof(header));
    header.payload_bytes = static_cast<std::uint32_t>(static_cast<int>(header.payload_bytes) + lie);
    std::memcpy(frame.data(), &header, sizeof(header));
    append(frame, client.ping(2));
    append(frame, client.ping(3));
    bytes_in(frame);
    expect_closed_with(Status::frame_malformed);
  }
}

TEST_F(SessionBadInput, ABufferThatDoesNotVerifyIsMalformed) {
  start_greeted();
  auto frame = copy(client.command(1, Time(), ShowWallet{UserId(1)}));
  std::fill(frame.begin() + sizeof(FrameHeader), frame.end(), std::byte{0xff});
  bytes_in(frame);
  EXPECT_EQ(sink.command_count(), 0);
  expect_closed_with(Status::frame_malformed);
}

// Its answer would look like a response about the connection.
TEST_F(SessionBadInput, ARequestWithId0IsMalformed) {
  start_greeted();
  bytes_in(client.command(0, Time(), ShowWallet{UserId(1)}));
  EXPECT_EQ(sink.command_count(), 0);
  expect_closed_with(Status::frame_malformed);
}

// The manual: the server ignores what follows the FlatBuffer.
TEST_F(SessionBadInput, BytesBehindTheFlatBufferAreIgnored) {
  start_greeted();
  auto frame = copy(client.ping(5));
  frame.resize(sizeof(FrameHeader) + limits::frame_bytes_max, std::byte{0x5a});
  const FrameHeader header{.payload_bytes = limits::frame_bytes_max};
  std::memcpy(frame.data(), &header, sizeof header);
  bytes_in(frame);
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].answer_index, answer_of<Pong>());
}

TEST_F(SessionBadInput, AnUnknownCommandIsRefusedAndTheConnectionStays) {
  start_greeted();
  flatbuffers::FlatBufferBuilder builder;
  const auto body = ::hongbao::CreatePing(builder).Union();
  bytes_in(
      finish_frame(builder, ::hongbao::CreateRequest(builder, 12, 0, nullptr,
                                                     static_cast<::hongbao::Command>(222), body)));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].id, 12);
  EXPECT_EQ(responses[0].status, Status::command_unknown);
  EXPECT_FALSE(session().closing());
  bytes_in(client.ping(13));
  EXPECT_EQ(heard().size(), 1);
}

TEST_F(SessionBadInput, ATextOverItsLimitIsRefusedAndTheConnectionStays) {
  start_greeted();
  flatbuffers::FlatBufferBuilder builder;
  const auto remark = builder.CreateString(std::string(limits::remark_bytes_max + 1, 'r'));
  const auto body =
      ::hongbao::CreateSendPacket(builder, 1, 100, 1, ::hongbao::PacketKind::lucky, 0, remark)
          .Union();
  bytes_in(finish_frame(builder, ::hongbao::CreateRequest(builder, 12, 0, nullptr,
                                                          ::hongbao::Command::SendPacket, body)));
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].status, Status::text_too_long);
  EXPECT_EQ(responses[0].limit, limits::remark_bytes_max);
  EXPECT_FALSE(session().closing());
  EXPECT_EQ(sink.command_count(), 0);
}

TEST_F(SessionBadInput, TheErrorIsTheLastFrame) {
  start_greeted();
  bytes_in(client.command(1, Time(), ShowWallet{UserId(1)}));
  std::vector<std::byte> stream = copy(client.ping(2));
  append(stream, std::vector<std::byte>(64, std::byte{0x7f}));
  append(stream, client.ping(3));
  bytes_in(stream);
  answer_ok(sink.batches[0].commands[0]);
  EXPECT_EQ(session().in_flight(), 0) << "the dropped answer is still counted";
  session().resume(now, sink);
  EXPECT_FALSE(session().finished()) << "the error is not written yet";
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 2);
  EXPECT_EQ(responses[0].answer_index, answer_of<Pong>());
  EXPECT_EQ(responses[1].status, Status::frame_malformed);
  EXPECT_EQ(responses[1].id, 0);
  EXPECT_TRUE(session().finished());
}

TEST_F(SessionBadInput, BytesReadAfterTheErrorAreIgnored) {
  start_greeted();
  const auto room = session().writable();
  session().close_with(Status::shutting_down);
  const auto ping = copy(client.ping(5));
  std::copy(ping.begin(), ping.end(), room.begin());
  session().received(ping.size(), now, sink);
  const auto responses = heard();
  ASSERT_EQ(responses.size(), 1);
  EXPECT_EQ(responses[0].status, Status::shutting_down);
}

// ---- time ---------------------------------------------------------------------------------------

TEST_F(SessionTime, HalfAFrameAndThenSilenceEndsTheConnection) {
  start_greeted();
  const auto frame = copy(client.ping(5));
  bytes_in({frame.data(), frame.size() - 1});
  now = now + options.frame_timeout + Duration::us(-1);
  session().check_idle(now);
  EXPECT_FALSE(session().closing());
  now = now + Duration::us(1);
  session().check_idle(now);
  expect_closed_with(Status::frame_timeout);
}

TEST_F(SessionTime, DripFedFramesGetNoMoreTime) {
  start_greeted();
  const auto frame = copy(client.ping(5));
  bytes_in({frame.data(), 1});
  now = now + options.frame_timeout;
  bytes_in({frame.data() + 1, 1});
  session().check_idle(now);
  expect_closed_with(Status::frame_timeout);
}

TEST_F(SessionTime, EachFrameHasItsOwnTime) {
  start_greeted();
  const auto frame = copy(client.ping(5));
  for (int i = 0; i < 5; ++i) {
    bytes_in({frame.data(), 10});
    now = now + options.frame_timeout + Duration::us(-1);
    session().check_idle(now);
    bytes_in({frame.data() + 10, frame.size() - 10});
  }
  EXPECT_FALSE(session().closing());
  EXPECT_EQ(heard().size(), 5);
}

TEST_F(SessionTime, AFramesTimeStandsStillWhileTheSessionDoesNotRead) {
  options.window_max = 1;
  start_greeted();
  auto stream = copy(client.command(1, Time(), ShowWallet{UserId(1)}));
  append(stream, std::span(stream).first(20));
  bytes_in(stream);
  ASSERT_FALSE(session().wants_read());
  now = now + options.frame_timeout + options.frame_timeout;
  session().check_idle(now);
  EXPECT_FALSE(session().closing());

  answer_ok(sink.batches[0].commands[0]);
  session().resume(now, sink);
  now = now + options.frame_timeout;
  session().check_idle(now);
  EXPECT_TRUE(session().closing());
}

TEST_F(SessionTime, SilenceInsteadOfHelloEndsTheConnection) {
  start();
  now = now + options.handshake_timeout + Duration::us(-1);
  session().check_idle(now);
  EXPECT_FALSE(session().closing());
  now = now + Duration::us(1);
  session().check_idle(now);
  expect_closed_with(Status::frame_timeout);
}

TEST_F(SessionTime, AnIdleConnectionStays) {
  start_greeted();
  session().check_idle(now + Duration::hours(24));
  EXPECT_FALSE(session().closing());
  EXPECT_TRUE(session().wants_read());
}

TEST_F(SessionTime, AnIdleConnectionEndsWhereThereIsALimit) {
  options.idle_timeout = Duration::seconds(60);
  start_greeted();
  session().check_idle(now);
  now = now + options.idle_timeout + Duration::us(-1);
  session().check_idle(now);
  EXPECT_FALSE(session().closing());
  now = now + Duration::us(1);
  session().check_idle(now);
  expect_closed_with(Status::frame_timeout);
}

TEST_F(SessionTime, AConnectionThatAsksOrWaitsIsNotIdle) {
  options.idle_timeout = Duration::seconds(60);
  start_greeted();
  for (int i = 0; i < 5; ++i) {
    bytes_in(client.ping(5));
    heard();
    session().check_idle(now);
    now = now + options.idle_timeout + Duration::us(-1);
    session().check_idle(now);
  }
  bytes_in(client.command(1, Time(), ShowWallet{UserId(1)}));
  session().check_idle(now);
  session().check_idle(now + Duration::hours(1));
  EXPECT_FALSE(session().closing());
}

TEST_F(SessionTime, AClientThatReadsNothingLosesTheConnection) {
  start_greeted();
  bytes_in(client.ping(5));
  session().check_idle(now);
  EXPECT_FALSE(session().output().empty());
  now = now + options.unread_timeout + Duration::us(-1);
  session().check_idle(now);
  EXPECT_FALSE(session().finished());
  now = now + Duration::us(1);
  session().check_idle(now);
  EXPECT_TRUE(session().finished()) << "what it does not read is not kept";
  ASSERT_TRUE(session().end());
  EXPECT_TRUE(session().end()->unread);
}

TEST_F(SessionTime, AClientThatReadsSlowlyKeepsTheConnection) {
  start_greeted();
  for (std::uint64_t id = 1; id <= 10; ++id) bytes_in(client.ping(id));
  for (int i = 0; i < 10; ++i) {
    session().check_idle(now);
    now = now + options.unread_timeout + Duration::us(-1);
    session().check_idle(now);
    ASSERT_FALSE(session().output().empty());
    session().consumed(1);
  }
  EXPECT_FALSE(session().closing());
}

// A last response that is not read keeps no connection open.
TEST_F(SessionTime, AClosingConnectionThatIsNotReadEndsToo) {
  start_greeted();
  session().close_with(Status::shutting_down);
  session().check_idle(now);
  now = now + options.unread_timeout;
  session().check_idle(now);
  EXPECT_TRUE(session().finished());
  EXPECT_EQ(session().end()->status, Status::shutting_down);
}

TEST_F(SessionTime, IdleMemoryIsGivenBackAndTheConnectionGoesOn) {
  start_greeted();
  session().release_idle_memory();
  bytes_in(client.ping(5));
  EXPECT_EQ(heard().size(), 1);
}

using SessionDeathTest = SessionTest;

TEST_F(SessionDeathTest, ASecondAnswerToOneCommandIsOurBug) {
  start_greeted();
  bytes_in(client.command(1, Time(), ShowWallet{UserId(1)}));
  const CommandEnvelope command = sink.batches[0].commands.at(0);
  answer_ok(command);
  EXPECT_DEATH(answer_ok(command), "assertion failed");
}

TEST_F(SessionDeathTest, TheAnswerOfAQueryToACommandIsOurBug) {
  start_greeted();
  bytes_in(client.command(1, Time(), ShowWallet{UserId(1)}));
  const ReplyTo to = sink.batches[0].commands.at(0).reply_to;
  EXPECT_DEATH(session().answer({to, Status::ok, 0, archive::FeedPage{}}), "assertion failed");
}

}  // namespace
}  // namespace hb::net
