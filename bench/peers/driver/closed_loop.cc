#include "bench/peers/driver/closed_loop.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <deque>
#include <utility>
#include <vector>

#include "bench/descriptor.h"
#include "tools/hongbao/load/generator.h"

namespace hb::bench {

namespace {

using load::now_ns;

constexpr int silence_ms_max = 30'000;

double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

struct Request {
  load::Job job;
  std::int64_t asked_ns = 0;
};

struct Connection {
  std::unique_ptr<PeerLink> link;
  std::deque<Request> in_flight;  // oldest first
  std::vector<load::Job> again;   // to be asked before anything new
  bool wants_write = false;       // as epoll was told
};

class Loop {
 public:
  Loop(Peer& peer, Work& work, const Shape& shape)
      : peer_(peer), shape_(shape), claims_(work.claims(shape.batch)), epoll_(epoll_create1(0)) {}

  Result<LoopFigures> run();

 private:
  Result<void> connect();
  Result<void> refill(Connection& connection);
  Result<void> ask(Connection& connection, load::Job job);
  Result<void> flush(Connection& connection);
  Result<void> take_in(Connection& connection);
  void count(Request& request, const PeerAnswer& answer, Connection& connection);
  Result<void> turn();

  Peer& peer_;
  Shape shape_;
  load::SpreadClaims claims_;
  Descriptor epoll_;
  std::vector<Connection> connections_;
  std::size_t in_flight_ = 0;
  std::int64_t over_ns_ = 0;
  std::int64_t last_answer_ns_ = 0;
  LoopFigures figures_;
};

Result<LoopFigures> Loop::run() {
  if (auto connected = connect(); !connected) return fail(connected.error());
  const double cpu_before = cpu_seconds();
  const std::int64_t start = now_ns();
  over_ns_ = start + static_cast<std::int64_t>(shape_.duration_s * 1e9);
  for (Connection& connection : connections_) {
    if (auto filled = refill(connection); !filled) return fail(filled.error());
  }
  while (in_flight_ > 0) {
    if (auto turned = turn(); !turned) return fail(turned.error());
  }
  figures_.duration_s = static_cast<double>(last_answer_ns_ - start) / 1e9;
  figures_.driver_cores = (cpu_seconds() - cpu_before) / figures_.duration_s;
  figures_.used_up = claims_.done();
  return std::move(figures_);
}

Result<void> Loop::connect() {
  connections_.resize(shape_.connections);
  for (Connection& connection : connections_) {
    auto link = peer_.connect(shape_.batch);
    if (!link) return fail(link.error());
    connection.link = std::move(*link);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.link->descriptor(), &event) != 0) {
      return fail(ErrorCode::io, std::string("epoll: ") + strerror(errno));
    }
  }
  return {};
}

// As many requests as may be in flight, while there is time.
Result<void> Loop::refill(Connection& connection) {
  while (connection.in_flight.size() < shape_.depth) {
    load::Job job;
    if (!connection.again.empty()) {
      job = std::move(connection.again.back());
      connection.again.pop_back();
    } else if (now_ns() >= over_ns_ || !claims_.next(job, 0)) {
      break;
    }
    if (auto asked = ask(connection, std::move(job)); !asked) return asked;
  }
  return flush(connection);
}

Result<void> Loop::ask(Connection& connection, load::Job job) {
  if (auto asked = connection.link->ask(job.claims); !asked) return asked;
  connection.in_flight.push_back({std::move(job), now_ns()});
  ++in_flight_;
  return {};
}

Result<void> Loop::flush(Connection& connection) {
  const auto sent = connection.link->flush();
  if (!sent) return fail(sent.error());
  if (connection.wants_write == !*sent) return {};
  connection.wants_write = !*sent;
  epoll_event event{.events = EPOLLIN | (connection.wants_write ? EPOLLOUT : 0u),
                    .data = {.ptr = &connection}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.link->descriptor(), &event);
  return {};
}

Result<void> Loop::take_in(Connection& connection) {
  auto read = connection.link->read([&](const PeerAnswer& answer) {
    HB_ASSERT(!connection.in_flight.empty());
    count(connection.in_flight.front(), answer, connection);
    connection.in_flight.pop_front();
    --in_flight_;
  });
  if (!read) return read;
  return refill(connection);
}

void Loop::count(Request& request, const PeerAnswer& answer, Connection& connection) {
  last_answer_ns_ = now_ns();
  if (answer.again) {
    ++figures_.asked_again;
    connection.again.push_back(std::move(request.job));
    return;
  }
  for (const ClaimOutcome outcome : answer.outcomes) {
    if (outcome > 0) {
      ++figures_.won;
      figures_.told += Amount(outcome);
    } else {
      ++figures_.refused;
    }
  }
  figures_.latency.add(last_answer_ns_ - request.asked_ns, answer.outcomes.size());
}

Result<void> Loop::turn() {
  std::array<epoll_event, 256> events;
  const int n = epoll_wait(epoll_.get(), events.data(), events.size(), silence_ms_max);
  if (n == 0) return fail(ErrorCode::timed_out, "the peer gave no answer for 30 s");
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    auto& connection = *static_cast<Connection*>(event.data.ptr);
    const bool readable = (event.events & ~std::uint32_t{EPOLLOUT}) != 0;
    auto outcome = readable ? take_in(connection) : flush(connection);
    if (!outcome) return outcome;
  }
  return {};
}

}  // namespace

Result<LoopFigures> drive(Peer& peer, Work& work, const Shape& shape) {
  return Loop(peer, work, shape).run();
}

}  // namespace hb::bench
