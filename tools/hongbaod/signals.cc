#include "tools/hongbaod/signals.h"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <string_view>

namespace hb {

namespace {

constexpr int stopping[] = {SIGTERM, SIGINT};

// Without need: nothing in this process raises them to itself.
constexpr int harmless[] = {
    SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGSTKFLT,
    SIGIO,   SIGPWR,  SIGPIPE, SIGXFSZ};  // a write beyond the limit fails instead, and says why

void ignore_unless_handled(int number) {
  struct sigaction action {};
  if (::sigaction(number, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return;
  ::signal(number, SIG_IGN);
}

// Calls nothing that a signal handler must not call.  The signal is blocked until this returns, and
// ends the process then.
void end_at_once(int number) {
  static constexpr std::string_view text =
      "hongbaod: a second signal to stop: ending at once; what was acknowledged is in the "
      "journal\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  ::signal(number, SIG_DFL);
  ::raise(number);
}

}  // namespace

Signals::Signals() {
  for (const int number : harmless) ignore_unless_handled(number);
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) ignore_unless_handled(number);
  ::sigemptyset(&waited_for_);
  ::sigaddset(&waited_for_, SIGHUP);
  for (const int number : stopping) ::sigaddset(&waited_for_, number);
  ::pthread_sigmask(SIG_BLOCK, &waited_for_, nullptr);
}

int Signals::wait_for_stop() {
  int number = 0;
  while (true) {
    ::sigwait(&waited_for_, &number);
    if (number != SIGHUP) break;
    spdlog::warn("SIGHUP: settings are read at the start only; restart to apply changed ones");
  }
  // In this thread alone: the others must not be interrupted in what they finish.
  sigset_t again;
  ::sigemptyset(&again);
  for (const int stop : stopping) {
    ::signal(stop, end_at_once);
    ::sigaddset(&again, stop);
  }
  ::pthread_sigmask(SIG_UNBLOCK, &again, nullptr);
  return number;
}

}  // namespace hb
