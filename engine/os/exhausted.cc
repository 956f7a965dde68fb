#include "engine/os/exhausted.h"

#include <fmt/format.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iterator>
#include <new>
#include <system_error>

namespace hb {
namespace {

const char* log_name = "hongbao";

// A line as the log writes them, without the log, which allocates.
void write_critical(std::string_view what) {
  timeval now{};
  ::gettimeofday(&now, nullptr);
  tm local{};
  ::localtime_r(&now.tv_sec, &local);
  std::array<char, 1024> line{};
  const auto end =
      fmt::format_to_n(line.data(), line.size() - 1,
                       "[{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}] [{}] [critical] {}",
                       local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, local.tm_hour,
                       local.tm_min, local.tm_sec, now.tv_usec / 1000, log_name, what);
  *end.out = '\n';
  const auto bytes = static_cast<std::size_t>(end.out + 1 - line.data());
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), bytes);
}

[[noreturn]] void end_without_memory() {
  end_exhausted(
      "no memory: the system gives no more; stopping at once.  Free memory, or raise the limit "
      "(ulimit -v, MemoryMax=), then start again");
}

bool says_exhausted(const std::error_code& code) {
  constexpr std::array numbers = {EAGAIN, ENOMEM, EMFILE, ENFILE};
  return std::ranges::any_of(numbers, [&](int number) {
    return code == std::error_code(number, std::generic_category()) ||
           code == std::error_code(number, std::system_category());
  });
}

[[noreturn]] void end_on_exception() {
  if (std::current_exception() == nullptr) std::abort();
  try {
    throw;
  } catch (const std::bad_alloc&) {
    end_without_memory();
  } catch (const std::system_error& error) {
    if (says_exhausted(error.code())) {
      end_exhausted(fmt::format("the system gives no more threads, memory or descriptors ({}); "
                                "stopping at once.  Raise the limits (ulimit -u, -v, -n; TasksMax=, "
                                "MemoryMax=, LimitNOFILE=), then start again",
                                error.what()));
    }
    write_critical(error.what());
  } catch (const std::exception& error) {
    write_critical(error.what());
  } catch (...) {
    write_critical("an unknown exception");
  }
  std::abort();
}

}  // namespace

void end_exhausted(std::string_view what) {
  write_critical(what);
  ::_exit(exit_exhausted);
}

void end_when_exhausted(const char* program) {
  log_name = program;
  std::set_new_handler(end_without_memory);
  std::set_terminate(end_on_exception);
}

}  // namespace hb
