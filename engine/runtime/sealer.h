// The sealer: a background thread that seals full journal segments, in order.
//
// A seal that fails is logged and given up until the next start, which finds it missing and tries
// again; the claims do not wait for it.
//
// Threads: owns one; add() may be called from any.
#pragma once

#include <cstdint>
#include <thread>

#include "engine/port/storage.h"
#include "engine/runtime/job_queue.h"

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

  JobQueue<Task> tasks_;
  std::thread thread_;
};

}  // namespace hb
