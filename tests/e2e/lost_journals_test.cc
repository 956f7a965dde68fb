// Journals whose newest part is missing: the rest is good by itself, and only what stands beside it
// shows the loss.  Nothing goes on as if nothing had happened, and no witness is deleted.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

namespace fs = std::filesystem;

constexpr int failed = 3;
constexpr int wrong_usage = 2;
constexpr UserId user{1};
// A deposit that is waited for takes a block of 4 KiB, so this begins the fourth segment.
constexpr int deposits = 850;

class LostJournals : public testing::Test {
 protected:
  void use(int count) {
    ASSERT_TRUE(server_.start());
    {
      net::BlockingClient client(server_.client_options());
      open_with(client, user, Amount(1));
      for (int i = 1; i < count; ++i) {
        answer_of(client.deposit({.user = user, .amount = Amount(1)}));
      }
      ASSERT_TRUE(eventually([&] {
        const auto page = client.list_statement({.user = user, .cursor = {}, .count_max = 1});
        return page && page->status == Status::ok && page->answer.as_of[0].events_behind == 0;
      }));
    }
    ASSERT_TRUE(
        eventually([this] { return numbers(".seal").size() + 2 >= numbers(".seg").size(); }));
    ASSERT_EQ(server_.stop(), 0);
  }

  // Of the files of shard 0 with that ending.
  std::vector<int> numbers(const std::string& ending) const {
    std::vector<int> found;
    for (const auto& entry : fs::directory_iterator(shard_)) {
      if (entry.path().extension() == ending) found.push_back(std::stoi(entry.path().stem()));
    }
    std::ranges::sort(found);
    return found;
  }
  std::string name(int number, const std::string& ending) const {
    return (number < 10 ? "0000000" : "000000") + std::to_string(number) + ending;
  }
  // Moves segments from `number` on away, with their seals if those are to be lost too.
  void lose_segments_from(int number, bool with_seals) const {
    fs::create_directory(directory_ / "away");
    for (const std::string ending : {".seg", ".seal"}) {
      for (const int n : numbers(ending)) {
        if (n < number || (ending == ".seal" && !with_seals)) continue;
        fs::rename(shard_ + "/" + name(n, ending), directory_ / ("away/" + name(n, ending)));
      }
    }
  }
  void put_back() const {
    for (const auto& entry : fs::directory_iterator(directory_ / "away")) {
      fs::rename(entry.path(), fs::path(shard_) / entry.path().filename());
    }
  }

  // verify, journal check and a start all refuse, with these words.
  void expect_refused(std::initializer_list<std::string> words) {
    for (const Finished& end :
         {run({HB_HONGBAO, "verify", data_}), run({HB_HONGBAO, "journal", "check", data_}),
          server_.start_in_vain()}) {
      const std::string text = end.output + end.errors;
      EXPECT_EQ(end.status, failed) << text;
      for (const std::string& word : words) {
        EXPECT_NE(text.find(word), std::string::npos) << "no '" << word << "' in: " << text;
      }
    }
  }
  // The number that the refusal names.
  std::string named_by_refusal() {
    const std::string text = server_.start_in_vain().errors;
    std::smatch match;
    EXPECT_TRUE(std::regex_search(text, match, std::regex("--accept-lost-events (\\d+)"))) << text;
    return match.empty() ? "" : match[1].str();
  }
  ServerProcess accepting(const std::string& count) const {
    ServerSettings settings = server_.settings();
    settings.flags.push_back("--accept-lost-events");
    settings.flags.push_back(count);
    return ServerProcess(settings);
  }
  Amount balance() {
    net::BlockingClient client(server_.client_options());
    return balance_of(client, user);
  }

  TempDirectory directory_;
  const std::string data_ = directory_ / "data";
  const std::string shard_ = data_ + "/shard-0000";
  const std::string archive_ = data_ + "/archive";
  ServerProcess server_{{.data = data_}};
};

TEST_F(LostJournals, AreNoticedByTheNewestSeal) {
  use(deposits);
  fs::remove_all(archive_);
  fs::remove(data_ + "/SEALED");
  const int sealed = numbers(".seal").back();
  lose_segments_from(sealed + 1, false);
  expect_refused({name(sealed, ".seal"), name(sealed + 1, ".seg"), "shard-0000"});
  put_back();
  ASSERT_TRUE(server_.start());
  EXPECT_EQ(balance(), Amount(deposits));
}

TEST_F(LostJournals, AreNoticedByTheArchive) {
  use(deposits);
  fs::remove(data_ + "/SEALED");
  const auto archive_files = [this] {
    return std::distance(fs::directory_iterator(archive_), fs::directory_iterator());
  };
  const auto before = archive_files();
  lose_segments_from(numbers(".seg").back() - 1, true);
  expect_refused({"the archive", "shard-0000"});
  EXPECT_EQ(archive_files(), before);
  put_back();
  ASSERT_TRUE(server_.start());
  EXPECT_EQ(balance(), Amount(deposits));
}

TEST_F(LostJournals, AreNoticedByTheLastSealThatIsRememberedElsewhere) {
  use(deposits);
  fs::remove_all(archive_);
  lose_segments_from(2, true);
  expect_refused({"SEALED", name(2, ".seg"), "shard-0000"});
}

TEST_F(LostJournals, AreNoticedWhenNoSegmentIsLeft) {
  use(3);
  fs::remove_all(archive_);
  lose_segments_from(1, true);
  expect_refused({"shard-0000", "begun"});
}

