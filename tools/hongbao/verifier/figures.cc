#include "tools/hongbao/verifier/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace hb::verifier {

std::string yuan(Wide fen) {
  const Wide size = fen < 0 ? -fen : fen;
  return fmt::format("{}{}.{:02}", fen < 0 ? "-" : "", size / 100, static_cast<int>(size % 100));
}

namespace {

constexpr std::uint64_t Figures::*counts[] = {&Figures::events,
                                              &Figures::wallets,
                                              &Figures::wallets_frozen,
                                              &Figures::packets_open,
                                              &Figures::packets_sold_out,
                                              &Figures::packets_refunded,
                                              &Figures::packets_recalled,
                                              &Figures::claims,
                                              &Figures::claims_returned,
                                              &Figures::transfers_open,
                                              &Figures::transfers_arrived,
                                              &Figures::transfers_closed,
                                              &Figures::transfers_returned,
                                              &Figures::payouts_owed,
                                              &Figures::payouts_confirmed,
                                              &Figures::cases_open,
                                              &Figures::cases_refused,
                                              &Figures::cases_upheld};

constexpr Wide Figures::*sums[] = {&Figures::deposits_fen,
                                   &Figures::external_fen,
                                   &Figures::withdrawals_fen,
                                   &Figures::wallets_fen,
                                   &Figures::packets_fen,
                                   &Figures::transfers_fen,
                                   &Figures::payouts_owed_fen,
                                   &Figures::payouts_paid_fen,
                                   &Figures::credits_sent_fen,
                                   &Figures::credits_received_fen,
                                   &Figures::sent_fen,
                                   &Figures::claimed_fen,
                                   &Figures::refunded_fen,
                                   &Figures::transfers_sent_fen,
                                   &Figures::transfers_arrived_fen,
                                   &Figures::transfers_refunded_fen,
                                   &Figures::returned_fen,
                                   &Figures::shortfall_fen};

// Whoever adds a figure adds it to a list above.
constexpr std::size_t counts_bytes = 2 * sizeof(Time) + std::size(counts) * sizeof(std::uint64_t);
static_assert(sizeof(Figures) == (counts_bytes + sizeof(Wide) - 1) / sizeof(Wide) * sizeof(Wide) +
                                     std::size(sums) * sizeof(Wide));

void extend_span(Figures& total, const Figures& shard) {
  if (shard.events == 0) return;
  total.first_at = total.events == 0 ? shard.first_at : std::min(total.first_at, shard.first_at);
  total.last_at = std::max(total.last_at, shard.last_at);
}

}  // namespace

bool Figures::conserved() const {
  const Wide in = deposits_fen + external_fen + credits_received_fen;
  const Wide here = wallets_fen + packets_fen + transfers_fen + payouts_owed_fen;
  const Wide out = withdrawals_fen + payouts_paid_fen + credits_sent_fen;
  return in == here + out;
}

std::string Figures::unbalanced() const {
  return fmt::format(
      "deposits {} + external {} + received from other shards {} are not wallets {} + packets {} + "
      "transfers {} + withdrawals {} + payouts owed {} and paid {} + sent to other shards {}",
      yuan(deposits_fen), yuan(external_fen), yuan(credits_received_fen), yuan(wallets_fen),
      yuan(packets_fen), yuan(transfers_fen), yuan(withdrawals_fen), yuan(payouts_owed_fen),
      yuan(payouts_paid_fen), yuan(credits_sent_fen));
}

void Figures::add(const Figures& shard) {
  extend_span(*this, shard);
  for (const auto count : counts) this->*count += shard.*count;
  for (const auto sum : sums) this->*sum += shard.*sum;
}

}  // namespace hb::verifier
