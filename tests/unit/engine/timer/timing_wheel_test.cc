#include "engine/timer/timing_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <span>
#include <vector>

#include "tests/support/seed.h"

namespace hb {
namespace {

constexpr std::size_t no_budget = SIZE_MAX;

struct Fired {
  Tick tick;
  std::uint32_t payload;
  friend bool operator==(const Fired&, const Fired&) = default;
};

void PrintTo(const Fired& fired, std::ostream* out) {
  *out << fired.payload << "@" << fired.tick;
}

std::vector<Fired> fire_all(TimingWheel& wheel, Tick to, std::size_t budget = no_budget) {
  std::vector<Fired> fired;
  wheel.advance(to, budget, [&](std::uint32_t payload) {
    fired.push_back({wheel.now() + 1, payload});
  });
  return fired;
}

constexpr Tick near_window = TimingWheel::near_window_ticks;
constexpr Tick far_window = TimingWheel::far_window_ticks;

// Places where the wheel's slots wrap: the origin, the ends of windows of every level, of the top
// level's ring, and of the low half of a tick.
const Tick starts[] = {0,
                       1,
                       near_window - 2,
                       near_window - 1,
                       near_window,
                       far_window - 2,
                       far_window - 1,
                       far_window,
                       0x7ffffffe,
                       0x7fffffff,
                       0x80000000,
                       0xfffffffe,
                       0xffffffff,
                       0x100000000,
                       0x1234567890,
                       0xffffffffffff};

const Tick distances[] = {1,
                          2,
                          near_window - 1,
                          near_window,
                          near_window + 1,
                          65'536,
                          far_window - 1,
                          far_window,
                          far_window + 1,
                          0x1000000,
                          0x10000001,
                          0x3fffffff,
                          TimingWheel::horizon_ticks - 1,
                          TimingWheel::horizon_ticks};

TEST(TimingWheel, StartsEmptyAtItsOrigin) {
  TimingWheel wheel(42);
  EXPECT_EQ(wheel.now(), 42u);
  EXPECT_EQ(wheel.size(), 0u);
  EXPECT_TRUE(wheel.empty());
  EXPECT_EQ(wheel.next_tick_hint(), std::nullopt);
}

TEST(TimingWheel, FiresATimerAtItsTickAndNotBefore) {
  for (const Tick start : starts) {
    for (const Tick distance : distances) {
      SCOPED_TRACE(testing::Message() << "start " << start << " distance " << distance);
      TimingWheel wheel(start);
      wheel.schedule(start + distance, 7);
      EXPECT_TRUE(fire_all(wheel, start + distance - 1).empty());
      EXPECT_EQ(wheel.now(), start + distance - 1);
      EXPECT_EQ(wheel.size(), 1u);
      EXPECT_EQ(fire_all(wheel, start + distance), (std::vector<Fired>{{start + distance, 7}}));
      EXPECT_EQ(wheel.now(), start + distance);
      EXPECT_TRUE(wheel.empty());
    }
  }
}

TEST(TimingWheel, FiresTimersOfAllDistancesInOneLongAdvanceInTickOrder) {
  for (const Tick start : starts) {
    SCOPED_TRACE(testing::Message() << "start " << start);
    TimingWheel wheel(start);
    std::vector<Fired> expected;
    for (std::size_t i = std::size(distances); i-- > 0;) {
      wheel.schedule(start + distances[i], static_cast<std::uint32_t>(i));
      expected.insert(expected.begin(), {start + distances[i], static_cast<std::uint32_t>(i)});
    }
    EXPECT_EQ(fire_all(wheel, start + 2 * TimingWheel::horizon_ticks), expected);
    EXPECT_EQ(wheel.now(), start + 2 * TimingWheel::horizon_ticks);
  }
}

TEST(TimingWheel, FiresSameTickTimersInScheduleOrder) {
  TimingWheel wheel;
  for (std::uint32_t i = 0; i < 1'000; ++i) wheel.schedule(70'000, i);
  const std::vector<Fired> fired = fire_all(wheel, 70'000);
  ASSERT_EQ(fired.size(), 1'000u);
  for (std::uint32_t i = 0; i < 1'000; ++i) EXPECT_EQ(fired[i], (Fired{70'000, i}));
}

TEST(TimingWheel, KeepsScheduleOrderAmongTimersScheduledAtEveryLevel) {
  TimingWheel wheel;
  const Tick when = 3 * far_window + 5 * near_window + 9;
  std::vector<Fired> expected;
  std::uint32_t payload = 0;
  for (const Tick from : {Tick{0}, 3 * far_window, when - 9 - near_window, when - 9, when - 1}) {
    EXPECT_TRUE(fire_all(wheel, from).empty());
    for (int i = 0; i < 100; ++i) {
      wheel.schedule(when, payload);
      expected.push_back({when, payload++});
    }
  }
  EXPECT_EQ(fire_all(wheel, when), expected);
}

TEST(TimingWheel, FiresALateTimerAtTheNextTickAfterThoseAlreadyThere) {
  TimingWheel wheel(1'000);
  wheel.schedule(1'001, 1);
  wheel.schedule(1'000, 2);
  wheel.schedule(0, 3);
  EXPECT_TRUE(fire_all(wheel, 1'000).empty());
  EXPECT_EQ(fire_all(wheel, 1'001), (std::vector<Fired>{{1'001, 1}, {1'001, 2}, {1'001, 3}}));
}

TEST(TimingWheel, DoesNothingForATickThatIsOver) {
  TimingWheel wheel(1'000);
  wheel.schedule(1'001, 1);
  EXPECT_TRUE(fire_all(wheel, 5).empty());
  EXPECT_EQ(wheel.now(), 1'000u);
}

TEST(TimingWheel, DoesNothingWithABudgetOfNone) {
  TimingWheel wheel;
  wheel.schedule(5, 1);
  wheel.schedule(7'000, 2);
  EXPECT_TRUE(fire_all(wheel, 10'000, 0).empty());
  EXPECT_EQ(wheel.size(), 2u);
  EXPECT_EQ(wheel.now(), 4u);
}

TEST(TimingWheelDeathTest, RefusesATimerBeyondTheHorizon) {
  TimingWheel wheel(17);
  EXPECT_DEATH(wheel.schedule(17 + TimingWheel::horizon_ticks + 1, 0), "horizon_ticks");
}

TEST(TimingWheel, FiresATimerThatTheCallbackSchedulesForTheFiringTick) {
  TimingWheel wheel;
  wheel.schedule(10, 0);
  wheel.schedule(10, 1);
  std::vector<Fired> fired;
  wheel.advance(20, no_budget, [&](std::uint32_t payload) {
    fired.push_back({wheel.now() + 1, payload});
    if (payload < 2) wheel.schedule(wheel.now() + 1, payload + 10);
  });
  EXPECT_EQ(fired, (std::vector<Fired>{{10, 0}, {10, 1}, {10, 10}, {10, 11}}));
}

TEST(TimingWheel, FiresATimerThatTheCallbackSchedulesAtEveryDistance) {
  for (const Tick start : starts) {
    TimingWheel wheel(start);
    wheel.schedule(start + 1, 0);
    std::vector<Fired> fired;
    std::vector<Fired> expected{{start + 1, 0}};
    Tick when = start + 1;
    for (std::uint32_t i = 0; i < std::size(distances) - 1; ++i) {
      when += distances[i];
      expected.push_back({when, i + 1});
    }
    wheel.advance(when, no_budget, [&](std::uint32_t payload) {
      fired.push_back({wheel.now() + 1, payload});
      if (payload + 1 < std::size(distances)) {
        wheel.schedule(wheel.now() + 1 + distances[payload], payload + 1);
      }
    });
    EXPECT_EQ(fired, expected);
  }
}

TEST(TimingWheel, StopsInTheMiddleOfATickAndGoesOn) {
  TimingWheel wheel;
  for (std::uint32_t i = 0; i < 200; ++i) wheel.schedule(3, i);
  std::uint32_t next = 0;
  for (int call = 1; call <= 200; ++call) {
    EXPECT_EQ(wheel.now(), call == 1 ? 0u : 2u);
    EXPECT_EQ(fire_all(wheel, 3, 1), (std::vector<Fired>{{3, next++}}));
  }
  EXPECT_EQ(wheel.now(), 3u);
}

TEST(TimingWheel, CountsCascadedTimersAsWork) {
  TimingWheel wheel;
  const Tick due = near_window + 44;
  for (std::uint32_t i = 0; i < 100; ++i) wheel.schedule(due, i);
  std::size_t fired = 0;
  const auto count = [&](std::uint32_t) { ++fired; };
  EXPECT_EQ(wheel.advance(due + 100, 99, count), 99u);
  EXPECT_EQ(fired, 0u);
  EXPECT_EQ(wheel.now(), near_window - 1);
  EXPECT_EQ(wheel.advance(due + 100, 2, count), 2u);
  EXPECT_EQ(fired, 1u);
  EXPECT_EQ(wheel.now(), due - 1);
  EXPECT_EQ(wheel.advance(due + 100, 1'000, count), 99u);
  EXPECT_EQ(fired, 100u);
  EXPECT_EQ(wheel.now(), due + 100);
}

TEST(TimingWheel, TellsOnceAheadOfATimerThatWasFarAway) {
  for (const Tick distance : {near_window + 44, far_window + 7, 32 * far_window + 70'000}) {
    TimingWheel wheel(near_window);
    const Tick due = wheel.now() + distance;
    wheel.schedule(due, 5);
    std::vector<Fired> told;
    std::vector<Fired> fired;
    wheel.advance(
        due + 10, no_budget,
        [&](std::uint32_t payload) {
          fired.push_back({wheel.now() + 1, payload});
        },
        [&](std::span<const TimingWheel::Timer> timers) {
          for (const auto& timer : timers) told.push_back({wheel.now() + 1, timer.payload});
        });
    EXPECT_EQ(fired, (std::vector<Fired>{{due, 5}}));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].payload, 5u);
    EXPECT_LE(told[0].tick, due);
    EXPECT_GT(told[0].tick + near_window, due);
  }
}

TEST(TimingWheel, KeepsNewTimersBehindThoseThatStillWaitForTheirCascade) {
  for (const unsigned window_bits : {10u, 19u, 31u, 32u}) {
    SCOPED_TRACE(window_bits);
    const Tick window = Tick{1} << window_bits;
    TimingWheel wheel(window - 100);
    const Tick when = window + 3;
    for (std::uint32_t i = 0; i < 10; ++i) wheel.schedule(when, i);
    std::size_t fired = 0;
    EXPECT_EQ(wheel.advance(when, 4, [&](std::uint32_t) { ++fired; }), 4u);
    ASSERT_EQ(fired, 0u) << "four of ten are cascaded";
    ASSERT_EQ(wheel.now(), window - 1);
    for (std::uint32_t i = 10; i < 15; ++i) wheel.schedule(when, i);
    wheel.schedule(window, 99);

    std::vector<Fired> expected{{window, 99}};
    for (std::uint32_t i = 0; i < 15; ++i) expected.push_back({when, i});
    EXPECT_EQ(fire_all(wheel, when), expected);
  }
}

TEST(TimingWheel, SaysWhenThereWillBeWork) {
  TimingWheel wheel;
  const Tick due = 3 * near_window + 232;
  wheel.schedule(due, 1);
  EXPECT_EQ(wheel.next_tick_hint(), 3 * near_window) << "the window that holds it";
  wheel.schedule(9, 2);
  EXPECT_EQ(wheel.next_tick_hint(), 9u);
  fire_all(wheel, 3 * near_window);
  EXPECT_EQ(wheel.next_tick_hint(), due);
  fire_all(wheel, due);
  EXPECT_EQ(wheel.next_tick_hint(), std::nullopt);
}

TEST(TimingWheel, SaysThatAnUnfinishedCascadeIsWorkForTheNextTick) {
  TimingWheel wheel;
  wheel.schedule(near_window + 44, 1);
  wheel.schedule(near_window + 45, 2);
  fire_all(wheel, near_window + 100, 1);
  EXPECT_EQ(wheel.next_tick_hint(), near_window);
}

TEST(TimingWheel, UsesChunksAgain) {
  TimingWheel wheel;
  const auto round = [&] {
    for (std::uint32_t i = 0; i < 50'000; ++i) wheel.schedule(wheel.now() + 1 + Tick{i} * 11, i);
    EXPECT_EQ(fire_all(wheel, wheel.now() + Tick{50'000} * 11).size(), 50'000u);
  };
  round();
  const std::size_t after_one = wheel.memory_bytes();
  for (int i = 0; i < 20; ++i) round();
  // The rounds differ in how their timers fall into slots, by at most a segment of chunks.
  EXPECT_LE(wheel.memory_bytes(), after_one + (1u << 18));
}

TEST(TimingWheel, KeepsNoMemoryOfNearTimersThatHaveFired) {
  for (const Tick distance : {1, 3, 500}) {
    TimingWheel wheel;
    wheel.schedule(1, 0);
    const std::size_t one = wheel.memory_bytes();
    // Except at the ends of windows there is always one that has not fired.
    std::size_t fired = 0;
    for (Tick tick = 1; tick <= 200'000; ++tick) {
      wheel.schedule(tick + distance, 0);
      fired += fire_all(wheel, tick).size();
    }
    EXPECT_EQ(fired, 200'001 - static_cast<std::size_t>(distance));
    EXPECT_EQ(wheel.memory_bytes(), one) << distance;
  }
}

TEST(TimingWheel, FiresATimerThatTheLastOneSchedulesForItsTick) {
  TimingWheel wheel;
  std::vector<Fired> expected;
  wheel.schedule(7, 0);
  for (std::uint32_t i = 0; i <= 200; ++i) expected.push_back({7, i});
  std::vector<Fired> fired;
  wheel.advance(8, no_budget, [&](std::uint32_t payload) {
    fired.push_back({wheel.now() + 1, payload});
    if (payload < 200) wheel.schedule(7, payload + 1);
  });
  EXPECT_EQ(fired, expected);
  EXPECT_TRUE(wheel.empty());
}

TEST(TimingWheel, HoldsDenseTimersInLittleMoreThanEightBytesEach) {
  TimingWheel wheel;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) wheel.schedule(1 + i * 86, i);
  EXPECT_LT(wheel.memory_bytes(), 9'000'000u);
}

TEST(TimingWheel, AllocatesNothingForTimersThatWereReserved) {
  TimingWheel wheel;
  wheel.reserve(100'000);
  const std::size_t reserved = wheel.memory_bytes();
  std::mt19937_64 random(1);
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    wheel.schedule(1 + random() % TimingWheel::horizon_ticks, i);
  }
  while (!wheel.empty()) fire_all(wheel, 2 * TimingWheel::horizon_ticks, 1'000);
  EXPECT_EQ(wheel.memory_bytes(), reserved);
}

// The same wheel as a sorted map of queues, driven side by side with it.
class WheelAndModel {
 public:
  explicit WheelAndModel(std::uint64_t seed) : random_(seed), wheel_(first_tick()) {
    now_before_ = wheel_.now();
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      if (below(3) != 0) {
        for (std::uint64_t n = below(200); n > 0; --n) schedule_somewhere();
      } else {
        advance_somewhere();
      }
      check();
    }
    while (!model_.empty() && !testing::Test::HasFailure()) {
      advance(wheel_.now() + TimingWheel::horizon_ticks, no_budget, false);
      check();
    }
    EXPECT_TRUE(wheel_.empty());
    EXPECT_LE(work_, 3 * scheduled_) << "each timer fires once and cascades at most twice";
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  // As likely near as far: a number of random length.
  Tick any_distance() {
    const Tick distance = below(Tick{1} << below(33));
    return std::min(distance, TimingWheel::horizon_ticks);
  }

  Tick first_tick() {
    const Tick start = starts[below(std::size(starts))];
    return start + below(300);
  }

  void schedule(Tick when) {
    const auto payload = static_cast<std::uint32_t>(scheduled_++);
    wheel_.schedule(when, payload);
    model_[std::max(when, wheel_.now() + 1)].push_back(payload);
  }

  // For the order among timers of one tick.
  Tick an_occupied_tick() {
    const auto at = model_.lower_bound(wheel_.now() + any_distance());
    return at == model_.end() ? model_.rbegin()->first : at->first;
  }

  void schedule_somewhere() {
    if (!model_.empty() && below(2) == 0) {
      schedule(an_occupied_tick());
    } else if (below(20) == 0) {
      schedule(wheel_.now() - std::min(wheel_.now(), below(10)));
    } else {
      schedule(wheel_.now() + any_distance());
    }
  }

  void advance_somewhere() {
    const std::size_t budgets[] = {0, 1, 1, 2, 10, 100, 1'000, no_budget};
    const std::size_t budget = budgets[below(std::size(budgets))];
    const Tick to = wheel_.now() + any_distance();
    for (std::uint64_t calls = 1 + below(50); calls > 0 && wheel_.now() < to; --calls) {
      advance(to, budget, true);
      check();
      if (below(2) == 0) schedule_somewhere();
    }
  }

  void advance(Tick to, std::size_t budget, bool schedule_in_callback) {
    std::size_t fired = 0;
    const std::size_t work = wheel_.advance(to, budget, [&](std::uint32_t payload) {
      ++fired;
      expect_next(payload);
      if (schedule_in_callback && below(8) == 0) schedule_somewhere();
    });
    work_ += work;
    EXPECT_LE(fired, work);
    EXPECT_LE(work, budget);
    EXPECT_LE(wheel_.now(), to);
    EXPECT_TRUE(work == budget || wheel_.now() == to) << "the wheel stopped with budget left";
  }

  void expect_next(std::uint32_t payload) {
    ASSERT_FALSE(model_.empty());
    auto& [tick, payloads] = *model_.begin();
    EXPECT_EQ(wheel_.now() + 1, tick);
    EXPECT_EQ(payload, payloads.front());
    payloads.pop_front();
    if (payloads.empty()) model_.erase(model_.begin());
  }

  void check() {
    EXPECT_GE(wheel_.now(), now_before_);
    now_before_ = wheel_.now();
    std::size_t size = 0;
    // Exact but slow, so only now and then.
    if (below(50) == 0) {
      for (const auto& [tick, payloads] : model_) size += payloads.size();
      EXPECT_EQ(wheel_.size(), size);
    }
    EXPECT_EQ(wheel_.empty(), model_.empty());
    const std::optional<Tick> hint = wheel_.next_tick_hint();
    EXPECT_EQ(hint.has_value(), !model_.empty());
    if (!hint || model_.empty()) return;
    EXPECT_GT(*hint, wheel_.now());
    EXPECT_LE(*hint, model_.begin()->first);
  }

  std::mt19937_64 random_;
  TimingWheel wheel_;
  std::map<Tick, std::deque<std::uint32_t>> model_;
  std::size_t scheduled_ = 0;
  std::size_t work_ = 0;
  Tick now_before_ = 0;
};

TEST(TimingWheel, AgreesWithASortedMapOverRandomSchedulesAdvancesAndBudgets) {
  for (const std::uint64_t seed : test::seeds(40)) {
    SCOPED_TRACE(test::seed_text(seed));
    WheelAndModel(seed).run(300);
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace hb
