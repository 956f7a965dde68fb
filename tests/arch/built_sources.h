// Sources that no target builds: a test that nobody compiles passes for ever.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace hb::arch {

// The files that the build tree's compile_commands.json compiles, as canonical paths.  Throws when
// it is missing or is not what CMake writes.
std::set<std::filesystem::path> built_sources(const std::filesystem::path& build_dir);

struct SourcesReport {
  std::size_t files = 0;             // sources looked at; a caller expects some
  std::vector<std::string> unbuilt;  // relative to the project's root, sorted
};

// The .cc files below `folders` of the project's root that are not among `built`.  A fuzz target
// is built by its own preset only: it passes if tests/fuzz/CMakeLists.txt names it.
SourcesReport unbuilt_sources(const std::filesystem::path& root,
                              const std::vector<std::string>& folders,
                              const std::set<std::filesystem::path>& built);

}  // namespace hb::arch