TEST_F(LostJournals, AreGivenUpByTheirNumberOnly) {
  use(deposits);
  lose_segments_from(2, false);
  const std::string count = named_by_refusal();
  ServerProcess wrong = accepting(std::to_string(std::stoi(count) + 1));
  EXPECT_EQ(wrong.start_in_vain().status, failed);
  ServerProcess accepted = accepting(count);
  ASSERT_TRUE(accepted.start());
  EXPECT_NE(accepted.log().find("going on without events that are missing"), std::string::npos);
  {
    net::BlockingClient client(accepted.client_options());
    EXPECT_EQ(balance_of(client, user), Amount(deposits) - Amount(std::stoi(count)));
    // Segments are numbered on where the rest ends, and sealed again.
    for (int i = 0; i < deposits; ++i) {
      answer_of(client.deposit({.user = user, .amount = Amount(1)}));
    }
  }
  ASSERT_TRUE(eventually([this] { return numbers(".seal").size() >= 3; }));
  EXPECT_EQ(accepted.stop(), 0);
  EXPECT_TRUE(fs::exists(archive_ + ".aside-1")) << "the witness is kept";
  EXPECT_TRUE(fs::exists(shard_ + "/" + name(2, ".seal") + ".lost-1"));
  EXPECT_TRUE(audit(data_).balanced());
  EXPECT_EQ(run({HB_HONGBAO, "journal", "check", data_}).status, 0);
  EXPECT_EQ(accepting(count).start_in_vain().status, wrong_usage) << "nothing is missing now";
  ASSERT_TRUE(server_.start());
}

TEST_F(LostJournals, AnAcceptanceForNothingIsRefused) {
  use(2);
  const Finished end = accepting("1").start_in_vain();
  EXPECT_EQ(end.status, wrong_usage);
  EXPECT_NE(end.errors.find("no events are missing"), std::string::npos) << end.errors;
}

// Two shards: what one lost, the other has booked.
class LostShard : public LostJournals {
 protected:
  LostShard() { server_two_.emplace(ServerSettings{.data = data_, .flags = {"--workers", "2"}}); }

  // Users 1 and 2 live on different shards; 2 claims a share of 1's packet.
  void use_two() {
    ASSERT_TRUE(server_two_->start());
    {
      net::BlockingClient client(server_two_->client_options());
      open_with(client, UserId(1), Amount(1'000));
      open_with(client, UserId(2), Amount(1'000));
      const auto sent =
          answer_of(client.send({.sender = UserId(1), .total = Amount(100), .share_count = 2}));
      answer_of(client.claim(sent.packet, UserId(2)));
      ASSERT_TRUE(eventually([&] { return balance_of(client, UserId(2)) > Amount(1'000); }));
    }
    ASSERT_EQ(server_two_->stop(), 0);
  }
  void expect_refused_naming(const std::string& shard) {
    for (const Finished& end : {run({HB_HONGBAO, "verify", data_}), server_two_->start_in_vain()}) {
      EXPECT_EQ(end.status, failed) << end.output << end.errors;
      EXPECT_NE((end.output + end.errors).find(shard), std::string::npos)
          << end.output << end.errors;
    }
  }

  std::optional<ServerProcess> server_two_;
};

TEST_F(LostShard, IsNamedWhenItsDirectoryIsMissingOrEmpty) {
  use_two();
  for (const std::string shard : {"shard-0000", "shard-0001"}) {
    SCOPED_TRACE(shard);
    fs::rename(data_ + "/" + shard, directory_ / shard);
    expect_refused_naming(shard);
    EXPECT_FALSE(fs::exists(data_ + "/" + shard));
    fs::create_directory(data_ + "/" + shard);
    expect_refused_naming(shard);
    fs::remove_all(data_ + "/" + shard);
    fs::rename(directory_ / shard, data_ + "/" + shard);
  }
  ASSERT_TRUE(server_two_->start());
}

TEST_F(LostShard, CannotBeGivenUpWhenTheOtherHasBookedItsMoney) {
  use_two();
  for (const std::string shard : {"shard-0000", "shard-0001"}) {
    SCOPED_TRACE(shard);
    fs::rename(data_ + "/" + shard, directory_ / shard);
    ServerSettings settings = server_two_->settings();
    for (const std::string count : {"0", "1", "2", "3", "4", "5"}) {
      settings.flags = {"--workers", "2", "--accept-lost-events", count};
      const Finished end = ServerProcess(settings).start_in_vain();
      EXPECT_EQ(end.status, failed);
      EXPECT_NE(end.errors.find("another shard has booked their money"), std::string::npos)
          << end.errors;
    }
    fs::rename(directory_ / shard, data_ + "/" + shard);
  }
}

// A first start that a crash ended leaves nothing that is missed.
TEST_F(LostShard, IsBegunAfreshWhereNoServerWasReadyBefore) {
  fs::create_directories(data_ + "/shard-0000");
  write_file(data_ + "/META", R"({"format": 2, "shards": 2, "begun": false})");
  ASSERT_TRUE(server_two_->start());
  EXPECT_NE(read_file(data_ + "/META").find("\"begun\":true"), std::string::npos);
}

TEST_F(LostShard, IsNoticedInADirectoryOfTheVersionBeforeToo) {
  use_two();
  write_file(data_ + "/META", "{\"format\":1,\"shards\":2}\n");
  fs::rename(data_ + "/shard-0001", directory_ / "away");
  expect_refused_naming("shard-0001");
  fs::rename(directory_ / "away", data_ + "/shard-0001");
  ASSERT_TRUE(server_two_->start());
  EXPECT_NE(read_file(data_ + "/META").find("\"format\":2"), std::string::npos);
}

}  // namespace
}  // namespace hb::e2e
