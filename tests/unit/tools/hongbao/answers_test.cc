#include "tools/hongbao/answers.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tools/hongbao/text/values.h"

namespace hb::cli {
namespace {

constexpr Time noon{1'485'532'800'000'000};
constexpr Key128 key{.low = 2, .high = 1};
constexpr const char* key_text = "00000000000000010000000000000002";

struct Streams {
  std::ostringstream out;
  std::ostringstream err;
  Console console(bool json) { return {out, err, json}; }
};

PacketSummary summary() {
  return {.packet = PacketId(4097),
          .sender = UserId(7),
          .kind = PacketKind::lucky,
          .state = PacketState::open,
          .share_count = 3,
          .claimed_count = 1,
          .total = Amount(2'000),
          .remaining = Amount(1'500),
          .sent_at = noon,
          .expires_at = noon + Duration::hours(24),
          .remark = Remark("hi")};
}

Result<net::Outcome<WalletAnswer>> wallet_outcome(Status status, bool replayed = false) {
  net::Outcome<WalletAnswer> outcome;
  outcome.status = status;
  outcome.replayed = replayed;
  outcome.answer = {.user = UserId(7), .balance = Amount(2'050), .opened_at = noon};
  return outcome;
}

Told wallet_told(const WalletAnswer& wallet) {
  return told(wallet);
}

TEST(Answers, TellAWalletWithSchemaNamesAndKey) {
  Streams s;
  Console console = s.console(true);
  EXPECT_EQ(conclude(console, wallet_outcome(Status::ok), key, wallet_told), ExitStatus::done);
  EXPECT_EQ(s.out.str(),
            R"({"status":"ok","replayed":false,"key":"00000000000000010000000000000002","user":7,)"
            R"("balance":2050,"opened_at":1485532800000000,"name":""})"
            "\n");
  EXPECT_EQ(s.err.str(), "");
}

TEST(Answers, TellAWalletToAPerson) {
  Streams s;
  Console console = s.console(false);
  EXPECT_EQ(conclude(console, wallet_outcome(Status::ok, true), key, wallet_told),
            ExitStatus::done);
  EXPECT_EQ(s.out.str(),
            "user 7: balance 20.50, wallet opened 2017-01-27T16:00:00.000000Z\n"
            "(done before, under the same key)\n");
}

TEST(Answers, TellARefusalToAPersonOnStandardError) {
  Streams s;
  Console console = s.console(false);
  auto outcome = wallet_outcome(Status::insufficient_funds);
  outcome->limit = 2'050;
  EXPECT_EQ(conclude(console, outcome, key, wallet_told), ExitStatus::refused);
  EXPECT_EQ(s.out.str(), "");
  EXPECT_EQ(s.err.str(),
            "insufficient_funds: the wallet holds 20.50, less than the amount; deposit first\n");
}

TEST(Answers, TellARefusalAsOneObject) {
  Streams s;
  Console console = s.console(true);
  auto outcome = wallet_outcome(Status::overloaded);
  outcome->limit = 5'000;
  outcome->retry_after = Duration::ms(5);
  outcome->message = "busy";
  EXPECT_EQ(conclude(console, outcome, key, wallet_told), ExitStatus::failed);
  EXPECT_EQ(s.out.str(),
            R"({"status":"overloaded","limit":5000,"message":"busy","retry_after_us":5000,)"
            R"("key":"00000000000000010000000000000002"})"
            "\n");
}

TEST(Answers, TellTheKeyWithAnErrorThatLeavesItInDoubt) {
  const Result<net::Outcome<WalletAnswer>> lost = fail(ErrorCode::timed_out, "no answer");
  Streams as_json;
  Console json_console = as_json.console(true);
  EXPECT_EQ(conclude(json_console, lost, key, wallet_told), ExitStatus::failed);
  const auto json = nlohmann::json::parse(as_json.out.str());
  EXPECT_EQ(json["error"], "timed_out");
  EXPECT_EQ(json["key"], key_text);

  Streams as_text;
  Console text_console = as_text.console(false);
  EXPECT_EQ(conclude(text_console, lost, key, wallet_told), ExitStatus::failed);
  EXPECT_NE(as_text.err.str().find(std::string("--key ") + key_text), std::string::npos);
}

TEST(Answers, TellAClaimAndItsRepetitionAsDone) {
  const ClaimItem item{PacketId(4097), UserId(8)};
  for (const Status status : {Status::ok, Status::already_claimed}) {
    net::Outcome<ClaimAnswer> outcome;
    outcome.status = status;
    outcome.answer = {.status = status, .share_index = 2, .amount_fen = 123, .claimed_at = noon};
    Streams s;
    Console console = s.console(true);
    const auto claim_told = [&](const ClaimAnswer& answer) { return told(answer, item); };
    EXPECT_EQ(conclude<ClaimAnswer>(console, outcome, {}, claim_told), ExitStatus::done);
    EXPECT_EQ(s.out.str(), R"({"status":")" + std::string(name(status)) +
                               R"(","packet":4097,"user":8,"share_index":2,"amount_fen":123,)"
                               R"("claimed_at":1485532800000000})"
                               "\n");
  }
}

TEST(Answers, TellSharesFromOneToAPerson) {
  const ClaimAnswer answer{
      .status = Status::already_claimed, .share_index = 2, .amount_fen = 123, .claimed_at = noon};
  EXPECT_EQ(told(answer, {PacketId(4097), UserId(8)}).text,
            "user 8 already has 1.23 (share 3, 2017-01-27T16:00:00.000000Z) of packet 4097\n");
}

TEST(Answers, TellASendWithTheSeedsCommitment) {
  SendAnswer answer{.packet = PacketId(4097), .expires_at = noon};
  answer.seed_commitment[31] = std::byte{1};
  const SendPacket command{.total = Amount(2'000), .share_count = 10};
  const Told both = told(answer, command);
  EXPECT_EQ(json_line(both.json), R"({"packet":4097,"expires_at":1485532800000000,)"
                                  R"("seed_commitment":")" +
                                      std::string(63, '0') + R"(1"})");
  EXPECT_TRUE(both.text.starts_with("packet 4097: 20.00 in 10 lucky shares, expires 2017-"));
}

TEST(Answers, TellAPeekWithNoClaimAsNull) {
  const Told both = told(PeekAnswer{.packet = summary(), .claimable = true}, UserId(8));
  EXPECT_EQ(both.json["packet"]["packet"], 4097);
  EXPECT_EQ(both.json["packet"]["remaining"], 1'500);
  EXPECT_EQ(both.json["packet"]["state"], "open");
  EXPECT_EQ(both.json["claimable"], true);
  EXPECT_TRUE(both.json["own_claim"].is_null());
  EXPECT_TRUE(both.text.ends_with("user 8 can claim\n"));
}

TEST(Answers, TellAPeekWithTheUsersShare) {
  PeekAnswer answer{.packet = summary()};
  answer.own_claim = {.status = Status::already_claimed, .amount_fen = 500, .claimed_at = noon};
  const Told both = told(answer, UserId(8));
  EXPECT_EQ(both.json["own_claim"]["amount_fen"], 500);
  EXPECT_TRUE(both.text.ends_with("user 8 has 5.00 (share 1, 2017-01-27T16:00:00.000000Z)\n"));
}

TEST(Answers, TellAPacketWithItsClaimsInOrder) {
  net::PacketRecord record;
  record.packet = summary();
  record.claims = {{UserId(8), Amount(300), noon}, {UserId(9), Amount(200), noon}};
  const Told both = told(record);
  ASSERT_EQ(both.json["claims"].size(), 2u);
  EXPECT_EQ(json_line(both.json["claims"][1]),
            R"({"user":9,"amount":200,"claimed_at":1485532800000000})");
  EXPECT_LT(both.text.find("3.00  user 8"), both.text.find("2.00  user 9"));
  EXPECT_NE(both.text.find("remark \"hi\""), std::string::npos);
}

}  // namespace
}  // namespace hb::cli
