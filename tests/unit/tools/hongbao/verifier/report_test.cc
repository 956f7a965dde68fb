#include "tools/hongbao/verifier/report.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <sstream>

#include "engine/base/partition.h"
#include "engine/journal/writer.h"
#include "tests/support/memory_storage.h"

namespace hb::verifier {
namespace {

using test::MemoryStorage;

constexpr Time start{1'485'532'800'000'000};
constexpr UserId mei{7};
constexpr UserId lan{8};
constexpr PacketId packet = packet_id(partition_of(mei), 1);

// A journal in memory, written as a server writes it: a block for each flush.
class WrittenJournal {
 public:
  explicit WrittenJournal(journal::Identity identity = {ShardId(0), 1}) {
    const journal::WriterOptions options{
        .segment_bytes = 1 << 18, .block_bytes_max = 1 << 14, .block_count = 4, .in_flight_max = 2};
    auto opened = journal::Writer::open(storage_, identity, options, {});
    EXPECT_TRUE(opened);
    writer_ = *std::move(opened);
    while (writer_->room_bytes() == 0) writer_->poll();
  }

  template <class Event>
  void append(Event event, std::size_t bytes = sizeof(Event)) {
    now_ = now_ + Duration::seconds(1);
    event.at = now_;
    event.units = units_for(bytes);
    alignas(32) std::byte record[limits::record_bytes_max]{};
    std::memcpy(record, &event, bytes);
    writer_->append(std::span(record, event.units * limits::record_unit_bytes));
    writer_->flush();
    while (!writer_->idle()) writer_->poll();
  }
  void open(UserId user) {
    append(WalletOpened{.user = user, .key = next_key()}, offsetof(WalletOpened, name));
  }
  void deposit(UserId user, std::int64_t fen, std::int64_t balance_fen) {
    append(MoneyMoved{.type = EventType::deposited,
                      .user = user,
                      .amount = Amount(fen),
                      .key = next_key(),
                      .balance = Amount(balance_fen)});
  }
  void send(std::int64_t total_fen, std::int64_t balance_fen) {
    append(PacketSent{.share_count = 3,
                      .share_fen_max = 20'000,
                      .packet = packet,
                      .sender = mei,
                      .total = Amount(total_fen),
                      .expires_at = now_ + Duration::hours(1),
                      .key = next_key(),
                      .share_fen_min = 1,
                      .kind = PacketKind::lucky,
                      .balance = Amount(balance_fen)},
           offsetof(PacketSent, texts));
  }
  void claim(UserId user, std::uint32_t fen) {
    append(Claimed{.amount_fen = fen, .packet = packet, .user = user});
  }

  MemoryStorage& storage() { return storage_; }

 private:
  Key128 next_key() { return {.low = ++keys_, .high = 1}; }

  MemoryStorage storage_;
  std::unique_ptr<journal::Writer> writer_;
  Time now_ = start;
  std::uint64_t keys_ = 0;
};

Result<Audit> audit_of(WrittenJournal& journal) {
  const ShardJournal journals[] = {{"data/shard-0000", &journal.storage()}};
  return audit_journals(journals, {});
}

// Mei puts in 100.00 and sends 20.00, of which Lan takes 5.00.
void write_right_history(WrittenJournal& journal) {
  journal.open(mei);
  journal.deposit(mei, 10'000, 10'000);
  journal.send(2'000, 8'000);
  journal.claim(lan, 500);
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
            "wallets  2\n"
            "packets  1: 1 open, 0 sold out, 0 refunded\n"
            "claims   1\n"
            "sent 20.00 = claimed 5.00 + in escrow 15.00 + refunded 0.00\n"
            "deposits 100.00 = wallets 85.00 + packets 15.00 + in flight 0.00 + withdrawals 0.00\n"
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
  journal.claim(lan, 500);
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

// Two shards: Mei's, and that of a user who takes a share of her packet.
class TwoShards : public testing::Test {
 protected:
  TwoShards() {
    while (shard_of(partition_of(guest_), 2) == mei_home_) guest_ = UserId(guest_.value + 1);
    home().open(mei);
    home().deposit(mei, 10'000, 10'000);
    home().send(2'000, 8'000);
    home().claim(guest_, 500);  // event 4
  }
  WrittenJournal& home() { return journals_[mei_home_.value]; }
  WrittenJournal& away() { return journals_[1 - mei_home_.value]; }
  void receive(std::uint64_t sequence, std::uint32_t fen) {
    away().append(CreditReceived{.source = mei_home_.value,
                                 .amount_fen = fen,
                                 .source_sequence = Sequence(sequence),
                                 .user = guest_});
  }
  void acknowledge(std::uint64_t through) {
    home().append(CreditsAcknowledged{.target = static_cast<std::uint16_t>(1 - mei_home_.value),
                                      .through = Sequence(through)});
  }
  Audit audit(verifier::Writing writing = verifier::Writing::stopped) {
    const ShardJournal journals[] = {{"data/shard-0000", &journals_[0].storage()},
                                     {"data/shard-0001", &journals_[1].storage()}};
    auto audited = audit_journals(journals, {}, writing);
    EXPECT_TRUE(audited);
    return *std::move(audited);
  }
  static std::vector<verifier::Rule> rules(const Audit& audit) {
    std::vector<verifier::Rule> found;
    for (const auto& violation : audit.violations->kept()) found.push_back(violation.rule);
    return found;
  }

  const ShardId mei_home_ = shard_of(partition_of(mei), 2);
  UserId guest_{100};
  WrittenJournal journals_[2]{WrittenJournal({ShardId(0), 2}), WrittenJournal({ShardId(1), 2})};
};

TEST_F(TwoShards, CountACreditThatHasNotArrivedAsInFlight) {
  const Audit found = audit();
  EXPECT_TRUE(found.balanced());
  EXPECT_EQ(found.total.in_flight_fen(), 500);
}

TEST_F(TwoShards, BalanceWhenTheCreditHasArrivedAndIsAcknowledged) {
  receive(4, 500);
  acknowledge(4);
  const Audit found = audit();
  EXPECT_TRUE(found.balanced());
  EXPECT_EQ(found.total.in_flight_fen(), 0);
}

TEST_F(TwoShards, NoticeACreditThatArrivesTwice) {
  receive(4, 500);
  receive(4, 500);
  EXPECT_EQ(rules(audit()), std::vector{verifier::Rule::credit_unknown});
}

TEST_F(TwoShards, NoticeACreditThatNobodySent) {
  receive(3, 500);
  EXPECT_EQ(rules(audit()), std::vector{verifier::Rule::credit_unknown});
}

TEST_F(TwoShards, NoticeACreditThatArrivesWithAnotherAmount) {
  receive(4, 501);
  EXPECT_EQ(rules(audit()), std::vector{verifier::Rule::credit_unknown});
}

TEST_F(TwoShards, NoticeACreditThatIsAcknowledgedButNeverArrived) {
  acknowledge(4);
  EXPECT_EQ(rules(audit()), std::vector{verifier::Rule::credit_not_arrived});
}

TEST_F(TwoShards, TakeACreditFromBeyondWhatWasReadForNewsWhileAServerWrites) {
  receive(4, 500);
  receive(9, 700);
  EXPECT_TRUE(audit(verifier::Writing::going_on).balanced());
  EXPECT_EQ(rules(audit()), std::vector{verifier::Rule::credit_unknown});
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
  journal.append(Claimed{.type = static_cast<EventType>(200)});
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
  WrittenJournal first({ShardId(0), 2});
  first.open(in_first);
  first.deposit(in_first, 100, 100);
  WrittenJournal second({ShardId(1), 2});
  second.open(in_second);
  second.deposit(in_second, 50, 50);
  const ShardJournal journals[] = {{"data/shard-0000", &first.storage()},
                                   {"data/shard-0001", &second.storage()}};
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
            "packet,sender,state,total,claimed_count,claimed_fen,remaining_fen,refunded_fen\n" +
                std::to_string(packet.value) + ",7,open,2000,1,500,1500,0\n");
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
