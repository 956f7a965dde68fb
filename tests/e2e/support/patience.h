// Waiting for another process, where the real world forces it: poll, with a deadline.
//
// Nothing here measures: a deadline is only where a test gives up, far above what anything takes on
// a busy machine.
#pragma once

#include <chrono>
#include <thread>

namespace hb::e2e {

inline constexpr std::chrono::seconds patience{30};

// Asks again and again until `holds` does; false when patience ran out.
template <class Condition>
bool eventually(Condition holds, std::chrono::milliseconds at_most = patience) {
  const auto give_up_at = std::chrono::steady_clock::now() + at_most;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= give_up_at) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace hb::e2e
