// A connection: a socket and its session, and what the socket can do just now.
//
// Threads: its worker's.
// Errors:  a socket that fails or is closed by the peer makes the connection dead(); commands in
//          flight are still carried out, their answers are dropped.
#pragma once

#include <cstdint>

#include "engine/runtime/posix_file.h"
#include "net/server/readiness.h"
#include "net/session/session.h"

namespace hb::net {

// What a connection tells its owner.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  // For timeouts: of the monotonic clock.
  virtual Time now() const = 0;
  // The connection is dead: no answer reaches it any more.
  virtual void gone(std::uint64_t connection) = 0;
};

class Connection {
 public:
  // The socket does not block.
  Connection(Fd socket, const SessionOptions& options, ResponseEncoder& encoder, CommandSink& sink,
             std::uint64_t id, ConnectionOwner& owner);

  Session& session() { return session_; }
  int socket() const { return socket_.get(); }

  // What the socket can do has changed; proceed() uses it.
  void note(const Readiness::Event& event);

  // Takes commands that had to wait and reads once, unless the worker has enough; writes what is
  // there, and closes when all is said.
  enum class Taking : std::uint8_t { commands, nothing };
  void proceed(Taking taking = Taking::commands);

  // There are more commands, and the session wants them: proceed again, after others had their
  // turn.
  bool wants_turn() const {
    return !dead_ && (session_.wants_resume() || (readable_ && session_.wants_read()));
  }

  // Called about once a second.
  void check_idle(Time now);

  void end(Status status, std::int64_t limit = 0) { session_.close_with(status, limit); }
  void abort();

  bool dead() const { return dead_; }

  // Something waits to be written, and the socket takes it.
  bool wants_write() { return !dead_ && writable_ && !session_.output().empty(); }

  // Set while the connection stands in its owner's lists.
  bool answered = false;
  bool asking = false;

 private:
  void read_once();
  void write_all();

  Fd socket_;
  Session session_;
  CommandSink& sink_;
  ConnectionOwner& owner_;
  bool readable_ = false;  // since the last read that found less than it had room for
  bool writable_ = true;   // until a write that took less
  bool ended_ = false;     // a short read says nothing any more
  bool dead_ = false;
};

}  // namespace hb::net
