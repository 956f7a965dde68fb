// `hongbao feed` from the line that is typed to what is printed.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/unit/tools/hongbao/recorded.h"
#include "tests/unit/tools/hongbao/served.h"

namespace hb::cli {
namespace {

using Json = nlohmann::json;

class FeedCommand : public Served {
 protected:
  // Each shard has `durable` deposits, whose users are their sequences; a read gives two at most.
  Answer journals(std::uint64_t durable) {
    return [durable](const archive::Query& query) {
      const auto& q = std::get<archive::ReadFeed>(query);
      if (q.from.value > durable + 1) {
        return refused(Status::cursor_invalid, static_cast<std::int64_t>(durable + 1));
      }
      archive::FeedPage page{q.shard, q.from, 0, Sequence(durable), {}};
      for (std::uint64_t at = q.from.value; at <= durable && page.count < 2; ++at, ++page.count) {
        const auto record = record_of(deposit_of(UserId(at), Amount(100)));
        page.records.insert(page.records.end(), record.begin(), record.end());
      }
      return answered(page);
    };
  }

  // Shard and sequence of each event that was printed as JSON.
  std::vector<std::pair<int, int>> events() const {
    std::vector<std::pair<int, int>> found;
    std::istringstream lines(out());
    for (std::string line; std::getline(lines, line);) {
      const Json json = Json::parse(line);
      EXPECT_EQ(json["user"], json["sequence"]) << line;
      found.emplace_back(json["shard"], json["sequence"]);
    }
    return found;
  }
};

using Places = std::vector<std::pair<int, int>>;

TEST_F(FeedCommand, PrintsEventsLikeJournalCat) {
  EXPECT_EQ(type({"feed"}, journals(1)), ExitStatus::done);
  EXPECT_EQ(out(),
            "       1  2017-01-27T16:00:00.000000Z  deposited          user 1 amount 1.00 "
            "balance 1.00\n");
  EXPECT_EQ(err(), "");
}

TEST_F(FeedCommand, EndsAtTheLastDurableEventWithoutWaiting) {
  EXPECT_EQ(type({"feed", "--json"}, journals(5)), ExitStatus::done);
  EXPECT_EQ(events(), (Places{{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}}));
  EXPECT_EQ(queries().size(), 3);
  EXPECT_EQ(asked<archive::ReadFeed>(0).wait, Duration());
}

TEST_F(FeedCommand, PrintsNothingOfAnEmptyJournal) {
  EXPECT_EQ(type({"feed"}, journals(0)), ExitStatus::done);
  EXPECT_EQ(out(), "");
}

TEST_F(FeedCommand, TakesOneShardAfterTheOther) {
  session_options.shard_count = 2;
  EXPECT_EQ(type({"feed", "--json"}, journals(2)), ExitStatus::done);
  EXPECT_EQ(events(), (Places{{0, 1}, {0, 2}, {1, 1}, {1, 2}}));
  EXPECT_EQ(type({"feed"}, journals(0)), ExitStatus::done);
  EXPECT_EQ(out(), "# shard 0\n# shard 1\n");
}

TEST_F(FeedCommand, StartsWhereItIsToldToInTheShardThatIsNamed) {
  session_options.shard_count = 2;
  EXPECT_EQ(type({"feed", "--shard", "1", "--from", "4", "--json"}, journals(5)), ExitStatus::done);
  EXPECT_EQ(events(), (Places{{1, 4}, {1, 5}}));
}

TEST_F(FeedCommand, EndsAfterSoManyEvents) {
  session_options.shard_count = 2;
  EXPECT_EQ(type({"feed", "--count", "6", "--json"}, journals(5)), ExitStatus::done);
  EXPECT_EQ(events(), (Places{{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {1, 1}}));
}

TEST_F(FeedCommand, FollowsByWaitingForWhatComes) {
  std::uint64_t durable = 2;
  const auto growing = [&](const archive::Query& query) {
    const auto reply = journals(durable)(query);
    ++durable;
    return reply;
  };
  EXPECT_EQ(type({"feed", "--follow", "--count", "4", "--json"}, growing), ExitStatus::done);
  EXPECT_EQ(events(), (Places{{0, 1}, {0, 2}, {0, 3}, {0, 4}}));
  EXPECT_GT(asked<archive::ReadFeed>(0).wait, Duration());
}

TEST_F(FeedCommand, GoesOnAfterAWaitInWhichNothingCame) {
  int reads = 0;
  const auto late = [&](const archive::Query& query) {
    return journals(++reads < 3 ? 0 : 1)(query);
  };
  EXPECT_EQ(type({"feed", "--follow", "--count", "1", "--json"}, late), ExitStatus::done);
  EXPECT_EQ(events(), (Places{{0, 1}}));
  EXPECT_EQ(reads, 3);
}

TEST_F(FeedCommand, WantsAShardWhereOneSequenceMeansNothing) {
  session_options.shard_count = 2;
  for (const auto& words : {std::vector<std::string>{"feed", "--from", "3"},
                            std::vector<std::string>{"feed", "--follow"}}) {
    EXPECT_EQ(type(words, journals(5)), ExitStatus::usage);
    EXPECT_NE(err().find("2 shards"), std::string::npos) << err();
    EXPECT_TRUE(queries().empty());
  }
}

TEST_F(FeedCommand, TellsOfAPlaceThatIsNotThere) {
  EXPECT_EQ(type({"feed", "--from", "9", "--json"}, journals(5)), ExitStatus::refused);
  const Json json = Json::parse(out());
  EXPECT_EQ(json["status"], "cursor_invalid");
  EXPECT_EQ(json["limit"], 6);
  EXPECT_EQ(json["message"], "there is no such place yet; the next event will be 6");
}

TEST_F(FeedCommand, TellsOfAShardThatIsNotThere) {
  EXPECT_EQ(type({"feed", "--shard", "7"}, journals(5)), ExitStatus::refused);
  EXPECT_TRUE(err().starts_with("shard_unknown: ")) << err();
}

}  // namespace
}  // namespace hb::cli
