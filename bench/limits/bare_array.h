// How fast the memory lets anyone claim shares of packets at random: rows, shares and wallets in
// bare arrays, nothing looked up, nothing decided, everything asked for ahead.
//
// A claim touches what it cannot do without: the packet's row (64 bytes), its seed and the share
// that is taken (in 96 bytes for 5 shares), and the claimer's balance (32 bytes).  Asked for in the
// engine's bursts: rows and wallets two bursts ahead, shares one.
#pragma once

#include <cstdint>

namespace hb::bench {

inline constexpr std::uint64_t bare_array_max = 500'000'000;

struct BareArrayFigures {
  std::uint64_t packets = 0;
  double ns_per_claim = 0;  // the best of three times 8 million claims
};

// REQUIRES: both are from 1 to bare_array_max.
// Cost: 160 bytes of memory a packet and 32 a wallet; a tenth of a second a million packets.
BareArrayFigures bare_array(std::uint64_t packets, std::uint64_t wallets);

}  // namespace hb::bench
