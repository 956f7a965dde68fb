#include "engine/runtime/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/limits.h"
#include "engine/journal/format.h"
#include "engine/runtime/directory_files.h"

namespace hb {

namespace {

constexpr int format = 2;
constexpr const char* meta_name = "META";
constexpr std::size_t meta_bytes_max = 4096;

Result<Fd> open_directory(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_system(path, errno);
  return fd;
}

// True when any shard has a segment.
Result<bool> has_segments(int fd, const std::string& path, std::uint16_t shard_count) {
  for (std::uint16_t i = 0; i < shard_count; ++i) {
    const std::string name = DataDirectory::shard_name(ShardId(i));
    const auto exists = file_exists(fd, path, name);
    if (!exists) return fail(exists.error());
    if (!*exists) continue;
    const Fd shard(::openat(fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!shard) return fail_system(path + "/" + name, errno);
    const auto files = list_files(shard.get(), path + "/" + name);
    if (!files) return fail(files.error());
    const auto is_segment = [](const FileEntry& file) {
      return journal::segment_number(file.name).has_value();
    };
    if (std::ranges::any_of(*files, is_segment)) return true;
  }
  return false;
}

tl::unexpected<Error> damaged_meta(const std::string& path) {
  return fail(ErrorCode::damaged,
              path + "/META is not what was written there; restore it from a backup");
}

Result<DataDirectory::Meta> parse_meta(int fd, const std::string& path, const std::string& text) {
  const nlohmann::json meta = nlohmann::json::parse(text, nullptr, false);
  const auto number = [&](const char* key) -> std::int64_t {
    if (!meta.is_object() || !meta.contains(key) || !meta[key].is_number_integer()) return 0;
    return meta[key].get<std::int64_t>();
  };
  const std::int64_t found_format = number("format");
  const std::int64_t shards = number("shards");
  if (found_format > format) {
    return fail(ErrorCode::newer_format,
                fmt::format("{} has format {}, written by a newer version; this version reads up "
                            "to format {}: start the newer version",
                            path, found_format, format));
  }
  if (found_format < 1 || shards < 1 || shards > limits::shards_max) return damaged_meta(path);
  DataDirectory::Meta found{.format = static_cast<int>(found_format),
                            .shard_count = static_cast<std::uint16_t>(shards)};
  if (found_format == 1) {
    if (meta.size() != 2) return damaged_meta(path);
    const auto any = has_segments(fd, path, found.shard_count);
    if (!any) return fail(any.error());
    found.begun = *any;
    return found;
  }
  if (meta.size() != 3 || !meta.contains("begun") || !meta["begun"].is_boolean()) {
    return damaged_meta(path);
  }
  found.begun = meta["begun"].get<bool>();
  return found;
}

Result<DataDirectory::Meta> read_meta_of(int fd, const std::string& path) {
  const auto text = read_file(fd, path, meta_name, meta_bytes_max);
  if (!text) return fail(text.error());
  return parse_meta(fd, path, *text);
}

Result<Fd> lock(int directory_fd, const std::string& path) {
  const std::string name = path + "/LOCK";
  Fd fd(::openat(directory_fd, "LOCK", O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  if (!fd) {
    return fail_system(fmt::format("data directory {} is not writable: cannot open {}", path, name),
                       errno);
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_system("cannot lock " + name, errno);
    char holder[32] = {};
    [[maybe_unused]] const ssize_t n = ::read(fd.get(), holder, sizeof holder - 1);
    holder[std::strcspn(holder, "\n")] = '\0';
    return fail(ErrorCode::in_use,
                fmt::format("data directory {} is in use by process {}; stop that process, or "
                            "choose another directory with --data",
                            path, holder[0] == '\0' ? "(unknown)" : holder));
  }
  // The number is for the message above only, so a full disk does not matter here.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) != 0) return fail_system("cannot write " + name, errno);
  auto written = write_all(fd.get(), 0, std::as_bytes(std::span(pid)), "cannot write " + name);
  if (!written && written.error().code != ErrorCode::no_space) {
    return fail(std::move(written.error()));
  }
  return fd;
}

// Journals without META hold the data of a client: they are not begun again.
Result<void> check_has_no_journals(int fd, const std::string& path) {
  const auto shard = file_exists(fd, path, DataDirectory::shard_name(ShardId{0}));
  if (!shard) return fail(shard.error());
  if (!*shard) return {};
  return fail(ErrorCode::damaged, path + " holds journals but no META; restore META from a backup");
}

}  // namespace

Result<DataDirectory> DataDirectory::open(const std::string& path, std::uint16_t shard_count) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_system("cannot make data directory " + path, errno);
  }
  auto fd = open_directory(path);
  if (!fd) return fail(std::move(fd.error()));
  auto locked = lock(fd->get(), path);
  if (!locked) return fail(std::move(locked.error()));
  const auto has_meta = file_exists(fd->get(), path, meta_name);
  if (!has_meta) return fail(has_meta.error());

  DataDirectory directory(path, std::move(*fd), std::move(*locked), shard_count);
  if (!*has_meta) {
    if (auto empty = check_has_no_journals(directory.fd(), path); !empty) {
      return fail(std::move(empty.error()));
    }
    if (auto written = directory.write_meta(false); !written) {
      return fail(std::move(written.error()));
    }
    return directory;
  }
  const auto meta = read_meta_of(directory.fd(), path);
  if (!meta) return fail(meta.error());
  if (meta->shard_count != shard_count) {
    return fail(ErrorCode::invalid,
                fmt::format("data directory {} holds {} shard(s), but {} were asked for; start "
                            "with --workers {}",
                            path, meta->shard_count, shard_count, meta->shard_count));
  }
  directory.begun_ = meta->begun;
  directory.recorded_ = meta->begun && meta->format == format;
  return directory;
}

Result<void> DataDirectory::write_meta(bool begun) {
  const nlohmann::ordered_json meta{{"format", format}, {"shards", shard_count_}, {"begun", begun}};
  const std::string text = meta.dump() + "\n";
  return replace_file(fd(), path_, meta_name, std::as_bytes(std::span(text)));
}

Result<void> DataDirectory::set_begun() {
  if (recorded_) return {};
  // The directory's own name, then the shards' directories, then the statement that they exist.
  const Fd parent(::openat(fd(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent) return fail_system(path_ + "/..", errno);
  if (auto r = sync_directory(parent.get(), path_ + "/.."); !r) return r;
  if (auto r = sync_directory(fd(), path_); !r) return r;
  if (auto r = write_meta(true); !r) return r;
  begun_ = recorded_ = true;
  return {};
}

Result<DataDirectory::Meta> DataDirectory::read_meta(const std::string& path) {
  const auto fd = open_directory(path);
  if (!fd) return fail(fd.error());
  const auto exists = file_exists(fd->get(), path, meta_name);
  if (!exists) return fail(exists.error());
  if (!*exists) return fail(ErrorCode::io, path + " is not a data directory: it holds no META");
  return read_meta_of(fd->get(), path);
}

Result<bool> DataDirectory::in_use(const std::string& path) {
  const std::string name = path + "/LOCK";
  const Fd fd(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return false;
  if (!fd) return fail_system(name, errno);
  if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return false;
  if (errno == EWOULDBLOCK) return true;
  return fail_system(name, errno);
}

std::string DataDirectory::archive_path(const std::string& path) {
  return path + "/archive";
}

std::string DataDirectory::shard_name(ShardId shard) {
  return fmt::format("shard-{:04}", shard.value);
}

std::string DataDirectory::shard_path(const std::string& path, ShardId shard) {
  return path + "/" + shard_name(shard);
}

}  // namespace hb
