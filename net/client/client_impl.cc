#include "net/client/client_impl.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "engine/base/assert.h"
#include "net/client/outcome.h"
#include "net/wire/status_message.h"

namespace hb::net {
namespace {

using boost::system::error_code;
using std::chrono::microseconds;
using State = PendingRequest::State;

// Hello's own id; requests have larger ones.
constexpr std::uint64_t hello_id = 1;
static_assert(hello_id < RequestTable::id_min);

// How often timeouts and delays are looked after.
constexpr std::chrono::milliseconds sweep_interval(25);

// What the client's own refusal tells to wait.
constexpr Duration own_retry_after = Duration::ms(10);

Instant now() {
  return std::chrono::steady_clock::now();
}

// Nothing was done, and the same command may well pass in a moment.
bool passing(Status status) {
  return status == Status::overloaded || status == Status::shutting_down;
}

}  // namespace

Client::Impl::Impl(boost::asio::io_context& io, ClientOptions options)
    : io_(io),
      options_(std::move(options)),
      link_timer_(io),
      jitter_(static_cast<std::minstd_rand::result_type>(random_key().low)),
      window_max_(options_.window_max),
      sweep_timer_(io) {
  welcome_.claim_batch_max = limits::claim_batch_max;
}

// ---- requests -----------------------------------------------------------------------------------

std::uint32_t Client::Impl::outstanding() const {
  return requests_.weight() + static_cast<std::uint32_t>(gathering_.claims.size());
}

bool Client::Impl::has_room(std::uint32_t weight) const {
  return std::uint64_t{outstanding()} + weight <= std::uint64_t{window_max_} + options_.queue_max;
}

PendingRequest& Client::Impl::open(std::uint32_t weight, Instant expires_at, Completion done) {
  look_again_at(expires_at);
  return requests_.open(weight, expires_at, std::move(done));
}

void Client::Impl::keep_frame(PendingRequest& request, RequestEncoder::Frame frame) {
  request.frame.assign(frame.begin(), frame.end());
}

void Client::Impl::delay(PendingRequest& request, Instant not_before) {
  request.state = State::delayed;
  request.not_before = not_before;
  look_again_at(not_before);
}

void Client::Impl::post(std::function<void()> call) {
  boost::asio::post(io_, [self = shared_from_this(), call = std::move(call)] {
    if (!self->abandoned_) call();
  });
}

void Client::Impl::refuse_here(Completion done) {
  post([done = std::move(done)] {
    Response response;
    response.status = Status::overloaded;
    response.limit = own_retry_after.us();
    response.retry_after = own_retry_after;
    response.message = "the client's queue is full; wait for answers before asking more";
    done(&response);
  });
}

void Client::Impl::schedule_turn() {
  ensure_link();
  if (std::exchange(turn_scheduled_, true)) return;
  boost::asio::post(io_, [self = shared_from_this()] { self->end_of_turn(); });
}

void Client::Impl::end_of_turn() {
  turn_scheduled_ = false;
  send_gathered();
  send_waiting();
}

void Client::Impl::send_waiting() {
  if (link_ != LinkState::up) return;
  while (!waiting_.empty()) {
    PendingRequest* request = requests_.find(waiting_.front());
    if (request != nullptr && request->state == State::waiting) {
      // One that is larger than the whole window goes alone.
      if (in_flight_ != 0 && in_flight_ + request->weight > window_max_) break;
      connection_->append(request->frame);
      request->state = State::sent;
      in_flight_ += request->weight;
    }
    waiting_.pop_front();
  }
  connection_->flush();
}

void Client::Impl::answer(const Response& response) {
  PendingRequest* request = requests_.find(response.id);
  // Not sent: the answer to what was given up, or a server that answers what nobody asked.
  if (request == nullptr || request->state != State::sent) return;
  in_flight_ -= request->weight;
  if (passing(response.status) && retry_later(*request, response)) return;
  const Completion done = requests_.close(*request);
  done(&response);
}

bool Client::Impl::retry_later(PendingRequest& request, const Response& response) {
  if (!options_.retry_overloaded || request.retries >= options_.retries_max) return false;
  ++request.retries;
  ++counters_.retries;
  delay(request, now() + microseconds(std::max(response.retry_after, options_.backoff_min).us()));
  return true;
}

void Client::Impl::fail_all(const Error& error) {
  waiting_.clear();
  in_flight_ = 0;
  for (const std::uint64_t id : requests_.select([](const PendingRequest&) { return true; })) {
    const Completion done = requests_.close(*requests_.find(id));
    post([done, error] { done(fail(error)); });
  }
  ClaimGroup gathered = std::exchange(gathering_, {});
  for (auto& done : gathered.done) {
    post([done = std::move(done), error] { done(fail(error)); });
  }
  for (auto& done : std::exchange(connect_waiters_, {})) {
    post([done = std::move(done), error] { done(fail(error)); });
  }
}

// ---- claims -------------------------------------------------------------------------------------

void Client::Impl::submit_claim(ClaimItem claim, Callback<ClaimAnswer> done) {
  if (!has_room(1)) return refuse_here(completion<ClaimAnswer>(std::move(done)));
  gathering_.claims.push_back(claim);
  gathering_.done.push_back(std::move(done));
  schedule_turn();
}

void Client::Impl::send_gathered() {
  const std::size_t batch_max = std::max<std::size_t>(welcome_.claim_batch_max, 1);
  ClaimGroup gathered = std::exchange(gathering_, {});
  for (std::size_t first = 0; first < gathered.claims.size(); first += batch_max) {
    const std::size_t count = std::min(batch_max, gathered.claims.size() - first);
    const auto from = static_cast<std::ptrdiff_t>(first);
    const auto to = static_cast<std::ptrdiff_t>(first + count);
    auto group = std::make_shared<ClaimGroup>();
    group->claims.assign(gathered.claims.begin() + from, gathered.claims.begin() + to);
    group->done.assign(std::make_move_iterator(gathered.done.begin() + from),
                       std::make_move_iterator(gathered.done.begin() + to));
    group->expires_at = expiry(timeout({}));
    submit_group(group, {});
  }
}

void Client::Impl::submit_group(const std::shared_ptr<ClaimGroup>& group, Instant not_before) {
  PendingRequest& request = open(
      static_cast<std::uint32_t>(group->claims.size()), group->expires_at,
      [this, group](Result<const Response*> result) { group_ended(group, std::move(result)); });
  keep_frame(request, encoder_.claims(request.id, Time(), group->claims));
  request.retries = group->retries;
  if (not_before == Instant()) {
    waiting_.push_back(request.id);
  } else {
    delay(request, not_before);
  }
}

// Back to where claims gather, to leave in batches of the size that the server takes.
void Client::Impl::gather_again(ClaimGroup& group) {
  gathering_.claims.insert(gathering_.claims.end(), group.claims.begin(), group.claims.end());
  gathering_.done.insert(gathering_.done.end(), std::make_move_iterator(group.done.begin()),
                         std::make_move_iterator(group.done.end()));
  schedule_turn();
}

void Client::Impl::group_ended(const std::shared_ptr<ClaimGroup>& group,
                               Result<const Response*> result) {
  if (!result) {
    for (const auto& done : group->done) {
      if (!abandoned_) done(fail(result.error()));
    }
    return;
  }
  const Response& response = **result;
  const auto* list = std::get_if<ClaimListAnswer>(&response.answer);
  if (list != nullptr && list->claims.size() == group->claims.size()) {
    return group_answered(group, response, list->claims);
  }
  // The batch was made before the handshake told how large it may be.
  const bool too_large =
      response.status == Status::batch_too_large && group->claims.size() > welcome_.claim_batch_max;
  if (too_large) return gather_again(*group);
  for (const auto& done : group->done) {
    if (!abandoned_) done(outcome<ClaimAnswer>(response));  // refused as a whole
  }
}

// Each claim hears its own outcome; those that found a part of the server overloaded go again.
void Client::Impl::group_answered(const std::shared_ptr<ClaimGroup>& group,
                                  const Response& response, std::span<const ClaimAnswer> answers) {
  const bool may_retry = options_.retry_overloaded && group->retries < options_.retries_max;
  auto again = std::make_shared<ClaimGroup>();
  again->retries = group->retries + 1;
  again->expires_at = group->expires_at;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (abandoned_) return;
    if (may_retry && passing(answers[i].status)) {
      again->claims.push_back(group->claims[i]);
      again->done.push_back(std::move(group->done[i]));
    } else {
      group->done[i](outcome_of(answers[i], response.retry_after));
    }
  }
  if (abandoned_ || again->claims.empty()) return;
  ++counters_.retries;
  const Duration wait = std::max(response.retry_after, options_.backoff_min);
  submit_group(again, now() + microseconds(wait.us()));
}

