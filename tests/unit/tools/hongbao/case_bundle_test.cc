#include "tools/hongbao/case_bundle.h"

#include <gtest/gtest.h>

#include "tests/unit/tools/hongbao/recorded.h"
#include "tests/unit/tools/hongbao/served.h"

namespace hb::cli {
namespace {

using CaseBundleCommand = Served;

CaseRecord the_case() {
  return {.case_id = CaseId(4097),
          .subject = PacketId(8193),
          .user = UserId(8),
          .opened_at = noon,
          .opened_by = Operator("ann"),
          .resolved_by = {},
          .opened_note = Note("by mistake"),
          .resolved_note = {}};
}

archive::HistoryPage history() {
  const PacketSent sent{
      .share_count = 1, .packet = PacketId(8193), .sender = UserId(7), .total = Amount(600)};
  const Claimed claim{.amount_fen = 600, .packet = PacketId(8193), .user = UserId(8)};
  CaseOpened opened{.case_id = CaseId(4097), .subject = PacketId(8193), .user = UserId(8)};
  FreezeSet frozen;
  frozen.type = EventType::wallet_frozen;
  frozen.subject = 8;
  return {.records = {recorded(3, sent), recorded(4, claim), recorded(5, opened),
                      recorded(9, frozen, 1)},
          .next = {},
          .as_of = {{ShardId(0), Sequence(5), 0}, {ShardId(1), Sequence(9), 0}}};
}

std::vector<int> sequences(const nlohmann::ordered_json& events) {
  std::vector<int> found;
  for (const auto& event : events) found.push_back(event["sequence"]);
  return found;
}

TEST(CaseBundle, IsOneObjectWithTheCaseItsHistoryAndWhatMoved) {
  const Told document = told(the_case(), history());
  EXPECT_EQ(document.json["record"]["case_id"], 4097);
  EXPECT_EQ(sequences(document.json["support"]), (std::vector{5, 9}));
  EXPECT_EQ(sequences(document.json["history"]), (std::vector{3, 4, 5}));
  EXPECT_EQ(document.json["movements"].dump(),
            R"([{"shard":0,"sequence":3,"at":1485532800000000,"from":"wallet 7","to":"escrow",)"
            R"("amount":600},{"shard":0,"sequence":4,"at":1485532800000000,"from":"escrow",)"
            R"("to":"wallet 8","amount":600}])");
  EXPECT_EQ(document.json["as_of"].size(), 2);
}

TEST(CaseBundle, IsOneDocumentInWords) {
  const std::string text = told(the_case(), history()).text;
  std::size_t at = 0;
  for (const char* part :
       {"case 4097: open, about 8193, share of user 8\n",
        "opened 2017-01-27T16:00:00.000000Z by \"ann\": \"by mistake\"\n",
        "\nWhat support did, shard and event first:\n", "case_opened", "wallet_frozen",
        "\nThe complete history of 8193:\n", "packet_sent", "claimed", "case_opened",
        "\nMoney that moved:\n", "6.00  wallet 7 to escrow\n", "6.00  escrow to wallet 8\n",
        "\nas of shard 0 event 5, shard 1 event 9\n"}) {
    const std::size_t found = text.find(part, at);
    ASSERT_NE(found, std::string::npos) << part << " is not in the rest of\n" << text;
    at = found;
  }
}

TEST(CaseBundle, SaysOfAnEmptyPartThatThereIsNothing) {
  const Told document = told(the_case(), archive::HistoryPage{});
  EXPECT_NE(document.text.find("Money that moved:\n  nothing\n"), std::string::npos);
  EXPECT_TRUE(document.json["movements"].empty());
}

TEST_F(CaseBundleCommand, AsksForTheCaseAndForAllThatItIsAbout) {
  EXPECT_EQ(type({"case", "bundle", "4097", "--json"},
                 [](const archive::Query&) { return answered(history()); }),
            ExitStatus::done);
  ASSERT_EQ(queries().size(), 1);
  EXPECT_EQ(asked<archive::CaseBundle>(0).case_id, CaseId(4097));
  const auto json = nlohmann::json::parse(out());
  EXPECT_EQ(json["status"], "ok");
  EXPECT_EQ(json["record"]["case_id"], 4097);
  EXPECT_EQ(json["history"].size(), 3);
}

TEST_F(CaseBundleCommand, GoesOnInTheSubjectsHistoryWhereOneAnswerDidNotHoldAll) {
  const auto in_parts = [](const archive::Query& query) {
    archive::HistoryPage page = history();
    const auto* rest = std::get_if<archive::ShowHistory>(&query);
    if (rest == nullptr) {
      page.next = archive::Cursor("e6");
      return answered(page);
    }
    const bool last = rest->cursor.view() == "e7";
    page.records = {recorded(last ? 7 : 6, CodeTried{})};
    if (!last) page.next = archive::Cursor("e7");
    return answered(page);
  };
  EXPECT_EQ(type({"case", "bundle", "4097", "--json"}, in_parts), ExitStatus::done);
  ASSERT_EQ(queries().size(), 3);
  EXPECT_EQ(asked<archive::ShowHistory>(1).cursor.view(), "e6");
  const auto json = nlohmann::ordered_json::parse(out());
  EXPECT_EQ(sequences(json["history"]), (std::vector{3, 4, 5, 6, 7}));
}

TEST_F(CaseBundleCommand, TriesAgainWhileRecordsAreBeingBuiltAnew) {
  int refusals = 1;
  EXPECT_EQ(type({"case", "bundle", "4097"},
                 [&](const archive::Query&) {
                   return refusals-- > 0 ? refused(Status::records_unavailable, 1)
                                         : answered(history());
                 }),
            ExitStatus::done);
  EXPECT_EQ(queries().size(), 2);
}

TEST_F(CaseBundleCommand, SaysThatTheRecordsAreBehindWhenTheyStayBehind) {
  const auto behind = [](const archive::Query&) { return refused(Status::records_behind, 1'234); };
  EXPECT_EQ(type({"case", "bundle", "4097", "--timeout", "1s"}, behind), ExitStatus::failed);
  EXPECT_NE(err().find("records_behind: the records are 1234 events behind"), std::string::npos);
  EXPECT_NE(err().find("(case 4097)"), std::string::npos) << err();
}

TEST_F(CaseBundleCommand, TellsARefusal) {
  EXPECT_EQ(type({"case", "bundle", "4097"},
                 [](const archive::Query&) { return refused(Status::case_unknown); }),
            ExitStatus::refused);
  EXPECT_TRUE(err().starts_with("case_unknown: ")) << err();
}

}  // namespace
}  // namespace hb::cli
