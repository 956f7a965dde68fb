// The client against a small server on the loopback: everything runs in one io_context, and each
// test runs it until what it waits for is there.
#include "net/client/client.h"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <variant>
#include <vector>

#include "engine/base/partition.h"
#include "net/client/blocking_client.h"
#include "tests/unit/net/client/fake_server.h"

namespace hb::net {
namespace {

class ClientTest : public testing::Test {
 protected:
  void start_server() { server.emplace(io, session_options); }
  void start() {
    start_server();
    options.port = server->port();
    client.emplace(io, options);
  }

  // Nothing here takes long; the bound only keeps a broken client from hanging the run.
  template <class Condition>
  void run_until(Condition condition) {
    while (!condition()) {
      if (io.run_one_for(std::chrono::seconds(20)) == 0) {
        ADD_FAILURE() << "nothing more happens";
        return;
      }
    }
  }

  template <class T>
  Callback<T> into(std::optional<Result<Outcome<T>>>& result) {
    return [&result](Result<Outcome<T>> r) { result.emplace(std::move(r)); };
  }
  // Starts one request and runs until its answer is there.
  template <class T, class Start>
  Result<Outcome<T>> ask(Start request) {
    std::optional<Result<Outcome<T>>> result;
    request(into<T>(result));
    EXPECT_FALSE(result) << "called back inside the call";
    run_until([&] { return result.has_value(); });
    return result ? *std::move(result) : fail(ErrorCode::timed_out, "the test gave up");
  }
  Result<Outcome<WalletAnswer>> deposit(Key128 key, std::int64_t fen) {
    return ask<WalletAnswer>([&](auto done) {
      client->deposit({key, UserId(1), Amount(fen)}, done);
    });
  }

  boost::asio::io_context io;
  SessionOptions session_options;
  ClientOptions options{.backoff_min = Duration::ms(1), .backoff_max = Duration::ms(5)};
  std::optional<FakeServer> server;
  std::optional<Client> client;
};

// A packet of partition 0, or of the first partition of one of four shards.
PacketId packet(std::uint64_t number, std::uint16_t shard = 0) {
  return packet_id(PartitionId(static_cast<std::uint16_t>(shard * 1024)), number);
}

using ClientRequests = ClientTest;
using ClientRecords = ClientTest;
using ClientClaims = ClientTest;
using ClientWindow = ClientTest;
using ClientRetry = ClientTest;
using ClientEnd = ClientTest;

// ---- requests -----------------------------------------------------------------------------------

TEST_F(ClientRequests, LearnsTheServersLimits) {
  session_options.server_version = "9.9";
  session_options.window_max = 123;
  start();
  std::optional<Result<Welcome>> welcome;
  client->connect([&](Result<Welcome> w) { welcome.emplace(std::move(w)); });
  run_until([&] { return welcome.has_value(); });
  ASSERT_TRUE(welcome->has_value());
  EXPECT_EQ((*welcome)->server_version, "9.9");
  EXPECT_EQ(client->welcome().window_max, 123);
  EXPECT_TRUE(client->connected());
}

TEST_F(ClientRequests, EveryKindHasItsTypedAnswer) {
  start();
  EXPECT_TRUE(ask<Pong>([&](auto done) { client->ping(done); }).has_value());

  const auto opened = ask<WalletAnswer>([&](auto done) {
    client->open_wallet({random_key(), UserId(5), DisplayName("小明")}, done);
  });
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->answer.name.view(), "小明");

  const auto deposited = deposit(random_key(), 250);
  ASSERT_TRUE(deposited.has_value());
  EXPECT_EQ(deposited->answer.balance, Amount(250));

  const auto shown = ask<WalletAnswer>([&](auto done) { client->show_wallet(UserId(1), done); });
  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ(shown->answer.balance, Amount(250));

  SendPacket to_send;
  to_send.sender = UserId(1);
  to_send.total = Amount(100);
  to_send.share_count = 5;
  const auto sent = ask<SendAnswer>([&](auto done) { client->send(to_send, done); });
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(partition_of(sent->answer.packet), partition_of(UserId(1)));

  const auto peeked = ask<PeekAnswer>([&](auto done) { client->peek(packet(3), UserId(1), done); });
  ASSERT_TRUE(peeked.has_value());
  EXPECT_EQ(peeked->answer.packet.packet, packet(3));

