#include "bench/limits/disk_write.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bench/descriptor.h"
#include "engine/base/aligned_buffer.h"
#include "tools/hongbao/load/generator.h"

namespace hb::bench {

namespace {

using load::now_ns;

constexpr std::size_t write_bytes = 4'096;
constexpr std::uint32_t places_max = 16'384;  // 64 MiB, then from the start again

tl::unexpected<Error> system_failure(const std::string& what) {
  return fail(ErrorCode::io, what + ": " + strerror(errno));
}

Result<void> fill(int fd, std::uint32_t places, const AlignedBuffer& zeros) {
  for (std::uint32_t i = 0; i < places; ++i) {
    const auto offset = static_cast<off_t>(i * write_bytes);
    if (pwrite(fd, zeros.data(), write_bytes, offset) != static_cast<ssize_t>(write_bytes)) {
      return system_failure("filling a file");
    }
  }
  if (fsync(fd) != 0) return system_failure("syncing a file");
  return {};
}

Result<void> write_and_time(int fd, std::uint32_t places, std::uint32_t writes, AlignedBuffer& page,
                            load::LatencyHistogram& latency) {
  for (std::uint32_t i = 0; i < writes; ++i) {
    std::memset(page.data(), static_cast<int>(i % 255) + 1, write_bytes);
    const auto offset = static_cast<off_t>(i % places * write_bytes);
    const std::int64_t start = now_ns();
    if (pwrite(fd, page.data(), write_bytes, offset) != static_cast<ssize_t>(write_bytes)) {
      return system_failure("writing");
    }
    latency.add(now_ns() - start, 1);
  }
  return {};
}

}  // namespace

Result<DiskWriteFigures> disk_writes(const std::string& directory, std::uint32_t writes) {
  const auto open_unnamed = [&](int flags) {
    return Descriptor(open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | flags, 0600));
  };
  DiskWriteFigures figures;
  Descriptor file = open_unnamed(O_DIRECT);
  if (!file && errno == EINVAL) {
    figures.direct = false;
    file = open_unnamed(0);
  }
  if (!file) return system_failure("a file without a name in " + directory);

  AlignedBuffer page(write_bytes);
  const std::uint32_t places = std::min(writes, places_max);
  if (auto filled = fill(file.get(), places, page); !filled) return fail(filled.error());
  // O_DSYNC cannot be set on a file that is open, so it is opened once more.
  const std::string again = "/proc/self/fd/" + std::to_string(file.get());
  const int flags = O_RDWR | O_CLOEXEC | O_DSYNC | (figures.direct ? O_DIRECT : 0);
  const Descriptor synced(open(again.c_str(), flags));
  if (!synced) return system_failure("opening a file anew");
  auto written = write_and_time(synced.get(), places, writes, page, figures.latency);
  if (!written) return fail(written.error());
  return figures;
}

}  // namespace hb::bench
