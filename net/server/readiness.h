// Which sockets have something to read or room to write: an edge-triggered epoll set.
//
// Asio, before it waits for a socket again, asks it once more and learns that it is empty.  From a
// client that sends a command and waits for its answer that is one system call in three.  Here a
// read that fills less than its buffer is answer enough, as epoll(7) promises for streams.
//
// Cost:    poll is one system call, whatever the number of sockets; add is one, once a socket.
// Threads: one.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/result.h"
#include "engine/runtime/posix_file.h"

namespace hb::net {

class Readiness {
 public:
  // Events of one poll: bounds how long a command waits for its step.
  static constexpr std::size_t events_max = 256;

  // What has changed of a socket.  `id` is what add() was told.
  struct Event {
    std::uint64_t id = 0;
    bool readable = false;
    bool writable = false;
    bool ended = false;   // the peer sends no more, or the socket has failed: read until it says so
    bool failed = false;  // the socket has failed, or is closed in both directions
  };

  static Result<Readiness> open();

  // Watches the descriptor until it is closed.  An event follows for what it can do already.
  Result<void> add(int fd, std::uint64_t id);

  // What has changed since the last call; when nothing has, what does within `wait_ms`.  Valid
  // until the next call.
  std::span<const Event> poll(int wait_ms);

 private:
  explicit Readiness(Fd epoll) : epoll_(std::move(epoll)) {}

  Fd epoll_;
  std::array<epoll_event, events_max> found_{};
  std::array<Event, events_max> events_{};
};

}  // namespace hb::net
