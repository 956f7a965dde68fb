#include "tools/hongbao/record_pages.h"

#include <gtest/gtest.h>

#include <sstream>

namespace hb::cli {
namespace {

class PatienceTest : public testing::Test {
 protected:
  std::ostringstream out;
  std::ostringstream err;
  Console console{out, err};
};

using Patient = PatienceTest;

TEST_F(Patient, AsksAgainWhileThereIsTimeAndSaysSo) {
  Patience patience(console, Duration::us(1500));
  EXPECT_TRUE(patience.after(Status::records_unavailable, 0, Duration::us(10)));
  EXPECT_TRUE(patience.after(Status::records_unavailable, 0, Duration::hours(1)));
  EXPECT_FALSE(patience.after(Status::records_unavailable, 0, Duration::us(10)));
  EXPECT_EQ(err.str(),
            "hongbao: the records are being built anew; trying again in 0.0 s\n"
            "hongbao: the records are being built anew; trying again in 0.0 s\n");
  EXPECT_EQ(out.str(), "");
}

TEST_F(Patient, WaitsForRecordsThatAreBehindAndSaysHowFar) {
  Patience patience(console, Duration::us(10));
  EXPECT_TRUE(patience.after(Status::records_behind, 17, {}));
  EXPECT_FALSE(patience.after(Status::records_behind, 16, {}));
  EXPECT_EQ(err.str(), "hongbao: the records are 17 events behind; trying again in 0.0 s\n");
}

TEST_F(Patient, TakesEveryOtherStatusForAnAnswer) {
  Patience patience(console, Duration::hours(1));
  for (const Status status : {Status::ok, Status::cursor_invalid, Status::overloaded}) {
    EXPECT_FALSE(patience.after(status, 0, Duration::us(10)));
  }
  EXPECT_EQ(err.str(), "");
}

// A list of ten rows whose cursors say where they go on, asked without a server.
class Walk : public PatienceTest {
 protected:
  using Answer = Result<net::Outcome<archive::StatementPage>>;

  Answer ask(const archive::ListStatement& query) {
    asked.push_back(query);
    net::Outcome<archive::StatementPage> outcome;
    if (query.count_max > rows_max) {
      outcome.status = Status::page_out_of_range;
      outcome.limit = rows_max;
      return outcome;
    }
    const std::uint64_t from =
        query.cursor.empty() ? 1 : std::stoull(std::string(query.cursor.view()));
    for (std::uint64_t i = from; i <= 10 && i < from + query.count_max; ++i) {
      outcome.answer.movements.push_back({.sequence = Sequence(i)});
    }
    const std::uint64_t next = from + query.count_max;
    if (next <= 10) outcome.answer.next = archive::Cursor(std::to_string(next));
    return outcome;
  }

  Answer walk_with(const Paging& paging) {
    return walk(
        line, console, paging, archive::ListStatement{.user = UserId(7), .cursor = {}},
        [&](const archive::ListStatement& q) { return ask(q); },
        [&](const archive::StatementPage& page) {
          for (const auto& m : page.movements) taken.push_back(m.sequence.value);
          return taken.size() < enough;
        });
  }

  std::uint32_t rows_max = 100;
  std::size_t enough = SIZE_MAX;
  CommandLine line;
  std::vector<archive::ListStatement> asked;
  std::vector<std::uint64_t> taken;
};

using RowNumbers = std::vector<std::uint64_t>;

TEST_F(Walk, TakesOnePageFromTheCursorOn) {
  const auto outcome = walk_with({.rows = 3, .cursor = archive::Cursor("4")});
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(taken, (RowNumbers{4, 5, 6}));
  EXPECT_EQ(outcome->answer.next.view(), "7");
  ASSERT_EQ(asked.size(), 1);
  EXPECT_EQ(asked[0].user, UserId(7));
  EXPECT_EQ(asked[0].count_max, 3);
}

TEST_F(Walk, TakesAllPagesEachRowOnce) {
  const auto outcome = walk_with({.rows = 4, .all = true});
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(taken, (RowNumbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_TRUE(outcome->answer.next.empty());
  EXPECT_EQ(asked.size(), 3);
}

TEST_F(Walk, EndsWhenTheTakerHasEnough) {
  enough = 4;
  ASSERT_TRUE(walk_with({.rows = 2, .all = true}).has_value());
  EXPECT_EQ(taken, (RowNumbers{1, 2, 3, 4}));
}

TEST_F(Walk, TakesSmallerPagesWhereTheServerSaysSoAndNobodyChose) {
  rows_max = 6;
  ASSERT_TRUE(walk_with({.rows_default = 20, .all = true}).has_value());
  EXPECT_EQ(taken.size(), 10);
  ASSERT_EQ(asked.size(), 3);
  EXPECT_EQ(asked[0].count_max, 20);
  EXPECT_EQ(asked[1].count_max, 6);
}

TEST_F(Walk, PassesTheRefusalOfAChosenSizeOn) {
  rows_max = 6;
  const auto outcome = walk_with({.rows = 20});
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->status, Status::page_out_of_range);
  EXPECT_TRUE(taken.empty());
}

TEST_F(Walk, GivesUpOnAServerWhosePagesHaveNoRows) {
  rows_max = 0;
  const auto outcome = walk_with({});
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->status, Status::page_out_of_range);
  EXPECT_EQ(asked.size(), 1);
}

}  // namespace
}  // namespace hb::cli
