// The model's transfers, returns and cases: what goes back from a recipient, and on whose word.
#include <algorithm>

#include "engine/base/partition.h"
#include "engine/base/text.h"
#include "tests/model/ledger_model.h"

namespace hb::model {

// ---- transfers ----------------------------------------------------------------------------------

bool LedgerModel::wrong_terms(const SendTransfer& c) {
  const std::vector<Duration>& offered = policy_.transfer_arrivals;
  if (c.sender == c.recipient) {
    refuse(Status::recipient_is_sender);
  } else if (c.amount <= Amount{}) {
    refuse(Status::amount_not_positive);
  } else if (c.amount > policy_.transfer_max) {
    refuse(Status::amount_over_limit, policy_.transfer_max.fen());
  } else if (std::ranges::find(offered, c.arrives_after) == offered.end()) {
    refuse(Status::arrival_not_offered, std::ranges::max(offered).us());
  } else if (!valid_utf8(c.remark.view())) {
    refuse(Status::text_invalid);
  } else {
    return false;
  }
  return true;
}

void LedgerModel::run(const SendTransfer& c) {
  const PartitionId home = partition_of(c.sender);
  if (settled_before(c, c.key, home, {c.sender, c.recipient})) return;
  if (wrong_terms(c)) return;
  const Wallet* wallet = usable_wallet(c.sender);
  if (wallet == nullptr) return refuse(Status::wallet_unknown);
  if (wallet->frozen) return refuse(Status::wallet_frozen);
  if (capped(c.sender, c.amount)) return;
  if (wallet->balance < c.amount) {
    return refuse(Status::insufficient_funds, wallet->balance.fen());
  }
  count_usage(c.sender, c.amount);
  const PacketId id = next_id(c.sender);
  debit(c.sender, c.amount, {EventType::transfer_sent, id});
  records_[c.sender].sent.push_back(id);
  Transfer& transfer = transfers_[id];
  transfer = {.sender = c.sender,
              .recipient = c.recipient,
              .amount = c.amount,
              .sent_at = now_,
              .expires_at = now_ + policy_.transfer_accept_window,
              .arrives_after = c.arrives_after,
              .remark = c.remark,
              .share = {.user = c.recipient, .amount = c.amount}};
  wait_or_not(id);
  answer(told(id, transfer));
  remember(c.key, home);
}

TransferAnswer LedgerModel::told(PacketId id, const Transfer& t) const {
  return {.transfer = id,
          .sender = t.sender,
          .recipient = t.recipient,
          .amount = t.amount,
          .state = t.state,
          .frozen = t.frozen,
          .sent_at = t.sent_at,
          .expires_at = t.expires_at,
          .arrives_after = t.arrives_after,
          .arrives_at = t.arrives_at,
          .remark = t.remark};
}

// Fills in why nothing more can be decided about the transfer.
bool LedgerModel::is_over(const Transfer& transfer) {
  switch (transfer.state) {
    case TransferState::pending:
    case TransferState::accepted:
      return false;
    case TransferState::arrived:
      refuse(Status::transfer_arrived);
      return true;
    case TransferState::expired:
      refuse(Status::expired, transfer.expires_at.us());
      return true;
    default:
      refuse(Status::transfer_closed, static_cast<std::int64_t>(transfer.state));
      return true;
  }
}

Transfer* LedgerModel::pending_transfer(PacketId id, UserId recipient) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) {
    refuse(Status::transfer_unknown);
    return nullptr;
  }
  Transfer& transfer = found->second;
  if (transfer.recipient != recipient) {
    refuse(Status::not_recipient);
  } else if (transfer.frozen) {
    refuse(Status::packet_frozen);
  } else if (is_over(transfer)) {
  } else if (transfer.state == TransferState::accepted) {
    refuse(Status::transfer_accepted);
  } else if (now_ >= transfer.expires_at) {
    refuse(Status::expired, transfer.expires_at.us());
  } else {
    return &transfer;
  }
  return nullptr;
}

