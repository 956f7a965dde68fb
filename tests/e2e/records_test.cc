// Records and the feed of a real server: they tell what was done, also after a crash, and after the
// archive was damaged or deleted; and a reader of the feed slows nobody.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "engine/base/partition.h"
#include "engine/journal/reader.h"
#include "net/wire/request_encoder.h"
#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/bystander.h"
#include "tests/e2e/support/raw_connection.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr UserId ann{1};
constexpr std::uint64_t users = 8;  // ann and those who claim: with two workers, on both shards

// The parameter is the number of workers.
class RecordsTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.start());
    play();
  }

  // Wallets, a packet of which one share is given back, one that is recalled, a transfer.
  void play() {
    net::BlockingClient client(server_.client_options());
    for (std::uint64_t user = 1; user <= users; ++user) {
      open_with(client, UserId(user), Amount(10'000));
    }
    lucky_ = answer_of(client.send({.sender = ann,
                                    .total = Amount(1'000),
                                    .share_count = users,
                                    .remark = Remark("a \"quoted\", long\nremark")}))
                 .packet;
    for (std::uint64_t user = 2; user <= users; ++user) {
      const ClaimAnswer claim = answer_of(client.claim(lucky_, UserId(user)));
      lucky_claims_[UserId(user)] = Amount(claim.amount_fen);
    }
    answer_of(client.return_share({.packet = lucky_, .user = UserId(2)}));
    recalled_ = answer_of(client.send({.sender = ann,
                                       .total = Amount(300),
                                       .share_count = 3,
                                       .kind = PacketKind::even,
                                       .recallable = true}))
                    .packet;
    answer_of(client.claim(recalled_, UserId(3)));
    answer_of(client.recall({.packet = recalled_, .sender = ann}));
    for (std::uint64_t user = 3; user <= users; ++user) {
      const auto sent = answer_of(client.send_transfer(
          {.sender = UserId(2), .recipient = UserId(user), .amount = Amount(user)}));
      answer_of(client.accept_transfer({.transfer = sent.transfer, .recipient = UserId(user)}));
    }
  }

  Finished hongbao(const std::string& words) const {
    std::vector<std::string> command{HB_HONGBAO, "--json", "--server",
                                     "127.0.0.1:" + std::to_string(server_.port())};
    std::istringstream text(words);
    for (std::string word; text >> word;) command.push_back(word);
    return run(command);
  }

  // A list once nothing is missing in it.
  json list(const std::string& name, UserId user) const {
    json answer;
    const bool covered = eventually([&] {
      const Finished end =
          hongbao("records " + name + " " + std::to_string(user.value) + " --page 3 --all");
      answer = json::parse(end.output, nullptr, false);
      if (end.status != 0 || !answer.is_object()) return false;
      for (const json& at : answer["as_of"]) {
        if (at["events_behind"] != 0) return false;
      }
      return true;
    });
    EXPECT_TRUE(covered) << answer;
    return answer;
  }
  json rows(const std::string& name, UserId user) const {
    return list(name, user).at(name == "statement" ? "movements" : "entries");
  }
  json all_rows() const {
    json all;
    for (std::uint64_t user = 1; user <= users; ++user) {
      for (const char* name : {"sent", "received", "statement"}) {
        all[name + std::to_string(user)] = rows(name, UserId(user));
      }
    }
    all["history"] = json::parse(
        hongbao("records history " + std::to_string(lucky_.value) + " --all").output)["events"];
    return all;
  }
  void expect_newest_balances() {
    net::BlockingClient client(server_.client_options());
    for (std::uint64_t user = 1; user <= users; ++user) {
      const json statement = rows("statement", UserId(user));
      ASSERT_FALSE(statement.empty());
      EXPECT_EQ(statement[0]["balance"], balance_of(client, UserId(user)).fen());
    }
  }

  std::string archive() const { return server_.settings().data + "/archive"; }
  bool logged(std::string_view words) const {
    return eventually([&] { return server_.log().find(words) != std::string::npos; });
  }

  // The journals' events by shard, as the tool tells them, less where they lie.
  std::map<int, std::vector<json>> events_of(const Finished& end) const {
    EXPECT_EQ(end.status, 0) << end.errors;
    std::map<int, std::vector<json>> events;
    std::istringstream lines(end.output);
    for (std::string line; std::getline(lines, line);) {
      json event = json::parse(line);
      event.erase("segment");
      event.erase("offset");
      event.erase("seed_commitment");  // the feed shows no seed
      events[event.at("shard")].push_back(std::move(event));
    }
    return events;
  }
  std::map<int, std::vector<json>> journals() const {
    return events_of(run({HB_HONGBAO, "--json", "journal", "cat", server_.settings().data}));
  }

  TempDirectory directory_;
  ServerProcess server_{
      {.data = directory_ / "data", .flags = {"--workers", std::to_string(GetParam())}}};
  PacketId lucky_{};
  PacketId recalled_{};
  std::map<UserId, Amount> lucky_claims_;
};

INSTANTIATE_TEST_SUITE_P(Workers, RecordsTest, testing::Values(1, 2));

TEST_P(RecordsTest, TellWhatWasDone) {
  const json sent = rows("sent", ann);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0]["packet"], recalled_.value);
  EXPECT_EQ(sent[0]["state"], "recalled");
  EXPECT_EQ(sent[0]["claimed"], 100);
  EXPECT_EQ(sent[0]["refunded"], 200);
  EXPECT_EQ(sent[1]["packet"], lucky_.value);
  EXPECT_EQ(sent[1]["state"], "open");
  EXPECT_EQ(sent[1]["claimed_count"], users - 1);
  EXPECT_EQ(sent[1]["returned"], lucky_claims_[UserId(2)].fen());
  EXPECT_EQ(sent[1]["remark"], "a \"quoted\", long\nremark");
  EXPECT_EQ(rows("sent", UserId(2)).size(), users - 2);

  for (std::uint64_t user = 3; user <= users; ++user) {
    const json received = rows("received", UserId(user));
    ASSERT_EQ(received.size(), user == 3 ? 3u : 2u);
    EXPECT_EQ(received[0]["amount"], user) << "the transfer";
    EXPECT_EQ(received[0]["sender"], 2);
    EXPECT_EQ(received.back()["amount"], lucky_claims_[UserId(user)].fen());
    EXPECT_EQ(received.back()["state"], "held");
    const json statement = rows("statement", UserId(user));
    EXPECT_EQ(statement[0]["cause"], "transfer_accepted");
    EXPECT_EQ(statement[statement.size() - 2]["cause"], "claimed");
    EXPECT_EQ(statement[statement.size() - 2]["packet"], lucky_.value);
  }
  EXPECT_EQ(rows("received", UserId(2))[0]["state"], "returned");
  expect_newest_balances();
}

