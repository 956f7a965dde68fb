#include "engine/archive/service.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/archive/background.h"
#include "engine/archive/indexer.h"
#include "engine/archive/provenance.h"
#include "engine/archive/records.h"
#include "engine/base/assert.h"
#include "engine/os/free_space.h"
#include "engine/os/monotonic_time.h"
#include "engine/os/thread.h"

namespace hb::archive {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr std::size_t tasks_max = 4'096;  // of all connections at one desk
// Feed queries that are answered between two looks at those that wait for events.
constexpr int feed_answers_at_once = 8;
constexpr Duration overloaded_retry = Duration::ms(50);
constexpr Duration unavailable_retry = Duration::seconds(1);
constexpr std::uint64_t turn_events = 4'096;  // of one shard, until it is another's turn
constexpr Duration feed_look_interval = Duration::ms(1);
constexpr std::chrono::seconds progress_interval{2};
// A lag that is worth a line in the log, and how often.
constexpr std::uint64_t lag_events_noted = 1'000'000;
constexpr std::chrono::seconds lag_interval{10};

std::int64_t now_us() {
  return std::chrono::duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

// Only then it helps to build it anew.
bool of_damaged_archive(const Error& why) {
  return why.code == ErrorCode::damaged && why.message.starts_with("archive");
}

}  // namespace

Service::Desk::Desk() : tasks(tasks_max) {}

Service::Service(const ServiceOptions& options, std::vector<JournalSource> sources)
    : options_(options),
      sources_(std::move(sources)),
      feed_(sources_),
      positions_(sources_.size()) {
  if (options_.enabled) {
    indexer_ = start_thread("indexer", [this] { index_until_stopped(); });
  } else {
    looked_.count_down();
  }
  records_desk_.thread = start_thread("records", [this] { answer_records(); });
  feed_desk_.thread = start_thread("feed", [this] { answer_feed(); });
}

Service::~Service() {
  stopping_ = true;
  for (Desk* desk : {&records_desk_, &feed_desk_}) {
    { const std::scoped_lock lock(desk->mutex); }
    desk->wanted.notify_all();
    desk->thread.join();
  }
  { const std::scoped_lock lock(pause_mutex_); }
  pause_ended_.notify_all();
  if (indexer_.joinable()) indexer_.join();
}

void Service::submit(QueryEnvelope query, Done done) {
  const auto* feed = std::get_if<ReadFeed>(&query.query);
  Desk& desk = feed != nullptr ? feed_desk_ : records_desk_;
  const Duration wait = feed == nullptr ? Duration{} : std::min(feed->wait, Feed::wait_max);
  Task task{std::move(query), std::move(done), now_us() + wait.us()};
  {
    const std::scoped_lock lock(desk.mutex);
    if (desk.tasks.push(task.connection(), task)) {
      desk.wanted.notify_one();
      return;
    }
  }
  task.done({.to = task.query.to, .status = Status::overloaded, .limit = overloaded_retry.us()});
}

Lag Service::lag() const {
  return {.events = events_behind(), .rebuilding = rebuilding_};
}

std::vector<Sequence> Service::durable() const {
  std::vector<Sequence> all;
  for (const JournalSource& source : sources_) all.push_back(source.durable());
  return all;
}

std::uint64_t Service::events_behind() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const std::uint64_t at = positions_[i];
    sum += std::max(sources_[i].durable().value, at) - at;
  }
  return sum;
}

// True when the time is over, false when the service stops.
bool Service::pause(Duration duration) {
  std::unique_lock lock(pause_mutex_);
  pause_ended_.wait_for(lock, microseconds(duration.us()), [this] { return stopping_.load(); });
  return !stopping_;
}

// ---- indexing -----------------------------------------------------------------------------------

// The first look comes at ordinary priority, since the server is not ready before.
void Service::index_until_stopped() {
  yield_the_disk();
  Result<void> done = open_archive();
  looked_.count_down();
  run_when_idle();
  while (!stopping_) {
    if (!done) stand_still(done.error());
    if (!stopping_) done = archive_ == nullptr ? open_archive() : index();
  }
  close_archive();
}

// The archive as it is, or, when it cannot be used, a new one.
Result<void> Service::open_archive() {
  auto opened = open_own();
  if (!opened && of_damaged_archive(opened.error())) {
    start_over(opened.error());
    opened = open_own();
  }
  if (!opened) return fail(std::move(opened.error()));
  rebuilt_at_ = durable();
  rebuilding_ = std::ranges::all_of(positions_, [](const auto& at) { return at == 0; }) &&
                events_behind() > 0;
  if (rebuilding_) spdlog::info("archive: building it from {} events", events_behind());
  const std::scoped_lock lock(archive_mutex_);
  archive_ = std::move(*opened);
  return {};
}

void Service::close_archive() {
  const std::scoped_lock lock(archive_mutex_);
  archive_.reset();
}

