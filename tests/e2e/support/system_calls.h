// The system calls of a program, as strace sees them; and system calls that fail when strace says so.
//
//   Trace trace({"-e", "trace=openat,fsync"});
//   ServerProcess server({.data = data, .prefix = trace.prefix()});
//   ... start, use, stop ...
//   for (const SystemCall& call : trace.calls()) ...
//
// strace runs beside the program (-D), so the program keeps its process number and its signals.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/e2e/support/temp_directory.h"

namespace hb::e2e {

struct SystemCall {
  std::string thread{};
  std::string name{};
  std::string arguments{};  // file descriptors with their paths: 5</data/META>
  std::string result{};     // "0", "5</data/META>", "-1 EIO (Input/output error)"
  bool injected = false;
  // Lines of the trace: one call ended before another began when its end is less than the other's
  // begin.
  std::size_t begin = 0;
  std::size_t end = 0;

  bool failed() const { return result.starts_with("-1"); }
  // The paths that it names or that its descriptors stand for, in the order of its arguments; a
  // relative one is completed with the directory's before it.
  std::vector<std::string> paths() const;
  bool has_flag(const std::string& flag) const { return arguments.find(flag) != std::string::npos; }
};

// Why no system call can be traced here; empty: they can.
std::string why_untraceable();

class Trace {
 public:
  // More words for strace's command line.
  explicit Trace(std::vector<std::string> options) : options_(std::move(options)) {}

  // The words in front of a program's command.
  std::vector<std::string> prefix() const;
  // Waits for the program's end to be written, then reads the trace.
  std::vector<SystemCall> calls() const;
  // Whether a call was made to fail so far.
  bool injected() const;

 private:
  TempDirectory directory_;
  std::vector<std::string> options_;
};

}  // namespace hb::e2e
