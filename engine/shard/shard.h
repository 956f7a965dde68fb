// A shard: the single writer of its partitions.  It joins the ledger, the timing wheel and the
// journal, and keeps the promise that a reply leaves only when all that it saw is durable.
//
//   accept(parcel)  commands arrive, in order
//   step(now)       decides them, fires what is due, gives the journal what it can take
//   finished()      parcels whose replies may leave, in the order they came
//
// What other shards must hear (money for their users, mostly) goes in message parcels:
// collect_messages() at the source, once the events that are the messages are durable;
// accept_messages() and finished_messages() at the receiver; acknowledge_messages() at the source
// again.  A command whose end another shard decides gets its reply later than its parcel:
// collect_late_replies() yields it.
//
// Units:      microseconds; the wheel's tick is limits::tick_us.
// Threads:    none.  One thread calls all of it.
// Cost:       step is bounded by the parcels accepted and by refunds_per_step.  It allocates
//             nothing but the growth of the ledger's tables and of the lines that parcels wait in.
// Errors:     when the journal cannot take more for now, parcels wait (backpressure).  When the
//             disk is full or has failed, changing commands are refused with read_only.
// Invariants: the time of events never decreases; parcels of one acknowledgement finish in the
//             order they were accepted; a refund never comes before its packet's expiry.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/prf.h"
#include "engine/base/result.h"
#include "engine/base/units.h"
#include "engine/journal/recovery.h"
#include "engine/journal/writer.h"
#include "engine/ledger/ledger.h"
#include "engine/port/clock.h"
#include "engine/port/storage.h"
#include "engine/shard/parcel.h"
#include "engine/shard/waiting_line.h"
#include "engine/timer/timing_wheel.h"

namespace hb {

struct ShardOptions {
  ShardId shard{};
  std::uint16_t shard_count = 1;
  // Refunds that one step books at most, so that an expiry storm never delays claims for long.
  std::size_t refunds_per_step = 64;
  // A shard that cannot deliver this many messages to another, because that one is stuck, takes no
  // more commands that may add to them.
  std::size_t outbox_messages_max = 1'000'000;
  // Commands that wait for the home of their reference at most: 1 KiB each, up to 5 with recipients.
  std::size_t commands_held_max = 4'096;
  journal::WriterOptions journal{};
  // Makes the ledger's memory ready; outlives the shard.
  MemoryAhead* memory_ahead = nullptr;
};

struct ShardFigures {
  LedgerCounts counts;
  Totals totals;
  Sequence appended;
  Sequence durable;
  std::uint64_t timers = 0;
  std::size_t ledger_bytes = 0;
  bool writable = true;
  Time time;             // of the ledger, at the last step
  Duration clock_ahead;  // of that, before the machine's clock; negative: behind it
};

class Shard {
 public:
  // Reads the journal in `storage` and applies every event of it.  Changes nothing on disk.
  // `entropy` keys the packets' secret seeds: fresh random bits at every start.
  static Result<std::unique_ptr<Shard>> recover(Storage& storage, const ShardOptions& options,
                                                const Policy& policy, PrfKey entropy,
                                                const journal::Progress& progress);
  // Where the journal ended when it was read.
  const journal::Tail& tail() const { return tail_; }
  // Cuts a torn tail, begins an empty journal, and is ready to go on.  Once, after recover(), with
  // the same storage, which outlives the shard.
  Result<void> start(Storage& storage, Time now);

  // Both.
  static Result<std::unique_ptr<Shard>> open(Storage& storage, const ShardOptions& options,
                                             const Policy& policy, PrfKey entropy, Time now,
                                             const journal::Progress& progress);

  // Takes the parcel until finished() yields it.
  void accept(Parcel* parcel);

  // True when there is more to do at once: refunds that the budget cut off, or what waited for the
  // disk until the end of the step.  What waits for it longer goes on with a step after it has
  // something to tell.
  // Events are stamped with the ledger's time; the deadlines of commands count by the wall clock,
  // which their clients know.
  bool step(const ClockReading& time);
  // The same where the clocks agree.
  bool step(Time now) { return step({.ledger = now, .wall = now, .monotonic = now}); }

  // The next parcel whose replies may leave, or nothing.
  Parcel* finished();

  // ---- messages between shards -----------------------------------------------------------------

  // Puts messages for `target` that are durable here and have not been collected since the start
  // into the (empty) parcel.  False when there are none.
  bool collect_messages(ShardId target, MessageParcel& parcel);
  // Takes the parcel until finished_messages() yields it: its messages are applied and durable
  // here.
  void accept_messages(MessageParcel* parcel);
  MessageParcel* finished_messages();
  // `target` has everything up to `through`.
  void acknowledge_messages(ShardId target, Sequence through);

