#include "engine/runtime/posix_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

namespace hb {

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Error system_error(const std::string& what, int error_number) {
  ErrorCode code = ErrorCode::io;
  for (const int passing : {ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM}) {
    if (error_number == passing) code = ErrorCode::no_space;
  }
  if (error_number == EWOULDBLOCK) code = ErrorCode::in_use;
  return {code, what + ": " + std::generic_category().message(error_number)};
}

tl::unexpected<Error> fail_system(const std::string& what, int error_number) {
  return fail(system_error(what, error_number));
}

Result<void> write_all(int fd, std::uint64_t offset, std::span<const std::byte> bytes,
                       const std::string& what) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_system(what, errno);
    if (n == 0) return fail(ErrorCode::io, what + ": nothing was written");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<std::size_t> read_all(int fd, std::uint64_t offset, std::span<std::byte> into,
                             const std::string& what) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t n =
        ::pread(fd, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_system(what, errno);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Result<void> lock_for_writing(int fd, const std::string& what) {
  constexpr int tries = 200;
  for (int i = 0; i < tries; ++i) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK && errno != EINTR) return fail_system(what, errno);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return fail(ErrorCode::in_use, what + ": another process writes this file");
}

}  // namespace hb
