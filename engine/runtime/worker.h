// A worker: one thread's part of the engine.  It owns one shard and carries parcels between the
// connections of its thread and all shards.
//
//   batch(...)     connections put commands here, for any shard
//   turn(sink)     one bounded round: take what arrived, step the shard, deliver what is durable
//   sleep and wake: prepare_sleep(), then wait on the file descriptors, then woken()
//
// Commands for the own shard hop nowhere; those for others go through the mesh, a parcel a turn,
// and come back the same way.  It knows no socket and no event loop: its owner drives it.
//
// Threads:    one, but for the mesh and published_durable().
// Cost:       a turn with nothing to do is a few loads for each other worker.
// Invariants: replies are delivered in the worker that took the commands; parcels to one shard
//             keep their order.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/units.h"
#include "engine/port/clock.h"
#include "engine/runtime/clock_watch.h"
#include "engine/runtime/mailbox.h"
#include "engine/runtime/space_watch.h"
#include "engine/shard/shard.h"

namespace hb {

// Whom a worker hands replies to.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  virtual void deliver(const ReplyBatch& replies) = 0;
};

class Worker {
 public:
  // Called with each journal segment that is full and wants to be sealed.
  using SegmentFull = std::function<void(std::uint64_t segment)>;

  // The shard's number is the worker's.  All outlive the worker.
  Worker(std::uint16_t number, Shard& shard, Clock& clock, Mesh& mesh, SegmentFull segment_full);

  std::uint16_t number() const { return number_; }

  // The batch that gathers for this shard, of commands whose answers wait for `acknowledgement`.
  // Good until the next turn.
  CommandBatch& batch(ShardId shard, Acknowledgement acknowledgement);

  // Commands that wait for the next turn, and the claims of their batches.  O(shards).
  std::size_t gathered() const;

  // True when there is more to do at once.
  bool turn(ReplySink& sink);

  // Why the shard's journal can take nothing more, for good; nothing while it can.
  std::optional<Error> failure() const;

  // The time of the last turn.
  const ClockReading& time() const { return time_; }

  // Announces sleep.  False: something has arrived, take another turn instead.
  bool prepare_sleep();
  void woken();
  // Ends a sleep, for whoever has something else for the worker's thread.  Any thread.
  void wake() { mesh_.waker(number_).wake(); }
  // Becomes readable when somebody woke the worker.
  int wake_fd() { return mesh_.waker(number_).fd(); }

  // Every command taken by this worker has been answered.
  bool answered() const;
  // Every event of the shard is durable; at Acknowledgement::memory that comes after the answers.
  bool all_durable() const;

  Shard& shard() { return shard_; }

  // The shard's last durable event, as of the last turn: for whoever reads the journal along, from
  // any thread.  What it covers is on the disk and will not change.
  const std::atomic<std::uint64_t>& published_durable() const { return published_durable_; }

 private:
  bool lanes_empty() const;
  void publish_durable();
  void report_space();
  void report_clock();
  void take_arrived();
  void hand_over();
  void hand_over(Parcel*& parcel, std::uint16_t to);
  void carry_messages();
  void take_back(MessageParcel* parcel, std::uint16_t from);
  void send_late_replies(ReplySink& sink);
  void deliver_late(ReplySink& sink);
  bool late_replies_delivered() const;
  void deliver_finished(ReplySink& sink);
  void deliver_returned(ReplySink& sink);
  void deliver(Parcel* parcel, std::uint16_t from, ReplySink& sink);
  Parcel* fresh_parcel();

  const std::uint16_t number_;
  Shard& shard_;
  Clock& clock_;
  Mesh& mesh_;
  SegmentFull segment_full_;
  ClockReading time_;
  std::atomic<std::uint64_t> published_durable_;
  SpaceWatch space_;
  ClockWatch clock_watch_;

  // By shard and acknowledgement; nothing until a command comes.
  std::vector<std::array<Parcel*, acknowledgement_levels>> gathering_;
  std::vector<std::size_t> out_;  // by shard: parcels handed over, not yet back
  std::vector<std::unique_ptr<Parcel>> parcels_;
  std::vector<Parcel*> free_parcels_;
  std::vector<std::unique_ptr<MessageParcel>> message_parcels_;
  std::vector<std::vector<MessageParcel*>> idle_message_parcels_;  // by shard they go to
  std::vector<std::vector<Parcel*>> idle_late_parcels_;            // by worker they go to
};

}  // namespace hb
