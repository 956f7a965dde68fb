// RocksDB's files, where what takes locks of the file system is done by another thread.
//
// A thread of the idle class that holds a lock while the processors are busy keeps it for as long as
// they are, and the journal, which lies on the same file system, may be the next to want it.  So
// creating, renaming, removing, truncating, preallocating and syncing files are errands for a thread
// of the normal class; what only reads, or copies into the page cache, is not.
//
// Threads: any.
// Errors:  RocksDB's own.
#pragma once

#include <rocksdb/env.h>

#include <functional>
#include <memory>

namespace hb::archive {

// Runs the job, wherever, and returns when it is done.
using Errand = std::function<void(const std::function<void()>& job)>;

// The calling thread runs it.
void at_once(const std::function<void()>& job);

// The system's files through `errand`.
std::unique_ptr<rocksdb::Env> files_through(Errand errand);

}  // namespace hb::archive
