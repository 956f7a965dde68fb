// The world's disk, as a journal sees it: one directory of one shard.
//
// Two kinds of calls.  The blocking ones serve start, recovery, sealing and the offline tools.  The
// start_... ones say what shall happen, and poll() tells later that it has.  They do not wait for
// it, but that start_write may make a small write at once where that is quicker than handing it on;
// poll() tells of that one too.
//
// Threads:    one thread calls start_... and poll(); blocking calls may come from any thread, on
//             files that the start_... calls do not use at that time.
// Errors:     a failed write is never retried here and never hidden: after it nothing is known of
//             the bytes it was to write.  no_space is told apart from io, since it passes.
// Invariants: a write reported done has reached the device (as O_DSYNC means it); writes of one
//             file may reach the device in any order before they are done; a file that is being
//             created does not bear its name until it is whole, and then it reads as zeros, at its
//             full size, and name and bytes survive a crash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"

namespace hb {

using FileId = StrongId<struct FileTag, std::uint32_t>;

// read_once is for a file that is read from one end to the other and then not again: none of it
// need stay in the system's cache.
enum class OpenMode : std::uint8_t { read, read_once, read_write };

struct FileEntry {
  std::string name;
  std::uint64_t bytes = 0;
};

// What poll() tells of a start_... call: by its token, and with the new file for a creation.
struct Completion {
  std::uint64_t token = 0;
  std::optional<Error> error;
  FileId file;
};

class Storage {
 public:
  // Memory handed to start_write, and its offset and size, are multiples of this.
  static constexpr std::size_t alignment_bytes = 4096;

  virtual ~Storage() = default;

  // The directory's files, sorted by name: all of them, or an error.
  virtual Result<std::vector<FileEntry>> list() = 0;
  virtual Result<FileId> open(std::string_view name, OpenMode mode) = 0;
  virtual void close(FileId file) = 0;
  // Bytes read; fewer than asked only at the end of the file.
  virtual Result<std::size_t> read(FileId file, std::uint64_t offset,
                                   std::span<std::byte> into) = 0;
  // Makes everything from `offset` to the end of the file zeros, and all that can be read of the
  // file durable (bytes that a killed process wrote may not be yet); the size stays.
  // `offset` is a multiple of alignment_bytes.
  virtual Result<void> cut(FileId file, std::uint64_t offset) = 0;
  // Replaces or makes a small file in one step that survives a crash: old content or new, whole.
  virtual Result<void> write_file(std::string_view name, std::span<const std::byte> content) = 0;
  virtual Result<void> remove(std::string_view name) = 0;

  // A new file of `bytes` zeros, opened read_write.  An existing file of that name is an error and
  // is left as it is.
  virtual void start_create(std::string_view name, std::uint64_t bytes, std::uint64_t token) = 0;
  // A durable write.  `from` stays untouched by the caller until the completion is polled.
  virtual void start_write(FileId file, std::uint64_t offset, std::span<const std::byte> from,
                           std::uint64_t token) = 0;
  // Fills in what has completed since the last call, in any order; returns how many.
  virtual std::size_t poll(std::span<Completion> completions) = 0;
};

}  // namespace hb
