#include "engine/runtime/engine.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <future>
#include <thread>
#include <utility>

#include "engine/archive/archive.h"
#include "engine/journal/segment_seal.h"
#include "engine/os/thread.h"
#include "engine/runtime/clock_watch.h"
#include "engine/runtime/cpu_affinity.h"
#include "engine/runtime/directory_files.h"

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

Error in_shard(std::uint16_t number, Error error) {
  error.message = fmt::format("shard {}: {}", number, error.message);
  return error;
}

// The first segment of an empty journal is made before the engine is ready: from then on its lack
// proves a loss.
Result<void> await_first_segment(journal::Writer& journal, DiskStorage& storage) {
  constexpr int look_interval_ms = 20;
  while (!journal.has_segment()) {
    journal.poll();
    if (!journal.has_segment() && journal.state() != journal::WriterState::writable) {
      const Error& problem = *journal.problem();
      return fail(problem.code, "the journal failed: " + problem.message);
    }
    pollfd completion{.fd = storage.completion_fd(), .events = POLLIN, .revents = 0};
    if (!journal.has_segment()) ::poll(&completion, 1, look_interval_ms);
  }
  return {};
}

// `booked`: money that cannot be given up, because other shards have booked it.
Result<void> may_start(const Losses& losses, const std::string& booked,
                       std::optional<std::uint64_t> accepted) {
  if (!losses.any() && booked.empty()) {
    if (!accepted) return {};
    return fail(ErrorCode::invalid,
                "no events are missing from the journals; start without --accept-lost-events");
  }
  std::string what = "events are missing from the journals: " + losses.what;
  if (!booked.empty()) {
    what += losses.any() ? booked : booked.substr(2);
    return fail(ErrorCode::damaged,
                what +
                    ". Restore the missing files from a backup; the server cannot start without "
                    "these events, because another shard has booked their money");
  }
  if (accepted == losses.events) return {};
  if (accepted) what += fmt::format(". --accept-lost-events {} is not that number", *accepted);
  return fail(
      ErrorCode::damaged,
      fmt::format("{}. Restore the missing files from a backup. To give these events up for "
                  "good, although clients may have their answers, start once with "
                  "--accept-lost-events {}",
                  what, losses.events));
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
  Result<void> done = engine->for_each_unit(
      [&](std::uint16_t number, Unit& unit) {
        return engine->recover_unit(options, number, unit, meter);
      },
      progress, meter);
  // Nothing has been changed so far.
  if (done) done = engine->look_for_losses(options, meter);
  if (done) done = engine->start_clocks(options);
  if (done) {
    done = engine->for_each_unit(
        [&](std::uint16_t number, Unit& unit) { return engine->start_unit(number, unit); },
        progress, meter);
  }
  if (done) done = engine->directory_.set_begun();
  if (!done) return fail(std::move(done.error()));
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

Engine::Engine(DataDirectory directory, const EngineOptions& options)
    : directory_(std::move(directory)),
      cpus_(options.cpus),
      mesh_(options.workers),
      sealer_([this](ShardId shard, const journal::Seal& seal) { last_seals_->add(shard, seal); }) {
  // All units before the first thread, which looks for its own among them.
  for (std::uint16_t i = 0; i < options.workers; ++i) units_.push_back(std::make_unique<Unit>());
}

// All at once, each on a thread that runs where the shard will be used; the first error, if any.
Result<void> Engine::for_each_unit(const EachUnit& act, const RecoveryProgress& progress,
                                   const RecoveryMeter& meter) {
  std::vector<std::future<Result<void>>> actions;
  std::vector<std::thread> threads;
  for (std::uint16_t i = 0; i < worker_count(); ++i) {
    std::packaged_task<Result<void>()> action([this, &act, i] { return act(i, *units_[i]); });
    actions.push_back(action.get_future());
    threads.push_back(start_thread(fmt::format("recovery {}", i), std::move(action)));
  }
  Result<void> first;
  for (std::future<Result<void>>& action : actions) {
    while (action.wait_for(progress_interval) != std::future_status::ready) {
      progress(RecoveryMeter::sum(meter.done_bytes), RecoveryMeter::sum(meter.total_bytes));
    }
    if (Result<void> one = action.get(); !one && first) first = std::move(one);
  }
  for (std::thread& thread : threads) thread.join();
  return first;
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

// ---- recovery -----------------------------------------------------------------------------------

Result<void> Engine::recover_unit(const EngineOptions& options, std::uint16_t number, Unit& unit,
                                  RecoveryMeter& meter) {
  const ShardId id{number};
  Result<PrfKey> entropy = fresh_entropy();
  if (!entropy) return fail(std::move(entropy.error()));
  const auto exists =
      file_exists(directory_.fd(), directory_.path(), DataDirectory::shard_name(id));
  if (!exists) return fail(exists.error());
  if (directory_.begun() && !*exists) return {};  // look_for_losses() sees it
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
  const ShardOptions shard_options{.shard = id,
                                   .shard_count = options.workers,
                                   .journal = options.journal,
                                   .memory_ahead = &memory_};
  const journal::Progress progress = [&meter, number](std::uint64_t done, std::uint64_t total) {
    meter.done_bytes[number] = done;
    meter.total_bytes[number] = total;
  };
  unit.clock = std::make_unique<SystemClock>();
  auto shard = Shard::recover(*unit.storage, shard_options, options.policy, *entropy, progress);
  if (!shard) return fail(in_shard(number, std::move(shard.error())));
  unit.shard = std::move(*shard);
  return {};
}

Result<void> Engine::start_unit(std::uint16_t number, Unit& unit) {
  if (const auto own = cpu(number)) {
    if (Result<void> bound = run_on_cpu(*own); !bound) return bound;
  }
  Result<void> started = unit.shard->start(*unit.storage, unit.clock->read().wall);
  if (started) started = await_first_segment(unit.shard->journal(), *unit.storage);
  if (!started) return fail(in_shard(number, std::move(started.error())));
  unit.worker = std::make_unique<Worker>(number, *unit.shard, *unit.clock, mesh_,
                                         [this, &unit, number](std::uint64_t segment) {
                                           sealer_.add(ShardId(number), *unit.storage, segment);
                                         });
  return {};
}

// ---- events that are missing --------------------------------------------------------------------

Result<void> Engine::look_for_losses(const EngineOptions& options, RecoveryMeter& meter) {
  std::vector<Storage*> storages;
  std::vector<JournalEnd> ends;
  for (const auto& unit : units_) {
    storages.push_back(unit->storage.get());
    ends.push_back({.has_directory = unit->storage != nullptr});
    if (unit->shard) ends.back().tail = unit->shard->tail();
  }
  const std::string& data = directory_.path();
  auto witnesses = gather_witnesses(data, directory_.fd(), storages);
  if (!witnesses) return fail(std::move(witnesses.error()));
  if (!witnesses->archive_problem.empty()) {
    spdlog::warn("{}; it cannot prove that the journals are complete", witnesses->archive_problem);
  }
  last_seals_ = std::make_unique<LastSeals>(directory_.fd(), data, witnesses->last_seals);
  const Losses losses = find_losses(data, directory_.begun(), *witnesses, ends);
  const std::string booked = messages_of_missing_events();
  if (Result<void> may = may_start(losses, booked, options.accept_lost_events); !may) return may;
  if (!losses.any()) return {};
  spdlog::warn("going on without events that are missing from the journals: {}", losses.what);
  if (Result<void> accepted = accept_losses(losses); !accepted) return accepted;
  // Those whose directories were missing begin anew.
  Result<void> begun = for_each_unit(
      [&](std::uint16_t number, Unit& unit) -> Result<void> {
        if (unit.storage != nullptr) return {};
        const std::string name = DataDirectory::shard_name(ShardId(number));
        if (::mkdirat(directory_.fd(), name.c_str(), 0700) != 0) {
          return fail_system(data + "/" + name, errno);
        }
        return recover_unit(options, number, unit, meter);
      },
      [](std::uint64_t, std::uint64_t) {}, meter);
  if (!begun) return begun;
  return sync_directory(directory_.fd(), data);
}

// What one shard's journal knows of another's events that the other has not.
std::string Engine::messages_of_missing_events() const {
  static const Outbox empty;
  std::string found;
  const auto compare = [&](ShardId from, ShardId to) {
    const auto& source = units_[from.value]->shard;
    const auto& receiver = units_[to.value]->shard;
    const Outbox& outbox = source ? source->ledger().outbox(to) : empty;
    const Sequence received = receiver ? receiver->ledger().received_from(from) : Sequence();
    if (received > outbox.last()) {
      found += fmt::format("; {} has booked event {} of {}, whose journal lacks it",
                           DataDirectory::shard_name(to), received.value,
                           DataDirectory::shard_name(from));
    } else if (outbox.acknowledged() > received) {
      found += fmt::format("; {} had booked event {} of {}, and its journal lacks that",
                           DataDirectory::shard_name(to), outbox.acknowledged().value,
                           DataDirectory::shard_name(from));
    }
  };
  for (std::uint16_t from = 0; from < worker_count(); ++from) {
    for (std::uint16_t to = 0; to < worker_count(); ++to) {
      if (from != to) compare(ShardId(from), ShardId(to));
    }
  }
  return found;
}

// What the lost events left behind gets names that mean nothing, and nothing is deleted.  The
// events' numbers are used again, so neither seals nor the archive may speak of them.
Result<void> Engine::accept_losses(const Losses& losses) {
  const std::string& data = directory_.path();
  const auto aside = archive::Archive::set_aside(DataDirectory::archive_path(data));
  if (!aside) return fail(aside.error());
  if (!aside->empty()) spdlog::warn("the archive is now {}; a new one is built", *aside);
  for (const ShardId shard : losses.shards) {
    Unit& unit = *units_[shard.value];
    // The last segment that is left is written on.
    const std::uint64_t first = unit.shard ? unit.shard->tail().end.segment : 0;
    if (unit.storage) {
      if (auto r = journal::set_seals_aside(*unit.storage, first); !r) return r;
    }
    if (auto r = last_seals_->take_back(shard, first); !r) return r;
  }
  return {};
}

}  // namespace hb
