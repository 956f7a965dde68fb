#include "engine/os/exhausted.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace hb {
namespace {

const testing::ExitedWithCode ended(exit_exhausted);

class ExhaustedDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(ExhaustedDeathTest, EndsTheProcessWithOneLineOfTheLog) {
  EXPECT_EXIT(end_exhausted("no more of it"), ended, "\\[critical\\] no more of it\n$");
}

TEST_F(ExhaustedDeathTest, CutsALineThatIsTooLong) {
  EXPECT_EXIT(end_exhausted(std::string(5'000, 'x')), ended, "xxx\n$");
}

TEST_F(ExhaustedDeathTest, ComesWhenThereIsNoMemory) {
  EXPECT_EXIT(
      {
        end_when_exhausted("some program");
        std::get_new_handler()();
      },
      ended, "\\[some program\\] \\[critical\\] no memory");
}

[[noreturn]] void throw_uncaught(const auto& exception) {
  end_when_exhausted("some program");
  std::thread([&] { throw exception; }).join();
  std::abort();
}

TEST_F(ExhaustedDeathTest, ComesWithAnExceptionThatSaysSoAndIsNotCaught) {
  EXPECT_EXIT(throw_uncaught(std::bad_alloc()), ended, "no memory");
  for (const int number : {EAGAIN, ENOMEM, EMFILE, ENFILE}) {
    const std::error_code code(number, std::system_category());
    EXPECT_EXIT(throw_uncaught(std::system_error(code, "a thread")), ended,
                "gives no more threads.*a thread: " + code.message() + ".*ulimit");
  }
}

TEST_F(ExhaustedDeathTest, LeavesOtherExceptionsToAbort) {
  const testing::KilledBySignal aborted(SIGABRT);
  EXPECT_EXIT(throw_uncaught(std::logic_error("our bug")), aborted, "critical. our bug");
  const std::error_code code(EINVAL, std::system_category());
  EXPECT_EXIT(throw_uncaught(std::system_error(code, "misused")), aborted, "critical. misused");
}

}  // namespace
}  // namespace hb