  const auto record = ask<PacketRecord>([&](auto done) { client->show(packet(3), done); });
  ASSERT_TRUE(record.has_value());
  ASSERT_EQ(record->answer.claims.size(), 2);
  EXPECT_EQ(record->answer.claims[1].amount, Amount(20));
  EXPECT_EQ(record->answer.share_states, (std::vector{ShareState::held, ShareState::returned}));
  EXPECT_EQ(record->answer.recipients, (std::vector{UserId(1), UserId(2), UserId(3)}));
  ASSERT_TRUE(record->answer.seed.has_value());
  EXPECT_EQ(record->answer.seed->k0, 7);
  EXPECT_EQ(record->answer.seed->k1, 8);
}

TEST_F(ClientRequests, WalletsHaveASettingAndCanBeLookedUp) {
  start();
  const auto set = ask<WalletAnswer>([&](auto done) {
    client->set_refund_target({{}, UserId(5), RefundTarget::wallet}, done);
  });
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(set->answer.refund_target, RefundTarget::wallet);
  const auto found =
      ask<RecipientAnswer>([&](auto done) { client->check_recipient(UserId(6), done); });
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->answer.user, UserId(6));
  EXPECT_TRUE(found->answer.exists);
  EXPECT_EQ(found->answer.masked_name.view(), "*明");
}

TEST_F(ClientRequests, APacketsRecipientsReachTheServer) {
  start();
  const std::vector<UserId> named = {UserId(11), UserId(12)};
  SendPacket exclusive;
  exclusive.sender = UserId(1);
  exclusive.kind = PacketKind::exclusive;
  const auto sent = ask<SendAnswer>([&](auto done) { client->send(exclusive, named, done); });
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->status, Status::ok);
  EXPECT_EQ(server->recipients, named);
}

TEST_F(ClientRequests, SharesGoBackToTheirSender) {
  start();
  const auto recalled = ask<RecallAnswer>([&](auto done) {
    client->recall({{}, packet(3), UserId(1)}, done);
  });
  ASSERT_TRUE(recalled.has_value());
  EXPECT_EQ(recalled->answer.packet, packet(3));
  EXPECT_EQ(recalled->answer.amount, Amount(77));
  EXPECT_EQ(recalled->answer.to, RefundTarget::source);
  const auto returned = ask<ReturnAnswer>([&](auto done) {
    client->return_share({{}, packet(3), UserId(2)}, done);
  });
  ASSERT_TRUE(returned.has_value());
  EXPECT_EQ(returned->answer.user, UserId(2));
  EXPECT_EQ(returned->answer.amount, Amount(78));
}

TEST_F(ClientRequests, TransfersAreSentAndMoved) {
  start();
  SendTransfer to_send;
  to_send.sender = UserId(1);
  to_send.recipient = UserId(2);
  to_send.amount = Amount(900);
  to_send.arrives_after = Duration::hours(2);
  const auto sent = ask<TransferAnswer>([&](auto done) { client->send_transfer(to_send, done); });
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->answer.amount, Amount(900));
  EXPECT_EQ(sent->answer.arrives_after, Duration::hours(2));

  const PacketId id = packet(9);
  const auto state = [&](auto call) {
    const auto moved = ask<TransferAnswer>(call);
    EXPECT_TRUE(moved.has_value() && moved->answer.transfer == id);
    return moved ? moved->answer.state : TransferState{};
  };
  const UserId user(2);
  EXPECT_EQ(state([&](auto done) {
              client->accept_transfer({{}, id, user}, done);
            }),
            TransferState::accepted);
  EXPECT_EQ(state([&](auto done) {
              client->decline_transfer({{}, id, user}, done);
            }),
            TransferState::declined);
  EXPECT_EQ(state([&](auto done) {
              client->cancel_transfer({{}, id, user}, done);
            }),
            TransferState::cancelled);
  EXPECT_EQ(state([&](auto done) {
              client->return_transfer({{}, id, user}, done);
            }),
            TransferState::returned);
  EXPECT_EQ(state([&](auto done) { client->show_transfer(id, done); }), TransferState::pending);
}

