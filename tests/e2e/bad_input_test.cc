// What no client should say, said to a real server: each gets its own clear error, nothing is lost,
// and others notice nothing.
#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "net/wire/finish_frame.h"
#include "net/wire/request_encoder.h"
#include "schema/hongbao_generated.h"
#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/bystander.h"
#include "tests/e2e/support/raw_connection.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

namespace fb = ::hongbao;
using Bytes = std::vector<std::byte>;

constexpr UserId rich{1};
constexpr UserId poor{2};
constexpr UserId nobody{404};
constexpr Amount fortune{10'000};
constexpr Amount packet_total{500};
constexpr std::uint32_t claim_batch_max = 100;
constexpr std::uint64_t id = 7;  // of the bad requests

// ---- frames -------------------------------------------------------------------------------------

Bytes bytes_of(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

Bytes bytes_of(std::string_view text) {
  return bytes_of(std::as_bytes(std::span(text.data(), text.size())));
}

Bytes header(std::uint32_t payload_bytes, std::uint16_t reserved = 0) {
  const net::FrameHeader header{.payload_bytes = payload_bytes, .reserved = reserved};
  return bytes_of(std::as_bytes(std::span(&header, 1)));
}

Bytes framed(std::span<const std::byte> payload) {
  Bytes frame = header(static_cast<std::uint32_t>(payload.size()));
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

// A whole frame whose header says another length.
Bytes with_length(Bytes frame, std::uint32_t payload_bytes) {
  std::memcpy(frame.data(), &payload_bytes, sizeof payload_bytes);
  return frame;
}

std::uint32_t payload_bytes_of(const Bytes& frame) {
  return static_cast<std::uint32_t>(frame.size() - sizeof(net::FrameHeader));
}

Bytes hello(std::uint16_t version = net::protocol_version) {
  return bytes_of(net::RequestEncoder().hello(id, {.protocol_version = version, .client = {}}));
}

template <class Command>
Bytes request(const Command& command) {
  return bytes_of(net::RequestEncoder().command(id, Time(), command));
}

Bytes ping() {
  return bytes_of(net::RequestEncoder().ping(id));
}

Bytes claims(std::size_t count) {
  const std::vector<ClaimItem> items(count, ClaimItem{PacketId(1), rich});
  return bytes_of(net::RequestEncoder().claims(id, Time(), items));
}

Bytes random_payload() {
  std::mt19937 random(1);
  Bytes payload(256);
  for (std::byte& byte : payload) byte = static_cast<std::byte>(random());
  return framed(payload);
}

Bytes cut_payload() {
  const Bytes whole = request(Deposit{{1, 1}, rich, Amount(1)});
  return framed(
      std::span(whole).subspan(sizeof(net::FrameHeader), payload_bytes_of(whole) / 2 / 8 * 8));
}

// What the encoder of the client would not make.  `make` returns the offset of the command's table.
template <class Make>
Bytes request_with(fb::Command type, const Make& make) {
  flatbuffers::FlatBufferBuilder builder;
  const auto command = make(builder);
  const fb::Key128 key(1, 1);
  fb::RequestBuilder request(builder);
  request.add_id(id);
  request.add_key(&key);
  request.add_command_type(type);
  if (!command.IsNull()) request.add_command(command.Union());
  return bytes_of(net::finish_frame(builder, request.Finish()));
}

Bytes command_of_type(std::uint8_t type) {
  return request_with(static_cast<fb::Command>(type),
                      [](auto& builder) { return fb::CreatePing(builder); });
}

Bytes no_command() {
  return request_with(fb::Command::NONE, [](auto&) { return flatbuffers::Offset<fb::Ping>(); });
}

Bytes send_with_texts(const std::string& remark, const std::string& group = "") {
  return request_with(fb::Command::SendPacket, [&](auto& builder) {
    const auto remark_at = builder.CreateString(remark);
    const auto group_at = builder.CreateString(group);
    return fb::CreateSendPacket(builder, rich.value, 100, 1, fb::PacketKind::lucky, 0, remark_at,
                                group_at);
  });
}

Bytes open_with_name(const std::string& text) {
  return request_with(fb::Command::OpenWallet, [&](auto& builder) {
    const auto at = builder.CreateString(text);
    return fb::CreateOpenWallet(builder, nobody.value, at);
  });
}

Bytes deposit(std::int64_t fen) {
  return request(Deposit{{1, 1}, rich, Amount(fen)});
}

Bytes withdrawal(std::int64_t fen) {
  return request(Withdraw{{1, 1}, rich, Amount(fen)});
}

SendPacket a_send(std::int64_t total_fen, std::uint32_t shares) {
  return {.key = {1, 1}, .sender = rich, .total = Amount(total_fen), .share_count = shares};
}

// ---- the scene ----------------------------------------------------------------------------------

// A server, a user with money and a packet, and a bystander.  Whatever a test does, in the end all
// of it must be as it was.
class BadInput : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.start());
    client_.emplace(server_.client_options());
    open_with(*client_, rich, fortune);
    open_with(*client_, poor, Amount(10));
    packet_ = answer_of(client_->send({.sender = rich, .total = packet_total, .share_count = 5}));
    bystander_.emplace(server_.client_options(), UserId(1'000));
    ASSERT_TRUE(bystander_->carries_on());
  }

  void TearDown() override {
    EXPECT_TRUE(bystander_->carries_on());
    EXPECT_EQ(bystander_->stop(), std::vector<std::string>());
    EXPECT_EQ(balance_of(*client_, rich), fortune - packet_total);
    EXPECT_EQ(balance_of(*client_, poor), Amount(10));
    EXPECT_EQ(answer_of(client_->show(packet_.packet)).packet.remaining, packet_total);
    EXPECT_EQ(server_.stop(), 0);
    const Audit files = audit(directory_ / "data");
    EXPECT_TRUE(files.balanced());
    EXPECT_EQ(files.total_fen("deposits"), (fortune + Amount(10) + Bystander::deposited).fen());
    EXPECT_EQ(files.total_fen("withdrawals"), 0);
  }

  RawConnection connect() { return RawConnection(server_.port()); }
  RawConnection connect_greeted() {
    RawConnection connection = connect();
    EXPECT_TRUE(connection.greet());
    return connection;
  }

  // The connection hears this error, in words too, and then its end.
  static void expect_end(RawConnection& connection, Status status) {
    const std::optional<Heard> heard = connection.hear();
    ASSERT_TRUE(heard) << "closed without a word";
    EXPECT_EQ(heard->response.status, status) << name(heard->response.status);
    EXPECT_FALSE(heard->response.message.empty());
    EXPECT_TRUE(connection.hears_the_end());
  }

  // The request is refused for this reason, and the connection goes on.
  static void expect_refusal(RawConnection& connection, Status status, std::int64_t limit) {
    const std::optional<Heard> heard = connection.hear();
    ASSERT_TRUE(heard) << "closed without a word";
    EXPECT_EQ(heard->response.id, id);
    EXPECT_EQ(heard->response.status, status) << name(heard->response.status);
    EXPECT_EQ(heard->response.limit, limit);
    EXPECT_FALSE(heard->response.message.empty());
    ASSERT_TRUE(connection.send(ping()));
    const std::optional<Heard> pong = connection.hear();
    ASSERT_TRUE(pong);
    EXPECT_TRUE(std::holds_alternative<net::Pong>(pong->response.answer));
  }

  TempDirectory directory_;
  ServerProcess server_{{.data = directory_ / "data",
                         .connections = "frame_timeout = \"300ms\"\nclaim_batch_max = " +
                                        std::to_string(claim_batch_max)}};
  std::optional<net::BlockingClient> client_;
  std::optional<Bystander> bystander_;
  SendAnswer packet_;
};

TEST_F(BadInput, ThatIsNoFrameEndsItsConnectionWithAnError) {
  const struct {
    const char* what;
    Bytes bytes;
    Status status;
  } cases[] = {
      {"a frame over the cap", header(limits::frame_bytes_max + 8), Status::frame_too_large},
      {"the largest length there is", header(0xffff'fff8), Status::frame_too_large},
      {"a length that is no multiple of 8", header(12), Status::frame_malformed},
      {"a length of 0", header(0), Status::frame_malformed},
      {"a reserved field in use", header(8, 1), Status::frame_malformed},
      {"HTTP", bytes_of("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), Status::frame_malformed},
      {"TLS",
       bytes_of("\x16\x03\x01\x02"
                "abcdefghijkl"),
       Status::frame_malformed},
      {"a length that is too short", with_length(deposit(1), payload_bytes_of(deposit(1)) - 16),
       Status::frame_malformed},
      {"random bytes for a FlatBuffer", random_payload(), Status::frame_malformed},
      {"zeros for a FlatBuffer", framed(Bytes(64)), Status::frame_malformed},
      {"half a FlatBuffer", cut_payload(), Status::frame_malformed},
      {"a second handshake", hello(), Status::handshake_repeated},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    RawConnection connection = connect_greeted();
    ASSERT_TRUE(connection.send(c.bytes));
    expect_end(connection, c.status);
  }
}

TEST_F(BadInput, BeforeTheHandshakeEndsItsConnectionWithAnError) {
  const struct {
    const char* what;
    Bytes bytes;
    Status status;
  } cases[] = {
      {"a command", deposit(1), Status::handshake_required},
      {"a ping", ping(), Status::handshake_required},
      {"an unknown command", command_of_type(255), Status::handshake_required},
      {"an older protocol version", hello(0), Status::version_unsupported},
      {"a newer protocol version", hello(99), Status::version_unsupported},
      {"HTTP", bytes_of("GET / HTTP/1.1\r\n\r\n"), Status::frame_malformed},
      {"a frame over the cap", header(limits::frame_bytes_max + 8), Status::frame_too_large},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    RawConnection connection = connect();
    ASSERT_TRUE(connection.send(c.bytes));
    expect_end(connection, c.status);
  }
}

TEST_F(BadInput, ThatFallsSilentWithinAFrameEndsItsConnectionWithAnError) {
  const Bytes whole = deposit(1);
  const struct {
    const char* what;
    Bytes bytes;
  } cases[] = {
      {"half a frame", bytes_of(std::span(whole).first(whole.size() / 2))},
      {"half a header", bytes_of(std::span(whole).first(4))},
      {"a length that promises more than comes", with_length(whole, payload_bytes_of(whole) + 64)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    RawConnection connection = connect_greeted();
    ASSERT_TRUE(connection.send(c.bytes));
    expect_end(connection, Status::frame_timeout);
  }
}

TEST_F(BadInput, AfterGoodRequestsLeavesTheirAnswersWhole) {
  RawConnection connection = connect_greeted();
  Bytes bytes = request(ShowWallet{rich});
  const Bytes bad = random_payload();
  ASSERT_TRUE(connection.send(bytes));
  const std::optional<Heard> shown = connection.hear();
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->response.status, Status::ok);
  ASSERT_TRUE(connection.send(bad));
  expect_end(connection, Status::frame_malformed);
}

TEST_F(BadInput, ThatIsNoKnownCommandIsRefusedAndItsConnectionGoesOn) {
  RawConnection connection = connect_greeted();
  const struct {
    const char* what;
    Bytes bytes;
    Status status;
    std::int64_t limit;
  } cases[] = {
      {"the last command type there is", command_of_type(255), Status::command_unknown, 0},
      {"the next command type", command_of_type(static_cast<std::uint8_t>(fb::Command::MAX) + 1),
       Status::command_unknown, 0},
      {"no command", no_command(), Status::command_unknown, 0},
      {"too many claims", claims(claim_batch_max + 1), Status::batch_too_large, claim_batch_max},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    ASSERT_TRUE(connection.send(c.bytes));
    expect_refusal(connection, c.status, c.limit);
  }
}

TEST_F(BadInput, ThatBreaksARuleIsRefusedWithTheRuleAndItsBound) {
  const std::int64_t too_much = limits::amount_max + 1;
  const std::int64_t balance = (fortune - packet_total).fen();
  SendPacket odd = a_send(101, 2);
  odd.kind = PacketKind::even;
  SendPacket hasty = a_send(100, 1);
  hasty.expires_in = Duration::seconds(1);
  SendPacket eternal = a_send(100, 1);
  eternal.expires_in = Duration::hours(24 * 7 + 1);
  SendPacket strange = a_send(100, 1);
  strange.kind = static_cast<PacketKind>(77);
  SendPacket orphan = a_send(100, 1);
  orphan.sender = UserId();
  SendPacket from_nobody = a_send(100, 1);
  from_nobody.sender = nobody;
  SendPacket keyless = a_send(100, 1);
  keyless.key = {};
  const std::string not_utf8 = "\xff\xfe";
  const std::string surrogate = "\xed\xa0\x80";
  constexpr PacketId no_packet{(1ULL << 40) | 5};

  const struct {
    const char* what;
    Bytes bytes;
    Status status;
    std::int64_t limit = 0;
  } cases[] = {
      {"a deposit of nothing", deposit(0), Status::amount_not_positive},
      {"a negative deposit", deposit(-1), Status::amount_not_positive},
      {"the most negative deposit", deposit(INT64_MIN), Status::amount_not_positive},
      {"a deposit over the limit", deposit(too_much), Status::amount_over_limit,
       limits::amount_max},
      {"the largest deposit there is", deposit(INT64_MAX), Status::amount_over_limit,
       limits::amount_max},
      {"a deposit that no wallet holds", deposit(limits::amount_max), Status::balance_over_limit,
       limits::amount_max},
      {"a withdrawal of nothing", withdrawal(0), Status::amount_not_positive},
      {"a negative withdrawal", withdrawal(-5), Status::amount_not_positive},
      {"an overdraft by withdrawal", withdrawal(balance + 1), Status::insufficient_funds, balance},
      {"a packet of nothing", request(a_send(0, 1)), Status::amount_not_positive},
      {"a negative packet", request(a_send(-100, 1)), Status::amount_not_positive},
      {"too many shares for the total", request(a_send(9, 10)), Status::total_below_shares, 10},
      {"too much money for the shares", request(a_send(20'001, 1)), Status::total_above_shares,
       20'000},
      {"the largest packet there is", request(a_send(INT64_MAX, 500)), Status::total_above_shares,
       500 * 20'000},
      {"no shares", request(a_send(100, 0)), Status::shares_out_of_range, 500},
      {"501 shares", request(a_send(1'000, 501)), Status::shares_out_of_range, 500},
      {"the most shares there are", request(a_send(1'000, UINT32_MAX)), Status::shares_out_of_range,
       500},
      {"even shares that do not divide", request(odd), Status::total_not_divisible, 2},
      {"an overdraft by packet", request(a_send(balance + 1, 100)), Status::insufficient_funds,
       balance},
      {"a packet that expires at once", request(hasty), Status::expiry_too_short, 60'000'000},
      {"a packet that expires too late", request(eternal), Status::expiry_too_long,
       Duration::hours(24 * 7).us()},
      {"an unknown kind of packet", request(strange), Status::kind_unknown},
      {"a packet from user 0", request(orphan), Status::user_invalid},
      {"a packet from a user without wallet", request(from_nobody), Status::wallet_unknown},
      {"a packet without key", request(keyless), Status::key_missing},
      {"a remark that is not UTF-8", send_with_texts(not_utf8), Status::text_invalid},
      {"a remark with a surrogate", send_with_texts(surrogate), Status::text_invalid},
      {"a remark of 129 bytes", send_with_texts(std::string(129, 'x')), Status::text_too_long, 128},
      {"a group that is not UTF-8", send_with_texts("", not_utf8), Status::text_invalid},
      {"a group of 65 bytes", send_with_texts("", std::string(65, 'x')), Status::text_too_long, 64},
      {"a name that is not UTF-8", open_with_name(not_utf8), Status::text_invalid},
      {"a name of 65 bytes", open_with_name(std::string(65, 'x')), Status::text_too_long, 64},
      {"a name of 100,000 bytes", open_with_name(std::string(100'000, 'x')), Status::text_too_long,
       64},
      {"a second wallet", request(OpenWallet{{1, 1}, rich, {}}), Status::wallet_exists},
      {"a claim of an unknown packet", request(ClaimItem{no_packet, poor}), Status::packet_unknown},
      {"a claim of packet 0", request(ClaimItem{PacketId(0), poor}), Status::packet_unknown},
      {"a claim of the last packet id there is", request(ClaimItem{PacketId(UINT64_MAX), poor}),
       Status::packet_unknown},
      {"a claim by user 0", request(ClaimItem{packet_.packet, UserId()}), Status::user_invalid},
      {"a look at an unknown packet", request(PeekPacket{no_packet, poor}), Status::packet_unknown},
      {"a show of an unknown packet", request(ShowPacket{no_packet}), Status::packet_unknown},
      {"a show of an unknown wallet", request(ShowWallet{nobody}), Status::wallet_unknown},
  };
  RawConnection connection = connect_greeted();
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    ASSERT_TRUE(connection.send(c.bytes));
    expect_refusal(connection, c.status, c.limit);
  }
}

}  // namespace
}  // namespace hb::e2e
