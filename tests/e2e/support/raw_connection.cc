#include "tests/e2e/support/raw_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <variant>

#include "engine/base/assert.h"
#include "engine/base/limits.h"
#include "net/wire/frame.h"
#include "net/wire/request_encoder.h"
#include "net/wire/response_decoder.h"
#include "tests/e2e/support/patience.h"

namespace hb::e2e {

RawConnection::RawConnection(std::uint16_t port, int receive_buffer_bytes) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  HB_ASSERT(fd_ >= 0);
  if (receive_buffer_bytes != 0) {
    HB_ASSERT(::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                           sizeof receive_buffer_bytes) == 0);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  HB_ASSERT(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

RawConnection::RawConnection(RawConnection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      unread_(std::move(other.unread_)),
      closed_(other.closed_) {}

RawConnection::~RawConnection() {
  if (fd_ >= 0) ::close(fd_);
}

bool RawConnection::send(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

std::size_t RawConnection::send_some(std::span<const std::byte> bytes) {
  const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

void RawConnection::shut_down_sending() {
  HB_ASSERT(::shutdown(fd_, SHUT_WR) == 0);
}

bool RawConnection::greet() {
  net::RequestEncoder encoder;
  if (!send(encoder.hello(1, {.client = "raw"}))) return false;
  const std::optional<Heard> heard = hear();
  return heard && std::holds_alternative<net::Welcome>(heard->response.answer);
}

std::optional<Heard> RawConnection::hear() {
  net::FrameView frame = net::first_frame(unread_, limits::frame_bytes_max);
  while (frame.state == net::FrameState::incomplete && read_more()) {
    frame = net::first_frame(unread_, limits::frame_bytes_max);
  }
  if (frame.state != net::FrameState::complete) return std::nullopt;
  Heard heard;
  heard.payload.resize(frame.payload.size() / sizeof(std::uint64_t));
  std::memcpy(heard.payload.data(), frame.payload.data(), frame.payload.size());
  unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(frame.frame_bytes));
  std::optional<net::Response> response =
      net::decode_response(std::as_bytes(std::span(heard.payload)));
  if (!response) return std::nullopt;
  heard.response = *std::move(response);
  return heard;
}

std::uint16_t RawConnection::own_port() const {
  sockaddr_in address{};
  socklen_t bytes = sizeof address;
  HB_ASSERT(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &bytes) == 0);
  return ntohs(address.sin_port);
}

bool RawConnection::hears_the_end() {
  return unread_.empty() && !read_more() && closed_;
}

bool RawConnection::read_more() {
  pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};
  const int wait_ms = static_cast<int>(std::chrono::milliseconds(patience).count());
  if (::poll(&readable, 1, wait_ms) <= 0) return false;
  std::array<std::byte, 16 * 1024> bytes;
  const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), 0);
  closed_ = n <= 0;
  if (closed_) return false;
  unread_.insert(unread_.end(), bytes.begin(), bytes.begin() + n);
  return true;
}

}  // namespace hb::e2e
