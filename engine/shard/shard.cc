#include "engine/shard/shard.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include "engine/base/assert.h"
#include "engine/base/limits.h"
#include "engine/journal/segment_seal.h"

namespace hb {

namespace {

// Claims ahead of the one being decided whose rows are asked for, and whose claims are.
constexpr std::size_t rows_ahead = 16;
constexpr std::size_t claims_ahead = 8;

// Bounds the time that one shard's messages take from another's step.
constexpr std::size_t messages_per_parcel_max = 4'096;
// The longest event that a timer brings.
constexpr std::size_t due_event_bytes_max = sizeof(TransferClosed);
// The longest event that a message becomes.
constexpr std::size_t message_event_bytes_max = sizeof(ReturnSettled);

// A shard that cannot deliver this many messages to another, because that one is stuck, takes no
// more claims.
constexpr std::size_t outbox_messages_max = 1'000'000;
constexpr Duration outbox_retry_after = Duration::ms(100);

// How often a full disk is asked whether there is space again.
constexpr Duration space_retry_interval = Duration::seconds(1);

// The first tick at which a timer for `when` may fire: never before the instant.
Tick tick_at_or_after(Time when) {
  return static_cast<Tick>((when.us() + limits::tick_us - 1) / limits::tick_us);
}

Tick tick_of(Time now) {
  return static_cast<Tick>(now.us() / limits::tick_us);
}

void take(Reply& reply, const Verdict& verdict) {
  reply.status = verdict.status;
  reply.replayed = verdict.replayed;
  reply.limit = verdict.limit;
}

template <class... Queries>
bool is_one_of(const Command& command) {
  return (std::holds_alternative<Queries>(command) || ...);
}

bool changes_state(const Command& command) {
  return !is_one_of<ShowWallet, CheckRecipient, PeekPacket, ShowPacket, ShowTransfer, ListPayouts,
                    ShowCase>(command);
}

bool sends_messages(const Command& command) {
  return is_one_of<ClaimBatch, ClaimWithCode, AcceptTransfer>(command);
}

}  // namespace

Shard::Shard(const ShardOptions& options, const Policy& policy, PrfKey entropy)
    : options_(options),
      ledger_(policy, options.shard, options.shard_count),
      wheel_(0),
      entropy_(entropy),
      collected_(options.shard_count, 0),
      acknowledged_(options.shard_count) {}

Result<std::unique_ptr<Shard>> Shard::open(Storage& storage, const ShardOptions& options,
                                           const Policy& policy, PrfKey entropy, Time now,
                                           const journal::Progress& progress) {
  std::unique_ptr<Shard> shard(new Shard(options, policy, entropy));
  const journal::Identity identity{options.shard, options.shard_count};
  Result<journal::Tail> tail = journal::recover(
      storage, identity,
      [&shard](Sequence sequence, const EventHeader* record) {
        shard->now_ = record->at;
        shard->ledger_.apply(sequence, record);
      },
      progress);
  if (!tail) return fail(std::move(tail.error()));
  auto writer = journal::Writer::open(storage, identity, options.journal, *tail);
  if (!writer) return fail(std::move(writer.error()));
  shard->journal_ = std::move(*writer);
  auto unsealed = journal::unsealed_segments(storage, tail->end.segment);
  if (!unsealed) return fail(std::move(unsealed.error()));
  shard->full_segments_ = std::move(*unsealed);
  shard->start_timers(now);
  return shard;
}

// The wheel starts at the last event, so that what expired since then fires in the order of expiry.
void Shard::start_timers(Time now) {
  const bool first_start = now_ == Time{};
  wheel_ = TimingWheel(tick_of(first_start ? now : now_));
  ledger_.for_each_timer(
      [this](PacketStore::Slot slot, Time due) { wheel_.schedule(tick_at_or_after(due), slot); });
}

void Shard::accept(Parcel* parcel) {
  waiting_.push_back(parcel);
}

bool Shard::step(Time now) {
  now_ = std::max(now_, now);
  journal_->poll();
  look_for_space();
  book_acknowledgements();
  apply_waiting_messages();
  pay_redress();
  settle_due();
  decide_waiting();
  journal_->flush();
  // What waits for room in the journal goes on when the disk says so; only refunds that the budget
  // cut off can go on at once.
  return writable() && journal_->room_bytes() >= due_event_bytes_max &&
         wheel_.now() < tick_of(now_);
}

void Shard::look_for_space() {
  if (!journal_->problem() || now_ - last_space_retry_ < space_retry_interval) return;
  last_space_retry_ = now_;
  journal_->retry_space();
}

Parcel* Shard::finished() {
  if (undelivered_.empty()) return nullptr;
  Parcel* parcel = undelivered_.front();
  if (options_.acknowledgement == Acknowledgement::disk && journal_->durable() < parcel->needs) {
    return nullptr;
  }
  undelivered_.pop_front();
  return parcel;
}

std::vector<std::uint64_t> Shard::take_full_segments() {
  std::vector<std::uint64_t> full = std::exchange(full_segments_, {});
  const std::vector<std::uint64_t> fresh = journal_->take_full_segments();
  full.insert(full.end(), fresh.begin(), fresh.end());
  return full;
}

std::optional<Time> Shard::next_due() const {
  const std::optional<Tick> tick = wheel_.next_tick_hint();
  if (!tick) return std::nullopt;
  return Time(static_cast<std::int64_t>(*tick) * limits::tick_us);
}

ShardFigures Shard::figures() const {
  return {.counts = ledger_.counts(),
          .totals = ledger_.totals(),
          .appended = journal_->appended(),
          .durable = journal_->durable(),
          .timers = wheel_.size(),
          .ledger_bytes = ledger_.bytes(),
          .writable = writable()};
}

// ---- commands ---------------------------------------------------------------------------------

void Shard::decide_waiting() {
  while (!waiting_.empty()) {
    Parcel& parcel = *waiting_.front();
    const std::vector<CommandEnvelope>& commands = parcel.commands.commands;
    while (parcel.next_command < commands.size()) {
      const CommandEnvelope& envelope = commands[parcel.next_command];
      const Admission admission = admit(envelope);
      if (admission == Admission::later) return;
      run(parcel, envelope, admission);
      ++parcel.next_command;
    }
    parcel.needs = journal_->appended();
    undelivered_.push_back(&parcel);
    waiting_.pop_front();
  }
}

// Reads always; changes when the journal surely takes their events.  While it only waits for the
// disk they wait too; when it waits for space they are refused.
Shard::Admission Shard::admit(const CommandEnvelope& envelope) const {
  if (!changes_state(envelope.command)) return Admission::now;
  if (!writable()) return Admission::refused;
  const auto* batch = std::get_if<ClaimBatch>(&envelope.command);
  const std::size_t claims_bytes = batch == nullptr ? 0 : batch->count * sizeof(Claimed);
  if (journal_->room_bytes() >= claims_bytes + limits::record_bytes_max) return Admission::now;
  return journal_->problem() ? Admission::refused : Admission::later;
}

void Shard::run(Parcel& parcel, const CommandEnvelope& envelope, Admission admission) {
  current_ = &parcel;
  Reply& reply = parcel.replies.replies.emplace_back();
  reply.to = envelope.reply_to;
  if (envelope.deadline != Time{} && now_ > envelope.deadline) {
    reply.status = Status::deadline_exceeded;
    reply.limit = envelope.deadline.us();
  } else if (admission == Admission::refused) {
    reply.status = Status::read_only;
  } else if (sends_messages(envelope.command) && ledger_.outbox_size_max() >= outbox_messages_max) {
    reply.status = Status::overloaded;
    reply.limit = outbox_retry_after.us();
  } else {
    std::visit([&](const auto& command) { run(reply, command); }, envelope.command);
  }
  if (std::exchange(reply_is_late_, false)) parcel.replies.replies.pop_back();
  current_ = nullptr;
}

template <class Event>
Sequence Shard::journal_event(const Event& event, std::span<const std::byte> tail,
                              std::size_t tail_offset) {
  const std::size_t record_bytes = event.units * limits::record_unit_bytes;
  const std::size_t event_bytes =
      std::min(tail.empty() ? record_bytes : tail_offset, sizeof(Event));
  std::byte* const place = journal_->append(event.units);
  std::memcpy(place, &event, event_bytes);
  std::memset(place + event_bytes, 0, record_bytes - event_bytes);
  if (!tail.empty()) std::memcpy(place + tail_offset, tail.data(), tail.size());
  return journal_->appended();
}

template <class Event>
Sequence Shard::book(const Event& event) {
  const Sequence sequence = journal_event(event);
  if constexpr (requires { ledger_.apply(sequence, event); }) {
    ledger_.apply(sequence, event);
  } else {
    ledger_.apply(event);
  }
  return sequence;
}

// What waits for a time that has changed.
void Shard::schedule(PacketId id) {
  if (const std::optional<Ledger::Timer> timer = ledger_.timer_of(id)) {
    wheel_.schedule(tick_at_or_after(timer->due), timer->slot);
  }
}

// True when the event was journalled and applied; else the reply says why not, or `verdict` that it
// was done before.
template <class Event, class Command, class... More>
bool Shard::carry_out(Reply& reply, Verdict& verdict, Event& event, const Command& command,
                      const More&... more) {
  verdict = ledger_.decide(now_, command, more..., event);
  take(reply, verdict);
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
  if (verdict.accepted()) {
    ++seeds_drawn_;
    journal_event(event, std::as_bytes(recipients), event.recipients_offset());
    const PacketStore::Slot slot = ledger_.apply(event, recipients);
    wheel_.schedule(tick_at_or_after(event.expires_at), slot);
    reply.answer = ledger_.send_answer(event.packet);
  } else if (verdict.replayed) {
    reply.answer = ledger_.send_answer(PacketId(verdict.stored));
  }
}

void Shard::run(Reply& reply, const ClaimBatch& command) {
  const std::span<const ClaimItem> claims(current_->commands.claims.data() + command.first,
                                          command.count);
  std::vector<ClaimAnswer>& answers = current_->replies.claims;
  reply.answer =
      ClaimBatchAnswer{.first = static_cast<std::uint32_t>(answers.size()), .count = command.count};
  for (std::size_t i = 0; i < std::min(rows_ahead, claims.size()); ++i) ledger_.prefetch(claims[i]);
  for (std::size_t i = 0; i < claims.size(); ++i) {
    if (i + rows_ahead < claims.size()) ledger_.prefetch(claims[i + rows_ahead]);
    if (i + claims_ahead < claims.size()) ledger_.prefetch_claims(claims[i + claims_ahead]);
    Claimed event;
    answers.push_back(ledger_.decide(now_, claims[i], event));
    if (answers.back().status != Status::ok) continue;
    ledger_.apply(journal_event(event), event);
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
    reply.answer = ledger_.transfer_answer(command.transfer, state, Time{});
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
  const bool wait_for_disk = options_.acknowledgement == Acknowledgement::disk;
  const auto ready = [&](const Late& late) {
    return late.held.origin == origin && (!wait_for_disk || late.needs <= journal_->durable());
  };
  for (const Late& late : late_) {
    if (!ready(late)) continue;
    Reply& reply = parcel.replies.replies.emplace_back();
    reply.to = late.held.to;
    reply.status = late.settled.status;
    reply.limit = late.settled.limit;
    if (reply.status == Status::ok) {
      answer_return(reply, late.held, late.settled.taken, parcel.replies);
    }
  }
  std::erase_if(late_, ready);
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
                 .case_id = command.case_id});
  } else {
    answer_case(reply, ledger_.case_record(command.case_id), current_->replies);
  }
}

