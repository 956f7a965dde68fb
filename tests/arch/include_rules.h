// Which room may include which: the house's one table of include directions, and its checker.
//
// A room is a folder that the table names; a file belongs to the longest name that leads its path.
// What the table does not know is an error, never a pass: a new folder gets a line here together
// with its first file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hb::arch {

// What one source file does wrong, a sentence each.  `path` is relative to the project's root, with
// forward slashes; `text` is the file's content.
std::vector<std::string> include_violations(std::string_view path, std::string_view text);

struct TreeReport {
  std::size_t files = 0;  // sources looked at; a caller expects some
  std::vector<std::string> violations;
};

// The same for all C++ sources below the project's root, build trees and hidden folders excepted.
TreeReport check_includes(const std::filesystem::path& root);

}  // namespace hb::arch