// Nothing when the archive was made from other journals; it is closed then.
Result<std::unique_ptr<Archive>> Service::open_unless_foreign() {
  auto opened = Archive::open(options_.directory, static_cast<std::uint16_t>(sources_.size()),
                              options_.open_tables_max, options_.errand);
  if (!opened) return opened;
  const auto provenance = find_provenance(**opened, sources_);
  if (!provenance) return fail(provenance.error());
  switch (*provenance) {
    case Provenance::own:
      return opened;
    case Provenance::foreign:
      return std::unique_ptr<Archive>();
    case Provenance::ahead:
      break;
  }
  return fail(ErrorCode::io,
              "archive: it has events that the journals have not; it is left as it is, and records "
              "are refused.  Restore the journals, or move " +
                  options_.directory + " away to have it built anew");
}

// The archive of these journals, and where it is.
Result<std::unique_ptr<Archive>> Service::open_own() {
  auto opened = open_unless_foreign();
  if (opened && *opened == nullptr) {
    Result<std::string> aside = std::string();
    options_.errand([&] { aside = Archive::set_aside(options_.directory); });
    if (!aside) return fail(aside.error());
    spdlog::warn(
        "archive: it was made from other journals; it is now {}, to be removed or put back where "
        "it belongs, and is built anew from these",
        *aside);
    opened = open_unless_foreign();
  }
  if (!opened) return opened;
  HB_ASSERT(*opened != nullptr);
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const auto mark = (*opened)->mark(sources_[i].identity.shard);
    if (!mark) return fail(mark.error());
    positions_[i] = mark->last.value;
  }
  return opened;
}

void Service::start_over(const Error& why) {
  spdlog::warn("{}; deleting it and building it anew from the journals", why.message);
  {
    const std::scoped_lock lock(archive_mutex_);
    archive_.reset();
  }
  for (auto& position : positions_) position = 0;
  rebuilding_ = true;
  damaged_ = false;
  Result<void> gone;
  options_.errand([&] { gone = Archive::destroy(options_.directory); });
  if (!gone) {
    spdlog::error("{}", gone.error().message);
  }
}

// Until the service stops, or the archive or a journal fails.
Result<void> Service::index() {
  Indexer indexer(*archive_, static_cast<std::uint16_t>(sources_.size()), options_.batch_events);
  std::vector<journal::Follower> followers;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    followers.emplace_back(*sources_[i].storage, sources_[i].identity, Sequence(positions_[i] + 1));
  }
  std::int64_t flushed_us = now_us();
  bool flushed = true;
  while (!stopping_) {
    Result<std::uint64_t> done = index_round(indexer, followers);
    if (done && !flushed && now_us() - flushed_us > options_.flush_interval.us()) {
      if (Result<void> kept = archive_->flush(); !kept) done = fail(std::move(kept.error()));
      flushed = true;
      flushed_us = now_us();
    }
    if (auto error = archive_->background_error(); done && error) done = fail(std::move(*error));
    if (damaged_) done = fail(ErrorCode::damaged, "archive: a query found it damaged");
    if (!done) return fail(std::move(done.error()));
    if (outage_.ended())
      spdlog::info("archive: the records go on, {} events behind", events_behind());
    note_progress();
    note_lag();
    flushed = flushed && *done == 0;
    if (*done == 0) pause(options_.pause);
  }
  return {};
}

// Until the next try: then the archive is as it was, and indexing goes on behind what was written
// last.  An archive that cannot go on is closed, to be opened anew; what it had not yet on disk is
// read from the journals once more.
void Service::stand_still(const Error& why) {
  if (of_damaged_archive(why)) return start_over(why);
  if (outage_.failed(why, monotonic_time())) report(why);
  do {
    if (!pause(outage_.next_try() - monotonic_time())) return;
    // Without space a try would take what is left from the journals, for nothing.
    if (why.code != ErrorCode::no_space || !space_is_missing()) break;
    outage_.failed(why, monotonic_time());
  } while (true);
  if (archive_ == nullptr) return;
  Result<void> resumed = resume();
  if (resumed) return;
  if (resumed.error().code != ErrorCode::no_space) close_archive();
  if (outage_.failed(resumed.error(), monotonic_time())) report(resumed.error());
}

void Service::report(const Error& why) const {
  if (why.code != ErrorCode::no_space || archive_ == nullptr) {
    return spdlog::error("{}; the records stand still, trying again", why.message);
  }
  constexpr std::uint64_t mib = 1 << 20;
  spdlog::error(
      "{}; the records stand still until {} MiB are free on the disk of {} ({} MiB are now), and "
      "then go on by themselves",
      why.message, archive_->space_needed_bytes() / mib + 1, options_.directory,
      free_space_bytes(options_.directory).value_or(0) / mib);
}

bool Service::space_is_missing() const {
  if (archive_ == nullptr) return false;
  const auto free = free_space_bytes(options_.directory);
  return free && *free < archive_->space_needed_bytes();
}

// Only what has failed in the archive: a journal is simply read again.
Result<void> Service::resume() {
  return archive_->background_error() ? archive_->resume() : Result<void>{};
}

