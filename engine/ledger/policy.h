// The product's rules as numbers: what an operator may set, with the defaults.
//
// A policy decides what is accepted from now on; packets already sent keep the terms that their
// event recorded.
//
// Units: fen, microseconds.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/limits.h"
#include "engine/base/result.h"
#include "engine/base/units.h"

namespace hb {

struct Policy {
  Amount share_min{1};
  Amount share_max{20'000};
  std::uint32_t shares_max = limits::packet_shares_max;
  Duration expiry_default = Duration::hours(24);
  Duration expiry_min = Duration::seconds(60);
  Duration expiry_max = Duration::hours(7 * 24);
};

// Nothing wrong, or an error that names the setting and the bound it crosses.
Result<void> validate(const Policy& policy);

}  // namespace hb
