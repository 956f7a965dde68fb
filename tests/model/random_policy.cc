#include "tests/model/random_policy.h"

#include "engine/base/assert.h"

namespace hb::model {

namespace {

Duration random_window(Dice& dice) {
  if (dice.percent(50)) return Duration::hours(24);
  return dice.percent(20) ? Duration{} : Duration::us(dice.between(1, 600'000'000));
}

}  // namespace

Policy random_policy(Dice& dice, Time start) {
  Policy p;
  if (dice.percent(40)) {
    p.share_min = Amount{dice.between(1, 50)};
    p.share_max = Amount{dice.between(p.share_min.fen(), 1'000)};
    p.holiday_share_max = Amount{dice.between(p.share_max.fen(), 4'000'000)};
  }
  if (dice.percent(30)) p.shares_max = static_cast<std::uint32_t>(dice.between(1, 500));
  if (dice.percent(30)) p.recipients_max = static_cast<std::uint32_t>(dice.between(1, 500));
  if (dice.percent(30)) p.opens_ahead_max = Duration::us(dice.between(0, 200'000'000));
  if (dice.percent(50)) p.lucky_split = Split::order_fair;
  if (dice.percent(30)) p.code_tries_max = static_cast<std::uint32_t>(dice.between(1, 4));
  p.return_window = random_window(dice);
  p.transfer_return_window = random_window(dice);
  if (dice.percent(70)) {
    p.transfer_accept_window = Duration::us(dice.between(1, 600'000'000));
    p.transfer_arrivals = {Duration{}, Duration::us(dice.between(1, 300'000'000))};
  }
  if (dice.percent(30)) p.transfer_max = Amount{dice.between(1, 0xffff'ffff)};
  p.credit_opens_wallet = dice.percent(60);
  if (dice.percent(25)) p.daily_count_cap = static_cast<std::uint32_t>(dice.between(1, 40));
  if (dice.percent(25)) p.daily_amount_cap = Amount{dice.between(1, 100'000)};
  if (dice.percent(25)) {
    p.daily_receive_count_cap = static_cast<std::uint32_t>(dice.between(1, 30));
  }
  if (dice.percent(25)) p.daily_receive_amount_cap = Amount{dice.between(1, 50'000)};
  if (dice.percent(40)) p.utc_offset = Duration::us(dice.between(-14, 14) * 3'600'000'000);
  if (dice.percent(40)) p.day_start = Duration::us(dice.between(0, 86'399'999'999));
  p.page_rows_max = static_cast<std::uint32_t>(dice.between(1, 20));
  if (dice.percent(40)) p.holidays = {p.day_of(start), p.day_of(start) + 3};
  HB_ASSERT(validate(p));
  return p;
}

Policy changed_policy(Dice& dice, const Policy& before, Time now) {
  Policy p = random_policy(dice, now);
  p.daily_count_cap = before.daily_count_cap;
  p.daily_amount_cap = before.daily_amount_cap;
  p.daily_receive_count_cap = before.daily_receive_count_cap;
  p.daily_receive_amount_cap = before.daily_receive_amount_cap;
  p.utc_offset = before.utc_offset;
  p.day_start = before.day_start;
  return p;
}

}  // namespace hb::model
