#include "engine/runtime/disk_storage.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <set>
#include <utility>

#include "engine/base/aligned_buffer.h"
#include "engine/base/assert.h"
#include "engine/base/bytes.h"
#include "engine/runtime/completion_inbox.h"
#include "engine/runtime/directory_files.h"
#include "engine/runtime/file_maker.h"
#include "engine/runtime/inline_writes.h"
#include "engine/runtime/posix_file.h"
#include "engine/runtime/write_queue.h"

namespace hb {
namespace {

constexpr std::size_t piece_bytes = 256 << 10;
constexpr const char* probe_name = ".write-probe";

// Names come from the journal, never from outside; a path in one would be our bug.
std::string checked(std::string_view name) {
  HB_ASSERT(!name.empty() && name.find('/') == std::string_view::npos);
  return std::string(name);
}

class DirectoryDisk final : public DiskStorage {
 public:
  DirectoryDisk(std::string directory, Fd directory_fd, Fd event_fd, bool direct)
      : directory_(std::move(directory)),
        directory_fd_(std::move(directory_fd)),
        event_fd_(std::move(event_fd)),
        direct_(direct),
        inbox_(event_fd_.get()) {}
  ~DirectoryDisk() override;

  // What start_... needs; without it (read_only) only the blocking calls are there.
  void open_for_writing(const DiskStorageOptions& options);

  Result<std::vector<FileEntry>> list() override;
  Result<FileId> open(std::string_view name, OpenMode mode) override;
  void close(FileId file) override;
  Result<std::size_t> read(FileId file, std::uint64_t offset, std::span<std::byte> into) override;
  Result<void> cut(FileId file, std::uint64_t offset) override;
  Result<void> write_file(std::string_view name, std::span<const std::byte> content) override;
  Result<void> remove(std::string_view name) override;
  void start_create(std::string_view name, std::uint64_t bytes, std::uint64_t token) override;
  void start_write(FileId file, std::uint64_t offset, std::span<const std::byte> from,
                   std::uint64_t token) override;
  std::size_t poll(std::span<Completion> completions) override;

  int completion_fd() const override { return event_fd_.get(); }
  void set_notifications(bool on) override;

 private:
  // A FileId is the file descriptor's number.
  static int fd_of(FileId file) { return static_cast<int>(file.value); }
  FileId adopt(Fd fd);
  std::string path(std::string_view name) const { return directory_ + "/" + std::string(name); }
  void write_inline(const WriteJob& job);
  Result<std::size_t> read_direct(int fd, std::uint64_t offset, std::span<std::byte> into);

