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
            R"("balance":2050,"opened_at":1485532800000000,"name":"","frozen":false,)"
            R"("refund_target":"source"})"
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
  const ClaimWithCode item{.packet = PacketId(4097), .user = UserId(8)};
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
  EXPECT_EQ(told(answer, ClaimWithCode{.packet = PacketId(4097), .user = UserId(8)}).text,
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

constexpr PeekPacket as_eight{.packet = PacketId(4097), .user = UserId(8)};

TEST(Answers, TellAPeekWithNoClaimAsNull) {
  const Told both = told(PeekAnswer{.packet = summary(), .claimable = true}, as_eight);
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
  const Told both = told(answer, as_eight);
  EXPECT_EQ(both.json["own_claim"]["amount_fen"], 500);
  EXPECT_TRUE(both.text.ends_with("user 8 has 5.00 (share 1, 2017-01-27T16:00:00.000000Z)\n"));
}

TEST(Answers, TellAPacketWithItsClaimsInOrder) {
  net::PacketRecord record;
  record.packet = summary();
  record.claims = {{UserId(8), Amount(300), noon}, {UserId(9), Amount(200), noon}};
  record.share_states = {ShareState::held, ShareState::held};
  const Told both = told(record);
  ASSERT_EQ(both.json["claims"].size(), 2u);
  EXPECT_EQ(json_line(both.json["claims"][1]),
            R"({"user":9,"amount":200,"claimed_at":1485532800000000})");
  EXPECT_LT(both.text.find("3.00  user 8"), both.text.find("2.00  user 9"));
  EXPECT_NE(both.text.find("remark \"hi\""), std::string::npos);
}

TEST(Answers, TellWhatHasBecomeOfEachShare) {
  net::PacketRecord record;
  record.packet = summary();
  record.packet.luckiest = 1;
  record.packet.returned = Amount(300);
  record.claims = {{UserId(8), Amount(300), noon}, {UserId(9), Amount(700), noon}};
  record.share_states = {ShareState::returned, ShareState::held};
  const Told both = told(record);
  EXPECT_EQ(both.json["packet"]["luckiest"], 1);
  EXPECT_EQ(both.json["packet"]["returned"], 300);
  EXPECT_EQ(json_line(both.json["share_states"]), R"(["returned","held"])");
  EXPECT_NE(both.text.find("user 8  returned\n"), std::string::npos) << both.text;
  EXPECT_NE(both.text.find("user 9  luckiest\n"), std::string::npos) << both.text;
}

TEST(Answers, TellThatNobodyIsLuckiestYetAsNull) {
  net::PacketRecord record;
  record.packet = summary();
  const Told both = told(record);
  EXPECT_TRUE(both.json["packet"]["luckiest"].is_null());
  EXPECT_EQ(both.text.find("luckiest"), std::string::npos);
}

TEST(Answers, TellTheSeedOfAClosedPacketOnly) {
  net::PacketRecord record;
  record.packet = summary();
  EXPECT_TRUE(told(record).json["seed"].is_null());
  record.seed = PrfKey{.k0 = 0x0706050403020100, .k1 = 0x0f0e0d0c0b0a0908};
  const Told both = told(record);
  EXPECT_EQ(both.json["seed"], "000102030405060708090a0b0c0d0e0f");
  EXPECT_NE(both.text.find("seed 000102030405060708090a0b0c0d0e0f\n"), std::string::npos);
}

TEST(Answers, TellThePacketsOptionsThatAreNotTheUsual) {
  const auto packet_text = [](const PacketSummary& packet) {
    net::PacketRecord record;
    record.packet = packet;
    return told(record).text;
  };
  const struct {
    const char* words;
    void (*set)(PacketSummary&);
  } options[] = {
      {"frozen by support", [](PacketSummary& p) { p.frozen = true; }},
      {"external funding", [](PacketSummary& p) { p.funding = FundingSource::external; }},
      {"only for 3 named users", [](PacketSummary& p) { p.recipient_count = 3; }},
      {"needs a code", [](PacketSummary& p) { p.needs_code = true; }},
      {"not for its sender", [](PacketSummary& p) { p.sender_may_claim = false; }},
      {"recallable", [](PacketSummary& p) { p.recallable = true; }},
      {"opens 2017-01-27T16:00:00.000000Z", [](PacketSummary& p) { p.opens_at = noon; }},
      {"1.00 returned", [](PacketSummary& p) { p.returned = Amount(100); }},
      {"order_fair", [](PacketSummary& p) { p.split = Split::order_fair; }}};
  for (const auto& option : options) {
    PacketSummary packet = summary();
    EXPECT_EQ(packet_text(packet).find(option.words), std::string::npos) << option.words;
    option.set(packet);
    EXPECT_NE(packet_text(packet).find(option.words), std::string::npos) << option.words;
  }
}

TEST(Answers, TellTheUsersThatAPacketIsFor) {
  net::PacketRecord record;
  record.packet = summary();
  record.recipients = {UserId(8), UserId(9)};
  const Told both = told(record);
  EXPECT_EQ(json_line(both.json["recipients"]), "[8,9]");
  EXPECT_NE(both.text.find("  for users 8 9\n"), std::string::npos);
}

TEST(Answers, CountTheSharesOfAPacketForNamedUsersByItsUsers) {
  const SendPacket command{
      .total = Amount(900), .kind = PacketKind::exclusive, .recipients_count = 3};
  EXPECT_NE(told(SendAnswer{}, command).text.find("9.00 in 3 exclusive shares"), std::string::npos);
}

TEST(Answers, TellARecallAndWhereTheMoneyGoes) {
  RecallAnswer answer{.packet = PacketId(4097), .amount = Amount(500)};
  EXPECT_EQ(told(answer).text, "packet 4097 recalled: 5.00 goes back to the sender's wallet\n");
  answer.to = RefundTarget::source;
  EXPECT_EQ(told(answer).text, "packet 4097 recalled: 5.00 goes back to the external rail\n");
  EXPECT_EQ(json_line(told(answer).json), R"({"packet":4097,"amount":500,"to":"source"})");
}

TEST(Answers, TellAReturn) {
  const Told both =
      told(ReturnAnswer{.packet = PacketId(4097), .user = UserId(8), .amount = Amount(500)});
  EXPECT_EQ(json_line(both.json), R"({"packet":4097,"user":8,"amount":500})");
  EXPECT_EQ(both.text, "user 8 returns 5.00 of packet 4097\n");
}

TEST(Answers, TellAFrozenPacket) {
  const Told both = told(PacketFreezeAnswer{.packet = PacketId(4097), .frozen = true});
  EXPECT_EQ(json_line(both.json), R"({"packet":4097,"frozen":true})");
  EXPECT_EQ(both.text, "packet 4097 is frozen\n");
}

TEST(Answers, TellAFrozenWalletThatWantsRefunds) {
  const Told both =
      told(WalletAnswer{.user = UserId(7), .frozen = true, .refund_target = RefundTarget::wallet});
  EXPECT_EQ(both.json["frozen"], true);
  EXPECT_EQ(both.json["refund_target"], "wallet");
  EXPECT_TRUE(both.text.ends_with(", refunds to the wallet, frozen\n")) << both.text;
}

TEST(Answers, TellARecipientByTheMaskedName) {
  const Told both =
      told(RecipientAnswer{.user = UserId(8), .exists = true, .masked_name = DisplayName("**i")});
  EXPECT_EQ(json_line(both.json), R"({"user":8,"exists":true,"frozen":false,"masked_name":"**i"})");
  EXPECT_EQ(both.text, "user 8 has a wallet, name \"**i\"\n");
  EXPECT_EQ(told(RecipientAnswer{.user = UserId(9)}).text, "user 9 has no wallet\n");
}

TransferAnswer transfer_in(TransferState state) {
  return {.transfer = PacketId(8193),
          .sender = UserId(7),
          .recipient = UserId(8),
          .amount = Amount(500),
          .state = state,
          .sent_at = noon,
          .expires_at = noon + Duration::hours(24),
          .arrives_after = Duration::hours(2),
          .arrives_at = noon + Duration::hours(2),
          .remark = Remark("rent")};
}

TEST(Answers, TellATransferWithSchemaNames) {
  EXPECT_EQ(json_line(told(transfer_in(TransferState::pending)).json),
            R"({"transfer":8193,"sender":7,"recipient":8,"amount":500,"state":"pending",)"
            R"("frozen":false,"sent_at":1485532800000000,"expires_at":1485619200000000,)"
            R"("arrives_after_us":7200000000,"arrives_at":1485540000000000,"remark":"rent"})");
}

TEST(Answers, TellWhatComesNextForATransfer) {
  const struct {
    TransferState state;
    const char* end;
  } lines[] = {
      {TransferState::pending, "pending, waits until 2017-01-28T16:00:00.000000Z"},
      {TransferState::accepted, "accepted, arrives 2017-01-27T18:00:00.000000Z"},
      {TransferState::arrived, "arrived"},
      {TransferState::declined, "declined"},
      {TransferState::cancelled, "cancelled"},
      {TransferState::expired, "expired"},
      {TransferState::returned, "returned"},
      {TransferState::revoked, "revoked"},
  };
  for (const auto& [state, end] : lines) {
    EXPECT_EQ(told(transfer_in(state)).text, "transfer 8193: 5.00 from user 7 to user 8, " +
                                                 std::string(end) + ", remark \"rent\"\n");
  }
}

Payout payout_of(std::uint64_t packet) {
  return {.packet = PacketId(packet),
          .sender = UserId(7),
          .amount = Amount(500),
          .owed_at = noon,
          .funding = Reference("pay-1")};
}

TEST(Answers, TellAPageOfPayoutsWithItsSum) {
  net::PayoutPage page{.payouts = {payout_of(4097), payout_of(8193)}, .more = true};
  const Told both = told(page);
  EXPECT_EQ(both.json["more"], true);
  EXPECT_EQ(json_line(both.json["payouts"][1]),
            R"({"packet":8193,"sender":7,"amount":500,"state":"owed","owed_at":1485532800000000,)"
            R"("confirmed_at":0,"funding":"pay-1","confirmation":""})");
  EXPECT_TRUE(both.text.ends_with("2 payouts, 10.00 in all; there are more\n")) << both.text;
  EXPECT_EQ(told(net::PayoutPage{}).text, "0 payouts, 0.00 in all\n");
}

TEST(Answers, TellAConfirmedPayoutWithBothReferences) {
  Payout payout = payout_of(4097);
  payout.state = PayoutState::confirmed;
  payout.confirmed_at = noon + Duration::seconds(1);
  payout.confirmation = Reference("back-1");
  const Told both = told(PayoutAnswer{payout});
  EXPECT_EQ(both.json["payout"]["state"], "confirmed");
  EXPECT_EQ(both.json["payout"]["confirmation"], "back-1");
  EXPECT_TRUE(
      both.text.ends_with("funded by \"pay-1\", paid 2017-01-27T16:00:01.000000Z by \"back-1\"\n"))
      << both.text;
}

TEST(Answers, TellACaseThroughItsLife) {
  CaseRecord record{.case_id = CaseId(4097),
                    .subject = PacketId(8193),
                    .user = UserId(8),
                    .opened_at = noon,
                    .opened_by = Operator("ann"),
                    .opened_note = Note("why")};
  EXPECT_EQ(told(record).text,
            "case 4097: open, about 8193, share of user 8\n"
            "  opened 2017-01-27T16:00:00.000000Z by \"ann\": \"why\"\n");
  record.state = CaseState::upheld;
  record.resolved_at = noon + Duration::seconds(1);
  record.resolved_by = Operator("bob");
  record.returned = Amount(300);
  record.shortfall = Amount(200);
  const Told both = told(record);
  EXPECT_TRUE(
      both.text.ends_with("  upheld 2017-01-27T16:00:01.000000Z by \"bob\"\n"
                          "  3.00 returned, 2.00 short\n"))
      << both.text;
  EXPECT_EQ(json_line(both.json),
            R"({"record":{"case_id":4097,"subject":8193,"user":8,"state":"upheld",)"
            R"("opened_at":1485532800000000,"resolved_at":1485532801000000,"returned":300,)"
            R"("shortfall":200,"opened_by":"ann","resolved_by":"bob","opened_note":"why",)"
            R"("resolved_note":""}})");
}

TEST(Answers, TellARefusalsLimitInWordsWhereItIsATimeOrAState) {
  const struct {
    Status status;
    std::int64_t limit;
    const char* text;
  } refusals[] = {
      {Status::not_open_yet, noon.us(),
       "not_open_yet: the packet is not open yet; it opens at 2017-01-27T16:00:00.000000Z\n"},
      {Status::transfer_closed, static_cast<std::int64_t>(TransferState::declined),
       "transfer_closed: the transfer is over: declined\n"},
      {Status::case_resolved, static_cast<std::int64_t>(CaseState::upheld),
       "case_resolved: the case is decided: upheld\n"},
  };
  for (const auto& refusal : refusals) {
    Streams s;
    Console console = s.console(false);
    EXPECT_EQ(refuse(console, refusal.status, refusal.limit, {}, "the server's words", {}),
              ExitStatus::refused);
    EXPECT_EQ(s.err.str(), refusal.text);
  }
}

TEST(IdsOf, NameWhomARefusalIsAbout) {
  EXPECT_EQ(ids_of(ClaimWithCode{.packet = PacketId(4097), .user = UserId(8)}),
            " (packet 4097, user 8)");
  EXPECT_EQ(ids_of(SendTransfer{.sender = UserId(7), .recipient = UserId(8)}),
            " (sender 7, recipient 8)");
  EXPECT_EQ(ids_of(ShowCase{.case_id = CaseId(5)}), " (case 5)");
  EXPECT_EQ(ids_of(OpenCase{.subject = PacketId(4097)}), " (subject 4097)");
  Streams s;
  Console console = s.console(false);
  refuse(console, Status::wallet_unknown, 0, {}, "the user has no wallet", {},
         ids_of(ShowWallet{.user = UserId(8)}));
  EXPECT_EQ(s.err.str(), "wallet_unknown: the user has no wallet (user 8)\n");
}

}  // namespace
}  // namespace hb::cli
