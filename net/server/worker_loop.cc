#include "net/server/worker_loop.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <utility>

namespace hb::net {

namespace asio = boost::asio;

namespace {

// In the readiness set: the disk and the other workers, who only want a turn.
constexpr std::uint64_t no_connection = 0;
// Commands and claims of a turn, about: when so many have gathered, the connections that come then
// wait for the next one.  What was decided first does not wait for all, and the disk writes while
// the rest is decided.
constexpr std::size_t turn_commands_max = 2'000;
// The same for the bytes that commands and their answers may take: the answers of one turn are in
// memory twice for a moment.
constexpr std::size_t turn_bytes_max = 4UL * 1024 * 1024;
// When a client that found all connections taken may try again.
constexpr Duration turned_away_retry_after = Duration::seconds(1);
// Answers of records and feed that go to their sessions between two turns: up to 512 KiB each, they
// take their time.
constexpr std::size_t query_replies_at_once = 4;
// Connections of different loops have different numbers.
constexpr unsigned loop_shift = 48;
// The longest sleep: timers and idle checks are looked at this often at least.
constexpr int sleep_max_ms = 20;

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
                       archive::Service& records, PeerLog& peers,
                       std::atomic<std::size_t>& loops_unanswered)
    : options_(options),
      worker_(worker),
      storage_(storage),
      loops_unanswered_(loops_unanswered),
      io_(1),
      budget_(options.memory_bytes_max),
      peers_(peers),
      returns_(
          std::make_shared<QueryReturns>([this] { post([this] { deliver_query_replies(); }); })),
      at_memory_(options.session, worker, records, returns_, hb::Acknowledgement::memory),
      at_disk_(options.session, worker, records, returns_, hb::Acknowledgement::disk),
      next_connection_((std::uint64_t{worker.number()} << loop_shift) + 1) {}

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

ServerTime WorkerLoop::Level::server_time() const {
  return {.now = worker.time().ledger, .ahead = worker.time().ahead()};
}

WorkerLoop::~WorkerLoop() {
  returns_->close();
}

// The descriptors of disk and workers are never read: the set tells of each new event by itself.
Result<void> WorkerLoop::open() {
  auto set = Readiness::open();
  if (!set) return fail(std::move(set.error()));
  readiness_.emplace(std::move(*set));
  for (const int events : {storage_.completion_fd(), worker_.wake_fd()}) {
    if (Result<void> added = readiness_->add(events, no_connection); !added) return added;
  }
  return {};
}

// Told after the fact: said before, the loop could look too early and then not again.
template <class What>
void WorkerLoop::post(What&& what) {
  asio::post(io_, std::forward<What>(what));
  posted_ = true;
  worker_.wake();
}

void WorkerLoop::adopt(Fd socket, std::string peer, hb::Acknowledgement acknowledgement) {
  Level& level = acknowledgement == hb::Acknowledgement::memory ? at_memory_ : at_disk_;
  post([this, &level, socket = std::move(socket), peer = std::move(peer)]() mutable {
    const std::uint64_t id = next_connection_++;
    auto connection =
        std::make_shared<Connection>(std::move(socket), std::move(peer), level.session, encoder_,
                                     budget_, level, id, static_cast<ConnectionOwner&>(*this));
    if (connections_.size() >= options_.connections_max) return turn_away(connection);
    if (Result<void> watched = readiness_->add(connection->socket(), id); !watched) {
      return peers_.not_accepted(now(), watched.error().message);
    }
    connections_.emplace(id, std::move(connection));
  });
}

void WorkerLoop::turn_away(const std::shared_ptr<Connection>& connection) {
  connection->end(Status::overloaded, turned_away_retry_after.us());
  connection->proceed();
}

void WorkerLoop::run() {
  turn_until_stopped();
  drain();
}

void WorkerLoop::stop() {
  stopping_ = true;
  post([] {});  // ends a sleep
}

bool WorkerLoop::turn() {
  const bool more = worker_.turn(*this);
  held_at_turn_ = budget_.held();
  if (const std::optional<Error> failure = worker_.failure()) end_process(*failure);
  return more;
}

void WorkerLoop::turn_until_stopped() {
  while (!stopping_) {
    handle_events(0);
    const bool more = turn();
    proceed();
    check_idle_each_second();
    if (!more && all_proceeded()) sleep();
  }
}

// No new input; what was taken is decided, made durable and answered.  The turns go on until that
// holds for all workers, since others may wait for this one's shard.
void WorkerLoop::drain() {
  const Time deadline = now() + options_.drain_timeout;
  bool settled = false;
  while (loops_unanswered_ > 0 && now() < deadline) {
    turn();
    proceed();
    if (!settled && worker_.answered() && worker_.all_durable()) {
      settled = true;
      --loops_unanswered_;
    }
    if (loops_unanswered_ > 0) sleep();
  }
  if (!settled) {
    spdlog::warn(
        "worker {}: stopping although some commands are not answered or not durable: {} s were "
        "not enough",
        worker_.number(), options_.drain_timeout.us() / 1'000'000);
  }
  for (const std::shared_ptr<Connection>& connection : all_connections()) {
    connection->end(Status::shutting_down);
    connection->proceed();
  }
  while (!connections_.empty() && now() < deadline) {
    handle_events(sleep_max_ms);
    turn();
  }
  for (const std::shared_ptr<Connection>& connection : all_connections()) connection->abort();
}

void WorkerLoop::handle_events(int wait_ms) {
  for (const Readiness::Event& event : readiness_->poll(wait_ms)) {
    const auto found = connections_.find(event.id);
    if (found == connections_.end()) continue;
    const std::shared_ptr<Connection> connection = found->second;  // which may end here
    connection->note(event);
    if (connection->wants_write()) note_answered(connection);
    note_asking(connection);
  }
  if (posted_.exchange(false)) {
    io_.restart();
    io_.poll();
  }
  proceed();
}

void WorkerLoop::deliver_query_replies() {
  for (archive::QueryReply& reply : returns_->take()) query_replies_.push_back(std::move(reply));
  for (std::size_t left = query_replies_at_once; left > 0 && !query_replies_.empty(); --left) {
    const archive::QueryReply reply = std::move(query_replies_.front());
    query_replies_.pop_front();
    const auto found = connections_.find(reply.to.connection);
    if (found == connections_.end()) continue;
    found->second->session().answer(reply);
    note_answered(found->second);
  }
}

void WorkerLoop::sleep() {
  if (!worker_.prepare_sleep()) return;
  storage_.set_notifications(true);
  // What completed before the notifications were on is seen by this turn, the last before sleep.
  const bool more = turn();
  if (!more && all_proceeded() && !posted_ && !stopping_) handle_events(sleep_max_ms);
  storage_.set_notifications(false);
  worker_.woken();
  proceed();
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
      note_answered(found->second);
    }
    connection->session().answer(reply, replies);
  }
}

