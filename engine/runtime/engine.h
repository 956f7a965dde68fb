// The engine as one process runs it: the data directory, the shards with their disks, the workers,
// the archive.
//
// Threads: open() recovers all shards in parallel.  Afterwards worker(i), its shard and its storage
//          belong to one thread each, which the caller provides (see net/server) and which runs on
//          cpu(i) if that is given.  The engine's other threads, and from open() on the thread that
//          called it, stay off the workers' processors.
//          Events that are missing from the journals keep it from starting too, see witnesses.h.
// Errors:  whatever keeps the engine from starting, said so that an operator can act.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/archive/service.h"
#include "engine/base/result.h"
#include "engine/ledger/policy.h"
#include "engine/runtime/data_directory.h"
#include "engine/runtime/delegate.h"
#include "engine/runtime/disk_storage.h"
#include "engine/runtime/last_seals.h"
#include "engine/runtime/mailbox.h"
#include "engine/runtime/memory_populator.h"
#include "engine/runtime/sealer.h"
#include "engine/runtime/system_clock.h"
#include "engine/runtime/witnesses.h"
#include "engine/runtime/worker.h"
#include "engine/shard/shard.h"

namespace hb {

struct EngineOptions {
  std::string data = "./data";
  std::uint16_t workers = 1;
  // The workers' processors, one each; none: wherever the system puts them.
  std::vector<unsigned> cpus{};
  Policy policy{};
  // The farthest that the journals' last event may lie ahead of the machine's clock at a start.
  Duration clock_ahead_max = Duration::seconds(600);
  bool accept_clock_ahead = false;  // an operator has looked: start however far it is
  journal::WriterOptions journal{};
  DiskStorageOptions disk{};
  // Start although this many events are missing from the journals: exactly the number that the
  // refusal to start named.
  std::optional<std::uint64_t> accept_lost_events{};
  archive::ServiceOptions archive{};  // its directory and page size follow from data and policy
};

// Told about once a second while the journals are read.
using RecoveryProgress = std::function<void(std::uint64_t done_bytes, std::uint64_t total_bytes)>;

class Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(const EngineOptions& options,
                                              const RecoveryProgress& progress);

  std::uint16_t worker_count() const { return static_cast<std::uint16_t>(units_.size()); }
  Worker& worker(std::uint16_t i) { return *units_[i]->worker; }
  DiskStorage& storage(std::uint16_t i) { return *units_[i]->storage; }
  std::optional<unsigned> cpu(std::uint16_t i) const {
    return i < cpus_.size() ? std::optional(cpus_[i]) : std::nullopt;
  }
  // Records and feed.
  archive::Service& archive() { return *archive_; }
  // REQUIRES: the worker's thread does not run.
  const Shard& shard(std::uint16_t i) const { return *units_[i]->shard; }

 private:
  // In the order of their lifetimes.
  struct Unit {
    std::unique_ptr<DiskStorage> storage;  // null while the shard's directory is missing
    // The same files for the archive: its threads and the worker have no lock in common.
    std::unique_ptr<DiskStorage> archive_storage;
    std::unique_ptr<Shard> shard;
    std::unique_ptr<SystemClock> clock;
    std::unique_ptr<Worker> worker;
  };
  struct RecoveryMeter;

  using EachUnit = std::function<Result<void>(std::uint16_t number, Unit& unit)>;

  Engine(DataDirectory directory, const EngineOptions& options);

  Result<void> for_each_unit(const EachUnit& act, const RecoveryProgress& progress,
                             const RecoveryMeter& meter);
  Result<void> recover_unit(const EngineOptions& options, std::uint16_t number, Unit& unit,
                            RecoveryMeter& meter);
  Result<void> start_unit(std::uint16_t number, Unit& unit);
  Result<void> look_for_losses(const EngineOptions& options, RecoveryMeter& meter);
  std::string messages_of_missing_events() const;
  Result<void> accept_losses(const Losses& losses);
  Result<void> start_clocks(const EngineOptions& options);
  void start_archive(const EngineOptions& options);

  DataDirectory directory_;
  const std::vector<unsigned> cpus_;
  Mesh mesh_;
  MemoryPopulator memory_;
  std::vector<std::unique_ptr<Unit>> units_;
  std::unique_ptr<LastSeals> last_seals_;
  // All end before the storages.
  Sealer sealer_;
  Delegate archive_files_{"archive files"};
  std::unique_ptr<archive::Service> archive_;
};

}  // namespace hb