// What upheld cases owe; at a start also what a crash cut off.
void Shard::pay_redress() {
  while (writable() && journal_->room_bytes() >= message_event_bytes_max) {
    const Redress redress = ledger_.decide_redress(now_);
    if (const auto* closed = std::get_if<TransferClosed>(&redress)) {
      book(*closed);
    } else if (const auto* plan = std::get_if<ReturnPlan>(&redress)) {
      carry_on(*plan);
    } else {
      return;
    }
  }
}

void Shard::run(Reply& reply, const ShowCase& query) {
  look<ShowCase, CaseAnswer>(reply, query, current_->replies);
}

// ---- messages between shards --------------------------------------------------------------------

bool Shard::collect_messages(ShardId target, MessageParcel& parcel) {
  const Outbox& outbox = ledger_.outbox(target);
  std::size_t& next = collected_[target.value];
  const Sequence durable = journal_->durable();
  while (next < outbox.size() && outbox[next].sequence <= durable &&
         parcel.messages.size() < messages_per_parcel_max) {
    parcel.messages.push_back(outbox[next]);
    ++next;
  }
  parcel.source = options_.shard;
  return !parcel.messages.empty();
}

void Shard::accept_messages(MessageParcel* parcel) {
  waiting_messages_.push_back(parcel);
}

