#include "net/wire/foreign.h"

#include <gtest/gtest.h>

#include <string>

#include "net/wire/request_encoder.h"

namespace hb::net {
namespace {

using namespace std::string_literals;

Foreign seen_in(const std::string& text) {
  return recognise(std::as_bytes(std::span(text.data(), text.size())));
}

TEST(Foreign, AreRecognisedByTheirFirstBytes) {
  EXPECT_EQ(seen_in("GET / HTTP/1.1\r\nHost: a\r\n"), Foreign::http);
  EXPECT_EQ(seen_in("POST /claim HTTP/1.1\r\n"), Foreign::http);
  EXPECT_EQ(seen_in("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Foreign::http2);
  EXPECT_EQ(seen_in("*1\r\n$4\r\nPING\r\n"), Foreign::redis);
  EXPECT_EQ(seen_in("PING\r\n"), Foreign::redis);
  EXPECT_EQ(seen_in("\x16\x03\x01\x02\x00\x01"s), Foreign::tls);
  EXPECT_EQ(seen_in("SSH-2.0-OpenSSH_9.2\r\n"), Foreign::ssh);
}

TEST(Foreign, AreUnknownWhereTheBytesSayNothing) {
  EXPECT_EQ(seen_in(""), Foreign::unknown);
  EXPECT_EQ(seen_in("\x16"), Foreign::unknown);
  EXPECT_EQ(seen_in("*"), Foreign::unknown);
  EXPECT_EQ(seen_in("GETTING"), Foreign::unknown);
  EXPECT_EQ(seen_in("nonsense"), Foreign::unknown);
  EXPECT_EQ(recognise(RequestEncoder().hello(1, {})), Foreign::unknown);
}

}  // namespace
}  // namespace hb::net
