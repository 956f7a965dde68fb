#include "engine/shard/shard.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include "engine/base/assert.h"
#include "engine/base/limits.h"
#include "engine/journal/segment_seal.h"
#include "engine/shard/booking.h"

namespace hb {

namespace {

// Bounds the time that one shard's messages take from another's step.
constexpr std::size_t messages_per_parcel_max = 4'096;
// The longest event that a timer brings.
constexpr std::size_t due_event_bytes_max = sizeof(TransferClosed);
// The longest event that a message becomes.
constexpr std::size_t message_event_bytes_max = sizeof(ReturnSettled);

// With what follows from it at once.
std::size_t bytes_for(const Message& message) {
  return message.kind == MessageKind::reference_answer ? settling_bytes_max
                                                       : message_event_bytes_max;
}

constexpr Duration outbox_retry_after = Duration::ms(100);

// How often a full disk is asked whether there is space again.
constexpr Duration space_retry_interval = Duration::seconds(1);

Tick tick_of(Time now) {
  return static_cast<Tick>(now.us() / limits::tick_us);
}

template <class... Queries>
bool is_one_of(const Command& command) {
  return (std::holds_alternative<Queries>(command) || ...);
}

bool changes_state(const Command& command) {
  return !is_one_of<ShowWallet, CheckRecipient, PeekPacket, ShowPacket, ShowTransfer, ListPayouts,
                    ShowCase>(command);
}

bool has_reference(const Command& command) {
  return std::visit(
      [](const auto& c) {
        if constexpr (requires { c.reference; }) return !c.reference.empty();
        return false;
      },
      command);
}

bool sends_messages(const Command& command) {
  return is_one_of<ClaimBatch, ClaimWithCode, AcceptTransfer, ReturnShare, ReturnTransfer>(
             command) ||
         has_reference(command);
}

}  // namespace

Shard::Shard(const ShardOptions& options, const Policy& policy, PrfKey entropy)
    : options_(options),
      ledger_(policy, options.shard, options.shard_count, options.memory_ahead),
      wheel_(0),
      entropy_(entropy),
      collected_(options.shard_count, 0),
      acknowledged_(options.shard_count) {}

Result<std::unique_ptr<Shard>> Shard::open(Storage& storage, const ShardOptions& options,
                                           const Policy& policy, PrfKey entropy, Time now,
                                           const journal::Progress& progress) {
  auto shard = recover(storage, options, policy, entropy, progress);
  if (!shard) return shard;
  if (Result<void> started = (*shard)->start(storage, now); !started) return fail(started.error());
  return shard;
}

Result<std::unique_ptr<Shard>> Shard::recover(Storage& storage, const ShardOptions& options,
                                              const Policy& policy, PrfKey entropy,
                                              const journal::Progress& progress) {
  std::unique_ptr<Shard> shard(new Shard(options, policy, entropy));
  auto tail = journal::replay(
      storage, shard->identity(),
      [&shard](const journal::BlockView& block) { shard->replay(block); }, progress);
  if (!tail) return fail(std::move(tail.error()));
  shard->tail_ = *tail;
  return shard;
}

Result<void> Shard::start(Storage& storage, Time now) {
  if (auto cut = journal::cut_tail(storage, tail_); !cut) return fail(std::move(cut.error()));
  auto writer = journal::Writer::open(storage, identity(), options_.journal, tail_);
  if (!writer) return fail(std::move(writer.error()));
  journal_ = std::move(*writer);
  // A segment is full once its successor holds records; until then the writer waits for them.
  const bool begun_only = tail_.end.offset == journal::page_bytes;
  const std::uint64_t current = tail_.end.segment - (begun_only ? 1 : 0);
  auto unsealed = journal::unsealed_segments(storage, current);
  if (!unsealed) return fail(std::move(unsealed.error()));
  full_segments_ = std::move(*unsealed);
  start_timers(now);
  return {};
}

// As with commands, what the events will touch is asked for ahead.
void Shard::replay(const journal::BlockView& block) {
  auto places = block.begin();
  auto rows = places;
  auto claims = places;
  const auto ask = [&](journal::BlockView::Iterator& ahead, std::size_t bursts, auto prefetch) {
    for (std::size_t n = bursts * prefetch_burst; n > 0 && ahead != block.end(); --n, ++ahead) {
      prefetch((*ahead).event);
    }
  };
  std::size_t done = 0;
  for (const journal::Record record : block) {
    if (done % prefetch_burst == 0) {
      const std::size_t bursts = done == 0 ? 1 : 0;
      ask(places, 3 * bursts + 1, [this](const EventHeader* e) { ledger_.prefetch_places(e); });
      ask(rows, 2 * bursts + 1, [this](const EventHeader* e) { ledger_.prefetch_rows(e); });
      ask(claims, bursts + 1, [this](const EventHeader* e) { ledger_.prefetch_claims(e); });
    }
    ++done;
    now_ = record.event->at;
    ledger_.apply(record.sequence, record.event);
  }
}

// The wheel starts at the last event, so that what expired since then fires in the order of expiry;
// after weeks of standstill later, so that what is sent while it catches up lies within its
// horizon.
void Shard::start_timers(Time now) {
  const bool first_start = now_ == Time{};
  const Tick last = tick_of(first_start ? now : now_);
  constexpr Tick catches_up_max = TimingWheel::horizon_ticks / 2;
  constexpr Tick timer_ahead_max =
      (limits::opens_ahead_us_max + limits::packet_life_us_max) / limits::tick_us;
  static_assert(catches_up_max + timer_ahead_max < TimingWheel::horizon_ticks);
  const Tick present = tick_of(now);
  const Tick earliest = present > catches_up_max ? present - catches_up_max : 0;
  wheel_ = TimingWheel(std::max(last, earliest));
  ledger_.for_each_timer(
      [this](PacketStore::Slot slot, Time due) { wheel_.schedule(tick_at_or_after(due), slot); });
}

void Shard::accept(Parcel* parcel) {
  waiting_.push_back(parcel);
}

bool Shard::step(const ClockReading& time) {
  now_ = std::max(now_, time.ledger);
  wall_ = time.wall;
  monotonic_ = time.monotonic;
  journal_->poll();
  look_for_space();
  book_acknowledgements();
  apply_waiting_messages();
  settle_references();
  pay_redress();
  settle_due();
  decide_waiting();
  tell_caps();
  journal_->flush();
  // A small write may be done already: its replies need no further step, but what waits for its
  // room does.
  const bool held_up = waits_for_room();
  if (journal_->poll() && held_up) return true;
  // What waits for room in the journal goes on when the disk says so; only what a budget cut off
  // can go on at once.
  return writable() && journal_->room_bytes() >= due_event_bytes_max &&
         (wheel_.now() < tick_of(now_) || may_tell_references());
}

bool Shard::waits_for_room() const {
  return !waiting_.empty() || !waiting_messages_.empty() || ledger_.has_caps_to_tell() ||
         ledger_.granted_reference().has_value() || !writable() ||
         journal_->room_bytes() < due_event_bytes_max;
}

void Shard::look_for_space() {
  if (!journal_->problem() || monotonic_ - last_space_retry_ < space_retry_interval) return;
  last_space_retry_ = monotonic_;
  journal_->retry_space();
}

Parcel* Shard::finished() {
  if (!undelivered_at_once_.empty()) {
    Parcel* parcel = undelivered_at_once_.front();
    undelivered_at_once_.pop_front();
    return parcel;
  }
  if (undelivered_.empty() || journal_->durable() < undelivered_.front()->needs) return nullptr;
  Parcel* parcel = undelivered_.front();
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
          .writable = writable(),
          .time = now_,
          .clock_ahead = now_ - wall_};
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
      prefetch_ahead(commands, parcel.next_command);
      run(parcel, envelope, admission);
      ++parcel.next_command;
    }
    parcel.needs = journal_->appended();
    const bool at_once = parcel.acknowledgement == Acknowledgement::memory;
    (at_once ? undelivered_at_once_ : undelivered_).push_back(&parcel);
    waiting_.pop_front();
  }
}

