#include "tools/hongbao/load/link.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/base/assert.h"

namespace hb::load {

namespace {

constexpr std::size_t read_bytes_max = 256UL * 1024;
constexpr unsigned index_bits = 20;
constexpr std::uint64_t index_mask = (1U << index_bits) - 1;

}  // namespace

Result<Address> resolve(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (error != 0) {
    return fail(ErrorCode::io,
                fmt::format("cannot find {}: {}", format_endpoint(endpoint), gai_strerror(error)));
  }
  Address address;
  address.bytes = found->ai_addrlen;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return address;
}

bool Link::connect(const Address& address) {
  HB_ASSERT(socket_ < 0);
  socket_ = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return false;
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket_, to, address.bytes) != 0 && errno != EINPROGRESS) {
    close();
    return false;
  }
  state = State::connecting;
  return true;
}

bool Link::connected() {
  int error = 0;
  socklen_t bytes = sizeof(error);
  return getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0 && error == 0;
}

void Link::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  state = State::down;
  wants_write = false;
  receive_.clear();
  send_.clear();
}

bool Link::flush() {
  while (!send_.empty()) {
    const auto bytes = send_.bytes();
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    send_.consumed(static_cast<std::size_t>(n));
    if (static_cast<std::size_t>(n) < bytes.size()) return true;
  }
  return true;
}

bool Link::read() {
  const auto room = receive_.room(read_bytes_);
  const ssize_t n = ::recv(socket_, room.data(), room.size(), 0);
  if (n == 0) return false;
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  receive_.filled(static_cast<std::size_t>(n));
  if (static_cast<std::size_t>(n) == room.size()) {
    read_bytes_ = std::min(read_bytes_ * 2, read_bytes_max);
  }
  return true;
}

Flight& Link::open_flight() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(flights_.size()));
    flights_.emplace_back();
  }
  Flight& flight = flights_[free_.back()];
  free_.pop_back();
  flight.open = true;
  return flight;
}

std::uint64_t Link::id_of(const Flight& flight) const {
  const auto index = static_cast<std::uint64_t>(&flight - flights_.data());
  return (std::uint64_t{flight.turn} << index_bits) + index + 1;
}

Flight* Link::find(std::uint64_t id) {
  const std::uint64_t index = (id - 1) & index_mask;
  if (id == 0 || index >= flights_.size()) return nullptr;
  Flight& flight = flights_[index];
  return flight.open && id_of(flight) == id ? &flight : nullptr;
}

void Link::close_flight(Flight& flight) {
  HB_ASSERT(flight.open);
  flight.open = false;
  ++flight.turn;
  free_.push_back(static_cast<std::uint32_t>(&flight - flights_.data()));
}

}  // namespace hb::load
