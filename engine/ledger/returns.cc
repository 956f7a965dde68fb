// The rules of returns: a claimed share, or an arrived transfer, goes back to its sender.
//
// The share is known where the packet lives, the money lies where the recipient's wallet lives.
// Where that is one shard, a return is one event.  Where it is two, the share is marked, the other
// shard is asked for the money, and its answer ends the return: nothing is locked meanwhile but the
// share.
#include <algorithm>

#include "engine/base/assert.h"
#include "engine/ledger/decisions.h"
#include "engine/ledger/ledger.h"

namespace hb {

namespace {

std::uint64_t fingerprint_of(const ReturnShare& c) {
  return Fingerprint(EventType::return_settled).add(c.packet.value).add(c.user.value).value();
}

std::uint64_t fingerprint_of(const ReturnTransfer& c) {
  return Fingerprint(EventType::return_settled)
      .add(c.transfer.value)
      .add(c.recipient.value)
      .add(static_cast<std::uint64_t>(TransferState::returned))
      .value();
}

// What a share's state says to somebody who wants it back: ok, or why not.
Status readiness(ShareState state) {
  switch (state) {
    case ShareState::held:
      return Status::ok;
    case ShareState::returning:
      return Status::return_in_progress;
    case ShareState::returned:
    case ShareState::returned_short:
      break;
  }
  return Status::already_returned;
}

}  // namespace

// ---- deciding -----------------------------------------------------------------------------------

Verdict Ledger::decide(Time now, const ReturnShare& c, ReturnPlan& plan) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.user == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint = fingerprint_of(c);
  Verdict verdict;
  if (replay(now, partition_of(c.packet), c.key, fingerprint, verdict)) return verdict;
  const PacketRow* packet = find_packet(c.packet);
  if (packet == nullptr) return refuse(Status::packet_unknown);
  std::uint16_t index = 0;
  const ClaimCell* share = packets_.find_claim(*packet, c.user, index);
  if (share == nullptr) return refuse(Status::claim_unknown);
  const Time claimed_at =
      packet->sent_at + Duration::us(static_cast<std::int64_t>(share->delay_us));
  return plan_return(now, {c.packet, index}, *packet, claimed_at + policy_.return_window,
                     {.user = c.user, .key = c.key, .fingerprint = fingerprint}, plan);
}

Verdict Ledger::decide(Time now, const ReturnTransfer& c, ReturnPlan& plan) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.recipient == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint = fingerprint_of(c);
  Verdict verdict;
  if (replay(now, partition_of(c.transfer), c.key, fingerprint, verdict)) return verdict;
  const PacketRow* transfer = find_transfer(c.transfer);
  if (transfer == nullptr) return refuse(Status::transfer_unknown);
  if (packets_.share(*transfer, 0).user != c.recipient) return refuse(Status::not_recipient);
  const TransferState state = transfer->transfer_state;
  if (holds_money(*transfer)) return refuse(Status::transfer_not_arrived);
  if (state != TransferState::arrived && state != TransferState::returned) {
    return refuse(Status::transfer_closed, static_cast<std::int64_t>(state));
  }
  const Time end = packets_.terms(*transfer).arrives_at + policy_.transfer_return_window;
  return plan_return(now, {c.transfer, 0}, *transfer, end,
                     {.user = c.recipient, .key = c.key, .fingerprint = fingerprint}, plan);
}

// A return that the recipient wants: possible until `end`.
Verdict Ledger::plan_return(Time now, ShareName name, const PacketRow& row, Time end,
                            PendingReturn terms, ReturnPlan& plan) const {
  plan.packet = name.packet;
  plan.share_index = name.index;
  const Status ready = readiness(packets_.share(row, name.index).state());
  if (ready == Status::already_returned) return refuse(ready);
  if (ready == Status::return_in_progress) {
    // The same command once more hears the same end; another one's answer could not be kept.
    if (pending_returns_.at(name).key != terms.key) return refuse(ready);
    plan.step = ReturnPlan::Step::wait;
    return {};
  }
  if (row.has(PacketRow::frozen)) return refuse(Status::packet_frozen);
  if (now >= end) {
    const bool transfer = row.has(PacketRow::is_transfer);
    return refuse(Status::return_window_over,
                  (transfer ? policy_.transfer_return_window : policy_.return_window).us());
  }
  terms.amount = share_amount(row, name.index);
  plan = make_plan(now, name, terms);
  const bool refused = plan.step == ReturnPlan::Step::settle && plan.settled.status != Status::ok;
  return refused ? refuse(plan.settled.status, plan.settled.limit) : Verdict{};
}

ReturnPlan Ledger::make_plan(Time now, ShareName name, const PendingReturn& terms) const {
  ReturnPlan plan{.packet = name.packet, .share_index = name.index};
  if (!owns(partition_of(terms.user))) {
    plan.step = ReturnPlan::Step::request;
    plan.requested = ReturnRequested{.share_index = name.index,
                                     .forced = terms.forced,
                                     .at = now,
                                     .packet = name.packet,
                                     .user = terms.user,
                                     .amount = terms.amount,
                                     .case_id = terms.case_id,
                                     .key = terms.key,
                                     .fingerprint = terms.fingerprint};
    return plan;
  }
  const Debit debit = decide_debit(terms.user, terms.amount, terms.forced);
  plan.step = ReturnPlan::Step::settle;
  plan.settled =
      ReturnSettled{.share_index = name.index,
                    .status = debit.status,
                    .forced = terms.forced,
                    .at = now,
                    .packet = name.packet,
                    .user = terms.user,
                    .taken = debit.taken,
                    .shortfall = terms.forced ? terms.amount - debit.taken : Amount{},
                    .key = terms.key,
                    .fingerprint = terms.fingerprint,
                    .case_id = terms.case_id,
                    .limit = debit.status == Status::insufficient_funds ? debit.balance.fen() : 0};
  return plan;
}

