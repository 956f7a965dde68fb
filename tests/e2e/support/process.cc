#include "tests/e2e/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "engine/base/assert.h"

namespace hb::e2e {
namespace {

// ---- in the child, between fork and exec: system calls only -------------------------------------

constexpr int cannot_start = 127;

void require(bool done) {
  if (!done) ::_exit(cannot_start);
}

void die_with(pid_t parent) {
  require(::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
  require(::getppid() == parent);
}

void redirect(int fd, const char* file) {
  const int to = ::open(file, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  require(to >= 0 && ::dup2(to, fd) == fd);
}

void limit_open_files(const ProcessLimits& limits) {
  rlimit limit{};
  require(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_max = limits.open_files_hard.value_or(limit.rlim_max);
  limit.rlim_cur =
      std::min<rlim_t>(limits.open_files_soft.value_or(limit.rlim_cur), limit.rlim_max);
  require(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

void limit_file_bytes(const ProcessLimits& limits) {
  if (!limits.file_bytes) return;
  const rlimit limit{.rlim_cur = *limits.file_bytes, .rlim_max = *limits.file_bytes};
  require(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

void limit_address_space(const ProcessLimits& limits) {
  if (!limits.address_bytes) return;
  const rlimit limit{.rlim_cur = *limits.address_bytes, .rlim_max = *limits.address_bytes};
  require(::setrlimit(RLIMIT_AS, &limit) == 0);
}

[[noreturn]] void become(char* const* argv, const ProcessLimits& limits, pid_t parent,
                         const char* out, const char* err) {
  die_with(parent);
  redirect(STDOUT_FILENO, out);
  redirect(STDERR_FILENO, err);
  limit_open_files(limits);
  limit_file_bytes(limits);
  limit_address_space(limits);
  ::execv(argv[0], argv);
  ::_exit(cannot_start);
}

int status_of(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                                : Process::killed_base + WTERMSIG(wait_status);
}

}  // namespace

Process::Process(const std::vector<std::string>& command, ProcessLimits limits) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const std::string out = files_ / "out";
  const std::string err = files_ / "err";
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  HB_ASSERT(pid_ >= 0);
  if (pid_ == 0) become(argv.data(), limits, parent, out.c_str(), err.c_str());
}

Process::~Process() {
  kill();
}

bool Process::running() {
  if (status_) return false;
  int wait_status = 0;
  if (::waitpid(pid_, &wait_status, WNOHANG) != pid_) return true;
  status_ = status_of(wait_status);
  return false;
}

void Process::signal(int number) const {
  HB_ASSERT(!status_ && ::kill(pid_, number) == 0);
}

std::optional<int> Process::wait(std::chrono::milliseconds at_most) {
  eventually([this] { return !running(); }, at_most);
  return status_;
}

void Process::kill() {
  if (!running()) return;
  signal(SIGKILL);
  int wait_status = 0;
  HB_ASSERT(::waitpid(pid_, &wait_status, 0) == pid_);
  status_ = status_of(wait_status);
}

std::size_t Process::resident_bytes() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib * 1024;
  }
  return 0;
}

Finished run(const std::vector<std::string>& command) {
  Process process(command);
  const std::optional<int> status = process.wait();
  if (!status) process.kill();
  return {status.value_or(-1), process.output(), process.errors()};
}

}  // namespace hb::e2e
