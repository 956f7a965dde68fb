// How writes reach the kernel: through io_uring, or by threads where that is refused.
//
// Threads: one thread calls everything.
// Errors:  a write that fails, or that stays short after it was continued, completes with an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/base/result.h"
#include "engine/port/storage.h"
#include "engine/runtime/completion_inbox.h"

namespace hb {

struct WriteJob {
  int fd = -1;
  std::uint64_t offset = 0;
  std::span<const std::byte> bytes;
  std::uint64_t token = 0;
};

// Makes the write on the calling thread and says how it went.
Completion write_now(const WriteJob& job);

class WriteQueue {
 public:
  // Waits for the writes that are on their way.
  virtual ~WriteQueue() = default;

  virtual void start(const WriteJob& job) = 0;
  // No write is on its way, as far as is known here.
  virtual bool idle() const = 0;
  virtual std::size_t poll(std::span<Completion> completions) = 0;
  virtual void set_notifications(bool on) = 0;
};

// Writes go straight to the kernel's ring; completions signal `event_fd`.
// Errors: io when the system refuses a ring.
Result<std::unique_ptr<WriteQueue>> open_uring_write_queue(int event_fd);

// `threads` writes at a time; completions go to `inbox`, which outlives the queue.
std::unique_ptr<WriteQueue> open_thread_write_queue(unsigned threads, CompletionInbox& inbox);

}  // namespace hb
