// A bare socket: for saying what no client would say, and hearing what comes back.
//
// Threads: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "net/wire/messages.h"

namespace hb::e2e {

// A response together with the bytes that its views point into.
struct Heard {
  std::vector<std::uint64_t> payload;
  net::Response response;
};

class RawConnection {
 public:
  // Asserts that the connection came about.  A small receive buffer (bytes) is for readers that
  // never read.
  explicit RawConnection(std::uint16_t port, int receive_buffer_bytes = 0);
  ~RawConnection();
  RawConnection(RawConnection&& other) noexcept;
  RawConnection& operator=(RawConnection&&) = delete;

  // False: the other side has closed the connection.
  bool send(std::span<const std::byte> bytes);
  // Sends what the socket takes at once, which is less than all when nobody reads it.
  std::size_t send_some(std::span<const std::byte> bytes);
  // Sends no more, and still reads.
  void shut_down_sending();
  // Says Hello and hears Welcome.
  bool greet();

  // The next response; nothing when the connection is closed or patience has run out.
  std::optional<Heard> hear();
  // The port that the other side sees.
  std::uint16_t own_port() const;

  // True when the other side closes and says nothing more before.
  bool hears_the_end();

 private:
  // False: closed, or patience has run out (then closed_ is false).
  bool read_more();

  int fd_ = -1;
  std::vector<std::byte> unread_;
  bool closed_ = false;
};

}  // namespace hb::e2e
