#include "net/server/server.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <utility>

#include "engine/os/monotonic_time.h"
#include "engine/os/thread.h"
#include "engine/runtime/cpu_affinity.h"

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

// How often a peer that does not answer is probed before its connection ends.
constexpr int keepalive_probes = 6;
constexpr int keepalive_interval_s = 10;
constexpr std::int64_t keepalive_idle_max_s = 32'767;  // what Linux takes

// A peer that has vanished without a word, as behind a broken line, is noticed only by probes.
void keep_alive(asio::ip::tcp::socket& socket, Duration idle, error_code& error) {
  using Idle = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  using Interval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
  using Count = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
  const auto idle_s = std::clamp<std::int64_t>(idle.us() / 1'000'000, 1, keepalive_idle_max_s);
  socket.set_option(asio::socket_base::keep_alive(true), error);
  if (!error) socket.set_option(Idle(static_cast<int>(idle_s)), error);
  if (!error) socket.set_option(Interval(keepalive_interval_s), error);
  if (!error) socket.set_option(Count(keepalive_probes), error);
}

// The socket as its worker wants it.
Fd released(asio::ip::tcp::socket socket, Duration keepalive) {
  error_code error;
  socket.set_option(asio::ip::tcp::no_delay(true), error);  // without it it is only slower
  error_code not_kept_alive;  // then a vanished peer is noticed when something is sent to it
  if (keepalive > Duration()) keep_alive(socket, keepalive, not_kept_alive);
  socket.native_non_blocking(true, error);
  if (error) return Fd();
  return Fd(socket.release(error));
}

}  // namespace

Result<void> validate(const ServerOptions& options) {
  for (const Listener& listener : options.listeners) {
    error_code error;
    const asio::ip::address address = asio::ip::make_address(listener.host, error);
    if (error) {
      return fail(ErrorCode::invalid,
                  fmt::format("cannot listen on '{}': not an IP address", listener.host));
    }
    if (!address.is_loopback() && !options.insecure) {
      return fail(ErrorCode::invalid,
                  fmt::format("{} is not a loopback address, and connections are not encrypted; "
                              "listen on 127.0.0.1, or say --insecure if the network is trusted",
                              listener.host));
    }
  }
  return {};
}

Server::Server(const ServerOptions& options) : options_(options), io_(1) {}

Server::~Server() {
  stop();
}

void Server::add_worker(Worker& worker, DiskStorage& storage, archive::Service& records,
                        std::optional<unsigned> cpu) {
  loops_.push_back(
      std::make_unique<WorkerLoop>(options_, worker, storage, records, peers_, loops_unanswered_));
  cpus_.push_back(cpu);
}

Result<void> Server::listen(const Listener& listener) {
  error_code error;
  const asio::ip::address address = asio::ip::make_address(listener.host, error);
  const asio::ip::tcp::endpoint endpoint(address, listener.port);
  // The first one also opens the epoll set of all, which may fail.
  try {
    acceptors_.push_back(std::make_unique<Acceptor>(io_));
  } catch (const boost::system::system_error& refused) {
    return fail(ErrorCode::io, fmt::format("cannot listen on {}: {}; raise the limit on open files "
                                           "(ulimit -n)",
                                           show(endpoint), refused.what()));
  }
  Acceptor& acceptor = *acceptors_.back();
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(backlog, error);
  if (error) {
    return fail(ErrorCode::io,
                fmt::format("cannot listen on {}: {}", show(endpoint), error.message()));
  }
  addresses_.push_back(show(acceptor.local_endpoint(error)));
  return {};
}

Result<void> Server::start() {
  if (Result<void> valid = validate(options_); !valid) return valid;
  if (options_.insecure) {
    spdlog::warn(
        "insecure: connections are not encrypted and clients prove nothing; anyone who reaches a "
        "listening address reads and moves all money.  Use --insecure in a trusted network only");
  }
  for (const Listener& listener : options_.listeners) {
    if (Result<void> listening = listen(listener); !listening) return listening;
  }
  for (const std::unique_ptr<WorkerLoop>& loop : loops_) {
    if (Result<void> opened = loop->open(); !opened) return opened;
  }
  loops_unanswered_ = loops_.size();
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    threads_.push_back(
        start_thread(fmt::format("worker {}", i), [&loop = *loops_[i], cpu = cpus_[i]] {
          if (const Result<void> bound = cpu ? run_on_cpu(*cpu) : Result<void>(); !bound) {
            spdlog::warn("a worker does not get its processor: {}", bound.error().message);
          }
          loop.run();
        }));
  }
  for (std::size_t i = 0; i < acceptors_.size(); ++i) {
    accept_next(*acceptors_[i], options_.listeners[i].acknowledgement);
  }
  threads_.push_back(start_thread("listener", [this] { io_.run(); }));
  return {};
}

void Server::accept_next(Acceptor& acceptor, hb::Acknowledgement acknowledgement) {
  WorkerLoop& loop = *loops_[next_loop_];
  next_loop_ = (next_loop_ + 1) % loops_.size();
  const auto again = [this, &acceptor, acknowledgement] { accept_next(acceptor, acknowledgement); };
  acceptor.async_accept([this, &loop, acknowledgement, again](const error_code& error,
                                                              asio::ip::tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      if (accept_outage_.ended()) spdlog::info("connections are accepted again");
      error_code gone;  // then it has no address any more
      std::string peer = show(socket.remote_endpoint(gone));
      loop.adopt(released(std::move(socket), options_.keepalive), std::move(peer), acknowledgement);
      return again();
    }
    const Error why{ErrorCode::io, error.message()};
    if (accept_outage_.failed(why, monotonic_time())) {
      spdlog::warn("cannot accept connections: {}; trying again until it is possible", why.message);
    }
    auto timer = std::make_shared<asio::steady_timer>(io_, accept_pause);
    timer->async_wait([timer, again](const error_code& stopped) {
      if (!stopped) again();
    });
  });
}

void Server::stop() {
  if (threads_.empty()) return;
  asio::post(io_, [this] {
    error_code ignored;
    for (const std::unique_ptr<Acceptor>& acceptor : acceptors_) acceptor->close(ignored);
    io_.stop();
  });
  for (const std::unique_ptr<WorkerLoop>& loop : loops_) loop->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace hb::net
