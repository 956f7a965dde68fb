#include "tools/hongbaod/open_files.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

namespace hb {

namespace {

// A worker's own descriptors: its journal's segments and directory, its loop's; and a few
// connections that are just being turned away.
constexpr std::uint64_t reserved_per_worker = 32;
constexpr std::uint64_t reserved = 32;        // the process's: log, lock, listener
constexpr std::uint64_t connections_min = 4;  // of a worker
constexpr std::uint64_t archive_tables_min = 16;
constexpr std::uint64_t archive_tables_max = 256;
constexpr std::uint64_t archive_others = 16;  // its logs, its directory, a table being written

}  // namespace

Result<OpenFiles> share_open_files(std::uint64_t limit, std::uint32_t connections_wanted,
                                   std::uint16_t workers, bool archive_enabled) {
  const std::uint64_t own =
      reserved + reserved_per_worker * workers + (archive_enabled ? archive_others : 0);
  const std::uint64_t needed =
      own + connections_min * workers + (archive_enabled ? archive_tables_min : 0);
  if (limit < needed) {
    return fail(
        ErrorCode::io,
        fmt::format("this process may open {} files, but needs at least {} with workers = {}; "
                    "raise the limit (ulimit -Hn, LimitNOFILE=)",
                    limit, needed, workers));
  }
  OpenFiles share;
  std::uint64_t left = limit - own;
  if (archive_enabled) {
    const std::uint64_t tables = std::clamp(left / 4, archive_tables_min, archive_tables_max);
    share.archive = static_cast<int>(tables);
    left -= tables;
  }
  share.connections =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(connections_wanted, left / workers));
  return share;
}

std::uint64_t raise_open_files_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
  const rlim_t before = files.rlim_cur;
  files.rlim_cur = files.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_cur : before;
}

}  // namespace hb