  // ---- late replies ---------------------------------------------------------------------------

  // Puts replies to commands that came from worker `origin`, and may leave now, into the (empty)
  // parcel, as if it had brought the commands.  False when there are none.
  bool collect_late_replies(std::uint16_t origin, Parcel& parcel);
  // Replies that are still to come late.
  std::size_t late_replies() const {
    return held_.size() + late_.size() + commands_held_ + resumed_replies_.size();
  }

  // Nothing waits: every accepted parcel has finished and every event is durable.
  bool idle() const {
    return waiting_.empty() && undelivered_.empty() && undelivered_at_once_.empty() &&
           waiting_messages_.empty() && undelivered_messages_.empty() && late_replies() == 0 &&
           all_durable();
  }

  // The journal lacks space, and a change that came now would be refused with read_only.
  bool refuses_changes() const {
    return !writable() ||
           (journal_->problem() && journal_->room_bytes() < limits::record_bytes_max);
  }

  // The time of the last event that was read at the start, or of the last step.
  Time last_time() const { return now_; }

  // When the next timer may be due, if any.
  std::optional<Time> next_due() const;

  // Segments of the journal that are full and not sealed yet; each is told once, in order.
  std::vector<std::uint64_t> take_full_segments();

  const Ledger& ledger() const { return ledger_; }
  journal::Writer& journal() { return *journal_; }
  ShardFigures figures() const;

 private:
  // What the journal has to say to a command before it is decided.
  enum class Admission : std::uint8_t { now, later, refused };

  Shard(const ShardOptions& options, const Policy& policy, PrfKey entropy);

  journal::Identity identity() const { return {options_.shard, options_.shard_count}; }
  bool writable() const { return journal_->state() == journal::WriterState::writable; }
  bool all_durable() const { return journal_->durable() == journal_->appended(); }
  void replay(const journal::BlockView& block);
  void start_timers(Time now);
  bool waits_for_room() const;
  void decide_waiting();
  Admission admit(const CommandEnvelope& envelope) const;
  void look_for_space();
  void settle_due();
  void apply_waiting_messages();
  void tell_caps();
  void book_acknowledgements();

  void run(Parcel& parcel, const CommandEnvelope& envelope, Admission admission);
  Verdict hindrance(const CommandEnvelope& envelope, Admission admission) const;
  void repeat_claims(Reply& refused, const ClaimBatch& command);
  void run(Reply& reply, const OpenWallet& command);
  void run(Reply& reply, const Deposit& command);
  void run(Reply& reply, const Withdraw& command);
  void run(Reply& reply, const SetRefundTarget& command);
  void run(Reply& reply, const FreezeWallet& command);
  void run(Reply& reply, const ShowWallet& query);
  void run(Reply& reply, const CheckRecipient& query);
  void run(Reply& reply, const SendPacket& command);
  void run(Reply& reply, const ClaimBatch& command);
  void run(Reply& reply, const ClaimWithCode& command);
  void run(Reply& reply, const PeekPacket& query);
  void run(Reply& reply, const ShowPacket& query);
  void run(Reply& reply, const RecallPacket& command);
  void run(Reply& reply, const ReturnShare& command);
  void run(Reply& reply, const SendTransfer& command);
  void run(Reply& reply, const AcceptTransfer& command);
  void run(Reply& reply, const DeclineTransfer& command);
  void run(Reply& reply, const CancelTransfer& command);
  void run(Reply& reply, const ReturnTransfer& command);
  void run(Reply& reply, const ShowTransfer& query);
  void run(Reply& reply, const ListPayouts& query);
  void run(Reply& reply, const ConfirmPayout& command);
  void run(Reply& reply, const OpenCase& command);
  void run(Reply& reply, const ResolveCase& command);
  void run(Reply& reply, const FreezePacket& command);
  void run(Reply& reply, const ShowCase& query);

  template <class Event, class Command, class... More>
  bool carry_out(Reply& reply, Verdict& verdict, Event& event, const Command& command,
                 const More&... more);
  template <class Event, class Command, class... More>
  void run_on_wallet(Reply& reply, const Command& command, const More&... more);
  template <class Command>
  void run_close(Reply& reply, const Command& command, TransferState state);
  template <class Query, class AnswerType, class... More>
  void look(Reply& reply, const Query& query, More&... more);
  void prefetch_ahead(std::span<const CommandEnvelope> commands, std::size_t at) const;
  void prefetch_ahead(std::span<const ClaimItem> claims, std::size_t at) const;
  // The text that a support command of the parcel refers to.
  std::string_view note(std::uint32_t index) const;

