// The files of schema/vectors: what this encoder writes, byte for byte, and what the decoder reads.
//
// With HB_WRITE_VECTORS=1 in the environment the files are written first, for a new vector.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "engine/base/checksum.h"
#include "net/wire/frame.h"
#include "net/wire/request_decoder.h"
#include "net/wire/request_encoder.h"
#include "net/wire/response_decoder.h"
#include "net/wire/response_encoder.h"

namespace hb::net {
namespace {

using Bytes = std::vector<std::byte>;

struct Vector {
  std::string file;
  std::string says;  // the file's first line
  Bytes frame;
};

Bytes copy(std::span<const std::byte> frame) {
  return {frame.begin(), frame.end()};
}

constexpr Key128 key{.low = 0x0123456789abcdef, .high = 0xfedcba9876543210};
constexpr const char* key_says = "key low 0x0123456789abcdef, high 0xfedcba9876543210";
const Time instant(1'767'225'600'000'000);
const std::vector<ClaimItem> items = {{PacketId(5907), UserId(1002)},
                                      {PacketId(5907), UserId(1003)}};

std::vector<Vector> requests() {
  RequestEncoder encoder;
  const std::string keyed = std::string(", ") + key_says;
  const OpenWallet open{.key = key, .user = UserId(1001), .name = DisplayName("小明")};
  const Deposit deposit{.key = key, .user = UserId(1001), .amount = Amount(10'000)};
  const SendPacket send{.key = key,
                        .sender = UserId(1001),
                        .total = Amount(2'000),
                        .share_count = 3,
                        .kind = PacketKind::lucky,
                        .remark = Remark("恭喜发财")};
  const archive::ReadFeed feed{
      .shard = ShardId(0), .from = Sequence(1), .bytes_max = 65'536, .wait = Duration::seconds(1)};
  return {
      {"request-hello", "Hello: id 1, protocol_version 1, client \"example\"",
       copy(encoder.hello(1, {.client = "example"}))},
      {"request-ping", "Ping: id 7", copy(encoder.ping(7))},
      {"request-open-wallet", "OpenWallet: id 2" + keyed + ", user 1001, name \"小明\"",
       copy(encoder.command(2, {}, open))},
      {"request-deposit",
       "Deposit: id 3, deadline_us 1767225600000000" + keyed + ", user 1001, amount 10000",
       copy(encoder.command(3, instant, deposit))},
      {"request-send-packet",
       "SendPacket: id 4" + keyed + ", sender 1001, total 2000, share_count 3, remark \"恭喜发财\"",
       copy(encoder.command(4, {}, send))},
      {"request-claim", "Claim: id 5, packet 5907, user 1002",
       copy(encoder.command(5, {}, items[0]))},
      {"request-claim-batch",
       "ClaimBatch: id 6, claims [packet 5907 user 1002, packet 5907 user 1003]",
       copy(encoder.claims(6, {}, items))},
      {"request-read-feed", "ReadFeed: id 8, shard 0, from 1, bytes_max 65536, wait_us 1000000",
       copy(encoder.command(8, {}, feed))},
  };
}

std::vector<Vector> responses() {
  ResponseEncoder encoder;
  const Welcome welcome{.server_version = "0.1.0",
                        .frame_bytes_max = 1 << 20,
                        .window_max = 65'536,
                        .claim_batch_max = 8'192};
  const auto reply = [](auto answer) { return Reply{.answer = answer}; };
  const WalletAnswer wallet{.user = UserId(1001),
                            .balance = Amount(10'000),
                            .opened_at = instant,
                            .name = DisplayName("小明")};
  const SendAnswer sent{.packet = PacketId(5907),
                        .expires_at = Time(instant.us() + Duration::hours(24).us()),
                        .seed_commitment = sha256({})};
  const ClaimAnswer taken{.share_index = 1, .amount_fen = 520, .claimed_at = instant};
  const std::vector<ClaimAnswer> both = {taken, {.status = Status::sold_out}};
  return {
      {"response-welcome",
       "Welcome: id 1, status ok, protocol_version 1, server_version \"0.1.0\", partitions 4096, "
       "shards 1, frame_bytes_max 1048576, window_max 65536, claim_batch_max 8192, "
       "acknowledgement disk, role gateway",
       copy(encoder.welcome(1, welcome))},
      {"response-pong", "Pong: id 7, status ok, now 1767225600000000, clock_ahead_us 0",
       copy(encoder.pong(7, {.now = instant, .clock_ahead = {}}))},
      {"response-wallet",
       "WalletAnswer: id 3, status ok, user 1001, balance 10000, opened_at 1767225600000000, name "
       "\"小明\"",
       copy(encoder.reply(3, reply(wallet), {}))},
      {"response-send",
       "SendAnswer: id 4, status ok, packet 5907, expires_at 1767312000000000, seed_commitment "
       "SHA-256 of nothing",
       copy(encoder.reply(4, reply(sent), {}))},
      {"response-claim",
       "ClaimAnswer: id 5, status ok, share_index 1, amount_fen 520, claimed_at 1767225600000000",
       copy(encoder.claim(5, taken))},
      {"response-claim-batch",
       "ClaimBatchAnswer: id 6, status ok, outcomes [ok share_index 1 amount_fen 520 claimed_at "
       "1767225600000000, sold_out]",
       copy(encoder.claims(6, both))},
      {"response-refusal", "no answer: id 3, status insufficient_funds, limit 150, a message",
       copy(encoder.refusal(3, {Status::insufficient_funds, 150}))},
  };
}

std::vector<Vector> all_vectors() {
  std::vector<Vector> all = requests();
  for (Vector& one : responses()) all.push_back(std::move(one));
  return all;
}

// Eight bytes a line, like the example in the manual.
std::string text_of(const Vector& one) {
  std::string text = "# " + one.says + "\n";
  for (std::size_t i = 0; i < one.frame.size(); ++i) {
    char byte[4];
    std::snprintf(byte, sizeof byte, "%02x%c", std::to_integer<unsigned>(one.frame[i]),
                  i % 8 == 7 ? '\n' : ' ');
    text += byte;
  }
  return text;
}

std::string path_of(const std::string& file) {
  return HB_VECTORS "/" + file + ".hex";
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Vectors : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (std::getenv("HB_WRITE_VECTORS") == nullptr) return;
    for (const Vector& one : all_vectors()) std::ofstream(path_of(one.file)) << text_of(one);
  }
};

TEST_F(Vectors, AreWhatTheEncodersWrite) {
  for (const Vector& one : all_vectors()) {
    EXPECT_EQ(content_of(path_of(one.file)), text_of(one)) << path_of(one.file);
  }
}

TEST_F(Vectors, AreAllThatTheFolderHolds) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HB_VECTORS)) {
    files += entry.path().extension() == ".hex" ? 1 : 0;
  }
  EXPECT_EQ(files, all_vectors().size());
}

// From the file's text, so that a reader needs no more than the file.
Bytes frame_in(const std::string& file) {
  std::istringstream lines(content_of(path_of(file)));
  std::string line;
  std::getline(lines, line);
  Bytes frame;
  for (std::string byte; lines >> byte;) {
    frame.push_back(static_cast<std::byte>(std::stoul(byte, nullptr, 16)));
  }
  return frame;
}

TEST_F(Vectors, AreReadAsTheySay) {
  std::vector<std::uint64_t> aligned(64);
  const auto payload = [&](const std::string& file) {
    const Bytes frame = frame_in(file);
    std::memcpy(aligned.data(), frame.data(), frame.size());
    const auto bytes = std::as_bytes(std::span(aligned)).first(frame.size());
    const FrameView view = first_frame(bytes, limits::frame_bytes_max);
    EXPECT_EQ(view.frame_bytes, frame.size()) << file;
    return view.payload;
  };
  const Request deposit = decode_request(payload("request-deposit"));
  EXPECT_EQ(deposit.id, 3u);
  EXPECT_EQ(deposit.deadline, instant);
  const auto& money = std::get<Deposit>(std::get<Command>(deposit.body));
  EXPECT_EQ(money.key, key);
  EXPECT_EQ(money.user, UserId(1001));
  EXPECT_EQ(money.amount, Amount(10'000));
  const Request batch = decode_request(payload("request-claim-batch"));
  EXPECT_EQ(std::get<ClaimList>(batch.body).claims.size(), 2u);
  const Request send = decode_request(payload("request-send-packet"));
  EXPECT_EQ(std::get<SendPacket>(std::get<Command>(send.body)).remark.view(), "恭喜发财");
  const auto refused = decode_response(payload("response-refusal"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, Status::insufficient_funds);
  EXPECT_EQ(refused->limit, 150);
  const auto claim = decode_response(payload("response-claim"));
  ASSERT_TRUE(claim);
  EXPECT_EQ(std::get<ClaimAnswer>(claim->answer).amount_fen, 520u);
}

}  // namespace
}  // namespace hb::net
