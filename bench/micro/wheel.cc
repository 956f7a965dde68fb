// The timing wheel with very many timers: what each costs to schedule, to fire, and to skip.
//
// Two orders: "in_order" is the field's, packets sent through a day that all live for a day;
// "random" has every timer anywhere in the day.  A cancelled timer stays in the wheel until its
// time, so "cancel" is what it costs then: it fires, and its owner looks and finds the packet
// closed.
#include <benchmark/benchmark.h>

#include <memory>
#include <span>

#include "bench/micro/registry.h"
#include "bench/micro/timing.h"
#include "engine/base/assert.h"
#include "engine/base/limits.h"
#include "engine/base/partition.h"
#include "engine/ledger/packet_store.h"
#include "engine/shard/shard.h"
#include "engine/timer/timing_wheel.h"

namespace hb::bench {

namespace {

using benchmark::State;

constexpr Tick day_ticks = 24ull * 3'600 * 1'000'000 / limits::tick_us;

enum class Order : std::uint8_t { in_order, random };

const std::size_t budget = ShardOptions{}.refunds_per_step;

template <class Fire, class Ahead>
void advance_to(TimingWheel& wheel, Tick to, Fire&& fire, Ahead&& ahead) {
  while (wheel.now() < to) wheel.advance(to, budget, fire, ahead);
}
template <class Fire>
void advance_to(TimingWheel& wheel, Tick to, Fire&& fire) {
  advance_to(wheel, to, fire, [](std::span<const TimingWheel::Timer>) {});
}

// Arms timers 0, 1, 2, ..., and returns the tick by which all have fired.
Tick schedule(TimingWheel& wheel, std::uint32_t timers, Order order) {
  const auto none_is_due = [](std::uint32_t) { HB_ASSERT(!"a timer fired early"); };
  for (std::uint32_t i = 0; i < timers; ++i) {
    if (order == Order::random) {
      wheel.schedule(1 + mix64(i) % day_ticks, i);
    } else {
      const Tick now = day_ticks * i / timers;
      advance_to(wheel, now, none_is_due);
      wheel.schedule(now + day_ticks, i);
    }
  }
  return 2 * day_ticks;
}

void measure_schedule(State& state, std::uint32_t timers, Order order) {
  for ([[maybe_unused]] auto _ : state) {
    TimingWheel wheel;
    time_iteration(state, [&] { schedule(wheel, timers, order); });
    if (wheel.size() != timers) return state.SkipWithError("a timer is missing");
    state.counters["bytes_per_timer"] =
        static_cast<double>(wheel.memory_bytes()) / static_cast<double>(timers);
  }
  count_each(state, "per_timer", state.iterations() * timers);
}

void measure_fire(State& state, std::uint32_t timers, Order order) {
  for ([[maybe_unused]] auto _ : state) {
    TimingWheel wheel;
    const Tick end = schedule(wheel, timers, order);
    std::uint64_t sum = 0;
    time_iteration(state,
                   [&] { advance_to(wheel, end, [&](std::uint32_t payload) { sum += payload; }); });
    if (sum != std::uint64_t{timers} * (timers - 1) / 2) {
      return state.SkipWithError("not every timer fired once");
    }
  }
  count_each(state, "per_timer", state.iterations() * timers);
}

// Packets in slots 0, 1, 2, ..., all of one share and closed.
void close_packets(PacketStore& packets, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const PacketId id = packets.next_id(PartitionId(0));
    const PacketStore::Slot slot = packets.add(id, 1, PrfKey{}).slot;
    HB_ASSERT(slot == i);
    packets.open(slot);
    packets.close(slot);
  }
}

void measure_cancel(State& state, std::uint32_t timers, Order order) {
  PacketStore packets(PartitionId(0), 1);
  close_packets(packets, timers);
  for ([[maybe_unused]] auto _ : state) {
    TimingWheel wheel;
    const Tick end = schedule(wheel, timers, order);
    std::uint64_t skipped = 0;
    time_iteration(state, [&] {
      // As a shard does: open packets are asked for when their timers come near.
      advance_to(
          wheel, end, [&](std::uint32_t slot) { skipped += packets.is_open(slot) ? 0 : 1; },
          [&](std::span<const TimingWheel::Timer> near) { packets.prefetch_due(near); });
    });
    if (skipped != timers) return state.SkipWithError("not every timer was skipped");
  }
  count_each(state, "per_timer", state.iterations() * timers);
}

void add(const char* name, void (*measure)(State&, std::uint32_t, Order), std::uint64_t timers,
         Order order) {
  benchmark::RegisterBenchmark(
      name, [=](State& s) { measure(s, static_cast<std::uint32_t>(timers), order); })
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}

}  // namespace

void register_wheel(const Sizes& sizes) {
  add("wheel/schedule/in_order", measure_schedule, sizes.timers, Order::in_order);
  add("wheel/schedule/random", measure_schedule, sizes.timers, Order::random);
  add("wheel/fire/in_order", measure_fire, sizes.timers, Order::in_order);
  add("wheel/fire/random", measure_fire, sizes.timers, Order::random);
  add("wheel/cancel/in_order", measure_cancel, sizes.timers, Order::in_order);
  add("wheel/cancel/random", measure_cancel, sizes.timers, Order::random);
}

}  // namespace hb::bench
