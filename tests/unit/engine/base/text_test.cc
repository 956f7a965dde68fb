#include "engine/base/text.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>

#include "engine/base/limits.h"

namespace hb {
namespace {

using namespace std::string_view_literals;

struct Utf8Case {
  std::string_view bytes;
  bool valid;
  const char* what;
};

constexpr Utf8Case utf8_cases[] = {
    {""sv, true, "nothing"},
    {"Hello"sv, true, "ASCII"},
    {"\0"sv, true, "U+0000 as one byte"},
    {"\x7f"sv, true, "U+007F, the last of one byte"},
    {"\xc2\x80"sv, true, "U+0080, the first of two bytes"},
    {"\xdf\xbf"sv, true, "U+07FF, the last of two bytes"},
    {"\xe0\xa0\x80"sv, true, "U+0800, the first of three bytes"},
    {"\xe6\x81\xad\xe5\x96\x9c\xe7\x99\xbc\xe8\xb2\xa1"sv, true, "Chinese"},
    {"\xed\x9f\xbf"sv, true, "U+D7FF, the last before the surrogates"},
    {"\xee\x80\x80"sv, true, "U+E000, the first after the surrogates"},
    {"\xef\xbf\xbd"sv, true, "U+FFFD"},
    {"\xef\xbf\xbf"sv, true, "U+FFFF, the last of three bytes"},
    {"\xf0\x90\x80\x80"sv, true, "U+10000, the first of four bytes"},
    {"\xf0\x9f\xa7\xa7"sv, true, "the red envelope, U+1F9E7"},
    {"\xf4\x8f\xbf\xbf"sv, true, "U+10FFFF, the last of all"},

    {"\xc0\x80"sv, false, "U+0000 overlong in two bytes"},
    {"\xc1\xbf"sv, false, "U+007F overlong in two bytes"},
    {"\xe0\x80\x80"sv, false, "U+0000 overlong in three bytes"},
    {"\xe0\x9f\xbf"sv, false, "U+07FF overlong in three bytes"},
    {"\xf0\x80\x80\x80"sv, false, "U+0000 overlong in four bytes"},
    {"\xf0\x8f\xbf\xbf"sv, false, "U+FFFF overlong in four bytes"},
    {"\xed\xa0\x80"sv, false, "U+D800, the first surrogate"},
    {"\xed\xbf\xbf"sv, false, "U+DFFF, the last surrogate"},
    {"\xed\xa0\xbd\xed\xb2\xa9"sv, false, "a surrogate pair"},
    {"\xf4\x90\x80\x80"sv, false, "U+110000, beyond the last"},
    {"\xf5\x80\x80\x80"sv, false, "a lead byte beyond the last"},
    {"\xf8\x88\x80\x80\x80"sv, false, "five bytes"},
    {"\xfc\x84\x80\x80\x80\x80"sv, false, "six bytes"},
    {"\xfe"sv, false, "a byte that never occurs"},
    {"\xff"sv, false, "another byte that never occurs"},
    {"\x80"sv, false, "a continuation byte alone"},
    {"a\xbf"sv, false, "a continuation byte after ASCII"},
    {"\xc2"sv, false, "two bytes cut after one"},
    {"\xe6\x81"sv, false, "three bytes cut after two"},
    {"\xf0\x9f\xa7"sv, false, "four bytes cut after three"},
    {"\xe6\x81 ok"sv, false, "cut in the middle of a text"},
    {"\xc2\xc2\x80"sv, false, "a lead byte where a continuation belongs"},
    {"fine until here \xe9"sv, false, "Latin-1 at the end"},
};

TEST(ValidUtf8, FollowsTheTable) {
  for (const Utf8Case& c : utf8_cases) EXPECT_EQ(valid_utf8(c.bytes), c.valid) << c.what;
}

struct ParseCase {
  std::string_view text;
  std::optional<std::int64_t> fen;
};

constexpr ParseCase parse_cases[] = {
    {"0", 0},
    {"1", 100},
    {"20", 2'000},
    {"20.5", 2'050},
    {"20.05", 2'005},
    {"20.00", 2'000},
    {"0.01", 1},
    {"0.1", 10},
    {"007", 700},
    {"90000000000000", limits::amount_max},
    {"90000000000000.00", limits::amount_max},
    {"89999999999999.99", limits::amount_max - 1},

    {"90000000000000.01", std::nullopt},
    {"99999999999999.99", std::nullopt},
    {"100000000000000", std::nullopt},
    {"99999999999999999999999999", std::nullopt},
    {"", std::nullopt},
    {".", std::nullopt},
    {".5", std::nullopt},
    {"5.", std::nullopt},
    {"1.234", std::nullopt},
    {"1.2.3", std::nullopt},
    {"-1", std::nullopt},
    {"+1", std::nullopt},
    {"1.-5", std::nullopt},
    {" 1", std::nullopt},
    {"1 ", std::nullopt},
    {"1,000", std::nullopt},
    {"1e3", std::nullopt},
    {"0x10", std::nullopt},
    {"abc", std::nullopt},
    {"\xef\xbc\x91", std::nullopt},  // a full-width digit one
};

TEST(ParseAmount, FollowsTheTable) {
  for (const ParseCase& c : parse_cases) {
    const std::optional<Amount> expected = c.fen ? std::optional(Amount(*c.fen)) : std::nullopt;
    EXPECT_EQ(parse_amount(c.text), expected) << '"' << c.text << '"';
  }
}

TEST(ParseAmount, StopsAtAByteOfZero) {
  EXPECT_EQ(parse_amount("1\0"sv), std::nullopt);
}

TEST(FormatAmount, WritesTwoDecimals) {
  EXPECT_EQ(format_amount(Amount(0)), "0.00");
  EXPECT_EQ(format_amount(Amount(1)), "0.01");
  EXPECT_EQ(format_amount(Amount(10)), "0.10");
  EXPECT_EQ(format_amount(Amount(2'050)), "20.50");
  EXPECT_EQ(format_amount(Amount(-5)), "-0.05");
  EXPECT_EQ(format_amount(Amount(-12'345)), "-123.45");
  EXPECT_EQ(format_amount(Amount(limits::amount_max)), "90000000000000.00");
}

TEST(FormatAmount, ReachesTheEndsOfTheRange) {
  EXPECT_EQ(format_amount(Amount(INT64_MAX)), "92233720368547758.07");
  EXPECT_EQ(format_amount(Amount(INT64_MIN)), "-92233720368547758.08");
}

TEST(FormatAmount, IsReadBackByParse) {
  for (const std::int64_t fen : {0LL, 1LL, 99LL, 100LL, 12'345LL, 8'999'999'999'999'999LL}) {
    EXPECT_EQ(parse_amount(format_amount(Amount(fen))), Amount(fen));
  }
}

TEST(ShortText, HoldsWhatItWasGiven) {
  const ShortText<8> empty;
  EXPECT_TRUE(empty.empty());
  EXPECT_EQ(empty.view(), "");
  const ShortText<8> full("12345678");
  EXPECT_EQ(full.size(), 8u);
  EXPECT_EQ(full.view(), "12345678");
  const ShortText<8> copy = full;
  EXPECT_EQ(copy.view(), "12345678");
}

TEST(ShortTextDeathTest, RefusesATextThatDoesNotFit) {
  EXPECT_DEATH(ShortText<8>("123456789"), "Capacity");
}

}  // namespace
}  // namespace hb
