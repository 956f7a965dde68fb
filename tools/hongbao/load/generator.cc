#include "tools/hongbao/load/generator.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "engine/base/assert.h"
#include "net/wire/frame.h"
#include "net/wire/response_decoder.h"

namespace hb::load {

namespace {

constexpr std::uint64_t hello_id = UINT64_MAX;
constexpr std::uint32_t connecting_max = 256;  // less than a server's backlog
constexpr std::int64_t tend_every_ns = 10'000'000;
constexpr std::int64_t look_up_every_ns = 100'000'000;  // at the stop flag
constexpr std::int64_t reconnect_after_ns = 100'000'000;
constexpr std::int64_t rest_min_ns = 1'000'000;
constexpr std::int64_t second_ns = 1'000'000'000;
// A processor that slept is late by so much and more.  An open loop whose questions come seldom
// wakes that much earlier and looks at the clock until they are due; where they come often it is
// awake as it is, and would only take the processor from others.
constexpr std::int64_t wakes_early_ns = 60'000;
constexpr double seldom_gap_ns = 1'000'000;

std::int64_t clock_ns(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return std::int64_t{t.tv_sec} * second_ns + t.tv_nsec;
}

}  // namespace

std::int64_t now_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}

struct Generator::Active {
  Run run;
  Workload& workload;
  Receipts& receipts;
  Tally second{};
  std::int64_t second_end_ns = 0;
  std::int64_t drain_end_ns = 0;
  std::int64_t tended_ns = 0;
  bool asking = true;
  bool starved = false;  // the workload had nothing for a connection with room
  bool crowded = false;  // a job is due and no connection has room
};

Generator::Generator(GeneratorOptions options) : options_(std::move(options)) {}

Generator::~Generator() {
  links_.clear();
  if (epoll_ >= 0) ::close(epoll_);
}

// ---- connections
// ----------------------------------------------------------------------------------

Result<net::Welcome> Generator::connect() {
  const auto address = resolve(options_.server);
  if (!address) return fail(address.error());
  address_ = *address;
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return fail(ErrorCode::io, fmt::format("epoll: {}", strerror(errno)));
  for (std::uint32_t i = 0; i < options_.connections; ++i) {
    links_.push_back(std::make_unique<Link>());
  }
  const std::int64_t deadline = now_ns() + options_.connect_timeout_ns;
  while (up_ < links_.size()) {
    const std::int64_t now = now_ns();
    const bool refused = !last_words_.empty() && up_ == 0;
    if (refused || now >= deadline) {
      return fail(ErrorCode::closed,
                  fmt::format("{} of {} connections to {} could be made: {}", up_, links_.size(),
                              format_endpoint(options_.server),
                              last_words_.empty() ? "no answer" : last_words_));
    }
    start_connecting(now);
    poll(now + tend_every_ns);
  }
  return *welcome_;
}

void Generator::start_connecting(std::int64_t now) {
  if (up_ + connecting_ == links_.size()) return;
  for (const auto& link : links_) {
    if (connecting_ >= connecting_max) return;
    if (link->state != Link::State::down || link->rest_until_ns > now) continue;
    if (link->connect(address_)) {
      ++connecting_;
      watch(*link, true);
    } else {
      last_words_ = strerror(errno);
      link->rest_until_ns = now + reconnect_after_ns;
    }
  }
}

void Generator::greet(Link& link) {
  link.state = Link::State::greeting;
  link.append(encoder_.hello(hello_id, {net::protocol_version, "hongbao-load"}));
  mark_dirty(link);
}

void Generator::welcome(Link& link, const net::Response& response, std::int64_t now) {
  const auto* welcome = std::get_if<net::Welcome>(&response.answer);
  if (link.state != Link::State::greeting || welcome == nullptr) return;
  link.state = Link::State::up;
  --connecting_;
  ++up_;
  up_until_ns_ = now;
  if (!welcome_) {
    welcome_ = *welcome;
    options_.window = std::min(options_.window, welcome->window_max);
  }
  if (active_) refill(link, now);
}

void Generator::drop(Link& link, std::int64_t now) {
  if (link.state == Link::State::down) return;
  if (link.state == Link::State::up) {
    --up_;
    ++breaks_;
    up_until_ns_ = now;
  } else {
    --connecting_;
  }
  for (Flight& flight : link.flights()) {
    if (!flight.open) continue;
    if (flight.job.counted) active_->second.errors += flight.job.count();
    active_->receipts.lost(flight.job);
    active_->workload.lost(flight.job);
    link.close_flight(flight);
    --jobs_in_flight_;
  }
  link.in_flight = 0;
  link.close();
  link.rest_until_ns = now + reconnect_after_ns;
}

// ---- the network
// ----------------------------------------------------------------------------------

