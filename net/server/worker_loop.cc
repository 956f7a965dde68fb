#include "net/server/worker_loop.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace hb::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// Socket events handled between two turns: bounds how long a command waits for its step.
constexpr std::size_t events_per_turn_max = 256;
// The longest sleep: timers and idle checks are looked at this often at least.
constexpr std::chrono::milliseconds sleep_max{20};

// After a failed write nothing is known of what was to be written, and only a restart, which reads
// what is there, can tell.  No answer leaves any more; ending at once tells the clients, who ask
// again with the same keys.
[[noreturn]] void end_process(const Error& failure) {
  spdlog::critical("the journal failed: {}; stopping at once.  Look at the disk, then start again",
                   failure.message);
  spdlog::shutdown();
  std::_Exit(exit_journal_failed);
}

}  // namespace

WorkerLoop::WorkerLoop(const ServerOptions& options, Worker& worker, DiskStorage& storage,
                       archive::Service& records, std::atomic<std::size_t>& loops_unanswered)
    : options_(options),
      worker_(worker),
      storage_(storage),
      loops_unanswered_(loops_unanswered),
      io_(1),
      disk_events_(io_, storage.completion_fd()),
      wake_events_(io_, worker.wake_fd()),
      returns_(std::make_shared<QueryReturns>(
          [this] { asio::post(io_, [this] { deliver_queries(); }); })),
      at_memory_(options.session, worker, records, returns_, hb::Acknowledgement::memory),
      at_disk_(options.session, worker, records, returns_, hb::Acknowledgement::disk) {}

WorkerLoop::Level::Level(const SessionOptions& options, Worker& to, archive::Service& asked,
                         std::shared_ptr<QueryReturns> back, hb::Acknowledgement level)
    : session(options),
      worker(to),
      records(asked),
      returns(std::move(back)),
      acknowledgement(level) {
  session.acknowledgement = level == hb::Acknowledgement::memory ? net::Acknowledgement::memory
                                                                 : net::Acknowledgement::disk;
}

void WorkerLoop::Level::query(archive::QueryEnvelope envelope) {
  records.submit(std::move(envelope),
                 [back = returns](archive::QueryReply reply) { back->put(std::move(reply)); });
}

WorkerLoop::~WorkerLoop() {
  returns_->close();
  // The descriptors belong to the storage and the mesh.
  disk_events_.release();
  wake_events_.release();
}

void WorkerLoop::adopt(asio::ip::tcp::socket socket, hb::Acknowledgement acknowledgement) {
  Level& level = acknowledgement == hb::Acknowledgement::memory ? at_memory_ : at_disk_;
  asio::post(io_, [this, &level, socket = std::move(socket)]() mutable {
    const std::uint64_t id = next_connection_++;
    auto connection = std::make_shared<Connection>(std::move(socket), level.session, encoder_,
                                                   level, id, static_cast<ConnectionOwner&>(*this));
    if (connections_.size() >= options_.connections_max) {
      connection->end(Status::overloaded);
      connection->proceed();
      return;
    }
    connections_.emplace(id, connection);
    connection_count_ = static_cast<std::uint32_t>(connections_.size());
    connection->start();
  });
}

void WorkerLoop::run() {
  listen_to(disk_events_);
  listen_to(wake_events_);
  turn_until_stopped();
  drain();
}

void WorkerLoop::stop() {
  stopping_ = true;
  asio::post(io_, [] {});  // ends a sleep
}

void WorkerLoop::turn_until_stopped() {
  while (!stopping_) {
    handle_events();
    const bool more = worker_.turn(*this);
    if (const std::optional<Error> failure = worker_.failure()) end_process(*failure);
    proceed_listed();
    check_idle_each_second();
    if (!more) sleep();
  }
}

// No new input; what was taken is decided, made durable and answered.  The turns go on until that
// holds for all workers, since others may wait for this one's shard.
void WorkerLoop::drain() {
  const Time deadline = worker_.now() + options_.drain_timeout;
  bool answered = false;
  while (loops_unanswered_ > 0 && worker_.now() < deadline) {
    worker_.turn(*this);
    proceed_listed();
    if (!answered && worker_.answered()) {
      answered = true;
      --loops_unanswered_;
    }
    if (loops_unanswered_ > 0) sleep();
  }
  for (const std::shared_ptr<Connection>& connection : all_connections()) {
    connection->end(Status::shutting_down);
    connection->proceed();
  }
  while (!connections_.empty() && worker_.now() < deadline) {
    io_.restart();
    io_.run_one_for(sleep_max);
    worker_.turn(*this);
  }
  for (const std::shared_ptr<Connection>& connection : all_connections()) connection->abort();
}

void WorkerLoop::handle_events() {
  io_.restart();
  for (std::size_t i = 0; i < events_per_turn_max && io_.poll_one() > 0; ++i) {
  }
}

void WorkerLoop::deliver_queries() {
  for (const archive::QueryReply& reply : returns_->take()) {
    const auto found = connections_.find(reply.to.connection);
    if (found == connections_.end()) continue;
    found->second->session().answer(reply);
    list(found->second);
  }
  proceed_listed();
}

void WorkerLoop::sleep() {
  if (!worker_.prepare_sleep()) return;
  storage_.set_notifications(true);
  // What completed before the notifications were on is seen by this turn, the last before sleep.
  const bool more = worker_.turn(*this);
  if (!more && listed_.empty() && !stopping_) {
    io_.restart();
    io_.run_one_for(sleep_max);
  }
  storage_.set_notifications(false);
  worker_.woken();
  proceed_listed();
}

void WorkerLoop::listen_to(asio::posix::stream_descriptor& descriptor) {
  descriptor.async_read_some(asio::buffer(event_bytes_),
                             [this, &descriptor](const error_code& error, std::size_t) {
                               if (error != asio::error::operation_aborted) listen_to(descriptor);
                             });
}

void WorkerLoop::deliver(const ReplyBatch& replies) {
  std::uint64_t last_id = 0;
  Connection* connection = nullptr;
  for (const Reply& reply : replies.replies) {
    if (reply.to.connection != last_id || connection == nullptr) {
      const auto found = connections_.find(reply.to.connection);
      last_id = reply.to.connection;
      connection = found == connections_.end() ? nullptr : found->second.get();
      if (connection == nullptr) continue;
      list(found->second);
    }
    connection->session().answer(reply, replies);
  }
}

void WorkerLoop::list(const std::shared_ptr<Connection>& connection) {
  if (connection->listed) return;
  connection->listed = true;
  listed_.push_back(connection);
}

void WorkerLoop::proceed_listed() {
  for (const std::shared_ptr<Connection>& connection : listed_) {
    connection->listed = false;
    connection->proceed();
  }
  listed_.clear();
}

void WorkerLoop::check_idle_each_second() {
  const Time now = worker_.now();
  if (now - last_idle_check_ < Duration::seconds(1)) return;
  last_idle_check_ = now;
  for (const std::shared_ptr<Connection>& connection : all_connections()) {
    connection->check_idle(now);
  }
}

void WorkerLoop::gone(std::uint64_t connection) {
  connections_.erase(connection);
  connection_count_ = static_cast<std::uint32_t>(connections_.size());
}

// A copy, since handling one connection may end it.
std::vector<std::shared_ptr<Connection>> WorkerLoop::all_connections() const {
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) all.push_back(connection);
  return all;
}

}  // namespace hb::net
