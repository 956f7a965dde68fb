// A worker's thread: its connections, and the turns of its engine worker.
//
//   while running:
//     ready sockets  ->  sessions  ->  commands gather
//     worker.turn()  ->  replies   ->  sessions  ->  sockets
//     nothing to do: sleep until a socket, the disk, another worker or a timer calls
//
// It sleeps on one epoll set of all sockets and of the events of disk and workers; an io_context
// holds what other threads post.
//
// So everything that arrived together is decided in one step, written to the journal in one block,
// and answered with one write a connection.
//
// Threads: run() is the thread; adopt() and stop() may be called from any.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/archive/service.h"
#include "engine/runtime/disk_storage.h"
#include "engine/runtime/worker.h"
#include "engine/shard/waiting_line.h"
#include "net/server/connection.h"
#include "net/server/options.h"
#include "net/server/peer_log.h"
#include "net/server/query_returns.h"
#include "net/server/readiness.h"

namespace hb::net {

// The process's exit status when a journal has failed.
inline constexpr int exit_journal_failed = 3;

class WorkerLoop : private ReplySink, private ConnectionOwner {
 public:
  // `loops_unanswered` counts the loops of the server that still have commands to answer or
  // to make durable; a loop leaves it when it has been stopped and has none.  `peers` is the log
  // of all loops.
  WorkerLoop(const ServerOptions& options, Worker& worker, DiskStorage& storage,
             archive::Service& records, PeerLog& peers, std::atomic<std::size_t>& loops_unanswered);
  ~WorkerLoop();

  // REQUIRES: before run().
  Result<void> open();

  // Takes a socket that was accepted on a listener with this acknowledgement; it does not block.
  // `peer` is the client's address.
  void adopt(Fd socket, std::string peer, hb::Acknowledgement acknowledgement);

  // Until stop(), and then until what was taken is answered and durable (at most drain_timeout).
  void run();
  void stop();

 private:
  // ReplySink
  void deliver(const ReplyBatch& replies) override;
  // ConnectionOwner
  Time now() const override { return worker_.time().monotonic; }
  void greeted(const Connection& connection) override;
  void gone(const Connection& connection) override;

  // What differs between the connections of listeners with different acknowledgements.
  struct Level : CommandSink {
    Level(const SessionOptions& options, Worker& to, archive::Service& asked,
          std::shared_ptr<QueryReturns> back, hb::Acknowledgement level);
    CommandBatch& batch(ShardId shard) override { return worker.batch(shard, acknowledgement); }
    void query(archive::QueryEnvelope envelope) override;
    ServerTime server_time() const override;

    SessionOptions session;
    Worker& worker;
    archive::Service& records;
    std::shared_ptr<QueryReturns> returns;
    hb::Acknowledgement acknowledgement;
  };

  // Runs `what` on the loop's thread.
  template <class What>
  void post(What&& what);
  // A turn of the worker; the process ends when its journal has failed.  True: there is more to do.
  bool turn();
  void turn_until_stopped();
  void drain();
  // What the sockets have, waiting for it so long if there is nothing, and what was posted.
  void handle_events(int wait_ms);
  void deliver_query_replies();
  void turn_away(const std::shared_ptr<Connection>& connection);
  void sleep();
  // Writes what is answered, and takes commands until a turn's worth has gathered.
  void proceed();
  bool all_proceeded() const {
    return answered_.empty() && asking_.empty() && query_replies_.empty();
  }
  bool turn_is_full() const;
  void check_idle_each_second();
  void note_answered(const std::shared_ptr<Connection>& connection);
  void note_asking(const std::shared_ptr<Connection>& connection);
  std::vector<std::shared_ptr<Connection>> all_connections() const;

  const ServerOptions& options_;
  Worker& worker_;
  DiskStorage& storage_;
  std::atomic<std::size_t>& loops_unanswered_;
  boost::asio::io_context io_;
  std::optional<Readiness> readiness_;
  std::atomic<bool> posted_{false};  // the io_context has something to run

  ResponseEncoder encoder_;
  MemoryBudget budget_;           // outlives the connections
  std::size_t held_at_turn_ = 0;  // of the budget, after the last turn
  PeerLog& peers_;
  std::deque<archive::QueryReply> query_replies_;  // arrived, and not yet with their sessions
  std::shared_ptr<QueryReturns> returns_;
  Level at_memory_;
  Level at_disk_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Connection>> answered_;  // have something to write
  WaitingLine<std::shared_ptr<Connection>> asking_;    // may have commands; the first is next
  std::uint64_t next_connection_;
  Time last_idle_check_{};
  std::atomic<bool> stopping_{false};
};

}  // namespace hb::net