// ---- the link -----------------------------------------------------------------------------------

void Client::Impl::connect(std::function<void(Result<Welcome>)> done) {
  connect_waiters_.push_back(std::move(done));
  if (link_ == LinkState::up) {
    post([this] { tell_connected(); });
  } else {
    ensure_link();
  }
}

void Client::Impl::tell_connected() {
  if (link_ != LinkState::up) return;  // lost meanwhile: the next welcome tells
  for (auto& done : std::exchange(connect_waiters_, {})) {
    if (!abandoned_) done(welcome_);
  }
}

void Client::Impl::ensure_link() {
  if (link_ == LinkState::down) start_attempt();
}

void Client::Impl::start_attempt() {
  link_ = LinkState::connecting;
  connection_ = std::make_shared<Connection>(io_, shared_from_this());
  link_timer_.expires_after(microseconds(options_.connect_timeout.us()));
  link_timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (cancelled || self->link_ != LinkState::connecting) return;
    self->attempt_failed({ErrorCode::timed_out, self->options_.host + ": no answer in time"});
  });
  connection_->start(options_.host, options_.port);
}

void Client::Impl::connection_up() {
  connection_->append(encoder_.hello(hello_id, {protocol_version, options_.name}));
  connection_->flush();
}

void Client::Impl::connection_brought(const Response& response) {
  if (response.id >= RequestTable::id_min) return answer(response);
  if (response.id == hello_id && std::holds_alternative<Welcome>(response.answer)) {
    return greeted(response);
  }
  // About the connection, and the last that comes on it.
  Error error{ErrorCode::protocol,
              "the server ended the connection: " + std::string(response.message)};
  if (passing(response.status) || response.status == Status::frame_timeout) {
    wait_before_attempt_ = response.retry_after;
    error.code = ErrorCode::closed;
    return connection_down(std::move(error));
  }
  drop_connection();
  fail_all(error);  // the next connection would end in the same way
}

