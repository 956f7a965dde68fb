// A hierarchical timing wheel: which timers fire at which tick.
//
// The wheel knows nothing of clocks or owners.  Its owner says how far time has moved by calling
// advance(), so the same calls always give the same expiries, in the same order.
//
// Three levels, for bits 0 to 9, 10 to 18 and 19 to 30 of a tick.  A timer's level is that of the
// highest bit in which its tick differs from the present one, its slot the value of that level's
// bits: when the present enters a window of 2^10 or 2^19 ticks, the one slot that holds the
// window's timers is dealt out to the levels below (a cascade), and level 0 has one slot a tick.
//
// A day's timers leave most ticks with one timer or none.  So the slots of level 0 are not queues
// of chunks, as those above are, but lists whose entries stand side by side in the order in which
// they came: the ticks of a window share a few chunks, and give them back together once the last of
// their timers has fired.
//
// Units:      ticks, counted from an origin that the owner picks.  One tick is limits::tick_us; no
//             other unit enters this file.
// Cost:       schedule O(1): one store at the end of a slot.  advance is O(timers fired + timers
//             cascaded), each timer cascades at most twice, and empty stretches are skipped
//             through bitmaps of 700 bytes whatever their length.  There is no cancel: a timer
//             whose owner has closed is skipped by the owner when it fires.
// Memory:     8 bytes a timer (payload and low half of the tick), in chunks of 512 bytes that all
//             slots share, and never more than one partly filled chunk at either end of a slot.
//             Chunks of level 0 come free when it is empty, at the latest after 1,024 ticks.
//             A bare payload would take 4, but then a cascade would have to look every tick up in
//             the owner's rows, a cache miss a timer.  Emptied chunks are used again and
//             never returned.
// Threads:    none.  One shard owns one wheel.
// Errors:     none; a timer beyond the horizon is the owner's bug and asserts.
// Invariants: every timer hangs in exactly one slot; now() never decreases and passes a tick only
//             when all timers of that tick have fired; no timer fires before its tick; timers of
//             one tick fire in the order they were scheduled (replay needs it), wherever the budget
//             cuts the work in pieces.
//
// Source: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987, scheme 7.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace hb {

using Tick = std::uint64_t;

class TimingWheel {
 public:
  // The windows that cascade, from level 1 and from level 2.
  static constexpr Tick near_window_ticks = Tick{1} << 10;
  static constexpr Tick far_window_ticks = Tick{1} << 19;

