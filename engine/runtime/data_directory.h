// The data directory: one engine's files, and the lock that keeps a second process out.
//
//   DIR/            0700
//   DIR/LOCK        held as long as the engine runs
//   DIR/META        format, number of shards, whether the journals have been begun; JSON
//   DIR/SEALED      the newest seal of each shard, see last_seals.h
//   DIR/shard-0000/ the journal of shard 0, and so on
//   DIR/archive/    the records, which can be made from the journals again
//
// Once begun, every shard has a directory and a journal.  One that is missing has been lost, and
// is never begun again in silence.  Until then nothing was acknowledged to a client, and a crash
// leaves nothing worth keeping.
//
// Errors:  in_use when another process holds the lock; newer_format when a later version wrote it;
//          invalid when it has another number of shards; damaged when META is missing or is not
//          what was written; io when it cannot be made, read or written.  Nothing is changed in any
//          of these cases.
// Threads: any, one at a time.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/runtime/posix_file.h"

namespace hb {

class DataDirectory {
 public:
  // What META says.
  struct Meta {
    int format = 0;
    std::uint16_t shard_count = 0;
    // Format 1 did not say: there the journals count as begun if any shard has a segment.
    bool begun = false;
  };

  // Locks `path` for writing, and makes it when it is not there (its parent must be).
  static Result<DataDirectory> open(const std::string& path, std::uint16_t shard_count);

  // For the offline tools.  Takes no lock and changes nothing.
  static Result<Meta> read_meta(const std::string& path);

  // True when a process holds the lock.
  static Result<bool> in_use(const std::string& path);

  // The directory of a shard's journal, and its name in the data directory.
  static std::string shard_path(const std::string& path, ShardId shard);
  static std::string shard_name(ShardId shard);
  // The directory of the records.
  static std::string archive_path(const std::string& path);

  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }

  bool begun() const { return begun_; }
  // Every shard has its directory and its first segment, durably.  META says so, in this version's
  // format, when it returns.
  Result<void> set_begun();

 private:
  DataDirectory(std::string path, Fd fd, Fd lock, std::uint16_t shard_count)
      : path_(std::move(path)),
        fd_(std::move(fd)),
        lock_(std::move(lock)),
        shard_count_(shard_count) {}

  Result<void> write_meta(bool begun);

  std::string path_;
  Fd fd_;
  Fd lock_;
  std::uint16_t shard_count_ = 0;
  bool begun_ = false;
  bool recorded_ = false;  // META says that they are begun
};

}  // namespace hb
