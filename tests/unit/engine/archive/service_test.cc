// The service with its threads, on journals that stand still: what is on disk is opened, found
// damaged or foreign, and built anew.
#include "engine/archive/service.h"

#include <spdlog/sinks/ringbuffer_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <thread>

#include "tests/unit/engine/archive/archive_fixture.h"

namespace hb::archive {
namespace {

namespace fs = std::filesystem;

class ServiceTest : public testing::Test {
 protected:
  void start(test::Shards& shards) {
    const ServiceOptions options{
        .directory = directory(), .batch_events = 8, .pause = Duration::ms(1)};
    service_ = std::make_unique<Service>(options, sources_of(shards));
  }
  void start() { start(scene_.shards); }
  void stop() { service_.reset(); }
  std::string directory() const { return directory_ / "archive"; }

  QueryReply ask_once(const Query& query) {
    std::promise<QueryReply> promise;
    auto told = promise.get_future();
    service_->submit({.to = {1, 2}, .query = query},
                     [&](QueryReply reply) { promise.set_value(std::move(reply)); });
    QueryReply reply = told.get();
    EXPECT_EQ(reply.to.request, 2u);
    return reply;
  }
  // As soon as the archive has caught up.
  QueryReply ask(const Query& query) {
    for (;;) {
      QueryReply reply = ask_once(query);
      if (reply.status != Status::records_unavailable && service_->lag().events == 0) return reply;
      EXPECT_TRUE(reply.status != Status::records_unavailable || reply.limit > 0);
      std::this_thread::yield();
    }
  }
  std::vector<std::string> answers(const Scene& scene) {
    std::vector<std::string> all;
    const auto add = [&](std::vector<std::string> lines) {
      all.insert(all.end(), lines.begin(), lines.end());
    };
    ask(ListSent{scene.anna, {}, 10});  // from here on it has caught up
    for (const UserId user : {scene.anna, scene.bert, scene.cleo}) {
      add(lines_of(std::get<SentPage>(ask(ListSent{user, {}, 10}).answer)));
      add(lines_of(std::get<ReceivedPage>(ask(ListReceived{user, {}, 10}).answer)));
      add(lines_of(std::get<StatementPage>(ask(ListStatement{user, {}, 10}).answer)));
    }
    add(lines_of(std::get<HistoryPage>(ask(CaseBundle{scene.lucky_case}).answer)));
    return all;
  }
  // Tells the answers of a service that is started for it.
  std::vector<std::string> answers_after_start() {
    start();
    auto all = answers(scene_);
    stop();
    return all;
  }
  void flip_middle_of_files(std::string_view begin, std::string_view end) {
    int flipped = 0;
    for (const auto& entry : fs::directory_iterator(directory())) {
      const std::string name = entry.path().filename();
      if (!name.starts_with(begin) || !name.ends_with(end)) continue;
      std::string bytes = e2e::read_file(entry.path());
      for (std::size_t i = bytes.size() / 4; i < bytes.size() / 2; ++i) bytes[i] ^= 0x55;
      e2e::write_file(entry.path(), bytes);
      ++flipped;
    }
    ASSERT_GT(flipped, 0);
  }

