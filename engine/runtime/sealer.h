// The sealer: a background thread that seals full journal segments, in order.
//
// A seal that fails is logged and given up until the next start, which finds it missing and tries
// again; the claims do not wait for it.
//
// Threads: owns one; add() may be called from any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

#include "engine/port/storage.h"

namespace hb {

class Sealer {
 public:
  Sealer();
  // Finishes the segment at hand and leaves the others to the next start.
  ~Sealer();

  // `storage` outlives the sealer.
  void add(Storage& storage, std::uint64_t segment);

 private:
  struct Task {
    Storage* storage;
    std::uint64_t segment;
  };
  void run();

  std::mutex mutex_;
  std::condition_variable wanted_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hb
