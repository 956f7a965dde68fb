#include "engine/ledger/policy.h"

#include <algorithm>
#include <span>

#include "engine/base/duration_text.h"
#include "engine/base/text.h"

namespace hb {

namespace {

tl::unexpected<Error> outside(const char* key, const std::string& value, const std::string& least,
                              const std::string& most) {
  return fail(ErrorCode::invalid, std::string(key) + " is " + value + "; it must lie between " +
                                      least + " and " + most);
}

Result<void> between(const char* key, std::int64_t value, std::int64_t least, std::int64_t most,
                     const char* unit) {
  if (value >= least && value <= most) return {};
  return outside(key, std::to_string(value) + unit, std::to_string(least),
                 std::to_string(most) + unit);
}

Result<void> between(const char* key, Amount value, Amount least, Amount most) {
  if (value >= least && value <= most) return {};
  return outside(key, format_amount(value), format_amount(least), format_amount(most));
}

Result<void> between(const char* key, Duration value, Duration least, Duration most) {
  if (value >= least && value <= most) return {};
  return outside(key, format_duration(value), format_duration(least), format_duration(most));
}

Result<void> first_failure(std::span<const Result<void>> checks) {
  for (const Result<void>& check : checks) {
    if (!check) return check;
  }
  return {};
}

std::int64_t floor_divide(std::int64_t n, std::int64_t divisor) {
  return n / divisor - (n % divisor < 0 ? 1 : 0);
}

}  // namespace

std::int32_t Policy::day_of(Time at) const {
  const std::int64_t local_us = at.us() + utc_offset.us() - day_start.us();
  return static_cast<std::int32_t>(floor_divide(local_us, Duration::hours(24).us()));
}

Amount Policy::share_max_at(Time at) const {
  const bool holiday = std::ranges::find(holidays, day_of(at)) != holidays.end();
  return holiday ? holiday_share_max : share_max;
}

namespace {

constexpr Amount share_amount_max{limits::share_amount_max};
constexpr Duration instant = Duration::us(1);  // the shortest that is not nothing
constexpr Duration packet_life_max = Duration::us(limits::packet_life_us_max);
constexpr Duration return_window_max = Duration::us(limits::return_window_us_max);

Result<void> validate_packets(const Policy& p) {
  const Result<void> checks[] = {
      between("policy.share_max", p.share_max, Amount(1), share_amount_max),
      between("policy.share_min", p.share_min, Amount(1), p.share_max),
      between("policy.holiday_share_max", p.holiday_share_max, p.share_min, share_amount_max),
      between("policy.holidays", static_cast<std::int64_t>(p.holidays.size()), 0,
              limits::holidays_max, " dates"),
      between("policy.shares_max", p.shares_max, 1, limits::packet_shares_max, " shares"),
      between("policy.recipients_max", p.recipients_max, 1, limits::packet_recipients_max,
              " users"),
      between("policy.expiry_max", p.expiry_max, instant, packet_life_max),
      between("policy.expiry_min", p.expiry_min, instant, p.expiry_max),
      between("policy.expiry_default", p.expiry_default, p.expiry_min, p.expiry_max),
      between("policy.opens_ahead_max", p.opens_ahead_max, Duration{},
              Duration::us(limits::opens_ahead_us_max)),
      between("policy.code_tries_max", p.code_tries_max, 1, 1'000, " tries"),
      between("policy.return_window", p.return_window, Duration{}, return_window_max),
  };
  return first_failure(checks);
}

Result<void> validate_transfers(const Policy& p) {
  const auto arrivals = static_cast<std::int64_t>(p.transfer_arrivals.size());
  const Result<void> checks[] = {
      between("policy.transfer_max", p.transfer_max, Amount(1),
              Amount(limits::transfer_amount_max)),
      between("policy.transfer_accept_window", p.transfer_accept_window, instant, packet_life_max),
      between("policy.transfer_arrivals", arrivals, 1, limits::transfer_arrivals_max, " durations"),
      between("policy.transfer_return_window", p.transfer_return_window, Duration{},
              return_window_max),
  };
  if (Result<void> failure = first_failure(checks); !failure) return failure;
  for (const Duration arrival : p.transfer_arrivals) {
    auto check = between("policy.transfer_arrivals", arrival, Duration{}, packet_life_max);
    if (!check) return check;
  }
  return {};
}

Result<void> validate_days_and_lists(const Policy& p) {
  const Result<void> checks[] = {
      between("policy.daily_count_cap", p.daily_count_cap, 0, UINT32_MAX, " sends"),
      between("policy.daily_amount_cap", p.daily_amount_cap, Amount{}, Amount(limits::amount_max)),
      between("policy.daily_receive_count_cap", p.daily_receive_count_cap, 0, UINT32_MAX,
              " receipts"),
      between("policy.daily_receive_amount_cap", p.daily_receive_amount_cap, Amount{},
              Amount(limits::amount_max)),
      between("policy.utc_offset", p.utc_offset, Duration::hours(-14), Duration::hours(14)),
      between("policy.day_start", p.day_start, Duration{},
              Duration::us(Duration::hours(24).us() - 1)),
      between("policy.page_rows_max", p.page_rows_max, 1, limits::page_rows_max, " rows"),
  };
  return first_failure(checks);
}

}  // namespace

Result<void> validate(const Policy& p) {
  if (p.lucky_split != Split::double_mean && p.lucky_split != Split::order_fair) {
    return fail(ErrorCode::invalid, "policy.lucky_split must be double_mean or order_fair");
  }
  const Result<void> checks[] = {validate_packets(p), validate_transfers(p),
                                 validate_days_and_lists(p)};
  return first_failure(checks);
}

}  // namespace hb