  Scene scene_;
  e2e::TempDirectory directory_;
  std::unique_ptr<Service> service_;
};

TEST_F(ServiceTest, AnswersWhatTheRecordsSay) {
  Archived archived(sources_of(scene_.shards));
  archived.index_all();
  start();
  const auto reply = ask(ListStatement{scene_.anna, {}, 10});
  EXPECT_EQ(lines_of(std::get<StatementPage>(reply.answer)),
            lines_of(archived.statement(scene_.anna)));
}

TEST_F(ServiceTest, AnswersTheSameAfterEachStart) {
  const auto first = answers_after_start();
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(answers_after_start(), first);
  EXPECT_EQ(answers_after_start(), first);
}

TEST_F(ServiceTest, BuildsADeletedArchiveAnew) {
  const auto first = answers_after_start();
  fs::remove_all(directory());
  EXPECT_EQ(answers_after_start(), first);
}

TEST_F(ServiceTest, BuildsADamagedArchiveAnew) {
  const auto first = answers_after_start();
  for (const auto& [begin, end] :
       {std::pair{"", ".sst"}, std::pair{"MANIFEST", ""}, std::pair{"CURRENT", ""}}) {
    SCOPED_TRACE(std::string(begin) + end);
    flip_middle_of_files(begin, end);
    EXPECT_EQ(answers_after_start(), first);
  }
}

TEST_F(ServiceTest, BuildsAnArchiveOfAnotherNumberOfShardsAnew) {
  const auto first = answers_after_start();
  test::Shards one(1);
  one.fund(scene_.anna, 5);
  start(one);
  EXPECT_EQ(
      std::get<StatementPage>(ask(ListStatement{scene_.anna, {}, 10}).answer).movements.size(), 1u);
  stop();
  EXPECT_EQ(answers_after_start(), first);
}

// The journals may have lost events, and then it is all that is left of them.
TEST_F(ServiceTest, LeavesAnArchiveAsItIsThatIsAheadOfTheJournals) {
  const auto first = answers_after_start();
  test::Shards young(shard_count);
  young.fund(scene_.anna, 5);
  e2e::write_file(directory() + "/kept", "");
  const auto log = std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(100);
  const auto logger = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("service test", log));
  start(young);
  const auto refused = [](const std::string& line) {
    return line.find("it has events that the journals have not") != std::string::npos;
  };
  while (std::ranges::none_of(log->last_formatted(), refused)) std::this_thread::yield();
  EXPECT_EQ(ask_once(ListStatement{scene_.anna, {}, 10}).status, Status::records_unavailable);
  stop();
  spdlog::set_default_logger(logger);
  EXPECT_TRUE(fs::exists(directory() + "/kept"));
  EXPECT_EQ(answers_after_start(), first);
}

TEST_F(ServiceTest, BuildsAnArchiveOfOtherJournalsOfTheSameLengthAnew) {
  test::Shards own(1), other(1);
  own.fund(scene_.anna, 5);
  other.fund(scene_.anna, 6);
  ASSERT_EQ(durable_of(own, 0), durable_of(other, 0));
  start(own);
  ask(ListSent{scene_.anna, {}, 10});
  stop();
  start(other);
  const auto reply = ask(ListStatement{scene_.anna, {}, 10});
  stop();
  const auto& movements = std::get<StatementPage>(reply.answer).movements;
  ASSERT_EQ(movements.size(), 1u);
  EXPECT_EQ(movements[0].amount, Amount(6));
  EXPECT_TRUE(fs::exists(directory() + ".aside-1")) << "the other one is kept";
}

TEST_F(ServiceTest, AnswersTheFeedWithoutAnArchive) {
  service_ = std::make_unique<Service>(ServiceOptions{.directory = directory(), .enabled = false},
                                       sources_of(scene_.shards));
  EXPECT_EQ(ask_once(ListSent{scene_.anna, {}, 10}).status, Status::records_unavailable);
  const auto reply = ask_once(ReadFeed{.shard = ShardId(1), .from = Sequence(1)});
  ASSERT_EQ(reply.status, Status::ok);
  EXPECT_EQ(std::get<FeedPage>(reply.answer).count, durable_of(scene_.shards, 1).value);
  EXPECT_FALSE(fs::exists(directory()));
}

TEST_F(ServiceTest, AnswersWhoeverStillWaitsWhenItStops) {
  service_ = std::make_unique<Service>(ServiceOptions{.directory = directory(), .enabled = false},
                                       sources_of(scene_.shards));
  std::promise<QueryReply> promise;
  auto told = promise.get_future();
  const ReadFeed at_the_end{.shard = ShardId(0),
                            .from = Sequence(durable_of(scene_.shards, 0).value + 1),
                            .wait = Feed::wait_max};
  service_->submit({.to = {1, 2}, .query = at_the_end},
                   [&](QueryReply reply) { promise.set_value(std::move(reply)); });
  stop();
  EXPECT_EQ(std::get<FeedPage>(told.get().answer).count, 0u);
}

}  // namespace
}  // namespace hb::archive
