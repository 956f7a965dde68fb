#include "engine/runtime/directory_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "engine/runtime/posix_file.h"

namespace hb {
namespace {

std::string path(const std::string& directory, const std::string& name) {
  return directory + "/" + name;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// Nothing when it is no regular file, or was removed or renamed since the listing began.
Result<std::optional<FileEntry>> look_at(int directory_fd, const std::string& directory,
                                         const std::string& name) {
  struct stat status {};
  if (::fstatat(directory_fd, name.c_str(), &status, 0) != 0) {
    const int error_number = errno;
    const bool gone = error_number == ENOENT &&
                      ::fstatat(directory_fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 &&
                      errno == ENOENT;
    if (gone) return std::optional<FileEntry>();
    return fail_system(path(directory, name), error_number);
  }
  if (!S_ISREG(status.st_mode)) return std::optional<FileEntry>();
  return std::optional(FileEntry{name, static_cast<std::uint64_t>(status.st_size)});
}

}  // namespace

Result<std::vector<FileEntry>> list_files(int directory_fd, const std::string& directory) {
  Fd fd(::openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_system(directory, errno);
  const std::unique_ptr<DIR, CloseDirectory> opened(::fdopendir(fd.get()));
  if (!opened) return fail_system(directory, errno);
  fd.release();
  std::vector<FileEntry> entries;
  for (;;) {
    errno = 0;  // tells an error from the end
    const dirent* const entry = ::readdir(opened.get());
    if (entry == nullptr && errno != 0) return fail_system(directory, errno);
    if (entry == nullptr) break;
    auto file = look_at(directory_fd, directory, entry->d_name);
    if (!file) return fail(std::move(file.error()));
    if (*file) entries.push_back(std::move(**file));
  }
  // readdir(3) takes the ENOENT of a directory that was removed meanwhile for the end.
  struct stat status {};
  if (::fstat(::dirfd(opened.get()), &status) != 0) return fail_system(directory, errno);
  if (status.st_nlink == 0) return fail_system(directory, ENOENT);
  std::ranges::sort(entries, {}, &FileEntry::name);
  return entries;
}

Result<void> give_name(int directory_fd, const std::string& directory,
                       const std::string& unfinished, const std::string& name) {
  if (::renameat2(directory_fd, unfinished.c_str(), directory_fd, name.c_str(), RENAME_NOREPLACE) !=
      0) {
    if (errno != EINVAL && errno != ENOSYS) return fail_system(path(directory, name), errno);
    // Not every file system knows the flag.  A link never replaces either.
    if (::linkat(directory_fd, unfinished.c_str(), directory_fd, name.c_str(), 0) != 0) {
      return fail_system(path(directory, name), errno);
    }
    if (::unlinkat(directory_fd, unfinished.c_str(), 0) != 0) {
      return fail_system(path(directory, unfinished), errno);
    }
  }
  return sync_directory(directory_fd, directory);
}

Result<void> replace_file(int directory_fd, const std::string& directory, const std::string& name,
                          std::span<const std::byte> content) {
  const std::string unfinished = name + ".new";
  const auto replace = [&]() -> Result<void> {
    const Fd fd(
        ::openat(directory_fd, unfinished.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
    if (!fd) return fail_system(path(directory, unfinished), errno);
    if (auto r = write_all(fd.get(), 0, content, path(directory, unfinished)); !r) return r;
    if (::fsync(fd.get()) != 0) return fail_system(path(directory, unfinished), errno);
    if (::renameat(directory_fd, unfinished.c_str(), directory_fd, name.c_str()) != 0) {
      return fail_system(path(directory, name), errno);
    }
    return sync_directory(directory_fd, directory);
  };
  auto replaced = replace();
  if (!replaced) ::unlinkat(directory_fd, unfinished.c_str(), 0);  // takes no space meanwhile
  return replaced;
}

Result<void> remove_file(int directory_fd, const std::string& directory, const std::string& name) {
  if (::unlinkat(directory_fd, name.c_str(), 0) != 0) {
    return fail_system(path(directory, name), errno);
  }
  return sync_directory(directory_fd, directory);
}

Result<std::string> read_file(int directory_fd, const std::string& directory,
                              const std::string& name, std::size_t bytes_max) {
  const Fd fd(::openat(directory_fd, name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_system(path(directory, name), errno);
  std::string content(bytes_max + 1, '\0');
  const auto got =
      read_all(fd.get(), 0, std::as_writable_bytes(std::span(content)), path(directory, name));
  if (!got) return fail(got.error());
  if (*got > bytes_max) {
    return fail(ErrorCode::damaged,
                path(directory, name) + ": more than " + std::to_string(bytes_max) + " bytes");
  }
  content.resize(*got);
  return content;
}

Result<bool> file_exists(int directory_fd, const std::string& directory, const std::string& name) {
  struct stat status {};
  if (::fstatat(directory_fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return true;
  if (errno == ENOENT) return false;
  return fail_system(path(directory, name), errno);
}

Result<void> sync_directory(int directory_fd, const std::string& directory) {
  if (::fsync(directory_fd) != 0) return fail_system(directory, errno);
  return {};
}

}  // namespace hb
