// Completions on their way from other threads to the one that polls, and the eventfd that wakes it.
//
// Threads:    put() from any thread; everything else from the polling thread.
// Cost:       take() of nothing is one atomic load.
// Invariants: while notifications are on, the eventfd is readable if something was put after they
//             were switched on; see DiskStorage::set_notifications for the rest.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <mutex>
#include <span>

#include "engine/port/storage.h"
#include "engine/runtime/posix_file.h"

namespace hb {

class CompletionInbox {
 public:
  static Result<Fd> make_event_fd();
  // `event_fd` outlives the inbox.
  explicit CompletionInbox(int event_fd) : event_fd_(event_fd) {}

  void put(Completion completion);
  std::size_t take(std::span<Completion> completions);

  void set_notifications(bool on);

 private:
  const int event_fd_;
  std::atomic<bool> notify_{true};
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::deque<Completion> completions_;  // guarded by mutex_
};

}  // namespace hb
