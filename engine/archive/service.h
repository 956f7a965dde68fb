// The service behind records and feed: its threads keep the archive up to date and answer queries,
// so that no shard ever waits for either.
//
//   one thread indexes, when no other wants the processor: at a peak it falls behind, and catches
//   up after one thread answers records from the archive, one the feed from the journals
//
// After a failure, a full disk for one, the records stand still and go on by themselves: the
// indexer tries again, and says in the log what it waits for and that it goes on, once each.
//
// A damaged or missing archive is deleted and built anew from the journals, with progress in the
// log; until that has caught up, records are refused with records_unavailable.  One that was made
// from other journals is renamed first, not deleted.  One that is ahead of the journals is left as
// it is, and records are refused: it may be all that is left of events that the journals lost.
//
// Threads: owns three.  submit() may be called from any; `done` runs on one of the service's.
// Errors:  none that stop anything: an archive that the disk refuses is logged, tried again, and
//          its queries are refused meanwhile.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/archive/feed.h"
#include "engine/archive/journal_source.h"
#include "engine/archive/queries.h"
#include "engine/archive/query_queue.h"
#include "engine/base/outage.h"

namespace hb::archive {

struct ServiceOptions {
  std::string directory;  // of the archive
  bool enabled = true;    // false: no records, only the feed
  std::uint32_t page_rows_max = 100;
  // That one write to the archive covers: some 0.2 ms without a call of the system, during which
  // nobody else may get the processor.  A whole block's would be several.
  std::size_t batch_events = 64;
  Duration pause = Duration::ms(20);  // between looks at journals that have nothing new
  Duration flush_interval = Duration::seconds(10);
  int open_tables_max = 256;  // files that it keeps open
  // What the indexer, which runs in the idle class, and RocksDB's threads must not do themselves.
  Errand errand = at_once;
};

// How far the archive is.
struct Lag {
  std::uint64_t events = 0;  // durable and not in it
  bool rebuilding = false;
};

class Service {
 public:
  using Done = std::function<void(QueryReply)>;

  // The sources' storages outlive the service; their index is the shard's number.
  Service(const ServiceOptions& options, std::vector<JournalSource> sources);
  ~Service();

  // Answers later, exactly once; queries of different connections in turn. When a connection has
  // its share of the places, at once and with `overloaded`.
  void submit(QueryEnvelope query, Done done);

  Lag lag() const;

  // Waits until the archive has been opened, or has failed to be, which the log then says.
  void wait_until_looked() const { looked_.wait(); }

 private:
  // Queries that wait, and the thread that answers them.
  struct Task {
    QueryEnvelope query{};
    Done done{};
    std::int64_t until_us = 0;  // of the steady clock: how long a feed may wait

    std::uint64_t connection() const { return query.to.connection; }
  };
  struct Desk {
    std::mutex mutex;
    std::condition_variable wanted;
    QueryQueue<Task> tasks;
    std::thread thread;

    Desk();
  };

  void index_until_stopped();
  Result<void> open_archive();
  Result<std::unique_ptr<Archive>> open_own();
  Result<std::unique_ptr<Archive>> open_unless_foreign();
  Result<void> index();
  Result<std::uint64_t> index_round(class Indexer& indexer,
                                    std::vector<journal::Follower>& followers);
  void stand_still(const Error& why);
  void report(const Error& why) const;
  bool space_is_missing() const;
  Result<void> resume();
  void close_archive();
  void note_progress();
  void note_lag();
  void start_over(const Error& why);

  void answer_records();
  void answer_feed();
  bool answer_feed(const Task& task);
  QueryReply answer_record(const QueryEnvelope& envelope);
  bool pause(Duration duration);
  std::vector<Sequence> durable() const;
  std::uint64_t events_behind() const;

  const ServiceOptions options_;
  std::vector<JournalSource> sources_;
  Feed feed_;

  // The archive is replaced when it is damaged; who reads holds on to the one that it has.
  mutable std::mutex archive_mutex_;
  std::shared_ptr<Archive> archive_;
  std::vector<std::atomic<std::uint64_t>> positions_;
  std::atomic<bool> rebuilding_{false};
  std::atomic<bool> damaged_{false};  // a query found it so
  std::vector<Sequence> rebuilt_at_;  // where the journals were when rebuilding began
  mutable std::latch looked_{1};
  // The indexer's own.
  Outage outage_;
  std::chrono::steady_clock::time_point progress_told_at_{};
  std::chrono::steady_clock::time_point lag_told_at_{};

  std::atomic<bool> stopping_{false};
  std::mutex pause_mutex_;
  std::condition_variable pause_ended_;
  std::thread indexer_;
  Desk records_desk_;
  Desk feed_desk_;
  Outage feed_outage_;  // the feed thread's own
};

}  // namespace hb::archive
