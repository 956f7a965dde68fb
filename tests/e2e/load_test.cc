// `hongbao load` and the books of others: it brings a server of its own unless one is named, and
// leaves books alone that hold anything.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr int usage = 2;
constexpr int failed = 3;

class LoadTest : public testing::Test {
 protected:
  // Its temporary files go into the test's directory.
  Words load(const Words& more, const std::string& duration = "200ms") const {
    Words line = {"/usr/bin/env", "TMPDIR=" + (directory_ / ""), HB_HONGBAO, "load"};
    line.insert(line.end(), {"--rate", "1000", "--users", "1024", "--senders", "16", "--packets",
                             "32", "--duration", duration});
    line.insert(line.end(), more.begin(), more.end());
    return line;
  }
  static Words of(const ServerProcess& server) {
    return {"--server", "127.0.0.1:" + std::to_string(server.port())};
  }
  static std::uint64_t events(const ServerProcess& server) {
    net::BlockingClient client(server.client_options());
    return answer_of(client.read_feed({.shard = ShardId(0), .from = Sequence(1)})).durable.value;
  }
  bool left_nothing() const { return fs::is_empty(directory_.path()); }

  TempDirectory directory_;
};

TEST_F(LoadTest, BringsAServerOfItsOwnAndRemovesIt) {
  const Finished end = run(load({"--json", "-"}));
  EXPECT_EQ(end.status, 0) << end.errors;
  EXPECT_NE(end.errors.find("a throw-away server at 127.0.0.1:"), std::string::npos) << end.errors;
  EXPECT_TRUE(nlohmann::json::parse(end.output)["audit"]["ok"]);
  EXPECT_TRUE(left_nothing());
}

TEST_F(LoadTest, RemovesItsServerAlsoWhenItIsKilled) {
  for (const int number : {SIGINT, SIGKILL}) {
    Process running(load({}, "1h"));
    ASSERT_TRUE(eventually([&] {
      return running.errors().find("1 s") != std::string::npos ||
             running.errors().find("server at") != std::string::npos;
    }));
    running.signal(number);
    ASSERT_TRUE(running.wait());
    EXPECT_TRUE(eventually([&] { return left_nothing(); }));
  }
}

TEST_F(LoadTest, LeavesBooksAloneThatHoldAnything) {
  TempDirectory data;
  ServerProcess server({.data = data / "data"});
  ASSERT_TRUE(server.start());
  {
    net::BlockingClient client(server.client_options());
    open_with(client, UserId(7), Amount(1'000));
  }
  const std::uint64_t before = events(server);
  const Finished refused = run(load(of(server)));
  EXPECT_EQ(refused.status, usage);
  EXPECT_NE(refused.errors.find("--into-this-server"), std::string::npos) << refused.errors;
  EXPECT_EQ(events(server), before);

  Words line = of(server);
  line.emplace_back("--into-this-server");
  const Finished done = run(load(line));
  EXPECT_EQ(done.status, 0) << done.errors;
  EXPECT_GT(events(server), before);
  EXPECT_EQ(server.stop(), 0);
}

TEST_F(LoadTest, LoadsANamedServerWithEmptyBooks) {
  TempDirectory data;
  ServerProcess server({.data = data / "data", .flags = {"--workers", "2"}});
  ASSERT_TRUE(server.start());
  const Finished done = run(load(of(server)));
  EXPECT_EQ(done.status, 0) << done.errors;
  EXPECT_EQ(server.stop(), 0);
}

TEST_F(LoadTest, FindsAFolderThatDoesNotExistBeforeTheRun) {
  for (const char* const option : {"--json", "--report"}) {
    const std::string file = directory_ / "missing" + "/file";
    const Finished end = run(load({option, file}, "1h"));
    EXPECT_EQ(end.status, failed);
    EXPECT_NE(end.errors.find("cannot write " + file), std::string::npos) << end.errors;
  }
  EXPECT_TRUE(left_nothing());
}

}  // namespace
}  // namespace hb::e2e
