// The command-line tool, typed by hand: each feature's success and its main refusals, as a script
// of lines with the exit status and the status that they end with.
//
// Amounts within answers are fen, as in the schema.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/patience.h"
#include "tests/e2e/support/server_process.h"
#include "tests/e2e/support/temp_directory.h"

namespace hb::e2e {
namespace {

constexpr int done = 0;
constexpr int refused = 1;
constexpr int usage = 2;
constexpr int failed = 3;

// One line of a script.  `words` are what is typed, with $NAME for an id kept before.
struct Line {
  const char* words;
  const char* says = "";      // a piece of the answer's JSON
  const char* status = "ok";  // or the "error", where there is no answer
  int exit = done;
  const char* keep = "";  // the name under which the answer's id is kept
  bool in_time = false;   // asked again until the answer is as wanted
};

Line no(const char* words, const char* status, const char* says = "") {
  return {.words = words, .says = says, .status = status, .exit = refused};
}

Line keep(const char* name, const char* words, const char* says = "") {
  return {.words = words, .says = says, .keep = name};
}

Line soon(const char* words, const char* says) {
  return {.words = words, .says = says, .in_time = true};
}

// The id that a sending or opening command tells.
std::string id_in(const nlohmann::json& answer) {
  if (answer.contains("record")) return std::to_string(answer["record"].value("case_id", 0ull));
  const char* name = answer.contains("transfer") ? "transfer" : "packet";
  return std::to_string(answer.value(name, 0ull));
}

// The parameter is the number of workers.
class Hongbao : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.start());
    play({{"wallet open 1 --name Ann"},
          {"wallet open 2 --name Bob"},
          {"wallet open 3"},
          {"wallet deposit 1 1000.00"},
          {"wallet deposit 2 10.00"}});
  }

  // Whatever was typed, the books balance.
  void TearDown() override {
    EXPECT_EQ(server_.stop(), 0);
    EXPECT_TRUE(audit(directory_ / "data").balanced());
  }

  void play(const std::vector<Line>& lines) {
    for (const Line& line : lines) {
      SCOPED_TRACE(line.words);
      const Finished end = type(line);
      EXPECT_EQ(complaint_about(line, end), "");
      if (*line.keep != 0) ids_[line.keep] = id_in(answer_in(end));
    }
  }

  TempDirectory directory_;
  ServerProcess server_{{.data = directory_ / "data",
                         .policy = "expiry_min = \"1s\"\n"
                                   "transfer_arrivals = [\"0s\", \"1s\", \"24h\"]\n"
                                   "daily_count_cap = 20\n"
                                   "daily_amount_cap = \"500.00\"\n",
                         .flags = {"--workers", std::to_string(GetParam())}}};

 private:
  std::vector<std::string> command(const Line& line) const {
    std::vector<std::string> words = {HB_HONGBAO, "--json", "--server",
                                      "127.0.0.1:" + std::to_string(server_.port())};
    std::istringstream text(line.words);
    for (std::string word; text >> word;) {
      words.push_back(word.starts_with('$') ? ids_.at(word.substr(1)) : word);
    }
    return words;
  }

  static nlohmann::json answer_in(const Finished& end) {
    return nlohmann::json::parse(end.output, nullptr, false);
  }

  Finished type(const Line& line) const {
    const std::vector<std::string> words = command(line);
    Finished end = run(words);
    if (!line.in_time) return end;
    eventually([&] {
      end = run(words);
      return complaint_about(line, end).empty();
    });
    return end;
  }

  // Empty: the line ended as it must.
  static std::string complaint_about(const Line& line, const Finished& end) {
    const nlohmann::json answer = answer_in(end);
    if (!answer.is_object()) return "no JSON: " + end.output + end.errors;
    const std::string status = answer.value("status", answer.value("error", ""));
    const bool says_it = end.output.find(line.says) != std::string::npos;
    if (end.status == line.exit && status == line.status && says_it) return {};
    return "exit status " + std::to_string(end.status) + ": " + end.output;
  }

  std::map<std::string, std::string> ids_;
};

INSTANTIATE_TEST_SUITE_P(Workers, Hongbao, testing::Values(1, 2));