TEST_F(ClientRequests, PayoutsComeInPagesAndAreConfirmed) {
  start();
  const auto page = ask<PayoutPage>([&](auto done) {
    client->list_payouts({ShardId(0), PacketId(100), 3}, done);
  });
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->answer.payouts.size(), 3);
  EXPECT_EQ(page->answer.payouts[2].packet, PacketId(103));
  EXPECT_TRUE(page->answer.more);
  const auto confirmed = ask<PayoutAnswer>([&](auto done) {
    client->confirm_payout({{}, PacketId(103), Reference("bank 1")}, done);
  });
  ASSERT_TRUE(confirmed.has_value());
  EXPECT_EQ(confirmed->answer.payout.state, PayoutState::confirmed);
  EXPECT_EQ(confirmed->answer.payout.confirmation.view(), "bank 1");
}

TEST_F(ClientRequests, SupportCommandsCarryTheirNote) {
  start();
  const auto opened = ask<CaseRecord>([&](auto done) {
    client->open_case({{}, packet(3), UserId(2), Operator("ann")}, "he says so", done);
  });
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->answer.subject, packet(3));
  EXPECT_EQ(opened->answer.opened_by.view(), "ann");
  EXPECT_EQ(opened->answer.opened_note.view(), "he says so");

  const auto resolved = ask<CaseRecord>([&](auto done) {
    client->resolve_case({{}, CaseId(4097), Decision::uphold, {}, Operator("bob")}, "it is so",
                         done);
  });
  ASSERT_TRUE(resolved.has_value());
  EXPECT_EQ(resolved->answer.state, CaseState::upheld);
  EXPECT_EQ(resolved->answer.resolved_note.view(), "it is so");

  const auto shown = ask<CaseRecord>([&](auto done) { client->show_case(CaseId(4097), done); });
  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ(shown->answer.case_id, CaseId(4097));

  const auto packet_frozen = ask<PacketFreezeAnswer>([&](auto done) {
    client->freeze_packet({{}, packet(3), true, Operator("ann")}, "until Monday", done);
  });
  ASSERT_TRUE(packet_frozen.has_value());
  EXPECT_TRUE(packet_frozen->answer.frozen);
  EXPECT_EQ(server->freeze_note, "until Monday");

  const auto wallet_frozen = ask<WalletAnswer>([&](auto done) {
    client->freeze_wallet({{}, UserId(2), true, Operator("ann")}, "stolen", done);
  });
  ASSERT_TRUE(wallet_frozen.has_value());
  EXPECT_TRUE(wallet_frozen->answer.frozen);
  EXPECT_EQ(server->freeze_note, "stolen");
}

TEST_F(ClientRequests, ARefusalIsAnOutcomeWithLimitAndSentence) {
  start();
  ASSERT_TRUE(deposit(random_key(), 250).has_value());
  const auto refused = ask<WalletAnswer>([&](auto done) {
    client->withdraw({random_key(), UserId(1), Amount(999)}, done);
  });
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, Status::insufficient_funds);
  EXPECT_EQ(refused->limit, 250);
  EXPECT_NE(refused->message.find("2.50"), std::string::npos);
}

TEST_F(ClientRequests, EveryChangeWithoutKeyGetsAFreshOne) {
  start();
  int asked = 0;
  int answered = 0;
  const auto count = [&](const auto& r) {
    EXPECT_TRUE(r.has_value());
    ++answered;
  };
  const auto change = [&](auto call) {
    ++asked;
    call(count);
  };
  change([&](auto done) { client->deposit({{}, UserId(1), Amount(1)}, done); });
  change([&](auto done) { client->deposit({{}, UserId(1), Amount(1)}, done); });
  change([&](auto done) { client->set_refund_target({}, done); });
  change([&](auto done) { client->send(SendPacket{}, done); });
  change([&](auto done) { client->recall({}, done); });
  change([&](auto done) { client->return_share({}, done); });
  change([&](auto done) { client->send_transfer({}, done); });
  change([&](auto done) { client->accept_transfer({}, done); });
  change([&](auto done) { client->decline_transfer({}, done); });
  change([&](auto done) { client->cancel_transfer({}, done); });
  change([&](auto done) { client->return_transfer({}, done); });
  change([&](auto done) { client->confirm_payout({}, done); });
  change([&](auto done) { client->open_case({}, "", done); });
  change([&](auto done) { client->resolve_case({}, "", done); });
  change([&](auto done) { client->freeze_packet({}, "", done); });
  change([&](auto done) { client->freeze_wallet({}, "", done); });
  run_until([&] { return answered == asked; });
  const std::set<Key128> fresh(server->keys.begin(), server->keys.end());
  EXPECT_EQ(fresh.size(), static_cast<std::size_t>(asked)) << "each key is another";
  EXPECT_FALSE(fresh.contains(Key128{}));
}

