// Queries that wait for one thread, taken in turn from the connections that asked them.
//
// A connection with a thousand queries delays the one query of another by one of its own, not by a
// thousand.  And it cannot take all places: a connection may have at most a fraction of those that
// are free, so that some always stay for the others.
//
// A query keeps its place until release(): also while it is answered, and while it waits for events.
//
// Cost:    O(1) each.
// Memory:  places_max queries.
// Threads: none; its owner locks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "engine/base/assert.h"

namespace hb::archive {

template <class Query>
class QueryQueue {
 public:
  explicit QueryQueue(std::size_t places_max) : places_max_(places_max) {}

  // False, and nothing is moved: the connection has its share of the places.
  bool push(std::uint64_t connection, Query& query) {
    const auto found = lines_.find(connection);
    const std::size_t own = found == lines_.end() ? 0 : found->second.places;
    if (own >= share()) return false;
    Line& line = lines_[connection];
    if (line.waiting.empty()) turns_.push_back(connection);
    line.waiting.push_back(std::move(query));
    ++line.places;
    ++places_;
    return true;
  }

  // The first query of the connection whose turn it is; no value when none waits.
  std::optional<Query> pop() {
    if (turns_.empty()) return std::nullopt;
    const std::uint64_t connection = turns_.front();
    turns_.pop_front();
    Line& line = lines_.at(connection);
    Query query = std::move(line.waiting.front());
    line.waiting.pop_front();
    if (!line.waiting.empty()) turns_.push_back(connection);
    return query;
  }

  // A query of this connection that pop() returned is answered.
  void release(std::uint64_t connection) {
    const auto found = lines_.find(connection);
    HB_ASSERT(found != lines_.end() && found->second.places > found->second.waiting.size());
    --places_;
    if (--found->second.places == 0) lines_.erase(found);
  }

  // Nothing waits for pop().
  bool empty() const { return turns_.empty(); }
  // Those that wait and those that pop() returned and release() did not.
  std::size_t places() const { return places_; }

 private:
  static constexpr std::size_t share_divisor = 8;

  struct Line {
    std::deque<Query> waiting{};
    std::size_t places = 0;
  };

  std::size_t share() const {
    const std::size_t free = places_max_ - places_;
    return free == 0 ? 0 : std::max<std::size_t>(free / share_divisor, 1);
  }

  const std::size_t places_max_;
  std::size_t places_ = 0;
  std::unordered_map<std::uint64_t, Line> lines_;
  std::deque<std::uint64_t> turns_;  // connections with waiting queries
};

}  // namespace hb::archive
