// The feed: every shard's durable events from any position on, as the journal has them but for
// their secrets (secrets.h).
//
// A reader pulls: it asks for what comes at or after a sequence, and its next question is the only
// flow control there is.  So a slow reader costs nobody anything; a few places where readers
// stopped are kept open, so that going on there needs no search.
//
// Cost:    as journal::Follower's.
// Memory:  1 MiB for each place kept open, places_max of them.
// Threads: one.
// Errors:  as the Follower's.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <vector>

#include "engine/archive/journal_source.h"
#include "engine/archive/queries.h"
#include "engine/base/result.h"
#include "engine/journal/follower.h"

namespace hb::archive {

class Feed {
 public:
  static constexpr std::size_t places_max = 16;
  static constexpr Duration wait_max = Duration::seconds(30);

  // The sources' storages outlive the feed.
  explicit Feed(std::vector<JournalSource> sources) : sources_(std::move(sources)) {}

  // A refusal, or events: as many as fit the query's bytes_max, and one at least.  Nothing while
  // there are none, and `may_wait`.
  Result<std::optional<QueryReply>> answer(const ReadFeed& query, bool may_wait);

 private:
  // Where a reader stopped: what it has not got of the last block, and the follower behind that.
  struct Place {
    ShardId shard{};
    Sequence next{};
    std::vector<std::byte> rest{};  // of the block that holds `next`
    journal::Follower follower;
  };
  Place take_place(ShardId shard, Sequence from);
  Result<void> read_on(Place& place, Sequence durable, std::size_t bytes, FeedPage& page);

  std::vector<JournalSource> sources_;
  std::list<Place> places_;  // newest first
};

}  // namespace hb::archive
