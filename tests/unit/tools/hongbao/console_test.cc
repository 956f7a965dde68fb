#include "tools/hongbao/console.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tools/hongbao/text/values.h"

namespace hb::cli {
namespace {

constexpr const char* hostile = "red\u009b31m \u0085\u007f\x1b[2J\u202e00.001\u2066x\u2069";
constexpr const char* escaped = R"(red\u009b31m \u0085\u007f\u001b[2J\u202e00.001\u2066x\u2069)";

class ConsoleTest : public testing::Test {
 protected:
  std::ostringstream out;
  std::ostringstream err;
  Console console{out, err};
};

TEST_F(ConsoleTest, EscapesTextOnEveryWayOut) {
  console.print(std::string(hostile) + "\n恭喜👨\u200d👩\u200d👧\n");
  EXPECT_EQ(out.str(), std::string(escaped) + "\n恭喜👨\u200d👩\u200d👧\n");
  console.note(std::string(hostile) + "\n");
  EXPECT_EQ(err.str(), std::string(escaped) + "\n");
}

TEST_F(ConsoleTest, EscapesErrorsAndWrongUsage) {
  console.fail({ErrorCode::io, hostile});
  console.wrong_usage(hostile);
  console.tell({}, std::string(hostile) + '\n', ExitStatus::refused);
  const std::string text = escaped;
  EXPECT_EQ(err.str(), "hongbao: " + text + "\nhongbao: " + text + "\n" + text + "\n");
}

TEST_F(ConsoleTest, KeepsTheTextItselfInJson) {
  console.json = true;
  console.tell({{"name", hostile}}, "");
  EXPECT_EQ(out.str(), std::string("{\"name\":\"") + escaped + "\"}\n");
  EXPECT_EQ(nlohmann::json::parse(out.str())["name"], hostile);
}

TEST_F(ConsoleTest, PrintsIdsAsStringsInJsonWhenAsked) {
  console.json = console.ids_as_strings = true;
  console.tell({{"packet", 18'446'744'073'709'551'615U}, {"total", 5}}, "");
  EXPECT_EQ(out.str(), "{\"packet\":\"18446744073709551615\",\"total\":5}\n");
}

TEST_F(ConsoleTest, KeepsTextAboveTheBasicPlaneInJson) {
  const std::string tag = "x\U000e0041";
  EXPECT_EQ(json_line(tag), R"("x\udb40\udc41")");
  EXPECT_EQ(nlohmann::json::parse(json_line(tag)), tag);
}

}  // namespace
}  // namespace hb::cli
