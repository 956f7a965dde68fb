#include "engine/ledger/policy.h"

#include <algorithm>
#include <span>

namespace hb {

namespace {

Result<void> between(const char* key, std::int64_t value, std::int64_t least, std::int64_t most,
                     const char* unit) {
  if (value >= least && value <= most) return {};
  return fail(ErrorCode::invalid, std::string(key) + " is " + std::to_string(value) + unit +
                                      "; it must lie between " + std::to_string(least) + " and " +
                                      std::to_string(most) + unit);
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

constexpr std::int64_t day_us = Duration::hours(24).us();

Result<void> validate_packets(const Policy& p) {
  const Result<void> checks[] = {
      between("policy.share_max", p.share_max.fen(), 1, limits::share_amount_max, " fen"),
      between("policy.share_min", p.share_min.fen(), 1, p.share_max.fen(), " fen"),
      between("policy.holiday_share_max", p.holiday_share_max.fen(), p.share_min.fen(),
              limits::share_amount_max, " fen"),
      between("policy.holidays", static_cast<std::int64_t>(p.holidays.size()), 0,
              limits::holidays_max, " dates"),
      between("policy.shares_max", p.shares_max, 1, limits::packet_shares_max, " shares"),
      between("policy.recipients_max", p.recipients_max, 1, limits::packet_recipients_max,
              " users"),
      between("policy.expiry_max", p.expiry_max.us(), 1, limits::packet_life_us_max, " us"),
      between("policy.expiry_min", p.expiry_min.us(), 1, p.expiry_max.us(), " us"),
      between("policy.expiry_default", p.expiry_default.us(), p.expiry_min.us(), p.expiry_max.us(),
              " us"),
      between("policy.opens_ahead_max", p.opens_ahead_max.us(), 0, limits::opens_ahead_us_max,
              " us"),
      between("policy.code_tries_max", p.code_tries_max, 1, 1'000, " tries"),
      between("policy.return_window", p.return_window.us(), 0, limits::return_window_us_max, " us"),
  };
  return first_failure(checks);
}

Result<void> validate_transfers(const Policy& p) {
  const auto arrivals = static_cast<std::int64_t>(p.transfer_arrivals.size());
  const Result<void> checks[] = {
      between("policy.transfer_max", p.transfer_max.fen(), 1, limits::transfer_amount_max, " fen"),
      between("policy.transfer_accept_window", p.transfer_accept_window.us(), 1,
              limits::packet_life_us_max, " us"),
      between("policy.transfer_arrivals", arrivals, 1, limits::transfer_arrivals_max, " durations"),
      between("policy.transfer_return_window", p.transfer_return_window.us(), 0,
              limits::return_window_us_max, " us"),
  };
  if (Result<void> failure = first_failure(checks); !failure) return failure;
  for (const Duration arrival : p.transfer_arrivals) {
    auto check =
        between("policy.transfer_arrivals", arrival.us(), 0, limits::packet_life_us_max, " us");
    if (!check) return check;
  }
  return {};
}

Result<void> validate_days_and_lists(const Policy& p) {
  const Result<void> checks[] = {
      between("policy.daily_count_cap", p.daily_count_cap, 0, UINT32_MAX, " sends"),
      between("policy.daily_amount_cap", p.daily_amount_cap.fen(), 0, limits::amount_max, " fen"),
      between("policy.utc_offset", p.utc_offset.us(), Duration::hours(-14).us(),
              Duration::hours(14).us(), " us"),
      between("policy.day_start", p.day_start.us(), 0, day_us - 1, " us"),
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
