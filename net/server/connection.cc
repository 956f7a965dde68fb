#include "net/server/connection.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

#include "engine/base/assert.h"

namespace hb::net {

namespace {

constexpr int dropped_reads_max = 16;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

Connection::Connection(Fd socket, std::string peer, const SessionOptions& options,
                       ResponseEncoder& encoder, MemoryBudget& budget, CommandSink& sink,
                       std::uint64_t id, ConnectionOwner& owner)
    : socket_(std::move(socket)),
      peer_(std::move(peer)),
      session_(options, encoder, budget, id, owner.now()),
      sink_(sink),
      owner_(owner) {}

void Connection::note(const Readiness::Event& event) {
  readable_ = !input_ended_ && (readable_ || event.readable);
  writable_ = writable_ || event.writable;
  ended_ = ended_ || event.ended;
  // Nothing is read any more that would report it.
  if (input_ended_ && event.failed) abort();
}

void Connection::proceed(Taking taking) {
  if (dead_) return;
  if (taking == Taking::commands) {
    session_.resume(owner_.now(), sink_);
    read_once();
  }
  write_all();
  if (!dead_ && session_.finished()) finish();
}

void Connection::read_once() {
  if (dead_ || !readable_ || !session_.wants_read()) return;
  const std::span<std::byte> into = session_.writable();
  const ssize_t n = ::recv(socket_.get(), into.data(), into.size(), 0);
  if (n > 0) {
    const auto bytes = static_cast<std::size_t>(n);
    readable_ = ended_ || bytes == into.size();
    session_.received(bytes, owner_.now(), sink_);
    if (!greeted_ && session_.greeted()) {
      greeted_ = true;
      owner_.greeted(*this);
    }
  } else if (n == 0) {
    input_ended();
  } else if (would_block(errno)) {
    readable_ = false;
  } else if (errno != EINTR) {
    abort();
  }
}

// The peer may have closed only its sending side, so what it asked for is still answered. If it has
// closed both, the first write fails.
void Connection::input_ended() {
  HB_ASSERT(!input_ended_);
  input_ended_ = true;
  readable_ = false;
  session_.input_ended();
}

// As much as the socket takes; the rest when it has room again.
void Connection::write_all() {
  while (!dead_ && writable_) {
    const std::span<const std::byte> output = session_.output();
    if (output.empty()) return;
    const ssize_t n = ::send(socket_.get(), output.data(), output.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      session_.consumed(static_cast<std::size_t>(n));
    } else if (would_block(errno)) {
      writable_ = false;
    } else if (errno != EINTR) {
      abort();
    }
  }
}

void Connection::check_idle(Time now) {
  if (dead_) return;
  session_.check_idle(now);
  proceed(Taking::nothing);
  if (!dead_) session_.release_idle_memory();
}

// Closing a socket with unread bytes resets the connection, and then the peer may lose the last
// response.  So what has arrived is read, up to a bound, and dropped.
void Connection::finish() {
  ::shutdown(socket_.get(), SHUT_WR);
  std::array<std::byte, 4096> dropped;
  for (int reads = 0; reads < dropped_reads_max; ++reads) {
    if (::recv(socket_.get(), dropped.data(), dropped.size(), 0) <= 0) break;
  }
  abort();
}

void Connection::abort() {
  if (dead_) return;
  dead_ = true;
  ::shutdown(socket_.get(), SHUT_RDWR);
  socket_ = Fd();
  owner_.gone(*this);
}

}  // namespace hb::net
