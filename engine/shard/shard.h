// A shard: the single writer of its partitions.  It joins the ledger, the timing wheel and the
// journal, and keeps the promise that a reply leaves only when all that it saw is durable.
//
//   accept(parcel)  commands arrive, in order
//   step(now)       decides them, fires what is due, gives the journal what it can take
//   finished()      parcels whose replies may leave, in the order they came
//
// Money for users of other shards goes the same way in credit parcels: collect_credits() at the
// source, once the events that pay it are durable; accept_credits() and finished_credits() at the
// receiver; acknowledge_credits() at the source again.
//
// Units:      microseconds; the wheel's tick is limits::tick_us.
// Threads:    none.  One thread calls all of it.
// Cost:       step is bounded by the parcels accepted and by refunds_per_step.  It allocates
// nothing
//             but the growth of the ledger's tables.
// Errors:     when the journal cannot take more for now, parcels wait (backpressure).  When the
// disk
//             is full or has failed, changing commands are refused with read_only.
// Invariants: the time of events never decreases; parcels finish in the order they were accepted; a
//             refund never comes before its packet's expiry.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/prf.h"
#include "engine/base/result.h"
#include "engine/base/units.h"
#include "engine/journal/recovery.h"
#include "engine/journal/writer.h"
#include "engine/ledger/ledger.h"
#include "engine/port/storage.h"
#include "engine/shard/parcel.h"
#include "engine/timer/timing_wheel.h"

namespace hb {

// What a reply waits for.
enum class Acknowledgement : std::uint8_t {
  memory = 1,  // nothing: a crash may undo what was told
  disk = 2,    // the journal's write has reached the device
};

struct ShardOptions {
  ShardId shard{};
  std::uint16_t shard_count = 1;
  Acknowledgement acknowledgement = Acknowledgement::disk;
  // Refunds that one step books at most, so that an expiry storm never delays claims for long.
  std::size_t refunds_per_step = 64;
  journal::WriterOptions journal{};
};

struct ShardFigures {
  LedgerCounts counts;
  Totals totals;
  Sequence appended;
  Sequence durable;
  std::uint64_t timers = 0;
  std::size_t ledger_bytes = 0;
  bool writable = true;
};

class Shard {
 public:
  // Reads the journal in `storage` (an empty one is made), applies every event of it, cuts a torn
  // tail, and is ready to go on.  `entropy` keys the packets' secret seeds: fresh random bits at
  // every start.  `storage` outlives the shard.
  static Result<std::unique_ptr<Shard>> open(Storage& storage, const ShardOptions& options,
                                             const Policy& policy, PrfKey entropy, Time now,
                                             const journal::Progress& progress);

  // Takes the parcel until finished() yields it.
  void accept(Parcel* parcel);

  // True when there is more to do at once: refunds that the budget cut off.  What waits for the
  // disk goes on with a step after the disk has something to tell.
  bool step(Time now);

  // The next parcel whose replies may leave, or nothing.
  Parcel* finished();

  // ---- credits between shards -----------------------------------------------------------------

  // Puts credits for `target` that are durable here and have not been collected since the start
  // into the (empty) parcel.  False when there are none.
  bool collect_credits(ShardId target, CreditParcel& parcel);
  // Takes the parcel until finished_credits() yields it: its credits are applied and durable here.
  void accept_credits(CreditParcel* parcel);
  CreditParcel* finished_credits();
  // `target` has everything up to `through`.
  void acknowledge_credits(ShardId target, Sequence through);

  // Nothing waits: every accepted parcel has finished and every event is durable.
  bool idle() const {
    return waiting_.empty() && undelivered_.empty() && waiting_credits_.empty() &&
           undelivered_credits_.empty() && all_durable();
  }

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

  bool writable() const { return journal_->state() == journal::WriterState::writable; }
  bool all_durable() const { return journal_->durable() == journal_->appended(); }
  void start_timers(Time now);
  void decide_waiting();
  Admission admit(const CommandEnvelope& envelope) const;
  void look_for_space();
  void refund_due();
  void apply_waiting_credits();
  void book_acknowledgements();

  void run(Parcel& parcel, const CommandEnvelope& envelope, Admission admission);
  void run(Reply& reply, const OpenWallet& command);
  void run(Reply& reply, const Deposit& command);
  void run(Reply& reply, const Withdraw& command);
  void run(Reply& reply, const ShowWallet& query);
  void run(Reply& reply, const SendPacket& command);
  void run(Reply& reply, const ClaimBatch& command);
  void run(Reply& reply, const PeekPacket& query);
  void run(Reply& reply, const ShowPacket& query);
  // A command whose rule is not there yet.
  template <class Command>
  void run(Reply& reply, const Command&) {
    reply.status = Status::command_unknown;
  }
  void run_money(Reply& reply, const Verdict& verdict, const MoneyMoved& event, UserId user);

  // Returns the event's sequence.
  template <class Event>
  Sequence journal_event(const Event& event);

  ShardOptions options_;
  Ledger ledger_;
  TimingWheel wheel_;
  std::unique_ptr<journal::Writer> journal_;

  std::vector<std::uint64_t> full_segments_;  // left unsealed by an earlier run
  Time now_{};                                // of this step; never decreases
  PrfKey entropy_;
  std::uint64_t seeds_drawn_ = 0;
  Time last_space_retry_{};
  Parcel* current_ = nullptr;    // the one whose command runs
  std::deque<Parcel*> waiting_;  // not all decided
  // By shard: credits collected, from the outbox's front; and what is acknowledged but not booked.
  std::vector<std::size_t> collected_;
  std::vector<Sequence> acknowledged_;
  std::deque<CreditParcel*> waiting_credits_;      // not all applied
  std::deque<CreditParcel*> undelivered_credits_;  // applied, not yet durable or not yet fetched

  std::deque<Parcel*> undelivered_;  // decided, not yet durable or not yet fetched
};

}  // namespace hb
