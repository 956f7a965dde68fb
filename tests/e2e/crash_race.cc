#include "tests/e2e/crash_race.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "tests/e2e/support/asking.h"

namespace hb::e2e {
namespace {

constexpr std::size_t window = 32;
constexpr Amount first_deposit{1'000'000};
constexpr std::uint64_t shares_max = 20;
// Twice as many claimers as the largest packet has shares.
constexpr std::size_t claimers_per_packet = 40;

// The fewer writes are on their way at a time, the more waits in memory when the server is killed.
std::string journal_settings(std::uint64_t seed) {
  return ServerSettings().journal + "in_flight_max = " + std::to_string(1 + seed % 4) + "\n";
}

}  // namespace

CrashRace::CrashRace(std::string data, std::uint64_t seed)
    : seed_(seed),
      random_(seed),
      server_({.data = std::move(data), .journal = journal_settings(seed)}) {}

std::uint64_t CrashRace::up_to(std::uint64_t most) {
  return std::uniform_int_distribution<std::uint64_t>(1, most)(random_);
}

Operation& CrashRace::add(Operation operation) {
  operations_.push_back(std::make_unique<Operation>(std::move(operation)));
  next_.push_back(operations_.back().get());
  return *operations_.back();
}

// ---- what is asked ------------------------------------------------------------------------------

void CrashRace::set_up(std::size_t packets_sent) {
  ASSERT_TRUE(server_.start());
  for (std::uint64_t user = 1; user <= users; ++user) {
    add({OpenWallet{.key = next_key(), .user = UserId(user)}});
  }
  run_to_the_end();
  for (std::uint64_t user = 1; user <= users; ++user) {
    add({Deposit{.key = next_key(), .user = UserId(user), .amount = first_deposit}});
  }
  run_to_the_end();
  for (std::size_t i = 0; i < packets_sent; ++i) sends_.push_back(&add({random_send(i)}));
  run_to_the_end();
}

SendPacket CrashRace::random_send(std::size_t index) {
  const std::uint64_t shares = up_to(shares_max);
  SendPacket send{.key = next_key(), .sender = UserId(up_to(users))};
  send.share_count = static_cast<std::uint32_t>(shares);
  send.kind = index % 2 == 0 ? PacketKind::lucky : PacketKind::even;
  send.total = send.kind == PacketKind::lucky
                   ? Amount(static_cast<std::int64_t>(shares + up_to(1'000)))
                   : Amount(static_cast<std::int64_t>(shares * up_to(100)));
  return send;
}

// A few packets are raced for at a time, so that shares are won through the whole run.  Now and
// then a user asks twice.
void CrashRace::add_claims(std::size_t first_packet, std::size_t last_packet) {
  constexpr std::size_t at_a_time = 10;
  for (std::size_t i = first_packet; i < last_packet; ++i) {
    ASSERT_TRUE(sends_[i]->told);
    for (std::size_t n = 0; n < claimers_per_packet; ++n) {
      const ClaimItem claim{sends_[i]->told->packet, UserId(up_to(users))};
      add({claim});
      if (up_to(20) == 1) add({claim});
    }
  }
  const std::size_t stretch = at_a_time * claimers_per_packet;
  for (std::size_t from = 0; from < next_.size(); from += stretch) {
    const std::size_t to = std::min(from + stretch, next_.size());
    std::shuffle(next_.begin() + static_cast<std::ptrdiff_t>(from),
                 next_.begin() + static_cast<std::ptrdiff_t>(to), random_);
  }
}

void CrashRace::add_sends_and_deposits(std::size_t first_packet, std::size_t last_packet) {
  for (std::size_t i = first_packet; i < last_packet; ++i) {
    sends_.push_back(&add({random_send(i)}));
    for (int n = 0; n < 5; ++n) {
      add({Deposit{.key = next_key(),
                   .user = UserId(up_to(users)),
                   .amount = Amount(static_cast<std::int64_t>(up_to(500)))}});
    }
  }
  std::shuffle(next_.begin(), next_.end(), random_);
}

// ---- runs and crashes ---------------------------------------------------------------------------

void CrashRace::ask(const std::function<void()>& on_told) {
  Crowd crowd(server_.client_options(), connections, window);
  crowd.ask(next_, on_told);
  std::erase_if(next_, [](const Operation* operation) { return operation->told.has_value(); });
}

void CrashRace::run_to_the_end() {
  ask([] {});
  ASSERT_TRUE(next_.empty()) << next_.size() << " without an answer";
}

// The moment: right at an answer, since what was just told is what a crash may undo; or some
// microseconds later, while the clients go on.
void CrashRace::run_and_kill() {
  if (next_.empty()) return server_.kill();
  const std::uint64_t last_answer = up_to(next_.size());
  const bool at_once = up_to(2) == 1;
  const std::chrono::microseconds and_then(up_to(3'000));
  Crowd crowd(server_.client_options(), connections, window);
  boost::asio::steady_timer timer(crowd.io());
  std::uint64_t answers = 0;
  crowd.ask(next_, [&] {
    if (++answers != last_answer) return;
    if (at_once) return server_.kill();
    timer.expires_after(and_then);
    timer.async_wait([this](const auto&) { server_.kill(); });
  });
  std::erase_if(next_, [](const Operation* operation) { return operation->told.has_value(); });
  server_.kill();  // if the last answer came before the moment
}

void CrashRace::restart(int kills) {
  EXPECT_TRUE(audit(server_.settings().data).balanced()) << "what the crash left";
  for (int i = 0; i < kills; ++i) {
    server_.launch();
    std::this_thread::sleep_for(std::chrono::microseconds(up_to(40'000)));
    server_.kill();
  }
  ASSERT_TRUE(server_.start());
}

// ---- checks -------------------------------------------------------------------------------------

std::map<PacketId, CrashRace::Packet> CrashRace::told_by_packet() {
  std::map<PacketId, Packet> packets_told;
  for (Operation* send : sends_) {
    if (!send->told) continue;
    EXPECT_EQ(send->told->status, Status::ok);
    const bool fresh = packets_told.emplace(send->told->packet, Packet{.sent = send}).second;
    EXPECT_TRUE(fresh) << "two sends got packet " << send->told->packet.value;
  }
  for (const auto& operation : operations_) {
    const auto* claim = std::get_if<ClaimItem>(&operation->command);
    if (claim == nullptr || !operation->told) continue;
    Packet& packet = packets_told[claim->packet];
    const ClaimAnswer& answer = operation->told->claim;
    if (answer.status == Status::sold_out) {
      packet.told_sold_out = true;
      continue;
    }
    EXPECT_TRUE(succeeded(answer.status)) << name(answer.status);
    const auto [first, fresh] = packet.claims.emplace(claim->user, answer);
    EXPECT_EQ(first->second.amount_fen, answer.amount_fen) << "one claim, two amounts";
    EXPECT_EQ(first->second.claimed_at, answer.claimed_at) << "one claim, two times";
  }
  return packets_told;
}

void CrashRace::check_what_was_told() {
  net::BlockingClient client(server_.client_options());
  for (const auto& [id, told] : told_by_packet()) {
    SCOPED_TRACE(testing::Message() << "packet " << id.value);
    const net::PacketRecord found = answer_of(client.show(id));
    check_packet(id, told, found);
    check_shares(found);
  }
  const Audit files = audit(server_.settings().data);
  EXPECT_TRUE(files.balanced());
  EXPECT_EQ(files.balances.size(), users);
  for (const auto& [user, balance] : files.balances) {
    EXPECT_EQ(balance_of(client, user), balance) << "user " << user.value;
  }
}

// All that was told is there.  There may be more: done, and the answer lost.
void CrashRace::check_packet(PacketId id, const Packet& told, const net::PacketRecord& found) {
  const SendPacket& send = std::get<SendPacket>(told.sent->command);
  EXPECT_EQ(found.packet.packet, id);
  EXPECT_EQ(found.packet.sender, send.sender);
  EXPECT_EQ(found.packet.total, send.total);
  EXPECT_EQ(found.packet.share_count, send.share_count);
  if (told.told_sold_out) {
    EXPECT_EQ(found.packet.state, PacketState::sold_out);
  }
  for (const auto& [user, claim] : told.claims) {
    ASSERT_LT(claim.share_index, found.claims.size()) << "a claim of user " << user.value;
    const PacketClaim& kept = found.claims[claim.share_index];
    EXPECT_EQ(kept.user, user);
    EXPECT_EQ(kept.amount, Amount(claim.amount_fen));
    EXPECT_EQ(kept.claimed_at, claim.claimed_at);
  }
}

void CrashRace::check_shares(const net::PacketRecord& found) {
  Amount sum = found.packet.remaining;
  std::set<UserId> claimers;
  for (const PacketClaim& claim : found.claims) {
    EXPECT_TRUE(claimers.insert(claim.user).second)
        << "user " << claim.user.value << " has two shares";
    EXPECT_GE(claim.amount, Amount(1));
    if (found.packet.kind == PacketKind::even) {
      EXPECT_EQ(claim.amount * found.packet.share_count, found.packet.total);
    }
    sum += claim.amount;
  }
  EXPECT_EQ(sum, found.packet.total);
  EXPECT_EQ(found.claims.size(), found.packet.claimed_count);
  EXPECT_LE(found.packet.claimed_count, found.packet.share_count);
}

void CrashRace::check_balances() {
  ASSERT_TRUE(next_.empty());
  std::map<UserId, Amount> expected;
  for (const auto& operation : operations_) {
    if (const auto* deposit = std::get_if<Deposit>(&operation->command)) {
      EXPECT_EQ(operation->told->status, Status::ok);
      expected[deposit->user] += deposit->amount;
    } else if (const auto* send = std::get_if<SendPacket>(&operation->command)) {
      expected[send->sender] -= send->total;
    }
  }
  for (const auto& [id, packet] : told_by_packet()) {
    for (const auto& [user, claim] : packet.claims) expected[user] += Amount(claim.amount_fen);
  }
  EXPECT_EQ(audit(server_.settings().data).balances, expected);
}

void CrashRace::check_repeats() {
  std::vector<Operation> repeats;
  for (const auto& operation : operations_) repeats.push_back({operation->command});
  std::vector<Operation*> all = untold(repeats);
  Crowd(server_.client_options(), connections, window).ask(all);
  for (std::size_t i = 0; i < repeats.size(); ++i) {
    ASSERT_TRUE(repeats[i].told);
    const Told& first = *operations_[i]->told;
    const Told& again = *repeats[i].told;
    if (std::holds_alternative<ClaimItem>(repeats[i].command)) {
      EXPECT_EQ(again.status, first.status == Status::ok ? Status::already_claimed : first.status);
      EXPECT_EQ(again.claim.amount_fen, first.claim.amount_fen);
    } else {
      EXPECT_EQ(again.status, Status::ok);
      EXPECT_TRUE(again.replayed);
      EXPECT_EQ(again.packet, first.packet);
      EXPECT_EQ(again.balance, first.balance);
    }
  }
}

}  // namespace hb::e2e
