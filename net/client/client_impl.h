// Inside net/client: what a Client does behind its calls.
//
//   submit -> waiting -> (window has room) sent -> answered
//                ^                           |
//                +--- delayed (overloaded) --+
//                +--- connection lost -------+
//
// All that happens within one turn of the io_context goes out in end_of_turn(): gathered claims
// become batches, waiting requests are sent as the window allows, and one write takes them all.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "net/client/client.h"
#include "net/client/connection.h"
#include "net/client/request_table.h"
#include "net/wire/request_encoder.h"

namespace hb::net {

class Client::Impl : public ConnectionOwner, public std::enable_shared_from_this<Client::Impl> {
 public:
  Impl(boost::asio::io_context& io, ClientOptions options);

  void connect(std::function<void(Result<Welcome>)> done);
  void close();
  // Ends without telling anybody.
  void abandon();

  // `encode(encoder, id)` makes the frame of the request under that id.
  template <class Encode>
  void submit(std::uint32_t weight, CallOptions call, Completion done, const Encode& encode) {
    if (!has_room(weight)) return refuse_here(std::move(done));
    PendingRequest& request = open(weight, expiry(timeout(call)), std::move(done));
    keep_frame(request, encode(encoder_, request.id));
    waiting_.push_back(request.id);
    schedule_turn();
  }
  void submit_claim(ClaimItem claim, Callback<ClaimAnswer> done);

  // The call's own, or what the options say.
  Duration timeout(CallOptions call) const {
    return call.timeout == Duration() ? options_.request_timeout : call.timeout;
  }
  bool connected() const { return link_ == LinkState::up; }
  const Welcome& welcome() const { return welcome_; }
  std::uint32_t outstanding() const;
  const ClientCounters& counters() const { return counters_; }

  void connection_up() override;
  void connection_brought(const Response& response) override;
  void connection_drained() override;
  void connection_down(Error error) override;

 private:
  enum class LinkState : std::uint8_t { down, connecting, up, backing_off };

  // Claims that travel together.
  struct ClaimGroup {
    std::vector<ClaimItem> claims;
    std::vector<Callback<ClaimAnswer>> done;
    std::uint32_t retries = 0;
    Instant expires_at;
  };

  // Requests.
  bool has_room(std::uint32_t weight) const;
  PendingRequest& open(std::uint32_t weight, Instant expires_at, Completion done);
  static void keep_frame(PendingRequest& request, RequestEncoder::Frame frame);
  void delay(PendingRequest& request, Instant not_before);
  void refuse_here(Completion done);
  void schedule_turn();
  void end_of_turn();
  void send_waiting();
  void answer(const Response& response);
  bool retry_later(PendingRequest& request, const Response& response);
  void fail_all(const Error& error);
  // Calls back in a later turn, unless the client is gone by then.
  void post(std::function<void()> call);

  // Claims.
  void send_gathered();
  void submit_group(const std::shared_ptr<ClaimGroup>& group, Instant not_before);
  void gather_again(ClaimGroup& group);
  void group_ended(const std::shared_ptr<ClaimGroup>& group, Result<const Response*> result);
  void group_answered(const std::shared_ptr<ClaimGroup>& group, const Response& response,
                      std::span<const ClaimAnswer> answers);

  // The link.
  void ensure_link();
  void start_attempt();
  void attempt_failed(Error error);
  void back_off();
  void greeted(const Response& response);
  void lost(const Error& error);
  void tell_connected();
  void drop_connection();

  // Time.
  void schedule_sweep();
  void sweep();
  void end_delays(Instant at);
  void expire(Instant at);
  void look_again_at(Instant due);
  static Instant expiry(Duration timeout);

  boost::asio::io_context& io_;
  const ClientOptions options_;
  ClientCounters counters_;

  LinkState link_ = LinkState::down;
  std::shared_ptr<Connection> connection_;
  boost::asio::steady_timer link_timer_;  // an attempt's end, or the next attempt's start
  std::uint32_t attempts_ = 0;            // failed in a row
  Duration wait_before_attempt_;          // what a server asked for that turned the last one away
  std::minstd_rand jitter_;
  Welcome welcome_;
  std::uint32_t window_max_;
  std::vector<std::function<void(Result<Welcome>)>> connect_waiters_;

  RequestEncoder encoder_;
  RequestTable requests_;
  std::deque<std::uint64_t> waiting_;  // ids; those given up meanwhile find nothing
  std::uint32_t in_flight_ = 0;        // weight of the sent ones
  ClaimGroup gathering_;
  bool turn_scheduled_ = false;
  boost::asio::steady_timer sweep_timer_;
  bool sweep_scheduled_ = false;
  Instant next_due_ = Instant::max();  // no request expires or ends its delay before
  bool abandoned_ = false;
};

}  // namespace hb::net
