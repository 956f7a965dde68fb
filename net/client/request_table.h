// The requests that a client has not yet an answer for.
//
// A request keeps the frame that it was sent as, so sending it again after a lost connection is
// sending the same bytes: same id, same key, same parameters.  Ids name a slot and its turn, so an
// answer that comes after its request was given up finds nothing.
//
// Cost:    no allocation at steady state; slots and the memory of their frames are reused.
// Threads: none.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "engine/base/result.h"
#include "net/wire/messages.h"

namespace hb::net {

using Instant = std::chrono::steady_clock::time_point;

// Told once how a request ended.  The response and what it points to live during the call only.
using Completion = std::function<void(Result<const Response*>)>;

struct PendingRequest {
  enum class State : std::uint8_t {
    free,
    waiting,  // for room in the window, or for a connection
    sent,
    delayed,  // until not_before, then waiting
  };

  std::uint64_t id = 0;     // never below RequestTable::id_min
  std::uint64_t order = 0;  // grows with each request made
  std::vector<std::byte> frame;
  std::uint32_t weight = 0;
  std::uint32_t retries = 0;
  State state = State::free;
  Instant expires_at;
  Instant not_before;
  Completion done;
};

class RequestTable {
 public:
  using State = PendingRequest::State;
  // Smaller ids are free for requests that are not kept here.
  static constexpr std::uint64_t id_min = std::uint64_t{1} << 32;

  // A new request in state waiting, with an id and an empty frame.  References to requests are good
  // until the next open().
  PendingRequest& open(std::uint32_t weight, Instant expires_at, Completion done);
  // Null: no such request, or not any more.
  PendingRequest* find(std::uint64_t id);
  // Forgets the request and returns whom to tell.
  Completion close(PendingRequest& request);

  // The open requests for which `wanted` holds, in the order in which they were made.
  template <class Predicate>
  std::vector<std::uint64_t> select(Predicate wanted) const {
    std::vector<const PendingRequest*> found;
    for (const PendingRequest& request : slots_) {
      if (request.state != State::free && wanted(request)) found.push_back(&request);
    }
    return ids_in_order(found);
  }

  // When the first of the open requests expires or ends its delay; Instant::max() without any.
  Instant earliest_due() const;

  bool empty() const { return free_.size() == slots_.size(); }
  // Of all open requests.
  std::uint32_t weight() const { return weight_; }

 private:
  static std::vector<std::uint64_t> ids_in_order(std::vector<const PendingRequest*>& requests);

  std::vector<PendingRequest> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t made_ = 0;
  std::uint32_t weight_ = 0;
};

}  // namespace hb::net