// Some blocks of each shard in turn.
Result<std::uint64_t> Service::index_round(Indexer& indexer,
                                           std::vector<journal::Follower>& followers) {
  const std::uint64_t before = indexer.events();
  for (std::size_t i = 0; i < followers.size(); ++i) {
    const ShardId shard(static_cast<std::uint16_t>(i));
    const Sequence durable = sources_[i].durable();
    const std::uint64_t enough = indexer.events() + turn_events;
    while (indexer.events() < enough) {
      const auto block = followers[i].next(durable);
      if (!block) return fail(block.error());
      if (!*block) break;
      if (Result<void> added = indexer.add(shard, **block); !added) return fail(added.error());
    }
  }
  const std::uint64_t events = indexer.events() - before;
  if (events == 0) return events;
  if (Result<void> written = indexer.commit(); !written) return fail(written.error());
  for (std::size_t i = 0; i < followers.size(); ++i) {
    positions_[i] = followers[i].position().value - 1;
  }
  return events;
}

void Service::note_progress() {
  if (!rebuilding_) return;
  std::uint64_t total = 0;
  std::uint64_t left = 0;
  for (std::size_t i = 0; i < rebuilt_at_.size(); ++i) {
    const std::uint64_t at = positions_[i];
    total += rebuilt_at_[i].value;
    left += std::max(rebuilt_at_[i].value, at) - at;
  }
  if (left == 0) {
    rebuilding_ = false;
    spdlog::info("archive: built, {} events", total);
  } else if (steady_clock::now() - progress_told_at_ > progress_interval) {
    progress_told_at_ = steady_clock::now();
    spdlog::info("archive: building, {} of {} events", total - left, total);
  }
}

void Service::note_lag() {
  const auto now = steady_clock::now();
  if (rebuilding_ || now - lag_told_at_ < lag_interval) return;
  lag_told_at_ = now;
  const std::uint64_t events = events_behind();
  if (events >= lag_events_noted) spdlog::info("archive: {} events behind", events);
}

// ---- answering ----------------------------------------------------------------------------------

void Service::answer_records() {
  Desk& desk = records_desk_;
  std::unique_lock lock(desk.mutex);
  for (;;) {
    desk.wanted.wait(lock, [&] { return stopping_ || !desk.tasks.empty(); });
    std::optional<Task> task = desk.tasks.pop();
    if (!task) return;
    lock.unlock();
    QueryReply reply = answer_record(task->query);
    reply.to = task->query.to;
    task->done(std::move(reply));
    lock.lock();
    desk.tasks.release(task->connection());
  }
}

QueryReply Service::answer_record(const QueryEnvelope& envelope) {
  const QueryReply unavailable{.status = Status::records_unavailable,
                               .limit = unavailable_retry.us()};
  std::shared_ptr<Archive> archive;
  {
    const std::scoped_lock lock(archive_mutex_);
    archive = archive_;
  }
  if (archive == nullptr || rebuilding_ || stopping_) return unavailable;
  const Records records(*archive, static_cast<std::uint16_t>(sources_.size()),
                        options_.page_rows_max);
  Result<QueryReply> reply = records.answer(envelope.query, durable());
  if (reply) return std::move(*reply);
  spdlog::error("{}", reply.error().message);
  if (reply.error().code == ErrorCode::damaged) damaged_ = true;
  return unavailable;
}

// A few queries at a time, in turn by connection; those that wait for events are looked at again
// soon.
void Service::answer_feed() {
  Desk& desk = feed_desk_;
  std::deque<Task> waiting;
  std::unique_lock lock(desk.mutex);
  for (;;) {
    const auto wanted = [&] { return stopping_ || !desk.tasks.empty(); };
    if (waiting.empty()) {
      desk.wanted.wait(lock, wanted);
    } else {
      desk.wanted.wait_for(lock, microseconds(feed_look_interval.us()), wanted);
    }
    if (stopping_ && waiting.empty() && desk.tasks.empty()) return;
    for (int left = feed_answers_at_once; left > 0 && !desk.tasks.empty(); --left) {
      waiting.push_back(*desk.tasks.pop());
    }
    lock.unlock();
    std::deque<Task> still_waiting;
    std::vector<std::uint64_t> answered;  // connections
    for (Task& task : waiting) {
      if (answer_feed(task)) {
        answered.push_back(task.connection());
      } else {
        still_waiting.push_back(std::move(task));
      }
    }
    waiting = std::move(still_waiting);
    lock.lock();
    for (const std::uint64_t connection : answered) desk.tasks.release(connection);
  }
}

// False: there are no events yet, and the query may wait.
bool Service::answer_feed(const Task& task) {
  const bool may_wait = !stopping_ && now_us() < task.until_us;
  auto reply = feed_.answer(std::get<ReadFeed>(task.query.query), may_wait);
  if (reply && !*reply) return false;
  if (!reply && feed_outage_.failed(reply.error(), monotonic_time())) {
    spdlog::error("feed: {}", reply.error().message);
  }
  if (reply && feed_outage_.ended()) spdlog::info("feed: the journals can be read again");
  QueryReply answer =
      reply ? std::move(**reply)
            : QueryReply{.status = Status::records_unavailable, .limit = unavailable_retry.us()};
  answer.to = task.query.to;
  task.done(std::move(answer));
  return true;
}

}  // namespace hb::archive
