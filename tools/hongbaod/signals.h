// The signals of the process: which stop it, and which must not.
//
//   SIGTERM, SIGINT   a clean stop; a second one of them ends the process at once
//   SIGHUP            a line in the log: settings are read at the start only
//   SIGQUIT           as by default: ends at once, with a core dump
//   others that would end a process by default (SIGUSR1, SIGALRM, real-time ones, ...): ignored,
//                     unless the process was started with a handler for them
//
// Threads: construct it in the main thread before the first other one, so that all block what it
//          waits for; wait_for_stop() in the main thread too.
#pragma once

#include <signal.h>

namespace hb {

class Signals {
 public:
  Signals();

  // Waits for SIGTERM or SIGINT, and returns which.  From then on another of them ends the process
  // at once, with a line on standard error, as by that signal (143 or 130 in a shell).
  int wait_for_stop();

 private:
  sigset_t waited_for_{};
};

}  // namespace hb
