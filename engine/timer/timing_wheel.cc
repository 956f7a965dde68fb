#include "engine/timer/timing_wheel.h"

#include <algorithm>
#include <cstddef>

#include "engine/base/assert.h"

namespace hb {
namespace {

// Asks for all of an object's cache lines.
template <class T>
void prefetch(const T& object) {
  for (std::size_t at = 0; at < sizeof(T); at += 64) {
    __builtin_prefetch(reinterpret_cast<const std::byte*>(&object) + at);
  }
}

}  // namespace

TimingWheel::TimingWheel(Tick start)
    : now_(start), base_(start), levels_(std::make_unique<Levels>()) {}

void TimingWheel::schedule(Tick when, std::uint32_t payload) {
  when = std::max(when, now_ + 1);
  HB_ASSERT(when - now_ <= horizon_ticks);
  const Tick difference = when ^ base_;
  if (difference < near_window_ticks) {
    append_due(due_slot(when), payload);
  } else {
    append(queue_of(when, difference), {payload, static_cast<std::uint32_t>(when)});
  }
  ++size_;
}

std::optional<Tick> TimingWheel::next_tick_hint() const {
  if (cascading_ != no_queue) return now_ + 1;
  const std::optional<Stop> stop = next_stop();
  if (!stop) return std::nullopt;
  return stop->tick;
}

void TimingWheel::reserve(std::size_t timers) {
  // Every queue may hold a partly filled chunk at either end beside its full ones, level 0 one.
  const std::size_t timers_more = timers > size_ ? timers - size_ : 0;
  const std::size_t chunks = timers_more / Chunk::entries_max + 2 + std::size_t{2} * queues;
  while (free_chunks_ < chunks) grow();
}

std::optional<TimingWheel::Stop> TimingWheel::next_cascade() const {
  const Tick near = base_ / near_window_ticks;
  const auto near_present = static_cast<unsigned>(near % near_slots);
  if (const auto queue = levels_->occupied.first(near_present, far_first)) {
    return Stop{(near + (*queue - near_present)) * near_window_ticks, *queue};
  }
  const Tick far = base_ / far_window_ticks;
  const auto far_present = static_cast<unsigned>(far % far_slots);
  auto queue = levels_->occupied.first(far_first + far_present, queues);
  if (!queue) queue = levels_->occupied.first(far_first, queues);
  if (!queue) return std::nullopt;
  const unsigned windows_ahead = (*queue - far_first - far_present) % far_slots;
  return Stop{(far + windows_ahead) * far_window_ticks, *queue};
}

void TimingWheel::add_due_chunk() {
  DueLevel& level = levels_->due;
  const std::uint32_t added = take_free_chunk();
  (level.chunks == 0 ? level.head : chunk(level.tail).next) = added;
  level.tail = added;
  level.tail_at = 0;
  ++level.chunks;
}

void TimingWheel::free_due_chunks() {
  DueLevel& level = levels_->due;
  // One stays: it will be wanted soon.
  level.tail_at = 0;
  if (level.chunks == 1) return;
  const std::uint32_t rest = chunk(level.head).next;
  chunk(level.tail).next = free_;
  free_ = rest;
  free_chunks_ += level.chunks - 1;
  level.tail = level.head;
  level.chunks = 1;
}

void TimingWheel::drop_head(unsigned queue) {
  Queue& from = levels_->queue[queue];
  const std::uint32_t emptied = from.head;
  Chunk& head = chunk(emptied);
  from.head_at = 0;
  if (emptied == from.tail) {
    from.head = no_chunk;
    from.tail_at = Chunk::entries_max;
    levels_->occupied.clear(queue);
  } else {
    from.head = head.next;
    // While the new head is read, the one behind it comes closer.
    if (from.head != from.tail) prefetch(chunk(chunk(from.head).next));
  }
  head.next = free_;
  free_ = emptied;
  ++free_chunks_;
}

void TimingWheel::add_tail(unsigned queue) {
  Queue& to = levels_->queue[queue];
  const std::uint32_t added = take_free_chunk();
  if (to.empty()) {
    to.head = added;
    to.head_at = 0;
    levels_->occupied.set(queue);
  } else {
    chunk(to.tail).next = added;
  }
  to.tail = added;
  to.tail_at = 0;
}

std::uint32_t TimingWheel::take_free_chunk() {
  if (free_ == no_chunk) grow();
  const std::uint32_t taken = free_;
  free_ = chunk(taken).next;
  --free_chunks_;
  return taken;
}

void TimingWheel::grow() {
  const auto first = static_cast<std::uint32_t>(segments_.size() << segment_bits);
  HB_ASSERT(first < chunks_max - (1u << segment_bits));
  // Not value-initialized: entries are written before they are read.
  segments_.emplace_back(new Segment);
  for (std::uint32_t i = 1u << segment_bits; i-- > 0;) {
    chunk(first + i).next = free_;
    free_ = first + i;
  }
  free_chunks_ += 1u << segment_bits;
}

}  // namespace hb