  const std::string directory_;
  const Fd directory_fd_;
  const Fd event_fd_;
  const bool direct_;
  CompletionInbox inbox_;
  std::optional<WriteQueue> writes_;
  std::optional<InlineWrites> inline_writes_;
  std::unique_ptr<FileMaker> maker_;
  std::mutex mutex_;
  std::set<int> open_;  // guarded by mutex_
};

// ---- start and stop -----------------------------------------------------------------------------

void DirectoryDisk::open_for_writing(const DiskStorageOptions& options) {
  writes_.emplace(options.writer_threads, inbox_);
  if (options.write_inline) inline_writes_.emplace();
  maker_ = std::make_unique<FileMaker>(
      directory_fd_.get(), directory_, direct_,
      [this](const std::string& name) { return open(name, OpenMode::read_write); }, inbox_);
}

// Writes have arrived and threads are gone before the files are closed.
DirectoryDisk::~DirectoryDisk() {
  maker_.reset();
  writes_.reset();
  for (const int fd : open_) ::close(fd);
}

// ---- blocking calls -----------------------------------------------------------------------------

Result<std::vector<FileEntry>> DirectoryDisk::list() {
  return list_files(directory_fd_.get(), directory_);
}

FileId DirectoryDisk::adopt(Fd fd) {
  const std::scoped_lock lock(mutex_);
  open_.insert(fd.get());
  return FileId(static_cast<std::uint32_t>(fd.release()));
}

Result<FileId> DirectoryDisk::open(std::string_view name, OpenMode mode) {
  const bool write = mode == OpenMode::read_write;
  const int access = (write ? O_RDWR | O_DSYNC : O_RDONLY) | O_CLOEXEC;
  const int past_cache = direct_ && mode != OpenMode::read ? O_DIRECT : 0;
  Fd fd(::openat(directory_fd_.get(), checked(name).c_str(), access | past_cache));
  if (!fd) return fail_system(path(name), errno);
  if (write) {
    if (auto locked = lock_for_writing(fd.get(), path(name)); !locked) {
      return fail(std::move(locked.error()));
    }
  } else {
    // Who reads along with a running journal asks in pieces.  Read-ahead would send megabytes to
    // the disk at once, and the journal's next write would wait behind them.
    ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_RANDOM);
  }
  return adopt(std::move(fd));
}

void DirectoryDisk::close(FileId file) {
  const std::scoped_lock lock(mutex_);
  const bool was_open = open_.erase(fd_of(file)) == 1;
  HB_ASSERT(was_open);
  ::close(fd_of(file));
}

Result<std::size_t> DirectoryDisk::read(FileId file, std::uint64_t offset,
                                        std::span<std::byte> into) {
  const int flags = ::fcntl(fd_of(file), F_GETFL);
  if (flags < 0) return fail_system(directory_, errno);
  if ((flags & O_DIRECT) != 0) return read_direct(fd_of(file), offset, into);
  return read_all(fd_of(file), offset, into, directory_);
}

// What is not aligned goes through an aligned piece.
Result<std::size_t> DirectoryDisk::read_direct(int fd, std::uint64_t offset,
                                               std::span<std::byte> into) {
  const auto address = reinterpret_cast<std::uintptr_t>(into.data());
  if ((address | offset | into.size()) % alignment_bytes == 0) {
    return read_all(fd, offset, into, directory_);
  }
  AlignedBuffer piece(piece_bytes);
  std::size_t done = 0;
  while (done < into.size()) {
    const std::uint64_t at = offset + done;
    const std::uint64_t from = at / alignment_bytes * alignment_bytes;
    const auto got = read_all(fd, from, piece.span(), directory_);
    if (!got) return fail(got.error());
    const std::size_t skip = at - from;
    if (*got <= skip) break;
    const std::size_t bytes = std::min(*got - skip, into.size() - done);
    std::copy_n(piece.data() + skip, bytes, into.data() + done);
    done += bytes;
  }
  return done;
}

Result<void> DirectoryDisk::cut(FileId file, std::uint64_t offset) {
  HB_ASSERT(offset % alignment_bytes == 0);
  AlignedBuffer found(piece_bytes);
  const AlignedBuffer zeros(piece_bytes);
  for (;;) {
    const auto got = read(file, offset, found.span());
    if (!got) return fail(got.error());
    if (*got == 0) break;
    if (!all_zero(found.span().first(*got))) {
      auto r = write_all(fd_of(file), offset, zeros.span().first(*got), directory_);
      if (!r) return r;
    }
    offset += *got;
  }
  if (::fdatasync(fd_of(file)) != 0) return fail_system(directory_, errno);
  return {};
}

Result<void> DirectoryDisk::write_file(std::string_view name, std::span<const std::byte> content) {
  return replace_file(directory_fd_.get(), directory_, checked(name), content);
}

Result<void> DirectoryDisk::remove(std::string_view name) {
  return remove_file(directory_fd_.get(), directory_, checked(name));
}

// ---- calls whose end poll() tells ---------------------------------------------------------------

void DirectoryDisk::start_create(std::string_view name, std::uint64_t bytes, std::uint64_t token) {
  HB_ASSERT(maker_ != nullptr);
  maker_->start(checked(name), bytes, token);
}

void DirectoryDisk::start_write(FileId file, std::uint64_t offset, std::span<const std::byte> from,
                                std::uint64_t token) {
  HB_ASSERT(writes_.has_value());
  HB_ASSERT(offset % alignment_bytes == 0 && from.size() % alignment_bytes == 0);
  const WriteJob job{.fd = fd_of(file), .offset = offset, .bytes = from, .token = token};
  const bool may = inline_writes_ && writes_->idle() &&
                   inline_writes_->may(from.size(), InlineWrites::Clock::now());
  may ? write_inline(job) : writes_->start(job);
}

// It is told like one that another thread made, lest who is about to sleep miss it.
void DirectoryDisk::write_inline(const WriteJob& job) {
  const InlineWrites::Clock::time_point start = InlineWrites::Clock::now();
  Completion completion = write_now(job);
  inline_writes_->made(start, InlineWrites::Clock::now());
  inbox_.put(std::move(completion));
}

std::size_t DirectoryDisk::poll(std::span<Completion> completions) {
  return inbox_.take(completions);
}

void DirectoryDisk::set_notifications(bool on) {
  inbox_.set_notifications(on);
}

// ---- opening ------------------------------------------------------------------------------------

// Writes a page in a file of its own, so that a directory that cannot be written to, or not with
// O_DIRECT, is known at the start.
Result<void> probe_write(int directory_fd, const std::string& directory, bool direct) {
  const std::string what = directory + "/" + probe_name;
  const int flags = O_CREAT | O_TRUNC | O_RDWR | O_DSYNC | O_CLOEXEC | (direct ? O_DIRECT : 0);
  const Fd fd(::openat(directory_fd, probe_name, flags, 0600));
  const int open_error = errno;
  const AlignedBuffer page(Storage::alignment_bytes);
  Result<void> result =
      fd ? write_all(fd.get(), 0, page.span(), what) : fail_system(what, open_error);
  ::unlinkat(directory_fd, probe_name, 0);
  return result;
}

Result<Fd> open_directory(const std::string& directory, bool read_only) {
  if (!read_only && ::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_system(directory, errno);
  }
  Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_system(directory, errno);
  return fd;
}

// Whether to write with O_DIRECT; an error when the directory takes no writes at all.
Result<bool> choose_direct(int directory_fd, const std::string& directory,
                           const DiskStorageOptions& options) {
  std::string refusal;
  if (options.use_direct) {
    auto direct = probe_write(directory_fd, directory, true);
    if (direct) return true;
    refusal = direct.error().message;
  }
  auto buffered = probe_write(directory_fd, directory, false);
  // A full disk still lets the journal be read, and tells again when a segment is made.
  if (!buffered && buffered.error().code != ErrorCode::no_space) {
    return fail(std::move(buffered.error()));
  }
  if (!buffered) return options.use_direct;
  if (options.use_direct) {
    options.log(refusal +
                ": O_DIRECT is refused, the journal is written through the page cache (slower)");
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<DiskStorage>> open_disk_storage(const std::string& directory,
                                                       DiskStorageOptions options) {
  if (!options.log) options.log = [](const std::string& line) { spdlog::warn("{}", line); };
  auto directory_fd = open_directory(directory, options.read_only);
  if (!directory_fd) return fail(std::move(directory_fd.error()));
  auto event_fd = CompletionInbox::make_event_fd();
  if (!event_fd) return fail(std::move(event_fd.error()));
  bool direct = false;
  if (!options.read_only) {
    const auto chosen = choose_direct(directory_fd->get(), directory, options);
    if (!chosen) return fail(chosen.error());
    direct = *chosen;
    // A crash may have come between giving a file its name and making the name durable.
    auto synced = sync_directory(directory_fd->get(), directory);
    if (!synced) return fail(std::move(synced.error()));
  }
  auto disk = std::make_unique<DirectoryDisk>(directory, std::move(*directory_fd),
                                              std::move(*event_fd), direct);
  if (!options.read_only) disk->open_for_writing(options);
  return std::unique_ptr<DiskStorage>(std::move(disk));
}

}  // namespace hb
