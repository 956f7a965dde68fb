// The seconds of a run, put together from what each thread saw.
//
// Every thread posts a tally at the end of each of its seconds, and one last for what was left; a
// second is whole when all have posted a later one.
//
// Threads: post() from any, the take_...() from one.  A lock is taken once a second.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "tools/hongbao/load/tally.h"

namespace hb::load {

class Timeline {
 public:
  explicit Timeline(std::size_t threads) : posted_(threads) {}
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  void post(std::size_t thread, const Tally& tally);

  // The next second that all threads have left behind, each but once; nothing: none yet.
  std::optional<Tally> take_whole_second();
  // All that was posted and not taken.
  Tally take_rest();

 private:
  std::mutex mutex_;
  std::vector<std::size_t> posted_;  // by thread: how many
  std::deque<Tally> seconds_;        // from taken_ on
  std::size_t taken_ = 0;
};

}  // namespace hb::load
