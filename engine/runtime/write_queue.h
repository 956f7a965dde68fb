// Threads that write what the journal gives them, each write in its own context.
//
// A write is synchronous: the thread that makes it also waits for the disk and for the flush, so no
// kernel worker has to run before it completes.  A kernel worker lives in the root scheduling group
// and can wait there for seconds behind this process's idle threads (engine/archive/background.h).
//
// Threads: start() and idle() from one thread; owns `threads` others, in the class and on the
//          processors of the thread that opens it.
// Errors:  a write that fails, or that stays short after it was continued, completes with an error.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

#include "engine/base/result.h"
#include "engine/port/storage.h"
#include "engine/runtime/completion_inbox.h"
#include "engine/runtime/job_queue.h"

namespace hb {

struct WriteJob {
  int fd = -1;
  std::uint64_t offset = 0;
  std::span<const std::byte> bytes;
  std::uint64_t token = 0;
};

// Makes the write on the calling thread and reports how it went.
Completion write_now(const WriteJob& job);

class WriteQueue {
 public:
  // Makes up to `threads` writes at a time; completions go to `inbox`, which outlives the queue.
  WriteQueue(unsigned threads, CompletionInbox& inbox);
  // Waits for the writes that were started.
  ~WriteQueue();
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  void start(const WriteJob& job);
  // No write has been started that is not complete.
  bool idle() const { return in_flight_ == 0; }

 private:
  void run();

  CompletionInbox& inbox_;
  std::atomic<unsigned> in_flight_{0};
  JobQueue<WriteJob> jobs_;
  std::vector<std::thread> threads_;
};

}  // namespace hb
