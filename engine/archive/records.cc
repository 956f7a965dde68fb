#include "engine/archive/records.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "engine/archive/cursors.h"
#include "engine/archive/history.h"
#include "engine/archive/indexer.h"
#include "engine/archive/packet_story.h"
#include "engine/base/assert.h"
#include "engine/base/partition.h"

namespace hb::archive {
namespace {

QueryReply refusal(Status status, std::int64_t limit = 0) {
  return {.status = status, .limit = limit};
}

constexpr std::size_t movement_place_bytes = 8 + 1 + 8;       // sequence, part, the balance there
constexpr std::size_t bundle_place_bytes = 8 + moment_bytes;  // case, moment
static_assert(bundle_place_bytes <= cursor_place_bytes_max);

// What a movement came from; money from another shard is looked up by the event that sent it.
Result<Movement> tell_movement(const View& view, UserId user, Sequence sequence,
                               const MovementRow& row) {
  Movement m{.sequence = sequence,
             .at = row.at,
             .cause = row.cause,
             .packet = row.packet,
             .amount = Amount{row.amount_fen}};
  if (row.cause != EventType::credit_received) return m;
  const auto sent = view.get(Key('x').add(user).add(row.source).add(row.source_sequence));
  if (!sent) return fail(sent.error());
  // The other shard's event may not be in the archive yet; then only that money came is known.
  if (!*sent) return m;
  Parts parts(**sent);
  m.packet = parts.take_id<PacketId>();
  m.cause = static_cast<EventType>(parts.take<std::uint8_t>());
  return m;
}

}  // namespace

Result<QueryReply> Records::answer(const Query& query, const std::vector<Sequence>& durable) const {
  return std::visit([&](const auto& q) { return answer_one(q, durable); }, query);
}

Result<std::vector<AsOf>> Records::as_of(const View& view,
                                         const std::vector<Sequence>& durable) const {
  std::vector<AsOf> all;
  for (std::uint16_t s = 0; s < shard_count_; ++s) {
    const auto one = as_of(view, ShardId(s), durable);
    if (!one) return fail(one.error());
    all.push_back(*one);
  }
  return all;
}

Result<AsOf> Records::as_of(const View& view, ShardId shard,
                            const std::vector<Sequence>& durable) const {
  const auto mark = view.get(Key('P').add(shard));
  if (!mark) return fail(mark.error());
  const Sequence at = *mark ? decode_mark(**mark).last : Sequence();
  const std::uint64_t end = std::max(durable[shard.value].value, at.value);
  return AsOf{.shard = shard, .sequence = at, .events_behind = end - at.value};
}

// What is not in the records does not exist only if they have all events of its shard.
Result<QueryReply> Records::not_found(const View& view, Status unknown, PartitionId partition,
                                      const std::vector<Sequence>& durable) const {
  const auto at = as_of(view, shard_of(partition, shard_count_), durable);
  if (!at) return fail(at.error());
  if (at->events_behind == 0) return refusal(unknown);
  return refusal(Status::records_behind, static_cast<std::int64_t>(at->events_behind));
}

// The page as an answer, with what it is true of.
template <class Page>
Result<QueryReply> Records::told(const View& view, Page page,
                                 const std::vector<Sequence>& durable) const {
  auto positions = as_of(view, durable);
  if (!positions) return fail(positions.error());
  page.as_of = std::move(*positions);
  return QueryReply{.answer = std::move(page)};
}

// ---- sent and received --------------------------------------------------------------------------

template <class Page, class MakeEntry>
Result<QueryReply> Records::list(char kind, UserId user, const Cursor& cursor,
                                 std::uint32_t count_max, const std::vector<Sequence>& durable,
                                 const MakeEntry& make) const {
  if (user == UserId{}) return refusal(Status::user_invalid);
  if (count_max < 1 || count_max > page_rows_max_) {
    return refusal(Status::page_out_of_range, page_rows_max_);
  }
  const std::string prefix = Key(kind).add(user).str();
  std::optional<std::string> before;
  if (!cursor.empty()) {
    const auto place = place_in(prefix, moment_bytes, cursor);
    if (!place) return refusal(Status::cursor_invalid);
    before = prefix + *place;
  }

  const View view = archive_->view();
  Page page;
  std::vector<std::pair<std::string, PacketId>> rows;
  bool more = false;
  const Result<void> read =
      view.backward(prefix, before, [&](std::string_view place, std::string_view value) {
        more = rows.size() == count_max;
        if (!more) rows.emplace_back(place, Parts(value).take_id<PacketId>());
        return !more;
      });
  if (!read) return fail(read.error());
  for (const auto& [place, packet] : rows) {
    const auto story = read_story(view, packet);
    if (!story) return fail(story.error());
    if (!*story) return fail(ErrorCode::damaged, "archive: a list names a packet without events");
    page.entries.push_back(make(**story, Parts(place).take_time()));
  }
  if (more) page.next = cursor_of(prefix, rows.back().first);
  return told(view, std::move(page), durable);
}

Result<QueryReply> Records::answer_one(const ListSent& q,
                                       const std::vector<Sequence>& durable) const {
  return list<SentPage>('s', q.user, q.cursor, q.count_max, durable,
                        [](const PacketStory& story, Time) { return story.entry; });
}

Result<QueryReply> Records::answer_one(const ListReceived& q,
                                       const std::vector<Sequence>& durable) const {
  const auto entry = [&](const PacketStory& story, Time at) {
    const auto share = story.shares.find(q.user);
    ReceivedEntry e{.packet = story.entry.packet,
                    .is_transfer = story.entry.is_transfer,
                    .sender = story.sender,
                    .received_at = at,
                    .remark = story.entry.remark};
    if (share != story.shares.end()) {
      e.amount = share->second.amount;
      e.state = share->second.state;
    }
    return e;
  };
  return list<ReceivedPage>('r', q.user, q.cursor, q.count_max, durable, entry);
}

// ---- statement ----------------------------------------------------------------------------------

// From the newest movement back: the balance after it is the sum of all, the one after the movement
// before it is that much less, and the cursor carries on from there.
Result<QueryReply> Records::answer_one(const ListStatement& q,
                                       const std::vector<Sequence>& durable) const {
  if (q.user == UserId{}) return refusal(Status::user_invalid);
  if (q.count_max < 1 || q.count_max > page_rows_max_) {
    return refusal(Status::page_out_of_range, page_rows_max_);
  }
  const View view = archive_->view();
  const std::string prefix = Key('m').add(q.user).str();
  std::optional<std::string> before;
  std::int64_t balance_fen = 0;
  if (q.cursor.empty()) {
    const auto sum = view.get(Key('w').add(q.user));
    if (!sum) return fail(sum.error());
    if (*sum) balance_fen = static_cast<std::int64_t>(Parts(**sum).take<std::uint64_t>());
  } else {
    const auto place = place_in(prefix, movement_place_bytes, q.cursor);
    if (!place) return refusal(Status::cursor_invalid);
    before = prefix + place->substr(0, place->size() - sizeof balance_fen);
    const std::string_view balance = std::string_view(*place).substr(place->size() - 8);
    balance_fen = static_cast<std::int64_t>(Parts(balance).take<std::uint64_t>());
  }

  StatementPage page;
  std::string last_place;
  bool more = false;
  std::optional<Error> error;
  const Result<void> read =
      view.backward(prefix, before, [&](std::string_view place, std::string_view value) {
        more = page.movements.size() == q.count_max;
        if (more) return false;
        const auto sequence = Parts(place).take_id<Sequence>();
        auto movement = tell_movement(view, q.user, sequence, decode_movement(value));
        if (!movement) {
          error = std::move(movement.error());
          return false;
        }
        movement->balance = Amount{balance_fen};
        balance_fen -= movement->amount.fen();
        page.movements.push_back(*movement);
        last_place = place;
        return true;
      });
  if (!read) return fail(read.error());
  if (error) return fail(std::move(*error));
  if (more) {
    const std::string balance =
        Key('m').add(static_cast<std::uint64_t>(balance_fen)).str().substr(1);
    page.next = cursor_of(prefix, last_place + balance);
  }
  return told(view, std::move(page), durable);
}

// ---- histories ----------------------------------------------------------------------------------

Result<QueryReply> Records::answer_one(const ShowHistory& q,
                                       const std::vector<Sequence>& durable) const {
  if (q.count_max < 1 || q.count_max > page_rows_max_) {
    return refusal(Status::page_out_of_range, page_rows_max_);
  }
  const View view = archive_->view();
  const std::string bundle = Key('b').add(q.packet).str();
  if (const auto place = place_in(bundle, bundle_place_bytes, q.cursor)) {
    Parts parts(*place);
    const auto case_id = parts.take_id<CaseId>();
    return bundle_part(view, case_id, q.packet, place->substr(8), q.count_max, durable);
  }
  const std::string strand = Key('e').add(q.packet).str();
  const auto place = q.cursor.empty() ? std::string() : place_in(strand, moment_bytes, q.cursor);
  if (!place) return refusal(Status::cursor_invalid);
  auto part = read_history(view, {strand}, *place, q.count_max);
  if (!part) return fail(part.error());
  if (part->records.empty() && q.cursor.empty()) {
    return not_found(view, Status::packet_unknown, partition_of(q.packet), durable);
  }
  HistoryPage page{.records = std::move(part->records)};
  if (!part->next.empty()) page.next = cursor_of(strand, part->next);
  return told(view, std::move(page), durable);
}

Result<QueryReply> Records::answer_one(const CaseBundle& q,
                                       const std::vector<Sequence>& durable) const {
  const View view = archive_->view();
  const auto subject = view.get(Key('c').add(q.case_id));
  if (!subject) return fail(subject.error());
  if (!*subject) return not_found(view, Status::case_unknown, partition_of(q.case_id), durable);
  constexpr std::size_t no_count_max = history_bytes_max;
  return bundle_part(view, q.case_id, Parts(**subject).take_id<PacketId>(), {}, no_count_max,
                     durable);
}

// What does not fit one answer is found in the subject's history, by a cursor that remembers the
// case.
Result<QueryReply> Records::bundle_part(const View& view, CaseId case_id, PacketId subject,
                                        const std::string& from, std::size_t count_max,
                                        const std::vector<Sequence>& durable) const {
  const auto strands = strands_of_case(view, case_id, subject);
  if (!strands) return fail(strands.error());
  auto part = read_history(view, *strands, from, count_max);
  if (!part) return fail(part.error());
  HistoryPage page{.records = std::move(part->records)};
  if (!part->next.empty()) {
    const std::string place = Key('b').add(case_id).str().substr(1) + part->next;
    page.next = cursor_of(Key('b').add(subject), place);
  }
  return told(view, std::move(page), durable);
}

Result<QueryReply> Records::answer_one(const ReadFeed&, const std::vector<Sequence>&) const {
  HB_ASSERT(!"the feed is read from the journals");
  return QueryReply{};
}

}  // namespace hb::archive
