// A connection: a socket and its session, and which of reading and writing is under way.
//
// Threads: its worker's.
// Errors:  a socket that fails or is closed by the peer makes the connection dead(); commands in
//          flight are still carried out, their answers are dropped.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>

#include "net/session/session.h"

namespace hb::net {

// What a connection tells its owner.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual Time now() const = 0;
  // The connection is dead: no answer reaches it any more.
  virtual void gone(std::uint64_t connection) = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, const SessionOptions& options,
             ResponseEncoder& encoder, CommandSink& sink, std::uint64_t id, ConnectionOwner& owner);

  void start() { read_more(); }
  Session& session() { return session_; }

  // After answers: takes commands that had to wait, writes what is there, reads on, and closes
  // when all is said.
  void proceed();

  // Called about once a second.
  void check_idle(Time now);

  void end(Status status) { session_.close_with(status); }
  void abort();

  bool dead() const { return dead_; }

  // Set while the connection stands in its owner's list of those to proceed.
  bool listed = false;

 private:
  void read_more();
  void on_read(const boost::system::error_code& error, std::size_t n);
  void write_some();
  void wait_writable();

  boost::asio::ip::tcp::socket socket_;
  Session session_;
  CommandSink& sink_;
  ConnectionOwner& owner_;
  bool reading_ = false;
  bool waiting_writable_ = false;
  bool dead_ = false;
};

}  // namespace hb::net
