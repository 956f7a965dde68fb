#include "engine/archive/archive.h"

#include <fcntl.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_manager.h>
#include <rocksdb/table.h>
#include <rocksdb/table_properties.h>
#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include "engine/archive/background.h"

namespace hb::archive {
namespace {

constexpr std::uint16_t archive_version = 2;

// A wallet's balance is the sum of what was merged into it.
class AddFen final : public rocksdb::AssociativeMergeOperator {
 public:
  bool Merge(const rocksdb::Slice&, const rocksdb::Slice* existing, const rocksdb::Slice& value,
             std::string* sum, rocksdb::Logger*) const override {
    const std::uint64_t before =
        existing == nullptr ? 0 : Parts(existing->ToStringView()).take<std::uint64_t>();
    const auto added = Parts(value.ToStringView()).take<std::uint64_t>();
    // Two's complement: adding a negative number is adding its bits.
    *sum = Key('w').add(before + added).str().substr(1);
    return true;
  }
  const char* Name() const override { return "hongbao.add_fen"; }
};

// RocksDB's own log is not kept: what fails comes back as a Status, and on a full disk a log that
// grows would be one more that takes from the journals.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, std::va_list) override {}
};

// Collects nothing.  RocksDB's threads call it with each key of a table that they write, and so keep
// the pace of the background.
class PaceOfWriters final : public rocksdb::TablePropertiesCollector {
 public:
  rocksdb::Status AddUserKey(const rocksdb::Slice&, const rocksdb::Slice&, rocksdb::EntryType,
                             rocksdb::SequenceNumber, std::uint64_t) override {
    pace_.step();
    return rocksdb::Status::OK();
  }
  rocksdb::Status Finish(rocksdb::UserCollectedProperties*) override {
    return rocksdb::Status::OK();
  }
  rocksdb::UserCollectedProperties GetReadableProperties() const override { return {}; }
  const char* Name() const override { return "hongbao.pace"; }

 private:
  Pace pace_;
};

class PaceFactory final : public rocksdb::TablePropertiesCollectorFactory {
 public:
  rocksdb::TablePropertiesCollector* CreateTablePropertiesCollector(Context) override {
    return new PaceOfWriters;
  }
  const char* Name() const override { return "hongbao.pace"; }
};

// Where the file system passes the removal of a file on to the disk (ext4's "discard"), that of a
// table of 64 MiB holds up everything else for as long as the disk takes.  So tables go in pieces,
// one each 8 ms, unless they would take twice as much disk as the archive itself.
std::shared_ptr<rocksdb::SstFileManager> removal_in_pieces(rocksdb::Env* env) {
  constexpr std::int64_t bytes_per_second = 128 << 20;
  constexpr double removed_per_kept_max = 2;
  constexpr std::uint64_t piece_bytes = 1 << 20;
  return std::shared_ptr<rocksdb::SstFileManager>(rocksdb::NewSstFileManager(
      env, nullptr, "", bytes_per_second, true, nullptr, removed_per_kept_max, piece_bytes));
}

rocksdb::Options options_for_archive(rocksdb::Env& files) {
  rocksdb::Options options;
  options.env = &files;
  options.create_if_missing = true;
  options.merge_operator = std::make_shared<AddFen>();
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = std::size_t{64} << 20;
  options.max_background_jobs = 2;
  // Else the kernel writes a complete table, 64 MiB at once, and journals wait behind it.
  options.bytes_per_sync = std::size_t{128} << 10;
  // One system call copies that much, and until then no other thread gets the processor.
  options.writable_file_max_buffer_size = std::size_t{128} << 10;
  options.strict_bytes_per_sync = true;
  options.sst_file_manager = removal_in_pieces(options.env);
  options.info_log = std::make_shared<NoLog>();
  options.stats_dump_period_sec = 0;
  options.manifest_preallocation_size = std::size_t{64} << 10;
  // After a failure it goes on when its owner says so; see BackgroundErrors.
  options.max_bgerror_resume_count = 0;
  // The claims come first: compaction takes what they leave.
  options.env->LowerThreadPoolCPUPriority(rocksdb::Env::LOW, rocksdb::CpuPriority::kIdle);
  options.env->LowerThreadPoolCPUPriority(rocksdb::Env::HIGH, rocksdb::CpuPriority::kIdle);
  options.table_properties_collector_factories.push_back(std::make_shared<PaceFactory>());
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(std::size_t{64} << 20);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

std::string meta(std::uint16_t shard_count) {
  return Key('V').add(archive_version).add(shard_count).str();
}

}  // namespace

// Keeps RocksDB from waiting for space by itself: it would wait for a whole write buffer (64 MiB),
// however little it has to write, and say nothing.
class Archive::BackgroundErrors final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    note(error_of(*status));
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* by_itself) override {
    *by_itself = false;
  }

  void note(Error error) {
    const std::scoped_lock lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  std::optional<Error> error() const {
    const std::scoped_lock lock(mutex_);
    return error_;
  }
  void clear() {
    const std::scoped_lock lock(mutex_);
    error_.reset();
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Error> error_;
};

Error error_of(const rocksdb::Status& status) {
  const std::string message = "archive: " + status.ToString();
  if (status.IsNoSpace()) return {ErrorCode::no_space, message};
  // A file that others of the archive name and that is not there will not come back by itself.
  const bool damaged = status.IsCorruption() || status.IsPathNotFound();
  if (damaged) return {ErrorCode::damaged, message};
  return {ErrorCode::io, message};
}

std::string encode(const Mark& mark) {
  return Key('P').add(mark.last).add(mark.block.low).add(mark.block.high).str().substr(1);
}

Mark decode_mark(std::string_view value) {
  Parts parts(value);
  const auto last = parts.take_id<Sequence>();
  const auto low = parts.take<std::uint64_t>();
  return {.last = last, .block = {.low = low, .high = parts.take<std::uint64_t>()}};
}

// ---- View ---------------------------------------------------------------------------------------

rocksdb::ReadOptions View::options() const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_;
  return options;
}

