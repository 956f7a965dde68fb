#include "bench/limits/bare_array.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "engine/base/partition.h"
#include "engine/base/prefetch.h"
#include "engine/ledger/slab.h"

namespace hb::bench {

namespace {

constexpr std::uint32_t share_count = 5;
constexpr std::uint64_t claims_per_round = 8'000'000;
constexpr int rounds = 3;
constexpr std::uint64_t burst = 8;
static_assert(claims_per_round % burst == 0);

struct Row {
  std::uint64_t remaining = 0;
  std::uint32_t claims = 0;
  std::uint32_t claimed_count = 0;
  std::array<std::uint64_t, 6> rest{};
};
static_assert(sizeof(Row) == 64);

struct Cell {
  std::uint64_t user = 0;
  std::uint64_t amount = 0;
};
static_assert(sizeof(Cell) == 16);

struct Wallet {
  std::uint64_t user = 0;
  std::uint64_t balance = 0;
  std::array<std::uint64_t, 2> rest{};
};
static_assert(sizeof(Wallet) == 32);

class Arrays {
 public:
  Arrays(std::uint64_t packets, std::uint64_t wallets)
      : packet_count_(packets), wallet_count_(wallets) {
    for (std::uint64_t i = 0; i < packets; ++i) {
      Row& row = rows_.get(rows_.allocate());
      row = Row{};
      row.claims = cells_.allocate(1 + share_count);
      for (std::uint32_t c = 0; c <= share_count; ++c) cells_.get(row.claims + c) = Cell{};
    }
    for (std::uint64_t i = 0; i < wallets; ++i) wallets_.get(wallets_.allocate()) = Wallet{};
  }

  // The claim's number decides whose it is.
  void prefetch_row(std::uint64_t claim) {
    const Pick pick = pick_of(claim);
    prefetch(&rows_.get(pick.packet));
    prefetch(&wallets_.get(pick.wallet));
  }
  void prefetch_cells(std::uint64_t claim) {
    const Row& row = rows_.get(pick_of(claim).packet);
    prefetch(&cells_.get(row.claims));
    prefetch(&cells_.get(row.claims + 1 + row.claimed_count));
  }
  void take(std::uint64_t claim) {
    const Pick pick = pick_of(claim);
    Row& row = rows_.get(pick.packet);
    Wallet& wallet = wallets_.get(pick.wallet);
    const std::uint64_t amount = 1 + (cells_.get(row.claims).user & 1);
    cells_.get(row.claims + 1 + row.claimed_count) = {.user = pick.wallet, .amount = amount};
    row.claimed_count = (row.claimed_count + 1) % share_count;
    row.remaining -= amount;
    wallet.balance += amount;
  }

 private:
  struct Pick {
    std::uint32_t packet;
    std::uint32_t wallet;
  };
  Pick pick_of(std::uint64_t claim) const {
    const std::uint64_t random = mix64(claim);
    return {below(packet_count_, random), below(wallet_count_, mix64(random))};
  }
  // Scales 32 random bits; count is below 2^32.
  static std::uint32_t below(std::uint64_t count, std::uint64_t random) {
    return static_cast<std::uint32_t>((random >> 32) * count >> 32);
  }

  std::uint64_t packet_count_;
  std::uint64_t wallet_count_;
  Slab<Row> rows_;
  Slab<Cell> cells_;
  Slab<Wallet> wallets_;
};

}  // namespace

BareArrayFigures bare_array(std::uint64_t packets, std::uint64_t wallets) {
  using Clock = std::chrono::steady_clock;
  Arrays arrays(packets, wallets);
  double best_ns = std::numeric_limits<double>::max();
  std::uint64_t claim = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t end = claim + claims_per_round;
    const Clock::time_point start = Clock::now();
    for (; claim < end; claim += burst) {
      for (std::uint64_t i = 0; i < burst; ++i) {
        arrays.prefetch_row(claim + 2 * burst + i);
      }
      for (std::uint64_t i = 0; i < burst; ++i) {
        arrays.prefetch_cells(claim + burst + i);
      }
      for (std::uint64_t i = 0; i < burst; ++i) arrays.take(claim + i);
    }
    const std::chrono::duration<double, std::nano> took = Clock::now() - start;
    best_ns = std::min(best_ns, took.count() / claims_per_round);
  }
  return {.packets = packets, .ns_per_claim = best_ns};
}

}  // namespace hb::bench
