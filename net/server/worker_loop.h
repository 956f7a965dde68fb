// A worker's thread: an io_context, its connections, and the turns of its engine worker.
//
//   while running:
//     socket events  ->  sessions  ->  commands gather
//     worker.turn()  ->  replies   ->  sessions  ->  sockets
//     nothing to do: sleep until a socket, the disk, another worker or a timer calls
//
// So everything that arrived together is decided in one step, written to the journal in one block,
// and answered with one write a connection.
//
// Threads: run() is the thread; adopt() and stop() may be called from any.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/archive/service.h"
#include "engine/runtime/disk_storage.h"
#include "engine/runtime/worker.h"
#include "net/server/connection.h"
#include "net/server/options.h"
#include "net/server/query_returns.h"

namespace hb::net {

// The process's exit status when a journal has failed.
inline constexpr int exit_journal_failed = 3;

class WorkerLoop : private ReplySink, private ConnectionOwner {
 public:
  // `loops_unanswered` counts the loops of the server that still have commands to answer; a loop
  // leaves it when it has been stopped and has none.
  WorkerLoop(const ServerOptions& options, Worker& worker, DiskStorage& storage,
             archive::Service& records, std::atomic<std::size_t>& loops_unanswered);
  ~WorkerLoop();

  boost::asio::io_context& io() { return io_; }

  // Takes a connection that was accepted on io(), on a listener with this acknowledgement.
  void adopt(boost::asio::ip::tcp::socket socket, hb::Acknowledgement acknowledgement);

  // Until stop(), and then until what was taken is answered (at most drain_timeout).
  void run();
  void stop();

  std::uint32_t connection_count() const { return connection_count_; }

 private:
  // ReplySink
  void deliver(const ReplyBatch& replies) override;
  // ConnectionOwner
  Time now() const override { return worker_.now(); }
  void gone(std::uint64_t connection) override;

  // What differs between the connections of listeners with different acknowledgements.
  struct Level : CommandSink {
    Level(const SessionOptions& options, Worker& to, archive::Service& asked,
          std::shared_ptr<QueryReturns> back, hb::Acknowledgement level);
    CommandBatch& batch(ShardId shard) override { return worker.batch(shard, acknowledgement); }
    void query(archive::QueryEnvelope envelope) override;

    SessionOptions session;
    Worker& worker;
    archive::Service& records;
    std::shared_ptr<QueryReturns> returns;
    hb::Acknowledgement acknowledgement;
  };

  void turn_until_stopped();
  void drain();
  void handle_events();
  void deliver_queries();
  void sleep();
  void proceed_listed();
  void check_idle_each_second();
  void listen_to(boost::asio::posix::stream_descriptor& descriptor);
  void list(const std::shared_ptr<Connection>& connection);
  std::vector<std::shared_ptr<Connection>> all_connections() const;

  const ServerOptions& options_;
  Worker& worker_;
  DiskStorage& storage_;
  std::atomic<std::size_t>& loops_unanswered_;
  boost::asio::io_context io_;
  boost::asio::posix::stream_descriptor disk_events_;
  boost::asio::posix::stream_descriptor wake_events_;
  std::array<char, 16> event_bytes_{};  // more than an eventfd's 8, so that a read drains it

  ResponseEncoder encoder_;
  std::shared_ptr<QueryReturns> returns_;
  Level at_memory_;
  Level at_disk_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Connection>> listed_;  // to proceed after the turn
  std::uint64_t next_connection_ = 1;
  Time last_idle_check_{};
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint32_t> connection_count_{0};
};

}  // namespace hb::net
