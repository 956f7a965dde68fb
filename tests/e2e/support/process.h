// A program that a test runs: started by fork and exec, and never left behind.
//
// Its output goes to two files in a temporary directory of its own, so that nothing blocks however
// much it says.  The destructor kills it, and the kernel does if the test itself dies.
//
// Threads: start it from the test's main thread: it dies with the thread that started it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/support/patience.h"
#include "tests/e2e/support/temp_directory.h"

namespace hb::e2e {

struct ProcessLimits {
  // Limits on open files; nothing: the test's own.
  std::optional<unsigned> open_files_soft = std::nullopt;
  std::optional<unsigned> open_files_hard = std::nullopt;
  // Limit on address space; nothing: the test's own.
  std::optional<std::uint64_t> address_bytes = std::nullopt;
  // No file may grow beyond this; nothing: the test's own limit.
  std::optional<unsigned> file_bytes = std::nullopt;
};

class Process {
 public:
  // What wait() tells of a process that a signal ended, like a shell.
  static constexpr int killed_base = 128;

  // command[0] is the program's path.
  explicit Process(const std::vector<std::string>& command, ProcessLimits limits = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number) const;
  // The exit status, or 128 and the signal's number; nothing: it still runs.
  std::optional<int> wait(std::chrono::milliseconds at_most = patience);
  // SIGKILL, and gone when it returns.
  void kill();

  // What it has written so far.
  std::string output() const { return read_file(files_ / "out"); }
  std::string errors() const { return read_file(files_ / "err"); }
  // Memory that it holds, in bytes, as /proc tells (VmRSS); 0 when it is gone.
  std::size_t resident_bytes() const;

 private:
  TempDirectory files_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

// A program run to its end.
struct Finished {
  int status = -1;  // as Process::wait; -1: it did not end in time and was killed
  std::string output;
  std::string errors;
};

Finished run(const std::vector<std::string>& command);

}  // namespace hb::e2e
