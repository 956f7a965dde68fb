#include "tools/hongbao/record_rows.h"

#include <gtest/gtest.h>

#include "tests/unit/tools/hongbao/recorded.h"

namespace hb::cli {
namespace {

archive::SentEntry packet() {
  return {.packet = PacketId(4097),
          .kind = PacketKind::lucky,
          .state = PacketState::refunded,
          .total = Amount(2'000),
          .share_count = 3,
          .claimed_count = 1,
          .claimed = Amount(500),
          .refunded = Amount(1'500),
          .sent_at = noon,
          .remark = Remark("hi, \"all\""),
          .group = {}};
}

archive::SentEntry transfer() {
  return {.packet = PacketId(8193),
          .is_transfer = true,
          .transfer_state = TransferState::returned,
          .recipient = UserId(8),
          .total = Amount(500),
          .share_count = 1,
          .claimed_count = 1,
          .claimed = Amount(500),
          .returned = Amount(500),
          .sent_at = noon,
          .remark = {},
          .group = Group("g")};
}

TEST(RecordRows, TellASentPacketWithWhatBecameOfItsMoney) {
  EXPECT_EQ(text_of(packet()),
            "2017-01-27T16:00:00.000000Z  packet 4097: lucky, 20.00 in 3 shares, 1 claimed (5.00), "
            "refunded, 15.00 refunded, remark \"hi, \\\"all\\\"\"");
  EXPECT_EQ(json_of(packet()).dump(),
            R"({"packet":4097,"is_transfer":false,"kind":"lucky","state":"refunded",)"
            R"("transfer_state":null,"recipient":null,"total":2000,"share_count":3,)"
            R"("claimed_count":1,"claimed":500,"refunded":1500,"returned":0,)"
            R"("sent_at":1485532800000000,"remark":"hi, \"all\"","group":""})");
}

TEST(RecordRows, TellWhomADirectPacketIsFor) {
  archive::SentEntry direct = packet();
  direct.kind = PacketKind::direct;
  direct.recipient = UserId(8);
  EXPECT_NE(text_of(direct).find(" for user 8,"), std::string::npos) << text_of(direct);
  EXPECT_EQ(json_of(direct)["recipient"], 8);
}

TEST(RecordRows, TellASentTransferWithoutWhatPacketsHave) {
  EXPECT_EQ(text_of(transfer()),
            "2017-01-27T16:00:00.000000Z  transfer 8193: 5.00 to user 8, returned, 5.00 returned, "
            "group \"g\"");
  const auto json = json_of(transfer());
  EXPECT_TRUE(json["kind"].is_null());
  EXPECT_TRUE(json["state"].is_null());
  EXPECT_EQ(json["transfer_state"], "returned");
}

TEST(RecordRows, TellWhatWasReceivedAndWhatBecameOfIt) {
  const archive::ReceivedEntry share{.packet = PacketId(4097),
                                     .sender = UserId(7),
                                     .amount = Amount(210),
                                     .received_at = noon,
                                     .state = ShareState::returned_short,
                                     .remark = Remark("hi")};
  EXPECT_EQ(text_of(share),
            "2017-01-27T16:00:00.000000Z  packet 4097: 2.10 from user 7, returned_short, remark "
            "\"hi\"");
  EXPECT_EQ(json_of(share).dump(),
            R"({"packet":4097,"is_transfer":false,"sender":7,"amount":210,)"
            R"("state":"returned_short","received_at":1485532800000000,"remark":"hi"})");
}

TEST(RecordRows, TellAMovementWithItsSignCauseAndBalance) {
  const archive::Movement in{Sequence(17), noon,        EventType::deposited,
                             PacketId(0),  Amount(500), Amount(10'500)};
  EXPECT_EQ(text_of(in),
            "      17  2017-01-27T16:00:00.000000Z  deposited                 +5.00  balance       "
            "105.00");
  EXPECT_TRUE(json_of(in)["packet"].is_null());

  const archive::Movement out{Sequence(18),   noon,           EventType::packet_sent,
                              PacketId(4097), Amount(-2'000), Amount(8'500)};
  EXPECT_EQ(
      text_of(out),
      "      18  2017-01-27T16:00:00.000000Z  packet_sent              -20.00  balance        "
      "85.00  packet 4097");
  EXPECT_EQ(json_of(out).dump(),
            R"({"sequence":18,"at":1485532800000000,"cause":"packet_sent","packet":4097,)"
            R"("amount":-2000,"balance":8500})");
}

TEST(RecordRows, TellACauseOfANewerServerAsUnknown) {
  const archive::Movement movement{.cause = static_cast<EventType>(200)};
  EXPECT_EQ(json_of(movement)["cause"], "unknown");
}

TEST(RecordRows, TellUpToWhichEventsAPageIsTrue) {
  const std::vector<archive::AsOf> as_of = {{ShardId(0), Sequence(17), 0},
                                            {ShardId(1), Sequence(9), 3}};
  EXPECT_EQ(text_of(as_of), "as of shard 0 event 17, shard 1 event 9 (3 events behind)");
  EXPECT_EQ(json_of(as_of).dump(), R"([{"shard":0,"sequence":17,"events_behind":0},)"
                                   R"({"shard":1,"sequence":9,"events_behind":3}])");
}

TEST(RecordRows, CsvHasAColumnForEachNameAndNothingForNull) {
  EXPECT_EQ(csv_header(json_of(archive::Movement{})),
            "sequence,at,cause,packet,amount,balance\r\n");
  const archive::Movement movement{.sequence = Sequence(1),
                                   .at = Time(2),
                                   .cause = EventType::deposited,
                                   .amount = Amount(-3),
                                   .balance = Amount(4)};
  EXPECT_EQ(csv_line(json_of(movement)), "1,2,deposited,,-3,4\r\n");
  EXPECT_EQ(csv_line(json_of(transfer())),
            "8193,true,,,returned,8,500,1,1,500,0,500,1485532800000000,,g\r\n");
}

TEST(RecordRows, CsvQuotesWhatWouldBreakALineOrAField) {
  const auto line = [](const char* text) { return csv_line({{"a", text}, {"b", "x"}}); };
  EXPECT_EQ(line("plain; 'text'"), "plain; 'text',x\r\n");
  EXPECT_EQ(line("a,b"), "\"a,b\",x\r\n");
  EXPECT_EQ(line("say \"hi\""), "\"say \"\"hi\"\"\",x\r\n");
  EXPECT_EQ(line("two\nlines"), "\"two\nlines\",x\r\n");
  EXPECT_EQ(line("two\rlines"), "\"two\rlines\",x\r\n");
  EXPECT_EQ(line(""), ",x\r\n");
}

TEST(RecordRows, CsvKeepsASpreadsheetFromRunningAText) {
  const auto cell = [](const char* text) { return csv_line({{"a", text}}); };
  EXPECT_EQ(cell("=1+1"), "'=1+1\r\n");
  EXPECT_EQ(cell("+1+1"), "'+1+1\r\n");
  EXPECT_EQ(cell("-2+3"), "'-2+3\r\n");
  EXPECT_EQ(cell("@SUM(1)"), "'@SUM(1)\r\n");
  EXPECT_EQ(cell("\t=1+1"), "'\t=1+1\r\n");
  EXPECT_EQ(cell("\r=1+1"), "\"'\r=1+1\"\r\n");
  EXPECT_EQ(cell("\n=1+1"), "\"'\n=1+1\"\r\n");
  EXPECT_EQ(cell("=A(\"x\",1)"), "\"'=A(\"\"x\"\",1)\"\r\n");
  EXPECT_EQ(cell("  =1+1"), "'  =1+1\r\n");
  EXPECT_EQ(cell("\"=1+1"), "\"'\"\"=1+1\"\r\n");
  EXPECT_EQ(cell("＝1+1"), "'＝1+1\r\n");
  // So that a program can remove the first apostrophe of a text that begins with one.
  EXPECT_EQ(cell("'=1+1"), "''=1+1\r\n");
  EXPECT_EQ(cell("'tis"), "''tis\r\n");
  // What is no formula, and numbers.
  EXPECT_EQ(cell("1-1=0"), "1-1=0\r\n");
  EXPECT_EQ(cell("  恭喜 +1"), "  恭喜 +1\r\n");
  EXPECT_EQ(csv_line({{"a", -3}, {"b", 4}}), "-3,4\r\n");
}

}  // namespace
}  // namespace hb::cli
