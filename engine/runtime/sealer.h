// The sealer: a background thread that seals full journal segments, in order.
//
// A seal that fails is tried again, within seconds of space being freed when the disk was full; the
// ones behind it follow.  The claims do not wait for it.  What is not sealed at a stop is sealed
// after the next start.
//
// Threads: owns one, which bounds itself (engine/archive/background.h) and is not in the idle class:
//          it creates and renames files beside the journal's.  add() may be called from any.
// Errors:  none leave it; an outage and its end are logged, once each.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "engine/journal/segment_seal.h"
#include "engine/port/storage.h"
#include "engine/runtime/seal_line.h"

namespace hb {

class Sealer {
 public:
  // Called with each new seal, on the sealer's thread.
  using Sealed = std::function<void(ShardId shard, const journal::Seal& seal)>;

  explicit Sealer(Sealed sealed = {});
  // Finishes the segment at hand and leaves the others to the next start.
  ~Sealer();

  // `storage` is the shard's, and outlives the sealer.
  void add(ShardId shard, Storage& storage, std::uint64_t segment);

 private:
  void run();
  Result<void> seal(ShardId shard, Storage& storage, std::uint64_t segment);
  void report(const SealLine::Task& task, const Result<void>& sealed);

  const Sealed sealed_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  SealLine line_;  // guarded by mutex_, as is all below
  std::map<ShardId, Storage*> storages_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hb
