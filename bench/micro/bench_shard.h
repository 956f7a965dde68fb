// A shard on a disk that costs nothing, for benchmarks to hand parcels to.
//
// Parcels overlap as they do behind a worker: a step decides one and makes the one before it
// durable, so a parcel costs one step.
//
// Units:   the shard's time moves by turn_time with each parcel, and by nothing else.
// Errors:  a shard that cannot go on is a bug of the benchmark and asserts.
// Threads: none.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "bench/micro/null_storage.h"
#include "engine/shard/shard.h"

namespace hb::bench {

class BenchShard {
 public:
  static constexpr Duration turn_time = Duration::us(100);

  BenchShard();

  // An empty parcel, to be filled and handed to run().
  Parcel& parcel();
  // Has the parcel decided.  Its replies stay readable until the next call of parcel().
  void run(Parcel& parcel);
  // Makes durable what is not, and takes back every parcel.
  void settle();

  // For preparing a state; each asserts that the answer is ok.
  void open_and_fund(UserId user, Amount amount);
  PacketId send(UserId sender, std::uint32_t share_count);
  void claim_all(std::span<const ClaimItem> claims);

  Key128 fresh_key() { return {++keys_, 1}; }
  Time now() const { return now_; }
  Shard& shard() { return *shard_; }
  std::uint64_t journal_bytes() const { return storage_.bytes_written(); }

 private:
  template <class C>
  Reply ask(const C& command);

  NullStorage storage_;
  std::unique_ptr<Shard> shard_;
  Time now_;
  std::uint64_t keys_ = 0;
  std::vector<std::unique_ptr<Parcel>> parcels_;
  std::vector<Parcel*> free_;
};

// Adds the claims as one batch of the parcel.
void add_batch(Parcel& parcel, std::span<const ClaimItem> claims);

}  // namespace hb::bench
