// Inside net/client: one TCP connection, from connecting to its end.
//
// A connection is made for one attempt and not used again.  It cuts what it reads into responses,
// and writes what was gathered in one piece at a time, with one write under way.
//
// Threads: the io_context's.  Handlers keep the connection alive until the socket is done with it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/base/result.h"
#include "net/wire/buffers.h"
#include "net/wire/messages.h"

namespace hb::net {

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void connection_up() = 0;
  // A response and what it points to live during the call.
  virtual void connection_brought(const Response& response) = 0;
  // The bytes of one read are all handed over.
  virtual void connection_drained() = 0;
  // The connection is over, or did not come to be.  Nothing more is called.
  virtual void connection_down(Error error) = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // The owner is kept alive while it may be called, until abandon() or connection_down().
  Connection(boost::asio::io_context& io, std::shared_ptr<ConnectionOwner> owner);

  void start(const std::string& host, std::uint16_t port);
  // Gathers a frame; flush() sends what has gathered.
  void append(std::span<const std::byte> frame) { send_.append(frame); }
  void flush();
  // Closes the socket; the owner hears nothing more.
  void abandon();

 private:
  using Tcp = boost::asio::ip::tcp;

  void connect(const Tcp::resolver::results_type& endpoints);
  void read();
  void read_done(const boost::system::error_code& error, std::size_t n);
  bool hand_over(ConnectionOwner& owner);
  void write_done(const boost::system::error_code& error, std::size_t n);
  void end(ErrorCode code, const std::string& reason);

  std::shared_ptr<ConnectionOwner> owner_;  // null: over
  Tcp::resolver resolver_;
  Tcp::socket socket_;
  std::string address_;
  ByteBuffer receive_;
  SendBuffer send_;
  std::size_t read_bytes_;
  bool writing_ = false;
};

}  // namespace hb::net
