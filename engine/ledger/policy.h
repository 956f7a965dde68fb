// The product's rules as numbers: what an operator may set, with the defaults.
//
// A policy decides what is accepted from now on; packets and transfers already sent keep the terms
// that their event recorded.
//
// Units: fen, microseconds; days are counted from 1970-01-01 in the policy's own time zone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/limits.h"
#include "engine/base/result.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"

namespace hb {

struct Policy {
  // ---- packets
  Amount share_min{1};
  Amount share_max{20'000};
  Amount holiday_share_max{52'000};      // instead of share_max, on holidays
  std::vector<std::int32_t> holidays{};  // days
  std::uint32_t shares_max = limits::packet_shares_max;
  std::uint32_t recipients_max = limits::packet_recipients_max;
  Duration expiry_default = Duration::hours(24);
  Duration expiry_min = Duration::seconds(60);
  Duration expiry_max = Duration::hours(7 * 24);
  Duration opens_ahead_max = Duration::hours(72);
  Split lucky_split = Split::double_mean;
  std::uint32_t code_tries_max = 5;
  Duration return_window = Duration::hours(24);

  // ---- transfers
  Amount transfer_max{20'000'000};
  Duration transfer_accept_window = Duration::hours(24);
  std::vector<Duration> transfer_arrivals{Duration{}, Duration::hours(2), Duration::hours(24)};
  Duration transfer_return_window = Duration::hours(24);

  // ---- wallets
  bool credit_opens_wallet = true;
  // Packets and transfers that one user may send a day, and their sum.  0: no cap.
  std::uint32_t daily_count_cap = 0;
  Amount daily_amount_cap{};
  // Shares and transfers that one user may receive a day, and their sum.  0: no cap.
  std::uint32_t daily_receive_count_cap = 0;
  Amount daily_receive_amount_cap{};
  // A day starts at day_start of the time zone.
  Duration utc_offset = Duration::hours(8);
  Duration day_start{};

  // ---- lists
  std::uint32_t page_rows_max = 100;

  // The day that `at` belongs to.
  std::int32_t day_of(Time at) const;
  // The most that a share of a packet sent at `at` may be.
  Amount share_max_at(Time at) const;
};

// Nothing wrong, or an error that names the setting and the bound it crosses.
Result<void> validate(const Policy& policy);

}  // namespace hb
