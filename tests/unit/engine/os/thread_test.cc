#include "engine/os/thread.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace hb {
namespace {

TEST(StartThread, RunsTheBodyUnderTheName) {
  std::string name;
  start_thread("some thread", [&name] {
    std::array<char, 16> found{};
    ::pthread_getname_np(::pthread_self(), found.data(), found.size());
    name = found.data();
  }).join();
  EXPECT_EQ(name, "some thread");
}

TEST(StartThread, TakesABodyThatCanOnlyBeMoved) {
  int result = 0;
  start_thread("mover", [&result, seven = std::make_unique<int>(7)] { result = *seven; }).join();
  EXPECT_EQ(result, 7);
}

}  // namespace
}  // namespace hb