TEST_F(ClientRequests, AGivenKeyIsKept) {
  start();
  const Key128 given{5, 6};
  ASSERT_TRUE(ask<RecallAnswer>([&](auto done) {
                client->recall({given, packet(3), UserId(1)}, done);
              }).has_value());
  EXPECT_EQ(server->keys, std::vector{given});
}

// ---- records ------------------------------------------------------------------------------------

// The page of the kind that the query wants, with its own user, shard or case in it.
struct PageFor {
  archive::QueryAnswer operator()(const archive::ListSent& q) const {
    return archive::SentPage{
        {{.packet = PacketId(q.user.value), .remark = {}, .group = {}}}, next, {}};
  }
  archive::QueryAnswer operator()(const archive::ListReceived& q) const {
    return archive::ReceivedPage{{{.packet = PacketId(q.user.value), .remark = {}}}, next, {}};
  }
  archive::QueryAnswer operator()(const archive::ListStatement& q) const {
    return archive::StatementPage{{{.packet = PacketId(q.user.value)}}, next, {}};
  }
  archive::QueryAnswer operator()(const archive::ShowHistory& q) const {
    return archive::HistoryPage{{}, next, {{ShardId(0), Sequence(q.packet.value), 1}}};
  }
  archive::QueryAnswer operator()(const archive::CaseBundle& q) const {
    return archive::HistoryPage{{}, next, {{ShardId(0), Sequence(q.case_id.value), 1}}};
  }
  archive::QueryAnswer operator()(const archive::ReadFeed& q) const {
    return archive::FeedPage{q.shard, q.from, 0, Sequence(q.from.value - 1), {}};
  }
  archive::Cursor next{"more"};
};

archive::QueryReply page_for(const archive::Query& query) {
  return {.to = {}, .answer = std::visit(PageFor(), query)};
}

TEST_F(ClientRecords, EveryQueryHasItsTypedPage) {
  start();
  server->answer_query = page_for;
  const auto sent = ask<archive::SentPage>([&](auto done) {
    client->list_sent({.user = UserId(5), .cursor = archive::Cursor("c"), .count_max = 10}, done);
  });
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->answer.entries.at(0).packet, PacketId(5));
  EXPECT_EQ(sent->answer.next.view(), "more");
  const auto& asked = std::get<archive::ListSent>(server->queries.at(0));
  EXPECT_EQ(asked.cursor.view(), "c");
  EXPECT_EQ(asked.count_max, 10);

  const auto received = ask<archive::ReceivedPage>(
      [&](auto done) { client->list_received({.user = UserId(6), .cursor = {}}, done); });
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(received->answer.entries.at(0).packet, PacketId(6));

  const auto statement = ask<archive::StatementPage>(
      [&](auto done) { client->list_statement({.user = UserId(7), .cursor = {}}, done); });
  ASSERT_TRUE(statement.has_value());
  EXPECT_EQ(statement->answer.movements.at(0).packet, PacketId(7));

  const auto history = ask<archive::HistoryPage>(
      [&](auto done) { client->show_history({.packet = packet(1), .cursor = {}}, done); });
  ASSERT_TRUE(history.has_value());
  EXPECT_EQ(history->answer.as_of.at(0).sequence, Sequence(packet(1).value));

  const auto bundle =
      ask<archive::HistoryPage>([&](auto done) { client->case_bundle(CaseId(8), done); });
  ASSERT_TRUE(bundle.has_value());
  EXPECT_EQ(bundle->answer.as_of.at(0).sequence, Sequence(8));

  const auto feed = ask<archive::FeedPage>(
      [&](auto done) { client->read_feed({.shard = ShardId(0), .from = Sequence(4)}, done); });
  ASSERT_TRUE(feed.has_value());
  EXPECT_EQ(feed->answer.first, Sequence(4));
}

TEST_F(ClientRecords, RecordsThatAreNotThereAreTheCallersToAskAgain) {
  start();
  const auto outcome =
      ask<archive::SentPage>([&](auto done) { client->list_sent({.cursor = {}}, done); });
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->status, Status::records_unavailable);
  EXPECT_EQ(outcome->retry_after, Duration::ms(1));
  EXPECT_EQ(server->queries.size(), 1);
}

