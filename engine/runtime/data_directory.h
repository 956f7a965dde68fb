// The data directory: one engine's files, and the lock that keeps a second process out.
//
//   DIR/            0700
//   DIR/LOCK        held as long as the engine runs
//   DIR/META        format and number of shards, JSON
//   DIR/shard-0000/ the journal of shard 0, and so on
//   DIR/archive/    the records, which can be made from the journals again
//
// Errors:  in_use when another process holds the lock; newer_format when a later version wrote it;
//          invalid when it has another number of shards; io when it cannot be made or written.
//          Nothing is changed in any of these cases.
// Threads: any, one at a time.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/ids.h"
#include "engine/base/result.h"

namespace hb {

class DataDirectory {
 public:
  // Locks `path` for writing, and makes it when it is not there (its parent must be).
  static Result<DataDirectory> open(const std::string& path, std::uint16_t shard_count);

  // For the offline tools: how many shards `path` holds.  Takes no lock and changes nothing.
  static Result<std::uint16_t> shard_count_of(const std::string& path);

  // True when a process holds the lock.
  static bool in_use(const std::string& path);

  // The directory of a shard's journal.
  static std::string shard_path(const std::string& path, ShardId shard);
  // The directory of the records.
  static std::string archive_path(const std::string& path);

  const std::string& path() const { return path_; }

  DataDirectory(DataDirectory&& other) noexcept;
  DataDirectory& operator=(DataDirectory&&) = delete;
  ~DataDirectory();

 private:
  DataDirectory(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  std::string path_;
  int lock_fd_ = -1;
};

}  // namespace hb
