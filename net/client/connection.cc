#include "net/client/connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <optional>
#include <utility>

#include "engine/base/limits.h"
#include "net/wire/frame.h"
#include "net/wire/response_decoder.h"

namespace hb::net {
namespace {

using boost::system::error_code;

// How much one read may bring, from a quiet connection to a busy one.
constexpr std::size_t read_bytes_min = 16UL * 1024;
constexpr std::size_t read_bytes_max = 256UL * 1024;

}  // namespace

Connection::Connection(boost::asio::io_context& io, std::shared_ptr<ConnectionOwner> owner)
    : owner_(std::move(owner)), resolver_(io), socket_(io), read_bytes_(read_bytes_min) {}

void Connection::start(const std::string& host, std::uint16_t port) {
  address_ = host + ":" + std::to_string(port);
  error_code not_numeric;
  const auto address = boost::asio::ip::make_address(host, not_numeric);
  if (!not_numeric) {
    return connect(Tcp::resolver::results_type::create(Tcp::endpoint(address, port), host, ""));
  }
  resolver_.async_resolve(
      host, std::to_string(port),
      [self = shared_from_this()](const error_code& error, const auto& endpoints) {
        if (error) return self->end(ErrorCode::io, "cannot find: " + error.message());
        self->connect(endpoints);
      });
}

void Connection::connect(const Tcp::resolver::results_type& endpoints) {
  if (owner_ == nullptr) return;
  boost::asio::async_connect(
      socket_, endpoints, [self = shared_from_this()](const error_code& error, const auto&) {
        if (self->owner_ == nullptr) return;
        if (error) return self->end(ErrorCode::io, "cannot connect: " + error.message());
        error_code ignored;  // only costs latency
        self->socket_.set_option(Tcp::no_delay(true), ignored);
        self->read();
        const auto owner = self->owner_;
        owner->connection_up();
      });
}

void Connection::read() {
  const std::span<std::byte> room = receive_.room(read_bytes_);
  socket_.async_read_some(
      boost::asio::buffer(room.data(), room.size()),
      [self = shared_from_this(), asked = room.size()](const error_code& error, std::size_t n) {
        if (n == asked) self->read_bytes_ = std::min(2 * self->read_bytes_, read_bytes_max);
        self->read_done(error, n);
      });
}

void Connection::read_done(const error_code& error, std::size_t n) {
  if (owner_ == nullptr) return;
  if (error == boost::asio::error::eof) {
    return end(ErrorCode::closed, "the server closed the connection");
  }
  if (error) return end(ErrorCode::closed, "connection lost: " + error.message());
  receive_.filled(n);
  const auto owner = owner_;  // a callback may abandon us
  if (!hand_over(*owner)) return;
  owner->connection_drained();
  if (owner_ != nullptr) read();
}

// False: the connection is over.
bool Connection::hand_over(ConnectionOwner& owner) {
  while (true) {
    const FrameView frame = first_frame(receive_.bytes(), limits::frame_bytes_max);
    if (frame.state == FrameState::incomplete) return true;
    const std::optional<Response> response =
        frame.state == FrameState::complete ? decode_response(frame.payload) : std::nullopt;
    if (!response) {
      end(ErrorCode::protocol, "the server sent what is no response; is it a Hongbao server?");
      return false;
    }
    owner.connection_brought(*response);
    if (owner_ == nullptr) return false;
    receive_.consumed(frame.frame_bytes);
  }
}

void Connection::flush() {
  if (writing_ || owner_ == nullptr) return;
  const std::span<const std::byte> bytes = send_.output();
  if (bytes.empty()) return;
  writing_ = true;
  socket_.async_write_some(boost::asio::buffer(bytes.data(), bytes.size()),
                           [self = shared_from_this()](const error_code& error, std::size_t n) {
                             self->write_done(error, n);
                           });
}

void Connection::write_done(const error_code& error, std::size_t n) {
  writing_ = false;
  if (owner_ == nullptr) return;
  // What the server said before it closed is still to be read, and the read tells of the end.
  if (error) return;
  send_.consumed(n);
  flush();
}

void Connection::abandon() {
  owner_.reset();
  error_code ignored;  // it is over either way
  resolver_.cancel();
  socket_.close(ignored);
}

void Connection::end(ErrorCode code, const std::string& reason) {
  const auto owner = owner_;
  if (owner == nullptr) return;
  abandon();
  owner->connection_down({code, address_ + ": " + reason});
}

}  // namespace hb::net
