#include "tools/hongbaod/setting.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tools/hongbaod/setting_table.h"
#include "tools/hongbaod/settings.h"
#include "tools/hongbaod/toml_text.h"

namespace hb {
namespace {

// What the table makes of "section.key = toml".
std::optional<Settings> with(std::string_view section, std::string_view key,
                             const std::string& toml) {
  const auto assignments = parse_toml("key = " + toml);
  const Setting* setting = find_setting(section, key);
  if (!assignments || !setting) {
    ADD_FAILURE() << key << " = " << toml;
    return std::nullopt;
  }
  Settings settings;
  if (!setting->kind.write(settings, assignments->at(0).value)) return std::nullopt;
  return settings;
}

TEST(Setting, IsTakenWithinItsBoundsOnly) {
  EXPECT_EQ(with("policy", "shares_max", "500")->engine.policy.shares_max, 500u);
  for (const char* toml : {"501", "0", "-1", "1.0", "\"5\"", "[5]", "true"}) {
    EXPECT_FALSE(with("policy", "shares_max", toml)) << toml;
  }
  EXPECT_EQ(with("policy", "share_max", "\"41943.03\"")->engine.policy.share_max,
            Amount(4'194'303));
  for (const char* toml : {"\"41943.04\"", "\"0\"", "\"-1\"", "200.00", "200", "\"\""}) {
    EXPECT_FALSE(with("policy", "share_max", toml)) << toml;
  }
  EXPECT_EQ(with("policy", "expiry_max", "\"7d\"")->engine.policy.expiry_max, Duration::hours(168));
  for (const char* toml : {"\"8d\"", "\"0s\"", "\"soon\"", "60", "\"-1s\""}) {
    EXPECT_FALSE(with("policy", "expiry_max", toml)) << toml;
  }
  EXPECT_FALSE(with("policy", "credit_opens_wallet", "false")->engine.policy.credit_opens_wallet);
  for (const char* toml : {"0", "\"true\"", "[true]"}) {
    EXPECT_FALSE(with("policy", "credit_opens_wallet", toml)) << toml;
  }
  EXPECT_EQ(with("policy", "lucky_split", "\"order_fair\"")->engine.policy.lucky_split,
            Split::order_fair);
  EXPECT_FALSE(with("policy", "lucky_split", "\"equal\""));
  EXPECT_EQ(with("policy", "utc_offset", "\"-03:30\"")->engine.policy.utc_offset,
            Duration::seconds(-12'600));
  for (const char* toml : {"\"+14:01\"", "\"Beijing\"", "\"08:00\"", "\"+8\"", "\"+08:60\""}) {
    EXPECT_FALSE(with("policy", "utc_offset", toml)) << toml;
  }
  EXPECT_EQ(with("journal", "segment_bytes", "67108864")->engine.journal.segment_bytes,
            67'108'864u);
  EXPECT_FALSE(with("journal", "segment_bytes", "67108865"));
  EXPECT_FALSE(with("", "data", "\"\""));
  EXPECT_FALSE(with("", "log-level", "\"loud\""));
}

TEST(Setting, ListsTakeNoneOneAndSeveral) {
  EXPECT_EQ(with("", "cpus", "[]")->engine.cpus, std::vector<unsigned>());
  EXPECT_EQ(with("", "cpus", "3")->engine.cpus, std::vector<unsigned>{3});
  EXPECT_EQ(with("", "cpus", "[0, 2]")->engine.cpus, (std::vector<unsigned>{0, 2}));
  EXPECT_FALSE(with("", "cpus", "[0, \"one\"]"));
  EXPECT_FALSE(with("", "cpus", "[[0]]"));
  EXPECT_EQ(with("policy", "holidays", "[]")->engine.policy.holidays.size(), 0u);
  EXPECT_EQ(with("policy", "holidays", "[\"1970-01-02\", 1970-01-03]")->engine.policy.holidays,
            (std::vector<std::int32_t>{1, 2}));
  EXPECT_FALSE(with("policy", "holidays", "[\"2026-02-30\"]"));
  EXPECT_FALSE(with("policy", "transfer_arrivals", "[]"));
  EXPECT_FALSE(with("policy", "transfer_arrivals", "[\"0s\", \"1s\", \"2s\", \"3s\", \"4s\"]"));
  EXPECT_FALSE(with("", "listen", "[]"));
}

TEST(Setting, ListenersTakeALevelOfTheirOwn) {
  const auto settings = with("", "listen", "[\"127.0.0.1:7700\", \"[::1]:7701,memory\"]");
  ASSERT_TRUE(settings);
  ASSERT_EQ(settings->listen.size(), 2u);
  EXPECT_EQ(settings->listen[0].acknowledgement, std::nullopt);
  EXPECT_EQ(settings->listen[1].host, "::1");
  EXPECT_EQ(settings->listen[1].port, 7701);
  EXPECT_EQ(settings->listen[1].acknowledgement, Acknowledgement::memory);
  for (const char* toml : {"\"localhost\"", "\"127.0.0.1:65536\"", "\"127.0.0.1:0,tape\""}) {
    EXPECT_FALSE(with("", "listen", toml)) << toml;
  }
}

TEST(SettingTable, NamesEachSettingOnceInASectionThatThereIs) {
  std::set<std::string> names;
  for (const Setting& setting : all_settings()) {
    EXPECT_TRUE(names.insert(setting.name()).second) << setting.name();
    EXPECT_EQ(std::ranges::count(all_sections(), setting.section, &Section::name), 1)
        << setting.name();
    EXPECT_FALSE(setting.help.empty() || setting.help.ends_with('.')) << setting.name();
  }
}

TEST(SettingTable, WarnsOfSettingsOfEarlierVersionsWhateverTheyAre) {
  for (const char* toml : {"true", "\"no\"", "[]"}) {
    const auto settings = with("journal", "use_io_uring", toml);
    ASSERT_TRUE(settings);
    ASSERT_EQ(settings->warnings.size(), 1u);
    EXPECT_TRUE(settings->warnings[0].starts_with("journal.use_io_uring has no effect"));
  }
}

// So that a file made of them starts the server.
TEST(SettingTable, TakesEachDefaultAsItIsShown) {
  for (const Setting& setting : all_settings()) {
    if (setting.kind.is_retired) continue;
    const std::string shown = setting.kind.show(Settings{});
    const auto settings = with(setting.section, setting.key, shown);
    ASSERT_TRUE(settings) << setting.name() << " = " << shown;
    EXPECT_EQ(setting.kind.show(*settings), shown) << setting.name();
  }
}

}  // namespace
}  // namespace hb
