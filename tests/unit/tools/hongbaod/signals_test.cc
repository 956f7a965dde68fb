// Each test in a process of its own, since signals are the process's.
#include "tools/hongbaod/signals.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

namespace hb {
namespace {

using testing::ExitedWithCode;
using testing::KilledBySignal;

// Ends with 0 when the process has survived.
[[noreturn]] void survive(int number) {
  Signals signals;
  ::raise(number);
  std::exit(0);
}

TEST(SignalsDeathTest, ThatNeedNotEndTheProcessDoNot) {
  for (const int number : {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGSTKFLT, SIGIO, SIGPWR,
                           SIGPIPE, SIGXFSZ, SIGHUP, SIGRTMIN, SIGRTMIN + 5, SIGRTMAX}) {
    EXPECT_EXIT(survive(number), ExitedWithCode(0), "") << number;
  }
}

void exit_with_7(int) {
  std::_Exit(7);
}

TEST(SignalsDeathTest, KeepAHandlerThatIsThereBefore) {
  EXPECT_EXIT(
      {
        ::signal(SIGPROF, exit_with_7);
        survive(SIGPROF);
      },
      ExitedWithCode(7), "");
}

[[noreturn]] void exit_with_what_stops(std::initializer_list<int> numbers) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("test"));
  Signals signals;
  for (const int number : numbers) ::raise(number);
  std::exit(signals.wait_for_stop());
}

TEST(SignalsDeathTest, StopOnSigtermAndSigint) {
  EXPECT_EXIT(exit_with_what_stops({SIGTERM}), ExitedWithCode(SIGTERM), "^$");
  EXPECT_EXIT(exit_with_what_stops({SIGINT}), ExitedWithCode(SIGINT), "^$");
}

// Of several that are pending the lowest number comes first: SIGHUP.
TEST(SignalsDeathTest, LogAHangupAndGoOn) {
  EXPECT_EXIT(exit_with_what_stops({SIGTERM, SIGHUP}), ExitedWithCode(SIGTERM),
              "SIGHUP: settings are read at the start only");
}

TEST(SignalsDeathTest, EndTheProcessAtOnceAtTheSecondStop) {
  const auto stop_twice = [](int first, int second) {
    Signals signals;
    ::raise(first);
    signals.wait_for_stop();
    ::raise(second);
    std::exit(0);
  };
  EXPECT_EXIT(stop_twice(SIGTERM, SIGTERM), KilledBySignal(SIGTERM), "a second signal to stop");
  EXPECT_EXIT(stop_twice(SIGTERM, SIGINT), KilledBySignal(SIGINT), "a second signal to stop");
}

}  // namespace
}  // namespace hb
