// Storage on a real disk: one directory of one shard.
//
// Threads of its own write synchronously to files opened O_DIRECT and O_DSYNC (write_queue.h); a
// small one that no other is on its way with, the calling thread makes itself (inline_writes.h).
// Where O_DIRECT is refused (tmpfs, overlayfs) writes go through the page cache, O_DSYNC still, and
// one line of the log says so.  New files are filled with zeros on a thread of their own, since a
// write into zeros that are already written is more than twice as fast as one into merely allocated
// space.
//
// Threads:    as Storage says.  Owns those that write and the one that makes files; all run in the
//             class and on the processors of the thread that opens it.
// Errors:     no_space for what has run out and may come back, as system_error() has it; in_use when
//             another process writes the file; else io.
// Memory:     256 KiB of zeros.
// Invariants: directory 0700, files 0600; a file is locked (flock) as long as writes to it can
// still
//             arrive, even those of a process that was killed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/port/storage.h"

namespace hb {

struct DiskStorageOptions {
  unsigned writer_threads = 4;  // writes at a time
  bool use_direct = true;       // false: the page-cache fall-back
  bool write_inline = true;     // false: start_write never waits for the disk
  bool read_only = false;       // for offline tools: the directory must exist; no threads
  // Where the line about a fall-back goes; nothing: spdlog::warn.
  std::function<void(const std::string&)> log{};
};

class DiskStorage : public Storage {
 public:
  // Becomes readable (an eventfd) when poll() has something to tell, while notifications are on.
  virtual int completion_fd() const = 0;

  // A busy owner that polls anyway switches notifications off and is spared the system calls.
  // Before it sleeps it switches them on and polls once more, since a completion may have slipped
  // in between.  Switching off also resets completion_fd().  On at first.
  virtual void set_notifications(bool on) = 0;
};

// Makes the directory if it is missing (its parent must exist).
Result<std::unique_ptr<DiskStorage>> open_disk_storage(const std::string& directory,
                                                       DiskStorageOptions options = {});

}  // namespace hb