void LedgerModel::run(const AcceptTransfer& c) {
  const PartitionId home = partition_of(c.transfer);
  if (settled_before(c, c.key, home, {c.recipient})) return;
  Transfer* transfer = pending_transfer(c.transfer, c.recipient);
  if (transfer == nullptr) return;
  const ClaimAnswer enough = received_enough(home_of(c.transfer), c.recipient, transfer->amount);
  if (enough.status != Status::ok) return refuse(enough.status, claim_limit(enough));
  transfer->state = TransferState::accepted;
  transfer->arrives_at = now_ + transfer->arrives_after;
  wait_or_not(c.transfer);
  if (transfer->arrives_after == Duration{}) {
    arrive(c.transfer, *transfer, EventType::transfer_accepted);
  }
  answer(told(c.transfer, *transfer));
  remember(c.key, home);
}

void LedgerModel::run(const DeclineTransfer& c) {
  const PartitionId home = partition_of(c.transfer);
  if (settled_before(c, c.key, home, {c.recipient})) return;
  Transfer* transfer = pending_transfer(c.transfer, c.recipient);
  if (transfer == nullptr) return;
  close(c.transfer, *transfer, TransferState::declined);
  answer(told(c.transfer, *transfer));
  remember(c.key, home);
}

void LedgerModel::run(const CancelTransfer& c) {
  const PartitionId home = partition_of(c.transfer);
  if (settled_before(c, c.key, home, {c.sender})) return;
  const auto found = transfers_.find(c.transfer);
  if (found == transfers_.end()) return refuse(Status::transfer_unknown);
  Transfer& transfer = found->second;
  if (transfer.sender != c.sender) return refuse(Status::not_sender);
  if (transfer.frozen) return refuse(Status::packet_frozen);
  if (is_over(transfer)) return;
  if (transfer.state == TransferState::accepted && now_ >= transfer.arrives_at) {
    return refuse(Status::transfer_arrived);
  }
  if (transfer.state == TransferState::pending && now_ >= transfer.expires_at) {
    return refuse(Status::expired, transfer.expires_at.us());
  }
  close(c.transfer, transfer, TransferState::cancelled);
  answer(told(c.transfer, transfer));
  remember(c.key, home);
}

// Its money goes back to the sender.
void LedgerModel::close(PacketId id, Transfer& transfer, TransferState state) {
  transfer.state = state;
  wait_or_not(id);
  credit(transfer.sender, transfer.amount, {EventType::transfer_closed, id});
}

void LedgerModel::arrive(PacketId id, Transfer& transfer, EventType cause) {
  transfer.state = TransferState::arrived;
  wait_or_not(id);
  records_[transfer.recipient].received.push_back({id, now_});
  pay_from(id, transfer.recipient, transfer.amount, cause);
}

void LedgerModel::run(const ShowTransfer& c) {
  const auto found = transfers_.find(c.transfer);
  if (found == transfers_.end()) return refuse(Status::transfer_unknown);
  answer(told(c.transfer, found->second));
}

// ---- returns ------------------------------------------------------------------------------------

Share& LedgerModel::share(ShareName name) {
  const auto packet = packets_.find(name.packet);
  return packet != packets_.end() ? packet->second.shares.at(name.index)
                                  : transfers_.at(name.packet).share;
}

// The user's share of the packet, and its name.
Share* LedgerModel::share_of(PacketId packet, UserId user, ShareName& name) {
  std::vector<Share>& shares = packets_.at(packet).shares;
  for (std::uint16_t i = 0; i < shares.size(); ++i) {
    if (shares[i].user != user) continue;
    name = {packet, i};
    return &shares[i];
  }
  return nullptr;
}

bool LedgerModel::is_frozen(PacketId id) const {
  const auto packet = packets_.find(id);
  return packet != packets_.end() ? packet->second.frozen : transfers_.at(id).frozen;
}

UserId LedgerModel::sender_of(PacketId id) const {
  const auto packet = packets_.find(id);
  return packet != packets_.end() ? packet->second.sender : transfers_.at(id).sender;
}

