// Full segments that wait for their seals: which is next, and when a failed one is tried again.
//
// Seals of one shard form a chain, so they are made in the order of their segments: after a failure
// that shard's line waits, and the segments behind it too.  Other shards go on.
//
// Cost:    O(shards) a call.
// Threads: none.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/outage.h"

namespace hb {

class SealLine {
 public:
  struct Task {
    ShardId shard{};
    std::uint64_t segment = 0;
    friend bool operator==(const Task&, const Task&) = default;
  };

  void add(Task task);

  // The next seal to make; none when all is done or pauses.  Shards take turns.
  std::optional<Task> next(Time now);
  // When a pause ends, if there is one.
  std::optional<Time> next_try() const;

  // The seal that next() returned has been made.  True: it ended an outage.
  bool made(const Task& task);
  // It has failed.  True: worth a line in the log.
  bool failed(const Task& task, const Error& why, Time now);

 private:
  struct Line {
    ShardId shard{};
    std::deque<std::uint64_t> segments{};
    Outage outage{};
  };
  Line& line_of(ShardId shard);

  std::vector<Line> lines_;
  std::size_t turn_ = 0;  // the line that next() looks at first
};

}  // namespace hb
