// One connection to the server: a non-blocking socket, what came in, what goes out, and the jobs
// that wait for their answer.
//
// The generator shares the machine with the server that it measures, so a request costs no more
// than one send and its answer no more than one recv; hence sockets and epoll without a layer
// between.
//
// Memory:  none is allocated once the buffers and the jobs have reached their size.
// Threads: none.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "net/wire/buffers.h"
#include "net/wire/messages.h"
#include "tools/hongbao/load/job.h"
#include "tools/hongbao/text/values.h"

namespace hb::load {

struct Address {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
};

Result<Address> resolve(const Endpoint& endpoint);

// A job that was sent.
struct Flight {
  Job job;
  std::uint32_t turn = 0;  // tells the slot's jobs apart
  bool open = false;
  std::int64_t intended_ns = 0;
};

class Link {
 public:
  enum class State : std::uint8_t { down, connecting, greeting, up };

  Link() = default;
  ~Link() { close(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Starts to connect; the socket is then ready to write when the outcome is known.
  bool connect(const Address& address);
  // After that readiness: whether the connection is there.
  bool connected();
  void close();

  // ---- bytes --------------------------------------------------------------------------------

  void append(std::span<const std::byte> frame) { send_.append(frame); }
  // False: the connection is broken.  What the socket did not take stays, see blocked().
  bool flush();
  bool blocked() const { return !send_.empty(); }
  // Reads once.  False: the connection is over.
  bool read();
  net::ByteBuffer& received() { return receive_; }

  // ---- jobs in flight -----------------------------------------------------------------------

  // A free slot; its job keeps the room of the one before.
  Flight& open_flight();
  std::uint64_t id_of(const Flight& flight) const;
  // Null: no such job, or not any more.
  Flight* find(std::uint64_t id);
  void close_flight(Flight& flight);
  std::vector<Flight>& flights() { return flights_; }

  int socket() const { return socket_; }

  State state = State::down;
  bool wants_write = false;        // as epoll was told
  bool dirty = false;              // has bytes to flush in this turn
  std::uint32_t in_flight = 0;     // by Job::count
  std::int64_t rest_until_ns = 0;  // the server asked for a pause, or: when to connect again

 private:
  int socket_ = -1;
  net::ByteBuffer receive_;
  net::ByteBuffer send_;
  std::size_t read_bytes_ = 2'048;
  std::vector<Flight> flights_;
  std::vector<std::uint32_t> free_;
};

}  // namespace hb::load