TEST_P(Hongbao, SendsADirectPacketForOneUser) {
  play({
      no("send --from 1 --total 5.20 --kind direct", "recipients_out_of_range"),
      no("send --from 1 --total 5.20 --kind direct --to 1", "recipient_is_sender"),
      no("send --from 1 --total 5.20 --kind direct --to 2,3", "recipients_out_of_range"),
      no("send --from 1 --total 5.20 --kind lucky --shares 1 --to 2", "recipients_not_allowed"),
      keep("P", "send --from 1 --total 5.20 --kind direct --to 2"),
      no("claim $P --user 3", "not_recipient"),
      no("claim $P --user 1", "not_recipient"),
      {"claim $P --user 2", R"("amount_fen":520)"},
      {"claim $P --user 2", R"("amount_fen":520)", "already_claimed"},
      {"show $P", R"("recipients":[2])"},
  });
}

TEST_P(Hongbao, SendsAnExclusivePacketForNamedUsers) {
  play({
      no("send --from 1 --total 9.00 --kind exclusive --to 2,3 --to 2", "recipient_repeated",
         R"("limit":2)"),
      no("send --from 1 --total 9.01 --kind exclusive --to 2,3", "total_not_divisible"),
      keep("P", "send --from 1 --total 9.00 --kind exclusive --to 2 --to 3,4"),
      {"peek $P --user 2", R"("claimable":true)"},
      {"peek $P --user 5", R"("claimable":false)"},
      no("claim $P --user 5", "not_recipient"),
      {"claim $P --user 2", R"("amount_fen":300)"},
      {"claim $P --user 4", R"("amount_fen":300)"},
      {"show $P", R"("recipients":[2,3,4])"},
  });
}

TEST_P(Hongbao, LocksAUserOutAfterFiveWrongCodes) {
  play({
      keep("P", "send --from 1 --total 9.00 --shares 3 --kind even --code 口令"),
      {"peek $P --user 2", R"("needs_code":true)"},
      no("claim $P --user 2", "code_required"),
      no("claim $P --user 2 --code a", "code_wrong", R"("limit":4)"),
      no("claim $P --user 2 --code b", "code_wrong", R"("limit":3)"),
      no("claim $P --user 2 --code c", "code_wrong", R"("limit":2)"),
      no("claim $P --user 2 --code d", "code_wrong", R"("limit":1)"),
      no("claim $P --user 2 --code e", "code_wrong", R"("limit":0)"),
      no("claim $P --user 2 --code 口令", "code_locked", R"("limit":5)"),
      {"claim $P --user 3 --code 口令", R"("amount_fen":300)"},
  });
}

TEST_P(Hongbao, SplitsInAFairOrderAndNamesTheLuckiest) {
  play({
      no("send --from 1 --total 9.00 --shares 3 --split equal", "split_not_allowed"),
      no("send --from 1 --total 9.00 --shares 3 --kind even --split order_fair",
         "split_not_allowed"),
      keep("P", "send --from 1 --total 9.00 --shares 3 --split order_fair"),
      {"show $P", R"("split":"order_fair")"},
      {"claim $P --user 2"},
      {"claim $P --user 3"},
      {"show $P", R"("luckiest":null)"},
      {"show $P", R"("seed":null)"},
      {"claim $P --user 4"},
      no("claim $P --user 5", "sold_out"),
      {"show $P", R"("seed":")"},
      {"show $P", R"("luckiest":)"},
  });
}

TEST_P(Hongbao, LetsTheSenderClaimOrNot) {
  play({
      keep("P", "send --from 1 --total 2.00 --shares 2 --kind even"),
      {"claim $P --user 1", R"("amount_fen":100)"},
      keep("P", "send --from 1 --total 2.00 --shares 2 --kind even --sender-may-claim no"),
      no("claim $P --user 1", "sender_excluded"),
      keep("P", "send --from 1 --total 2.00 --kind exclusive --to 1,2 --sender-may-claim yes"),
      {"claim $P --user 1", R"("amount_fen":100)"},
  });
}

TEST_P(Hongbao, RecallsWhatIsLeft) {
  play({
      keep("P", "send --from 1 --total 6.00 --shares 3 --kind even"),
      no("recall $P --from 1", "not_recallable"),
      keep("P", "send --from 1 --total 6.00 --shares 3 --kind even --recallable"),
      {"claim $P --user 2"},
      no("recall $P --from 2", "not_sender"),
      {"recall $P --from 1 --key 0000000000000000000000000000a001", R"("amount":400)"},
      {"recall $P --from 1 --key 0000000000000000000000000000a001", R"("replayed":true)"},
      no("recall $P --from 1", "recalled"),
      no("claim $P --user 3", "recalled"),
      {"show $P", R"("state":"recalled")"},
      no("recall 409600001 --from 1", "packet_unknown"),
  });
}

