#include "engine/runtime/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "engine/base/limits.h"

namespace hb {

namespace {

constexpr int format = 1;

tl::unexpected<Error> system_failure(const std::string& what, int error_number) {
  const ErrorCode code = error_number == ENOSPC ? ErrorCode::no_space : ErrorCode::io;
  return fail(code, fmt::format("{}: {}", what, std::strerror(error_number)));
}

std::string meta_path(const std::string& path) {
  return path + "/META";
}

Result<std::uint16_t> read_meta(const std::string& path) {
  std::ifstream file(meta_path(path));
  if (!file) return system_failure("cannot read " + meta_path(path), errno);
  std::stringstream text;
  text << file.rdbuf();
  const nlohmann::json meta = nlohmann::json::parse(text.str(), nullptr, false);
  if (!meta.is_object() || !meta.value("format", nlohmann::json()).is_number_integer() ||
      !meta.value("shards", nlohmann::json()).is_number_integer()) {
    return fail(ErrorCode::damaged,
                meta_path(path) + " is not what was written there; restore it from a backup");
  }
  const auto found_format = meta["format"].get<std::int64_t>();
  if (found_format > format) {
    return fail(ErrorCode::newer_format,
                fmt::format("{} has format {}, written by a newer version; this version reads up "
                            "to format {}: start the newer version",
                            path, found_format, format));
  }
  const auto shards = meta["shards"].get<std::int64_t>();
  if (shards < 1 || shards > limits::shards_max) {
    return fail(ErrorCode::damaged, fmt::format("{}: {} shards", meta_path(path), shards));
  }
  return static_cast<std::uint16_t>(shards);
}

// New content under a temporary name, durable, then renamed: there or not, never half.
Result<void> write_meta(const std::string& path, std::uint16_t shard_count) {
  const std::string temporary = meta_path(path) + ".new";
  const std::string text =
      nlohmann::json{{"format", format}, {"shards", shard_count}}.dump() + "\n";
  const int fd = ::open(temporary.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return system_failure("cannot write " + temporary, errno);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  const int error_number = errno;
  ::close(fd);
  if (!written) return system_failure("cannot write " + temporary, error_number);
  if (::rename(temporary.c_str(), meta_path(path).c_str()) != 0) {
    return system_failure("cannot rename " + temporary, errno);
  }
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return system_failure("cannot open " + path, errno);
  const bool synced = ::fsync(directory) == 0;
  const int sync_error = errno;
  ::close(directory);
  if (!synced) return system_failure("cannot sync " + path, sync_error);
  return {};
}

Result<int> lock(const std::string& path) {
  const std::string name = path + "/LOCK";
  const int fd = ::open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) {
    return system_failure(
        fmt::format("data directory {} is not writable: cannot open {}", path, name), errno);
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = {};
    [[maybe_unused]] const ssize_t n = ::read(fd, holder, sizeof holder - 1);
    ::close(fd);
    holder[std::strcspn(holder, "\n")] = '\0';
    return fail(ErrorCode::in_use,
                fmt::format("data directory {} is in use by process {}; stop that process, or "
                            "choose another directory with --data",
                            path, holder[0] == '\0' ? "(unknown)" : holder));
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0 ||
      ::write(fd, pid.data(), pid.size()) != static_cast<ssize_t>(pid.size())) {
    const int error_number = errno;
    ::close(fd);
    return system_failure("cannot write " + name, error_number);
  }
  return fd;
}

}  // namespace

Result<DataDirectory> DataDirectory::open(const std::string& path, std::uint16_t shard_count) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_failure("cannot make data directory " + path, errno);
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return system_failure("cannot look at " + path, errno);
  if (!S_ISDIR(info.st_mode)) return fail(ErrorCode::io, path + " is not a directory");

  Result<int> fd = lock(path);
  if (!fd) return fail(std::move(fd.error()));
  DataDirectory directory(path, *fd);

  if (::access(meta_path(path).c_str(), F_OK) != 0) {
    // A new directory.  Journals without META would be somebody's data.
    if (std::filesystem::exists(shard_path(path, ShardId{0}))) {
      return fail(ErrorCode::damaged,
                  path + " holds journals but no META; restore META from a backup");
    }
    if (Result<void> written = write_meta(path, shard_count); !written) {
      return fail(std::move(written.error()));
    }
    return directory;
  }
  Result<std::uint16_t> found = read_meta(path);
  if (!found) return fail(std::move(found.error()));
  if (*found != shard_count) {
    return fail(ErrorCode::invalid,
                fmt::format("data directory {} holds {} shard(s), but {} were asked for; start "
                            "with --workers {}",
                            path, *found, shard_count, *found));
  }
  return directory;
}

Result<std::uint16_t> DataDirectory::shard_count_of(const std::string& path) {
  return read_meta(path);
}

bool DataDirectory::in_use(const std::string& path) {
  const int fd = ::open((path + "/LOCK").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool free = ::flock(fd, LOCK_SH | LOCK_NB) == 0;
  ::close(fd);
  return !free;
}

std::string DataDirectory::archive_path(const std::string& path) {
  return path + "/archive";
}

std::string DataDirectory::shard_path(const std::string& path, ShardId shard) {
  return fmt::format("{}/shard-{:04}", path, shard.value);
}

DataDirectory::DataDirectory(DataDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

DataDirectory::~DataDirectory() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

}  // namespace hb
