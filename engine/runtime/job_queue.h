// Jobs on their way to the threads that do them, in order.
//
// Threads: any may call anything.
// Cost:    a lock; put() also wakes a thread that waits.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/base/assert.h"

namespace hb {

template <class Job>
class JobQueue {
 public:
  // REQUIRES: not closed.
  void put(Job job) {
    {
      const std::scoped_lock lock(mutex_);
      HB_ASSERT(!closed_);
      jobs_.push_back(std::move(job));
    }
    wanted_.notify_one();
  }

  // Waits for a job; nothing when none is left and none will come.
  std::optional<Job> next() {
    std::unique_lock lock(mutex_);
    wanted_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    if (jobs_.empty()) return std::nullopt;
    std::optional<Job> job(std::move(jobs_.front()));
    jobs_.pop_front();
    return job;
  }

  // No more jobs will be put; those that wait are still handed out.
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    wanted_.notify_all();
  }
  // The same, and those that wait are given up.
  void abandon() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    jobs_.clear();
    wanted_.notify_all();
  }
  bool closed() const {
    const std::scoped_lock lock(mutex_);
    return closed_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable wanted_;
  std::deque<Job> jobs_;  // guarded by mutex_, as is closed_
  bool closed_ = false;
};

}  // namespace hb
