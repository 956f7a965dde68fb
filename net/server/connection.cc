#include "net/server/connection.h"

#include <boost/asio/buffer.hpp>
#include <utility>

namespace hb::net {

namespace asio = boost::asio;
using boost::system::error_code;

Connection::Connection(asio::ip::tcp::socket socket, const SessionOptions& options,
                       ResponseEncoder& encoder, CommandSink& sink, std::uint64_t id,
                       ConnectionOwner& owner)
    : socket_(std::move(socket)),
      session_(options, encoder, id, owner.now()),
      sink_(sink),
      owner_(owner) {
  error_code ignored;  // without these it is only slower
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

void Connection::read_more() {
  if (reading_ || dead_ || session_.closing() || !session_.wants_read()) return;
  reading_ = true;
  const std::span<std::byte> into = session_.writable();
  socket_.async_read_some(asio::buffer(into.data(), into.size()),
                          [self = shared_from_this()](const error_code& error, std::size_t n) {
                            self->on_read(error, n);
                          });
}

void Connection::on_read(const error_code& error, std::size_t n) {
  reading_ = false;
  if (dead_) return;
  if (error) return abort();
  session_.received(n, owner_.now(), sink_);
  proceed();
}

void Connection::proceed() {
  if (dead_) return;
  if (!reading_) session_.resume(owner_.now(), sink_);
  write_some();
  if (dead_) return;
  if (session_.finished()) return abort();
  read_more();
}

// As much as the socket takes at once; for the rest, when it is writable again.
void Connection::write_some() {
  while (!waiting_writable_ && !dead_) {
    const std::span<const std::byte> output = session_.output();
    if (output.empty()) return;
    error_code error;
    const std::size_t n = socket_.write_some(asio::buffer(output.data(), output.size()), error);
    session_.consumed(n);
    if (error == asio::error::would_block || error == asio::error::try_again) {
      wait_writable();
    } else if (error) {
      abort();
    }
  }
}

void Connection::wait_writable() {
  waiting_writable_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_write,
                     [self = shared_from_this()](const error_code& error) {
                       self->waiting_writable_ = false;
                       if (self->dead_) return;
                       if (error) return self->abort();
                       self->proceed();
                     });
}

void Connection::check_idle(Time now) {
  if (dead_) return;
  session_.check_idle(now);
  proceed();
}

void Connection::abort() {
  if (dead_) return;
  dead_ = true;
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  owner_.gone(session_.connection());
}

}  // namespace hb::net
