// File descriptors that close themselves, and system errors as ours.
//
// Threads: any; blocking.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "engine/base/result.h"

namespace hb {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// no_space for what has run out and may be there again (space on the disk, and as well descriptors
// and the kernel's memory: ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM), in_use for a lock held elsewhere, otherwise io; the message is
// "what: the system's text".
Error system_error(const std::string& what, int error_number);
tl::unexpected<Error> fail_system(const std::string& what, int error_number);

// All bytes, or an error; `what` is for its message.
Result<void> write_all(int fd, std::uint64_t offset, std::span<const std::byte> bytes,
                       const std::string& what);
// Bytes read; fewer than asked only at the end of the file.
Result<std::size_t> read_all(int fd, std::uint64_t offset, std::span<std::byte> into,
                             const std::string& what);

// Takes the file's lock for writing.  A process that was just killed may still have writes on their
// way, and holds the lock until they have arrived: waits up to two seconds, then in_use.
Result<void> lock_for_writing(int fd, const std::string& what);

}  // namespace hb
