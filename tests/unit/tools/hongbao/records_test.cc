// `hongbao records` from the line that is typed to what is printed.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/unit/tools/hongbao/recorded.h"
#include "tests/unit/tools/hongbao/served.h"

namespace hb::cli {
namespace {

using Json = nlohmann::json;
using Records = Served;
using Exports = Served;

const std::vector<archive::AsOf> as_of = {{ShardId(0), Sequence(17), 2}};

// Two pages: deposits 2 and 1, newest first.
archive::QueryReply two_pages(const archive::Query& query) {
  const auto& list = std::get<archive::ListStatement>(query);
  const bool first = list.cursor.empty();
  archive::StatementPage page;
  page.movements.push_back({.sequence = Sequence(first ? 2 : 1),
                            .at = noon,
                            .cause = EventType::deposited,
                            .amount = Amount(100),
                            .balance = Amount(first ? 200 : 100)});
  if (first) page.next = archive::Cursor("m1");
  page.as_of = {{ShardId(0), Sequence(first ? 17 : 18), 2}};
  return answered(page);
}

TEST_F(Records, APageEndsWithWhatItIsTrueOfAndWhereTheNextOneStarts) {
  EXPECT_EQ(type({"records", "statement", "7"}, two_pages), ExitStatus::done);
  EXPECT_EQ(
      out(),
      "       2  2017-01-27T16:00:00.000000Z  deposited                 +1.00  balance         "
      "2.00\n"
      "as of shard 0 event 17 (2 events behind)\n"
      "there are more: --cursor m1\n");
  EXPECT_EQ(err(), "");
  ASSERT_EQ(queries().size(), 1);
  EXPECT_EQ(asked<archive::ListStatement>(0).user, UserId(7));
  EXPECT_EQ(asked<archive::ListStatement>(0).count_max, 20);
}

TEST_F(Records, PageAndCursorAreAskedFor) {
  EXPECT_EQ(
      type({"records", "statement", "7", "--page", "5", "--cursor", "m1", "--json"}, two_pages),
      ExitStatus::done);
  EXPECT_EQ(asked<archive::ListStatement>(0).count_max, 5);
  EXPECT_EQ(asked<archive::ListStatement>(0).cursor.view(), "m1");
  EXPECT_EQ(out(), R"({"status":"ok","user":7,"movements":[{"sequence":1,"at":1485532800000000,)"
                   R"("cause":"deposited","packet":null,"amount":100,"balance":100}],"next":"",)"
                   R"("as_of":[{"shard":0,"sequence":18,"events_behind":2}]})"
                   "\n");
}

TEST_F(Records, AllPagesAreOneAnswerAsOfTheFirst) {
  EXPECT_EQ(type({"records", "statement", "7", "--all", "--json"}, two_pages), ExitStatus::done);
  const Json json = Json::parse(out());
  ASSERT_EQ(json["movements"].size(), 2);
  EXPECT_EQ(json["movements"][0]["sequence"], 2);
  EXPECT_EQ(json["movements"][1]["sequence"], 1);
  EXPECT_EQ(json["next"], "");
  EXPECT_EQ(json["as_of"][0]["sequence"], 17);
}

TEST_F(Records, EachListAsksItsOwnQuery) {
  EXPECT_EQ(type({"records", "sent", "7"},
                 [](const archive::Query&) {
                   archive::SentEntry entry{.packet = PacketId(4097), .remark = {}, .group = {}};
                   return answered(archive::SentPage{{entry}, {}, as_of});
                 }),
            ExitStatus::done);
  EXPECT_EQ(asked<archive::ListSent>(0).user, UserId(7));
  EXPECT_NE(out().find("packet 4097"), std::string::npos);

  EXPECT_EQ(type({"records", "received", "8"},
                 [](const archive::Query&) {
                   archive::ReceivedEntry entry{.packet = PacketId(4098), .remark = {}};
                   return answered(archive::ReceivedPage{{entry}, {}, as_of});
                 }),
            ExitStatus::done);
  EXPECT_EQ(asked<archive::ListReceived>(0).user, UserId(8));
  EXPECT_NE(out().find("packet 4098"), std::string::npos);
}

TEST_F(Records, AHistoryIsItsEventsInWords) {
  const auto history = [](const archive::Query&) {
    const Claimed claim{.amount_fen = 210, .packet = PacketId(4097), .user = UserId(8)};
    return answered(archive::HistoryPage{{recorded(17, claim, 3)}, archive::Cursor("e9"), as_of});
  };
  EXPECT_EQ(type({"records", "history", "4097"}, history), ExitStatus::done);
  EXPECT_EQ(asked<archive::ShowHistory>(0).packet, PacketId(4097));
  EXPECT_EQ(out(),
            " 3       17  2017-01-27T16:00:00.000000Z  claimed            packet 4097 user 8 "
            "share_index 0 amount 2.10\n"
            "as of shard 0 event 17 (2 events behind)\n"
            "there are more: --cursor e9\n");

  EXPECT_EQ(type({"records", "history", "4097", "--json"}, history), ExitStatus::done);
  const Json event = Json::parse(out())["events"].at(0);
  EXPECT_EQ(event["shard"], 3);
  EXPECT_EQ(event["sequence"], 17);
  EXPECT_EQ(event["event"], "claimed");
  EXPECT_FALSE(event.contains("segment")) << "it comes from no file";
}

TEST_F(Records, TryAgainWhileTheyAreBeingBuiltAnew) {
  int refusals = 2;
  const auto status =
      type({"records", "statement", "7", "--json"}, [&](const archive::Query& query) {
        return refusals-- > 0 ? refused(Status::records_unavailable, 1) : two_pages(query);
      });
  EXPECT_EQ(status, ExitStatus::done);
  EXPECT_EQ(queries().size(), 3);
  EXPECT_EQ(Json::parse(out())["status"], "ok");
  EXPECT_NE(err().find("being built anew"), std::string::npos) << err();
}

TEST_F(Records, EndWithThreeWhenTheyAreNotThereInTime) {
  const auto never = [](const archive::Query&) {
    return refused(Status::records_unavailable, 3'600'000'000);
  };
  EXPECT_EQ(type({"records", "sent", "7", "--timeout", "500ms", "--json"}, never),
            ExitStatus::failed);
  EXPECT_EQ(queries().size(), 2) << "waited for the timeout, then asked once more";
  EXPECT_EQ(Json::parse(out())["status"], "records_unavailable");
}

TEST_F(Records, ARefusalEndsWithOne) {
  EXPECT_EQ(type({"records", "history", "4097"},
                 [](const archive::Query&) { return refused(Status::packet_unknown); }),
            ExitStatus::refused);
  EXPECT_EQ(out(), "");
  EXPECT_TRUE(err().starts_with("packet_unknown: ")) << err();
}

// ---- export -------------------------------------------------------------------------------------

constexpr const char* csv =
    "sequence,at,cause,packet,amount,balance\r\n"
    "2,1485532800000000,deposited,,100,200\r\n"
    "1,1485532800000000,deposited,,100,100\r\n";

class Folder {
 public:
  Folder() {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(testing::TempDir()) /
            ("hb_export_" + std::string(test->name()) + "_" + std::to_string(getpid()));
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const char* name) const { return path_ / name; }
  std::string content(const char* name) const {
    std::ifstream stream(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  bool empty() const { return std::filesystem::is_empty(path_); }

 private:
  std::filesystem::path path_;
};

TEST_F(Exports, CsvOfAllPagesGoesToStandardOutputAndTheEndToStandardError) {
  EXPECT_EQ(type({"records", "export", "statement", "7", "--format", "csv"}, two_pages),
            ExitStatus::done);
  EXPECT_EQ(out(), csv);
  EXPECT_EQ(err(), "2 rows, as of shard 0 event 17 (2 events behind)\n");
  EXPECT_EQ(asked<archive::ListStatement>(0).count_max, 100);
}

TEST_F(Exports, JsonLinesHaveAnObjectARow) {
  EXPECT_EQ(type({"records", "export", "statement", "7", "--format", "jsonl"}, two_pages),
            ExitStatus::done);
  std::istringstream lines(out());
  std::string line;
  for (const int sequence : {2, 1}) {
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(Json::parse(line)["sequence"], sequence);
  }
  EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(Exports, DashIsStandardOutput) {
  EXPECT_EQ(
      type({"records", "export", "statement", "7", "--format", "csv", "--out", "-"}, two_pages),
      ExitStatus::done);
  EXPECT_EQ(out(), csv);
  EXPECT_FALSE(std::filesystem::exists("-"));
}

TEST_F(Exports, CsvHasTheTextItselfAndEscapesItOnATerminalOnly) {
  const auto hostile = [](const archive::Query&) {
    archive::SentPage page;
    page.entries.push_back({.packet = PacketId(4097), .remark = Remark("a\u009bb\u202ec")});
    return answered(page);
  };
  const std::vector<std::string> line = {"records", "export", "sent", "7", "--format", "csv"};
  EXPECT_EQ(type(line, hostile), ExitStatus::done);
  EXPECT_NE(out().find(",a\u009bb\u202ec,"), std::string::npos) << out();
  out_is_terminal = true;
  EXPECT_EQ(type(line, hostile), ExitStatus::done);
  EXPECT_NE(out().find(R"(,a\u009bb\u202ec,)"), std::string::npos) << out();
}

TEST_F(Exports, AFileIsWrittenAndTold) {
  const Folder folder;
  const std::string path = folder.file("statement.csv");
  EXPECT_EQ(
      type({"records", "export", "statement", "7", "--format", "csv", "--out", path, "--json"},
           two_pages),
      ExitStatus::done);
  EXPECT_EQ(folder.content("statement.csv"), csv);
  const Json json = Json::parse(out());
  EXPECT_EQ(json["status"], "ok");
  EXPECT_EQ(json["out"], path);
  EXPECT_EQ(json["rows"], 2);
  EXPECT_EQ(json["as_of"][0]["sequence"], 17);
}

TEST_F(Exports, AFileThatCouldNotBeWrittenWholeIsNotThere) {
  const Folder folder;
  const auto half = [](const archive::Query& query) {
    const bool first = std::get<archive::ListStatement>(query).cursor.empty();
    return first ? two_pages(query) : refused(Status::cursor_invalid);
  };
  EXPECT_EQ(type({"records", "export", "statement", "7", "--format", "csv", "--out",
                  folder.file("statement.csv")},
                 half),
            ExitStatus::refused);
  EXPECT_TRUE(folder.empty());
}

TEST_F(Exports, AFolderThatIsNotThereIsAnErrorAndNothingIsAsked) {
  const Folder folder;
  EXPECT_EQ(type({"records", "export", "sent", "7", "--format", "csv", "--out",
                  folder.file("missing") + "/sent.csv", "--json"},
                 two_pages),
            ExitStatus::failed);
  EXPECT_EQ(Json::parse(out())["error"], "io");
  EXPECT_TRUE(queries().empty());
}

TEST_F(Exports, LongOnesSayHowFarTheyAre) {
  std::uint64_t left = 25'000;
  const auto many = [&](const archive::Query& query) {
    archive::StatementPage page;
    const std::uint32_t rows = std::get<archive::ListStatement>(query).count_max;
    page.movements.resize(rows);
    left -= rows;
    if (left > 0) page.next = archive::Cursor(std::to_string(left));
    return answered(page);
  };
  EXPECT_EQ(type({"records", "export", "statement", "7", "--format", "csv"}, many),
            ExitStatus::done);
  EXPECT_EQ(err(), "10000 rows\n20000 rows\n25000 rows, as of\n");
}

}  // namespace
}  // namespace hb::cli
