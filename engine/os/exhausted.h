// The end of a process that the system gives too little memory, or too few threads or descriptors.
//
// Such a failure can come at any line, and nothing that goes on without is worth the risk: the
// process ends with one line in the log and exit status 3.  That is as safe as a crash: what was
// acknowledged is on disk, and the next start reads it.
//
// Threads: any.
// Memory:  none is allocated.
#pragma once

#include <string_view>

namespace hb {

inline constexpr int exit_exhausted = 3;

// Writes `what` to standard error, as a line of the log, and ends the process at once: nothing is
// destroyed, nothing flushed.
[[noreturn]] void end_exhausted(std::string_view what);

// From now on the whole process ends this way when operator new fails, and when an exception that
// says so is not caught.  Any other exception that is not caught is a bug: it is logged and the
// process aborts.  `program` must outlive the process; it names the log's lines.
void end_when_exhausted(const char* program);

}  // namespace hb