TEST_P(Hongbao, OpensATimedPacketOnTime) {
  play({
      no("send --from 1 --total 2.00 --shares 2 --opens-at 1000", "opens_in_past"),
      no("send --from 1 --total 2.00 --shares 2 --opens-in 30d", "opens_too_late"),
      keep("P", "send --from 1 --total 2.00 --shares 2 --kind even --opens-in 24h"),
      no("claim $P --user 2", "not_open_yet"),
      {"peek $P --user 2", R"("claimable":false)"},
      keep("P", "send --from 1 --total 2.00 --shares 2 --kind even --opens-in 700ms"),
      soon("claim $P --user 2", R"("amount_fen":100)"),
  });
}

TEST_P(Hongbao, PaysRefundsOfExternalMoneyBackToTheRail) {
  play({
      no("send --from 1 --total 6.00 --shares 3 --funding external", "reference_missing"),
      no("send --from 1 --total 6.00 --shares 3 --reference pay-1", "reference_not_allowed"),
      keep("P",
           "send --from 1 --total 6.00 --shares 3 --kind even --funding external --reference pay-1 "
           "--recallable"),
      no("send --from 2 --total 6.00 --shares 3 --funding external --reference pay-1",
         "reference_used"),
      no("wallet deposit 3 1.00 --reference pay-1", "reference_used"),
      {"wallet deposit 3 1.00 --reference pay-2", R"("balance":100)"},
      no("wallet deposit 3 1.00 --reference pay-2", "reference_used"),
      no("payout confirm $P --reference back-1", "payout_unknown"),
      {"recall $P --from 1", R"("to":"source")"},
      {"payout list", R"("funding":"pay-1")"},
      {"payout list --rows 500", R"("funding":"pay-1")"},
      {"payout list --page 1", R"("more":false)"},
      {"payout list --page 2", R"("payouts":[])"},
      no("payout list --shard 60", "shard_unknown"),
      {"payout confirm $P --reference back-1 --key 0000000000000000000000000000a002",
       R"("confirmation":"back-1")"},
      {"payout confirm $P --reference back-1 --key 0000000000000000000000000000a002",
       R"("replayed":true)"},
      no("payout confirm $P --reference back-2 --key 0000000000000000000000000000a002",
         "key_conflict"),
      no("payout confirm $P --reference back-2", "payout_confirmed"),
      {"payout list", R"("payouts":[])"},
  });
}

TEST_P(Hongbao, ListsPayoutsPageByPage) {
  play({
      {"send --from 1 --total 0.01 --shares 1 --funding external --reference r1 --expires-in 1s"},
      {"send --from 2 --total 0.01 --shares 1 --funding external --reference r2 --expires-in 1s"},
      {"send --from 3 --total 0.01 --shares 1 --funding external --reference r3 --expires-in 1s"},
      soon("payout list --page 3 --rows 1", R"("amount":1)"),
      {"payout list --page 2 --rows 1", R"("more":true)"},
      {"payout list --page 3 --rows 1", R"("more":false)"},
      {"payout list --page 4 --rows 1", R"("payouts":[])"},
      {"payout list --page 1 --rows 3", R"("amount":1)"},
  });
}

TEST_P(Hongbao, RefundsExternalMoneyToTheWalletOfWhoSaidSo) {
  play({
      {"wallet set 3 --refund-to wallet", R"("refund_target":"wallet")"},
      keep("P",
           "send --from 3 --total 6.00 --shares 3 --kind even --funding external --reference pay-1 "
           "--recallable"),
      {"recall $P --from 3", R"("to":"wallet")"},
      {"wallet show 3", R"("balance":600)"},
      {"payout list", R"("payouts":[])"},
      {"wallet set 3 --refund-to source", R"("refund_target":"source")"},
      no("wallet set 99 --refund-to wallet", "wallet_unknown"),
  });
}

