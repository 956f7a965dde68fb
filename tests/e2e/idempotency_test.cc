// The same key gives the same answer, also across kill -9 and a restart.
#include <gtest/gtest.h>

#include <optional>

#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr UserId sender{1};
constexpr UserId claimer{2};

class Idempotency : public testing::Test {
 protected:
  void SetUp() override {
    start();
    answer_of(client().open_wallet(open_));
    answer_of(client().deposit(deposit_));
    answer_of(client().withdraw(withdraw_));
    sent_ = answer_of(client().send(send_));
    claimed_ = answer_of(client().claim(sent_.packet, claimer));
    // Later changes, so that a repeated answer differs from a fresh one.
    answer_of(client().deposit({.user = sender, .amount = Amount(77)}));
    server_.kill();
    start();
  }
  void TearDown() override {
    EXPECT_EQ(balance_of(client(), sender), Amount(10'000 - 1'000 - 2'000 + 77));
    EXPECT_EQ(server_.stop(), 0);
    EXPECT_TRUE(audit(directory_ / "data").balanced());
  }

  void start() {
    ASSERT_TRUE(server_.start());
    client_.emplace(server_.client_options());
  }
  net::BlockingClient& client() { return *client_; }

  template <class T>
  static T replayed(const Result<net::Outcome<T>>& result) {
    const T answer = answer_of(result);
    EXPECT_TRUE(result && result->replayed);
    return answer;
  }

  static SendPacket make_send() {
    SendPacket send{.key = key_number(4), .sender = sender};
    send.total = Amount(2'000);
    send.share_count = 10;
    send.remark = Remark("恭喜发财");
    return send;
  }

  const OpenWallet open_{.key = key_number(1), .user = sender, .name = DisplayName("小明")};
  const Deposit deposit_{.key = key_number(2), .user = sender, .amount = Amount(10'000)};
  const Withdraw withdraw_{.key = key_number(3), .user = sender, .amount = Amount(1'000)};
  const SendPacket send_ = make_send();

  TempDirectory directory_;
  ServerProcess server_{{.data = directory_ / "data"}};
  std::optional<net::BlockingClient> client_;
  SendAnswer sent_;
  ClaimAnswer claimed_;
};

TEST_F(Idempotency, RepeatsTheFirstAnswersAfterACrash) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(replayed(client().open_wallet(open_)).balance, Amount(0));
    EXPECT_EQ(replayed(client().deposit(deposit_)).balance, Amount(10'000));
    EXPECT_EQ(replayed(client().withdraw(withdraw_)).balance, Amount(9'000));
    const SendAnswer again = replayed(client().send(send_));
    EXPECT_EQ(again.packet, sent_.packet);
    EXPECT_EQ(again.expires_at, sent_.expires_at);
    EXPECT_EQ(again.seed_commitment, sent_.seed_commitment);
  }
}

TEST_F(Idempotency, RefusesAKnownKeyWithOtherParametersAfterACrash) {
  OpenWallet open = open_;
  open.name = DisplayName("小红");
  EXPECT_EQ(status_of(client().open_wallet(open)), Status::key_conflict);
  Deposit deposit = deposit_;
  deposit.amount = Amount(10'001);
  EXPECT_EQ(status_of(client().deposit(deposit)), Status::key_conflict);
  Withdraw withdraw = withdraw_;
  withdraw.amount = Amount(999);
  EXPECT_EQ(status_of(client().withdraw(withdraw)), Status::key_conflict);
  SendPacket send = send_;
  send.share_count = 11;
  EXPECT_EQ(status_of(client().send(send)), Status::key_conflict);
  send = send_;
  send.remark = Remark("happy new year");
  EXPECT_EQ(status_of(client().send(send)), Status::key_conflict);
  // The key of one command under another.
  withdraw.key = deposit_.key;
  EXPECT_EQ(status_of(client().withdraw(withdraw)), Status::key_conflict);
}

TEST_F(Idempotency, RepeatsAClaimsFirstAnswerAfterACrash) {
  for (int i = 0; i < 2; ++i) {
    const auto again = client().claim(sent_.packet, claimer);
    EXPECT_EQ(status_of(again), Status::already_claimed);
    EXPECT_EQ(again->answer.amount_fen, claimed_.amount_fen);
    EXPECT_EQ(again->answer.share_index, claimed_.share_index);
    EXPECT_EQ(again->answer.claimed_at, claimed_.claimed_at);
  }
  EXPECT_EQ(balance_of(client(), claimer), Amount(claimed_.amount_fen));
}

TEST_F(Idempotency, LetsARefusedCommandTryAgainUnderItsKey) {
  const Withdraw large{.key = key_number(9), .user = claimer, .amount = Amount(5'000)};
  EXPECT_EQ(status_of(client().withdraw(large)), Status::insufficient_funds);
  answer_of(client().deposit({.user = claimer, .amount = Amount(5'000)}));
  const auto second = client().withdraw(large);
  EXPECT_EQ(answer_of(second).balance, Amount(claimed_.amount_fen));
  EXPECT_FALSE(second && second->replayed);
}

}  // namespace
}  // namespace hb::e2e
