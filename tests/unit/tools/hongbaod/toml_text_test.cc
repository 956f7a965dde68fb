#include "tools/hongbaod/toml_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/support/seed.h"

namespace hb {
namespace {

using namespace std::string_literals;
using Form = Written::Form;

Written value_of(const std::string& toml) {
  const auto assignments = parse_toml("key = " + toml);
  EXPECT_TRUE(assignments) << assignments.error().what;
  return assignments ? assignments->at(0).value : Written{};
}

TEST(ParseToml, ReadsEachFormAsItIsWritten) {
  EXPECT_EQ(value_of("\"24h\"").form, Form::text);
  EXPECT_EQ(value_of("'24h'").text, "24h");
  EXPECT_EQ(value_of("0x10").form, Form::number);
  EXPECT_EQ(value_of("0x10").text, "16");
  EXPECT_EQ(value_of("0x10").shown, "0x10");
  EXPECT_EQ(value_of("-1_000").text, "-1000");
  EXPECT_EQ(value_of("true").form, Form::truth);
  EXPECT_EQ(value_of("true").text, "true");
  EXPECT_EQ(value_of("2026-02-17").form, Form::date);
  EXPECT_EQ(value_of("2026-02-17").text, "2026-02-17");
  EXPECT_EQ(value_of("200.00").form, Form::other);
  EXPECT_EQ(value_of("200.00").shown, "200.00");
  EXPECT_EQ(value_of("07:32:00").form, Form::other);
  EXPECT_EQ(value_of("[]").form, Form::list);
  EXPECT_EQ(value_of("[]").items.size(), 0u);
  EXPECT_EQ(value_of("[1, \"x\", # comment\n true]").items.size(), 3u);
  EXPECT_EQ(value_of("[1, \"x\", # comment\n true]").shown, "[1, \"x\", true]");
}

TEST(ParseToml, ShowsTextsWithoutWhatWouldMoveATerminal) {
  EXPECT_EQ(value_of("\"a\\u001b[2J\"").shown, "\"a\\u001b[2J\"");
  EXPECT_EQ(value_of("\"" + std::string(200, 'x') + "\"").shown,
            "\"" + std::string(80, 'x') + "...\"");
}

TEST(ParseToml, TellsSectionsAndPlaces) {
  const auto found =
      parse_toml("# first\na = 1\n\n[b]  # comment\n  c = [\n 1 ]\nd.e = 2\n[f.g]\n");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 7u);
  const auto is = [&](std::size_t i, const char* section, const char* key, std::size_t line,
                      std::size_t column) {
    const Assignment& assignment = found->at(i);
    EXPECT_EQ(assignment.section, section);
    EXPECT_EQ(assignment.key, key);
    EXPECT_EQ(assignment.place.line, line);
    EXPECT_EQ(assignment.place.column, column);
  };
  is(0, "", "a", 2, 1);
  is(1, "b", "", 4, 2);
  is(2, "b", "c", 5, 3);
  is(3, "b.d", "", 7, 1);
  is(4, "b.d", "e", 7, 3);
  is(5, "f", "", 8, 2);
  is(6, "f.g", "", 8, 4);
}

struct Broken {
  std::string text;
  std::size_t line;
  std::string named;
};

TEST(ParseToml, RefusesWhatIsNotTomlWithItsLine) {
  const Broken cases[] = {
      {"\n\n[[[", 3, "[[["},
      {"a = 1\n[=]\nb = 2", 2, "[=]"},
      {"a = 1\r\n[[[\r\nb = 2", 2, "\"[[[\""},
      {"\n\nworkers = = 2", 3, "workers = = 2"},
      {"\n\ndata = \"no end", 3, "no end"},
      {"\n\nworkers 2", 3, "workers 2"},
      {"data\n", 1, "data"},
      {"data =\n", 1, "data"},
      {"a = 1\na = 2", 2, "redefine"},
      {"[a]\n[a]\n", 2, "redefine"},
      {"a = 1 b = 2", 1, "a = 1 b = 2"},
      {"a = many", 1, "a = many"},
      {"a = 99999999999999999999", 1, "64 bits"},
      {"a = [1, 2", 1, "a = [1, 2"},
      {"\0"s, 1, "zero byte"},
      {"workers = 1\0\n"s, 1, "zero byte"},
      {"a = 1\n\0"s, 2, "zero byte"},
      {"a = 1\nb = \"\xff\"", 2, "UTF-8"},
      {"a = \"\x7f\"", 1, "a = "},
  };
  for (const Broken& broken : cases) {
    const auto found = parse_toml(broken.text);
    ASSERT_FALSE(found) << broken.text;
    EXPECT_EQ(found.error().place.line, broken.line) << broken.text;
    EXPECT_NE(found.error().what.find(broken.named), std::string::npos) << found.error().what;
  }
}

TEST(ParseToml, TellsTheColumnInCharacters) {
  const auto found = parse_toml("a = \"红包\" b");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().place.column, 10u);
}

TEST(ParseToml, ReadsNothingFromNothing) {
  EXPECT_EQ(parse_toml("")->size(), 0u);
  EXPECT_EQ(parse_toml("\xef\xbb\xbf# a comment only")->size(), 0u);
}

// Whatever the text, it answers.
TEST(ParseToml, AnswersToAnyText) {
  const std::string base = "[a]\nb = [1, \"x\"]\nc.d = {e = 2026-02-17, f = '''g\n'''}\n[[h]]\n";
  const std::string alphabet = "[]{}=\"'#.,\n\r\t \\-+_0129abeEfTZ:\x7f";
  for (const std::uint64_t seed : test::seeds(2'000)) {
    SCOPED_TRACE(test::seed_text(seed));
    std::mt19937_64 dice(seed);
    std::string text = base;
    for (int edits = 0; edits < 10; ++edits) {
      const std::size_t at = dice() % text.size();
      if (dice() % 3 == 0) text.erase(at, dice() % 8 + 1);
      text.insert(std::min(at, text.size()), 1, alphabet[dice() % alphabet.size()]);
      const auto found = parse_toml(text);
      EXPECT_TRUE(found || found.error().place.line >= 1) << text;
    }
  }
}

}  // namespace
}  // namespace hb
