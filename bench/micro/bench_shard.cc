#include "bench/micro/bench_shard.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "engine/base/assert.h"

namespace hb::bench {

namespace {

constexpr std::size_t parcel_count = 8;
constexpr Time start{1'700'000'000'000'000};
constexpr std::int64_t share_fen_mean = 100;

}  // namespace

BenchShard::BenchShard() : now_(start) {
  auto opened = Shard::open(storage_, ShardOptions{}, Policy{}, PrfKey{1, 2}, now_, {});
  HB_ASSERT(opened.has_value());
  shard_ = std::move(*opened);
  for (std::size_t i = 0; i < parcel_count; ++i) {
    parcels_.push_back(std::make_unique<Parcel>());
    free_.push_back(parcels_.back().get());
  }
  settle();
}

Parcel& BenchShard::parcel() {
  while (free_.empty()) settle();
  Parcel& parcel = *free_.back();
  free_.pop_back();
  parcel.clear();
  return parcel;
}

void BenchShard::run(Parcel& parcel) {
  now_ = now_ + turn_time;
  shard_->accept(&parcel);
  shard_->step(now_);
  while (Parcel* const finished = shard_->finished()) free_.push_back(finished);
}

void BenchShard::settle() {
  do {
    shard_->step(now_);
    while (Parcel* const finished = shard_->finished()) free_.push_back(finished);
  } while (!shard_->idle());
  shard_->take_full_segments();
}

template <class C>
Reply BenchShard::ask(const C& command) {
  Parcel& asked = parcel();
  asked.commands.commands.push_back({.command = command});
  run(asked);
  if (asked.replies.empty()) settle();
  HB_ASSERT(asked.replies.replies.at(0).status == Status::ok);
  return asked.replies.replies[0];
}

void BenchShard::open_and_fund(UserId user, Amount amount) {
  ask(OpenWallet{.key = fresh_key(), .user = user});
  ask(Deposit{.key = fresh_key(), .user = user, .amount = amount});
}

PacketId BenchShard::send(UserId sender, std::uint32_t share_count) {
  const Reply sent = ask(SendPacket{.key = fresh_key(),
                                    .sender = sender,
                                    .total = Amount(share_fen_mean * share_count),
                                    .share_count = share_count});
  return std::get<SendAnswer>(sent.answer).packet;
}

void BenchShard::claim_all(std::span<const ClaimItem> claims) {
  while (!claims.empty()) {
    const std::size_t count = std::min(claims.size(), limits::claim_batch_max);
    Parcel& claiming = parcel();
    add_batch(claiming, claims.first(count));
    run(claiming);
    settle();
    HB_ASSERT(std::ranges::all_of(claiming.replies.claims,
                                  [](const ClaimAnswer& a) { return a.status == Status::ok; }));
    claims = claims.subspan(count);
  }
}

void add_batch(Parcel& parcel, std::span<const ClaimItem> claims) {
  std::vector<ClaimItem>& all = parcel.commands.claims;
  const auto first = static_cast<std::uint32_t>(all.size());
  all.insert(all.end(), claims.begin(), claims.end());
  parcel.commands.commands.push_back(
      {.command = ClaimBatch{first, static_cast<std::uint32_t>(claims.size())}});
}

}  // namespace hb::bench
