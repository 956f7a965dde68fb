#include "engine/runtime/engine.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <future>
#include <thread>
#include <utility>

#include "engine/os/thread.h"
#include "engine/runtime/clock_watch.h"
#include "engine/runtime/cpu_affinity.h"

namespace hb {

namespace {

constexpr std::chrono::seconds progress_interval{1};
// Of a shard.  More writes at a time wait for a thread; a disk gains nothing from them.
constexpr std::size_t writer_threads_max = 16;

Result<void> validate_cpus(const EngineOptions& options) {
  if (options.cpus.empty()) return {};
  if (options.cpus.size() != options.workers) {
    return fail(ErrorCode::invalid,
                fmt::format("cpus names {} processors for {} workers; name one for each, or none",
                            options.cpus.size(), options.workers));
  }
  if (Result<void> usable = check_cpus(options.cpus); !usable) {
    return fail(usable.error().code, "cpus: " + usable.error().message);
  }
  return {};
}

Result<PrfKey> fresh_entropy() {
  PrfKey key;
  if (::getrandom(&key, sizeof key, 0) != static_cast<ssize_t>(sizeof key)) {
    return fail(ErrorCode::io, fmt::format("no random bits: {}", std::strerror(errno)));
  }
  return key;
}

}  // namespace

// What all shards together have read.
struct Engine::RecoveryMeter {
  std::vector<std::atomic<std::uint64_t>> done_bytes;
  std::vector<std::atomic<std::uint64_t>> total_bytes;

  explicit RecoveryMeter(std::size_t shards) : done_bytes(shards), total_bytes(shards) {}

  static std::uint64_t sum(const std::vector<std::atomic<std::uint64_t>>& values) {
    std::uint64_t total = 0;
    for (const auto& value : values) total += value.load(std::memory_order_relaxed);
    return total;
  }
};

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions& options,
                                             const RecoveryProgress& progress) {
  if (options.workers < 1 || options.workers > limits::shards_max) {
    return fail(ErrorCode::invalid, fmt::format("workers is {}; it must lie between 1 and {}",
                                                options.workers, limits::shards_max));
  }
  if (Result<void> valid = validate_cpus(options); !valid) return fail(valid.error());
  if (Result<void> valid = validate(options.policy); !valid) return fail(valid.error());
  if (Result<void> valid = journal::validate(options.journal); !valid) return fail(valid.error());
  Result<DataDirectory> directory = DataDirectory::open(options.data, options.workers);
  if (!directory) return fail(std::move(directory.error()));

  // Before the first thread, so that all have it from here.
  if (Result<void> off = keep_off_cpus(options.cpus); !off) return fail(std::move(off.error()));
  std::unique_ptr<Engine> engine(new Engine(std::move(*directory), options));
  RecoveryMeter meter(options.workers);
  std::vector<std::future<Result<void>>> openings;
  std::vector<std::thread> threads;
  // All units before the first thread, which looks for its own among them.
  for (std::uint16_t i = 0; i < options.workers; ++i) {
    engine->units_.push_back(std::make_unique<Unit>());
  }
  for (std::uint16_t i = 0; i < options.workers; ++i) {
    std::packaged_task<Result<void>()> opening([&engine, &options, &meter, i] {
      return engine->open_unit(options, i, *engine->units_[i], meter);
    });
    openings.push_back(opening.get_future());
    threads.push_back(start_thread(fmt::format("recovery {}", i), std::move(opening)));
  }
  Result<void> opened;
  for (std::future<Result<void>>& opening : openings) {
    while (opening.wait_for(progress_interval) != std::future_status::ready) {
      progress(RecoveryMeter::sum(meter.done_bytes), RecoveryMeter::sum(meter.total_bytes));
    }
    if (Result<void> one = opening.get(); !one && opened) opened = std::move(one);
  }
  for (std::thread& thread : threads) thread.join();
  if (!opened) return fail(std::move(opened.error()));
  if (Result<void> started = engine->start_clocks(options); !started) {
    return fail(std::move(started.error()));
  }
  engine->start_archive(options);
  engine->archive_->wait_until_looked();
  return engine;
}

