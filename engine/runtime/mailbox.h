// Mailboxes: how parcels go from one worker to another and back.
//
// Each pair of workers has one-way lanes for commands and for replies, for messages and for their
// acknowledgement, for late replies and the parcels that brought them.  A lane has one writer and
// one reader, so it needs no lock.
//
// Threads:    push by the sending worker only, pop by the receiving worker only.
// Invariants: lanes hold pointers; who pops a parcel owns it.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>
#include <memory>

#include "engine/base/assert.h"
#include "engine/os/exhausted.h"
#include "engine/shard/parcel.h"

namespace hb {

// Parcels that one worker may have on its way to another at a time.
inline constexpr std::size_t lane_parcels_max = 64;
inline constexpr std::size_t lane_message_parcels_max = 8;
inline constexpr std::size_t lane_late_parcels_max = 4;

template <class T, std::size_t capacity>
using Lane = boost::lockfree::spsc_queue<T*, boost::lockfree::capacity<capacity>>;

// The lanes from one worker to another.
struct Lanes {
  Lane<Parcel, lane_parcels_max> commands;
  Lane<Parcel, lane_parcels_max> replies;
  Lane<MessageParcel, lane_message_parcels_max> messages;
  Lane<MessageParcel, lane_message_parcels_max> message_returns;
  Lane<Parcel, lane_late_parcels_max> late;
  Lane<Parcel, lane_late_parcels_max> late_returns;

  bool empty() const {
    return commands.read_available() == 0 && replies.read_available() == 0 &&
           messages.read_available() == 0 && message_returns.read_available() == 0 &&
           late.read_available() == 0 && late_returns.read_available() == 0;
  }
};

// Lets a sleeping worker be woken; while it is awake that costs an atomic exchange.
class Waker {
 public:
  Waker() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0) end_exhausted("no descriptor to wake a worker with; raise the limit (ulimit -n)");
  }
  ~Waker() { ::close(fd_); }
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  // Readable when somebody woke the worker.
  int fd() const { return fd_; }

  // The worker: from now on wake() writes to fd().  Look at the lanes once more after this, since
  // something may have arrived before.
  void going_to_sleep() { asleep_.exchange(true); }
  void awake() { asleep_.store(false, std::memory_order_relaxed); }

  // Anybody, after pushing.  Both sides exchange, so one of them sees the other: either the worker
  // finds what was pushed when it looks once more, or it is found asleep here.
  void wake() {
    if (!asleep_.exchange(false)) return;
    const std::uint64_t one = 1;
    // It can only fail when the counter is full, and then the worker is being woken already.
    [[maybe_unused]] const ssize_t n = ::write(fd_, &one, sizeof one);
  }

 private:
  int fd_;
  std::atomic<bool> asleep_{false};
};

// All lanes and wakers of an engine.
class Mesh {
 public:
  explicit Mesh(std::uint16_t workers)
      : workers_(workers),
        lanes_(std::make_unique<Lanes[]>(std::size_t{workers} * workers)),
        wakers_(std::make_unique<Waker[]>(workers)) {}

  std::uint16_t workers() const { return workers_; }
  Lanes& lanes(std::uint16_t from, std::uint16_t to) {
    return lanes_[std::size_t{from} * workers_ + to];
  }
  Waker& waker(std::uint16_t worker) { return wakers_[worker]; }

 private:
  std::uint16_t workers_;
  std::unique_ptr<Lanes[]> lanes_;
  std::unique_ptr<Waker[]> wakers_;
};

}  // namespace hb
