#include "tools/hongbao/verifier/report.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <sstream>

#include "engine/base/partition.h"
#include "tests/unit/tools/hongbao/verifier/history.h"
#include "tests/unit/tools/hongbao/verifier/written_journal.h"

namespace hb::verifier {
namespace {

using test::first;
using test::lan;
using test::mei;
using test::WrittenJournal;

Result<Audit> audit_of(WrittenJournal& journal) {
  const ShardJournal journals[] = {{"data/shard-0000", &journal.storage()}};
  return audit_journals(journals, {});
}

// Mei puts in 100.00 and sends 20.00, of which Lan takes 5.00.
void write_right_history(WrittenJournal& journal) {
  journal.open(mei);
  journal.deposit(mei, 10'000, 10'000);
  journal.send(first, mei, 2'000, 8'000);
  journal.claim(first, lan, 0, 500);
}

TEST(Audit, ProvesTheBooksFromTheFiles) {
  WrittenJournal journal;
  write_right_history(journal);
  const auto audit = audit_of(journal);
  ASSERT_TRUE(audit);
  EXPECT_TRUE(audit->balanced());
  EXPECT_EQ(to_text(*audit),
            "data/shard-0000: 4 events, tail clean\n"
            "from 2017-01-27T16:00:01.000000Z to 2017-01-27T16:00:04.000000Z\n"
            "wallets    2: 0 frozen\n"
            "packets    1: 1 open, 0 sold out, 0 refunded, 0 recalled\n"
            "claims     1: 0 returned\n"
            "transfers  0: 0 open, 0 arrived, 0 closed, 0 returned\n"
            "payouts    0: 0 owed, 0 confirmed\n"
            "cases      0: 0 open, 0 refused, 0 upheld\n"
            "packets sent 20.00 = claimed 5.00 + in escrow 15.00 + refunded 0.00\n"
            "transfers sent 0.00 = arrived 0.00 + in escrow 0.00 + refunded 0.00\n"
            "returned 0.00, and 0.00 still owed that forced returns did not find\n"
            "deposits 100.00 + external 0.00 = wallets 85.00 + packets 15.00 + transfers 0.00 + in "
            "flight 0.00 + withdrawals 0.00 + payouts owed 0.00 + payouts paid 0.00\n"
            "books balance\n");
}

TEST(Audit, TellsTotalsAndShardsAsJson) {
  WrittenJournal journal;
  write_right_history(journal);
  const auto audit = audit_of(journal);
  ASSERT_TRUE(audit);
  const auto json = to_json(*audit);
  EXPECT_EQ(json["balanced"], true);
  EXPECT_EQ(json["violation_count"], 0);
  EXPECT_TRUE(json["violations"].is_array() && json["violations"].empty());
  EXPECT_EQ(json["events"], 4);
  EXPECT_EQ(json["totals"]["deposits"], 10'000);
  EXPECT_EQ(json["totals"]["wallets"], 8'500);
  EXPECT_EQ(json["totals"]["packets"], 1'500);
  EXPECT_EQ(json["totals"]["withdrawals"], 0);
  EXPECT_EQ(json["counts"]["packets_open"], 1);
  ASSERT_EQ(json["shards"].size(), 1u);
  EXPECT_EQ(json["shards"][0]["shard"], 0);
  EXPECT_EQ(json["shards"][0]["events"], 4);
  EXPECT_EQ(json["shards"][0]["tail"]["state"], "clean");
}

TEST(Audit, NamesAViolationWithItsFileAndOffset) {
  WrittenJournal journal;
  write_right_history(journal);
  journal.claim(first, lan, 0, 500);
  const auto audit = audit_of(journal);
  ASSERT_TRUE(audit);
  EXPECT_FALSE(audit->balanced());
  const std::string text = to_text(*audit);
  EXPECT_NE(text.find("event 5 at data/shard-0000/00000001.seg, offset "), std::string::npos);
  EXPECT_NE(text.find("share_taken_twice: user 8 has a share of packet"), std::string::npos);
  EXPECT_TRUE(text.ends_with("books DO NOT balance: 2 violations\n")) << text;

  const auto json = to_json(*audit);
  EXPECT_EQ(json["balanced"], false);
  EXPECT_EQ(json["violation_count"], 2);
  EXPECT_EQ(json["violations"][0]["rule"], "share_index_wrong");
  EXPECT_EQ(json["violations"][0]["sequence"], 5);
  EXPECT_EQ(json["violations"][0]["segment"], 1);
  EXPECT_GT(json["violations"][0]["offset"], 4096);
}

TEST(Audit, ProvesTheBooksUpToATornTail) {
  WrittenJournal journal;
  write_right_history(journal);
  auto& bytes = journal.storage().bytes("00000001.seg");
  // After the last block: what an unfinished write may leave.
  constexpr std::size_t blocks_end = 5 * journal::page_bytes;
  bytes[blocks_end + 512] = std::byte{1};
  const auto audit = audit_of(journal);
  ASSERT_TRUE(audit) << audit.error().message;
  EXPECT_TRUE(audit->balanced());
  EXPECT_NE(to_text(*audit).find("tail torn at 00000001.seg, offset 20480"), std::string::npos);
  EXPECT_EQ(to_json(*audit)["shards"][0]["tail"]["state"], "torn");
}

TEST(Audit, FailsOnDamageAndNamesTheFileWithItsDirectory) {
  WrittenJournal journal;
  write_right_history(journal);
  journal.storage().bytes("00000001.seg")[2 * journal::page_bytes + 100] ^= std::byte{1};
  const auto audit = audit_of(journal);
  ASSERT_FALSE(audit);
  EXPECT_EQ(audit.error().code, ErrorCode::damaged);
  EXPECT_TRUE(audit.error().message.starts_with("data/shard-0000/00000001.seg, offset "))
      << audit.error().message;
}

TEST(Audit, FailsOnAnotherShardsJournal) {
  WrittenJournal journal({ShardId(1), 2});
  journal.open(mei);
  const auto audit = audit_of(journal);
  ASSERT_FALSE(audit);
  EXPECT_EQ(audit.error().code, ErrorCode::invalid);
}

TEST(Audit, FailsOnAnEventOfANewerVersion) {
  WrittenJournal journal;
  ASSERT_TRUE(journal.feed(Claimed{.type = static_cast<EventType>(200)}));
  const auto audit = audit_of(journal);
  ASSERT_FALSE(audit);
  EXPECT_EQ(audit.error().code, ErrorCode::newer_format);
  EXPECT_TRUE(audit.error().message.starts_with("data/shard-0000/00000001.seg"))
      << audit.error().message;
}

TEST(Audit, AddsUpTheShards) {
  UserId in_first{1};
  while (shard_of(partition_of(in_first), 2) != ShardId(0)) ++in_first.value;
  UserId in_second{1};
  while (shard_of(partition_of(in_second), 2) != ShardId(1)) ++in_second.value;
  WrittenJournal shard_0({ShardId(0), 2});
  shard_0.open(in_first);
  shard_0.deposit(in_first, 100, 100);
  WrittenJournal shard_1({ShardId(1), 2});
  shard_1.open(in_second);
  shard_1.deposit(in_second, 50, 50);
  const ShardJournal journals[] = {{"data/shard-0000", &shard_0.storage()},
                                   {"data/shard-0001", &shard_1.storage()}};
  const auto audit = audit_journals(journals, {});
  ASSERT_TRUE(audit);
  EXPECT_TRUE(audit->balanced());
  EXPECT_EQ(audit->total.deposits_fen, 150);
  EXPECT_EQ(audit->total.wallets, 2u);
  EXPECT_EQ(to_json(*audit)["shards"][1]["totals"]["deposits"], 50);

  std::ostringstream balances;
  write_balances(*audit, balances);
  std::ostringstream expected;
  expected << "user,balance_fen\n";
  if (in_first < in_second) expected << in_first.value << ",100\n" << in_second.value << ",50\n";
  if (in_second < in_first) expected << in_second.value << ",50\n" << in_first.value << ",100\n";
  EXPECT_EQ(balances.str(), expected.str());
}

TEST(Audit, ListsBalancesAndPackets) {
  WrittenJournal journal;
  write_right_history(journal);
  const auto audit = audit_of(journal);
  ASSERT_TRUE(audit);
  std::ostringstream balances;
  write_balances(*audit, balances);
  EXPECT_EQ(balances.str(), "user,balance_fen\n7,8000\n8,500\n");
  std::ostringstream packets;
  write_packets(*audit, packets);
  EXPECT_EQ(packets.str(),
            "packet,sender,state,total,claimed_count,claimed_fen,remaining_fen,refunded_fen,"
            "returned_fen\n" +
                std::to_string(first.value) + ",7,open,2000,1,500,1500,0,0\n");
}

TEST(Audit, ListsTransfersPayoutsAndCases) {
  WrittenJournal journal;
  test::live_through_everything(journal);
  const auto audit = audit_of(journal);
  ASSERT_TRUE(audit);
  ASSERT_TRUE(audit->balanced()) << to_text(*audit);
  const auto nth = [](std::uint64_t n) {
    return std::to_string(packet_id(partition_of(mei), n).value);
  };
  std::ostringstream transfers;
  write_transfers(*audit, transfers);
  EXPECT_EQ(transfers.str(),
            "transfer,sender,recipient,state,amount_fen,remaining_fen,refunded_fen,returned_fen\n" +
                nth(6) + ",7,8,returned,3000,0,0,3000\n" +   //
                nth(7) + ",7,8,arrived,2000,0,0,0\n" +       //
                nth(8) + ",7,8,declined,1000,0,1000,0\n" +   //
                nth(9) + ",7,8,cancelled,1000,0,1000,0\n" +  //
                nth(10) + ",7,8,expired,1000,0,1000,0\n" +   //
                nth(11) + ",7,9,revoked,1000,0,1000,0\n" +   //
                nth(13) + ",7,10,pending,400,400,0,0\n");
  std::ostringstream payouts;
  write_payouts(*audit, payouts);
  EXPECT_EQ(payouts.str(), "packet,sender,state,amount_fen\n" +  //
                               nth(4) + ",7,confirmed,500\n" +   //
                               nth(5) + ",7,owed,700\n");
  std::ostringstream cases;
  write_cases(*audit, cases);
  EXPECT_EQ(cases.str(), "case_id,subject,user,state,returned_fen,shortfall_fen\n" +  //
                             nth(1) + "," + nth(11) + ",9,upheld,1000,0\n" +          //
                             nth(2) + "," + nth(1) + ",9,upheld,200,1000\n" +         //
                             nth(3) + "," + nth(1) + ",10,refused,0,0\n" +            //
                             nth(4) + "," + nth(1) + ",10,open,0,0\n");
}

TEST(Audit, TellsEveryTermOfTheConservationLaw) {
  WrittenJournal journal;
  test::live_through_everything(journal);
  const auto audit = audit_of(journal);
  ASSERT_TRUE(audit);
  EXPECT_NE(to_text(*audit).find(
                "deposits 1050.00 + external 12.00 = wallets 1023.00 + packets 6.00 + transfers "
                "4.00 + in flight 0.00 + withdrawals 17.00 + payouts owed 7.00 + payouts paid "
                "5.00\nbooks balance\n"),
            std::string::npos)
      << to_text(*audit);
  const auto totals = to_json(*audit)["totals"];
  EXPECT_EQ(totals["deposits"], 105'000);
  EXPECT_EQ(totals["external"], 1'200);
  EXPECT_EQ(totals["wallets"], 102'300);
  EXPECT_EQ(totals["packets"], 600);
  EXPECT_EQ(totals["transfers"], 400);
  EXPECT_EQ(totals["withdrawals"], 1'700);
  EXPECT_EQ(totals["payouts_owed"], 700);
  EXPECT_EQ(totals["payouts_paid"], 500);
  EXPECT_EQ(totals["shortfall"], 1'000);
  const auto counts = to_json(*audit)["counts"];
  EXPECT_EQ(counts["packets"], 6);
  EXPECT_EQ(counts["transfers"], 7);
  EXPECT_EQ(counts["transfers_closed"], 4);
  EXPECT_EQ(counts["payouts_confirmed"], 1);
  EXPECT_EQ(counts["cases_upheld"], 2);
}

TEST(Audit, TellsHowFarItIs) {
  WrittenJournal journal;
  write_right_history(journal);
  const ShardJournal journals[] = {{"data/shard-0000", &journal.storage()}};
  std::uint64_t done_bytes = 0;
  const auto audit =
      audit_journals(journals, [&](ShardId, std::uint64_t done, std::uint64_t total) {
        EXPECT_LE(done, total);
        done_bytes = done;
      });
  ASSERT_TRUE(audit);
  EXPECT_GT(done_bytes, 0u);
}

}  // namespace
}  // namespace hb::verifier
