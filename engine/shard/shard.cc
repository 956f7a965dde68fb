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

// Bounds the time that one shard's credits take from another's step.
constexpr std::size_t credits_per_parcel_max = 4'096;

// A shard that cannot deliver this many credits to another, because that one is stuck, takes no
// more claims.
constexpr std::size_t outbox_credits_max = 1'000'000;
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

bool changes_state(const Command& command) {
  return !std::holds_alternative<ShowWallet>(command) &&
         !std::holds_alternative<PeekPacket>(command) &&
         !std::holds_alternative<ShowPacket>(command);
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
  ledger_.for_each_open([this](PacketStore::Slot slot, Time expires_at) {
    wheel_.schedule(tick_at_or_after(expires_at), slot);
  });
}

void Shard::accept(Parcel* parcel) {
  waiting_.push_back(parcel);
}

bool Shard::step(Time now) {
  now_ = std::max(now_, now);
  journal_->poll();
  look_for_space();
  book_acknowledgements();
  apply_waiting_credits();
  refund_due();
  decide_waiting();
  journal_->flush();
  // What waits for room in the journal goes on when the disk says so; only refunds that the budget
  // cut off can go on at once.
  return writable() && journal_->room_bytes() >= sizeof(Refunded) && wheel_.now() < tick_of(now_);
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
  } else if (std::holds_alternative<ClaimBatch>(envelope.command) &&
             ledger_.outbox_size_max() >= outbox_credits_max) {
    reply.status = Status::overloaded;
    reply.limit = outbox_retry_after.us();
  } else {
    std::visit([&](const auto& command) { run(reply, command); }, envelope.command);
  }
  current_ = nullptr;
}

template <class Event>
Sequence Shard::journal_event(const Event& event) {
  const std::size_t record_bytes = event.units * limits::record_unit_bytes;
  const std::size_t event_bytes = std::min(record_bytes, sizeof(Event));
  std::byte* const place = journal_->append(event.units);
  std::memcpy(place, &event, event_bytes);
  std::memset(place + event_bytes, 0, record_bytes - event_bytes);
  return journal_->appended();
}

void Shard::run(Reply& reply, const OpenWallet& command) {
  WalletOpened event;
  const Verdict verdict = ledger_.decide(now_, command, event);
  take(reply, verdict);
  if (verdict.accepted()) {
    journal_event(event);
    ledger_.apply(event);
    WalletAnswer& answer = reply.answer.emplace<WalletAnswer>();
    HB_ASSERT(ledger_.show(ShowWallet{command.user}, answer).status == Status::ok);
  } else if (verdict.replayed) {
    reply.answer =
        ledger_.wallet_answer(command.user, Amount{static_cast<std::int64_t>(verdict.stored)});
  }
}

void Shard::run(Reply& reply, const Deposit& command) {
  MoneyMoved event;
  const Verdict verdict = ledger_.decide(now_, command, event);
  run_money(reply, verdict, event, command.user);
}

void Shard::run(Reply& reply, const Withdraw& command) {
  MoneyMoved event;
  const Verdict verdict = ledger_.decide(now_, command, event);
  run_money(reply, verdict, event, command.user);
}

void Shard::run_money(Reply& reply, const Verdict& verdict, const MoneyMoved& event, UserId user) {
  take(reply, verdict);
  if (verdict.accepted()) {
    journal_event(event);
    ledger_.apply(event);
    reply.answer = ledger_.wallet_answer(user, event.balance);
  } else if (verdict.replayed) {
    reply.answer = ledger_.wallet_answer(user, Amount{static_cast<std::int64_t>(verdict.stored)});
  }
}

void Shard::run(Reply& reply, const ShowWallet& query) {
  WalletAnswer answer;
  take(reply, ledger_.show(query, answer));
  if (reply.status == Status::ok) reply.answer = answer;
}

