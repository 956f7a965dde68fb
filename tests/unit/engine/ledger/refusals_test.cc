// A line a refusal: what is asked, the status and the limit that it must yield.  Nothing changes by
// it.  Every status that the ledger can give has a line.

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/engine/ledger/ledger_fixture.h"

namespace hb::test {
namespace {

// What others than the ledger refuse.
const std::set<Status> elsewhere = {
    Status::text_too_long,      Status::shard_unknown,       Status::cursor_invalid,
    Status::overloaded,         Status::deadline_exceeded,   Status::read_only,
    Status::shutting_down,      Status::records_unavailable, Status::frame_malformed,
    Status::frame_too_large,    Status::version_unsupported, Status::handshake_required,
    Status::handshake_repeated, Status::command_unknown,     Status::batch_too_large,
    Status::frame_timeout,      Status::records_behind,
};

struct Outcome {
  Status status;
  std::int64_t limit;

  Outcome(const Verdict& v) : status(v.status), limit(v.limit) {}
  Outcome(const ClaimAnswer& a) : status(a.status), limit(claim_limit(a)) {}
};

struct Line {
  Status status;
  std::int64_t limit;
  const char* what;
  std::function<Outcome()> ask;
};

constexpr Time sent_at = start;
constexpr Time asked_at = start + Duration::hours(3);
constexpr std::int64_t hour_us = Duration::hours(1).us();

// One of everything, on the first of two shards.
class RefusalsTest : public testing::Test, public Books {
 protected:
  RefusalsTest() : Books(Policy{}, ShardId{0}, 2) {
    for (const UserId user : {ann, ben, cy, ice}) fund(user, 100'000);
    now = sent_at;
    open_packet = send(lucky_of_ann(1'000, 2));
    EXPECT_EQ(claim(ben).status, Status::ok);
    sold_out = send(lucky_of_ann(600, 1));
    EXPECT_EQ(claim(ben).status, Status::ok);
    returned = send(lucky_of_ann(600, 1));
    EXPECT_EQ(claim(ben).status, Status::ok);
    EXPECT_TRUE(give_back(ben).accepted());
    returning = send(lucky_of_ann(600, 1));
    EXPECT_EQ(claim(far).status, Status::ok);
    EXPECT_TRUE(give_back(far).accepted());
    short_of_money = send(lucky_of_ann(600, 1));
    EXPECT_EQ(claim(poor).status, Status::ok);
    EXPECT_TRUE(withdraw(poor, 1).accepted());
    SendPacket c = lucky_of_ann(600, 2);
    c.expires_in = Duration::hours(1);
    expired = send(c);
    recalled = send(lucky_of_ann(600, 2));
    EXPECT_TRUE(run(RecallPacket{key(), packet, ann}).accepted());
    frozen = send(lucky_of_ann(600, 2));
    EXPECT_TRUE(freeze_packet().accepted());
    c = lucky_of_ann(600, 2);
    c.opens_at = start + Duration::hours(9);
    timed = send(c);
    c = lucky_of_ann(600, 2);
    c.code = ClaimCode("8888");
    coded = send(c);
    for (int i = 0; i < 5; ++i) claim(cy, "1");
    c = lucky_of_ann(600, 1);
    c.kind = PacketKind::direct;
    direct = send(c, {ben});
    c = lucky_of_ann(600, 2);
    c.sender_may_claim = Choice::no;
    c.recallable = false;
    excluded = send(c);
    EXPECT_TRUE(freeze(ice).accepted());
    send_transfers();
    send_payouts();
    open_cases();
    now = asked_at;
    EXPECT_TRUE(come_due(expired));
  }
  void TearDown() override { expect_replay_agrees(); }

  void send_transfers() {
    pending = send_transfer();
    accepted = send_transfer(Duration::hours(24));
    EXPECT_TRUE(run(AcceptTransfer{key(), accepted, ben}).accepted());
    arrived = send_transfer();
    EXPECT_TRUE(run(AcceptTransfer{key(), arrived, ben}).accepted());
    cancelled = send_transfer();
    EXPECT_TRUE(run(CancelTransfer{key(), cancelled, ann}).accepted());
  }
  void send_payouts() {
    SendPacket c = lucky_of_ann(600, 2);
    c.funding = FundingSource::external;
    c.reference = Reference("card-1");
    owed = send(c);
    EXPECT_TRUE(run(RecallPacket{key(), owed, ann}).accepted());
    c.key = key();
    c.reference = Reference("card-2");
    paid = send(c);
    EXPECT_TRUE(run(RecallPacket{key(), paid, ann}).accepted());
    EXPECT_TRUE(run(ConfirmPayout{key(), paid, Reference("bank-1")}).accepted());
  }
  void open_cases() {
    packet = open_packet;
    EXPECT_TRUE(open_case(ben).accepted());
    about_ben = case_id;
    EXPECT_TRUE(open_case(UserId{}).accepted());
    about_packet = case_id;
    packet = sold_out;
    EXPECT_TRUE(open_case(ben).accepted());
    resolved = case_id;
    EXPECT_TRUE(resolve(Decision::refuse).accepted());
  }

  SendPacket lucky_of_ann(std::int64_t total, std::uint32_t shares) {
    return {.key = key(),
            .sender = ann,
            .total = Amount{total},
            .share_count = shares,
            .recallable = true};
  }
  PacketId send(const SendPacket& command, const std::vector<UserId>& recipients = {}) {
    EXPECT_TRUE(run(command, recipients).accepted());
    return packet;
  }
  SendTransfer transfer_of_ann() {
    return {.key = key(), .sender = ann, .recipient = ben, .amount = Amount{100}};
  }
  PacketId send_transfer(Duration arrives_after = {}) {
    SendTransfer command = transfer_of_ann();
    command.arrives_after = arrives_after;
    EXPECT_TRUE(run(command).accepted());
    return packet;
  }
  // The send of 1,000 in 2 shares, changed.
  template <class ChangeIt>
  Outcome sends(ChangeIt&& change, const std::vector<UserId>& recipients = {}) {
    SendPacket command = lucky_of_ann(1'000, 2);
    change(command);
    return run(command, recipients);
  }
  template <class ChangeIt>
  Outcome transfers(ChangeIt&& change) {
    SendTransfer command = transfer_of_ann();
    change(command);
    return run(command);
  }
  template <class Query, class Answer, class... More>
  Outcome look(const Query& query, Answer answer, More... more) {
    return ledger->show(query, answer, more...);
  }
  Outcome capped(std::uint32_t count, std::int64_t fen) {
    Policy policy;
    policy.daily_count_cap = count;
    policy.daily_amount_cap = Amount{fen};
    restart(policy);
    // One of 100 fen is free on the first day of the caps.
    if (!spent_) {
      EXPECT_TRUE(run(transfer_of_ann()).accepted());
    }
    spent_ = true;
    return run(transfer_of_ann());
  }

  // Ben has received several shares on this day.
  Outcome receiving(std::uint32_t count, std::int64_t fen) {
    Policy policy;
    policy.daily_receive_count_cap = count;
    policy.daily_receive_amount_cap = Amount{fen};
    change_policy(policy);
    return run(ClaimItem{coded, ben});
  }

  std::vector<Line> wallet_lines();
  std::vector<Line> send_lines();
  std::vector<Line> claim_lines();
  std::vector<Line> packet_lines();
  std::vector<Line> transfer_lines();
  std::vector<Line> support_lines();
  std::vector<Line> all_lines();

  static UserId here(std::uint64_t from) { return user_of(ShardId{0}, 2, from); }
  const UserId ann = here(1'000);
  const UserId ben = here(2'000);
  const UserId cy = here(3'000);
  const UserId ice = here(4'000);   // frozen
  const UserId poor = here(5'000);  // lacks a fen of the share to return
  const UserId none = here(6'000);  // has no wallet
  const UserId far = user_of(ShardId{1}, 2, 7'000);
  PacketId open_packet, sold_out, returned, returning, short_of_money, expired, recalled, frozen,
      timed, coded, direct, excluded;
  PacketId pending, accepted, arrived, cancelled;
  PacketId owed, paid;
  CaseId about_ben, about_packet, resolved;
  bool spent_ = false;
};

const Operator op("op-1");

std::vector<Line> RefusalsTest::wallet_lines() {
  const auto most = limits::amount_max;
  return {
      {Status::key_missing, 0, "open",
       [&] {
         return run(OpenWallet{{}, none, {}});
       }},
      {Status::key_missing, 0, "deposit",
       [&] {
         return run(Deposit{{}, ann, Amount{1}});
       }},
      {Status::key_missing, 0, "withdraw",
       [&] {
         return run(Withdraw{{}, ann, Amount{1}});
       }},
      {Status::key_missing, 0, "set",
       [&] {
         return run(SetRefundTarget{{}, ann, RefundTarget::wallet});
       }},
      {Status::key_missing, 0, "freeze",
       [&] {
         return run(FreezeWallet{{}, ann, true, op, 0});
       }},
      {Status::user_invalid, 0, "open", [&] { return open(UserId{}); }},
      {Status::user_invalid, 0, "deposit", [&] { return deposit(UserId{}, 1); }},
      {Status::user_invalid, 0, "withdraw", [&] { return withdraw(UserId{}, 1); }},
      {Status::user_invalid, 0, "set",
       [&] {
         return run(SetRefundTarget{key(), UserId{}, RefundTarget::wallet});
       }},
      {Status::user_invalid, 0, "freeze", [&] { return freeze(UserId{}); }},
      {Status::user_invalid, 0, "check", [&] { return look(CheckRecipient{}, RecipientAnswer{}); }},
      {Status::amount_not_positive, 0, "deposit 0", [&] { return deposit(ann, 0); }},
      {Status::amount_not_positive, 0, "withdraw -1", [&] { return withdraw(ann, -1); }},
      {Status::amount_over_limit, most, "deposit", [&] { return deposit(ann, most + 1); }},
      {Status::amount_over_limit, most, "withdraw", [&] { return withdraw(ann, INT64_MAX); }},
      {Status::balance_over_limit, most, "deposit", [&] { return deposit(ann, most); }},
      {Status::reference_used, 0, "deposit",
       [&] {
         return run(Deposit{key(), ann, Amount{1}, Reference("card-1")});
       }},
      {Status::text_invalid, 0, "deposit",
       [&] {
         return run(Deposit{key(), ann, Amount{1}, Reference("\xff")});
       }},
      {Status::text_invalid, 0, "open", [&] { return open(none, "\xff"); }},
      {Status::wallet_exists, 0, "open", [&] { return open(ann); }},
      {Status::wallet_unknown, 0, "deposit", [&] { return deposit(none, 1); }},
      {Status::wallet_unknown, 0, "withdraw", [&] { return withdraw(none, 1); }},
      {Status::wallet_unknown, 0, "set",
       [&] {
         return run(SetRefundTarget{key(), none, RefundTarget::wallet});
       }},
      {Status::wallet_unknown, 0, "freeze", [&] { return freeze(none); }},
      {Status::wallet_unknown, 0, "show", [&] { return look(ShowWallet{none}, WalletAnswer{}); }},
      {Status::insufficient_funds, 599, "withdraw", [&] { return withdraw(poor, 600); }},
      {Status::wallet_frozen, 0, "withdraw", [&] { return withdraw(ice, 1); }},
      {Status::already_frozen, 0, "freeze", [&] { return freeze(ice); }},
      {Status::not_frozen, 0, "unfreeze", [&] { return freeze(ann, false); }},
      {Status::refund_target_unknown, 0, "set",
       [&] {
         return run(SetRefundTarget{key(), ann, static_cast<RefundTarget>(3)});
       }},
  };
}

std::vector<Line> RefusalsTest::send_lines() {
  return {
      {Status::key_missing, 0, "send", [&] { return sends([](auto& c) { c.key = {}; }); }},
      {Status::key_conflict, 0, "send",
       [&] {
         return sends([&](auto& c) {
           c.key = Key128{1, 7};
           c.sender = ann;
         });
       }},
      {Status::user_invalid, 0, "send", [&] { return sends([](auto& c) { c.sender = {}; }); }},
      {Status::user_invalid, 0, "to user 0",
       [&] {
         return sends([](auto& c) { c.kind = PacketKind::exclusive; }, {ben, UserId{}});
       }},
      {Status::kind_unknown, 0, "kind 0",
       [&] { return sends([](auto& c) { c.kind = PacketKind{}; }); }},
      {Status::kind_unknown, 0, "kind 5",
       [&] { return sends([](auto& c) { c.kind = static_cast<PacketKind>(5); }); }},
      {Status::split_unknown, 0, "split 4",
       [&] { return sends([](auto& c) { c.split = static_cast<Split>(4); }); }},
      {Status::split_not_allowed, 0, "lucky, equal",
       [&] { return sends([](auto& c) { c.split = Split::equal; }); }},
      {Status::split_not_allowed, 0, "even, order fair",
       [&] {
         return sends([](auto& c) {
           c.kind = PacketKind::even;
           c.split = Split::order_fair;
         });
       }},
      {Status::choice_unknown, 0, "choice 3",
       [&] { return sends([](auto& c) { c.sender_may_claim = static_cast<Choice>(3); }); }},
      {Status::funding_unknown, 0, "funding 0",
       [&] { return sends([](auto& c) { c.funding = FundingSource{}; }); }},
      {Status::funding_unknown, 0, "funding 3",
       [&] { return sends([](auto& c) { c.funding = static_cast<FundingSource>(3); }); }},
      {Status::recipients_not_allowed, 0, "lucky, named",
       [&] { return sends([](auto&) {}, {ben}); }},
      {Status::recipients_out_of_range, 1, "direct to two",
       [&] {
         return sends([](auto& c) { c.kind = PacketKind::direct; }, {ben, cy});
       }},
      {Status::recipients_out_of_range, 1, "direct to none",
       [&] { return sends([](auto& c) { c.kind = PacketKind::direct; }); }},
      {Status::recipients_out_of_range, 500, "exclusive to none",
       [&] { return sends([](auto& c) { c.kind = PacketKind::exclusive; }); }},
      {Status::recipient_repeated, static_cast<std::int64_t>(ben.value), "exclusive",
       [&] {
         return sends([](auto& c) { c.kind = PacketKind::exclusive; }, {ben, cy, ben});
       }},
      {Status::recipient_is_sender, 0, "direct",
       [&] { return sends([](auto& c) { c.kind = PacketKind::direct; }, {ann}); }},
      {Status::amount_not_positive, 0, "total 0",
       [&] { return sends([](auto& c) { c.total = {}; }); }},
      {Status::shares_out_of_range, 500, "no share",
       [&] { return sends([](auto& c) { c.share_count = 0; }); }},
      {Status::shares_out_of_range, 500, "501 shares",
       [&] { return sends([](auto& c) { c.share_count = 501; }); }},
      {Status::shares_out_of_range, 1, "two shares for one",
       [&] { return sends([](auto& c) { c.kind = PacketKind::direct; }, {ben}); }},
      {Status::total_below_shares, 500, "a fen a share",
       [&] {
         return sends([](auto& c) {
           c.share_count = 500;
           c.total = Amount{499};
         });
       }},
      {Status::total_above_shares, 40'000, "too dear",
       [&] { return sends([](auto& c) { c.total = Amount{40'001}; }); }},
      {Status::total_not_divisible, 2, "even",
       [&] {
         return sends([](auto& c) {
           c.kind = PacketKind::even;
           c.total = Amount{1'001};
         });
       }},
      {Status::expiry_too_short, 60'000'000, "a minute less",
       [&] { return sends([](auto& c) { c.expires_in = Duration::us(59'999'999); }); }},
      {Status::expiry_too_long, 7 * 24 * hour_us, "a week more",
       [&] { return sends([](auto& c) { c.expires_in = Duration::us(7 * 24 * hour_us + 1); }); }},
      {Status::opens_in_past, asked_at.us(), "now",
       [&] { return sends([](auto& c) { c.opens_at = asked_at; }); }},
      {Status::opens_too_late, 72 * hour_us, "in three days",
       [&] {
         return sends([](auto& c) { c.opens_at = asked_at + Duration::us(72 * hour_us + 1); });
       }},
      {Status::text_invalid, 0, "remark",
       [&] { return sends([](auto& c) { c.remark = Remark("\xff"); }); }},
      {Status::text_invalid, 0, "group",
       [&] { return sends([](auto& c) { c.group = Group("\xff"); }); }},
      {Status::text_invalid, 0, "code",
       [&] { return sends([](auto& c) { c.code = ClaimCode("\xff"); }); }},
      {Status::text_invalid, 0, "reference",
       [&] {
         return sends([](auto& c) {
           c.funding = FundingSource::external;
           c.reference = Reference("\xff");
         });
       }},
      {Status::reference_used, 0, "send",
       [&] {
         return sends([](auto& c) {
           c.funding = FundingSource::external;
           c.reference = Reference("card-1");
         });
       }},
      {Status::reference_missing, 0, "external",
       [&] { return sends([](auto& c) { c.funding = FundingSource::external; }); }},
      {Status::reference_not_allowed, 0, "from the wallet",
       [&] { return sends([](auto& c) { c.reference = Reference("x"); }); }},
      {Status::wallet_unknown, 0, "send", [&] { return sends([&](auto& c) { c.sender = none; }); }},
      {Status::wallet_frozen, 0, "send", [&] { return sends([&](auto& c) { c.sender = ice; }); }},
      {Status::insufficient_funds, 599, "send",
       [&] { return sends([&](auto& c) { c.sender = poor; }); }},
      {Status::recipients_out_of_range, 500, "exclusive to 501",
       [&] {
         std::vector<UserId> users;
         for (std::uint64_t i = 1; i <= 501; ++i) users.emplace_back(i);
         return sends([](auto& c) { c.kind = PacketKind::exclusive; }, users);
       }},
  };
}

std::vector<Line> RefusalsTest::claim_lines() {
  const auto claims = [this](PacketId id, UserId user) { return run(ClaimItem{id, user}); };
  const auto tells = [this](PacketId id, UserId user, const char* code) {
    return run(ClaimWithCode{id, user, ClaimCode(code)});
  };
  return {
      {Status::user_invalid, 0, "claim", [=, this] { return claims(open_packet, UserId{}); }},
      {Status::packet_unknown, 0, "claim 0", [=] { return claims(PacketId{}, UserId{1}); }},
      {Status::packet_unknown, 0, "claim of another shard",
       [=, this] { return claims(packet_id(partition_of(far), 1), ben); }},
      {Status::packet_unknown, 0, "claim a transfer", [=, this] { return claims(pending, ben); }},
      {Status::already_claimed, 0, "claim", [=, this] { return claims(sold_out, ben); }},
      {Status::sold_out, 0, "claim", [=, this] { return claims(sold_out, cy); }},
      {Status::expired, (sent_at + Duration::hours(1)).us(), "claim",
       [=, this] { return claims(expired, cy); }},
      {Status::recalled, 0, "claim", [=, this] { return claims(recalled, cy); }},
      {Status::packet_frozen, 0, "claim", [=, this] { return claims(frozen, cy); }},
      {Status::not_open_yet, (start + Duration::hours(9)).us(), "claim",
       [=, this] { return claims(timed, cy); }},
      {Status::not_recipient, 0, "claim", [=, this] { return claims(direct, cy); }},
      {Status::sender_excluded, 0, "claim", [=, this] { return claims(excluded, ann); }},
      {Status::code_required, 0, "claim", [=, this] { return claims(coded, ben); }},
      {Status::code_required, 0, "empty code", [=, this] { return tells(coded, ben, ""); }},
      {Status::code_wrong, 4, "code", [=, this] { return tells(coded, ben, "1"); }},
      {Status::code_locked, 5, "right code", [=, this] { return tells(coded, cy, "8888"); }},
      {Status::code_locked, 5, "no code", [=, this] { return claims(coded, cy); }},
  };
}

std::vector<Line> RefusalsTest::packet_lines() {
  const auto recall = [this](PacketId id, UserId user) {
    return run(RecallPacket{key(), id, user});
  };
  const auto back = [this](PacketId id, UserId user) { return run(ReturnShare{key(), id, user}); };
  const auto confirm = [this](PacketId id, const char* reference) {
    return run(ConfirmPayout{key(), id, Reference(reference)});
  };
  return {
      {Status::key_missing, 0, "recall",
       [&] {
         return run(RecallPacket{{}, open_packet, ann});
       }},
      {Status::user_invalid, 0, "recall", [=, this] { return recall(open_packet, UserId{}); }},
      {Status::packet_unknown, 0, "recall", [=, this] { return recall(PacketId{1}, ann); }},
      {Status::not_sender, 0, "recall", [=, this] { return recall(open_packet, ben); }},
      {Status::not_recallable, 0, "recall", [=, this] { return recall(excluded, ann); }},
      {Status::packet_frozen, 0, "recall", [=, this] { return recall(frozen, ann); }},
      {Status::sold_out, 0, "recall", [=, this] { return recall(sold_out, ann); }},
      {Status::recalled, 0, "recall", [=, this] { return recall(recalled, ann); }},
      {Status::expired, (sent_at + Duration::hours(1)).us(), "recall",
       [=, this] { return recall(expired, ann); }},

      {Status::key_missing, 0, "return",
       [&] {
         return run(ReturnShare{{}, sold_out, ben});
       }},
      {Status::user_invalid, 0, "return", [=, this] { return back(sold_out, UserId{}); }},
      {Status::packet_unknown, 0, "return", [=, this] { return back(PacketId{1}, ben); }},
      {Status::claim_unknown, 0, "return", [=, this] { return back(sold_out, cy); }},
      {Status::already_returned, 0, "return", [=, this] { return back(returned, ben); }},
      {Status::return_in_progress, 0, "return", [=, this] { return back(returning, far); }},
      {Status::insufficient_funds, 599, "return", [=, this] { return back(short_of_money, poor); }},
      {Status::return_window_over, 24 * hour_us, "return",
       [=, this] {
         now = sent_at + Duration::hours(24);
         const Outcome late = back(sold_out, ben);
         now = asked_at;
         return late;
       }},

      {Status::key_missing, 0, "confirm",
       [&] {
         return run(ConfirmPayout{{}, owed, Reference("x")});
       }},
      {Status::text_invalid, 0, "confirm", [=, this] { return confirm(owed, "\xff"); }},
      {Status::reference_missing, 0, "confirm", [=, this] { return confirm(owed, ""); }},
      {Status::reference_used, 0, "confirm", [=, this] { return confirm(owed, "bank-1"); }},
      {Status::payout_unknown, 0, "confirm", [=, this] { return confirm(sold_out, "x"); }},
      {Status::payout_confirmed, 0, "confirm", [=, this] { return confirm(paid, "x"); }},
      {Status::page_out_of_range, 100, "list none",
       [&] { return look(ListPayouts{}, PayoutListAnswer{}, ReplyBatch{}); }},
      {Status::page_out_of_range, 100, "list too many",
       [&] { return look(ListPayouts{.count_max = 101}, PayoutListAnswer{}, ReplyBatch{}); }},
      {Status::packet_unknown, 0, "show",
       [&] { return look(ShowPacket{pending}, ShowPacketAnswer{}, ReplyBatch{}); }},
      {Status::packet_unknown, 0, "peek",
       [&] {
         PeekAnswer answer;
         return ledger->peek(now, PeekPacket{pending, ben}, answer);
       }},
  };
}

std::vector<Line> RefusalsTest::transfer_lines() {
  const auto accept = [this](PacketId id, UserId user) {
    return run(AcceptTransfer{key(), id, user});
  };
  const auto decline = [this](PacketId id, UserId user) {
    return run(DeclineTransfer{key(), id, user});
  };
  const auto cancel = [this](PacketId id, UserId user) {
    return run(CancelTransfer{key(), id, user});
  };
  const auto back = [this](PacketId id, UserId user) {
    return run(ReturnTransfer{key(), id, user});
  };
  const auto cancelled_state = static_cast<std::int64_t>(TransferState::cancelled);
  return {
      {Status::key_missing, 0, "transfer", [&] { return transfers([](auto& c) { c.key = {}; }); }},
      {Status::key_missing, 0, "accept",
       [&] {
         return run(AcceptTransfer{{}, pending, ben});
       }},
      {Status::key_missing, 0, "decline",
       [&] {
         return run(DeclineTransfer{{}, pending, ben});
       }},
      {Status::key_missing, 0, "cancel",
       [&] {
         return run(CancelTransfer{{}, pending, ann});
       }},
      {Status::key_missing, 0, "return",
       [&] {
         return run(ReturnTransfer{{}, arrived, ben});
       }},
      {Status::user_invalid, 0, "accept", [=, this] { return accept(pending, UserId{}); }},
      {Status::user_invalid, 0, "decline", [=, this] { return decline(pending, UserId{}); }},
      {Status::user_invalid, 0, "cancel", [=, this] { return cancel(pending, UserId{}); }},
      {Status::user_invalid, 0, "return", [=, this] { return back(arrived, UserId{}); }},
      {Status::recipient_is_sender, 0, "transfer",
       [&] { return transfers([&](auto& c) { c.recipient = ann; }); }},
      {Status::amount_over_limit, 20'000'000, "transfer",
       [&] { return transfers([](auto& c) { c.amount = Amount{20'000'001}; }); }},
      {Status::arrival_not_offered, 24 * hour_us, "transfer",
       [&] { return transfers([](auto& c) { c.arrives_after = Duration::hours(1); }); }},
      {Status::transfer_unknown, 0, "accept", [=, this] { return accept(sold_out, ben); }},
      {Status::transfer_unknown, 0, "decline", [=, this] { return decline(sold_out, ben); }},
      {Status::transfer_unknown, 0, "cancel", [=, this] { return cancel(sold_out, ann); }},
      {Status::transfer_unknown, 0, "return", [=, this] { return back(sold_out, ben); }},
      {Status::transfer_unknown, 0, "show",
       [&] { return look(ShowTransfer{sold_out}, TransferAnswer{}); }},
      {Status::not_recipient, 0, "accept", [=, this] { return accept(pending, cy); }},
      {Status::not_recipient, 0, "return", [=, this] { return back(arrived, cy); }},
      {Status::not_sender, 0, "cancel", [=, this] { return cancel(pending, ben); }},
      {Status::transfer_accepted, 0, "accept", [=, this] { return accept(accepted, ben); }},
      {Status::transfer_accepted, 0, "decline", [=, this] { return decline(accepted, ben); }},
      {Status::transfer_arrived, 0, "cancel", [=, this] { return cancel(arrived, ann); }},
      {Status::transfer_arrived, 0, "decline", [=, this] { return decline(arrived, ben); }},
      {Status::transfer_closed, cancelled_state, "accept",
       [=, this] { return accept(cancelled, ben); }},
      {Status::transfer_closed, cancelled_state, "return",
       [=, this] { return back(cancelled, ben); }},
      {Status::transfer_not_arrived, 0, "return", [=, this] { return back(pending, ben); }},
      {Status::transfer_not_arrived, 0, "return", [=, this] { return back(accepted, ben); }},
      {Status::return_window_over, 24 * hour_us, "return",
       [=, this] {
         now = sent_at + Duration::hours(24);
         const Outcome late = back(arrived, ben);
         now = asked_at;
         return late;
       }},
  };
}

std::vector<Line> RefusalsTest::support_lines() {
  const auto opens = [this](PacketId subject, UserId user) {
    return run(OpenCase{key(), subject, user, op, 0});
  };
  const auto upholds = [this](CaseId id, UserId user) {
    return run(ResolveCase{key(), id, Decision::uphold, user, op, 0});
  };
  return {
      {Status::key_missing, 0, "case",
       [&] {
         return run(OpenCase{{}, sold_out, {}, op, 0});
       }},
      {Status::key_missing, 0, "resolve",
       [&] {
         return run(ResolveCase{{}, about_ben, Decision::refuse, {}, op, 0});
       }},
      {Status::key_missing, 0, "freeze",
       [&] {
         return run(FreezePacket{{}, sold_out, true, op, 0});
       }},
      {Status::operator_missing, 0, "case",
       [&] {
         return run(OpenCase{key(), sold_out, {}, {}, 0});
       }},
      {Status::packet_unknown, 0, "case", [=] { return opens(PacketId{1}, UserId{}); }},
      {Status::packet_unknown, 0, "freeze",
       [&] {
         return run(FreezePacket{key(), PacketId{1}, true, op, 0});
       }},
      {Status::claim_unknown, 0, "case", [=, this] { return opens(open_packet, cy); }},
      {Status::case_exists, static_cast<std::int64_t>(about_ben.value), "case",
       [=, this] { return opens(open_packet, ben); }},
      {Status::case_unknown, 0, "resolve", [=] { return upholds(CaseId{1}, UserId{}); }},
      {Status::case_unknown, 0, "show",
       [&] { return look(ShowCase{CaseId{1}}, CaseAnswer{}, ReplyBatch{}); }},
      {Status::case_resolved, static_cast<std::int64_t>(CaseState::refused), "resolve",
       [=, this] { return upholds(resolved, UserId{}); }},
      {Status::case_user_missing, 0, "resolve",
       [=, this] { return upholds(about_packet, UserId{}); }},
      {Status::claim_unknown, 0, "resolve", [=, this] { return upholds(about_packet, cy); }},
      {Status::decision_unknown, 0, "resolve",
       [&] {
         return run(ResolveCase{key(), about_ben, static_cast<Decision>(3), {}, op, 0});
       }},
      {Status::already_frozen, 0, "freeze",
       [&] {
         return run(FreezePacket{key(), frozen, true, op, 0});
       }},
      {Status::not_frozen, 0, "unfreeze",
       [&] {
         return run(FreezePacket{key(), sold_out, false, op, 0});
       }},
      // The last ones: the caps hold from here on.
      {Status::cap_count_reached, 1, "transfer", [&] { return capped(1, 0); }},
      {Status::cap_amount_reached, 199, "transfer", [&] { return capped(0, 199); }},
      {Status::receive_count_reached, 1, "claim", [&] { return receiving(1, 0); }},
      {Status::receive_amount_reached, 199, "claim", [&] { return receiving(0, 199); }},
  };
}

bool sets_policy(Status status) {
  return status == Status::cap_count_reached || status == Status::cap_amount_reached ||
         status == Status::receive_count_reached || status == Status::receive_amount_reached;
}

std::vector<Line> RefusalsTest::all_lines() {
  std::vector<Line> all;
  for (auto&& lines : {wallet_lines(), send_lines(), claim_lines(), packet_lines(),
                       transfer_lines(), support_lines()}) {
    all.insert(all.end(), lines.begin(), lines.end());
  }
  return all;
}

TEST_F(RefusalsTest, EveryRefusalHasItsStatusAndLimitAndChangesNothing) {
  for (const Line& line : all_lines()) {
    SCOPED_TRACE(std::string(name(line.status)) + ": " + line.what);
    if (sets_policy(line.status)) line.ask();
    const std::uint64_t hash = ledger->state_hash();
    const Outcome outcome = line.ask();
    EXPECT_EQ(name(outcome.status), name(line.status));
    EXPECT_EQ(outcome.limit, line.limit);
    EXPECT_EQ(ledger->state_hash() == hash, line.status != Status::code_wrong);
  }
}

TEST_F(RefusalsTest, EveryStatusOfTheLedgerHasALine) {
  std::set<Status> told;
  for (const Line& line : all_lines()) told.insert(line.status);
  for (int value = 1; value < 256; ++value) {
    const auto status = static_cast<Status>(value);
    if (name(status) == "unknown") continue;
    EXPECT_NE(told.contains(status), elsewhere.contains(status)) << name(status);
  }
}

}  // namespace
}  // namespace hb::test
