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
  const unsigned level = level_of(when, base_);
  const unsigned index = slot_index(when, level);
  if (level == 0) {
    append_due(index, payload);
  } else {
    append(level, index, {payload, static_cast<std::uint32_t>(when)});
  }
  ++size_;
}

std::optional<Tick> TimingWheel::next_tick_hint() const {
  if (cascading_level_ != 0) return now_ + 1;
  const std::optional<Stop> stop = next_stop();
  if (!stop) return std::nullopt;
  return stop->tick;
}

void TimingWheel::reserve(std::size_t timers) {
  // Every slot may hold a partly filled chunk at either end beside its full ones.
  const std::size_t timers_more = timers > size_ ? timers - size_ : 0;
  const std::size_t chunks = timers_more / Chunk::entries_max + 1 + std::size_t{2} * levels * slots;
  while (free_chunks_ < chunks) grow();
}

std::optional<TimingWheel::Stop> TimingWheel::next_cascade() const {
  for (unsigned level = 1; level < levels; ++level) {
    const Occupied& occupied = levels_->above[level - 1].occupied;
    const unsigned present = slot_index(base_, level);
    std::optional<unsigned> index = occupied.first(present);
    if (!index && level == levels - 1) index = occupied.first(0);
    if (!index) continue;
    const unsigned slots_ahead = (*index - present) % slots;
    const unsigned window_bits = level * slot_bits;
    return Stop{((base_ >> window_bits) + slots_ahead) << window_bits, level};
  }
  return std::nullopt;
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

void TimingWheel::drop_head(unsigned level, unsigned index) {
  Slot& slot = level_above(level).slot[index];
  const std::uint32_t emptied = slot.head;
  Chunk& head = chunk(emptied);
  slot.head_at = 0;
  if (emptied == slot.tail) {
    slot.head = no_chunk;
    slot.tail_at = Chunk::entries_max;
    level_above(level).occupied.clear(index);
  } else {
    slot.head = head.next;
    // While the new head is read, the one behind it comes closer.
    if (slot.head != slot.tail) prefetch(chunk(chunk(slot.head).next));
  }
  head.next = free_;
  free_ = emptied;
  ++free_chunks_;
}

void TimingWheel::add_tail(unsigned level, unsigned index) {
  Slot& slot = level_above(level).slot[index];
  const std::uint32_t added = take_free_chunk();
  if (slot.empty()) {
    slot.head = added;
    slot.head_at = 0;
    level_above(level).occupied.set(index);
  } else {
    chunk(slot.tail).next = added;
  }
  slot.tail = added;
  slot.tail_at = 0;
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
