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
      out_(mesh.workers(), 0) {}

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
  for (const std::uint64_t segment : shard_.take_full_segments()) segment_full_(segment);
  deliver_finished(sink);
  deliver_returned(sink);
  return more;
}

void Worker::take_arrived() {
  for (std::uint16_t from = 0; from < mesh_.workers(); ++from) {
    if (from == number_) continue;
    Parcel* parcel = nullptr;
    while (mesh_.commands(from, number_).pop(parcel)) shard_.accept(parcel);
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
      HB_ASSERT(mesh_.commands(number_, to).push(parcel));
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
    HB_ASSERT(mesh_.replies(number_, parcel->origin).push(parcel));
    mesh_.waker(parcel->origin).wake();
  }
}

void Worker::deliver_returned(ReplySink& sink) {
  for (std::uint16_t from = 0; from < mesh_.workers(); ++from) {
    if (from == number_) continue;
    Parcel* parcel = nullptr;
    while (mesh_.replies(from, number_).pop(parcel)) deliver(parcel, from, sink);
  }
}

void Worker::deliver(Parcel* parcel, std::uint16_t from, ReplySink& sink) {
  sink.deliver(parcel->replies);
  parcel->clear();
  free_parcels_.push_back(parcel);
  --out_[from];
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

bool Worker::idle() const {
  for (const std::size_t parcels : out_) {
    if (parcels > 0) return false;
  }
  return gathered_nothing() && shard_.idle();
}

bool Worker::gathered_nothing() const {
  for (const Parcel* parcel : gathering_) {
    if (parcel != nullptr && !parcel->commands.empty()) return false;
  }
  return true;
}

bool Worker::lanes_empty() const {
  for (std::uint16_t from = 0; from < mesh_.workers(); ++from) {
    if (mesh_.commands(from, number_).read_available() > 0) return false;
    if (mesh_.replies(from, number_).read_available() > 0) return false;
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
