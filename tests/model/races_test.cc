// Two commands that race for one packet, in both orders: a table of what each is told and of who
// has the money in the end.
//
// Alice has 1,000 fen and sends a packet of 2 x 100 or a transfer of 100; Bob has nothing.  Each
// row is played with both on one shard, and on two shards whose letters travel at once.  Where the
// order of letters matters, a row says what comes out when they travel slowly, that is after both
// commands.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "engine/base/partition.h"
#include "tests/model/engine_under_test.h"
#include "tests/model/routing.h"

namespace hb::model {
namespace {

constexpr Time start{1'767'000'000'000'000};
// Off the wheel's ticks, so that the instant comes before the refund is booked.
constexpr Duration life = Duration::us(60'000'300);

enum class Letters : std::uint8_t { none, quick, slow };

// One play: the engine, Alice and Bob, and what they asked.
class Scene {
 public:
  explicit Scene(Letters letters)
      : letters_(letters),
        engine_(letters == Letters::none ? 1 : 2, Policy{}, 1, start),
        alice(user_on(0)),
        bob(user_on(letters == Letters::none ? 0 : 1)) {
    ask(OpenWallet{.key = key(), .user = alice});
    ask(OpenWallet{.key = key(), .user = bob});
    ask(Deposit{.key = key(), .user = alice, .amount = Amount{1'000}});
  }

  // Gives a command, and with quick letters waits for everything that it brings about.
  void ask(const Command& command) {
    asked_ = ++requests_;
    CommandBatch batch;
    batch.commands.push_back({.reply_to = {.request = asked_}, .command = command});
    engine_.bring(home_of(command, {}, engine_.shard_count()), std::move(batch), 0);
    step();
    if (letters_ != Letters::slow) settle();
  }
  // The share's money is where it belongs, letters or not.
  void settle() {
    for (int round = 0; round < 8; ++round) {
      for (std::uint16_t from = 0; from < engine_.shard_count(); ++from) {
        for (std::uint16_t to = 0; to < engine_.shard_count(); ++to) {
          if (from == to) continue;
          engine_.post(ShardId{from}, ShardId{to});
          engine_.hand_in(ShardId{from}, ShardId{to});
        }
        engine_.acknowledge(ShardId{from});
      }
      step();
    }
  }
  void pass_time(Duration duration) {
    now_ = now_ + duration;
    step();
  }

  // The last command that was given.
  std::uint64_t asked() const { return asked_; }
  Status told(std::uint64_t request) const { return replies_.at(request).status; }
  const Reply& last_reply() const { return replies_.at(asked_); }
  const CaseRecord& case_record(CaseId id) {
    return engine_.ledger(engine_.home_of(partition_of(id))).case_record(id);
  }
  std::int64_t balance(UserId user) {
    WalletAnswer answer;
    EXPECT_TRUE(engine_.ledger(engine_.home_of(partition_of(user)))
                    .show(ShowWallet{user}, answer)
                    .accepted());
    return answer.balance.fen();
  }
  Key128 key() { return {.low = ++keys_, .high = 1}; }

 private:
  // The first user of a shard.
  UserId user_on(std::uint16_t shard) {
    UserId user{next_user_};
    while (engine_.home_of(partition_of(user)) != ShardId{shard}) ++user.value;
    next_user_ = user.value + 1;
    return user;
  }
  void step() {
    for (std::uint16_t s = 0; s < engine_.shard_count(); ++s) {
      for (int i = 0; i < 3; ++i) {
        engine_.step(ShardId{s}, now_);
        engine_.finish_writes(ShardId{s});
      }
      for (const Parcel* parcel : engine_.finished(ShardId{s})) hear(parcel->replies);
      hear(engine_.late_replies(ShardId{s}, 0));
    }
  }
  void hear(const ReplyBatch& batch) {
    for (const Reply& reply : batch.replies) replies_[reply.to.request] = reply;
  }

  const Letters letters_;
  EngineUnderTest engine_;
  Time now_ = start;
  std::uint64_t requests_ = 0;
  std::uint64_t asked_ = 0;
  std::uint64_t keys_ = 0;
  std::uint64_t next_user_ = 1'001;
  std::map<std::uint64_t, Reply> replies_;

 public:
  const UserId alice;
  const UserId bob;
  PacketId packet{};  // or the transfer
  CaseId about{};
};

// ---- what happens -------------------------------------------------------------------------------

using Act = std::function<void(Scene&)>;

void send_packet(Scene& s) {
  s.ask(SendPacket{.key = s.key(),
                   .sender = s.alice,
                   .total = Amount{200},
                   .share_count = 2,
                   .kind = PacketKind::even,
                   .recallable = true,
                   .expires_in = life});
  s.packet = std::get<SendAnswer>(s.last_reply().answer).packet;
}

Act send_transfer(Duration arrives_after) {
  return [arrives_after](Scene& s) {
    s.ask(SendTransfer{.key = s.key(),
                       .sender = s.alice,
                       .recipient = s.bob,
                       .amount = Amount{100},
                       .arrives_after = arrives_after});
    s.packet = std::get<TransferAnswer>(s.last_reply().answer).transfer;
  };
}

void claim(Scene& s) {
  s.ask(ClaimWithCode{.packet = s.packet, .user = s.bob});
}
// With its money where Bob can use it.
void claim_and_receive(Scene& s) {
  claim(s);
  s.settle();
}
void recall(Scene& s) {
  s.ask(RecallPacket{.key = s.key(), .packet = s.packet, .sender = s.alice});
}
void freeze_packet(Scene& s) {
  s.ask(FreezePacket{.key = s.key(), .packet = s.packet, .by = Operator("lin")});
}
void unfreeze_packet(Scene& s) {
  s.ask(FreezePacket{.key = s.key(), .packet = s.packet, .frozen = false, .by = Operator("lin")});
  s.pass_time(Duration::us(limits::tick_us));  // what came due meanwhile is booked at the next tick
}
void give_back(Scene& s) {
  s.ask(ReturnShare{.key = s.key(), .packet = s.packet, .user = s.bob});
}
void freeze_bob(Scene& s) {
  s.ask(FreezeWallet{.key = s.key(), .user = s.bob, .by = Operator("lin")});
}
void withdraw(Scene& s) {
  s.ask(Withdraw{.key = s.key(), .user = s.bob, .amount = Amount{100}});
}
void accept(Scene& s) {
  s.ask(AcceptTransfer{.key = s.key(), .transfer = s.packet, .recipient = s.bob});
}
void decline(Scene& s) {
  s.ask(DeclineTransfer{.key = s.key(), .transfer = s.packet, .recipient = s.bob});
}
void cancel(Scene& s) {
  s.ask(CancelTransfer{.key = s.key(), .transfer = s.packet, .sender = s.alice});
}
void return_transfer(Scene& s) {
  s.ask(ReturnTransfer{.key = s.key(), .transfer = s.packet, .recipient = s.bob});
}
void open_case(Scene& s) {
  s.ask(OpenCase{.key = s.key(), .subject = s.packet, .user = s.bob, .by = Operator("lin")});
  s.about = case_id(partition_of(s.packet), 1);
}
void uphold(Scene& s) {
  s.ask(ResolveCase{
      .key = s.key(), .case_id = s.about, .decision = Decision::uphold, .by = Operator("lin")});
}

// Time acts too: it is told ok.
Act pass(Duration duration) {
  return [duration](Scene& s) {
    s.pass_time(duration);
    s.ask(ShowWallet{s.alice});
  };
}
// The very instant of a packet's expiry, before its refund is booked.
const Act reach_expiry = pass(life);
const Act pass_expiry = pass(Duration::us(life.us() + 1'000));
const Act pass_acceptance = pass(Duration::hours(24));
const Act pass_arrival = pass(Duration::hours(2));

// ---- the table ----------------------------------------------------------------------------------

struct Ends {
  Status one{};
  Status other{};
  std::int64_t alice = 0;
  std::int64_t bob = 0;
  friend bool operator==(const Ends&, const Ends&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Ends& e) {
    return out << name(e.one) << ", " << name(e.other) << ", Alice " << e.alice << ", Bob "
               << e.bob;
  }
};

struct Race {
  std::string name;
  std::vector<Act> before;
  Act one;
  Act other;
  Ends one_first;
  Ends other_first;
  std::optional<Ends> one_first_slowly{};
  std::optional<Ends> other_first_slowly{};
};

void PrintTo(const Race& race, std::ostream* out) {
  *out << race.name;
}

Ends play(const Race& race, bool one_first, Letters letters) {
  Scene scene(letters);
  for (const Act& act : race.before) act(scene);
  (one_first ? race.one : race.other)(scene);
  const std::uint64_t first = scene.asked();
  (one_first ? race.other : race.one)(scene);
  const std::uint64_t second = scene.asked();
  scene.settle();
  return {.one = scene.told(one_first ? first : second),
          .other = scene.told(one_first ? second : first),
          .alice = scene.balance(scene.alice),
          .bob = scene.balance(scene.bob)};
}

class Races : public testing::TestWithParam<Race> {};

TEST_P(Races, EndAlikeHoweverNearTheWalletsAre) {
  const Race& race = GetParam();
  for (const Letters letters : {Letters::none, Letters::quick}) {
    EXPECT_EQ(play(race, true, letters), race.one_first);
    EXPECT_EQ(play(race, false, letters), race.other_first);
  }
}

TEST_P(Races, LoseNothingWhenLettersAreSlow) {
  const Race& race = GetParam();
  EXPECT_EQ(play(race, true, Letters::slow), race.one_first_slowly.value_or(race.one_first));
  EXPECT_EQ(play(race, false, Letters::slow), race.other_first_slowly.value_or(race.other_first));
}

constexpr Status ok = Status::ok;
const Act send_quick_transfer = send_transfer(Duration{});
const Act send_late_transfer = send_transfer(Duration::hours(2));

const std::vector<Race> races = {
    {.name = "ClaimAndTheInstantOfExpiry",
     .before = {send_packet},
     .one = claim,
     .other = reach_expiry,
     .one_first = {ok, ok, 800, 100},
     .other_first = {Status::expired, ok, 800, 0}},
    {.name = "ClaimAndExpiry",
     .before = {send_packet},
     .one = claim,
     .other = pass_expiry,
     .one_first = {ok, ok, 900, 100},
     .other_first = {Status::expired, ok, 1'000, 0}},
    {.name = "ClaimAndRecall",
     .before = {send_packet},
     .one = claim,
     .other = recall,
     .one_first = {ok, ok, 900, 100},
     .other_first = {Status::recalled, ok, 1'000, 0}},
    {.name = "RecallAndTheInstantOfExpiry",
     .before = {send_packet},
     .one = recall,
     .other = reach_expiry,
     .one_first = {ok, ok, 1'000, 0},
     .other_first = {Status::expired, ok, 800, 0}},
    {.name = "ClaimAndFreeze",
     .before = {send_packet},
     .one = claim,
     .other = freeze_packet,
     .one_first = {ok, ok, 800, 100},
     .other_first = {Status::packet_frozen, ok, 800, 0}},
    {.name = "FreezeAndExpiry",
     .before = {send_packet},
     .one = freeze_packet,
     .other = pass_expiry,
     .one_first = {ok, ok, 800, 0},
     .other_first = {ok, ok, 1'000, 0}},
    {.name = "UnfreezeAndExpiry",
     .before = {send_packet, freeze_packet},
     .one = unfreeze_packet,
     .other = pass_expiry,
     .one_first = {ok, ok, 1'000, 0},
     .other_first = {ok, ok, 1'000, 0}},
    {.name = "ReturnAndFreezeWallet",
     .before = {send_packet, claim_and_receive},
     .one = give_back,
     .other = freeze_bob,
     .one_first = {ok, ok, 900, 0},
     .other_first = {Status::wallet_frozen, ok, 800, 100},
     // The freeze is there before the request for the money is.
     .one_first_slowly = Ends{Status::wallet_frozen, ok, 800, 100}},
    {.name = "ReturnAndFreezePacket",
     .before = {send_packet, claim_and_receive},
     .one = give_back,
     .other = freeze_packet,
     .one_first = {ok, ok, 900, 0},
     .other_first = {Status::packet_frozen, ok, 800, 100}},
    {.name = "ReturnAndWithdraw",
     .before = {send_packet, claim_and_receive},
     .one = give_back,
     .other = withdraw,
     .one_first = {ok, Status::insufficient_funds, 900, 0},
     .other_first = {Status::insufficient_funds, ok, 800, 0},
     .one_first_slowly = Ends{Status::insufficient_funds, ok, 800, 0}},
    {.name = "ReturnBeforeTheCreditHasArrivedAndWithdraw",
     .before = {send_packet, claim},
     .one = give_back,
     .other = withdraw,
     .one_first = {ok, Status::insufficient_funds, 900, 0},
     .other_first = {Status::insufficient_funds, ok, 800, 0},
     // Neither has the credit arrived for the one, nor is the other's request ahead of it.
     .other_first_slowly = Ends{ok, Status::insufficient_funds, 900, 0}},
    {.name = "ReturnAndReturnAgain",
     .before = {send_packet, claim_and_receive},
     .one = give_back,
     .other = give_back,
     .one_first = {ok, Status::already_returned, 900, 0},
     .other_first = {Status::already_returned, ok, 900, 0},
     .one_first_slowly = Ends{ok, Status::return_in_progress, 900, 0},
     .other_first_slowly = Ends{Status::return_in_progress, ok, 900, 0}},
    {.name = "ResolveAndWithdraw",
     .before = {send_packet, claim_and_receive, open_case},
     .one = uphold,
     .other = withdraw,
     .one_first = {ok, Status::insufficient_funds, 900, 0},
     .other_first = {ok, ok, 800, 0},
     .one_first_slowly = Ends{ok, ok, 800, 0}},
    {.name = "ResolveAndReturn",
     .before = {send_packet, claim_and_receive, open_case},
     .one = uphold,
     .other = give_back,
     .one_first = {ok, Status::already_returned, 900, 0},
     .other_first = {Status::already_returned, ok, 900, 0},
     .one_first_slowly = Ends{ok, Status::return_in_progress, 900, 0},
     .other_first_slowly = Ends{Status::return_in_progress, ok, 900, 0}},
    {.name = "ResolveAndFreezeWallet",
     .before = {send_packet, claim_and_receive, open_case},
     .one = uphold,
     .other = freeze_bob,
     .one_first = {ok, ok, 900, 0},
     .other_first = {ok, ok, 900, 0}},
    {.name = "AcceptAndCancel",
     .before = {send_quick_transfer},
     .one = accept,
     .other = cancel,
     .one_first = {ok, Status::transfer_arrived, 900, 100},
     .other_first = {Status::transfer_closed, ok, 1'000, 0}},
    {.name = "AcceptLateArrivalAndCancel",
     .before = {send_late_transfer},
     .one = accept,
     .other = cancel,
     .one_first = {ok, ok, 1'000, 0},
     .other_first = {Status::transfer_closed, ok, 1'000, 0}},
    {.name = "CancelAndArrival",
     .before = {send_late_transfer, accept},
     .one = cancel,
     .other = pass_arrival,
     .one_first = {ok, ok, 1'000, 0},
     .other_first = {Status::transfer_arrived, ok, 900, 100}},
    {.name = "FreezeAndArrival",
     .before = {send_late_transfer, accept},
     .one = freeze_packet,
     .other = pass_arrival,
     .one_first = {ok, ok, 900, 0},
     .other_first = {ok, ok, 900, 100}},
    {.name = "AcceptAndExpiry",
     .before = {send_quick_transfer},
     .one = accept,
     .other = pass_acceptance,
     .one_first = {ok, ok, 900, 100},
     .other_first = {Status::expired, ok, 1'000, 0}},
    {.name = "CancelAndDecline",
     .before = {send_quick_transfer},
     .one = cancel,
     .other = decline,
     .one_first = {ok, Status::transfer_closed, 1'000, 0},
     .other_first = {Status::transfer_closed, ok, 1'000, 0}},
    {.name = "ReturnTransferAndWithdraw",
     .before = {send_quick_transfer, accept},
     .one = return_transfer,
     .other = withdraw,
     .one_first = {ok, Status::insufficient_funds, 900 + 100, 0},
     .other_first = {Status::insufficient_funds, ok, 900, 0},
     .other_first_slowly = Ends{ok, Status::insufficient_funds, 1'000, 0}},
    {.name = "UpholdAndAccept",
     .before = {send_quick_transfer, open_case},
     .one = uphold,
     .other = accept,
     .one_first = {ok, Status::transfer_closed, 1'000, 0},
     .other_first = {ok, ok, 1'000, 0}},
};

INSTANTIATE_TEST_SUITE_P(OfTwo, Races, testing::ValuesIn(races),
                         [](const auto& race) { return race.param.name; });

// ---- what a table has no room for ---------------------------------------------------------------

TEST(Shortfall, IsRecordedWhenTheMoneyIsGone) {
  for (const Letters letters : {Letters::none, Letters::quick, Letters::slow}) {
    Scene scene(letters);
    for (const Act& act : {Act(send_packet), Act(claim_and_receive), Act(open_case)}) act(scene);
    scene.ask(Withdraw{.key = scene.key(), .user = scene.bob, .amount = Amount{70}});
    uphold(scene);
    scene.settle();
    EXPECT_EQ(scene.case_record(scene.about).returned, Amount{30});
    EXPECT_EQ(scene.case_record(scene.about).shortfall, Amount{70});
    EXPECT_EQ(scene.balance(scene.alice), 830);
    EXPECT_EQ(scene.balance(scene.bob), 0);
  }
}

}  // namespace
}  // namespace hb::model