TEST_F(ClientRecords, AReadOfTheFeedIsGivenItsWaitBeforeItTimesOut) {
  start();
  server->mute = true;
  std::optional<Result<Outcome<archive::FeedPage>>> patient;
  client->read_feed({.wait = Duration::hours(1)}, into<archive::FeedPage>(patient),
                    {.timeout = Duration::ms(1), .deadline = {}});
  const auto hasty = ask<archive::FeedPage>([&](auto done) {
    client->read_feed({.wait = Duration::ms(1)}, done,
                      {.timeout = Duration::ms(1), .deadline = {}});
  });
  ASSERT_FALSE(hasty.has_value());
  EXPECT_EQ(hasty.error().code, ErrorCode::timed_out);
  EXPECT_FALSE(patient.has_value());
}

// ---- claims -------------------------------------------------------------------------------------

TEST_F(ClientClaims, ClaimsOfOneTurnTravelTogetherAndAreAnsweredOneByOne) {
  start();
  std::size_t answered = 0;
  for (std::uint64_t user = 1; user <= 1000; ++user) {
    client->claim(packet(1), UserId(user), [&, user](Result<Outcome<ClaimAnswer>> r) {
      ASSERT_TRUE(r.has_value());
      EXPECT_EQ(r->status, Status::ok);
      EXPECT_EQ(r->answer.amount_fen, user);
      ++answered;
    });
  }
  EXPECT_EQ(client->outstanding(), 1000);
  run_until([&] { return answered == 1000; });
  EXPECT_EQ(server->claim_counts, std::vector<std::uint32_t>{1000});
  EXPECT_EQ(client->outstanding(), 0);
}

