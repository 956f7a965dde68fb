#include "engine/runtime/file_maker.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "engine/os/thread.h"
#include "engine/runtime/directory_files.h"
#include "engine/runtime/posix_file.h"

namespace hb {
namespace {

constexpr std::size_t piece_bytes = 256 << 10;

}  // namespace

FileMaker::FileMaker(int directory_fd, std::string directory, bool direct, Adopt adopt,
                     CompletionInbox& inbox)
    : directory_fd_(directory_fd),
      directory_(std::move(directory)),
      direct_(direct),
      adopt_(std::move(adopt)),
      inbox_(inbox),
      zeros_(piece_bytes),
      thread_(start_thread("file maker", [this] { run(); })) {}

FileMaker::~FileMaker() {
  jobs_.abandon();
  thread_.join();
}

void FileMaker::start(std::string name, std::uint64_t bytes, std::uint64_t token) {
  jobs_.put({std::move(name), bytes, token});
}

void FileMaker::run() {
  while (const std::optional<Job> job = jobs_.next()) {
    Completion completion{.token = job->token, .error = std::nullopt, .file = {}};
    auto made = make(*job);
    if (made) {
      completion.file = *made;
    } else {
      completion.error = std::move(made.error());
    }
    inbox_.put(std::move(completion));
  }
}

Result<FileId> FileMaker::make(const Job& job) {
  const std::string unfinished = job.name + ".new";
  if (auto filled = fill(job, unfinished); !filled) {
    ::unlinkat(directory_fd_, unfinished.c_str(), 0);
    return fail(std::move(filled.error()));
  }
  // Opened before it has its name: what fails until then leaves nothing, and can be tried again.
  auto adopted = adopt_(unfinished);
  if (!adopted) {
    ::unlinkat(directory_fd_, unfinished.c_str(), 0);
    return adopted;
  }
  if (auto named = give_name(directory_fd_, directory_, unfinished, job.name); !named) {
    ::unlinkat(directory_fd_, unfinished.c_str(), 0);
    return fail(std::move(named.error()));
  }
  return adopted;
}

Result<void> FileMaker::fill(const Job& job, const std::string& unfinished) {
  const std::string what = directory_ + "/" + unfinished;
  const int direct_flag = direct_ && job.bytes % AlignedBuffer::alignment_bytes == 0 ? O_DIRECT : 0;
  const Fd fd(::openat(directory_fd_, unfinished.c_str(),
                       O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | direct_flag, 0600));
  if (!fd) return fail_system(what, errno);
  if (auto reserved = reserve(fd.get(), job); !reserved) return reserved;
  for (std::uint64_t at = 0; at < job.bytes; at += piece_bytes) {
    if (jobs_.closed()) return fail(ErrorCode::io, what + ": given up, the storage is closing");
    const std::size_t bytes = std::min<std::uint64_t>(piece_bytes, job.bytes - at);
    if (auto r = write_all(fd.get(), at, zeros_.span().first(bytes), what); !r) return r;
  }
  if (::fsync(fd.get()) != 0) return fail_system(what, errno);
  return {};
}

// Asks for all the space at once, so that a full disk is known before the first byte is written.
// Where the file system cannot reserve, the writes themselves will tell.
Result<void> FileMaker::reserve(int fd, const Job& job) {
  struct statvfs disk {};
  const bool known = ::fstatvfs(fd, &disk) == 0;
  if (known && disk.f_blocks > 0 && job.bytes / disk.f_frsize >= disk.f_bavail) {
    return fail(ErrorCode::no_space, directory_ + "/" + job.name + ": " +
                                         std::to_string(job.bytes) + " bytes are needed, " +
                                         std::to_string(disk.f_bavail * disk.f_frsize) +
                                         " are free");
  }
  if (::fallocate(fd, 0, 0, static_cast<off_t>(job.bytes)) == 0) return {};
  if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR) return {};
  return fail_system(directory_ + "/" + job.name, errno);
}

}  // namespace hb
