#include "net/client/request_table.h"

#include <algorithm>
#include <utility>

#include "engine/base/assert.h"

namespace hb::net {
namespace {

constexpr unsigned turn_shift = 32;

}  // namespace

PendingRequest& RequestTable::open(std::uint32_t weight, Instant expires_at, Completion done) {
  if (free_.empty()) {
    const auto slot = static_cast<std::uint32_t>(slots_.size());
    free_.push_back(slot);
    slots_.emplace_back().id = slot;
  }
  PendingRequest& request = slots_[free_.back()];
  free_.pop_back();
  request.id += std::uint64_t{1} << turn_shift;
  if (request.id < id_min) request.id += id_min;  // the turn has gone round
  request.order = ++made_;
  request.frame.clear();
  request.weight = weight;
  request.retries = 0;
  request.state = State::waiting;
  request.expires_at = expires_at;
  request.not_before = {};
  request.done = std::move(done);
  weight_ += weight;
  return request;
}

PendingRequest* RequestTable::find(std::uint64_t id) {
  const auto slot = static_cast<std::uint32_t>(id);
  if (slot >= slots_.size()) return nullptr;
  PendingRequest& request = slots_[slot];
  return request.state != State::free && request.id == id ? &request : nullptr;
}

Completion RequestTable::close(PendingRequest& request) {
  HB_ASSERT(request.state != State::free);
  request.state = State::free;
  weight_ -= request.weight;
  free_.push_back(static_cast<std::uint32_t>(request.id));
  return std::exchange(request.done, nullptr);
}

Instant RequestTable::earliest_due() const {
  Instant earliest = Instant::max();
  for (const PendingRequest& request : slots_) {
    if (request.state != State::free) earliest = std::min(earliest, request.expires_at);
    if (request.state == State::delayed) earliest = std::min(earliest, request.not_before);
  }
  return earliest;
}

std::vector<std::uint64_t> RequestTable::ids_in_order(
    std::vector<const PendingRequest*>& requests) {
  std::sort(requests.begin(), requests.end(),
            [](const auto* a, const auto* b) { return a->order < b->order; });
  std::vector<std::uint64_t> ids;
  ids.reserve(requests.size());
  for (const PendingRequest* request : requests) ids.push_back(request->id);
  return ids;
}

}  // namespace hb::net
