// The server: listens, spreads connections over the workers, and stops cleanly.
//
// Threads: start() makes one thread a worker and one that accepts; stop() ends them all and returns
//          when everything taken has been answered.
// Errors:  start() fails when the address is not to be had, or not loopback and not told insecure.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/outage.h"
#include "engine/base/result.h"
#include "net/server/options.h"
#include "net/server/worker_loop.h"

namespace hb::net {

class Server {
 public:
  // Options outlive the server.
  explicit Server(const ServerOptions& options);
  ~Server();

  // Before start(): one loop a worker, whose thread runs on that processor if it is given.  All
  // outlive the server.
  void add_worker(Worker& worker, DiskStorage& storage, archive::Service& records,
                  std::optional<unsigned> cpu = std::nullopt);

  Result<void> start();
  void stop();

  // After start(): "127.0.0.1:7700" and so on, in the order of the listeners, with the port that
  // the system chose where it was asked to.
  const std::vector<std::string>& addresses() const { return addresses_; }

 private:
  using Acceptor = boost::asio::ip::tcp::acceptor;
  Result<void> listen(const Listener& listener);
  void accept_next(Acceptor& acceptor, hb::Acknowledgement acknowledgement);

  const ServerOptions& options_;
  boost::asio::io_context io_;
  PeerLog peers_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::atomic<std::size_t> loops_unanswered_{0};
  std::vector<std::unique_ptr<WorkerLoop>> loops_;
  std::vector<std::optional<unsigned>> cpus_;  // of the loops
  std::vector<std::thread> threads_;
  std::size_t next_loop_ = 0;
  std::vector<std::string> addresses_;
  Outage accept_outage_;  // the listener thread's own
};

}  // namespace hb::net
