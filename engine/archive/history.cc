#include "engine/archive/history.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "engine/archive/indexer.h"
#include "engine/archive/packet_story.h"
#include "engine/archive/secrets.h"
#include "engine/ledger/events.h"

namespace hb::archive {
namespace {

// Of a record in a frame, besides its own.
constexpr std::size_t frame_bytes_each = 64;

struct Found {
  std::string moment{};
  std::string record{};

  std::size_t bytes() const { return record.size() + frame_bytes_each; }
};

// Counts what a page takes.
class Room {
 public:
  explicit Room(std::size_t count_max) : count_left_(count_max) {}

  bool take(const Found& found) {
    const bool first = bytes_left_ == history_bytes_max;
    if (count_left_ == 0 || (!first && found.bytes() > bytes_left_)) return false;
    --count_left_;
    bytes_left_ -= std::min(found.bytes(), bytes_left_);
    return true;
  }

 private:
  std::size_t count_left_;
  std::size_t bytes_left_ = history_bytes_max;
};

// The strand's part of a page, and one record more if there is one: so much of it and no more can
// be needed, however the strands interleave.
Result<void> gather(const View& view, const std::string& strand, const std::string& from,
                    std::size_t count_max, std::vector<Found>& found) {
  Room room(count_max);
  return view.forward(strand, strand + from, [&](std::string_view moment, std::string_view record) {
    found.push_back({std::string(moment), std::string(record)});
    return room.take(found.back());
  });
}

// The archive may lag: a packet that it knows as closed is closed.
Result<SeedOf> seed_of(const View& view, std::span<const std::byte> record) {
  const auto* header = reinterpret_cast<const EventHeader*>(record.data());
  if (header->type != EventType::packet_sent) return SeedOf::open_packet;
  const auto story = read_story(view, read_event<PacketSent>(header).packet);
  if (!story) return fail(story.error());
  const bool closed = *story && (*story)->entry.state != PacketState::open;
  return closed ? SeedOf::closed_packet : SeedOf::open_packet;
}

Result<HistoryRecord> record_of(const View& view, const Found& found) {
  Parts parts(found.moment);
  parts.take_time();
  const auto shard = parts.take_id<ShardId>();
  HistoryRecord record{.shard = shard, .sequence = parts.take_id<Sequence>()};
  record.record.resize(found.record.size());
  std::memcpy(record.record.data(), found.record.data(), found.record.size());
  const auto seed = seed_of(view, record.record);
  if (!seed) return fail(seed.error());
  hide_secrets(record.record, *seed);
  return record;
}

}  // namespace

Result<HistoryPart> read_history(const View& view, const std::vector<std::string>& strands,
                                 const std::string& from, std::size_t count_max) {
  std::vector<Found> found;
  for (const std::string& strand : strands) {
    if (Result<void> read = gather(view, strand, from, count_max, found); !read) {
      return fail(read.error());
    }
  }
  std::ranges::sort(found, {}, &Found::moment);
  HistoryPart part;
  Room room(count_max);
  for (const Found& one : found) {
    if (!room.take(one)) {
      part.next = one.moment;
      break;
    }
    auto record = record_of(view, one);
    if (!record) return fail(std::move(record.error()));
    part.records.push_back(*std::move(record));
  }
  return part;
}

Result<std::vector<std::string>> strands_of_case(const View& view, CaseId case_id,
                                                 PacketId subject) {
  std::set<UserId> users;
  const std::string concerned = Key('u').add(case_id).str();
  const Result<void> read =
      view.forward(concerned, concerned, [&](std::string_view user, std::string_view) {
        users.insert(Parts(user).take_id<UserId>());
        return true;
      });
  if (!read) return fail(read.error());
  const auto parties = view.get(Key('p').add(subject));
  if (!parties) return fail(parties.error());
  if (!*parties) return fail(ErrorCode::damaged, "archive: a case is about an unknown packet");
  users.insert(decode_parties(**parties).sender);

  std::vector<std::string> strands{Key('e').add(subject).str()};
  for (const UserId user : users) strands.push_back(Key('f').add(user).str());
  return strands;
}

}  // namespace hb::archive
