#include "engine/runtime/worker.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace hb {

Worker::Worker(std::uint16_t number, Shard& shard, Clock& clock, Mesh& mesh,
               SegmentFull segment_full)
    : number_(number),
      shard_(shard),
      clock_(clock),
      mesh_(mesh),
      segment_full_(std::move(segment_full)),
      time_(clock.read()),
      published_durable_(shard.journal().durable().value),
      gathering_(mesh.workers()),
      out_(mesh.workers(), 0),
      idle_message_parcels_(mesh.workers()),
      idle_late_parcels_(mesh.workers()) {
  for (std::uint16_t to = 0; to < mesh.workers(); ++to) {
    for (std::size_t i = 0; to != number && i < lane_message_parcels_max; ++i) {
      message_parcels_.push_back(std::make_unique<MessageParcel>());
      idle_message_parcels_[to].push_back(message_parcels_.back().get());
    }
    for (std::size_t i = 0; i < lane_late_parcels_max; ++i) {
      parcels_.push_back(std::make_unique<Parcel>());
      idle_late_parcels_[to].push_back(parcels_.back().get());
    }
  }
}

CommandBatch& Worker::batch(ShardId shard, Acknowledgement acknowledgement) {
  const bool at_once = acknowledgement == Acknowledgement::memory;
  Parcel*& parcel = gathering_[shard.value][at_once ? 0 : 1];
  if (parcel == nullptr) {
    parcel = fresh_parcel();
    parcel->acknowledgement = acknowledgement;
  }
  return parcel->commands;
}

bool Worker::turn(ReplySink& sink) {
  time_ = clock_.read();
  take_arrived();
  hand_over();
  const bool more = shard_.step(time_);
  publish_durable();
  report_space();
  report_clock();
  carry_messages();
  for (const std::uint64_t segment : shard_.take_full_segments()) segment_full_(segment);
  deliver_finished(sink);
  deliver_returned(sink);
  send_late_replies(sink);
  deliver_late(sink);
  return more;
}

void Worker::publish_durable() {
  published_durable_.store(shard_.journal().durable().value, std::memory_order_release);
}

void Worker::report_space() {
  if (failure()) return;  // the owner's business
  const std::optional<Error>& problem = shard_.journal().problem();
  switch (space_.look(problem.has_value(), problem && shard_.refuses_changes())) {
    case SpaceWatch::News::none:
      return;
    case SpaceWatch::News::lacking:
      return spdlog::warn(
          "shard {}: no space for the journal's next segment: {}; changes go on until the current "
          "segment is full",
          number_, problem->message);
    case SpaceWatch::News::read_only:
      return spdlog::error(
          "shard {}: changes are refused with read_only until the journal's next segment has "
          "space: {}; reads go on.  Free space, or move what else is on this disk",
          number_, problem->message);
    case SpaceWatch::News::ended:
      return spdlog::info(
          "shard {}: there is space for the journal's next segment again, changes are accepted",
          number_);
  }
}

// All workers' clocks follow the same rule, so one reports for all.
void Worker::report_clock() {
  if (number_ != 0) return;
  switch (clock_watch_.look(time_.ahead(), time_.monotonic)) {
    case ClockWatch::News::none:
      return;
    case ClockWatch::News::differs:
      return spdlog::warn("{}", describe_difference(time_.ahead(), time_.wall));
    case ClockWatch::News::agrees:
      return spdlog::info("the server's time and the machine's clock agree again");
  }
}

void Worker::take_arrived() {
  for (std::uint16_t from = 0; from < mesh_.workers(); ++from) {
    if (from == number_) continue;
    Parcel* parcel = nullptr;
    while (mesh_.lanes(from, number_).commands.pop(parcel)) shard_.accept(parcel);
    MessageParcel* messages = nullptr;
    while (mesh_.lanes(from, number_).messages.pop(messages)) shard_.accept_messages(messages);
    while (mesh_.lanes(from, number_).message_returns.pop(messages)) take_back(messages, from);
  }
}

void Worker::hand_over() {
  for (std::uint16_t to = 0; to < mesh_.workers(); ++to) {
    for (Parcel*& parcel : gathering_[to]) {
      if (parcel != nullptr && !parcel->commands.empty()) hand_over(parcel, to);
    }
  }
}