Result<std::optional<std::string>> View::get(std::string_view key) const {
  std::string value;
  const rocksdb::Status status = db_->Get(options(), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return fail(error_of(status));
  return std::optional(std::move(value));
}

// ---- Archive ------------------------------------------------------------------------------------

Result<std::unique_ptr<Archive>> Archive::open(const std::string& directory,
                                               std::uint16_t shard_count, int open_tables_max,
                                               const Errand& errand) {
  std::unique_ptr<rocksdb::Env> files = files_through(errand);
  rocksdb::Options options = options_for_archive(*files);
  options.max_open_files = open_tables_max;
  const auto errors = std::make_shared<BackgroundErrors>();
  options.listeners.push_back(errors);
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, directory, &db);
  if (!status.ok()) return fail(error_of(status));
  std::unique_ptr<Archive> archive(
      new Archive(std::move(files), std::unique_ptr<rocksdb::DB>(db), errors));
  if (Result<void> same = archive->check_meta(shard_count); !same) return fail(same.error());
  std::error_code ignored;
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, ignored);
  return archive;
}

Result<void> Archive::check_meta(std::uint16_t shard_count) {
  const auto found = view().get("V");
  if (!found) return fail(found.error());
  if (*found == meta(shard_count)) return {};
  if (*found) {
    return fail(ErrorCode::damaged,
                "archive: made by another version, or for another number of shards");
  }
  rocksdb::WriteBatch batch;
  batch.Put("V", meta(shard_count));
  return write(batch);
}

Result<std::vector<Mark>> Archive::read_marks(const std::string& directory,
                                              std::uint16_t shard_count) {
  std::error_code error;
  const bool exists = std::filesystem::exists(directory, error);
  if (error) return fail(ErrorCode::io, "archive: " + directory + ": " + error.message());
  std::vector<Mark> marks(shard_count);
  if (!exists) return marks;
  rocksdb::Options options;
  options.merge_operator = std::make_shared<AddFen>();
  options.info_log = std::make_shared<NoLog>();
  options.max_open_files = 16;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, directory, &db);
  if (!status.ok()) return fail(error_of(status));
  const Archive archive(nullptr, std::unique_ptr<rocksdb::DB>(db),
                        std::make_shared<BackgroundErrors>());
  const auto found = archive.view().get("V");
  if (!found) return fail(found.error());
  if (*found != meta(shard_count)) return marks;  // not of these journals, or not to be read
  for (std::uint16_t i = 0; i < shard_count; ++i) {
    const auto mark = archive.mark(ShardId(i));
    if (!mark) return fail(mark.error());
    marks[i] = *mark;
  }
  return marks;
}

Result<std::string> Archive::set_aside(const std::string& directory) {
  constexpr int names_max = 1'000;
  for (int i = 1; i <= names_max; ++i) {
    const std::string aside = directory + ".aside-" + std::to_string(i);
    if (::renameat2(AT_FDCWD, directory.c_str(), AT_FDCWD, aside.c_str(), RENAME_NOREPLACE) == 0) {
      return aside;
    }
    if (errno == ENOENT) return std::string();
    if (errno == EEXIST) continue;
    return fail(ErrorCode::io, "archive: cannot rename " + directory + " to " + aside + ": " +
                                   std::generic_category().message(errno));
  }
  return fail(ErrorCode::io, "archive: " + directory + " was set aside too often; remove some");
}

Result<void> Archive::destroy(const std::string& directory) {
  std::error_code error;
  std::filesystem::remove_all(directory, error);
  if (error)
    return fail(ErrorCode::io, "archive: cannot delete " + directory + ": " + error.message());
  return {};
}

Archive::Archive(std::unique_ptr<rocksdb::Env> files, std::unique_ptr<rocksdb::DB> db,
                 std::shared_ptr<BackgroundErrors> errors)
    : files_(std::move(files)), errors_(std::move(errors)), db_(std::move(db)) {}

Archive::~Archive() {
  // What is lost here is read from the journals once more.
  const Result<void> ignored = flush();
  static_cast<void>(ignored);
  db_->Close().PermitUncheckedError();
}

Result<Mark> Archive::mark(ShardId shard) const {
  const auto found = view().get(Key('P').add(shard));
  if (!found) return fail(found.error());
  return *found ? decode_mark(**found) : Mark();
}

Result<void> Archive::write(rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const rocksdb::Status status = db_->Write(options, &batch);
  if (!status.ok()) return fail(error_of(status));
  return {};
}

Result<void> Archive::flush() {
  const rocksdb::Status status = db_->Flush(rocksdb::FlushOptions());
  if (!status.ok()) return fail(error_of(status));
  return {};
}

Result<void> Archive::resume() {
  errors_->clear();
  const rocksdb::Status status = db_->Resume();
  if (status.ok()) return {};
  errors_->note(error_of(status));
  return fail(error_of(status));
}

std::optional<Error> Archive::background_error() const {
  return errors_->error();
}

std::uint64_t Archive::space_needed_bytes() const {
  constexpr std::uint64_t for_lists_of_tables = std::uint64_t{4} << 20;
  constexpr std::uint64_t merging_max = std::uint64_t{256} << 20;
  std::uint64_t unwritten = 0;
  std::uint64_t to_merge = 0;
  db_->GetIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &unwritten);
  db_->GetIntProperty(rocksdb::DB::Properties::kEstimatePendingCompactionBytes, &to_merge);
  return for_lists_of_tables + unwritten + std::min(to_merge, merging_max);
}

}  // namespace hb::archive
