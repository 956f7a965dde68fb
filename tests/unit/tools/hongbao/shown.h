// A closed packet with its seed, as `show` tells it: 20.00 in 5 shares.
//
// Seed, commitment and amounts are from a second implementation of the draw, written from
// engine/ledger/split.h and the paper about SipHash.
#pragma once

#include <initializer_list>

#include "net/client/client.h"
#include "tools/hongbao/text/values.h"

namespace hb::cli {

inline constexpr const char* shown_seed = "000102030405060708090a0b0c0d0e0f";
inline constexpr const char* shown_commitment =
    "be45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991";

inline net::PacketRecord shown_packet(Split split, std::initializer_list<std::int64_t> shares_fen) {
  net::PacketRecord shown;
  shown.packet = {.packet = PacketId(4097),
                  .sender = UserId(7),
                  .kind = PacketKind::lucky,
                  .state = PacketState::sold_out,
                  .share_count = 5,
                  .claimed_count = static_cast<std::uint16_t>(shares_fen.size()),
                  .total = Amount(2'000),
                  .split = split,
                  .share_min = Amount(1),
                  .share_max = Amount(20'000)};
  for (const std::int64_t share_fen : shares_fen) {
    shown.claims.push_back(
        {.user = UserId(100 + shown.claims.size()), .amount = Amount(share_fen)});
    shown.share_states.push_back(ShareState::held);
  }
  shown.seed_commitment = *parse_digest(shown_commitment);
  shown.seed = *parse_seed(shown_seed);
  return shown;
}

inline net::PacketRecord shown_double_mean() {
  net::PacketRecord shown = shown_packet(Split::double_mean, {501, 392, 721, 18, 368});
  shown.packet.luckiest = 2;
  return shown;
}

inline net::PacketRecord shown_order_fair() {
  net::PacketRecord shown = shown_packet(Split::order_fair, {18, 501, 721, 368, 392});
  shown.packet.luckiest = 2;
  return shown;
}

}  // namespace hb::cli
