// A shard's step, in process: decided, journalled up to the disk's door, applied, credited.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "bench/micro/open_packets.h"
#include "bench/micro/registry.h"
#include "bench/micro/timing.h"

namespace hb::bench {

namespace {

using benchmark::State;

// Built by whoever needs it first, and anew when its claims are used up.
class Place {
 public:
  explicit Place(const Sizes& sizes) : sizes_(sizes) {}

  OpenPackets& with_claims(std::uint64_t count) {
    if (packets_ && packets_->claims_left() < count) packets_.reset();
    if (!packets_) packets_.emplace(sizes_);
    return *packets_;
  }

 private:
  Sizes sizes_;
  std::optional<OpenPackets> packets_;
};

bool all(const Parcel& parcel, std::size_t count, Status status) {
  return parcel.replies.claims.size() == count &&
         std::ranges::all_of(parcel.replies.claims,
                             [status](const ClaimAnswer& a) { return a.status == status; });
}

// Each of the batch's claims in a command of `each`.
void fill(Parcel& parcel, std::span<const ClaimItem> claims, std::size_t each) {
  for (std::size_t i = 0; i < claims.size(); i += each) {
    add_batch(parcel, claims.subspan(i, std::min(each, claims.size() - i)));
  }
}

void claim(State& state, Place& place, std::size_t count, std::size_t each) {
  const std::uint64_t wanted = static_cast<std::uint64_t>(state.max_iterations) * count;
  OpenPackets& packets = place.with_claims(wanted);
  BenchShard& shard = packets.shard();
  const std::uint64_t journal_before = shard.journal_bytes();
  for ([[maybe_unused]] auto _ : state) {
    Parcel& parcel = shard.parcel();
    fill(parcel, packets.next_claims(count), each);
    time_iteration(state, [&] { shard.run(parcel); });
    if (!all(parcel, count, Status::ok)) return state.SkipWithError("a claim did not win");
  }
  shard.settle();
  count_each(state, "per_claim", static_cast<std::int64_t>(wanted));
  state.counters["journal_bytes_per_claim"] =
      static_cast<double>(shard.journal_bytes() - journal_before) / static_cast<double>(wanted);
  state.counters["ledger_bytes_per_packet"] = packets.ledger_bytes_per_packet();
  state.counters["process_bytes_per_packet"] = packets.process_bytes_per_packet();
  if (!shard.shard().figures().totals.balanced()) state.SkipWithError("the books are broken");
}

void already_claimed(State& state, Place& place, std::size_t count) {
  OpenPackets& packets = place.with_claims(count);
  BenchShard& shard = packets.shard();
  Parcel& winners = shard.parcel();
  fill(winners, packets.next_claims(count), count);
  shard.run(winners);
  for ([[maybe_unused]] auto _ : state) {
    Parcel& parcel = shard.parcel();
    fill(parcel, packets.past_claims(count), count);
    time_iteration(state, [&] { shard.run(parcel); });
    if (!all(parcel, count, Status::already_claimed)) {
      return state.SkipWithError("a repeated claim was not refused");
    }
  }
  count_each(state, "per_claim", state.iterations() * static_cast<std::int64_t>(count));
}

// Packets of 10 shares with 200 claimers at once, 16 packets at a time in turn.
void grab_storm(State& state, Place& place) {
  constexpr std::size_t packets_at_once = 16;
  constexpr std::uint32_t shares = 10;
  constexpr std::uint64_t claimers = 200;
  BenchShard& shard = place.with_claims(0).shard();
  std::uint64_t user = 1;
  for ([[maybe_unused]] auto _ : state) {
    std::vector<ClaimItem> claims;
    std::vector<PacketId> packets;
    for (std::size_t i = 0; i < packets_at_once; ++i) {
      packets.push_back(shard.send(place.with_claims(0).next_sender(), shares));
    }
    for (std::uint64_t turn = 0; turn < claimers; ++turn, ++user) {
      for (const PacketId packet : packets) claims.push_back({packet, UserId(user)});
    }
    Parcel& parcel = shard.parcel();
    fill(parcel, claims, claims.size());
    time_iteration(state, [&] { shard.run(parcel); });
    const auto won = std::ranges::count_if(
        parcel.replies.claims, [](const ClaimAnswer& a) { return a.status == Status::ok; });
    if (won != std::ssize(packets) * shares) return state.SkipWithError("not every share went");
  }
  count_each(state, "per_answer",
             state.iterations() * static_cast<std::int64_t>(packets_at_once * claimers));
}

void send(State& state, Place& place, std::size_t count) {
  OpenPackets& packets = place.with_claims(0);
  BenchShard& shard = packets.shard();
  for ([[maybe_unused]] auto _ : state) {
    Parcel& parcel = shard.parcel();
    for (std::size_t i = 0; i < count; ++i) {
      parcel.commands.commands.push_back({.command = SendPacket{.key = shard.fresh_key(),
                                                                .sender = packets.next_sender(),
                                                                .total = Amount(1'000),
                                                                .share_count = 10}});
    }
    time_iteration(state, [&] { shard.run(parcel); });
    const bool sent = std::ranges::all_of(parcel.replies.replies,
                                          [](const Reply& r) { return r.status == Status::ok; });
    if (!sent) return state.SkipWithError("a send was refused");
  }
  count_each(state, "per_send", state.iterations() * static_cast<std::int64_t>(count));
}

}  // namespace

void register_step(const Sizes& sizes) {
  using benchmark::RegisterBenchmark;
  constexpr std::size_t batch = 1'000;
  // An eighth of what there is to claim, so that repetitions need not build it anew.
  const std::uint64_t claims = sizes.packets * (OpenPackets::share_count - 1) / 8;
  const auto iterations =
      static_cast<benchmark::IterationCount>(std::max<std::uint64_t>(claims / batch, 1));
  const auto place = std::make_shared<Place>(sizes);

  RegisterBenchmark("step/claim/batch:1000", [=](State& s) { claim(s, *place, batch, batch); })
      ->UseManualTime()
      ->Iterations(iterations);
  RegisterBenchmark("step/claim/batch:1", [=](State& s) { claim(s, *place, batch, 1); })
      ->UseManualTime()
      ->Iterations(iterations);
  RegisterBenchmark("step/already_claimed/batch:1000", [=](State& s) {
    already_claimed(s, *place, batch);
  })->UseManualTime();
  RegisterBenchmark("step/grab_storm", [=](State& s) { grab_storm(s, *place); })
      ->UseManualTime()
      ->Iterations(std::max<benchmark::IterationCount>(iterations / 10, 1));
  RegisterBenchmark("step/send/batch:1000", [=](State& s) { send(s, *place, batch); })
      ->UseManualTime()
      ->Iterations(std::max<benchmark::IterationCount>(iterations / 10, 1));
}

}  // namespace hb::bench