void Generator::watch(Link& link, bool add) {
  const bool write = link.state == Link::State::connecting || link.blocked();
  if (!add && write == link.wants_write) return;
  link.wants_write = write;
  epoll_event event{};
  event.events = EPOLLIN | (write ? EPOLLOUT : 0U);
  event.data.ptr = &link;
  epoll_ctl(epoll_, add ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, link.socket(), &event);
}

void Generator::mark_dirty(Link& link) {
  if (link.dirty) return;
  link.dirty = true;
  dirty_.push_back(&link);
}

void Generator::flush_dirty() {
  // Dropping a link marks none.
  for (Link* link : dirty_) {
    link->dirty = false;
    if (link->state == Link::State::down) continue;
    if (link->flush()) {
      watch(*link, false);
    } else {
      last_words_ = strerror(errno);
      drop(*link, now_ns());
    }
  }
  dirty_.clear();
}

void Generator::poll(std::int64_t until_ns) {
  flush_dirty();
  const std::int64_t left_ns = until_ns - now_ns();
  const std::int64_t wait_ns =
      std::max<std::int64_t>(left_ns - (asks_seldom() ? wakes_early_ns : 0), 0);
  const timespec timeout{wait_ns / second_ns, wait_ns % second_ns};
  std::array<epoll_event, 256> events;
  const int n = epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    handle(*static_cast<Link*>(event.data.ptr), event.events);
  }
  flush_dirty();
}

void Generator::handle(Link& link, std::uint32_t events) {
  if (link.state == Link::State::connecting) {
    if (!link.connected()) {
      last_words_ = "connection refused";
      return drop(link, now_ns());
    }
    greet(link);
  } else if ((events & EPOLLOUT) != 0) {
    mark_dirty(link);
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !read_answers(link)) {
    drop(link, now_ns());
  }
}

bool Generator::read_answers(Link& link) {
  if (!link.read()) {
    if (last_words_.empty()) last_words_ = "the server closed the connection";
    return false;
  }
  const std::int64_t now = now_ns();
  while (true) {
    const net::FrameView frame = net::first_frame(link.received().bytes(), limits::frame_bytes_max);
    if (frame.state == net::FrameState::incomplete) break;
    if (frame.state != net::FrameState::complete) {
      last_words_ = "the server sent what is no frame";
      return false;
    }
    const auto response = net::decode_response(frame.payload);
    if (!response || !take(link, *response, now)) return false;
    link.received().consumed(frame.frame_bytes);
  }
  if (active_) refill(link, now);
  return true;
}

bool Generator::take(Link& link, const net::Response& response, std::int64_t now) {
  if (response.id == 0 || (response.id == hello_id && !succeeded(response.status))) {
    last_words_ = response.message;
    return false;
  }
  if (response.id == hello_id) {
    welcome(link, response, now);
  } else if (Flight* flight = link.find(response.id)) {
    finish(link, *flight, response, now);
  }
  return true;
}