MessageParcel* Shard::finished_messages() {
  // The source forgets what comes back from here, so it must be on disk at every level.
  if (undelivered_messages_.empty()) return nullptr;
  MessageParcel* parcel = undelivered_messages_.front();
  if (journal_->durable() < parcel->needs) return nullptr;
  undelivered_messages_.pop_front();
  return parcel;
}

void Shard::acknowledge_messages(ShardId target, Sequence through) {
  acknowledged_[target.value] = std::max(acknowledged_[target.value], through);
}

void Shard::apply_waiting_messages() {
  while (!waiting_messages_.empty()) {
    MessageParcel& parcel = *waiting_messages_.front();
    const std::span<const Message> messages(parcel.messages);
    while (parcel.next_message < messages.size()) {
      if (!writable() || journal_->room_bytes() < message_event_bytes_max) return;
      const std::size_t i = parcel.next_message++;
      if (i + rows_ahead < messages.size()) ledger_.prefetch(messages[i + rows_ahead].user);
      take_message(parcel.source, messages[i]);
    }
    parcel.needs = journal_->appended();
    undelivered_messages_.push_back(&parcel);
    waiting_messages_.pop_front();
  }
}

void Shard::take_message(ShardId source, const Message& message) {
  const MessageEvent event = ledger_.decide(now_, source, message);
  if (const auto* credit = std::get_if<CreditReceived>(&event)) {
    book(*credit);
  } else if (const auto* debit = std::get_if<DebitDecided>(&event)) {
    book(*debit);
  } else if (const auto* settled = std::get_if<ReturnSettled>(&event)) {
    release_held(*settled, book(*settled));
  }
}

