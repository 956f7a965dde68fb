#include "engine/archive/duty_cycle.h"

#include <gtest/gtest.h>

namespace hb::archive {
namespace {

constexpr Duration now(std::int64_t us) {
  return Duration::us(1'000'000 + us);
}

ProcessorUse use(std::int64_t idle_ms, std::int64_t background_ms) {
  return {.all = Duration::ms(200),
          .idle = Duration::ms(idle_ms),
          .background = Duration::ms(background_ms)};
}

TEST(ShareBeside, IsWholeWhileOthersLeaveTheProcessorsAlone) {
  EXPECT_EQ(share_beside(use(200, 0)), whole);
  EXPECT_EQ(share_beside(use(0, 200)), whole) << "what the background itself uses does not count";
  EXPECT_EQ(share_beside(use(90, 100)), whole) << "5 % of others";
}

TEST(ShareBeside, ShrinksAsOthersUseMore) {
  Permille before = whole;
  for (std::int64_t idle_ms = 150; idle_ms >= 30; idle_ms -= 20) {
    const Permille share = share_beside(use(idle_ms, 0));
    EXPECT_LT(share, before) << idle_ms;
    before = share;
  }
  EXPECT_GT(before, 0);
}

TEST(ShareBeside, IsLargeWhileAProcessorIsFreeAndSmallWhenTheyAreContended) {
  EXPECT_GT(share_beside(use(100, 0)), 500) << "one of two is free";
  EXPECT_LT(share_beside(use(50, 0)), 300) << "a quarter is free";
  EXPECT_LE(share_beside(use(20, 0)), 50);
}

TEST(ShareBeside, IsNeverNothing) {
  EXPECT_GT(share_beside(use(0, 0)), 0);
  EXPECT_EQ(share_beside(use(0, 0)), share_beside(use(10, 0))) << "busy is busy";
  EXPECT_GT(share_beside({}), 0) << "nothing is known yet";
  // Clocks of different grain: more idle time than there was.
  EXPECT_EQ(share_beside(use(250, 0)), whole);
  EXPECT_EQ(share_beside(use(190, 60)), whole);
}

TEST(DutyCycle, WorksForASliceAndSleepsAsItsShareAsks) {
  DutyCycle cycle(now(0));
  EXPECT_EQ(cycle.rest(now(DutyCycle::slice.us() - 1), 250), Duration{});
  EXPECT_EQ(cycle.rest(now(DutyCycle::slice.us()), 250), Duration::us(3 * DutyCycle::slice.us()));
  cycle.woke(now(10'000));
  EXPECT_EQ(cycle.rest(now(10'001), 250), Duration{}) << "a new slice";
  EXPECT_EQ(cycle.rest(now(10'000 + 2 * DutyCycle::slice.us()), 500),
            Duration::us(2 * DutyCycle::slice.us()));
}

TEST(DutyCycle, DoesNotSleepWithAWholeShare) {
  DutyCycle cycle(now(0));
  EXPECT_EQ(cycle.rest(now(1'000'000), whole), Duration{});
}

TEST(DutyCycle, SleepsABoundedTimeAfterALongWait) {
  DutyCycle cycle(now(0));
  EXPECT_EQ(cycle.rest(now(60'000'000), 500), Duration::us(4 * DutyCycle::slice.us()));
  EXPECT_EQ(cycle.rest(now(60'000'000), 1), DutyCycle::rest_max);
}

// Over a second of work and sleep, the thread has its share and no more.
TEST(DutyCycle, KeepsToItsShareInTheLongRun) {
  for (const Permille share : {50, 100, 250, 500, 900}) {
    DutyCycle cycle(now(0));
    std::int64_t at_us = 0;
    std::int64_t worked_us = 0;
    while (at_us < 1'000'000) {
      at_us += 10;
      worked_us += 10;
      const Duration rest = cycle.rest(now(at_us), share);
      if (rest == Duration{}) continue;
      at_us += rest.us();
      cycle.woke(now(at_us));
    }
    EXPECT_NEAR(static_cast<double>(worked_us) / static_cast<double>(at_us),
                static_cast<double>(share) / whole, 0.01)
        << share;
  }
}

}  // namespace
}  // namespace hb::archive
