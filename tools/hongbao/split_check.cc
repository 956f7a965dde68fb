#include "tools/hongbao/split_check.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "engine/base/assert.h"
#include "engine/ledger/split.h"

namespace hb::cli {

namespace {

// Lucky shares differ by chance; those of even and direct packets never do.
bool kind_allows(PacketKind kind, Split split) {
  switch (kind) {
    case PacketKind::lucky:
      return split != Split::equal;
    case PacketKind::even:
    case PacketKind::direct:
      return split == Split::equal;
    case PacketKind::exclusive:
      return true;
  }
  return false;
}

// Every share of the packet in the order of claims; none where no packet is split so.
std::vector<std::uint32_t> draw(const PacketSummary& packet, PrfKey seed) {
  const SplitState whole{.remaining_fen = packet.total.fen(),
                         .shares_left = packet.share_count,
                         .share_fen_min = packet.share_min.fen(),
                         .share_fen_max = packet.share_max.fen()};
  if (!kind_allows(packet.kind, packet.split) || !can_split(packet.split, whole)) return {};
  std::vector<std::uint32_t> shares_fen(packet.share_count);
  draw_all(packet.split, seed, whole, shares_fen);
  return shares_fen;
}

bool claims_agree(const net::PacketRecord& shown) {
  const PacketSummary& packet = shown.packet;
  const bool all_taken = shown.claims.size() == packet.share_count;
  return shown.claims.size() == packet.claimed_count &&
         packet.claimed_count <= packet.share_count &&
         all_taken == (packet.state == PacketState::sold_out);
}

// Named when the last share goes, of shares that differ; a tie goes to the earlier claim.
std::uint16_t luckiest_of(const PacketSummary& packet, std::span<const std::uint32_t> shares_fen) {
  const bool named = packet.state == PacketState::sold_out && packet.split != Split::equal;
  if (!named || shares_fen.empty()) return PacketSummary::nobody;
  return static_cast<std::uint16_t>(
      std::distance(shares_fen.begin(), std::ranges::max_element(shares_fen)));
}

}  // namespace

bool SplitCheck::as_drawn() const {
  return commitment_ok && noted_ok.value_or(true) && terms_ok && claims_ok && luckiest_ok &&
         std::ranges::all_of(shares, &ShareCheck::ok);
}

SplitCheck check_split(const net::PacketRecord& shown, const std::optional<Digest256>& noted) {
  HB_ASSERT(shown.seed.has_value());
  const std::vector<std::uint32_t> drawn_fen = draw(shown.packet, *shown.seed);
  SplitCheck check;
  check.seed_digest = sha256(std::as_bytes(std::span(&*shown.seed, 1)));
  check.commitment_ok = check.seed_digest == shown.seed_commitment;
  if (noted) check.noted_ok = check.seed_digest == *noted;
  check.terms_ok = !drawn_fen.empty();
  check.claims_ok = claims_agree(shown);
  for (std::size_t i = 0; i < shown.claims.size(); ++i) {
    const PacketClaim& claim = shown.claims[i];
    ShareCheck share{.user = claim.user, .amount = claim.amount, .drawn = {}};
    if (i < drawn_fen.size()) share.drawn = Amount(drawn_fen[i]);
    check.shares.push_back(share);
  }
  check.luckiest_drawn = luckiest_of(shown.packet, drawn_fen);
  check.luckiest_ok = shown.packet.luckiest == check.luckiest_drawn;
  return check;
}

}  // namespace hb::cli
