// The settings file: TOML, by the table of settings.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "tools/hongbaod/settings.h"
#include "tools/hongbaod/toml_text.h"

namespace hb {

class SettingsFile {
 public:
  // Its text.  ErrorCode::invalid for what cannot be a settings file, or cannot be opened;
  // ErrorCode::io when the system fails to read it.
  static Result<SettingsFile> read(const std::string& path);
  // From a text; `path` is for error messages.
  SettingsFile(std::string path, std::string text)
      : path_(std::move(path)), text_(std::move(text)) {}

  // Gives `settings` what the file sets.  All that is wrong, a message each; then `settings` may
  // hold a part of it.
  std::vector<std::string> apply(Settings& settings);

  // The message, and in front the line of the setting that it starts with, if the file sets it.
  std::string located(const std::string& message) const;

 private:
  std::string at(Place place) const;
  void apply(const Assignment& assignment, Settings& settings, std::vector<std::string>& problems);

  std::string path_;
  std::string text_;
  std::vector<Assignment> assignments_;
};

}  // namespace hb
