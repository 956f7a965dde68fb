// A connection: a socket and its session, and what the socket can do just now.
//
// Threads: its worker's.
// Errors:  a socket that fails ends the connection; commands in flight are still carried out, their
//          answers are dropped.  A peer that only sends no more still gets its answers.
#pragma once

#include <cstdint>
#include <string>

#include "engine/runtime/posix_file.h"
#include "net/server/readiness.h"
#include "net/session/session.h"

namespace hb::net {

class Connection;

// What a connection reports to its owner.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  // For timeouts: of the monotonic clock.
  virtual Time now() const = 0;
  // The client said Hello.
  virtual void greeted(const Connection& connection) = 0;
  // The connection is dead: no answer reaches it any more.
  virtual void gone(const Connection& connection) = 0;
};

class Connection {
 public:
  // The socket does not block. `peer` is the client's address, for the log.
  Connection(Fd socket, std::string peer, const SessionOptions& options, ResponseEncoder& encoder,
             MemoryBudget& budget, CommandSink& sink, std::uint64_t id, ConnectionOwner& owner);

  Session& session() { return session_; }
  const Session& session() const { return session_; }
  const std::string& peer() const { return peer_; }
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

  // Something waits to be written, and the socket takes it.
  bool wants_write() { return !dead_ && writable_ && !session_.output().empty(); }

  // Set while the connection stands in its owner's lists.
  bool answered = false;
  bool asking = false;

 private:
  void read_once();
  void write_all();

  void input_ended();
  void finish();

  Fd socket_;
  const std::string peer_;
  Session session_;
  CommandSink& sink_;
  ConnectionOwner& owner_;
  bool readable_ = false;     // since the last read that found less than it had room for
  bool writable_ = true;      // until a write that took less
  bool ended_ = false;        // a short read says nothing any more
  bool input_ended_ = false;  // the peer sends no more
  bool greeted_ = false;      // the owner knows
  bool dead_ = false;
};

}  // namespace hb::net