void LedgerModel::run(const ReturnShare& c) {
  if (settled_before(c, c.key, partition_of(c.packet), {c.user})) return;
  if (!packets_.contains(c.packet)) return refuse(Status::packet_unknown);
  ShareName name;
  const Share* own = share_of(c.packet, c.user, name);
  if (own == nullptr) return refuse(Status::claim_unknown);
  give_share_back(name, {.end = own->claimed_at + policy_.return_window,
                         .window = policy_.return_window,
                         .key = c.key,
                         .form = Waiter::Form::share});
}

void LedgerModel::run(const ReturnTransfer& c) {
  if (settled_before(c, c.key, partition_of(c.transfer), {c.recipient})) return;
  const auto found = transfers_.find(c.transfer);
  if (found == transfers_.end()) return refuse(Status::transfer_unknown);
  const Transfer& transfer = found->second;
  if (transfer.recipient != c.recipient) return refuse(Status::not_recipient);
  if (transfer.holds_money()) return refuse(Status::transfer_not_arrived);
  if (transfer.state != TransferState::arrived && transfer.state != TransferState::returned) {
    return refuse(Status::transfer_closed, static_cast<std::int64_t>(transfer.state));
  }
  give_share_back({c.transfer, 0}, {.end = transfer.arrives_at + policy_.transfer_return_window,
                                    .window = policy_.transfer_return_window,
                                    .key = c.key,
                                    .form = Waiter::Form::transfer});
}

// The recipient wants to.
void LedgerModel::give_share_back(ShareName name, const ReturnTerms& terms) {
  Share& own = share(name);
  if (own.state == ShareState::returning) return refuse(Status::return_in_progress);
  if (own.state != ShareState::held) return refuse(Status::already_returned);
  if (is_frozen(name.packet)) return refuse(Status::packet_frozen);
  if (now_ >= terms.end) return refuse(Status::return_window_over, terms.window.us());
  const Letter request{.kind = Letter::Kind::debit_request,
                       .user = own.user,
                       .amount = own.amount,
                       .packet = name.packet,
                       .share_index = name.index,
                       .balance = {}};
  if (home_of(own.user) != home_of(name.packet)) {
    own.state = ShareState::returning;
    own.pending = PendingReturn{.key = terms.key, .form = terms.form};
    store_under_way(terms.key, name);
    letters_[{home_of(name.packet), home_of(own.user)}].push_back({request, {}});
    return wait_for(*own.pending, terms.form, false);
  }
  const Letter debit = take_back(request, EventType::return_settled);
  settle(name, debit, CaseId{});
  out_ = told_end(name, terms.form, CaseId{}, debit);
  reply().to = to_;
  if (debit.status == Status::ok) remember(terms.key, partition_of(name.packet));
}

// The recipient's side: the money leaves the wallet, or a reason why not.
Letter LedgerModel::take_back(const Letter& request, EventType cause) {
  Letter answer = request;
  answer.kind = Letter::Kind::debit_answer;
  answer.forced = false;
  answer.amount = Amount{};
  const auto found = wallets_.find(request.user);
  if (request.forced) {
    if (found != wallets_.end()) answer.amount = std::min(request.amount, found->second.balance);
  } else if (usable_wallet(request.user) == nullptr) {
    answer.status = Status::wallet_unknown;
  } else if (found->second.frozen) {
    answer.status = Status::wallet_frozen;
  } else if (found->second.balance < request.amount) {
    answer.status = Status::insufficient_funds;
  } else {
    answer.amount = request.amount;
  }
  if (found != wallets_.end()) {
    debit(request.user, answer.amount, {cause, request.packet});
    answer.balance = found->second.balance;
  }
  return answer;
}