void Client::Impl::connection_drained() {
  send_waiting();
}

void Client::Impl::greeted(const Response& response) {
  link_timer_.cancel();
  welcome_ = std::get<Welcome>(response.answer);
  window_max_ = std::max(1U, std::min(options_.window_max, welcome_.window_max));
  link_ = LinkState::up;
  attempts_ = 0;
  ++counters_.connects;
  tell_connected();
}

void Client::Impl::connection_down(Error error) {
  if (link_ == LinkState::up) {
    lost(error);
  } else {
    attempt_failed(std::move(error));
  }
}

// What was sent and not answered goes again, before what has not been sent, unless it has had its
// tries.
void Client::Impl::lost(const Error& error) {
  drop_connection();
  const auto sent =
      requests_.select([](const PendingRequest& r) { return r.state == State::sent; });
  std::vector<std::uint64_t> again;
  for (const std::uint64_t id : sent) {
    PendingRequest& request = *requests_.find(id);
    if (request.retries < options_.retries_max) {
      ++request.retries;
      ++counters_.retries;
      request.state = State::waiting;
      again.push_back(id);
    } else {
      const Completion done = requests_.close(request);
      post([done, error] { done(fail(error)); });
    }
  }
  waiting_.insert(waiting_.begin(), again.begin(), again.end());
  if (outstanding() != 0 || !connect_waiters_.empty()) back_off();
}

