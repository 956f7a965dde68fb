#include "net/server/connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <span>
#include <utility>

namespace hb::net {

namespace {

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

Connection::Connection(Fd socket, const SessionOptions& options, ResponseEncoder& encoder,
                       CommandSink& sink, std::uint64_t id, ConnectionOwner& owner)
    : socket_(std::move(socket)),
      session_(options, encoder, id, owner.now()),
      sink_(sink),
      owner_(owner) {}

void Connection::note(const Readiness::Event& event) {
  readable_ = readable_ || event.readable;
  writable_ = writable_ || event.writable;
  ended_ = ended_ || event.ended;
}

void Connection::proceed(Taking taking) {
  if (dead_) return;
  if (taking == Taking::commands) {
    session_.resume(owner_.now(), sink_);
    read_once();
  }
  write_all();
  if (!dead_ && session_.finished()) abort();
}

void Connection::read_once() {
  if (dead_ || !readable_ || !session_.wants_read()) return;
  const std::span<std::byte> into = session_.writable();
  const ssize_t n = ::recv(socket_.get(), into.data(), into.size(), 0);
  if (n > 0) {
    const auto bytes = static_cast<std::size_t>(n);
    readable_ = ended_ || bytes == into.size();
    session_.received(bytes, owner_.now(), sink_);
  } else if (n < 0 && would_block(errno)) {
    readable_ = false;
  } else if (n == 0 || errno != EINTR) {
    abort();
  }
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
}

void Connection::abort() {
  if (dead_) return;
  dead_ = true;
  ::shutdown(socket_.get(), SHUT_RDWR);
  socket_ = Fd();
  owner_.gone(session_.connection());
}

}  // namespace hb::net
