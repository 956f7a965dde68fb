#include "engine/archive/records.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "engine/archive/indexer.h"
#include "engine/archive/packet_story.h"
#include "engine/base/assert.h"
#include "engine/base/partition.h"

namespace hb::archive {
namespace {

// A bundle is one answer; a case of more events than this is told only in its first ones.
constexpr std::size_t bundle_records_max = 5'000;

QueryReply refusal(Status status, std::int64_t limit = 0) {
  return {.status = status, .limit = limit};
}

// ---- cursors: a letter for the list, then the bytes of a place in it as hexadecimal
// ---------------

Cursor cursor_of(char kind, std::string_view place) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text(1, kind);
  for (const char c : place) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return Cursor(text);
}

// The place, or nothing when it is no cursor of this list.
std::optional<std::string> place_in(char kind, std::size_t bytes, const Cursor& cursor) {
  const std::string_view text = cursor.view();
  if (text.size() != 1 + 2 * bytes || text[0] != kind) return std::nullopt;
  std::string place;
  for (std::size_t i = 1; i < text.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(&text[i], &text[i] + 2, byte, 16);
    if (error != std::errc{} || end != &text[i] + 2) return std::nullopt;
    place += static_cast<char>(byte);
  }
  return place;
}

constexpr std::size_t moment_bytes = 8 + 2 + 8;          // at, shard, sequence
constexpr std::size_t movement_place_bytes = 8 + 1 + 8;  // sequence, part, the balance there

HistoryRecord record_of(ShardId shard, Sequence sequence, std::string_view bytes) {
  HistoryRecord record{.shard = shard, .sequence = sequence};
  record.record.resize(bytes.size());
  std::memcpy(record.record.data(), bytes.data(), bytes.size());
  return record;
}

Time time_of(const HistoryRecord& record) {
  return reinterpret_cast<const EventHeader*>(record.record.data())->at;
}

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
    const auto position = view.get(Key('P').add(ShardId(s)));
    if (!position) return fail(position.error());
    const Sequence at = *position ? Parts(**position).take_id<Sequence>() : Sequence();
    const std::uint64_t end = std::max(durable[s].value, at.value);
    all.push_back({.shard = ShardId(s), .sequence = at, .events_behind = end - at.value});
  }
  return all;
}

// ---- sent and received
// ----------------------------------------------------------------------------

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
    const auto place = place_in(kind, moment_bytes, cursor);
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
  if (more) page.next = cursor_of(kind, rows.back().first);
  auto positions = as_of(view, durable);
  if (!positions) return fail(positions.error());
  page.as_of = std::move(*positions);
  return QueryReply{.answer = std::move(page)};
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

// ---- statement
// ------------------------------------------------------------------------------------

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
    const auto place = place_in('m', movement_place_bytes, q.cursor);
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
    page.next = cursor_of('m', last_place + balance);
  }
  auto positions = as_of(view, durable);
  if (!positions) return fail(positions.error());
  page.as_of = std::move(*positions);
  return QueryReply{.answer = std::move(page)};
}

// ---- histories
// ------------------------------------------------------------------------------------

Result<QueryReply> Records::answer_one(const ShowHistory& q,
                                       const std::vector<Sequence>& durable) const {
  if (q.count_max < 1 || q.count_max > page_rows_max_) {
    return refusal(Status::page_out_of_range, page_rows_max_);
  }
  const std::string prefix = Key('e').add(q.packet).str();
  std::string from = prefix;
  if (!q.cursor.empty()) {
    const auto place = place_in('e', moment_bytes, q.cursor);
    if (!place) return refusal(Status::cursor_invalid);
    from = prefix + *place;
  }
  const View view = archive_->view();
  HistoryPage page;
  const Result<void> read =
      view.forward(prefix, from, [&](std::string_view place, std::string_view value) {
        if (page.records.size() == q.count_max) {
          page.next = cursor_of('e', place);
          return false;
        }
        Parts parts(place);
        parts.take_time();
        const auto shard = parts.take_id<ShardId>();
        page.records.push_back(record_of(shard, parts.take_id<Sequence>(), value));
        return true;
      });
  if (!read) return fail(read.error());
  if (page.records.empty() && q.cursor.empty()) return refusal(Status::packet_unknown);
  auto positions = as_of(view, durable);
  if (!positions) return fail(positions.error());
  page.as_of = std::move(*positions);
  return QueryReply{.answer = std::move(page)};
}

Result<QueryReply> Records::answer_one(const CaseBundle& q,
                                       const std::vector<Sequence>& durable) const {
  const View view = archive_->view();
  const auto subject = view.get(Key('c').add(q.case_id));
  if (!subject) return fail(subject.error());
  if (!*subject) return refusal(Status::case_unknown);
  const auto packet = Parts(**subject).take_id<PacketId>();

  HistoryPage page;
  std::vector<UserId> users;
  const std::string prefix = Key('e').add(packet).str();
  Result<void> read = view.forward(prefix, prefix, [&](std::string_view place, std::string_view v) {
    Parts parts(place);
    parts.take_time();
    const auto shard = parts.take_id<ShardId>();
    page.records.push_back(record_of(shard, parts.take_id<Sequence>(), v));
    const auto* event = reinterpret_cast<const EventHeader*>(page.records.back().record.data());
    if (event->type == EventType::packet_sent)
      users.push_back(read_event<PacketSent>(event).sender);
    if (event->type == EventType::transfer_sent) {
      users.push_back(read_event<TransferSent>(event).sender);
    }
    if (event->type == EventType::case_opened) users.push_back(read_event<CaseOpened>(event).user);
    if (event->type == EventType::case_resolved) {
      users.push_back(read_event<CaseResolved>(event).user);
    }
    return page.records.size() < bundle_records_max;
  });
  if (!read) return fail(read.error());
  std::ranges::sort(users);
  users.erase(std::unique(users.begin(), users.end()), users.end());
  for (const UserId user : users) {
    const std::string of_wallet = Key('f').add(user).str();
    const ShardId home = shard_of(partition_of(user), shard_count_);
    read = view.forward(of_wallet, of_wallet, [&](std::string_view place, std::string_view v) {
      page.records.push_back(record_of(home, Parts(place).take_id<Sequence>(), v));
      return page.records.size() < bundle_records_max;
    });
    if (!read) return fail(read.error());
  }
  std::ranges::stable_sort(page.records, {}, time_of);
  auto positions = as_of(view, durable);
  if (!positions) return fail(positions.error());
  page.as_of = std::move(*positions);
  return QueryReply{.answer = std::move(page)};
}

Result<QueryReply> Records::answer_one(const ReadFeed&, const std::vector<Sequence>&) const {
  HB_ASSERT(!"the feed is read from the journals");
  return QueryReply{};
}

}  // namespace hb::archive
