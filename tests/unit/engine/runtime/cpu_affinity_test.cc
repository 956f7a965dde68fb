#include "engine/runtime/cpu_affinity.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>
#include <vector>

namespace hb {
namespace {

std::vector<unsigned> own_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  EXPECT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

// What is done to a thread ends with it.
void on_a_thread(auto&& what) {
  std::thread(what).join();
}

TEST(CpuAffinity, ChecksThatAProcessorMayBeUsed) {
  const unsigned first = own_cpus().front();
  EXPECT_TRUE(check_cpus({}));
  EXPECT_TRUE(check_cpus(std::vector{first}));
  for (const unsigned unknown : {unsigned{CPU_SETSIZE} - 1, unsigned{CPU_SETSIZE}, ~0U}) {
    const auto checked = check_cpus(std::vector{first, unknown});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::invalid);
    EXPECT_NE(checked.error().message.find(std::to_string(unknown)), std::string::npos)
        << checked.error().message;
  }
}

TEST(CpuAffinity, ChecksThatAProcessorIsNamedOnce) {
  const unsigned first = own_cpus().front();
  const auto checked = check_cpus(std::vector{first, first});
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("twice"), std::string::npos) << checked.error().message;
}

TEST(CpuAffinity, PutsAThreadOnAProcessor) {
  const unsigned last = own_cpus().back();
  on_a_thread([last] {
    ASSERT_TRUE(run_on_cpu(last));
    EXPECT_EQ(own_cpus(), std::vector{last});
  });
}

TEST(CpuAffinity, RefusesAProcessorThatIsNotThere) {
  on_a_thread([] {
    EXPECT_FALSE(run_on_cpu(CPU_SETSIZE - 1));
    EXPECT_FALSE(run_on_cpu(~0U));
  });
}

TEST(CpuAffinity, KeepsAThreadAndThoseThatItStartsOffProcessors) {
  const std::vector<unsigned> all = own_cpus();
  if (all.size() < 2) GTEST_SKIP() << "there is one processor only";
  on_a_thread([&all] {
    ASSERT_TRUE(keep_off_cpus(std::vector{all.front()}));
    const std::vector<unsigned> others(all.begin() + 1, all.end());
    EXPECT_EQ(own_cpus(), others);
    on_a_thread([&others] { EXPECT_EQ(own_cpus(), others); });
  });
}

TEST(CpuAffinity, LeavesAThreadWhereItIsWhenNothingElseIsLeft) {
  const std::vector<unsigned> all = own_cpus();
  on_a_thread([&all] {
    ASSERT_TRUE(keep_off_cpus(all));
    EXPECT_EQ(own_cpus(), all);
  });
}

}  // namespace
}  // namespace hb
