// A hierarchical timing wheel: which timers fire at which tick.
//
// The wheel knows nothing of clocks or owners.  Its owner says how far time has moved by calling
// advance(), so the same calls always give the same expiries, in the same order.
//
// Four levels of 256 slots.  A timer's level is the highest group of 8 bits in which its tick
// differs from the present one, its slot the value of that group: when the present enters a window
// of 256, 2^16 or 2^24 ticks, the one slot that holds the window's timers is dealt out to the
// levels below (a cascade), and level 0 has one slot a tick.
//
// A day's timers leave most ticks with one timer or none.  So the slots of level 0 are not queues
// of chunks, as those above are, but lists whose entries stand side by side in the order in which
// they came: the 256 ticks of a window share a few chunks, and get them back together once the last
// of their timers has fired.
//
// Units:      ticks, counted from an origin that the owner picks.  One tick is limits::tick_us; no
//             other unit enters this file.
// Cost:       schedule O(1): one store at the end of a slot.  advance is O(timers fired + timers
//             cascaded), each timer cascades at most three times, and empty stretches are skipped
//             through bitmaps in O(levels) whatever their length.  There is no cancel: a timer
//             whose owner has closed is skipped by the owner when it fires.
// Memory:     8 bytes a timer (payload and low half of the tick), in chunks of 512 bytes that all
//             slots share, and never more than one partly filled chunk at either end of a slot.
//             Chunks of level 0 come free when it is empty, at the latest after 256 ticks.
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
#include <vector>