TEST_F(ClientClaims, EachClaimHearsItsOwnRefusalAndItsLimit) {
  start();
  std::optional<Result<Outcome<ClaimAnswer>>> good;
  std::optional<Result<Outcome<ClaimAnswer>>> bad;
  std::optional<Result<Outcome<ClaimAnswer>>> late;
  client->claim(packet(1), UserId(7), into<ClaimAnswer>(good));
  client->claim(PacketId(0), UserId(7), into<ClaimAnswer>(bad));
  client->claim(expired_packet, UserId(7), into<ClaimAnswer>(late));
  run_until([&] { return good && bad && late; });
  EXPECT_EQ((*late)->status, Status::expired);
  EXPECT_EQ((*late)->limit, 12'345);
  EXPECT_EQ((*good)->status, Status::ok);
  EXPECT_EQ((*bad)->status, Status::packet_unknown);
  EXPECT_FALSE((*bad)->message.empty());
}

TEST_F(ClientClaims, AClaimWithACodeGoesByItself) {
  start();
  const auto won = ask<ClaimAnswer>([&](auto done) {
    client->claim_with_code({packet(1), UserId(7), ClaimCode("open sesame")}, done);
  });
  ASSERT_TRUE(won.has_value());
  EXPECT_EQ(won->status, Status::ok);
  EXPECT_EQ(won->answer.amount_fen, 7);
  EXPECT_TRUE(server->claim_counts.empty());

  const auto wrong = ask<ClaimAnswer>([&](auto done) {
    client->claim_with_code({packet(1), UserId(7), ClaimCode("please")}, done);
  });
  ASSERT_TRUE(wrong.has_value());
  EXPECT_EQ(wrong->status, Status::code_wrong);
  EXPECT_EQ(wrong->limit, 4);
  EXPECT_FALSE(wrong->message.empty());
}

TEST_F(ClientClaims, ManyClaimsGoInBatchesThatTheServerTakes) {
  session_options.claim_batch_max = 10;
  start();
  std::size_t answered = 0;
  const auto claim_all = [&] {  // before the handshake, and after it
    for (std::uint64_t user = 1; user <= 95; ++user) {
      client->claim(packet(1), UserId(user), [&](Result<Outcome<ClaimAnswer>> r) {
        ASSERT_TRUE(r.has_value());
        EXPECT_TRUE(succeeded(r->status));
        ++answered;
      });
    }
  };
  claim_all();
  run_until([&] { return answered == 95; });
  claim_all();
  run_until([&] { return answered == 190; });
  EXPECT_EQ(server->claim_counts.size(), 20);
}

TEST_F(ClientClaims, OwnBatchesAreAnsweredInOrder) {
  start();
  std::vector<ClaimItem> claims;
  for (std::uint64_t user = 1; user <= 50; ++user) claims.push_back({packet(1), UserId(user)});
  std::vector<ClaimAnswer> answers;
  client->claim_batch(claims, [&](Result<Outcome<std::span<const ClaimAnswer>>> r) {
    ASSERT_TRUE(r.has_value());
    answers.assign(r->answer.begin(), r->answer.end());
  });
  run_until([&] { return !answers.empty(); });
  ASSERT_EQ(answers.size(), 50);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(answers[i].amount_fen, i + 1);
}

TEST_F(ClientClaims, OnlyTheClaimsOfAnOverloadedShardGoAgain) {
  session_options.shard_count = 4;
  start();
  server->refuse_overloaded = 1;
  server->overloaded_shard = 2;
  std::size_t answered = 0;
  for (std::uint16_t i = 0; i < 40; ++i) {
    client->claim(packet(1, i % 4), UserId(i + 1U), [&](Result<Outcome<ClaimAnswer>> r) {
      ASSERT_TRUE(r.has_value());
      EXPECT_EQ(r->status, Status::ok) << "claimed once, not twice";
      ++answered;
    });
  }
  run_until([&] { return answered == 40; });
  EXPECT_EQ(server->claim_counts, (std::vector<std::uint32_t>{10, 10, 10, 10}));
  EXPECT_EQ(client->counters().retries, 1);
}

// ---- window and queue ---------------------------------------------------------------------------

TEST_F(ClientWindow, KeepsWithinTheServersWindow) {
  session_options.window_max = 8;
  start();
  std::size_t answered = 0;
  for (int i = 0; i < 100; ++i) {
    client->deposit({random_key(), UserId(1), Amount(1)}, [&](Result<Outcome<WalletAnswer>> r) {
      ASSERT_TRUE(r.has_value());
      EXPECT_EQ(r->status, Status::ok);
      ++answered;
    });
  }
  run_until([&] { return answered == 100; });
  EXPECT_LE(server->in_flight_most, 8);
  EXPECT_EQ(server->balances[1], 100);
}

TEST_F(ClientWindow, RefusesWhatItsQueueCannotHold) {
  options.window_max = 2;
  options.queue_max = 3;
  start();
  std::vector<Status> statuses;
  for (int i = 0; i < 6; ++i) {
    client->ping([&](Result<Outcome<Pong>> r) {
      ASSERT_TRUE(r.has_value());
      statuses.push_back(r->status);
    });
  }
  EXPECT_TRUE(statuses.empty());
  run_until([&] { return statuses.size() == 6; });
  EXPECT_EQ(statuses[0], Status::overloaded) << "the sixth is refused here, before any answer";
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), Status::ok), 5);
}

// ---- retry --------------------------------------------------------------------------------------

TEST_F(ClientRetry, ALostAnswerIsAskedForAgainWithTheSameKey) {
  start();
  server->drop_unanswered = 1;
  const auto outcome = deposit(Key128{}, 500);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->status, Status::ok);
  EXPECT_TRUE(outcome->replayed);
  EXPECT_EQ(outcome->answer.balance, Amount(500));
  EXPECT_EQ(server->balances[1], 500) << "deposited once";
  ASSERT_EQ(server->keys.size(), 2);
  EXPECT_EQ(server->keys[0], server->keys[1]);
  EXPECT_EQ(client->counters().retries, 1);
  EXPECT_EQ(client->counters().connects, 2);
}

TEST_F(ClientRetry, LostClaimsAreClaimedAgainAndGetTheirFirstAnswer) {
  start();
  server->drop_unanswered = 1;
  std::size_t answered = 0;
  for (std::uint64_t user = 1; user <= 20; ++user) {
    client->claim(packet(1), UserId(user), [&, user](Result<Outcome<ClaimAnswer>> r) {
      ASSERT_TRUE(r.has_value());
      EXPECT_EQ(r->status, Status::already_claimed);
      EXPECT_EQ(r->answer.amount_fen, user);
      ++answered;
    });
  }
  run_until([&] { return answered == 20; });
}