void Client::Impl::attempt_failed(Error error) {
  drop_connection();
  if (++attempts_ < options_.connect_attempts_max) return back_off();
  error.message += " (" + std::to_string(attempts_) + " attempts)";
  attempts_ = 0;
  fail_all(error);
}

// Half of the wait is by chance, so that the clients of a server that restarts do not come all at
// once.
void Client::Impl::back_off() {
  link_ = LinkState::backing_off;
  const unsigned doublings = std::min(attempts_, 20U);
  const std::int64_t wait_us =
      std::min(options_.backoff_min.us() << doublings, options_.backoff_max.us());
  std::uniform_int_distribution<std::int64_t> half(0, wait_us / 2);
  const std::int64_t asked_us = std::exchange(wait_before_attempt_, Duration()).us();
  link_timer_.expires_after(microseconds(asked_us + wait_us - half(jitter_)));
  link_timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (!cancelled && self->link_ == LinkState::backing_off) self->start_attempt();
  });
}

void Client::Impl::drop_connection() {
  link_ = LinkState::down;
  link_timer_.cancel();
  in_flight_ = 0;
  if (connection_ != nullptr) std::exchange(connection_, nullptr)->abandon();
}

void Client::Impl::close() {
  drop_connection();
  fail_all({ErrorCode::closed, "the client was closed"});
}

void Client::Impl::abandon() {
  abandoned_ = true;
  drop_connection();
  sweep_timer_.cancel();
  for (const std::uint64_t id : requests_.select([](const PendingRequest&) { return true; })) {
    requests_.close(*requests_.find(id));
  }
  gathering_ = {};
  connect_waiters_.clear();
}

// ---- time ---------------------------------------------------------------------------------------

Instant Client::Impl::expiry(Duration timeout) {
  return now() + microseconds(timeout.us());
}

void Client::Impl::schedule_sweep() {
  if (std::exchange(sweep_scheduled_, true)) return;
  sweep_timer_.expires_after(sweep_interval);
  sweep_timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    self->sweep_scheduled_ = false;
    if (!cancelled) self->sweep();
  });
}

void Client::Impl::look_again_at(Instant due) {
  next_due_ = std::min(next_due_, due);
  schedule_sweep();
}

void Client::Impl::sweep() {
  const Instant at = now();
  if (next_due_ <= at) {
    next_due_ = Instant::max();
    end_delays(at);
    expire(at);
    next_due_ = std::min(next_due_, requests_.earliest_due());
    send_waiting();
  }
  if (!requests_.empty()) schedule_sweep();
}

void Client::Impl::end_delays(Instant at) {
  const auto due = requests_.select(
      [&](const PendingRequest& r) { return r.state == State::delayed && r.not_before <= at; });
  for (const std::uint64_t id : due) {
    requests_.find(id)->state = State::waiting;
    waiting_.push_back(id);
  }
}

void Client::Impl::expire(Instant at) {
  const auto expired =
      requests_.select([&](const PendingRequest& r) { return r.expires_at <= at; });
  for (const std::uint64_t id : expired) {
    PendingRequest* request = requests_.find(id);
    if (request == nullptr) continue;  // an earlier callback closed the client
    if (request->state == State::sent) in_flight_ -= request->weight;
    const Completion done = requests_.close(*request);
    done(fail(ErrorCode::timed_out,
              "no answer in the time given; it may have been carried out: ask again, with the same "
              "key where the command has one"));
  }
}

}  // namespace hb::net