namespace hb {

using Tick = std::uint64_t;

class TimingWheel {
 public:
  // The farthest a timer may lie ahead of now(): 49 days of milliseconds.
  static constexpr Tick horizon_ticks = Tick{255} << 24;

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
  // ahead(payload) is called for a timer that a cascade brings within 256 ticks of its own: time to
  // ask for what fire will look at.
  template <class Fire, class Ahead>
  std::size_t advance(Tick to, std::size_t budget, Fire&& fire, Ahead&& ahead);
  template <class Fire>
  std::size_t advance(Tick to, std::size_t budget, Fire&& fire) {
    return advance(to, budget, fire, [](std::uint32_t) {});
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
  static constexpr unsigned levels = 4;
  static constexpr unsigned slot_bits = 8;
  static constexpr unsigned slots = 1 << slot_bits;
  static constexpr std::uint32_t no_chunk = UINT32_MAX;

  // A timer above level 0.
  struct Entry {
    std::uint32_t payload;
    std::uint32_t tick_low;  // the high half follows from the window that the slot stands for
  };
  static_assert(sizeof(Entry) == 8);

  // Where a timer of level 0 stands: its chunk times 64, and its place there.
  using DueIndex = std::uint32_t;
  static constexpr DueIndex no_due = UINT32_MAX;

  // A timer of level 0: its slot tells the tick.
  struct Due {
    std::uint32_t payload;
    DueIndex next;  // of the same tick
  };

  struct alignas(64) Chunk {
    static constexpr std::uint32_t entries_max = 63;
    std::uint32_t next = no_chunk;  // in the slot's queue, at level 0, or in the free list
    std::uint32_t reserved = 0;
    union {
      std::array<Entry, entries_max> entries;
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

  // Which slots of a level have timers: a bit a slot.
  class Occupied {
   public:
    void set(unsigned index) { bits_[index / 64] |= std::uint64_t{1} << (index % 64); }
    void clear(unsigned index) { bits_[index / 64] &= ~(std::uint64_t{1} << (index % 64)); }
    // The first at or after `from`.
    std::optional<unsigned> first(unsigned from) const;

   private:
    std::array<std::uint64_t, slots / 64> bits_{};
  };

  // A list of the timers of one tick.  It holds its own address.
  struct DueSlot {
    DueIndex first = no_due;
    DueIndex* end = &first;  // where the next timer's index goes
  };

  // Level 0.
  struct DueLevel {
    std::array<DueSlot, slots> slot;
    Occupied occupied;
    std::size_t timers = 0;
    // The chunks in which they stand, filled in turn.
    std::size_t chunks = 0;
    std::uint32_t head = no_chunk;
    std::uint32_t tail = no_chunk;
    std::uint32_t tail_at = Chunk::entries_max;
  };

  // A queue of entries above level 0: read from head, written at tail.
  struct Slot {
    std::uint32_t head = no_chunk;
    std::uint32_t tail = no_chunk;
    std::uint32_t head_at = 0;  // the first entry of the head chunk that is still here
    // Entries of the tail chunk that are written.  Without a chunk as many as in a full one: both
    // have no room.
    std::uint32_t tail_at = Chunk::entries_max;
    bool empty() const { return head == no_chunk; }
    std::uint32_t head_end() const { return head == tail ? tail_at : Chunk::entries_max; }
  };

  struct Level {
    std::array<Slot, slots> slot;
    Occupied occupied;
  };

  struct Levels {
    DueLevel due;
    std::array<Level, levels - 1> above;
  };

  // Where advance has work next.
  struct Stop {
    Tick tick;  // level 0: of the timers due; above: the first of the window to cascade
    unsigned level;
  };

  // The top level is a ring: the horizon keeps its 256 windows apart, so a tick on the far side of
  // a multiple of 2^32 has a slot there as well.
  static unsigned level_of(Tick when, Tick base) {
    const auto highest_bit = static_cast<unsigned>(std::bit_width((when ^ base) | 1)) - 1;
    return std::min(highest_bit / slot_bits, levels - 1);
  }
  static unsigned slot_index(Tick tick, unsigned level) {
    return static_cast<unsigned>(tick >> (level * slot_bits)) % slots;
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
  // Deals out the slot of the window that starts at now() + 1.  False when the budget ended first.
  template <class Ahead>
  bool cascade(std::size_t budget, std::size_t& work, Ahead&& ahead);

  // At level 0.
  void append_due(unsigned index, std::uint32_t payload);
  std::uint32_t take_due(DueSlot& slot);
  void add_due_chunk();
  void free_due_chunks();
  Due& due(DueIndex index) { return chunk(index >> due_bits).due[index % (1u << due_bits)]; }

  // Above level 0.
  Level& level_above(unsigned level) { return levels_->above[level - 1]; }
  void append(unsigned level, unsigned index, Entry entry);
  // Gives a slot without room a new tail chunk.
  void add_tail(unsigned level, unsigned index);
  // Frees the head chunk of a slot, all of whose entries were taken.
  void drop_head(unsigned level, unsigned index);

  Chunk& chunk(std::uint32_t index) {
    return (*segments_[index >> segment_bits])[index % (1u << segment_bits)];
  }
  std::uint32_t take_free_chunk();
  void grow();

  Tick now_;
  // The slots are arranged as seen from this tick: now_, or now_ + 1 once its window was entered.
  Tick base_;
  // The level whose slot is being dealt out, 0 for none.  Until that is done base_ stays before
  // the window, so that new timers of the window queue up behind those that still wait there.
  unsigned cascading_level_ = 0;
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
    const unsigned index = slot_index(now_ + 1, 0);
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
    if (cascading_level_ != 0 && !cascade(budget, work, ahead)) return false;
    const std::optional<Stop> stop = next_stop();
    if (!stop || stop->tick > to) {
      move_to(to);
      return false;
    }
    move_to(stop->tick - 1);
    if (stop->level == 0) return true;
    cascading_level_ = stop->level;
  }
  return false;
}

template <class Ahead>
bool TimingWheel::cascade(std::size_t budget, std::size_t& work, Ahead&& ahead) {
  const Tick window = now_ + 1;
  const unsigned index = slot_index(window, cascading_level_);
  Slot& slot = level_above(cascading_level_).slot[index];
  while (!slot.empty()) {
    const Chunk& head = chunk(slot.head);
    const std::size_t moves = std::min<std::size_t>(slot.head_end() - slot.head_at, budget - work);
    for (std::size_t i = 0; i < moves; ++i) {
      const Entry entry = head.entries[slot.head_at++];
      // The ticks of a window differ only in their low half.
      const Tick when = window + (entry.tick_low - static_cast<std::uint32_t>(window));
      const unsigned level = level_of(when, window);
      if (level == 0) {
        append_due(slot_index(when, 0), entry.payload);
        ahead(entry.payload);
      } else {
        append(level, slot_index(when, level), entry);
      }
    }
    work += moves;
    if (slot.head_at != slot.head_end()) return false;
    drop_head(cascading_level_, index);
  }
  cascading_level_ = 0;
  base_ = window;
  return true;
}

inline std::optional<unsigned> TimingWheel::Occupied::first(unsigned from) const {
  std::uint64_t mask = ~std::uint64_t{0} << (from % 64);
  for (unsigned word = from / 64; word < bits_.size(); ++word) {
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
  const unsigned present = slot_index(base_, 0);
  if (const std::optional<unsigned> index = levels_->due.occupied.first(present)) {
    return Stop{base_ + (*index - present), 0};
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

inline void TimingWheel::append(unsigned level, unsigned index, Entry entry) {
  Slot& slot = level_above(level).slot[index];
  if (slot.tail_at == Chunk::entries_max) add_tail(level, index);
  chunk(slot.tail).entries[slot.tail_at++] = entry;
}

}  // namespace hb
