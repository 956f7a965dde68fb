#include "net/server/peer_log.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

namespace hb::net {
namespace {

constexpr Time start{1'000'000'000};

class PeerLogTest : public testing::Test {
 protected:
  PeerLogTest() {
    const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    const auto logger = std::make_shared<spdlog::logger>("test", sink);
    logger->set_pattern("%l %v");
    spdlog::set_default_logger(logger);
  }
  ~PeerLogTest() override { spdlog::set_default_logger(before_); }

  std::string text() const { return text_.str(); }
  std::ptrdiff_t lines() const { return std::ranges::count(text(), '\n'); }
  bool says(const std::string& what) const { return text().find(what) != std::string::npos; }

  PeerLog log;

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST_F(PeerLogTest, NamesClientsWithTheirAddresses) {
  log.greeted(start, "127.0.0.1:5001", "gateway-7");
  EXPECT_EQ(text(), "info client 127.0.0.1:5001 is \"gateway-7\"\n");
}

TEST_F(PeerLogTest, WritesNothingRawThatAClientSent) {
  log.greeted(start, "127.0.0.1:5001", "小明\x1b[2J\nerror all is lost\xff");
  log.ended(start, "127.0.0.1:5001", "\u202e\n", {.status = Status::frame_malformed});
  EXPECT_EQ(lines(), 2) << text();
  EXPECT_TRUE(says("小明\\u001b[2J\\nerror all is lost\\xff")) << text();
  EXPECT_TRUE(says("(\"\\u202e\\n\")")) << text();
}

TEST_F(PeerLogTest, NamesTheProtocolOfAForeignClient) {
  log.ended(start, "127.0.0.1:5001", "",
            {.status = Status::frame_malformed, .looks_like = Foreign::http});
  EXPECT_EQ(lines(), 1);
  EXPECT_TRUE(says("warning client 127.0.0.1:5001: ")) << text();
  EXPECT_TRUE(says("an HTTP request"));
}

TEST_F(PeerLogTest, SaysWhyAConnectionEnded) {
  log.ended(start, "[::1]:5001", "slow", {.limit = 30'000'000, .unread = true});
  log.ended(start, "[::1]:5002", "", {.status = Status::overloaded, .limit = 1'000'000});
  log.ended(start, "[::1]:5003", "", {.status = Status::shutting_down});
  EXPECT_EQ(lines(), 2) << text();
  EXPECT_TRUE(says("[::1]:5001 (\"slow\")"));
  EXPECT_TRUE(says("30 s"));
  EXPECT_TRUE(says("try again after 1 s"));
}

TEST_F(PeerLogTest, WritesFewLinesForAFloodAndCountsTheOthers) {
  for (int i = 0; i < 1'000; ++i) {
    log.ended(start, "127.0.0.1:5001", "", {.status = Status::frame_malformed});
    log.greeted(start, "127.0.0.1:5001", "flood");
  }
  EXPECT_EQ(lines(), 40);
  log.report_suppressed(start);
  EXPECT_EQ(lines(), 40);
  log.report_suppressed(start + Duration::seconds(5));
  EXPECT_EQ(lines(), 42);
  EXPECT_TRUE(says("980 more clients connected"));
  EXPECT_TRUE(says("980 more connections were closed"));
}

}  // namespace
}  // namespace hb::net