// The packet's side: what was taken goes to the sender.
void LedgerModel::settle(ShareName name, const Letter& answer, CaseId case_id) {
  Share& own = share(name);
  if (answer.status != Status::ok) {
    own.state = ShareState::held;
    return;
  }
  own.given_back += answer.amount;
  const bool whole = own.given_back == own.amount;
  own.state = whole ? ShareState::returned : ShareState::returned_short;
  if (transfers_.contains(name.packet)) {
    transfers_.at(name.packet).state = TransferState::returned;
  }
  if (answer.amount != Amount{}) {
    credit(sender_of(name.packet), answer.amount, {EventType::return_settled, name.packet});
  }
  if (case_id == CaseId{}) return;
  CaseRecord& record = cases_.at(case_id).record;
  record.returned = answer.amount;
  record.shortfall = own.amount - own.given_back;
}

std::vector<LateAnswer> LedgerModel::end_return(ShareName name, const Letter& answer) {
  const PendingReturn pending = std::exchange(share(name).pending, std::nullopt).value();
  settle(name, answer, pending.case_id);
  const auto stored = stored_.find({partition_of(name.packet), pending.key});
  if (answer.status == Status::ok) {
    stored->second.answer = told_end(name, pending.form, pending.case_id, answer);
    stored->second.under_way.reset();
    // A resolution was stored when it was given; a return is when it ends.
    if (pending.form != Waiter::Form::resolution) stored->second.day = storage_day();
  } else {
    stored_.erase(stored);
  }
  std::vector<LateAnswer> late;
  for (const Waiter& waiter : pending.waiters) {
    late.push_back({waiter.to, told_end(name, waiter.form, pending.case_id, answer)});
    Reply& reply = late.back().answer.replies.front();
    reply.to = waiter.to;
    reply.replayed = waiter.replayed && answer.status == Status::ok;
  }
  return late;
}

ReplyBatch LedgerModel::told_end(ShareName name, Waiter::Form form, CaseId case_id,
                                 const Letter& answer) const {
  ReplyBatch told_batch;
  Reply& reply = told_batch.replies.emplace_back();
  reply.status = answer.status;
  if (answer.status == Status::insufficient_funds) reply.limit = answer.balance.fen();
  if (answer.status != Status::ok) return told_batch;
  switch (form) {
    case Waiter::Form::share:
      reply.answer =
          ReturnAnswer{.packet = name.packet, .user = answer.user, .amount = answer.amount};
      break;
    case Waiter::Form::transfer: {
      // The command found it unfrozen, and tells nothing of a freeze since.
      TransferAnswer returned = told(name.packet, transfers_.at(name.packet));
      returned.frozen = false;
      reply.answer = returned;
      break;
    }
    case Waiter::Form::resolution:
      reply.answer = CaseAnswer{0};
      told_batch.cases = {cases_.at(case_id).record};
      break;
  }
  return told_batch;
}

// ---- cases --------------------------------------------------------------------------------------

void LedgerModel::run(const OpenCase& c) {
  const PartitionId home = partition_of(c.subject);
  if (settled_before(c, c.key, home)) return;
  if (lacks_operator(c.by, c.note)) return;
  const auto transfer = transfers_.find(c.subject);
  if (transfer == transfers_.end() && !packets_.contains(c.subject)) {
    return refuse(Status::packet_unknown);
  }
  // About a transfer, whose share is clear.
  const UserId user = transfer != transfers_.end() ? transfer->second.recipient : c.user;
  ShareName name;
  if (transfer == transfers_.end() && user != UserId{} &&
      share_of(c.subject, user, name) == nullptr) {
    return refuse(Status::claim_unknown);
  }
  const auto open = open_cases_.find({c.subject, user});
  if (open != open_cases_.end()) {
    return refuse(Status::case_exists, static_cast<std::int64_t>(open->second.value));
  }
  const CaseId id = case_id(home, ++cases_given_[home]);
  CaseRecord& record = cases_[id].record;
  record.case_id = id;
  record.subject = c.subject;
  record.user = user;
  record.opened_at = now_;
  record.opened_by = c.by;
  record.opened_note = note(c.note);
  cases_[id].opened_for = user;
  open_cases_[{c.subject, user}] = id;
  answer(record);
  remember(c.key, home);
}