TEST_F(ClientRetry, GivesUpWhenTheRetriesAreSpent) {
  options.retries_max = 2;
  start();
  server->drop_unanswered = 100;
  const auto outcome = deposit(Key128{}, 500);
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, ErrorCode::closed);
  EXPECT_EQ(server->keys.size(), 3);
}

TEST_F(ClientRetry, ComesBackWhenTheServerDoes) {
  options.connect_attempts_max = 1000;
  start();
  ASSERT_TRUE(deposit(Key128{}, 1).has_value());
  server->stop();
  std::optional<Result<Outcome<WalletAnswer>>> result;
  client->deposit({{}, UserId(1), Amount(1)}, into<WalletAnswer>(result));
  run_until([&] { return !client->connected(); });
  for (int i = 0; i < 10; ++i) io.run_one();
  EXPECT_FALSE(result);
  server->start();
  run_until([&] { return result.has_value(); });
  ASSERT_TRUE(result->has_value());
  EXPECT_EQ((*result)->answer.balance, Amount(2));
}

TEST_F(ClientRetry, FailsWhenNobodyListens) {
  options.connect_attempts_max = 2;
  start();
  server->stop();
  const auto outcome = deposit(Key128{}, 1);
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, ErrorCode::io);
  EXPECT_NE(outcome.error().message.find("2 attempts"), std::string::npos)
      << outcome.error().message;
}

TEST_F(ClientRetry, WaitsAndTriesAgainWhenTheServerIsOverloaded) {
  start();
  server->refuse_overloaded = 2;
  const auto outcome = deposit(Key128{}, 5);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->status, Status::ok);
  EXPECT_EQ(client->counters().retries, 2);
}

TEST_F(ClientRetry, ConnectsAgainNoSoonerThanAFullServerAsks) {
  start();
  server->turn_away = 2;
  server->turn_away_retry_after = Duration::ms(60);
  const auto begun = std::chrono::steady_clock::now();
  const auto outcome = deposit(Key128{}, 5);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->status, Status::ok);
  EXPECT_EQ(server->turn_away, 0);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(120));
}

TEST_F(ClientRetry, PassesOverloadedOnWhenAskedTo) {
  options.retry_overloaded = false;
  start();
  server->refuse_overloaded = 1;
  const auto outcome = deposit(Key128{}, 5);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->status, Status::overloaded);
  EXPECT_EQ(outcome->retry_after, Duration::ms(1));
}

TEST_F(ClientRetry, TellsWhenNoAnswerComesInTime) {
  start();
  server->mute = true;
  const auto outcome = ask<WalletAnswer>([&](auto done) {
    client->show_wallet(UserId(1), done, {.timeout = Duration::ms(1), .deadline = {}});
  });
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, ErrorCode::timed_out);
  EXPECT_EQ(client->outstanding(), 0);
}

// ---- what is no Hongbao server, and the end -----------------------------------------------------

TEST_F(ClientEnd, AServerOfAnotherProtocolIsAnError) {
  using boost::asio::ip::tcp;
  tcp::acceptor acceptor(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  const std::string greeting = "220 smtp.example.com ESMTP ready, how are you today\r\n";
  std::optional<tcp::socket> peer;
  acceptor.async_accept([&](const boost::system::error_code& error, tcp::socket socket) {
    if (error) return;
    peer.emplace(std::move(socket));
    boost::asio::async_write(*peer, boost::asio::buffer(greeting),
                             [](const boost::system::error_code&, std::size_t) {});
  });
  options.port = acceptor.local_endpoint().port();
  options.connect_attempts_max = 1;
  client.emplace(io, options);
  const auto outcome = ask<Pong>([&](auto done) { client->ping(done); });
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, ErrorCode::protocol);
}

TEST_F(ClientEnd, CloseFailsWhatWaits) {
  start();
  server->mute = true;
  int failed = 0;
  const auto expect_closed = [&](const auto& r) {
    EXPECT_EQ(r.error().code, ErrorCode::closed);
    ++failed;
  };
  client->deposit({{}, UserId(1), Amount(1)},
                  [&](Result<Outcome<WalletAnswer>> r) { expect_closed(r); });
  run_until([&] { return server->keys.size() == 1; });
  client->claim(packet(1), UserId(1), [&](Result<Outcome<ClaimAnswer>> r) { expect_closed(r); });
  client->close();
  EXPECT_EQ(failed, 0) << "never inside the call";
  run_until([&] { return failed == 2; });
  EXPECT_EQ(client->outstanding(), 0);
}