void Shard::run(Reply& reply, const SendPacket& command) {
  const PrfKey seed{prf(entropy_, 2 * seeds_drawn_), prf(entropy_, 2 * seeds_drawn_ + 1)};
  PacketSent event;
  const Verdict verdict = ledger_.decide(now_, command, seed, event);
  take(reply, verdict);
  if (verdict.accepted()) {
    ++seeds_drawn_;
    journal_event(event);
    const PacketStore::Slot slot = ledger_.apply(event);
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

void Shard::run(Reply& reply, const PeekPacket& query) {
  PeekAnswer answer;
  take(reply, ledger_.peek(now_, query, answer));
  if (reply.status == Status::ok) reply.answer = answer;
}

void Shard::run(Reply& reply, const ShowPacket& query) {
  ShowPacketAnswer answer;
  take(reply, ledger_.show(query, answer, current_->replies.packet_claims));
  if (reply.status == Status::ok) reply.answer = answer;
}

// ---- credits between shards -------------------------------------------------------------------

bool Shard::collect_credits(ShardId target, CreditParcel& parcel) {
  const CreditOutbox& outbox = ledger_.outbox(target);
  std::size_t& next = collected_[target.value];
  const Sequence durable = journal_->durable();
  while (next < outbox.size() && outbox[next].sequence <= durable &&
         parcel.credits.size() < credits_per_parcel_max) {
    parcel.credits.push_back(outbox[next]);
    ++next;
  }
  parcel.source = options_.shard;
  return !parcel.credits.empty();
}

void Shard::accept_credits(CreditParcel* parcel) {
  waiting_credits_.push_back(parcel);
}

CreditParcel* Shard::finished_credits() {
  // The source forgets what comes back from here, so it must be on disk at every level.
  if (undelivered_credits_.empty()) return nullptr;
  CreditParcel* parcel = undelivered_credits_.front();
  if (journal_->durable() < parcel->needs) return nullptr;
  undelivered_credits_.pop_front();
  return parcel;
}

void Shard::acknowledge_credits(ShardId target, Sequence through) {
  acknowledged_[target.value] = std::max(acknowledged_[target.value], through);
}

void Shard::apply_waiting_credits() {
  while (!waiting_credits_.empty()) {
    CreditParcel& parcel = *waiting_credits_.front();
    const std::span<const Credit> credits(parcel.credits);
    while (parcel.next_credit < credits.size()) {
      if (!writable() || journal_->room_bytes() < sizeof(CreditReceived)) return;
      const std::size_t i = parcel.next_credit++;
      if (i + rows_ahead < credits.size()) ledger_.prefetch(credits[i + rows_ahead].user);
      CreditReceived event;
      if (!ledger_.decide(now_, parcel.source, credits[i], event)) continue;
      journal_event(event);
      ledger_.apply(event);
    }
    parcel.needs = journal_->appended();
    undelivered_credits_.push_back(&parcel);
    waiting_credits_.pop_front();
  }
}

void Shard::book_acknowledgements() {
  for (std::uint16_t target = 0; target < options_.shard_count; ++target) {
    CreditsAcknowledged event;
    if (!ledger_.decide(now_, ShardId{target}, acknowledged_[target], event)) continue;
    if (!writable() || journal_->room_bytes() < sizeof(CreditsAcknowledged)) return;
    const std::size_t before = ledger_.outbox(ShardId{target}).size();
    journal_event(event);
    ledger_.apply(event);
    // Only what was collected in this run can have been acknowledged in it.
    collected_[target] -= before - ledger_.outbox(ShardId{target}).size();
  }
}

// ---- timers -----------------------------------------------------------------------------------

void Shard::refund_due() {
  if (!writable()) return;
  const std::size_t budget =
      std::min(options_.refunds_per_step, journal_->room_bytes() / sizeof(Refunded));
  wheel_.advance(tick_of(now_), budget, [this](std::uint32_t slot) {
    Refunded event;
    if (!ledger_.decide_expiry(now_, slot, event)) return;
    journal_event(event);
    ledger_.apply(event);
  });
}

}  // namespace hb
