#include "net/server/server.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

namespace hb::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr int backlog = 4096;
// After accept has failed for want of descriptors or memory: others may end meanwhile.
constexpr std::chrono::milliseconds accept_pause{50};

std::string show(const asio::ip::tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", host, endpoint.port())
                                    : fmt::format("{}:{}", host, endpoint.port());
}

}  // namespace

Result<void> validate(const ServerOptions& options) {
  error_code error;
  const asio::ip::address address = asio::ip::make_address(options.listen_host, error);
  if (error) {
    return fail(ErrorCode::invalid,
                fmt::format("cannot listen on '{}': not an IP address", options.listen_host));
  }
  if (!address.is_loopback() && !options.insecure) {
    return fail(ErrorCode::invalid,
                fmt::format("{} is not a loopback address, and connections are not encrypted; "
                            "listen on 127.0.0.1, or say --insecure if the network is trusted",
                            options.listen_host));
  }
  return {};
}

Server::Server(const ServerOptions& options) : options_(options), io_(1), acceptor_(io_) {}

Server::~Server() {
  stop();
}

void Server::add_worker(Worker& worker, DiskStorage& storage) {
  loops_.push_back(std::make_unique<WorkerLoop>(options_, worker, storage, loops_unanswered_));
}

Result<void> Server::start() {
  if (Result<void> valid = validate(options_); !valid) return valid;
  error_code error;
  const asio::ip::address address = asio::ip::make_address(options_.listen_host, error);
  const asio::ip::tcp::endpoint endpoint(address, options_.listen_port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(backlog, error);
  if (error) {
    return fail(ErrorCode::io,
                fmt::format("cannot listen on {}: {}", show(endpoint), error.message()));
  }
  address_ = show(acceptor_.local_endpoint(error));

  loops_unanswered_ = loops_.size();
  for (const std::unique_ptr<WorkerLoop>& loop : loops_) {
    threads_.emplace_back([&loop] { loop->run(); });
  }
  accept_next();
  threads_.emplace_back([this] { io_.run(); });
  return {};
}

void Server::accept_next() {
  WorkerLoop& loop = *loops_[next_loop_];
  next_loop_ = (next_loop_ + 1) % loops_.size();
  acceptor_.async_accept(loop.io(),
                         [this, &loop](const error_code& error, asio::ip::tcp::socket socket) {
                           if (error == asio::error::operation_aborted) return;
                           if (!error) {
                             loop.adopt(std::move(socket));
                             return accept_next();
                           }
                           spdlog::warn("cannot accept a connection: {}", error.message());
                           auto timer = std::make_shared<asio::steady_timer>(io_, accept_pause);
                           timer->async_wait([this, timer](const error_code& stopped) {
                             if (!stopped) accept_next();
                           });
                         });
}

void Server::stop() {
  if (threads_.empty()) return;
  asio::post(io_, [this] {
    error_code ignored;
    acceptor_.close(ignored);
    io_.stop();
  });
  for (const std::unique_ptr<WorkerLoop>& loop : loops_) loop->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace hb::net
