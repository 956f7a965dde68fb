// Whether a user has a claim of a packet, among many: the look-through of the packet's claims,
// within the decision that it is a part of.
#include <benchmark/benchmark.h>

#include <vector>

#include "bench/micro/bench_shard.h"
#include "bench/micro/registry.h"
#include "bench/micro/timing.h"

namespace hb::bench {

namespace {

constexpr UserId sender{1};
constexpr std::uint64_t first_claimer = 1'000;
constexpr std::uint64_t first_stranger = 1'000'000;

// Sold out, by claimers first_claimer, first_claimer + 1, ...
PacketId claimed_packet(BenchShard& shard, std::uint32_t shares) {
  shard.open_and_fund(sender, Amount{1'000'000});
  const PacketId packet = shard.send(sender, shares);
  std::vector<ClaimItem> claims;
  for (std::uint64_t i = 0; i < shares; ++i) claims.push_back({packet, UserId(first_claimer + i)});
  shard.claim_all(claims);
  return packet;
}

void decide(benchmark::State& state, std::uint64_t first_user, Status expected) {
  const auto shares = static_cast<std::uint32_t>(state.range(0));
  BenchShard shard;
  const PacketId packet = claimed_packet(shard, shares);
  const Ledger& ledger = shard.shard().ledger();
  Claimed unused;
  std::uint64_t i = 0;
  for ([[maybe_unused]] auto _ : state) {
    const UserId user(first_user + i * 7 % shares);
    const ClaimAnswer answer = ledger.decide(shard.now(), ClaimItem{packet, user}, unused);
    if (answer.status != expected) return state.SkipWithError("the claim was not found right");
    ++i;
  }
  count_each(state, "per_claim", state.iterations());
}

}  // namespace

void register_claim_set() {
  const auto add = [](const char* name, std::uint64_t first_user, Status expected) {
    benchmark::RegisterBenchmark(name,
                                 [=](benchmark::State& s) { decide(s, first_user, expected); })
        ->ArgName("claims")
        ->Arg(10)
        ->Arg(100)
        ->Arg(500);
  };
  add("claim_set/found", first_claimer, Status::already_claimed);
  add("claim_set/not_found", first_stranger, Status::sold_out);
}

}  // namespace hb::bench