// Some of it is in the archive's files, some only in its memory.
TEST_P(RecordsTest, AreTheSameAfterAKill) {
  all_rows();
  ASSERT_EQ(server_.stop(), 0);
  ASSERT_TRUE(server_.start());
  {
    net::BlockingClient client(server_.client_options());
    for (std::uint64_t user = 1; user <= users; ++user) {
      answer_of(client.deposit({.user = UserId(user), .amount = Amount(7)}));
    }
    answer_of(client.claim(lucky_, ann));
  }
  const json before = all_rows();
  server_.kill();
  ASSERT_TRUE(server_.start());
  EXPECT_EQ(all_rows(), before);
  expect_newest_balances();
}

TEST_P(RecordsTest, AreTheSameAfterACleanStop) {
  const json before = all_rows();
  ASSERT_EQ(server_.stop(), 0);
  ASSERT_TRUE(server_.start());
  EXPECT_EQ(all_rows(), before);
  EXPECT_EQ(server_.log().find("building it"), std::string::npos) << server_.log();
}

TEST_P(RecordsTest, AreBuiltAnewWhenTheArchiveIsDamaged) {
  const json before = all_rows();
  for (const std::string kind : {".sst", "MANIFEST", "CURRENT"}) {
    SCOPED_TRACE(kind);
    ASSERT_EQ(server_.stop(), 0);
    int damaged = 0;
    for (const auto& entry : fs::directory_iterator(archive())) {
      if (entry.path().filename().string().find(kind) == std::string::npos) continue;
      std::string bytes = read_file(entry.path());
      for (std::size_t i = 0; i < bytes.size() / 2; ++i) bytes[i] ^= 0x55;
      write_file(entry.path(), bytes);
      ++damaged;
    }
    ASSERT_GT(damaged, 0);
    ASSERT_TRUE(server_.start());
    EXPECT_EQ(all_rows(), before);
    EXPECT_TRUE(logged("deleting it and building it anew from the journals"));
    EXPECT_TRUE(logged("archive: built"));
  }
}

