// Has the system back memory on a thread of its own, before a worker writes there.
//
// Threads: owns one; expect() may be called from any.
// Cost:    expect takes a lock and wakes the thread.
// Errors:  none.  What cannot be had ahead (Linux before 5.14, no memory) comes when it is touched.
//
// Source: madvise(2), MADV_POPULATE_WRITE.
#pragma once

#include <cstddef>
#include <span>
#include <thread>

#include "engine/base/memory_ahead.h"
#include "engine/runtime/job_queue.h"

namespace hb {

class MemoryPopulator final : public MemoryAhead {
 public:
  MemoryPopulator();
  // Gives up what is still expected.
  ~MemoryPopulator() override;

  void expect(std::span<std::byte> bytes) override;

 private:
  void run();

  JobQueue<std::span<std::byte>> expected_;
  std::thread thread_;
};

}  // namespace hb
