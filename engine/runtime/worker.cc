#include "engine/runtime/worker.h"

#include <utility>

namespace hb {

Worker::Worker(std::uint16_t number, Shard& shard, Clock& clock, Mesh& mesh,
               SegmentFull segment_full)
    : number_(number),
      shard_(shard),
      clock_(clock),
      mesh_(mesh),
      segment_full_(std::move(segment_full)),
      now_(clock.now()),
      gathering_(mesh.workers(), nullptr),
      out_(mesh.workers(), 0),
      idle_credit_parcels_(mesh.workers()) {
  for (std::uint16_t to = 0; to < mesh.workers(); ++to) {
    for (std::size_t i = 0; to != number && i < lane_credit_parcels_max; ++i) {
      credit_parcels_.push_back(std::make_unique<CreditParcel>());
      idle_credit_parcels_[to].push_back(credit_parcels_.back().get());
    }
  }
}

CommandBatch& Worker::batch(ShardId shard) {
  Parcel*& parcel = gathering_[shard.value];
  if (parcel == nullptr) parcel = fresh_parcel();
  return parcel->commands;
}

bool Worker::turn(ReplySink& sink) {
  now_ = clock_.now();
  take_arrived();
  hand_over();
  const bool more = shard_.step(now_);
  carry_credits();
  for (const std::uint64_t segment : shard_.take_full_segments()) segment_full_(segment);
  deliver_finished(sink);
  deliver_returned(sink);
  return more;
}

void Worker::take_arrived() {
  for (std::uint16_t from = 0; from < mesh_.workers(); ++from) {
    if (from == number_) continue;
    Parcel* parcel = nullptr;
    while (mesh_.lanes(from, number_).commands.pop(parcel)) shard_.accept(parcel);
    CreditParcel* credits = nullptr;
    while (mesh_.lanes(from, number_).credits.pop(credits)) shard_.accept_credits(credits);
    while (mesh_.lanes(from, number_).credit_returns.pop(credits)) take_back(credits, from);
  }
}

void Worker::hand_over() {
  for (std::uint16_t to = 0; to < mesh_.workers(); ++to) {
    Parcel*& parcel = gathering_[to];
    if (parcel == nullptr || parcel->commands.empty()) continue;
    if (to == number_) {
      shard_.accept(parcel);
    } else {
      // Too many under way: the parcel goes on gathering and leaves in a later turn.
      if (out_[to] == lane_parcels_max) continue;
      HB_ASSERT(mesh_.lanes(number_, to).commands.push(parcel));
      mesh_.waker(to).wake();
    }
    ++out_[to];
    parcel = nullptr;
  }
}

void Worker::deliver_finished(ReplySink& sink) {
  while (Parcel* parcel = shard_.finished()) {
    if (parcel->origin == number_) {
      deliver(parcel, number_, sink);
      continue;
    }
    // It fits: a worker has at most a lane's worth of parcels out to another.
    HB_ASSERT(mesh_.lanes(number_, parcel->origin).replies.push(parcel));
    mesh_.waker(parcel->origin).wake();
  }
}

void Worker::deliver_returned(ReplySink& sink) {
  for (std::uint16_t from = 0; from < mesh_.workers(); ++from) {
    if (from == number_) continue;
    Parcel* parcel = nullptr;
    while (mesh_.lanes(from, number_).replies.pop(parcel)) deliver(parcel, from, sink);
  }
}

void Worker::deliver(Parcel* parcel, std::uint16_t from, ReplySink& sink) {
  sink.deliver(parcel->replies);
  parcel->clear();
  free_parcels_.push_back(parcel);
  --out_[from];
}

// Returns what other shards paid to users here and is durable, and sends what this shard has paid.
void Worker::carry_credits() {
  while (CreditParcel* parcel = shard_.finished_credits()) {
    const std::uint16_t source = parcel->source.value;
    // It fits: a source has at most a lane's worth of credit parcels out to one target.
    HB_ASSERT(mesh_.lanes(number_, source).credit_returns.push(parcel));
    mesh_.waker(source).wake();
  }
  for (std::uint16_t to = 0; to < mesh_.workers(); ++to) {
    std::vector<CreditParcel*>& idle = idle_credit_parcels_[to];
    while (to != number_ && !idle.empty() && shard_.collect_credits(ShardId{to}, *idle.back())) {
      HB_ASSERT(mesh_.lanes(number_, to).credits.push(idle.back()));
      idle.pop_back();
      mesh_.waker(to).wake();
    }
  }
}

void Worker::take_back(CreditParcel* parcel, std::uint16_t from) {
  shard_.acknowledge_credits(ShardId{from}, parcel->credits.back().sequence);
  parcel->clear();
  idle_credit_parcels_[from].push_back(parcel);
}

Parcel* Worker::fresh_parcel() {
  if (free_parcels_.empty()) {
    parcels_.push_back(std::make_unique<Parcel>());
    parcels_.back()->origin = number_;
    return parcels_.back().get();
  }
  Parcel* parcel = free_parcels_.back();
  free_parcels_.pop_back();
  return parcel;
}

std::optional<Error> Worker::failure() const {
  if (shard_.journal().state() != journal::WriterState::failed) return std::nullopt;
  return shard_.journal().problem();
}

bool Worker::answered() const {
  for (const std::size_t parcels : out_) {
    if (parcels > 0) return false;
  }
  return gathered_nothing();
}

bool Worker::gathered_nothing() const {
  for (const Parcel* parcel : gathering_) {
    if (parcel != nullptr && !parcel->commands.empty()) return false;
  }
  return true;
}

bool Worker::lanes_empty() const {
  for (std::uint16_t from = 0; from < mesh_.workers(); ++from) {
    if (!mesh_.lanes(from, number_).empty()) return false;
  }
  return true;
}

bool Worker::prepare_sleep() {
  mesh_.waker(number_).going_to_sleep();
  if (gathered_nothing() && lanes_empty()) return true;
  woken();
  return false;
}

void Worker::woken() {
  mesh_.waker(number_).awake();
}

}  // namespace hb