TEST_P(RecordsTest, AreBuiltAnewWhenTheArchiveIsGone) {
  const json before = all_rows();
  ASSERT_EQ(server_.stop(), 0);
  fs::remove_all(archive());
  ASSERT_TRUE(server_.start());
  EXPECT_EQ(all_rows(), before);
  EXPECT_TRUE(logged("archive: built"));
}

TEST_P(RecordsTest, AreBuiltAnewWhenTheArchiveIsOfOtherJournals) {
  const json before = all_rows();
  ASSERT_EQ(server_.stop(), 0);
  fs::rename(archive(), directory_ / "archive");
  ServerProcess other({.data = directory_ / "other", .flags = server_.settings().flags});
  ASSERT_TRUE(other.start());
  {
    net::BlockingClient client(other.client_options());
    for (std::uint64_t user = 1; user <= users; ++user) open_with(client, UserId(user), Amount(7));
    const auto indexed = [&] {
      const auto page = client.list_statement({.user = ann, .cursor = {}, .count_max = 1});
      if (!page || page->status != Status::ok || page->answer.movements.empty()) return false;
      const auto whole = [](const archive::AsOf& at) { return at.events_behind == 0; };
      return std::ranges::all_of(page->answer.as_of, whole);
    };
    ASSERT_TRUE(eventually(indexed));
  }
  ASSERT_EQ(other.stop(), 0);
  fs::copy(directory_ / "other/archive", archive(), fs::copy_options::recursive);
  ASSERT_TRUE(server_.start());
  EXPECT_EQ(all_rows(), before);
  EXPECT_TRUE(logged("it was made from other journals"));
}

TEST_P(RecordsTest, AreExportedAsTheListsTellThem) {
  for (const char* name : {"sent", "received", "statement"}) {
    SCOPED_TRACE(name);
    const json expected = rows(name, UserId(3));
    const std::string export_of_3 = std::string("records export ") + name + " 3 --format ";
    const Finished lines_end = hongbao(export_of_3 + "jsonl");
    ASSERT_EQ(lines_end.status, 0) << lines_end.errors;
    json exported = json::array();
    std::istringstream lines(lines_end.output);
    for (std::string line; std::getline(lines, line);) exported.push_back(json::parse(line));
    EXPECT_EQ(exported, expected);
  }
  const std::string file = directory_ / "sent.csv";
  const Finished end = hongbao("records export sent 1 --format csv --out " + file);
  ASSERT_EQ(end.status, 0) << end.errors;
  const std::string csv = read_file(file);
  EXPECT_TRUE(csv.starts_with("packet,is_transfer,kind,")) << csv;
  EXPECT_NE(csv.find("\n" + std::to_string(recalled_.value) + ",false,even,recalled,"),
            std::string::npos)
      << csv;
  EXPECT_NE(csv.find("\"a \"\"quoted\"\", long\nremark\""), std::string::npos) << csv;
}

TEST_P(RecordsTest, FeedTellsWhatTheJournalsHoldEventByEvent) {
  const auto fed = events_of(hongbao("feed"));
  EXPECT_EQ(fed.size(), static_cast<std::size_t>(GetParam()));
  ASSERT_EQ(server_.stop(), 0);
  auto journalled = journals();
  for (const auto& [shard, events] : fed) {
    // Between the two, shards may have told each other what they have; nothing else.
    std::vector<json>& all = journalled[shard];
    ASSERT_LE(events.size(), all.size());
    for (std::size_t i = events.size(); i < all.size(); ++i) {
      EXPECT_EQ(all[i]["event"], "credits_acknowledged");
    }
    all.resize(events.size());
    EXPECT_EQ(events, all);
  }
}