void Shard::book_acknowledgements() {
  for (std::uint16_t target = 0; target < options_.shard_count; ++target) {
    CreditsAcknowledged event;
    if (!ledger_.decide(now_, ShardId{target}, acknowledged_[target], event)) continue;
    if (!writable() || journal_->room_bytes() < sizeof(CreditsAcknowledged)) return;
    const std::size_t before = ledger_.outbox(ShardId{target}).size();
    book(event);
    // Only what was collected in this run can have been acknowledged in it.
    collected_[target] -= before - ledger_.outbox(ShardId{target}).size();
  }
}

// ---- timers -----------------------------------------------------------------------------------

void Shard::settle_due() {
  if (!writable()) return;
  const std::size_t budget =
      std::min(options_.refunds_per_step, journal_->room_bytes() / due_event_bytes_max);
  wheel_.advance(tick_of(now_), budget, [this](std::uint32_t slot) {
    const DueEvent event = ledger_.decide_due(now_, slot);
    if (const auto* refunded = std::get_if<Refunded>(&event)) {
      book(*refunded);
    } else if (const auto* closed = std::get_if<TransferClosed>(&event)) {
      book(*closed);
    } else if (const auto* arrived = std::get_if<TransferArrived>(&event)) {
      book(*arrived);
    }
  });
}

}  // namespace hb