// What the recipient's wallet gives.  Forced: whatever it holds, frozen or not.
Ledger::Debit Ledger::decide_debit(UserId user, Amount wanted, bool forced) const {
  const WalletRow* wallet = forced ? find_wallet(user) : find_usable_wallet(user);
  if (wallet == nullptr) {
    return {.status = forced ? Status::ok : Status::wallet_unknown, .balance = balance_of(user)};
  }
  Debit debit{.balance = wallet->balance};
  if (!forced && wallet->frozen) {
    debit.status = Status::wallet_frozen;
  } else if (!forced && wallet->balance < wanted) {
    debit.status = Status::insufficient_funds;
  } else {
    debit.taken = std::min(wanted, wallet->balance);
    debit.balance -= debit.taken;
  }
  return debit;
}

Amount Ledger::share_amount(const PacketRow& row, std::uint16_t index) const {
  if (row.has(PacketRow::is_transfer)) return Amount{row.total_fen};
  return Amount{static_cast<std::int64_t>(packets_.share(row, index).amount_fen)};
}

// What a forced return wants: the share, or what an earlier one found missing.
Amount Ledger::still_owed(ShareName name, const PacketRow& row) const {
  const auto shortfall = shortfalls_.find(name);
  return shortfall != shortfalls_.end() ? shortfall->second : share_amount(row, name.index);
}

std::optional<Ledger::ShareName> Ledger::awaited_by(CaseId id) const {
  for (const auto& [name, pending] : pending_returns_) {
    if (pending.case_id == id) return name;
  }
  return std::nullopt;
}

// ---- applying -----------------------------------------------------------------------------------

void Ledger::apply(Sequence sequence, const ReturnRequested& e) {
  ClaimCell& share = packets_.share(packet_row(e.packet), e.share_index);
  const bool collects = e.forced != 0 && share.state() == ShareState::returned_short;
  HB_ASSERT(share.user == e.user && (share.state() == ShareState::held || collects));
  share.set_state(ShareState::returning);
  pending_returns_[{e.packet, e.share_index}] = {.user = e.user,
                                                 .amount = e.amount,
                                                 .forced = e.forced != 0,
                                                 .case_id = e.case_id,
                                                 .key = e.key,
                                                 .fingerprint = e.fingerprint};
  if (!e.key.empty()) keys_under_way_[{partition_of(e.packet), e.key}] = e.fingerprint;
  if (e.case_id != CaseId{}) redress_due_.erase(e.case_id);
  send_message({.sequence = sequence,
                .user = e.user,
                .amount = e.amount,
                .packet = e.packet,
                .share_index = e.share_index,
                .kind = MessageKind::debit_request,
                .forced = e.forced != 0});
}

void Ledger::apply(Sequence sequence, const DebitDecided& e) {
  receive(e.source, e.source_sequence);
  if (e.taken != Amount{}) debit(e.user, e.taken);
  HB_ASSERT(balance_of(e.user) == e.balance);
  totals_.sent += e.taken;
  send_message({.sequence = sequence,
                .user = e.user,
                .amount = e.taken,
                .packet = e.packet,
                .balance = e.balance,
                .share_index = e.share_index,
                .kind = MessageKind::debit_answer,
                .status = e.status});
  HB_ASSERT(totals_.balanced());
}

void Ledger::apply(const ReturnSettled& e) {
  if (e.answer_sequence != Sequence{}) {
    receive(e.answer_shard, e.answer_sequence);
    totals_.received += e.taken;
    pending_returns_.erase({e.packet, e.share_index});
    keys_under_way_.erase({partition_of(e.packet), e.key});
  } else if (e.taken != Amount{}) {
    debit(e.user, e.taken);
  }
  PacketRow& row = packet_row(e.packet);
  ClaimCell& share = packets_.share(row, e.share_index);
  HB_ASSERT(share.user == e.user && share.state() != ShareState::returned);
  if (e.status != Status::ok) {
    HB_ASSERT(e.taken == Amount{});
    share.set_state(ShareState::held);
    return;
  }
  const bool whole = e.shortfall == Amount{};
  share.set_state(whole ? ShareState::returned : ShareState::returned_short);
  if (whole) {
    shortfalls_.erase({e.packet, e.share_index});
  } else {
    shortfalls_[{e.packet, e.share_index}] = e.shortfall;
  }
  if (row.has(PacketRow::is_transfer)) row.transfer_state = TransferState::returned;
  if (e.taken != Amount{}) credit(row.sender, e.taken, e.at);
  HB_ASSERT(totals_.balanced());
  if (e.case_id != CaseId{}) redressed(e.case_id, e.taken, e.shortfall);
  if (!e.key.empty()) {
    remember(e.at, partition_of(e.packet),
             {e.key, e.fingerprint, static_cast<std::uint64_t>(e.taken.fen())});
  }
}

}  // namespace hb
