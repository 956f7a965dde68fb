#include "engine/base/printable.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace hb {
namespace {

using namespace std::string_view_literals;

struct Line {
  std::string_view text;
  std::string_view printed;
};

TEST(Printable, EscapesWhatATerminalActsOn) {
  const Line lines[] = {
      {"\0"sv, R"(\u0000)"},
      {"a\nb\r\tc", R"(a\nb\r\tc)"},
      {"\x1b[2J", R"(\u001b[2J)"},
      {"\x1f\x7f", R"(\u001f\u007f)"},
      {"\u0080\u0085\u009b31m\u009f\u00a0", "\\u0080\\u0085\\u009b31m\\u009f\u00a0"},
      {"\u061c\u200e\u200f", R"(\u061c\u200e\u200f)"},
      {"\u2027\u2028\u2029\u202a\u202e\u202f", "\u2027\\u2028\\u2029\\u202a\\u202e\u202f"},
      {"\u2066x\u2069", R"(\u2066x\u2069)"},
  };
  for (const Line& line : lines) EXPECT_EQ(printable(line.text), line.printed);
}

TEST(Printable, EscapesWhatCannotBeSeen) {
  const Line lines[] = {
      {"A\u00ad\u200b\u2060\ufeff", R"(A\u00ad\u200b\u2060\ufeff)"},
      {"\u3164\uffa0\ufff9", R"(\u3164\uffa0\ufff9)"},
      {"A\U000e0041", R"(A\udb40\udc41)"},
      // Where it has no effect.
      {"A\u200dB", R"(A\u200dB)"},
      {"王\u200c明", R"(王\u200c明)"},
      {"👨\u200d", R"(👨\u200d)"},
      {"\u200d👨", R"(\u200d👨)"},
      {"\ufe0f❤\ufe0f\ufe0f", "\\ufe0f❤\ufe0f\\ufe0f"},
  };
  for (const Line& line : lines) EXPECT_EQ(printable(line.text), line.printed);
}

TEST(Printable, LeavesTextOfEveryScriptAsItIs) {
  for (
      const std::string_view text :
      {"plain \"text\" with \\u202e typed"sv, "恭喜发财"sv, "Zoe\u0301 é ß"sv, "שלום مرحبا"sv,
       "👨\u200d👩\u200d👧 ❤\ufe0f 🏳\ufe0f\u200d🌈 👩🏽\u200d⚕\ufe0f 1\ufe0f\u20e3 🇯🇵"sv,
       "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"sv, "می\u200cخواهم"sv,
       "क्\u200dष"sv, "葛\U000e0100"sv, ""sv}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, ShowsBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("a\x9b"
                      "31m"sv),
            R"(a\x9b31m)");
  EXPECT_EQ(printable("\xe6\x81 \xff"sv), R"(\xe6\x81 \xff)");
  EXPECT_EQ(printable("明\xe6\x81"sv), R"(明\xe6\x81)");
}

TEST(PrintableLines, KeepsLineBreaksAndNothingElse) {
  EXPECT_EQ(printable_lines("a\nb\n"), "a\nb\n");
  EXPECT_EQ(printable_lines("a\r\nb\t明\u009b\n"), "a\\r\nb\\t明\\u009b\n");
  EXPECT_EQ(printable_lines("❤\n\ufe0f"), "❤\n\\ufe0f");
}

}  // namespace
}  // namespace hb
