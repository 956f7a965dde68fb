#include "engine/ledger/policy.h"

#include <algorithm>

namespace hb {

namespace {

Result<void> between(const char* key, std::int64_t value, std::int64_t least, std::int64_t most,
                     const char* unit) {
  if (value >= least && value <= most) return {};
  return fail(ErrorCode::invalid, std::string(key) + " is " + std::to_string(value) + unit +
                                      "; it must lie between " + std::to_string(least) + " and " +
                                      std::to_string(most) + unit);
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

Result<void> validate(const Policy& p) {
  const Result<void> checks[] = {
      between("policy.share_max", p.share_max.fen(), 1, limits::share_amount_max, " fen"),
      between("policy.share_min", p.share_min.fen(), 1, p.share_max.fen(), " fen"),
      between("policy.shares_max", p.shares_max, 1, limits::packet_shares_max, " shares"),
      between("policy.expiry_max", p.expiry_max.us(), 1, limits::packet_life_us_max, " us"),
      between("policy.expiry_min", p.expiry_min.us(), 1, p.expiry_max.us(), " us"),
      between("policy.expiry_default", p.expiry_default.us(), p.expiry_min.us(), p.expiry_max.us(),
              " us"),
  };
  for (const Result<void>& check : checks) {
    if (!check) return check;
  }
  return {};
}

}  // namespace hb
