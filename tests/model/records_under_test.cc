#include "tests/model/records_under_test.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <variant>

#include "engine/archive/indexer.h"
#include "engine/archive/records.h"
#include "engine/base/assert.h"
#include "engine/journal/follower.h"
#include "tests/model/text_of.h"

namespace hb::model {

namespace {

constexpr std::uint32_t page_rows_max = 50;

template <class T>
T must(Result<T> result) {
  if (!result) assertion_failed(result.error().message.c_str(), __FILE__, __LINE__);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

bool is_true_of(const std::vector<archive::AsOf>& as_of, const std::vector<Sequence>& ends) {
  return std::ranges::equal(as_of, ends, [](const archive::AsOf& one, Sequence end) {
    return one.sequence == end && one.events_behind == 0;
  });
}

// What is told of each entry, and where the two first differ.
template <class Entry>
std::optional<std::string> first_difference(const std::string& list,
                                            const std::vector<Entry>& engine,
                                            const std::vector<Entry>& model) {
  const std::string nothing = "nothing";
  for (std::size_t i = 0; i < std::max(engine.size(), model.size()); ++i) {
    const std::string one = i < engine.size() ? text_of(engine[i]) : nothing;
    const std::string other = i < model.size() ? text_of(model[i]) : nothing;
    if (one == other) continue;
    return list + " " + std::to_string(i) + " of " + std::to_string(model.size()) +
           "\n  engine: " + one + "\n  model:  " + other;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Sequence> RecordsUnderTest::durable() const {
  std::vector<Sequence> all;
  for (std::uint16_t s = 0; s < engine_->shard_count(); ++s) {
    all.push_back(engine_->shard(ShardId{s}).journal().durable());
  }
  return all;
}

// ---- indexing -----------------------------------------------------------------------------------

void RecordsUnderTest::catch_up() {
  archive_.reset();
  archive_ = must(archive::Archive::open(directory_ / "archive", engine_->shard_count()));
  index();
}

// Some blocks of one shard, some of another, committed now and then: a shard's events come long
// before or long after those of the shard that its money comes from.
void RecordsUnderTest::index() {
  const std::uint16_t shard_count = engine_->shard_count();
  const std::vector<Sequence> ends = durable();
  archive::Indexer indexer(*archive_, shard_count, 1 + dice_.below(100));
  std::vector<journal::Follower> followers;
  std::vector<ShardId> behind;
  for (std::uint16_t s = 0; s < shard_count; ++s) {
    const ShardId shard{s};
    const Sequence next(must(archive_->mark(shard)).last.value + 1);
    followers.emplace_back(engine_->storage(shard), journal::Identity{shard, shard_count}, next);
    behind.push_back(shard);
  }
  while (!behind.empty()) {
    const auto at = behind.begin() + static_cast<std::ptrdiff_t>(dice_.below(behind.size()));
    journal::Follower& follower = followers[at->value];
    const auto block = must(follower.next(ends[at->value]));
    if (!block) {
      behind.erase(at);
      continue;
    }
    must(indexer.add(*at, *block));
    if (dice_.percent(5)) must(indexer.commit());
  }
  must(indexer.commit());
}

// ---- comparing ----------------------------------------------------------------------------------

// The whole list, page by page.
template <class Page, class Query, class Entry>
std::optional<std::string> RecordsUnderTest::list(Query query, std::vector<Entry> Page::*entries,
                                                  std::vector<Entry>& all) {
  const archive::Records records(*archive_, engine_->shard_count(), page_rows_max);
  const std::vector<Sequence> ends = durable();
  do {
    query.count_max = static_cast<std::uint32_t>(dice_.between(1, page_rows_max));
    const archive::QueryReply reply = must(records.answer(query, ends));
    if (reply.status != Status::ok) return "refused: " + std::string(name(reply.status));
    const auto& page = std::get<Page>(reply.answer);
    const std::vector<Entry>& rows = page.*entries;
    const bool full = rows.size() == query.count_max;
    if (rows.size() > query.count_max || (!page.next.empty() && !full)) {
      return "a page of " + std::to_string(rows.size()) + " rows, asked for " +
             std::to_string(query.count_max);
    }
    if (!is_true_of(page.as_of, ends)) return "as_of is not the end of the journals";
    all.insert(all.end(), rows.begin(), rows.end());
    query.cursor = page.next;
  } while (!query.cursor.empty());
  return std::nullopt;
}

std::optional<std::string> RecordsUnderTest::difference(UserId user, const LedgerModel& model) {
  std::vector<archive::SentEntry> sent;
  if (auto wrong = list(archive::ListSent{.user = user}, &archive::SentPage::entries, sent)) {
    return "sent: " + *wrong;
  }
  if (auto wrong = first_difference("sent", sent, model.sent(user))) return wrong;

  std::vector<archive::ReceivedEntry> received;
  if (auto wrong =
          list(archive::ListReceived{.user = user}, &archive::ReceivedPage::entries, received)) {
    return "received: " + *wrong;
  }
  if (auto wrong = first_difference("received", received, model.received(user))) return wrong;

  std::vector<archive::Movement> statement;
  if (auto wrong = list(archive::ListStatement{.user = user}, &archive::StatementPage::movements,
                        statement)) {
    return "statement: " + *wrong;
  }
  if (auto wrong = first_difference("statement", statement, model.statement(user))) return wrong;
  const bool sorted =
      std::ranges::is_sorted(statement, std::ranges::greater(), &archive::Movement::sequence);
  if (!sorted) return "the statement's sequences do not fall";
  return std::nullopt;
}

}  // namespace hb::model
