#include "engine/runtime/system_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/seed.h"

namespace hb {
namespace {

constexpr Time start{1'700'000'000'000'000};
constexpr Duration second = Duration::seconds(1);
constexpr Duration hour = Duration::hours(1);

Duration times(std::int64_t n, Duration span) {
  return Duration::us(n * span.us());
}

// A machine whose two clocks the test moves.
class SystemClockTest : public testing::Test {
 protected:
  // Both clocks go on, in small and uneven steps, as turns come.
  ClockReading pass(Duration span) {
    ClockReading reading = clock.read();
    for (Duration left = span; left > Duration{};) {
      const Duration step = std::min(left, Duration::us(1 + (left.us() * 7919) % 100'003));
      machine.monotonic = machine.monotonic + step;
      if (!wall_is_stuck) machine.wall = machine.wall + step;
      left = Duration::us(left.us() - step.us());
      const ClockReading next = clock.read();
      EXPECT_GE(next.ledger, reading.ledger) << "time went back";
      reading = next;
    }
    return reading;
  }
  // Whatever the wall clock does, time goes on between two thirds and nine eighths of its speed.
  void expect_steady(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Time last = clock.read().ledger;
    for (int i = 0; i < 10'000; ++i) {
      const Duration passed = Duration::us(static_cast<std::int64_t>(random() % 50'000));
      machine.monotonic = machine.monotonic + passed;
      machine.wall = machine.wall + passed;
      if (random() % 100 == 0) {
        constexpr std::int64_t day_us = 86'400'000'000;
        set_wall(Duration::us(static_cast<std::int64_t>(random() % (2 * day_us)) - day_us));
      }
      const Time now = clock.read().ledger;
      ASSERT_GE((now - last).us(), passed.us() * 2 / 3 - 1);
      ASSERT_LE((now - last).us(), passed.us() * 9 / 8 + 1);
      ASSERT_GE(now, last);
      last = now;
    }
  }
  void set_wall(Duration by) { machine.wall = machine.wall + by; }

  SystemClock::Readings machine{.wall = start, .monotonic = Time(77)};
  bool wall_is_stuck = false;
  SystemClock clock{[this] { return machine; }};
};

TEST_F(SystemClockTest, FollowsAWallClockThatNobodySets) {
  EXPECT_EQ(clock.read().ledger, start);
  const ClockReading after = pass(hour);
  EXPECT_EQ(after.ledger, start + hour);
  EXPECT_EQ(after.wall, start + hour);
  EXPECT_EQ(after.monotonic, Time(77) + hour);
  EXPECT_EQ(after.ahead(), Duration{});
}

TEST_F(SystemClockTest, NeitherJumpsNorStopsWhenTheWallClockIsSetBack) {
  set_wall(Duration::us(-hour.us()));
  EXPECT_EQ(clock.read().ledger, start);
  EXPECT_EQ(clock.read().ahead(), hour);
  const ClockReading later = pass(times(3, second));
  EXPECT_EQ(later.ledger, start + times(2, second)) << "two thirds of its speed";
  EXPECT_EQ(later.ahead(), Duration::us(hour.us() - second.us()));
}

TEST_F(SystemClockTest, WorksOffWhatItIsAheadInThreeTimesAsLong) {
  set_wall(Duration::us(-hour.us()));
  EXPECT_EQ(SystemClock::catch_up_time(hour), times(3, hour));
  EXPECT_GT(pass(Duration::us(3 * hour.us() - second.us())).ahead(), Duration{});
  EXPECT_EQ(pass(second).ahead(), Duration{});
  EXPECT_EQ(pass(hour).ahead(), Duration{}) << "and stays there";
}

TEST_F(SystemClockTest, ExpiresAPacketOfASecondAfterOneAndAHalfWhileItIsAhead) {
  clock.go_on_from(start + times(2, hour));
  const Time expires_at = clock.read().ledger + second;
  EXPECT_LT(pass(Duration::ms(1'499)).ledger, expires_at);
  EXPECT_GE(pass(Duration::ms(1)).ledger, expires_at);
}

TEST_F(SystemClockTest, WorksOffWhatItIsBehindInEightTimesAsLong) {
  set_wall(hour);
  EXPECT_EQ(clock.read().ledger, start) << "no jump, which would expire packets early";
  EXPECT_EQ(clock.read().ahead(), Duration::us(-hour.us()));
  EXPECT_EQ(pass(times(8, second)).ledger, start + times(9, second));
  EXPECT_EQ(SystemClock::catch_up_time(Duration::us(-hour.us())), times(8, hour));
  EXPECT_LT(pass(Duration::us(8 * hour.us() - 9 * second.us())).ahead(), Duration{});
  EXPECT_EQ(pass(second).ahead(), Duration{});
}

TEST_F(SystemClockTest, GoesOnWhileTheWallClockIsStuck) {
  wall_is_stuck = true;
  EXPECT_EQ(pass(times(3, hour)).ledger, start + times(2, hour));
  wall_is_stuck = false;
  EXPECT_EQ(clock.read().ahead(), times(2, hour));
}

// The machine boots an hour off, the server starts, a time daemon puts the clock right.
TEST_F(SystemClockTest, FollowsAClockThatWasWrongAtBootAndPutRight) {
  for (const std::int64_t off : {-1, 1}) {
    machine.wall = start + times(off, hour);
    SystemClock booted([this] { return machine; });
    const Time before = booted.read().ledger;
    EXPECT_EQ(before, start + times(off, hour));
    machine.wall = start;
    const ClockReading after = booted.read();
    EXPECT_EQ(after.ledger, before) << "no jump";
    EXPECT_EQ(after.ahead(), times(off, hour));
    const Duration until = SystemClock::catch_up_time(after.ahead());
    machine = {.wall = machine.wall + until, .monotonic = machine.monotonic + until};
    EXPECT_EQ(booted.read().ahead(), Duration{});
  }
}

TEST_F(SystemClockTest, GoesOnFromTheJournalsLastEvent) {
  clock.go_on_from(start + Duration::us(-1));
  EXPECT_EQ(clock.read().ledger, start) << "the wall clock is later";
  clock.go_on_from(start + hour);
  EXPECT_EQ(clock.read().ledger, start + hour);
  EXPECT_EQ(clock.read().ahead(), hour);
}

TEST_F(SystemClockTest, LosesNoMicrosecondToRounding) {
  set_wall(Duration::us(-hour.us()));
  for (int i = 0; i < 3'000; ++i) {
    machine.monotonic = machine.monotonic + Duration::us(1);
    machine.wall = machine.wall + Duration::us(1);
    clock.read();
  }
  EXPECT_EQ(clock.read().ledger, start + Duration::us(2'000));
}

TEST_F(SystemClockTest, NeverGoesBackWhateverTheWallClockDoes) {
  for (const std::uint64_t seed : test::seeds(10)) {
    SCOPED_TRACE(test::seed_text(seed));
    expect_steady(seed);
  }
}

TEST(SystemClock, ReadsTheMachine) {
  SystemClock clock;
  const ClockReading reading = clock.read();
  EXPECT_GT(reading.wall, start);
  EXPECT_LT(reading.ahead(), hour);
}

}  // namespace
}  // namespace hb
