// Drives a workload over many connections, from one thread.
//
// Closed loop: each connection keeps `window` claims in flight and asks again when answers come.
// Open loop:   jobs are due on a Poisson schedule whatever the server does.  What is due when no
//              connection has room is sent late, and its latency counts from when it was due.
//
// A connection that breaks costs its jobs in flight (they count as errors) and is made again.  The
// server is gone when no connection could be had for a while, or no answer came.
//
// Latency: from when a job was due (open loop) or encoded (closed loop) until the bytes of its
//          answer were read.
// Threads: one a generator.  `stop` may be set by any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "net/wire/request_encoder.h"
#include "tools/hongbao/load/link.h"
#include "tools/hongbao/load/receipts.h"
#include "tools/hongbao/load/schedule.h"
#include "tools/hongbao/load/tally.h"
#include "tools/hongbao/load/workload.h"

namespace hb::load {

// Monotonic.
std::int64_t now_ns();

struct GeneratorOptions {
  Endpoint server{"127.0.0.1", 7700};
  std::uint32_t connections = 1;
  std::uint32_t window = 1;     // claims in flight a connection; the server's own bound holds too
  std::uint32_t job_count = 1;  // claims of a usual job
  std::int64_t connect_timeout_ns = 10'000'000'000;
  std::int64_t gone_after_ns = 5'000'000'000;     // without a connection
  std::int64_t silent_after_ns = 30'000'000'000;  // without an answer
  std::int64_t drain_ns = 10'000'000'000;         // for the last answers
};

class Generator {
 public:
  struct Run {
    std::int64_t start_ns = 0;
    std::int64_t end_ns = INT64_MAX;  // then nothing new is asked
    // Nothing: closed loop.
    std::optional<PoissonSchedule> schedule{};
    const std::atomic<bool>* stop = nullptr;
    // At the end of each second; the tally is of that second and cleared afterwards.
    std::function<void(const Tally&)> second_over{};
  };

  explicit Generator(GeneratorOptions options);
  ~Generator();

  // Makes all connections, handshakes included.
  Result<net::Welcome> connect();

  // Until end_ns, or the workload is done, or stop; then waits for the answers under way.
  // start_ns may lie ahead.
  Result<void> run(Run run, Workload& workload, Receipts& receipts);

  // When the last answer of the last run came.
  std::int64_t last_answer_ns() const { return last_answer_ns_; }
  // Connections that broke.
  std::uint64_t breaks() const { return breaks_; }

 private:
  struct Active;  // a run under way

  // Waits for the network until then, and deals with what it brought.
  void poll(std::int64_t until_ns);
  void handle(Link& link, std::uint32_t events);
  void start_connecting(std::int64_t now);
  void greet(Link& link);
  bool read_answers(Link& link);
  bool take(Link& link, const net::Response& response, std::int64_t now);
  void welcome(Link& link, const net::Response& response, std::int64_t now);
  void finish(Link& link, Flight& flight, const net::Response& response, std::int64_t now);
  void drop(Link& link, std::int64_t now);

  void ask_what_is_due(std::int64_t now);
  void refill(Link& link, std::int64_t now);
  bool ask(Link& link, std::int64_t intended_ns);
  Link* link_with_room(std::int64_t now);
  bool has_room(const Link& link, std::int64_t now) const;

  void mark_dirty(Link& link);
  void flush_dirty();
  void watch(Link& link, bool add);

  bool stopped() const;
  bool asks_seldom() const;
  bool step(std::int64_t now);
  void tend(std::int64_t now);
  void give_up_flights(std::int64_t now);
  std::int64_t wake_at() const;
  Result<void> alive(std::int64_t now) const;

  GeneratorOptions options_;
  Address address_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<Link*> dirty_;
  std::vector<Link*> resting_;
  net::RequestEncoder encoder_;
  std::optional<net::Welcome> welcome_;
  std::string last_words_;  // why a connection was refused or ended
  std::uint32_t up_ = 0;
  std::uint32_t connecting_ = 0;
  std::uint64_t jobs_in_flight_ = 0;
  std::size_t next_link_ = 0;
  std::int64_t up_until_ns_ = 0;  // when there was a connection last
  std::int64_t last_answer_ns_ = 0;
  std::int64_t silent_since_ns_ = 0;  // the last answer, or the first job after none was in flight
  std::uint64_t breaks_ = 0;
  std::unique_ptr<Active> active_;  // null between runs
};

}  // namespace hb::load
