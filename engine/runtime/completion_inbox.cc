#include "engine/runtime/completion_inbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "engine/base/assert.h"

namespace hb {

Result<Fd> CompletionInbox::make_event_fd() {
  Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return fail_system("eventfd", errno);
  return fd;
}

void CompletionInbox::put(Completion completion) {
  {
    const std::scoped_lock lock(mutex_);
    completions_.push_back(std::move(completion));
    count_.fetch_add(1);
  }
  // Sequentially consistent, as is set_notifications(): either this sees that notifications are on,
  // or the poll that follows the switching on sees the count.
  if (!notify_.load()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(event_fd_, &one, sizeof one);  // full: readable anyway
}

std::size_t CompletionInbox::take(std::span<Completion> completions) {
  if (count_.load() == 0) return 0;
  const std::scoped_lock lock(mutex_);
  std::size_t n = 0;
  for (; n < completions.size() && !completions_.empty(); ++n) {
    completions[n] = std::move(completions_.front());
    completions_.pop_front();
  }
  count_.fetch_sub(n);
  return n;
}

void CompletionInbox::set_notifications(bool on) {
  notify_.store(on);
  if (on) return;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(event_fd_, &count, sizeof count);  // empty: fine
}

}  // namespace hb