// Fills in why the share (or the transfer) cannot be taken back.
bool LedgerModel::uncontestable(PacketId subject, UserId user) {
  Share* contested = nullptr;
  if (const auto found = transfers_.find(subject); found != transfers_.end()) {
    Transfer& transfer = found->second;
    if (transfer.holds_money()) return false;
    contested = &transfer.share;
    const bool arrived =
        transfer.state == TransferState::arrived || transfer.state == TransferState::returned;
    if (!arrived) {
      refuse(Status::transfer_closed, static_cast<std::int64_t>(transfer.state));
      return true;
    }
  } else {
    ShareName name;
    if (user == UserId{}) {
      refuse(Status::case_user_missing);
      return true;
    }
    contested = share_of(subject, user, name);
    if (contested == nullptr) {
      refuse(Status::claim_unknown);
      return true;
    }
  }
  // What was missing is still owed.
  const ShareState state = contested->state;
  if (state == ShareState::held || state == ShareState::returned_short) return false;
  refuse(contested->state == ShareState::returning ? Status::return_in_progress
                                                   : Status::already_returned);
  return true;
}

void LedgerModel::run(const ResolveCase& c) {
  const PartitionId home = partition_of(c.case_id);
  if (settled_before(c, c.key, home)) return;
  if (lacks_operator(c.by, c.note)) return;
  if (c.decision != Decision::refuse && c.decision != Decision::uphold) {
    return refuse(Status::decision_unknown);
  }
  const auto found = cases_.find(c.case_id);
  if (found == cases_.end()) return refuse(Status::case_unknown);
  Case& contested = found->second;
  CaseRecord& record = contested.record;
  if (record.state != CaseState::open) {
    return refuse(Status::case_resolved, static_cast<std::int64_t>(record.state));
  }
  const bool upheld = c.decision == Decision::uphold;
  const bool of_packet = packets_.contains(record.subject);
  const UserId user = of_packet && c.user != UserId{} ? c.user : record.user;
  if (upheld && uncontestable(record.subject, user)) return;
  record.state = upheld ? CaseState::upheld : CaseState::refused;
  record.user = user;
  record.resolved_at = now_;
  record.resolved_by = c.by;
  record.resolved_note = note(c.note);
  open_cases_.erase({record.subject, contested.opened_for});
  if (upheld) redress(contested, c.key);
  if (late_) return;
  answer(record);
  remember(c.key, home);
}

// The money goes back to the sender: out of escrow, or out of the recipient's wallet.
void LedgerModel::redress(Case& contested, Key128 key) {
  CaseRecord& record = contested.record;
  ShareName name{record.subject, 0};
  if (const auto found = transfers_.find(record.subject); found != transfers_.end()) {
    if (found->second.holds_money()) {
      record.returned = found->second.amount;
      return close(record.subject, found->second, TransferState::revoked);
    }
  } else {
    share_of(record.subject, record.user, name);
  }
  Share& own = share(name);
  const Letter request{.kind = Letter::Kind::debit_request,
                       .user = own.user,
                       .amount = own.amount - own.given_back,
                       .packet = name.packet,
                       .share_index = name.index,
                       .forced = true,
                       .balance = {}};
  if (home_of(own.user) == home_of(name.packet)) {
    return settle(name, take_back(request, EventType::return_settled), record.case_id);
  }
  own.state = ShareState::returning;
  own.pending = PendingReturn{
      .forced = true, .case_id = record.case_id, .key = key, .form = Waiter::Form::resolution};
  store_under_way(key, name);
  letters_[{home_of(name.packet), home_of(own.user)}].push_back({request, {}});
  wait_for(*own.pending, Waiter::Form::resolution, false);
}

void LedgerModel::run(const ShowCase& c) {
  const auto found = cases_.find(c.case_id);
  if (found == cases_.end()) return refuse(Status::case_unknown);
  answer(found->second.record);
}

}  // namespace hb::model
