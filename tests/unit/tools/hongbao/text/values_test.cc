#include "tools/hongbao/text/values.h"

#include <gtest/gtest.h>

#include <string>

namespace hb {
namespace {

TEST(ParseTime, ReadsWhatFormatTimeWrote) {
  const Time noon(1'485'518'400'123'456);
  EXPECT_EQ(format_time(noon), "2017-01-27T12:00:00.123456Z");
  EXPECT_EQ(parse_time(format_time(noon)), noon);
}

TEST(ParseTime, ReadsSecondsWithFewerDecimals) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:01Z"), Time(1'000'000));
  EXPECT_EQ(parse_time("1970-01-02T00:00:00.5Z"), Time(86'400'500'000));
}

TEST(ParseTime, ReadsABareNumberAsMicroseconds) {
  EXPECT_EQ(parse_time("1485518400123456"), Time(1'485'518'400'123'456));
}

TEST(ParseTime, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "now", "2017-01-27", "2017-01-27T12:00:00", "2017-01-27T12:00:00+08:00",
        "2017-1-27T12:00:00Z", "2017-02-29T12:00:00Z", "2017-13-01T12:00:00Z",
        "2017-01-27T24:00:00Z", "2017-01-27T12:60:00Z", "2017-01-27T12:00:60Z",
        "2017-01-27T12:00:00.Z", "2017-01-27T12:00:00.1234567Z", "2017-01-27T12:00:00Zz",
        "-017-01-27T12:00:00Z", "18446744073709551615", "-1"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

TEST(ParseKey, ReadsTheHighHalfFirst) {
  EXPECT_EQ(parse_key("0123456789abcdefFEDCBA9876543210"),
            (Key128{.low = 0xfedcba9876543210, .high = 0x0123456789abcdef}));
}

TEST(ParseKey, ReadsWhatFormatKeyWrote) {
  const Key128 key{.low = 1, .high = 0xff00000000000000};
  EXPECT_EQ(format_key(key), "ff000000000000000000000000000001");
  EXPECT_EQ(parse_key(format_key(key)), key);
}

TEST(ParseKey, RefusesWhatIsNoKey) {
  for (const char* text :
       {"", "1", "0123456789abcdeffedcba987654321", "00000000000000000000000000000000",
        "0123456789abcdeffedcba98765432100", "g123456789abcdeffedcba9876543210",
        "-123456789abcdeffedcba9876543210", "0123456789abcdef-edcba9876543210"}) {
    EXPECT_EQ(parse_key(text), std::nullopt) << text;
  }
}

TEST(ParseDigest, ReadsWhatToHexWrote) {
  const Digest256 digest = sha256({});
  EXPECT_EQ(parse_digest(to_hex(digest)), digest);
}

TEST(ParseDigest, RefusesWhatIsNoDigest) {
  const std::string digits(63, '0');
  for (const std::string& text : {std::string(), digits, digits + "00", digits + 'g', '-' + digits,
                                  digits.substr(1) + " 0"}) {
    EXPECT_EQ(parse_digest(text), std::nullopt) << text;
  }
}

TEST(ParseSeed, ReadsTwoLittleEndianWords) {
  const auto seed = parse_seed("0100000000000000000000000000FF80");
  ASSERT_TRUE(seed.has_value());
  EXPECT_EQ(seed->k0, 1u);
  EXPECT_EQ(seed->k1, 0x80ff'0000'0000'0000u);
  EXPECT_EQ(format_seed(*seed), "0100000000000000000000000000ff80");
}

TEST(ParseSeed, RefusesWhatIsNoSeed) {
  for (const char* text : {"", "01", "010000000000000000000000000000ff80", "x"}) {
    EXPECT_FALSE(parse_seed(text).has_value()) << text;
  }
}

TEST(ParseId, ReadsTheWholeRange) {
  EXPECT_EQ(parse_id("1"), 1u);
  EXPECT_EQ(parse_id("18446744073709551615"), ~std::uint64_t{0});
}

TEST(ParseId, LeavesZeroToTheServer) {
  EXPECT_EQ(parse_id("0"), 0u);
}

TEST(ParseId, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "-1", "+1", "1x", "0x10", " 1", "18446744073709551616"}) {
    EXPECT_EQ(parse_id(text), std::nullopt) << text;
  }
}

TEST(ParseEndpoint, ReadsAddressesAndNames) {
  const auto v4 = parse_endpoint("127.0.0.1:7700");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->host, "127.0.0.1");
  EXPECT_EQ(v4->port, 7700);
  const auto v6 = parse_endpoint("[::1]:65535");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 65535);
  EXPECT_EQ(format_endpoint(*v6), "[::1]:65535");
  EXPECT_EQ(parse_endpoint("gate.example:1")->host, "gate.example");
}

TEST(ParseEndpoint, RefusesWhatIsNoEndpoint) {
  for (const char* text : {"", "127.0.0.1", ":7700", "host:", "host:0", "host:65536", "::1:7700",
                           "host:-1", "host:77x", "[]:1"}) {
    EXPECT_EQ(parse_endpoint(text), std::nullopt) << text;
  }
}

TEST(FormatTime, IsIsoInUtcToTheMicrosecond) {
  EXPECT_EQ(format_time(Time(0)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time(Time(1'485'532'800'000'001)), "2017-01-27T16:00:00.000001Z");
  EXPECT_EQ(format_time(Time(-1)), "1969-12-31T23:59:59.999999Z");
}

TEST(FormatTime, TellsWhatIsNoDateInMicroseconds) {
  EXPECT_EQ(format_time(Time(-62'167'219'200'000'000)), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time(Time(253'402'300'799'999'999)), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_time(Time(253'402'300'800'000'000)), "253402300800000000us");
  EXPECT_EQ(format_time(Time(INT64_MIN)), "-9223372036854775808us");
}

TEST(InQuotes, KeepsChineseAndEscapesControlCharacters) {
  EXPECT_EQ(in_quotes("恭喜\x1b[2J\n\"发\""), "\"恭喜\\u001b[2J\\n\\\"发\\\"\"");
}

TEST(JsonLine, ReplacesWhatIsNotUtf8) {
  nlohmann::ordered_json json;
  json["name"] = "a\xff";
  EXPECT_EQ(json_line(json), "{\"name\":\"a\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace hb