TEST_P(Hongbao, ReturnsAShareToItsSender) {
  play({
      keep("P", "send --from 1 --total 6.00 --shares 3 --kind even"),
      no("return $P --user 2", "claim_unknown"),
      {"claim $P --user 2"},
      {"claim $P --user 3"},
      soon("wallet show 3", R"("balance":200)"),
      {"wallet withdraw 3 2.00"},
      no("return $P --user 3", "insufficient_funds", R"("limit":0)"),
      {"return $P --user 2 --key 0000000000000000000000000000a003", R"("amount":200)"},
      {"return $P --user 2 --key 0000000000000000000000000000a003", R"("replayed":true)"},
      no("return $P --user 2", "already_returned"),
      {"show $P", R"("share_states":["returned","held"])"},
      {"wallet show 2", R"("balance":1000)"},
      {"wallet show 1", R"("balance":99600)"},
  });
}

TEST_P(Hongbao, CarriesATransferToItsRecipient) {
  play({
      no("transfer send --from 1 --to 1 --amount 5.00", "recipient_is_sender"),
      no("transfer send --from 1 --to 2 --amount 0.00", "amount_not_positive"),
      no("transfer send --from 1 --to 2 --amount 5.00 --arrives-after 3h", "arrival_not_offered"),
      keep("T", "transfer send --from 1 --to 2 --amount 5.00 --remark rent",
           R"("state":"pending")"),
      no("transfer accept $T --user 3", "not_recipient"),
      no("transfer return $T --user 2", "transfer_not_arrived"),
      {"transfer accept $T --user 2", R"("state":"arrived")"},
      no("transfer accept $T --user 2", "transfer_arrived"),
      no("transfer cancel $T --from 1", "transfer_arrived"),
      soon("wallet show 2", R"("balance":1500)"),
      {"transfer return $T --user 2", R"("state":"returned")"},
      no("transfer return $T --user 2", "already_returned"),
      {"transfer show $T", R"("remark":"rent")"},
      no("transfer show 409600001", "transfer_unknown"),
      {"wallet show 1", R"("balance":100000)"},
  });
}

TEST_P(Hongbao, TakesATransferBackThatIsDeclinedOrCancelled) {
  play({
      keep("T", "transfer send --from 1 --to 2 --amount 5.00"),
      no("transfer decline $T --user 3", "not_recipient"),
      {"transfer decline $T --user 2", R"("state":"declined")"},
      no("transfer accept $T --user 2", "transfer_closed"),
      keep("T", "transfer send --from 1 --to 2 --amount 5.00"),
      no("transfer cancel $T --from 2", "not_sender"),
      {"transfer cancel $T --from 1", R"("state":"cancelled")"},
      keep("T", "transfer send --from 1 --to 2 --amount 5.00 --arrives-after 24h"),
      {"transfer accept $T --user 2", R"("state":"accepted")"},
      no("transfer decline $T --user 2", "transfer_accepted"),
      {"transfer cancel $T --from 1", R"("state":"cancelled")"},
      {"wallet show 1", R"("balance":100000)"},
  });
}

TEST_P(Hongbao, LetsATransferArriveAsLateAsItsSenderChose) {
  play({
      keep("T", "transfer send --from 1 --to 2 --amount 5.00 --arrives-after 1s"),
      {"transfer accept $T --user 2", R"("state":"accepted")"},
      soon("transfer show $T", R"("state":"arrived")"),
      soon("wallet show 2", R"("balance":1500)"),
  });
}

TEST_P(Hongbao, StopsASenderAtTheDailyCap) {
  play({
      {"transfer send --from 1 --to 2 --amount 400.00"},
      no("transfer send --from 1 --to 2 --amount 100.01", "cap_amount_reached", R"("limit":50000)"),
      no("send --from 1 --total 100.01 --shares 1", "cap_amount_reached"),
      {"transfer send --from 1 --to 2 --amount 100.00"},
      no("send --from 1 --total 0.01 --shares 1", "cap_amount_reached"),
  });
  for (int i = 0; i < 20; ++i) play({{"send --from 2 --total 0.01 --shares 1"}});
  play({no("send --from 2 --total 0.01 --shares 1", "cap_count_reached", R"("limit":20)")});
}

TEST_P(Hongbao, ChecksARecipientByTheMaskedName) {
  play({
      {"wallet check 1", R"("masked_name":"**n")"},
      {"wallet check 99", R"("exists":false)"},
      no("wallet check 0", "user_invalid"),
      {"wallet freeze 1 --operator eve"},
      {"wallet check 1", R"("frozen":true)"},
  });
}

