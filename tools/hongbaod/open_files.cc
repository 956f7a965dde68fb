#include "tools/hongbaod/open_files.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>

namespace hb {

namespace {

// A worker's own descriptors: its journal's segments, ring and directory, its loop's; and a few
// connections that are just being turned away.
constexpr rlim_t reserved_per_worker = 32;
constexpr rlim_t reserved = 32;  // the process's: log, lock, listener

}  // namespace

std::uint32_t connections_that_fit(std::uint32_t wanted, std::uint16_t workers) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return wanted;
  const rlim_t before = files.rlim_cur;
  files.rlim_cur = files.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) files.rlim_cur = before;
  const rlim_t kept = reserved + reserved_per_worker * workers;
  const rlim_t free = files.rlim_cur > kept ? files.rlim_cur - kept : 0;
  const rlim_t fitting = std::max<rlim_t>(free / workers, 1);
  if (fitting >= wanted) return wanted;
  spdlog::warn(
      "room for {} connections a worker instead of {}: this process may open {} files (ulimit -n)",
      fitting, wanted, files.rlim_cur);
  return static_cast<std::uint32_t>(fitting);
}

}  // namespace hb
