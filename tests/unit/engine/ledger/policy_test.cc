// Every setting's bounds: the least and the most are taken, one beyond is refused by name.

#include "engine/ledger/policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace hb::test {
namespace {

struct Setting {
  const char* key;
  std::function<void(Policy&, std::int64_t)> set;
  std::int64_t least;
  std::int64_t most;
};

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t hour_us = 3'600 * second_us;
constexpr std::int64_t week_us = 7 * 24 * hour_us;

// The others at their defaults.
const Setting settings[] = {
    {"policy.share_min", [](Policy& p, auto v) { p.share_min = Amount{v}; }, 1, 20'000},
    {"policy.share_max", [](Policy& p, auto v) { p.share_max = Amount{v}; }, 1, 4'194'303},
    {"policy.holiday_share_max", [](Policy& p, auto v) { p.holiday_share_max = Amount{v}; }, 1,
     4'194'303},
    {"policy.shares_max", [](Policy& p, auto v) { p.shares_max = static_cast<std::uint32_t>(v); },
     1, 500},
    {"policy.recipients_max",
     [](Policy& p, auto v) { p.recipients_max = static_cast<std::uint32_t>(v); }, 1, 500},
    {"policy.expiry_default", [](Policy& p, auto v) { p.expiry_default = Duration::us(v); },
     60 * second_us, week_us},
    {"policy.expiry_min",
     [](Policy& p, auto v) {
       p.expiry_min = Duration::us(v);
       p.expiry_default = p.expiry_max;
     },
     1, week_us},
    {"policy.expiry_max",
     [](Policy& p, auto v) {
       p.expiry_max = Duration::us(v);
       p.expiry_default = p.expiry_min = Duration::us(1);
     },
     1, week_us},
    {"policy.opens_ahead_max", [](Policy& p, auto v) { p.opens_ahead_max = Duration::us(v); }, 0,
     5 * 24 * hour_us},
    {"policy.code_tries_max",
     [](Policy& p, auto v) { p.code_tries_max = static_cast<std::uint32_t>(v); }, 1, 1'000},
    {"policy.return_window", [](Policy& p, auto v) { p.return_window = Duration::us(v); }, 0,
     365 * 24 * hour_us},
    {"policy.transfer_max", [](Policy& p, auto v) { p.transfer_max = Amount{v}; }, 1, 0xffff'ffff},
    {"policy.transfer_accept_window",
     [](Policy& p, auto v) { p.transfer_accept_window = Duration::us(v); }, 1, week_us},
    {"policy.transfer_arrivals",
     [](Policy& p, auto v) {
       p.transfer_arrivals = {Duration{}, Duration::us(v)};
     },
     0, week_us},
    {"policy.transfer_return_window",
     [](Policy& p, auto v) { p.transfer_return_window = Duration::us(v); }, 0, 365 * 24 * hour_us},
    {"policy.daily_amount_cap", [](Policy& p, auto v) { p.daily_amount_cap = Amount{v}; }, 0,
     limits::amount_max},
    {"policy.daily_receive_amount_cap",
     [](Policy& p, auto v) { p.daily_receive_amount_cap = Amount{v}; }, 0, limits::amount_max},
    {"policy.utc_offset", [](Policy& p, auto v) { p.utc_offset = Duration::us(v); }, -14 * hour_us,
     14 * hour_us},
    {"policy.day_start", [](Policy& p, auto v) { p.day_start = Duration::us(v); }, 0,
     24 * hour_us - 1},
    {"policy.page_rows_max",
     [](Policy& p, auto v) { p.page_rows_max = static_cast<std::uint32_t>(v); }, 1, 500},
};

TEST(Policy, DefaultsAreValidAndAreTheProducts) {
  const Policy p;
  EXPECT_TRUE(validate(p));
  EXPECT_EQ(p.share_min.fen(), 1);
  EXPECT_EQ(p.share_max.fen(), 20'000);
  EXPECT_EQ(p.holiday_share_max.fen(), 52'000);
  EXPECT_EQ(p.shares_max, 500u);
  EXPECT_EQ(p.recipients_max, 500u);
  EXPECT_EQ(p.expiry_default, Duration::hours(24));
  EXPECT_EQ(p.expiry_min, Duration::seconds(60));
  EXPECT_EQ(p.expiry_max, Duration::hours(7 * 24));
  EXPECT_EQ(p.code_tries_max, 5u);
  EXPECT_EQ(p.return_window, Duration::hours(24));
  EXPECT_EQ(p.transfer_accept_window, Duration::hours(24));
  EXPECT_EQ(p.transfer_arrivals,
            (std::vector{Duration{}, Duration::hours(2), Duration::hours(24)}));
  EXPECT_EQ(p.transfer_return_window, Duration::hours(24));
  EXPECT_TRUE(p.credit_opens_wallet);
  EXPECT_EQ(p.utc_offset, Duration::hours(8));
}

TEST(Policy, EverySettingIsTakenFromItsLeastToItsMostAndRefusedByNameBeyond) {
  for (const Setting& setting : settings) {
    SCOPED_TRACE(setting.key);
    struct Line {
      std::int64_t value;
      bool good;
    };
    const Line lines[] = {{setting.least, true},
                          {setting.most, true},
                          {setting.least - 1, false},
                          {setting.most + 1, false}};
    for (const Line& line : lines) {
      SCOPED_TRACE(line.value);
      Policy policy;
      setting.set(policy, line.value);
      const Result<void> valid = validate(policy);
      EXPECT_EQ(valid.has_value(), line.good);
      if (valid || line.good) continue;
      EXPECT_EQ(valid.error().message.rfind(setting.key, 0), 0u) << valid.error().message;
    }
  }
}

TEST(Policy, ErrorTellsTheValueAndItsBounds) {
  Policy policy;
  policy.shares_max = 501;
  EXPECT_EQ(validate(policy).error().message,
            "policy.shares_max is 501 shares; it must lie between 1 and 500 shares");
}

TEST(Policy, TransfersNeedOneArrivalAndTakeFour) {
  for (const std::size_t count : {0u, 1u, 4u, 5u}) {
    Policy policy;
    policy.transfer_arrivals.assign(count, Duration{});
    EXPECT_EQ(validate(policy).has_value(), count == 1 || count == 4) << count;
  }
}

TEST(Policy, HolidaysAreAtMostSixtyFour) {
  for (const std::size_t count : {0u, 64u, 65u}) {
    Policy policy;
    policy.holidays.assign(count, 19'763);
    EXPECT_EQ(validate(policy).has_value(), count <= 64) << count;
  }
}

TEST(Policy, BoundsThatDependOnOtherSettingsNameTheOneThatIsWrong) {
  struct Line {
    const char* key;
    std::function<void(Policy&)> set;
  };
  const Line lines[] = {
      {"policy.expiry_default", [](Policy& p) { p.expiry_min = Duration::hours(25); }},
      {"policy.expiry_default", [](Policy& p) { p.expiry_max = Duration::hours(23); }},
      {"policy.expiry_min",
       [](Policy& p) {
         p.expiry_min = Duration::hours(3);
         p.expiry_max = Duration::hours(2);
       }},
      {"policy.share_min",
       [](Policy& p) {
         p.share_min = Amount{11};
         p.share_max = Amount{10};
       }},
      {"policy.holiday_share_max",
       [](Policy& p) {
         p.share_min = Amount{11};
         p.holiday_share_max = Amount{10};
       }},
  };
  for (const Line& line : lines) {
    Policy policy;
    line.set(policy);
    const Result<void> valid = validate(policy);
    ASSERT_FALSE(valid) << line.key;
    EXPECT_EQ(valid.error().message.rfind(line.key, 0), 0u) << valid.error().message;
  }
}

TEST(Policy, LuckySplitMustBeOneThatIsLucky) {
  for (int value = 0; value < 256; ++value) {
    const auto split = static_cast<Split>(value);
    const bool good = split == Split::double_mean || split == Split::order_fair;
    const Result<void> valid = validate(Policy{.lucky_split = split});
    ASSERT_EQ(valid.has_value(), good) << value;
    if (good) continue;
    EXPECT_EQ(valid.error().message.rfind("policy.lucky_split", 0), 0u);
  }
}

TEST(Policy, DayOfCountsFromTheEpochInItsZoneAlsoBeforeIt) {
  Policy policy;
  policy.utc_offset = Duration{};
  EXPECT_EQ(policy.day_of(Time{0}), 0);
  EXPECT_EQ(policy.day_of(Time{-1}), -1);
  EXPECT_EQ(policy.day_of(Time{24 * hour_us - 1}), 0);
  EXPECT_EQ(policy.day_of(Time{24 * hour_us}), 1);
  policy.utc_offset = Duration::hours(8);
  EXPECT_EQ(policy.day_of(Time{16 * hour_us - 1}), 0);
  EXPECT_EQ(policy.day_of(Time{16 * hour_us}), 1);
  policy.day_start = Duration::hours(4);
  EXPECT_EQ(policy.day_of(Time{20 * hour_us - 1}), 0);
  EXPECT_EQ(policy.day_of(Time{20 * hour_us}), 1);
}

}  // namespace
}  // namespace hb::test