TEST_F(ClientEnd, ACallbackMayDestroyTheClientAndNoOtherIsCalled) {
  start();
  int called = 0;
  for (std::uint64_t user = 1; user <= 3; ++user) {
    client->claim(packet(1), UserId(user), [&](Result<Outcome<ClaimAnswer>>) {
      ++called;
      client.reset();
    });
  }
  run_until([&] { return !client.has_value(); });
  io.poll();
  EXPECT_EQ(called, 1);
}

TEST_F(ClientEnd, TheEndOfTheClientDropsWhatWaits) {
  start();
  client->ping([&](Result<Outcome<Pong>>) { client.reset(); });
  client->claim(packet(1), UserId(1),
                [](Result<Outcome<ClaimAnswer>>) { ADD_FAILURE() << "the client is gone"; });
  run_until([&] { return !client.has_value(); });
  io.poll();
}

// ---- the blocking face --------------------------------------------------------------------------

TEST(BlockingClient, AsksOneThingAtATime) {
  boost::asio::io_context io;
  FakeServer server(io, {});
  std::thread serving([&] { io.run(); });
  {
    BlockingClient client({.port = server.port()});
    EXPECT_TRUE(client.connect().has_value());
    EXPECT_TRUE(client.ping().has_value());
    const auto deposited = client.deposit({{}, UserId(1), Amount(70)});
    ASSERT_TRUE(deposited.has_value());
    EXPECT_EQ(deposited->answer.balance, Amount(70));
    const auto claimed = client.claim(packet(1), UserId(8));
    ASSERT_TRUE(claimed.has_value());
    EXPECT_EQ(claimed->answer.amount_fen, 8);
    const std::vector<UserId> named = {UserId(1), UserId(2)};
    ASSERT_TRUE(client.send(SendPacket{}, named).has_value());
    const auto frozen = client.freeze_packet({{}, packet(1), true, Operator("ann")}, "why");
    ASSERT_TRUE(frozen.has_value());
    EXPECT_TRUE(frozen->answer.frozen);
    const auto page = client.list_payouts({ShardId(0), PacketId(1), 2});
    ASSERT_TRUE(page.has_value());
    EXPECT_EQ(page->answer.payouts.size(), 2);
    const auto opened = client.open_case({{}, packet(1), UserId(1), Operator("ann")}, "why");
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(opened->answer.opened_note.view(), "why");
    const std::vector<ClaimItem> claims = {{packet(1), UserId(8)}, {packet(1), UserId(9)}};
    const auto batch = client.claim_batch(claims);
    ASSERT_TRUE(batch.has_value());
    ASSERT_EQ(batch->answer.size(), 2);
    EXPECT_EQ(batch->answer[0].status, Status::already_claimed);
    EXPECT_EQ(batch->answer[1].status, Status::ok);
    EXPECT_EQ(client.list_sent({.cursor = {}}).value().status, Status::records_unavailable);
    EXPECT_EQ(client.list_received({.cursor = {}}).value().status, Status::records_unavailable);
    EXPECT_EQ(client.list_statement({.cursor = {}}).value().status, Status::records_unavailable);
    EXPECT_EQ(client.show_history({.cursor = {}}).value().status, Status::records_unavailable);
    EXPECT_EQ(client.case_bundle(CaseId(1)).value().status, Status::records_unavailable);
    EXPECT_EQ(client.read_feed({}).value().status, Status::records_unavailable);
    const auto unknown = client.show_wallet(UserId(77));
    ASSERT_TRUE(unknown.has_value());
    EXPECT_EQ(unknown->status, Status::wallet_unknown);
  }
  io.stop();
  serving.join();
  EXPECT_EQ(server.recipients, (std::vector{UserId(1), UserId(2)}));
  EXPECT_EQ(server.freeze_note, "why");
}

TEST(BlockingClient, TellsThatNobodyListens) {
  BlockingClient client({.port = 1, .connect_attempts_max = 1});
  const auto outcome = client.ping();
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, ErrorCode::io);
}

TEST(RandomKey, IsFreshEachTime) {
  EXPECT_FALSE(random_key().empty());
  EXPECT_NE(random_key(), random_key());
}

}  // namespace
}  // namespace hb::net