  // The farthest a timer may lie ahead of now(): 24 days of milliseconds.
  static constexpr Tick horizon_ticks = Tick{4'095} << 19;

  struct Timer {
    std::uint32_t payload;
    std::uint32_t tick_low;  // the wheel's own: the high half follows from the timer's window
  };

  // An empty wheel at which ticks up to and including `start` are over.
  explicit TimingWheel(Tick start = 0);

  TimingWheel(TimingWheel&&) = default;
  TimingWheel& operator=(TimingWheel&&) = default;

  // Arms a timer.  One whose tick is over belongs to the next tick, now() + 1.  May be called from
  // within advance's callback, where now() + 1 is the tick that is firing: a timer for that tick
  // fires in the same call, budget permitting.
  // REQUIRES: when <= now() + horizon_ticks.
  void schedule(Tick when, std::uint32_t payload);

  // Moves time towards `to`, calling fire(payload) for every timer due, in the order of ticks and
  // within a tick in the order of scheduling; during the call the timer's tick is now() + 1.
  // Timers fired and timers cascaded both count as work; after `budget` of it the wheel stops where
  // it is, in the middle of a tick or a cascade, and the next call goes on from there.  Time has
  // come all the way when now() >= to.  A `to` that is over does nothing.
  // Returns the work done.
  // ahead(timers) is called with a span of timers, 63 at most, that a cascade brings within
  // near_window_ticks of their own: time to ask for what fire will look at.
  template <class Fire, class Ahead>
  std::size_t advance(Tick to, std::size_t budget, Fire&& fire, Ahead&& ahead);
  template <class Fire>
  std::size_t advance(Tick to, std::size_t budget, Fire&& fire) {
    return advance(to, budget, fire, [](std::span<const Timer>) {});
  }

  // The last tick that is over: all its timers have fired.
  Tick now() const { return now_; }

  // Timers armed.
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // A tick at which advance will have work to do and before which it has none: no later than the
  // first timer's tick, and earlier where a cascade comes first.  Nothing when the wheel is empty.
  std::optional<Tick> next_tick_hint() const;

  // Makes room for this many timers, so that scheduling them allocates nothing.
  void reserve(std::size_t timers);

  // Chunk memory held, used or free.
  std::size_t memory_bytes() const { return segments_.size() * sizeof(Segment); }

 private:
  // Level 0 has a slot a tick; those of the levels above stand in one row, level 1 first.
  static constexpr unsigned due_slots = near_window_ticks;
  static constexpr unsigned near_slots = far_window_ticks / near_window_ticks;
  static constexpr unsigned far_slots = 1 << 12;
  static constexpr unsigned far_first = near_slots;
  static constexpr unsigned queues = near_slots + far_slots;
  static constexpr std::uint32_t no_chunk = UINT32_MAX;

  // Where a timer of level 0 stands: its chunk times 64, and its place there.
  using DueIndex = std::uint32_t;
  static constexpr DueIndex no_due = UINT32_MAX;

  // A timer of level 0: its slot tells the tick.
  struct Due {
    std::uint32_t payload;
    DueIndex next;  // of the same tick
  };
  static_assert(sizeof(Timer) == 8 && sizeof(Due) == 8);

  struct alignas(64) Chunk {
    static constexpr std::uint32_t entries_max = 63;
    std::uint32_t next = no_chunk;  // in the slot's queue, at level 0, or in the free list
    std::uint32_t reserved = 0;
    union {
      std::array<Timer, entries_max> timers;
      std::array<Due, entries_max> due;
    };
  };
  static_assert(sizeof(Chunk) == 512);
  static constexpr unsigned due_bits = 6;
  static_assert(Chunk::entries_max <= 1u << due_bits);

  // Chunks are allocated this many at a time and never move.
  static constexpr std::uint32_t segment_bits = 9;
  using Segment = std::array<Chunk, 1 << segment_bits>;
  static constexpr std::uint32_t chunks_max = no_due >> due_bits;

  // Which slots have timers: a bit a slot.
  template <unsigned Slots>
  class Occupied {
   public:
    void set(unsigned index) { bits_[index / 64] |= std::uint64_t{1} << (index % 64); }
    void clear(unsigned index) { bits_[index / 64] &= ~(std::uint64_t{1} << (index % 64)); }
    // The first at or after `from` and before `end`, a multiple of 64.
    std::optional<unsigned> first(unsigned from, unsigned end) const;

   private:
    static_assert(Slots % 64 == 0);
    std::array<std::uint64_t, Slots / 64> bits_{};
  };

  // A list of the timers of one tick.  It holds its own address.
  struct DueSlot {
    DueIndex first = no_due;
    DueIndex* end = &first;  // where the next timer's index goes
  };

  // Level 0.
  struct DueLevel {
    std::array<DueSlot, due_slots> slot;
    Occupied<due_slots> occupied;
    std::size_t timers = 0;
    // The chunks in which they stand, filled in turn.
    std::size_t chunks = 0;
    std::uint32_t head = no_chunk;
    std::uint32_t tail = no_chunk;
    std::uint32_t tail_at = Chunk::entries_max;
  };

  // A slot above level 0, a queue of timers: read from head, written at tail.
  struct Queue {
    std::uint32_t head = no_chunk;
    std::uint32_t tail = no_chunk;
    std::uint32_t head_at = 0;  // the first timer of the head chunk that is still here
    // Timers of the tail chunk that are written.  Without a chunk as many as in a full one: both
    // have no room.
    std::uint32_t tail_at = Chunk::entries_max;
    bool empty() const { return head == no_chunk; }
    std::uint32_t head_end() const { return head == tail ? tail_at : Chunk::entries_max; }
  };

  struct Levels {
    DueLevel due;
    std::array<Queue, queues> queue;
    Occupied<queues> occupied;
  };

  // Where advance has work next.
  struct Stop {
    Tick tick;       // of the timers due, or the first of the window to cascade
    unsigned queue;  // to cascade; no_queue for timers that are due
  };
  static constexpr unsigned no_queue = UINT32_MAX;

  static unsigned due_slot(Tick tick) { return tick % due_slots; }
  // The queue above level 0 for a tick that differs from the present one in these bits.  The top
  // level is a ring: the horizon keeps its windows apart, so a tick on the far side of a multiple
  // of 2^31 has a slot there as well.
  static unsigned queue_of(Tick tick, Tick difference) {
    return difference < far_window_ticks
               ? static_cast<unsigned>(tick / near_window_ticks % near_slots)
               : static_cast<unsigned>(far_first + tick / far_window_ticks % far_slots);
  }

  // True when timers of tick now() + 1 stand ready at level 0; false when time has come to `to` or
  // the budget is spent.  Adds cascaded timers to `work`.
  template <class Ahead>
  bool reach_due_tick(Tick to, std::size_t budget, std::size_t& work, Ahead&& ahead);
  std::optional<Stop> next_stop() const;
  // Of the levels above 0.
  std::optional<Stop> next_cascade() const;
  void move_to(Tick tick) {
    now_ = tick;
    base_ = std::max(base_, tick);
  }
  // Deals out the queue of the window that starts at now() + 1.  False when the budget ended first.
  template <class Ahead>
  bool cascade(std::size_t budget, std::size_t& work, Ahead&& ahead);

  // At level 0.
  void append_due(unsigned index, std::uint32_t payload);
  std::uint32_t take_due(DueSlot& slot);
  void add_due_chunk();
  void free_due_chunks();
  Due& due(DueIndex index) { return chunk(index >> due_bits).due[index % (1u << due_bits)]; }

  // Above level 0.
  void append(unsigned queue, Timer timer);
  // Gives a queue without room a new tail chunk.
  void add_tail(unsigned queue);
  // Frees the head chunk of a queue, all of whose timers were taken.
  void drop_head(unsigned queue);

  Chunk& chunk(std::uint32_t index) {
    return (*segments_[index >> segment_bits])[index % (1u << segment_bits)];
  }
  std::uint32_t take_free_chunk();
  void grow();

  Tick now_;
  // The slots are arranged as seen from this tick: now_, or now_ + 1 once its window was entered.
  Tick base_;
  // The one that is being dealt out, or no_queue.  Until that is done base_ stays before the
  // window, so that new timers of the window queue up behind those that still wait there.
  unsigned cascading_ = no_queue;
  std::size_t size_ = 0;
  std::uint32_t free_ = no_chunk;
  std::size_t free_chunks_ = 0;
  std::unique_ptr<Levels> levels_;
  std::vector<std::unique_ptr<Segment>> segments_;
};

template <class Fire, class Ahead>
std::size_t TimingWheel::advance(Tick to, std::size_t budget, Fire&& fire, Ahead&& ahead) {
  std::size_t work = 0;
  while (reach_due_tick(to, budget, work, ahead)) {
    const unsigned index = due_slot(now_ + 1);
    DueSlot& slot = levels_->due.slot[index];
    while (slot.first != no_due) {
      if (work == budget) return work;
      ++work;
      fire(take_due(slot));
    }
    levels_->due.occupied.clear(index);
    move_to(now_ + 1);
  }
  return work;
}

template <class Ahead>
bool TimingWheel::reach_due_tick(Tick to, std::size_t budget, std::size_t& work, Ahead&& ahead) {
  while (now_ < to) {
    if (cascading_ != no_queue && !cascade(budget, work, ahead)) return false;
    const std::optional<Stop> stop = next_stop();
    if (!stop || stop->tick > to) {
      move_to(to);
      return false;
    }
    move_to(stop->tick - 1);
    if (stop->queue == no_queue) return true;
    cascading_ = stop->queue;
  }
  return false;
}

template <class Ahead>
bool TimingWheel::cascade(std::size_t budget, std::size_t& work, Ahead&& ahead) {
  const Tick window = now_ + 1;
  Queue& queue = levels_->queue[cascading_];
  while (!queue.empty()) {
    const std::size_t moves =
        std::min<std::size_t>(queue.head_end() - queue.head_at, budget - work);
    const std::span<const Timer> timers(&chunk(queue.head).timers[queue.head_at], moves);
    if (cascading_ < far_first) ahead(timers);
    for (const Timer& timer : timers) {
      // The ticks of a window differ only in their low half.
      const std::uint32_t offset = timer.tick_low - static_cast<std::uint32_t>(window);
      if (offset < near_window_ticks) {
        if (cascading_ >= far_first) ahead(std::span(&timer, 1));
        append_due(due_slot(timer.tick_low), timer.payload);
      } else {
        append(queue_of(timer.tick_low, offset), timer);
      }
    }
    work += moves;
    queue.head_at += static_cast<std::uint32_t>(moves);
    if (queue.head_at != queue.head_end()) return false;
    drop_head(cascading_);
  }
  cascading_ = no_queue;
  base_ = window;
  return true;
}

template <unsigned Slots>
std::optional<unsigned> TimingWheel::Occupied<Slots>::first(unsigned from, unsigned end) const {
  std::uint64_t mask = ~std::uint64_t{0} << (from % 64);
  for (unsigned word = from / 64; word < end / 64; ++word) {
    if (const std::uint64_t hits = bits_[word] & mask; hits != 0) {
      return word * 64 + static_cast<unsigned>(std::countr_zero(hits));
    }
    mask = ~std::uint64_t{0};
  }
  return std::nullopt;
}

// A timer of a lower level is always before one of a higher level, so the lowest level that has
// any decides.
inline std::optional<TimingWheel::Stop> TimingWheel::next_stop() const {
  const unsigned present = due_slot(base_);
  if (const std::optional<unsigned> index = levels_->due.occupied.first(present, due_slots)) {
    return Stop{base_ + (*index - present), no_queue};
  }
  return next_cascade();
}

inline void TimingWheel::append_due(unsigned index, std::uint32_t payload) {
  DueLevel& level = levels_->due;
  if (level.tail_at == Chunk::entries_max) add_due_chunk();
  const DueIndex added = level.tail << due_bits | level.tail_at++;
  Due& due = this->due(added);
  due = {payload, no_due};
  DueSlot& slot = level.slot[index];
  *slot.end = added;
  slot.end = &due.next;
  level.occupied.set(index);
  ++level.timers;
}

inline std::uint32_t TimingWheel::take_due(DueSlot& slot) {
  const Due taken = due(slot.first);
  slot.first = taken.next;
  if (slot.first == no_due) slot.end = &slot.first;
  --size_;
  if (--levels_->due.timers == 0) free_due_chunks();
  return taken.payload;
}

inline void TimingWheel::append(unsigned queue, Timer timer) {
  Queue& to = levels_->queue[queue];
  if (to.tail_at == Chunk::entries_max) add_tail(queue);
  chunk(to.tail).timers[to.tail_at++] = timer;
}

}  // namespace hb
