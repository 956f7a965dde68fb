// The archive: a RocksDB database beside the journals, and all of it can be made from them again.
//
// Whatever is written goes with the positions that it was read up to, in one batch; so after a
// crash the database holds everything up to some positions and nothing beyond, and indexing goes on
// there. It has no log of its own: what was not yet flushed is read from the journals once more.
//
// Errors:  damaged when its bytes are not what was written (delete it and build it anew), no_space
//          and io when the disk refuses.
// Threads: reading from any; writing from one.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/archive/archive_files.h"
#include "engine/archive/keys.h"
#include "engine/base/checksum.h"
#include "engine/base/result.h"

namespace hb::archive {

// A moment of the archive, to read from: everything comes from the same positions.
class View {
 public:
  explicit View(rocksdb::DB& db) : db_(&db), snapshot_(db.GetSnapshot()) {}
  ~View() { db_->ReleaseSnapshot(snapshot_); }
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  Result<std::optional<std::string>> get(std::string_view key) const;
  // Calls visit(key without prefix, value) for the keys with this prefix, from `from` (a whole key)
  // on, until it says false.
  template <class Visit>
  Result<void> forward(std::string_view prefix, std::string_view from, Visit&& visit) const;
  // The same backwards, from the last key before `before` (a whole key), or from the end.
  template <class Visit>
  Result<void> backward(std::string_view prefix, std::optional<std::string_view> before,
                        Visit&& visit) const;

 private:
  rocksdb::ReadOptions options() const;

  rocksdb::DB* db_;
  const rocksdb::Snapshot* snapshot_;
};

// How much of a shard's journal is in the archive.  A block's checksum covers those of all blocks
// before it, so it tells which journal this was.
struct Mark {
  Sequence last{};      // event
  Checksum128 block{};  // that holds it
  friend bool operator==(const Mark&, const Mark&) = default;
};
std::string encode(const Mark& mark);
Mark decode_mark(std::string_view value);

class Archive {
 public:
  // Opens what is there, or makes it.  `damaged` when it cannot be used: another version or number
  // of shards, or bytes that do not check.
  // RocksDB's own threads run in the idle class; what they must not do there is an errand.
  static Result<std::unique_ptr<Archive>> open(const std::string& directory,
                                               std::uint16_t shard_count, int open_tables_max = 256,
                                               const Errand& errand = at_once);
  // The marks of an archive that may be in use, by shard; none when there is no archive.  Changes
  // nothing.
  static Result<std::vector<Mark>> read_marks(const std::string& directory,
                                              std::uint16_t shard_count);
  // Deletes it.
  static Result<void> destroy(const std::string& directory);
  // Gives it a name under which nothing uses it, and returns that; empty when there is no archive.
  static Result<std::string> set_aside(const std::string& directory);
  ~Archive();

  View view() const { return View(*db_); }
  Result<Mark> mark(ShardId shard) const;

  // The batch as a whole or nothing of it.
  Result<void> write(rocksdb::WriteBatch& batch);
  // Makes durable what was written.
  Result<void> flush();
  // After no_space or io: makes writing possible again.  Fails while the disk still refuses; where
  // RocksDB cannot go on at all, only opening the archive anew helps.
  Result<void> resume();

  // What a thread of RocksDB's own has failed at since the last resume(), if anything.
  std::optional<Error> background_error() const;
  // Free space that resume() surely gets by with: what is written so far and not on disk, and what
  // merging tables needs at once.
  std::uint64_t space_needed_bytes() const;

 private:
  class BackgroundErrors;
  Archive(std::unique_ptr<rocksdb::Env> files, std::unique_ptr<rocksdb::DB> db,
          std::shared_ptr<BackgroundErrors> errors);
  Result<void> check_meta(std::uint16_t shard_count);

  std::unique_ptr<rocksdb::Env> files_;  // outlives db_
  std::shared_ptr<BackgroundErrors> errors_;
  std::unique_ptr<rocksdb::DB> db_;
};

Error error_of(const rocksdb::Status& status);

// ---- implementation of the templates ------------------------------------------------------------

template <class Visit>
Result<void> View::forward(std::string_view prefix, std::string_view from, Visit&& visit) const {
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options()));
  for (at->Seek(rocksdb::Slice(from.data(), from.size())); at->Valid(); at->Next()) {
    if (!at->key().starts_with(rocksdb::Slice(prefix.data(), prefix.size()))) break;
    if (!visit(at->key().ToStringView().substr(prefix.size()), at->value().ToStringView())) break;
  }
  if (!at->status().ok()) return fail(error_of(at->status()));
  return {};
}

template <class Visit>
Result<void> View::backward(std::string_view prefix, std::optional<std::string_view> before,
                            Visit&& visit) const {
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options()));
  // No key is so long: this lies behind all that have the prefix.
  const std::string end =
      before ? std::string(*before) : std::string(prefix) + std::string(32, '\xff');
  at->SeekForPrev(end);
  if (before && at->Valid() && at->key() == rocksdb::Slice(end)) at->Prev();
  for (; at->Valid(); at->Prev()) {
    if (!at->key().starts_with(rocksdb::Slice(prefix.data(), prefix.size()))) break;
    if (!visit(at->key().ToStringView().substr(prefix.size()), at->value().ToStringView())) break;
  }
  if (!at->status().ok()) return fail(error_of(at->status()));
  return {};
}

}  // namespace hb::archive