void Generator::finish(Link& link, Flight& flight, const net::Response& response,
                       std::int64_t now) {
  const Job& job = flight.job;
  if (job.counted) active_->second.add(job, response, now - flight.intended_ns);
  active_->receipts.answered(job, response);
  active_->workload.answered(job, response, now);
  link.in_flight -= job.count();
  --jobs_in_flight_;
  last_answer_ns_ = silent_since_ns_ = now;
  const bool rest = response.status >= Status::overloaded || response.retry_after.us() > 0;
  if (rest && !active_->run.schedule && link.rest_until_ns <= now) {
    link.rest_until_ns = now + std::max(response.retry_after.us() * 1'000, rest_min_ns);
    resting_.push_back(&link);
  }
  link.close_flight(flight);
}

// ---- asking
// ---------------------------------------------------------------------------------------

bool Generator::has_room(const Link& link, std::int64_t now) const {
  return link.state == Link::State::up && link.rest_until_ns <= now &&
         (link.in_flight == 0 || link.in_flight + options_.job_count <= options_.window);
}

bool Generator::ask(Link& link, std::int64_t intended_ns) {
  Flight& flight = link.open_flight();
  if (!active_->workload.next(flight.job, intended_ns)) {
    link.close_flight(flight);
    active_->starved = true;
    return false;
  }
  flight.intended_ns = intended_ns;
  link.append(encode(encoder_, link.id_of(flight), flight.job));
  link.in_flight += flight.job.count();
  if (jobs_in_flight_++ == 0) silent_since_ns_ = now_ns();
  mark_dirty(link);
  return true;
}

void Generator::refill(Link& link, std::int64_t now) {
  if (active_->run.schedule || now < active_->run.start_ns) return;
  while (active_->asking && has_room(link, now) && ask(link, now)) now = now_ns();
}

Link* Generator::link_with_room(std::int64_t now) {
  for (std::size_t tried = 0; tried < links_.size(); ++tried) {
    Link& link = *links_[next_link_];
    next_link_ = next_link_ + 1 == links_.size() ? 0 : next_link_ + 1;
    if (has_room(link, now)) return &link;
  }
  return nullptr;
}

void Generator::ask_what_is_due(std::int64_t now) {
  PoissonSchedule& schedule = *active_->run.schedule;
  active_->crowded = false;
  while (active_->run.start_ns + schedule.due_ns() <= now) {
    Link* link = link_with_room(now);
    active_->crowded = link == nullptr;
    if (link == nullptr || !ask(*link, active_->run.start_ns + schedule.due_ns())) return;
    schedule.advance();
  }
}

// ---- a run
// ----------------------------------------------------------------------------------------

Result<void> Generator::run(Run run, Workload& workload, Receipts& receipts) {
  prctl(PR_SET_TIMERSLACK, 1UL);  // an open loop sends when it is due, not 50 us later
  const std::int64_t start = std::max(run.start_ns, now_ns());
  active_ = std::make_unique<Active>(Active{std::move(run), workload, receipts});
  active_->run.start_ns = start;
  active_->second_end_ns = start + second_ns;
  up_until_ns_ = last_answer_ns_ = start;
  // Step by step, since the kernel lets a long sleep end late, by a thousandth of it.
  for (std::int64_t now = now_ns(); now < start && !stopped(); now = now_ns()) {
    poll(std::min(start, now + look_up_every_ns));
  }
  if (!stopped()) {
    for (const auto& link : links_) refill(*link, start);
  }

  Result<void> outcome;
  for (std::int64_t now = start; outcome && step(now); now = now_ns()) {
    poll(wake_at());
    outcome = alive(now_ns());
  }
  give_up_flights(now_ns());
  if (active_->run.second_over) active_->run.second_over(active_->second);
  active_.reset();
  return outcome;
}

bool Generator::asks_seldom() const {
  return active_ && active_->run.schedule && active_->run.schedule->mean_gap_ns() > seldom_gap_ns;
}

bool Generator::stopped() const {
  return active_->run.stop != nullptr && active_->run.stop->load();
}

// What is to be done apart from the network's news; false: the run is over.
bool Generator::step(std::int64_t now) {
  Active& active = *active_;
  if (active.asking && (now >= active.run.end_ns || stopped() || active.workload.done())) {
    active.asking = false;
    active.drain_end_ns = now + options_.drain_ns;
  }
  if (!active.asking && (jobs_in_flight_ == 0 || now >= active.drain_end_ns)) return false;
  if (now >= active.second_end_ns && active.run.second_over) {
    active.run.second_over(active.second);
    active.second.clear();
    active.second_end_ns += second_ns;
  }
  if (active.asking && active.run.schedule) ask_what_is_due(now);
  if (now - active.tended_ns >= tend_every_ns) tend(now);
  return true;
}

// Connections that are down or rested, and a workload that had nothing.
void Generator::tend(std::int64_t now) {
  active_->tended_ns = now;
  start_connecting(now);
  std::erase_if(resting_, [&](Link* link) {
    if (link->state == Link::State::up && link->rest_until_ns > now) return false;
    if (link->state == Link::State::up) refill(*link, now);
    return true;
  });
  if (!active_->starved) return;
  active_->starved = false;
  for (const auto& link : links_) refill(*link, now);
}

std::int64_t Generator::wake_at() const {
  const Active& active = *active_;
  std::int64_t at = std::min(active.tended_ns + look_up_every_ns, active.second_end_ns);
  if (active.asking) at = std::min(at, active.run.end_ns);
  const bool unsettled =
      active.starved || !resting_.empty() || up_ < links_.size() || active.crowded;
  if (unsettled) at = std::min(at, active.tended_ns + tend_every_ns);
  if (active.asking && active.run.schedule && !active.crowded && !active.starved) {
    at = std::min(at, active.run.start_ns + active.run.schedule->due_ns());
  }
  return at;
}

void Generator::give_up_flights(std::int64_t now) {
  if (jobs_in_flight_ == 0) return;
  for (const auto& link : links_) {
    if (link->in_flight != 0) drop(*link, now);
  }
}

Result<void> Generator::alive(std::int64_t now) const {
  if (up_ == 0 && now - up_until_ns_ > options_.gone_after_ns) {
    return fail(ErrorCode::closed,
                fmt::format("the server at {} is gone, and did not come back within {} s: {}",
                            format_endpoint(options_.server), options_.gone_after_ns / second_ns,
                            last_words_));
  }
  if (jobs_in_flight_ > 0 && now - silent_since_ns_ > options_.silent_after_ns) {
    return fail(ErrorCode::timed_out, fmt::format("the server at {} gave no answer for {} s",
                                                  format_endpoint(options_.server),
                                                  options_.silent_after_ns / second_ns));
  }
  return {};
}

}  // namespace hb::load
