// What a shard does with each command: decide, book, answer.
#include <algorithm>
#include <span>

#include "engine/base/assert.h"
#include "engine/shard/booking.h"
#include "engine/shard/shard.h"

namespace hb {

namespace {

void take(Reply& reply, const Verdict& verdict) {
  reply.status = verdict.status;
  reply.replayed = verdict.replayed;
  reply.limit = verdict.limit;
}

}  // namespace

// True when the event was journalled and applied; else the reply says why not, or `verdict` that it
// was done before.
template <class Event, class Command, class... More>
bool Shard::carry_out(Reply& reply, Verdict& verdict, Event& event, const Command& command,
                      const More&... more) {
  verdict = ledger_.decide(now_, command, more..., event);
  take(reply, verdict);
  if constexpr (requires { Ledger::request_for(event); }) {
    if (verdict.asks_home) ask_home(reply, Ledger::request_for(event));
  }
  if (!verdict.accepted()) return false;
  book(event);
  return true;
}

template <class Query, class AnswerType, class... More>
void Shard::look(Reply& reply, const Query& query, More&... more) {
  AnswerType answer;
  take(reply, ledger_.show(query, answer, more...));
  if (reply.status == Status::ok) reply.answer = answer;
}

std::string_view Shard::note(std::uint32_t index) const {
  const std::vector<Note>& notes = current_->commands.notes;
  return index < notes.size() ? notes[index].view() : std::string_view{};
}

// ---- wallets ------------------------------------------------------------------------------------

template <class Event, class Command, class... More>
void Shard::run_on_wallet(Reply& reply, const Command& command, const More&... more) {
  Verdict verdict;
  Event event;
  if (carry_out(reply, verdict, event, command, more...)) {
    reply.answer = ledger_.wallet_answer(command.user, ledger_.wallet_stored(command.user));
  } else if (verdict.replayed) {
    reply.answer = ledger_.wallet_answer(command.user, verdict.stored);
  }
}

void Shard::run(Reply& reply, const OpenWallet& command) {
  run_on_wallet<WalletOpened>(reply, command);
}

void Shard::run(Reply& reply, const Deposit& command) {
  run_on_wallet<MoneyMoved>(reply, command);
}

void Shard::run(Reply& reply, const Withdraw& command) {
  run_on_wallet<MoneyMoved>(reply, command);
}

void Shard::run(Reply& reply, const SetRefundTarget& command) {
  run_on_wallet<WalletSet>(reply, command);
}

void Shard::run(Reply& reply, const FreezeWallet& command) {
  run_on_wallet<FreezeSet>(reply, command, note(command.note));
}

void Shard::run(Reply& reply, const ShowWallet& query) {
  look<ShowWallet, WalletAnswer>(reply, query);
}

void Shard::run(Reply& reply, const CheckRecipient& query) {
  look<CheckRecipient, RecipientAnswer>(reply, query);
}

// ---- packets ------------------------------------------------------------------------------------

void Shard::run(Reply& reply, const SendPacket& command) {
  const PrfKey seed{prf(entropy_, 2 * seeds_drawn_), prf(entropy_, 2 * seeds_drawn_ + 1)};
  const std::span<const UserId> recipients(
      current_->commands.users.data() + command.recipients_first, command.recipients_count);
  PacketSent event;
  const Verdict verdict = ledger_.decide(now_, command, recipients, seed, event);
  take(reply, verdict);
  if (verdict.asks_home) {
    ask_home(reply, Ledger::request_for(event));
  } else if (verdict.accepted()) {
    ++seeds_drawn_;
    journal_event(event, std::as_bytes(recipients), event.recipients_offset());
    const PacketStore::Slot slot = ledger_.apply(event, recipients);
    wheel_.schedule(tick_at_or_after(event.expires_at), slot);
    reply.answer = ledger_.send_answer(event.packet);
  } else if (verdict.replayed) {
    reply.answer = ledger_.send_answer(PacketId(verdict.stored));
  }
}

// At every burst's first claim; the parcel's first also asks for the bursts before.
void Shard::prefetch_ahead(std::span<const ClaimItem> claims, std::size_t at) const {
  const auto burst = [&](std::size_t from, std::size_t bursts) {
    from = std::min(from, claims.size());
    return claims.subspan(from, std::min(bursts * prefetch_burst, claims.size() - from));
  };
  if (at == 0) {
    ledger_.prefetch_places(burst(0, 3));
    ledger_.prefetch_rows(burst(0, 2));
    ledger_.prefetch_claims(burst(0, 1));
  }
  ledger_.prefetch_places(burst(at + 3 * prefetch_burst, 1));
  ledger_.prefetch_rows(burst(at + 2 * prefetch_burst, 1));
  ledger_.prefetch_claims(burst(at + prefetch_burst, 1));
}

void Shard::run(Reply& reply, const ClaimBatch& command) {
  std::vector<ClaimAnswer>& answers = current_->replies.claims;
  reply.answer =
      ClaimBatchAnswer{.first = static_cast<std::uint32_t>(answers.size()), .count = command.count};
  const std::span<const ClaimItem> claims(current_->commands.claims);
  const std::size_t end = std::size_t{command.first} + command.count;
  for (std::size_t i = command.first; i < end; ++i) {
    if (i % prefetch_burst == 0) prefetch_ahead(claims, i);
    Claimed event;
    answers.push_back(ledger_.decide(now_, claims[i], event));
    if (answers.back().status != Status::ok) continue;
    ledger_.apply(journal_event(event), event);
  }
}

// The batch is refused; but claims that were carried out before have their first answers, and then
// the refusal is that of the others alone.
void Shard::repeat_claims(Reply& refused, const ClaimBatch& command) {
  if (refused.status == Status::overloaded) return;  // which wants the batch to come again whole
  const auto claims = std::span(current_->commands.claims).subspan(command.first, command.count);
  const bool any = std::ranges::any_of(
      claims, [this](const ClaimItem& claim) { return ledger_.first_answer(claim).has_value(); });
  if (!any) return;
  std::vector<ClaimAnswer>& answers = current_->replies.claims;
  const ClaimAnswer other{.status = refused.status, .claimed_at = Time(refused.limit)};
  refused = {.to = refused.to,
             .answer = ClaimBatchAnswer{.first = static_cast<std::uint32_t>(answers.size()),
                                        .count = command.count}};
  for (const ClaimItem& claim : claims) {
    answers.push_back(ledger_.first_answer(claim).value_or(other));
  }
}

void Shard::run(Reply& reply, const ClaimWithCode& command) {
  Claimed claimed;
  CodeTried tried;
  const ClaimAnswer answer = ledger_.decide(now_, command, claimed, tried);
  if (answer.status == Status::ok) book(claimed);
  if (answer.status == Status::code_wrong) book(tried);
  reply.status = answer.status;
  reply.limit = claim_limit(answer);
  if (succeeded(answer.status)) reply.answer = answer;
}

void Shard::run(Reply& reply, const PeekPacket& query) {
  PeekAnswer answer;
  take(reply, ledger_.peek(now_, query, answer));
  if (reply.status == Status::ok) reply.answer = answer;
}

void Shard::run(Reply& reply, const ShowPacket& query) {
  look<ShowPacket, ShowPacketAnswer>(reply, query, current_->replies);
}

void Shard::run(Reply& reply, const RecallPacket& command) {
  Verdict verdict;
  PacketRecalled event;
  if (carry_out(reply, verdict, event, command)) {
    reply.answer = Ledger::recall_answer(command.packet, Ledger::recall_stored(event));
  } else if (verdict.replayed) {
    reply.answer = Ledger::recall_answer(command.packet, verdict.stored);
  }
}

void Shard::run(Reply& reply, const FreezePacket& command) {
  Verdict verdict;
  FreezeSet event;
  const bool done = carry_out(reply, verdict, event, command, note(command.note));
  // What came due while it was frozen is due now.
  if (done && !command.frozen) schedule(command.packet);
  if (done || verdict.replayed) {
    reply.answer = PacketFreezeAnswer{.packet = command.packet, .frozen = command.frozen};
  }
}

// ---- transfers ----------------------------------------------------------------------------------

void Shard::run(Reply& reply, const SendTransfer& command) {
  Verdict verdict;
  TransferSent event;
  PacketId transfer;
  if (carry_out(reply, verdict, event, command)) {
    transfer = event.transfer;
    schedule(transfer);
  } else if (verdict.replayed) {
    transfer = PacketId(verdict.stored);
  } else {
    return;
  }
  reply.answer = ledger_.transfer_answer(transfer, TransferState::pending, Time{});
}

void Shard::run(Reply& reply, const AcceptTransfer& command) {
  Verdict verdict;
  TransferAccepted event;
  Time arrives_at;
  if (carry_out(reply, verdict, event, command)) {
    arrives_at = event.arrives_at;
    schedule(command.transfer);
  } else if (verdict.replayed) {
    arrives_at = Time(static_cast<std::int64_t>(verdict.stored));
  } else {
    return;
  }
  TransferAnswer answer =
      ledger_.transfer_answer(command.transfer, TransferState::accepted, arrives_at);
  if (answer.arrives_after == Duration{}) answer.state = TransferState::arrived;
  reply.answer = answer;
}

template <class Command>
void Shard::run_close(Reply& reply, const Command& command, TransferState state) {
  Verdict verdict;
  TransferClosed event;
  if (carry_out(reply, verdict, event, command) || verdict.replayed) {
    reply.answer = ledger_.closed_transfer_answer(command.transfer, state);
  }
}

void Shard::run(Reply& reply, const DeclineTransfer& command) {
  run_close(reply, command, TransferState::declined);
}

void Shard::run(Reply& reply, const CancelTransfer& command) {
  run_close(reply, command, TransferState::cancelled);
}

void Shard::run(Reply& reply, const ShowTransfer& query) {
  look<ShowTransfer, TransferAnswer>(reply, query);
}

// ---- payouts ------------------------------------------------------------------------------------

void Shard::run(Reply& reply, const ListPayouts& query) {
  look<ListPayouts, PayoutListAnswer>(reply, query, current_->replies);
}

void Shard::run(Reply& reply, const ConfirmPayout& command) {
  Verdict verdict;
  PayoutConfirmed event;
  if (carry_out(reply, verdict, event, command) || verdict.replayed) {
    reply.answer = PayoutAnswer{ledger_.payout(command.packet)};
  }
}

// ---- returns ------------------------------------------------------------------------------------

void Shard::run(Reply& reply, const ReturnShare& command) {
  run_return(reply, command,
             {.form = Held::Form::share, .packet = command.packet, .user = command.user});
}

void Shard::run(Reply& reply, const ReturnTransfer& command) {
  run_return(reply, command,
             {.form = Held::Form::transfer, .packet = command.transfer, .user = command.recipient});
}

template <class Command>
void Shard::run_return(Reply& reply, const Command& command, Held held) {
  ReturnPlan plan;
  const Verdict verdict = ledger_.decide(now_, command, plan);
  take(reply, verdict);
  if (verdict.accepted()) {
    carry_on(plan);
    held.share_index = plan.share_index;
    held.replayed = plan.step == ReturnPlan::Step::wait;
    if (plan.step == ReturnPlan::Step::settle) {
      answer_return(reply, held, plan.settled.taken, current_->replies);
    } else {
      hold(reply, held);
    }
  } else if (verdict.replayed) {
    const Amount taken{static_cast<std::int64_t>(verdict.stored)};
    answer_return(reply, held, taken, current_->replies);
  }
}

void Shard::carry_on(const ReturnPlan& plan) {
  if (plan.step == ReturnPlan::Step::settle) book(plan.settled);
  if (plan.step == ReturnPlan::Step::request) book(plan.requested);
}

void Shard::answer_return(Reply& reply, const Held& held, Amount taken, ReplyBatch& batch) const {
  switch (held.form) {
    case Held::Form::share:
      reply.answer = ReturnAnswer{.packet = held.packet, .user = held.user, .amount = taken};
      break;
    case Held::Form::transfer: {
      TransferAnswer answer;
      HB_ASSERT(ledger_.show(ShowTransfer{held.packet}, answer).accepted());
      answer.state = TransferState::returned;
      answer.frozen = false;
      reply.answer = answer;
      break;
    }
    case Held::Form::resolution:
      answer_case(reply, ledger_.case_record(held.case_id), batch);
      break;
  }
}

void Shard::answer_case(Reply& reply, const CaseRecord& record, ReplyBatch& batch) {
  reply.answer = CaseAnswer{static_cast<std::uint32_t>(batch.cases.size())};
  batch.cases.push_back(record);
}

// The reply to the command that runs comes when the return of this share ends.
void Shard::hold(const Reply& reply, Held held) {
  held.to = reply.to;
  held.origin = current_->origin;
  held.acknowledgement = current_->acknowledgement;
  held_.push_back(held);
  reply_is_late_ = true;
}

// Everybody who waits for this return hears its end, once that is durable.
void Shard::release_held(const ReturnSettled& settled, Sequence sequence) {
  const auto waits = [&](const Held& held) {
    return held.packet == settled.packet && held.share_index == settled.share_index;
  };
  for (const Held& held : held_) {
    if (waits(held)) late_.push_back({held, settled, sequence});
  }
  std::erase_if(held_, waits);
}

bool Shard::collect_late_replies(std::uint16_t origin, Parcel& parcel) {
  const auto ready = [&](const Late& late) {
    const bool at_once = late.held.acknowledgement == Acknowledgement::memory;
    return late.held.origin == origin && (at_once || late.needs <= journal_->durable());
  };
  for (const Late& late : late_) {
    if (!ready(late)) continue;
    Reply& reply = parcel.replies.replies.emplace_back();
    reply.to = late.held.to;
    reply.status = late.settled.status;
    reply.limit = late.settled.limit;
    if (reply.status == Status::ok) {
      reply.replayed = late.held.replayed;
      answer_return(reply, late.held, late.settled.taken, parcel.replies);
    }
  }
  std::erase_if(late_, ready);
  collect_resumed(origin, parcel);
  return !parcel.replies.empty();
}

// ---- cases --------------------------------------------------------------------------------------

void Shard::run(Reply& reply, const OpenCase& command) {
  Verdict verdict;
  CaseOpened event;
  if (carry_out(reply, verdict, event, command, note(command.note))) {
    answer_case(reply, ledger_.case_as_opened(event.case_id), current_->replies);
  } else if (verdict.replayed) {
    answer_case(reply, ledger_.case_as_opened(CaseId(verdict.stored)), current_->replies);
  }
}

void Shard::run(Reply& reply, const ResolveCase& command) {
  Verdict verdict;
  CaseResolved event;
  if (carry_out(reply, verdict, event, command, note(command.note))) {
    pay_redress();
  } else if (!verdict.replayed) {
    return;
  }
  if (const std::optional<Ledger::ShareName> share = ledger_.awaited_by(command.case_id)) {
    hold(reply, {.form = Held::Form::resolution,
                 .packet = share->packet,
                 .share_index = share->index,
                 .case_id = command.case_id,
                 .replayed = verdict.replayed});
  } else {
    answer_case(reply, ledger_.case_record(command.case_id), current_->replies);
  }
}

void Shard::run(Reply& reply, const ShowCase& query) {
  look<ShowCase, CaseAnswer>(reply, query, current_->replies);
}

}  // namespace hb