// Reads a little, stops while others work, and reads on.
TEST_P(RecordsTest, FeedWaitsForAReaderWithoutAGap) {
  Bystander bystander(server_.client_options(), UserId(1'000));
  net::BlockingClient client(server_.client_options());
  std::map<int, std::vector<std::vector<std::byte>>> read;
  for (std::uint16_t s = 0; s < GetParam(); ++s) {
    archive::ReadFeed query{.shard = ShardId(s), .from = Sequence(1), .bytes_max = 8'192};
    std::uint64_t pages = 0;
    Sequence enough{UINT64_MAX};
    while (query.from <= enough) {
      query.wait = Duration::seconds(1);
      const auto page = answer_of(client.read_feed(query));
      ASSERT_EQ(page.first, query.from);
      std::uint32_t count = 0;
      const std::byte* const end = page.records.data() + page.records.size();
      for (journal::BlockView::Iterator at(page.records.data(), page.first);
           at != journal::BlockView::Iterator(end, {}); ++at, ++count) {
        const auto bytes = (*at).bytes();
        read[s].emplace_back(bytes.begin(), bytes.end());
      }
      ASSERT_EQ(count, page.count);
      query.from.value += page.count;
      if (++pages == 2) {
        const std::uint64_t before = bystander.rounds();
        ASSERT_TRUE(eventually([&] { return bystander.rounds() > before + 100; }));
        enough = answer_of(client.read_feed(query)).durable;
      }
    }
  }
  EXPECT_EQ(bystander.stop(), std::vector<std::string>());
  ASSERT_EQ(server_.stop(), 0);
  const auto journalled = journals();
  for (const auto& [shard, records] : read) {
    ASSERT_LE(records.size(), journalled.at(shard).size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      const json& event = journalled.at(shard)[i];
      ASSERT_EQ(event["sequence"], i + 1);
      const auto* header = reinterpret_cast<const EventHeader*>(records[i].data());
      ASSERT_EQ(event["at"], header->at.us());
    }
  }
}

// Asks for much, reads nothing of it while others work, and finds all of it in the end.
TEST_P(RecordsTest, FeedReaderThatDoesNotReadSlowsNobody) {
  Bystander bystander(server_.client_options(), UserId(1'000));
  // Until there are 64 KiB at least; the answers are then far more than sockets hold.
  net::BlockingClient client(server_.client_options());
  ASSERT_TRUE(eventually([&] {
    const archive::ReadFeed first{.shard = ShardId(0), .from = Sequence(1)};
    return answer_of(client.read_feed(first)).durable > Sequence(2'500);
  }));
  RawConnection reader(server_.port(), 4096);
  ASSERT_TRUE(reader.greet());
  net::RequestEncoder encoder;
  constexpr std::uint64_t questions = 300;
  for (std::uint64_t id = 2; id < 2 + questions; ++id) {
    const archive::ReadFeed query{.shard = ShardId(0), .from = Sequence(1), .bytes_max = 65'536};
    ASSERT_TRUE(reader.send(encoder.command(id, Time(), query)));
  }
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(bystander.carries_on());
  std::map<std::uint64_t, std::uint32_t> counts;
  for (std::uint64_t i = 0; i < questions; ++i) {
    const auto heard = reader.hear();
    ASSERT_TRUE(heard) << i;
    ASSERT_EQ(heard->response.status, Status::ok);
    const auto& page = std::get<archive::FeedPage>(heard->response.answer);
    EXPECT_EQ(page.first, Sequence(1));
    EXPECT_GT(page.records.size(), 65'536u - limits::record_bytes_max);
    EXPECT_TRUE(counts.emplace(heard->response.id, page.count).second) << "answered twice";
  }
  EXPECT_EQ(bystander.stop(), std::vector<std::string>());
}

TEST_P(RecordsTest, FeedTellsEventsAsTheyCome) {
  net::BlockingClient client(server_.client_options());
  net::BlockingClient writer(server_.client_options());
  for (std::uint16_t s = 0; s < GetParam(); ++s) {
    std::uint64_t user = 5'000;
    while (shard_of(partition_of(UserId(user)), static_cast<std::uint16_t>(GetParam())).value !=
           s) {
      ++user;
    }
    answer_of(writer.open_wallet({.user = UserId(user)}));
    Sequence from(1);
    for (int i = 0; i < 20; ++i) {
      answer_of(writer.deposit({.user = UserId(user), .amount = Amount(1)}));
      bool seen = false;
      while (!seen) {
        const auto page = answer_of(client.read_feed(
            {.shard = ShardId(s), .from = from, .bytes_max = 0, .wait = Duration::seconds(20)}));
        ASSERT_EQ(page.first, from);
        ASSERT_GT(page.count, 0u) << "waited in vain";
        from.value += page.count;
        seen = from > page.durable;
      }
    }
  }
}

}  // namespace
}  // namespace hb::e2e