void Worker::hand_over(Parcel*& parcel, std::uint16_t to) {
  if (to == number_) {
    shard_.accept(parcel);
  } else {
    // Too many under way: the parcel goes on gathering and leaves in a later turn.
    if (out_[to] == lane_parcels_max) return;
    HB_ASSERT(mesh_.lanes(number_, to).commands.push(parcel));
    mesh_.waker(to).wake();
  }
  ++out_[to];
  parcel = nullptr;
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

// Replies to commands whose end another shard decided.
void Worker::send_late_replies(ReplySink& sink) {
  if (shard_.late_replies() == 0) return;
  for (std::uint16_t to = 0; to < mesh_.workers(); ++to) {
    std::vector<Parcel*>& idle = idle_late_parcels_[to];
    if (idle.empty() || !shard_.collect_late_replies(to, *idle.back())) continue;
    if (to == number_) {
      sink.deliver(idle.back()->replies);
      idle.back()->clear();
      continue;
    }
    HB_ASSERT(mesh_.lanes(number_, to).late.push(idle.back()));
    idle.pop_back();
    mesh_.waker(to).wake();
  }
}

void Worker::deliver_late(ReplySink& sink) {
  for (std::uint16_t from = 0; from < mesh_.workers(); ++from) {
    if (from == number_) continue;
    Parcel* parcel = nullptr;
    while (mesh_.lanes(from, number_).late.pop(parcel)) {
      sink.deliver(parcel->replies);
      parcel->clear();
      HB_ASSERT(mesh_.lanes(number_, from).late_returns.push(parcel));
      mesh_.waker(from).wake();
    }
    while (mesh_.lanes(from, number_).late_returns.pop(parcel)) {
      idle_late_parcels_[from].push_back(parcel);
    }
  }
}

// Every parcel of late replies has come back, and none is to come.
bool Worker::late_replies_delivered() const {
  const auto all_back = [](const std::vector<Parcel*>& idle) {
    return idle.size() == lane_late_parcels_max;
  };
  return shard_.late_replies() == 0 && std::ranges::all_of(idle_late_parcels_, all_back);
}

void Worker::deliver(Parcel* parcel, std::uint16_t from, ReplySink& sink) {
  sink.deliver(parcel->replies);
  parcel->clear();
  free_parcels_.push_back(parcel);
  --out_[from];
}

// Returns what other shards paid to users here and is durable, and sends what this shard has paid.
void Worker::carry_messages() {
  while (MessageParcel* parcel = shard_.finished_messages()) {
    const std::uint16_t source = parcel->source.value;
    // It fits: a source has at most a lane's worth of message parcels out to one target.
    HB_ASSERT(mesh_.lanes(number_, source).message_returns.push(parcel));
    mesh_.waker(source).wake();
  }
  for (std::uint16_t to = 0; to < mesh_.workers(); ++to) {
    std::vector<MessageParcel*>& idle = idle_message_parcels_[to];
    while (to != number_ && !idle.empty() && shard_.collect_messages(ShardId{to}, *idle.back())) {
      HB_ASSERT(mesh_.lanes(number_, to).messages.push(idle.back()));
      idle.pop_back();
      mesh_.waker(to).wake();
    }
  }
}

void Worker::take_back(MessageParcel* parcel, std::uint16_t from) {
  shard_.acknowledge_messages(ShardId{from}, parcel->messages.back().sequence);
  parcel->clear();
  idle_message_parcels_[from].push_back(parcel);
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

bool Worker::all_durable() const {
  return shard_.journal().durable() == shard_.journal().appended();
}

bool Worker::answered() const {
  if (!late_replies_delivered()) return false;
  for (const std::size_t parcels : out_) {
    if (parcels > 0) return false;
  }
  return gathered() == 0;
}

std::size_t Worker::gathered() const {
  std::size_t sum = 0;
  for (const auto& parcels : gathering_) {
    for (const Parcel* parcel : parcels) {
      if (parcel == nullptr) continue;
      sum += parcel->commands.commands.size() + parcel->commands.claims.size();
    }
  }
  return sum;
}

bool Worker::lanes_empty() const {
  for (std::uint16_t from = 0; from < mesh_.workers(); ++from) {
    if (!mesh_.lanes(from, number_).empty()) return false;
  }
  return true;
}

bool Worker::prepare_sleep() {
  mesh_.waker(number_).going_to_sleep();
  if (gathered() == 0 && lanes_empty()) return true;
  woken();
  return false;
}

void Worker::woken() {
  mesh_.waker(number_).awake();
}

}  // namespace hb