  // ---- returns: their end may come from another shard, and then the reply is late
  struct Held {
    enum class Form : std::uint8_t { share, transfer, resolution };
    Form form = Form::share;
    PacketId packet{};
    std::uint16_t share_index = 0;
    UserId user{};
    CaseId case_id{};       // of a resolution
    bool replayed = false;  // the command was sent again before its end
    ReplyTo to{};
    std::uint16_t origin = 0;
    Acknowledgement acknowledgement = Acknowledgement::disk;
  };
  struct Late {
    Held held{};
    ReturnSettled settled{};
    Sequence needs{};
  };
  template <class Command>
  void run_return(Reply& reply, const Command& command, Held held);
  void carry_on(const ReturnPlan& plan);
  void hold(const Reply& reply, Held held);
  void release_held(const ReturnSettled& settled, Sequence sequence);
  void answer_return(Reply& reply, const Held& held, Amount taken, ReplyBatch& batch) const;
  static void answer_case(Reply& reply, const CaseRecord& record, ReplyBatch& batch);
  void pay_redress();
  void take_message(ShardId source, const Message& message);

  // ---- references: their home may be another shard, and then the command waits and is late
  struct HeldCommand {
    CommandEnvelope envelope{};
    std::vector<UserId> recipients{};
    std::uint16_t origin = 0;
    Acknowledgement acknowledgement = Acknowledgement::disk;
  };
  struct ResumedReply {
    Reply reply{};
    std::uint16_t origin = 0;
    Acknowledgement acknowledgement = Acknowledgement::disk;
    Sequence needs{};
  };
  void ask_home(Reply& reply, const ReferenceRequested& request);
  bool await_home(Reply& reply, Ledger::KeyPlace place);
  void hold_command(Ledger::KeyPlace place);
  void take_answer(const ReferenceSettled& answer);
  std::vector<HeldCommand> take_held(Ledger::KeyPlace place);
  void resume(HeldCommand held, Admission admission);
  void answer_late(const HeldCommand& held, const Reply& reply);
  void settle_reference(Ledger::KeyPlace place);
  void settle_references();
  void collect_resumed(std::uint16_t origin, Parcel& parcel);
  bool may_tell_references() const;
  void refuse_held_commands();

  // Journals and applies.  Returns the event's sequence.
  template <class Event>
  Sequence book(const Event& event);
  // Journals only.  `tail`, if any, lies at `tail_offset` of the record.
  template <class Event>
  Sequence journal_event(const Event& event, std::span<const std::byte> tail = {},
                         std::size_t tail_offset = 0);
  void schedule(PacketId id);

  ShardOptions options_;
  journal::Tail tail_;
  Ledger ledger_;
  TimingWheel wheel_;
  std::unique_ptr<journal::Writer> journal_;

  std::vector<std::uint64_t> full_segments_;  // left unsealed by an earlier run
  Time now_{};                                // of this step; never decreases
  Time wall_{};                               // of this step, as the machine has it
  Time monotonic_{};                          // of this step, for pauses
  PrfKey entropy_;
  std::uint64_t seeds_drawn_ = 0;
  Time last_space_retry_{};
  Parcel* current_ = nullptr;   // the one whose command runs
  bool reply_is_late_ = false;  // the command that runs will be answered in another parcel
  std::vector<Held> held_;      // few: returns that wait for another shard
  std::deque<Late> late_;       // their ends, not yet durable or not yet fetched
  // Commands that wait for their references' homes, by key; more than one when one was sent again.
  std::map<Ledger::KeyPlace, std::vector<HeldCommand>> held_commands_;
  std::size_t commands_held_ = 0;             // of all keys
  std::deque<ResumedReply> resumed_replies_;  // not yet durable or not yet fetched
  Parcel resumed_;                            // brings a held command once more
  WaitingLine<Parcel*> waiting_;              // not all decided
  // By shard: credits collected, from the outbox's front; and what is acknowledged but not booked.
  std::vector<std::size_t> collected_;
  std::vector<Sequence> acknowledged_;
  WaitingLine<MessageParcel*> waiting_messages_;      // not all applied
  WaitingLine<MessageParcel*> undelivered_messages_;  // applied, not yet durable or not yet fetched

  WaitingLine<Parcel*> undelivered_;          // decided, not yet durable or not yet fetched
  WaitingLine<Parcel*> undelivered_at_once_;  // the same, and they wait for nothing
};

}  // namespace hb
