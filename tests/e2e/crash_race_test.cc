// kill -9 in the middle of a race, and the books afterwards.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "tests/e2e/crash_race.h"
#include "tests/support/seed.h"

namespace hb::e2e {
namespace {

// Kill moments never repeat exactly, the system's scheduling sees to that; so the seed is fresh at
// every run, to look at new moments each time.
std::uint64_t fresh_seed() {
  if (std::getenv("HB_SEED") != nullptr) return test::seeds(1).front();
  return std::random_device{}();
}

class CrashRaceTest : public testing::Test {
 protected:
  CrashRaceTest() : trace_(__FILE__, __LINE__, test::seed_text(seed_)) {
    std::cout << test::seed_text(seed_) << '\n';
  }

  const std::uint64_t seed_ = fresh_seed();
  const testing::ScopedTrace trace_;
  TempDirectory directory_;
  CrashRace race_{directory_ / "data", seed_};
};

TEST_F(CrashRaceTest, LosesNothingAndDoublesNothingHoweverOftenItIsKilled) {
  race_.set_up(CrashRace::packets);
  race_.add_claims(0, CrashRace::packets);
  for (int kill = 0; kill < 3 && !HasFatalFailure(); ++kill) {
    race_.run_and_kill();
    race_.restart();
    race_.check_what_was_told();
  }
  race_.run_to_the_end();
  race_.check_what_was_told();
  race_.check_balances();
  race_.check_repeats();
  EXPECT_EQ(race_.server().stop(), 0);
  race_.check_balances();
}

TEST_F(CrashRaceTest, SurvivesBeingKilledAgainWhileItRecovers) {
  race_.set_up(CrashRace::packets);
  race_.add_claims(0, CrashRace::packets);
  race_.run_and_kill();
  race_.restart(2);
  race_.check_what_was_told();
  race_.run_to_the_end();
  race_.check_what_was_told();
  race_.check_balances();
  EXPECT_EQ(race_.server().stop(), 0);
}

TEST_F(CrashRaceTest, LosesNoSendAndNoDepositAmongClaims) {
  constexpr std::size_t first_half = CrashRace::packets / 2;
  race_.set_up(first_half);
  race_.add_claims(0, first_half);
  race_.add_sends_and_deposits(first_half, CrashRace::packets);
  race_.run_and_kill();
  race_.restart();
  race_.check_what_was_told();
  race_.run_to_the_end();
  race_.add_claims(first_half, CrashRace::packets);
  race_.run_to_the_end();
  race_.check_what_was_told();
  race_.check_balances();
  race_.check_repeats();
  EXPECT_EQ(race_.server().stop(), 0);
}

}  // namespace
}  // namespace hb::e2e
