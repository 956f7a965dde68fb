#include "tests/arch/built_sources.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

namespace hb::arch {
namespace fs = std::filesystem;
namespace {

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

// True when `text` has `word`, and not as a part of a longer file name.
bool names(std::string_view text, std::string_view word) {
  const auto in_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
  };
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !in_name(text[at - 1])) && (end == text.size() || !in_name(text[end]))) {
      return true;
    }
  }
  return false;
}

bool is_listed_fuzz_target(const fs::path& root, const fs::path& source) {
  const fs::path fuzz = root / "tests" / "fuzz";
  return source.parent_path() == fuzz &&
         names(content_of(fuzz / "CMakeLists.txt"), source.filename().string());
}

}  // namespace

std::set<fs::path> built_sources(const fs::path& build_dir) {
  std::ifstream file(build_dir / "compile_commands.json");
  const nlohmann::json commands = nlohmann::json::parse(file);
  std::set<fs::path> sources;
  for (const nlohmann::json& command : commands) {
    const fs::path directory = command.at("directory").get<std::string>();
    sources.insert(fs::weakly_canonical(directory / command.at("file").get<std::string>()));
  }
  return sources;
}

SourcesReport unbuilt_sources(const fs::path& root, const std::vector<std::string>& folders,
                              const std::set<fs::path>& built) {
  SourcesReport report;
  for (const std::string& folder : folders) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file() || entry.path().extension() != ".cc") continue;
      ++report.files;
      if (built.contains(fs::canonical(entry.path()))) continue;
      if (is_listed_fuzz_target(root, entry.path())) continue;
      report.unbuilt.push_back(fs::relative(entry.path(), root).generic_string());
    }
  }
  std::ranges::sort(report.unbuilt);
  return report;
}

}  // namespace hb::arch
