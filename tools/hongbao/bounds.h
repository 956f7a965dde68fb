// Which numbers and times the options take, in one table.
//
// A value outside is wrong usage: the tool names the option and its bounds.  Bounds that a server
// sets (share amounts, expiry, arrivals) are the server's to check; here is what has no meaning on
// any server, or would overflow.
#pragma once

#include <cstdint>
#include <limits>

#include "engine/base/limits.h"
#include "engine/base/units.h"

namespace hb::cli::bounds {

struct Numbers {
  std::uint64_t min;
  std::uint64_t max;
};

inline constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();

inline constexpr Numbers shard{0, limits::shards_max - 1};
inline constexpr Numbers sequence{1, any};
inline constexpr Numbers events{1, any};
inline constexpr Numbers page{1, std::numeric_limits<std::uint32_t>::max()};
inline constexpr Numbers page_rows{1, limits::page_rows_max};
inline constexpr Numbers payout_rows{1, std::numeric_limits<std::uint32_t>::max()};
inline constexpr Numbers send_shares{1, std::numeric_limits<std::uint16_t>::max()};

// Of the load.
inline constexpr Numbers connections{1, 1'000'000};
inline constexpr Numbers window{1, std::numeric_limits<std::uint32_t>::max()};
inline constexpr Numbers batch{1, limits::claim_batch_max};
inline constexpr Numbers threads{1, 64};
inline constexpr Numbers seed{0, any};
inline constexpr Numbers packets{1, 400'000'000};
inline constexpr Numbers load_shares{1, limits::packet_shares_max};
inline constexpr Numbers users{1, 1 << 26};
inline constexpr Numbers senders{2, 10'000'000};
inline constexpr double rate_max = 1e9;  // a second

struct Times {
  Duration min;
  Duration max;
};

inline constexpr Duration instant = Duration::us(1);
inline constexpr Duration day = Duration::hours(24);
// Far beyond every limit of a server, and far from the end of a 64-bit time.
inline constexpr Duration century = Duration::hours(std::int64_t{24} * 366 * 100);

inline constexpr Times timeout{Duration::ms(1), day};
inline constexpr Times life{instant, century};
inline constexpr Times ahead{Duration{}, century};  // 0: at once
inline constexpr Times load_duration{Duration::ms(1), day};
inline constexpr Times warm_up{Duration{}, day};

}  // namespace hb::cli::bounds
