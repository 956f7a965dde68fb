// The file that an option names for a result.
//
//   "-"                          standard output
//   a regular file, or no file   written under a name beside it, and renamed when whole: a run that
//                                fails leaves what was there.  A symbolic link is followed.
//   all else (device, pipe)      written to as it is, never replaced
//   what standard output is      standard output (/dev/stdout, also when redirected to a file)
//
// It opens before the work that fills it, so that a folder that does not exist or is not writable
// is found first.
//
// Errors: io and no_space, with the path and the system's reason.
#pragma once

#include <fstream>
#include <memory>
#include <ostream>
#include <string>

#include "engine/base/result.h"

namespace hb::cli {

class OutputFile {
 public:
  // `standard_output` outlives the file.
  static Result<OutputFile> open(const std::string& path, std::ostream& standard_output);
  ~OutputFile();  // without commit() nothing has changed, but for devices and pipes
  OutputFile(OutputFile&& other) noexcept = default;
  OutputFile& operator=(OutputFile&&) = delete;

  std::ostream& stream() { return file_ == nullptr ? *standard_output_ : *file_; }
  bool is_standard_output() const { return file_ == nullptr; }
  bool good() const { return file_ == nullptr ? standard_output_->good() : file_->good(); }
  // All is written and has its name; at most once.
  Result<void> commit();

 private:
  OutputFile(std::string path, std::ostream& standard_output)
      : path_(std::move(path)), standard_output_(&standard_output) {}
  Result<void> open_beside();
  Result<void> open_in_place();
  Error cannot(const char* what) const;

  std::string path_;  // where a link leads
  std::string part_;  // empty: written in place
  std::ostream* standard_output_;
  std::unique_ptr<std::ofstream> file_;  // none: standard output
};

// A whole text at once.
Result<void> write_file(OutputFile& file, const std::string& text);

}  // namespace hb::cli
