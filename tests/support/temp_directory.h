// A directory of its own for one test, gone with all that is in it when the test ends.
#pragma once

#include <filesystem>
#include <string>

namespace hb::test {

class TempDirectory {
 public:
  // Under `parent`, which must exist.  Asserts that it could be made.
  explicit TempDirectory(
      const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // The path of a file or folder in it.
  std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace hb::test