// All shards go on from the latest event of any.  When that lies in the future, either the machine's
// clock is wrong now or it was wrong then, and only an operator can know which.
Result<void> Engine::start_clocks(const EngineOptions& options) {
  Time last;
  for (const std::unique_ptr<Unit>& unit : units_) last = std::max(last, unit->shard->last_time());
  const Time wall = SystemClock::machine().wall;
  if (const Duration ahead = last - wall;
      ahead > options.clock_ahead_max && !options.accept_clock_ahead) {
    return fail(
        ErrorCode::io,
        fmt::format(
            "the journals' last event is of {}, {} ahead of the machine's clock ({}), more than "
            "clock.ahead_max ({}).  If the machine's clock is wrong now, set "
            "it right.  If it was wrong when that event was written, start once with "
            "--accept-clock-ahead: time goes on from there at two thirds of its speed until both "
            "agree, in {}",
            show_time(last), show_span(ahead), show_time(wall), show_span(options.clock_ahead_max),
            show_span(SystemClock::catch_up_time(ahead))));
  }
  for (const std::unique_ptr<Unit>& unit : units_) unit->clock->go_on_from(last);
  return {};
}

void Engine::start_archive(const EngineOptions& options) {
  std::vector<archive::JournalSource> sources;
  for (std::uint16_t i = 0; i < worker_count(); ++i) {
    const std::atomic<std::uint64_t>& durable = units_[i]->worker->published_durable();
    sources.push_back({.storage = units_[i]->archive_storage.get(),
                       .identity = {ShardId(i), worker_count()},
                       .durable = [&durable] { return Sequence(durable.load()); }});
  }
  archive::ServiceOptions archive_options = options.archive;
  archive_options.directory = DataDirectory::archive_path(options.data);
  archive_options.page_rows_max = options.policy.page_rows_max;
  archive_options.errand = [this](const std::function<void()>& job) { archive_files_.run(job); };
  archive_ = std::make_unique<archive::Service>(archive_options, std::move(sources));
}

Result<void> Engine::open_unit(const EngineOptions& options, std::uint16_t number, Unit& unit,
                               RecoveryMeter& meter) {
  const ShardId id{number};
  Result<PrfKey> entropy = fresh_entropy();
  if (!entropy) return fail(std::move(entropy.error()));
  DiskStorageOptions disk = options.disk;
  disk.writer_threads =
      static_cast<unsigned>(std::min(options.journal.in_flight_max, writer_threads_max));
  auto storage = open_disk_storage(DataDirectory::shard_path(options.data, id), std::move(disk));
  if (!storage) return fail(std::move(storage.error()));
  unit.storage = std::move(*storage);
  auto archive_storage =
      open_disk_storage(DataDirectory::shard_path(options.data, id), {.read_only = true});
  if (!archive_storage) return fail(std::move(archive_storage.error()));
  unit.archive_storage = std::move(*archive_storage);
  // The storage's own threads have started; this one goes where the shard will be used.
  if (const auto own = cpu(number)) {
    if (Result<void> bound = run_on_cpu(*own); !bound) return bound;
  }
  unit.clock = std::make_unique<SystemClock>();
  const ShardOptions shard_options{.shard = id,
                                   .shard_count = options.workers,
                                   .journal = options.journal,
                                   .memory_ahead = &memory_};
  const journal::Progress progress = [&meter, number](std::uint64_t done, std::uint64_t total) {
    meter.done_bytes[number] = done;
    meter.total_bytes[number] = total;
  };
  auto shard = Shard::open(*unit.storage, shard_options, options.policy, *entropy,
                           unit.clock->read().wall, progress);
  if (!shard) {
    return fail(shard.error().code,
                fmt::format("shard {}: {}", number, std::move(shard.error().message)));
  }
  unit.shard = std::move(*shard);
  unit.worker = std::make_unique<Worker>(
      number, *unit.shard, *unit.clock, mesh_,
      [this, &unit, id](std::uint64_t segment) { sealer_.add(id, *unit.storage, segment); });
  return {};
}

}  // namespace hb