void WorkerLoop::note_answered(const std::shared_ptr<Connection>& connection) {
  if (std::exchange(connection->answered, true)) return;
  answered_.push_back(connection);
}

void WorkerLoop::note_asking(const std::shared_ptr<Connection>& connection) {
  if (std::exchange(connection->asking, true)) return;
  asking_.push_back(connection);
}

// Who is left out when enough has gathered stays at the head of the line.
void WorkerLoop::proceed() {
  if (!query_replies_.empty()) deliver_query_replies();
  for (const std::shared_ptr<Connection>& connection : answered_) {
    connection->answered = false;
    connection->proceed(Connection::Taking::nothing);
    if (connection->wants_turn()) note_asking(connection);
  }
  answered_.clear();
  for (std::size_t waiting = asking_.size(); waiting > 0; --waiting) {
    if (turn_is_full()) return;
    const std::shared_ptr<Connection> connection = std::move(asking_.front());
    asking_.pop_front();
    connection->asking = false;
    connection->proceed(Connection::Taking::commands);
    if (connection->wants_turn()) note_asking(connection);
  }
}

bool WorkerLoop::turn_is_full() const {
  return worker_.gathered() >= turn_commands_max || budget_.held() > held_at_turn_ + turn_bytes_max;
}

void WorkerLoop::check_idle_each_second() {
  const Time time = now();
  if (time - last_idle_check_ < Duration::seconds(1)) return;
  last_idle_check_ = time;
  for (const std::shared_ptr<Connection>& connection : all_connections()) {
    connection->check_idle(time);
  }
  peers_.report_suppressed(last_idle_check_);
}

void WorkerLoop::greeted(const Connection& connection) {
  peers_.greeted(now(), connection.peer(), connection.session().client_name());
}

// The caller holds on to the connection.
void WorkerLoop::gone(const Connection& connection) {
  const Session& session = connection.session();
  if (session.end()) {
    peers_.ended(now(), connection.peer(), session.client_name(), *session.end());
  }
  connections_.erase(session.connection());
}

// A copy, since handling one connection may end it.
std::vector<std::shared_ptr<Connection>> WorkerLoop::all_connections() const {
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) all.push_back(connection);
  return all;
}

}  // namespace hb::net
