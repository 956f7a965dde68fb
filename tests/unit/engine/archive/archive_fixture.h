// What the archive's tests share: two shards with a scene played on them, and an archive on a real
// RocksDB that is made from their journals.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/archive/indexer.h"
#include "engine/archive/journal_source.h"
#include "engine/archive/records.h"
#include "tests/e2e/support/temp_directory.h"
#include "tests/unit/engine/shard/shards_fixture.h"

namespace hb::archive {

inline constexpr std::uint16_t shard_count = 2;
inline constexpr std::uint32_t rows_max = 100;

Sequence durable_of(test::Shards& shards, std::uint16_t shard);
std::vector<JournalSource> sources_of(test::Shards& shards);

// An archive of these journals, and questions to it.
class Archived {
 public:
  explicit Archived(std::vector<JournalSource> sources, std::uint32_t page_rows_max = rows_max);

  std::string directory() const { return directory_ / "archive"; }
  Archive& archive() { return *archive_; }
  void close() { archive_.reset(); }
  // Of the batches that are written from now on.
  void batch(std::size_t events) { batch_events_ = events; }
  void open();
  // Opens another, empty one.
  void start_over();

  // Indexes what the shard has from the archive's mark to the block that holds `through`.
  void index(std::uint16_t shard, Sequence through);
  void index(std::uint16_t shard) { index(shard, sources_[shard].durable()); }
  void index_all();

  QueryReply reply(const Query& query);
  // The answer of a question that is not refused.
  template <class Page>
  Page page(const Query& query) {
    QueryReply answer = reply(query);
    EXPECT_EQ(answer.status, Status::ok) << name(answer.status);
    auto* const page = std::get_if<Page>(&answer.answer);
    return page == nullptr ? Page{} : std::move(*page);
  }
  SentPage sent(UserId user) { return page<SentPage>(ListSent{user, {}, page_rows_max_}); }
  ReceivedPage received(UserId user) {
    return page<ReceivedPage>(ListReceived{user, {}, page_rows_max_});
  }
  StatementPage statement(UserId user) {
    return page<StatementPage>(ListStatement{user, {}, page_rows_max_});
  }
  HistoryPage history(PacketId packet) {
    return page<HistoryPage>(ShowHistory{packet, {}, page_rows_max_});
  }

  // All that is in it, key by key.
  std::map<std::string, std::string> content();

 private:
  std::vector<JournalSource> sources_;
  std::uint32_t page_rows_max_;
  std::size_t batch_events_ = 1'000;
  e2e::TempDirectory directory_;
  std::unique_ptr<Archive> archive_;
};

// Rows as lines, for comparisons that show what differs.
std::vector<std::string> lines_of(const SentPage& page);
std::vector<std::string> lines_of(const ReceivedPage& page);
std::vector<std::string> lines_of(const StatementPage& page);
std::vector<std::string> lines_of(const HistoryPage& page);

// All pages of a list, `count_max` rows at a time; `between` happens after each.
template <class Page, class List>
std::vector<std::string> walk(
    Archived& archived, List query, std::uint32_t count_max,
    const std::function<void()>& between = [] {}) {
  std::vector<std::string> lines;
  query.count_max = count_max;
  do {
    const Page page = archived.page<Page>(query);
    const std::vector<std::string> more = lines_of(page);
    EXPECT_LE(more.size(), count_max);
    lines.insert(lines.end(), more.begin(), more.end());
    query.cursor = page.next;
    between();
  } while (!query.cursor.empty());
  return lines;
}

// anna and cleo live on shard 0, bert on shard 1.
struct Scene {
  Scene();

  test::Shards shards{shard_count};
  const UserId anna = shards.user_on(0, 100);
  const UserId bert = shards.user_on(1, 200);
  const UserId cleo = shards.user_on(0, 300);
  PacketId lucky{};     // anna's, 3 shares of 10.00: bert (given back), cleo, and the rest refunded
  PacketId recalled{};  // anna's, 3 shares of 3.00: bert, and the rest recalled
  PacketId transfer{};  // bert's 7.00 to cleo, accepted
  CaseId lucky_case{};  // about lucky and cleo, refused
  std::int64_t bert_fen = 0;  // of lucky
  std::int64_t cleo_fen = 0;
  std::int64_t recalled_bert_fen = 0;
};

}  // namespace hb::archive
