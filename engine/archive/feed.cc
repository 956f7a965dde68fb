#include "engine/archive/feed.h"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/archive/secrets.h"

namespace hb::archive {
namespace {

std::size_t record_bytes(std::span<const std::byte> records) {
  return reinterpret_cast<const EventHeader*>(records.data())->bytes();
}

}  // namespace

Result<std::optional<QueryReply>> Feed::answer(const ReadFeed& q, bool may_wait) {
  if (q.shard.value >= sources_.size()) {
    const auto count = static_cast<std::int64_t>(sources_.size());
    return std::optional(QueryReply{.status = Status::shard_unknown, .limit = count});
  }
  const Sequence durable = sources_[q.shard.value].durable();
  if (q.from == Sequence{} || q.from.value > durable.value + 1) {
    const auto most = static_cast<std::int64_t>(durable.value + 1);
    return std::optional(QueryReply{.status = Status::cursor_invalid, .limit = most});
  }
  if (q.from > durable && may_wait) return std::optional<QueryReply>();

  FeedPage page{.shard = q.shard, .first = q.from, .durable = durable};
  const std::size_t bytes = feed_page_bytes_max(q);
  Place place = take_place(q.shard, q.from);
  if (auto read = read_on(place, durable, bytes, page); !read) {
    return fail(std::move(read.error()));
  }
  places_.push_front(std::move(place));
  if (places_.size() > places_max) places_.pop_back();
  return std::optional(QueryReply{.answer = std::move(page)});
}

Feed::Place Feed::take_place(ShardId shard, Sequence from) {
  const auto kept = std::ranges::find_if(
      places_, [&](const Place& place) { return place.shard == shard && place.next == from; });
  if (kept != places_.end()) {
    Place place = std::move(*kept);
    places_.erase(kept);
    return place;
  }
  const JournalSource& source = sources_[shard.value];
  return {.shard = shard,
          .next = from,
          .follower = journal::Follower(*source.storage, source.identity, from)};
}

Result<void> Feed::read_on(Place& place, Sequence durable, std::size_t bytes, FeedPage& page) {
  for (;;) {
    std::span<const std::byte> rest(place.rest);
    const auto fits = [&] {
      return page.count == 0 || page.records.size() + record_bytes(rest) <= bytes;
    };
    while (!rest.empty() && fits()) {
      const auto record = rest.first(record_bytes(rest));
      page.records.insert(page.records.end(), record.begin(), record.end());
      // Whether a packet is closed by now would cost a look-up for each: none gets its seed here.
      hide_secrets(std::span(page.records).last(record.size()), SeedOf::open_packet);
      rest = rest.subspan(record.size());
      ++page.count;
      ++place.next.value;
    }
    place.rest.erase(place.rest.begin(),
                     place.rest.end() - static_cast<std::ptrdiff_t>(rest.size()));
    if (!place.rest.empty()) return {};
    const auto block = place.follower.next(durable);
    if (!block) return fail(block.error());
    if (!*block) return {};
    for (const journal::Record record : **block) {
      if (record.sequence < place.next) continue;
      place.rest.insert(place.rest.end(), record.bytes().begin(), record.bytes().end());
    }
  }
}

}  // namespace hb::archive
