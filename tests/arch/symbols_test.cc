#include "tests/arch/symbols.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace hb::arch {
namespace {

using Violations = std::vector<std::string>;

// CMake names the libraries, ':' between them.
std::vector<std::string> pure_libraries() {
  std::vector<std::string> libraries;
  std::istringstream list(HB_PURE_LIBRARIES);
  for (std::string library; std::getline(list, library, ':');) libraries.push_back(library);
  return libraries;
}

bool any_mentions(const Violations& violations, std::string_view symbol) {
  return std::ranges::any_of(violations, [&](const std::string& violation) {
    return violation.find(symbol) != violation.npos;
  });
}

TEST(Purity, HoldsForEveryLibraryOfTheCore) {
  ASSERT_FALSE(pure_libraries().empty());
  for (const std::string& library : pure_libraries()) {
    for (const std::string& violation : purity_violations(library)) ADD_FAILURE() << violation;
  }
}

TEST(Purity, ReportsEverythingThatAPlantedLibraryDoes) {
  const Violations found = purity_violations(HB_PLANTED_IMPURE);
  for (const char* const symbol :
       {"clock.cc.o needs clock_gettime", "clock.cc.o needs time",
        "clock.cc.o needs std::chrono::_V2::steady_clock::now()",
        "lock.cc.o needs pthread_mutex_lock", "lock.cc.o needs std::condition_variable::wait",
        "lock.cc.o needs std::thread::join()", "random.cc.o needs rand",
        "random.cc.o needs std::random_device", "file.cc.o needs open", "file.cc.o needs read",
        "file.cc.o needs std::basic_ifstream", "file.cc.o needs fopen"}) {
    EXPECT_TRUE(any_mentions(found, symbol)) << symbol << " was not reported";
  }
}

TEST(Purity, HasNothingToSayAboutAPlantedPureLibrary) {
  EXPECT_EQ(purity_violations(HB_PLANTED_PURE), Violations());
}

TEST(Purity, FailsForALibraryThatIsMissing) {
  EXPECT_EQ(purity_violations("/nowhere/lib it's gone.a").size(), 1u);
}

TEST(Purity, FailsForALibraryThatShowsNoSymbol) {
  const Violations found = purity_violations(HB_PLANTED_NOTHING);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("nothing was checked"), std::string::npos);
}

TEST(Purity, LetsTheAssertionSpeakAndNobodyElse) {
  EXPECT_EQ(symbol_violation("assert.cc.o", "fprintf"), "");
  EXPECT_EQ(symbol_violation("assert.cc.o", "stderr"), "");
  EXPECT_NE(symbol_violation("ledger.cc.o", "fprintf"), "");
  EXPECT_NE(symbol_violation("assert.cc.o", "fopen"), "");
}

TEST(Purity, RefusesACFunctionThatNobodyHasLookedAt) {
  for (const char* const name : {"gettimeofday", "time", "random", "getrandom", "write", "socket",
                                 "pthread_create", "sem_wait", "getenv", "a_new_system_call"}) {
    EXPECT_NE(symbol_violation("a.cc.o", name), "") << name;
  }
}

TEST(Purity, TellsCppNamesByTheirScope) {
  EXPECT_EQ(symbol_violation("a.cc.o", "operator new(unsigned long)"), "");
  EXPECT_EQ(symbol_violation("a.cc.o", "std::__throw_bad_alloc()"), "");
  EXPECT_EQ(symbol_violation("a.cc.o", "hb::valid_utf8(std::string_view)"), "");
  EXPECT_NE(symbol_violation("a.cc.o", "std::chrono::_V2::system_clock::now()"), "");
  EXPECT_NE(symbol_violation("a.cc.o", "std::this_thread::__sleep_for(std::chrono::duration)"), "");
}

}  // namespace
}  // namespace hb::arch
