// A thread that does what others must not do themselves, while they wait.
//
// It runs in the class and on the processors of the thread that made it.  So an idle thread can have
// something done at normal priority, which it could not do itself: a process without privileges
// never leaves the idle class again.
//
// Threads: owns one; run() may be called from any but that one.
#pragma once

#include <functional>
#include <future>
#include <string>
#include <thread>

#include "engine/runtime/job_queue.h"

namespace hb {

class Delegate {
 public:
  // `name` is the thread's, at most 15 characters.
  explicit Delegate(std::string name);
  // Does first what was asked for.
  ~Delegate();
  Delegate(const Delegate&) = delete;
  Delegate& operator=(const Delegate&) = delete;

  // Returns when the job is done.
  void run(const std::function<void()>& job);

 private:
  JobQueue<std::packaged_task<void()>> jobs_;
  std::thread thread_;
};

}  // namespace hb
