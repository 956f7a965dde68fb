#include "tools/hongbaod/settings_file.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hb {
namespace {

std::vector<std::string> problems(const std::string& text) {
  Settings settings;
  return SettingsFile("a.toml", text).apply(settings);
}

void expect_problem(const std::string& text, const std::string& problem) {
  EXPECT_EQ(problems(text), std::vector{"settings file a.toml, " + problem});
}

TEST(SettingsFile, GivesTheSettingsWhatItSets) {
  Settings settings;
  SettingsFile file("a.toml",
                    "workers = 2  # threads\ncpus = []\n\n[policy]  # a comment behind a section\n"
                    "share_max = \"100.00\"\nholidays = []\n[policy.dotted]\n[connections]\n"
                    "window_max = 1_024\n");
  EXPECT_EQ(file.apply(settings).size(), 1u);  // of the section that there is not
  EXPECT_EQ(settings.engine.workers, 2);
  EXPECT_EQ(settings.engine.policy.share_max, Amount(10'000));
  EXPECT_EQ(settings.server.session.window_max, 1'024u);
}

TEST(SettingsFile, TellsAnUnknownNameWithItsLineAndTheNearest) {
  expect_problem("\n[policy]\nshare_maximum = \"200.00\"",
                 "line 3, column 1: unknown key \"share_maximum\" in [policy]; did you mean "
                 "'share_max'?");
  expect_problem("log_level = \"info\"",
                 "line 1, column 1: unknown key \"log_level\" above the first section; did you "
                 "mean 'log-level'?");
  expect_problem("[conections]\nwindow_max = 5\nno_such = 1\n",
                 "line 1, column 2: unknown section [conections]; did you mean 'connections'?");
  expect_problem("[[policy]]\nshare_max = \"1.00\"",
                 "line 1, column 3: unknown key \"policy\" above the first section; it is a "
                 "section: write [policy]");
  expect_problem("window_max = 5",
                 "line 1, column 1: unknown key \"window_max\" above the first section; it belongs "
                 "in [connections]");
  expect_problem("[journal]\nworkers = 5",
                 "line 2, column 1: unknown key \"workers\" in [journal]; it belongs above the "
                 "first section");
  expect_problem("[policy]\nqqqqqq = 5", "line 2, column 1: unknown key \"qqqqqq\" in [policy]");
}

TEST(SettingsFile, TellsABadValueWithItsLineAndWhatIsAccepted) {
  expect_problem("workers = \"two\"",
                 "line 1, column 1: workers is \"two\"; accepted: a whole number of workers from 1 "
                 "to 64");
  expect_problem("[policy]\nshare_max = 200.00",
                 "line 2, column 1: policy.share_max is 200.00; accepted: an amount in quotes from "
                 "\"0.01\" to \"41943.03\"");
  expect_problem("[policy]\nexpiry_max = \"8d\"",
                 "line 2, column 1: policy.expiry_max is \"8d\"; accepted: a duration in quotes "
                 "from \"1us\" to \"7d\" (units us, ms, s, m, h, d)");
  expect_problem("[policy]\nlucky_split = \"fair\"",
                 "line 2, column 1: policy.lucky_split is \"fair\"; accepted: \"double_mean\" or "
                 "\"order_fair\"");
  expect_problem(
      "[policy]\nholidays = [\"new year\"]",
      "line 2, column 1: policy.holidays is [\"new year\"]; accepted: a list of 0 to 64, "
      "each a date such as \"2026-02-17\"");
}

TEST(SettingsFile, TellsAllThatIsWrongAtOnce) {
  EXPECT_EQ(problems("workers = 0\n[polcy]\n[journal]\nblocks = 2\nblock_count = \"x\"").size(),
            4u);
}

TEST(SettingsFile, TellsBrokenSyntaxWithItsLine) {
  expect_problem("# settings\n\n[[[\n", "line 3, column 1: this is not TOML: \"[[[\"");
}

TEST(SettingsFile, LocatesASettingThatAMessageStartsWith) {
  Settings settings;
  SettingsFile file("a.toml", "[policy]\nshare_min = \"300.00\"\n");
  EXPECT_TRUE(file.apply(settings).empty());
  EXPECT_EQ(file.located("policy.share_min is 300.00"),
            "settings file a.toml, line 2, column 1: policy.share_min is 300.00");
  EXPECT_EQ(file.located("policy.share_max is 300.00"), "policy.share_max is 300.00");
  EXPECT_EQ(file.located("no room"), "no room");
}

TEST(SettingsFile, IsNoDirectoryDeviceOrMissingFile) {
  for (const char* path : {"/", "/dev/zero", "/no/such/file", ""}) {
    const auto file = SettingsFile::read(path);
    ASSERT_FALSE(file) << path;
    EXPECT_EQ(file.error().code, ErrorCode::invalid) << path;
    EXPECT_TRUE(file.error().message.starts_with("--config: cannot read")) << file.error().message;
  }
  EXPECT_TRUE(SettingsFile::read("/dev/null"));
}

}  // namespace
}  // namespace hb