// At every burst's first command; the parcel's first also asks for its own burst.
void Shard::prefetch_ahead(std::span<const CommandEnvelope> commands, std::size_t at) const {
  if (at % prefetch_burst != 0) return;
  const std::size_t from = at == 0 ? 0 : std::min(at + prefetch_burst, commands.size());
  const std::size_t to = std::min(at + 2 * prefetch_burst, commands.size());
  for (const CommandEnvelope& envelope : commands.subspan(from, to - from)) {
    ledger_.prefetch(envelope.command);
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
  const Verdict hindered = hindrance(envelope, admission);
  const auto* batch = std::get_if<ClaimBatch>(&envelope.command);
  if (hindered.accepted() || (batch == nullptr && ledger_.carried_out(now_, envelope.command))) {
    std::visit([&](const auto& command) { run(reply, command); }, envelope.command);
  } else if (const auto place = Ledger::key_place(envelope.command);
             &parcel != &resumed_ && hindered.status == Status::deadline_exceeded && place &&
             ledger_.reference_asked(*place)) {
    await_home(reply, *place);  // an earlier one may yet be carried out
  } else {
    reply.status = hindered.status;
    reply.limit = hindered.limit;
    if (batch != nullptr) repeat_claims(reply, *batch);
  }
  if (std::exchange(reply_is_late_, false)) parcel.replies.replies.pop_back();
  current_ = nullptr;
}

// Why the command may not be carried out now; ok when it may.  A command that was carried out
// before is answered all the same: its answer is stored, and a client that was refused would send
// it once more under another key.
Verdict Shard::hindrance(const CommandEnvelope& envelope, Admission admission) const {
  if (envelope.deadline != Time{} && wall_ > envelope.deadline) {
    return {.status = Status::deadline_exceeded, .limit = envelope.deadline.us()};
  }
  if (admission == Admission::refused) return {.status = Status::read_only};
  if (sends_messages(envelope.command) &&
      ledger_.outbox_size_max() >= options_.outbox_messages_max) {
    return {.status = Status::overloaded, .limit = outbox_retry_after.us()};
  }
  return {};
}

// What waits for a time that has changed.
void Shard::schedule(PacketId id) {
  if (const std::optional<Ledger::Timer> timer = ledger_.timer_of(id)) {
    wheel_.schedule(tick_at_or_after(timer->due), timer->slot);
  }
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
      const std::size_t i = parcel.next_message;
      if (!writable() || journal_->room_bytes() < bytes_for(messages[i])) return;
      if (!ledger_.has_room_for_credits()) return;
      ++parcel.next_message;
      if (i + prefetch_burst < messages.size()) ledger_.prefetch(messages[i + prefetch_burst].user);
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
  } else if (const auto* decided = std::get_if<ReferenceDecided>(&event)) {
    book(*decided);
  } else if (const auto* answered = std::get_if<ReferenceSettled>(&event)) {
    take_answer(*answered);
  } else if (const auto* freed = std::get_if<ReferenceFreed>(&event)) {
    book(*freed);
  } else if (const auto* heard = std::get_if<ReceiveCapHeard>(&event)) {
    book(*heard);
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

// That users have reached the day's cap of what is received; at a start also what a crash cut off.
void Shard::tell_caps() {
  ReceiveCapReached event;
  while (ledger_.decide(now_, event)) {
    if (!writable() || journal_->room_bytes() < sizeof event) return;
    book(event);
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
  const auto fire = [this](std::uint32_t slot) {
    const DueEvent event = ledger_.decide_due(now_, slot);
    if (const auto* refunded = std::get_if<Refunded>(&event)) {
      book(*refunded);
    } else if (const auto* closed = std::get_if<TransferClosed>(&event)) {
      book(*closed);
    } else if (const auto* arrived = std::get_if<TransferArrived>(&event)) {
      book(*arrived);
    }
  };
  wheel_.advance(tick_of(now_), budget, fire, [this](std::span<const TimingWheel::Timer> timers) {
    ledger_.prefetch_due(timers);
  });
}

}  // namespace hb