TEST_P(Hongbao, LetsNoMoneyOutOfAFrozenWallet) {
  play({
      keep("P", "send --from 1 --total 2.00 --shares 2 --kind even"),
      no("wallet unfreeze 2 --operator eve", "not_frozen"),
      {"wallet freeze 2 --operator eve --note suspicious", R"("frozen":true)"},
      no("wallet freeze 2 --operator eve", "already_frozen"),
      no("wallet withdraw 2 1.00", "wallet_frozen"),
      no("send --from 2 --total 1.00 --shares 1", "wallet_frozen"),
      {"claim $P --user 2", R"("amount_fen":100)"},
      no("return $P --user 2", "wallet_frozen"),
      {"wallet unfreeze 2 --operator eve", R"("frozen":false)"},
      {"return $P --user 2", R"("amount":100)"},
      no("wallet freeze 99 --operator eve", "wallet_unknown"),
  });
}

TEST_P(Hongbao, KeepsTheMoneyOfAFrozenPacketWhereItIs) {
  play({
      keep("P", "send --from 1 --total 2.00 --shares 2 --kind even --recallable"),
      {"case freeze $P --operator eve --note reported", R"("frozen":true)"},
      no("case freeze $P --operator eve", "already_frozen"),
      no("claim $P --user 2", "packet_frozen"),
      no("recall $P --from 1", "packet_frozen"),
      {"show $P", R"("frozen":true)"},
      {"case unfreeze $P --operator eve", R"("frozen":false)"},
      no("case unfreeze $P --operator eve", "not_frozen"),
      {"claim $P --user 2"},
      keep("T", "transfer send --from 1 --to 2 --amount 1.00"),
      {"case freeze $T --operator eve"},
      no("transfer accept $T --user 2", "packet_frozen"),
      no("case freeze 409600001 --operator eve", "packet_unknown"),
  });
}

TEST_P(Hongbao, ForcesAShareBackAndRecordsTheShortfall) {
  play({
      keep("P", "send --from 1 --total 6.00 --shares 2 --kind even"),
      no("case open $P --user 3 --operator eve", "claim_unknown"),
      {"claim $P --user 3"},
      soon("wallet show 3", R"("balance":300)"),
      {"wallet withdraw 3 2.00"},
      keep("C", "case open $P --user 3 --operator eve --note mistaken", R"("state":"open")"),
      no("case open $P --user 3 --operator eve", "case_exists"),
      {"case resolve $C uphold --operator fay --note agreed", R"("shortfall":200)"},
      no("case resolve $C refuse --operator fay", "case_resolved"),
      {"case show $C", R"("returned":100)"},
      {"show $P", R"("share_states":["returned_short"])"},
      {"wallet show 3", R"("balance":0)"},
      {"wallet show 1", R"("balance":99500)"},
  });
}

TEST_P(Hongbao, RefusesACaseOrNeedsToKnowWhoseShareItIs) {
  play({
      keep("P", "send --from 1 --total 6.00 --shares 2 --kind even"),
      {"claim $P --user 2"},
      keep("C", "case open $P --operator eve"),
      no("case resolve $C uphold --operator fay", "case_user_missing"),
      no("case resolve $C uphold --user 3 --operator fay", "claim_unknown"),
      {"case resolve $C refuse --operator fay", R"("state":"refused")"},
      no("case show 409600001", "case_unknown"),
  });
}

TEST_P(Hongbao, EndsWithTwoOnWrongUsage) {
  for (const char* words :
       {"send --from 1 --total 1.00 --kind strange", "send --from 1 --total 1.00 --opens-at noon",
        "claim 4097", "recall 4097", "return 4097", "wallet set 1 --refund-to nowhere",
        "wallet freeze 1", "transfer accept 8193", "payout confirm 4097", "case open 4097",
        "case resolve 4097 perhaps --operator eve"}) {
    play({{words, "", "usage", usage}});
  }
}

TEST_P(Hongbao, EndsWithThreeWhereNoServerIs) {
  server_.kill();
  for (const char* words : {"recall 4097 --from 1", "wallet check 1", "transfer show 8193",
                            "payout list", "case show 4097"}) {
    play({{words, "", "io", failed}});
  }
  ASSERT_TRUE(server_.start());
}

}  // namespace
}  // namespace hb::e2e
