#include "tools/hongbao/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace hb::cli {

namespace {

// Names that a part may have beside those that runs which were killed have left.
constexpr int part_names_max = 100;

std::optional<struct stat> status_of(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? std::optional(found) : std::nullopt;
}

bool is_open_as_standard_output(const struct stat& file) {
  struct stat standard {};
  return ::fstat(STDOUT_FILENO, &standard) == 0 && standard.st_dev == file.st_dev &&
         standard.st_ino == file.st_ino && !S_ISCHR(file.st_mode);
}

// Where links lead, also one whose target does not exist yet.
std::string resolved(const std::string& path) {
  std::error_code error;
  std::filesystem::path at = path;
  constexpr int links_max = 40;
  for (int i = 0; i < links_max && std::filesystem::is_symlink(at, error); ++i) {
    const std::filesystem::path target = std::filesystem::read_symlink(at, error);
    if (error) break;
    at = at.parent_path() / target;  // an absolute target replaces all
  }
  return at.string();
}

}  // namespace

Result<OutputFile> OutputFile::open(const std::string& path, std::ostream& standard_output) {
  OutputFile file(path, standard_output);
  if (path == "-") return file;
  const auto there = status_of(path);
  if (there && is_open_as_standard_output(*there)) return file;
  if (there && S_ISDIR(there->st_mode)) {
    errno = EISDIR;
    return fail(file.cannot("write"));
  }
  file.file_ = std::make_unique<std::ofstream>();
  if (there && !S_ISREG(there->st_mode)) {
    if (auto opened = file.open_in_place(); !opened) return fail(std::move(opened.error()));
    return file;
  }
  file.path_ = resolved(path);
  if (auto opened = file.open_beside(); !opened) return fail(std::move(opened.error()));
  if (there) ::chmod(file.part_.c_str(), there->st_mode & 07777);
  return file;
}

OutputFile::~OutputFile() {
  if (file_ == nullptr || part_.empty()) return;
  file_->close();
  std::remove(part_.c_str());
}

Result<void> OutputFile::open_in_place() {
  errno = 0;
  file_->open(path_, std::ios::binary);
  if (!file_->is_open()) return fail(cannot("open"));
  return {};
}

Result<void> OutputFile::open_beside() {
  for (int i = 0; i < part_names_max; ++i) {
    const std::string part = fmt::format("{}.{}-{}.part", path_, ::getpid(), i);
    const int descriptor = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno == EEXIST) continue;
    if (descriptor < 0) return fail(cannot("write"));
    ::close(descriptor);
    part_ = part;
    file_->open(part_, std::ios::binary | std::ios::trunc);
    if (file_->is_open()) return {};
    break;
  }
  return fail(cannot("write"));
}

Result<void> OutputFile::commit() {
  errno = 0;
  if (file_ == nullptr) {
    standard_output_->flush();
    if (!*standard_output_) return fail(cannot("write"));
    return {};
  }
  file_->close();
  if (!*file_) return fail(cannot("write"));
  if (part_.empty()) return {};
  if (std::rename(part_.c_str(), path_.c_str()) != 0) return fail(cannot("rename to"));
  part_.clear();
  return {};
}

// With the system's reason where it gave one for the last call.
Error OutputFile::cannot(const char* what) const {
  const int reason = errno;
  const ErrorCode code = reason == ENOSPC ? ErrorCode::no_space : ErrorCode::io;
  std::string message = fmt::format("cannot {} {}", what,
                                    file_ == nullptr && path_ == "-" ? "standard output" : path_);
  if (reason != 0) message += ": " + std::generic_category().message(reason);
  return {code, message};
}

Result<void> write_file(OutputFile& file, const std::string& text) {
  file.stream() << text;
  return file.commit();
}

}  // namespace hb::cli
