#include "tools/hongbao/load/own_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

namespace hb::load {

namespace {

constexpr std::chrono::seconds ready_wait{30};
constexpr std::string_view address_comes_after = "listening on ";
constexpr std::size_t log_bytes_shown = 2'000;

Error system_error(const std::string& what) {
  return {ErrorCode::io, what + ": " + std::generic_category().message(errno)};
}

struct Pipe {
  int read = -1;
  int write = -1;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(system_error("pipe"));
  return Pipe{ends[0], ends[1]};
}

std::optional<Endpoint> address_in(std::string_view line) {
  const std::size_t at = line.find(address_comes_after);
  if (at == line.npos) return std::nullopt;
  line.remove_prefix(at + address_comes_after.size());
  return parse_endpoint(line.substr(0, line.find(',')));
}

// ---- in the guardian ----------------------------------------------------------------------------

[[noreturn]] void become_server(const std::string& program, const std::string& directory,
                                int output) {
  // The server does not outlive a guardian that is killed.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  const std::string data = directory + "/data";
  const std::string log = directory + "/log";
  const int log_file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (log_file < 0 || ::dup2(output, STDOUT_FILENO) < 0 || ::dup2(log_file, STDERR_FILENO) < 0) {
    ::_exit(127);
  }
  ::execl(program.c_str(), "hongbaod", "--listen", "127.0.0.1:0", "--data", data.c_str(), nullptr);
  ::_exit(127);
}

void await_end_of(int lifeline) {
  std::array<char, 16> bytes;
  for (;;) {
    const ssize_t n = ::read(lifeline, bytes.data(), bytes.size());
    if (n == 0 || (n < 0 && errno != EINTR)) return;
  }
}

[[noreturn]] void guard(const std::string& program, const std::string& directory, int lifeline,
                        int output) {
  // Out of the terminal's foreground group: Ctrl-C is for the load, which then ends.
  ::setpgid(0, 0);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, SIG_IGN);
  const pid_t server = ::fork();
  if (server == 0) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, SIG_DFL);
    become_server(program, directory, output);
  }
  ::close(output);
  await_end_of(lifeline);
  if (server > 0) {
    ::kill(server, SIGTERM);
    ::waitpid(server, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  ::_exit(0);
}

}  // namespace

std::string program_beside() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / "hongbaod").string();
}

Result<std::unique_ptr<OwnServer>> OwnServer::start(const std::string& program) {
  if (::access(program.c_str(), X_OK) != 0) {
    return fail(ErrorCode::io, program +
                                   " is not there to start a throw-away server; name a running "
                                   "server with --server ADDR:PORT");
  }
  std::error_code error;
  std::string directory =
      (std::filesystem::temp_directory_path(error) / "hongbao-load-XXXXXX").string();
  if (error) directory = "/tmp/hongbao-load-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return fail(system_error(directory));
  std::unique_ptr<OwnServer> own(new OwnServer);
  own->directory_ = directory;
  const auto lifeline = make_pipe();
  const auto ready = make_pipe();
  if (!lifeline) return fail(lifeline.error());
  if (!ready) return fail(ready.error());
  own->guardian_ = ::fork();
  if (own->guardian_ == 0) {
    ::close(lifeline->write);
    ::close(ready->read);
    guard(program, directory, lifeline->read, ready->write);
  }
  ::close(lifeline->read);
  ::close(ready->write);
  own->lifeline_ = lifeline->write;
  own->ready_ = ready->read;
  if (own->guardian_ < 0) return fail(system_error("fork"));
  if (auto awaited = own->await_ready(); !awaited) return fail(awaited.error());
  return own;
}

OwnServer::~OwnServer() {
  if (lifeline_ >= 0) ::close(lifeline_);
  if (ready_ >= 0) ::close(ready_);
  if (guardian_ > 0) {
    ::waitpid(guardian_, nullptr, 0);
  } else {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
}

Result<void> OwnServer::await_ready() {
  const auto until = std::chrono::steady_clock::now() + ready_wait;
  std::string said;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd waiting{.fd = ready_, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) == 0) {
      return fail(not_started());
    }
    std::array<char, 1'024> bytes;
    const ssize_t n = ::read(ready_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(not_started());
    said.append(bytes.data(), static_cast<std::size_t>(n));
    if (said.find('\n') == said.npos) continue;
    const auto address = address_in(said);
    if (!address) return fail(not_started());
    address_ = *address;
    return {};
  }
}

Error OwnServer::not_started() const {
  std::ifstream file(directory_ + "/log");
  std::string log{std::istreambuf_iterator<char>(file), {}};
  if (log.size() > log_bytes_shown) log.erase(0, log.size() - log_bytes_shown);
  return {ErrorCode::io, "the throw-away server did not start" + (log.empty() ? "" : ": " + log)};
}

}  // namespace hb::load
