// The check of a draw: whether a packet's shares are what its seed says.
//
// The sender is told the seed's SHA-256 before anybody claims, and everybody the seed once the
// packet is closed.  Seed and terms (split, total, share count, least and greatest share) leave no
// choice for any share: all are drawn again here, as engine/ledger/split.h promises for ever, and
// compared in the order of claims.
//
// What a packet says of itself may come from a file that somebody edited, so nothing about it is
// assumed.  Shares that nobody took were drawn for nobody; they are not compared.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/checksum.h"
#include "engine/base/units.h"
#include "net/client/client.h"

namespace hb::cli {

struct ShareCheck {
  UserId user;
  Amount amount;
  std::optional<Amount> drawn;  // nothing: the packet has no such share

  bool ok() const { return drawn == amount; }
};

struct SplitCheck {
  Digest256 seed_digest{};  // the seed's SHA-256
  bool commitment_ok = false;
  std::optional<bool> noted_ok;    // nothing: no commitment was noted
  bool terms_ok = false;           // such a packet can be, and is split so
  bool claims_ok = false;          // as many claims as its counts and its state say
  std::vector<ShareCheck> shares;  // those claimed, in the order of claims
  std::uint16_t luckiest_drawn = PacketSummary::nobody;
  bool luckiest_ok = false;

  bool as_drawn() const;
};

// `noted`: the commitment that the sender was told, if it is known from elsewhere.
// REQUIRES: shown.seed.
SplitCheck check_split(const net::PacketRecord& shown, const std::optional<Digest256>& noted = {});

}  // namespace hb::cli
