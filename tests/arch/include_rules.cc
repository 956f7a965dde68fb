#include "tests/arch/include_rules.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>

namespace hb::arch {
namespace {

struct Room {
  std::string_view name;
  // Rooms, folders of rooms, or single files that it may include beside its own.
  std::vector<std::string_view> may_include;
  bool may_use_asio = false;
};

constexpr std::string_view everything = "";

const std::vector<Room>& rooms() {
  static const std::vector<Room> table = {
      {"engine/base", {}},
      {"engine/timer", {"engine/base"}},
      {"engine/ledger", {"engine/base"}},
      {"engine/port", {"engine/base"}},
      // The journal holds events and knows no rule.
      {"engine/journal",
       {"engine/base", "engine/port", "engine/ledger/events.h", "engine/ledger/commands.h",
        "engine/ledger/status.h"}},
      {"engine/shard",
       {"engine/base", "engine/timer", "engine/ledger", "engine/port", "engine/journal"}},
      {"engine/os", {"engine/base", "engine/port"}},
      {"engine/archive",
       {"engine/base", "engine/port", "engine/os", "engine/journal", "engine/ledger/events.h",
        "engine/ledger/commands.h", "engine/ledger/status.h"}},
      {"engine/runtime", {"engine"}},
      {"engine/cluster", {"engine"}},

      // Bytes, no sockets: the wire and the session know the ledger's public types only.
      {"net/wire",
       {"schema", "engine/base", "engine/archive/queries.h", "engine/ledger/commands.h",
        "engine/ledger/policy.h", "engine/ledger/status.h"}},
      {"net/session",
       {"net/wire", "engine/base", "engine/archive/queries.h", "engine/ledger/commands.h",
        "engine/ledger/home.h", "engine/ledger/policy.h", "engine/ledger/status.h"}},
      {"net/server",
       {"net/session", "net/wire", "engine/shard", "engine/runtime", "engine/ledger", "engine/base",
        "engine/os", "engine/port", "engine/archive"},
       true},
      {"net/client",
       {"net/wire", "engine/base", "engine/archive/queries.h", "engine/ledger/commands.h",
        "engine/ledger/policy.h", "engine/ledger/status.h"},
       true},

      {"tools", {everything}, true},
      // The verifier knows the layout of events, with their enumerations, and none of the ledger's
      // rules.
      {"tools/hongbao/verifier",
       {"engine/base", "engine/port", "engine/journal", "engine/ledger/events.h",
        "engine/ledger/commands.h", "engine/ledger/status.h", "tools/hongbao/text"}},
      {"tools/hongbao/text",
       {"engine/base", "engine/journal", "engine/ledger/events.h", "engine/ledger/commands.h",
        "engine/ledger/status.h"}},
      {"tests", {everything}, true},
      {"bench", {everything}, true},
  };
  return table;
}

// Folders that quoted includes may start with.  Schema holds no sources, only what is made of it.
constexpr std::array<std::string_view, 6> top_folders = {"engine", "net",   "schema",
                                                         "tools",  "tests", "bench"};

bool leads(std::string_view folder, std::string_view path) {
  return folder.empty() || path == folder ||
         (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

const Room* room_of(std::string_view path) {
  const Room* found = nullptr;
  for (const Room& room : rooms()) {
    if (leads(room.name, path) && (!found || room.name.size() > found->name.size())) found = &room;
  }
  return found;
}

bool known_target(std::string_view target) {
  return room_of(target) != nullptr || leads("schema", target);
}

bool starts_at_root(std::string_view target) {
  return std::ranges::any_of(top_folders, [&](auto folder) { return leads(folder, target); });
}

struct Include {
  std::string target;
  bool quoted = false;
};

// The include that a line makes, if any.  A macro as target is not understood and yields itself,
// quoted, so that it is reported.
std::optional<Include> include_of(std::string_view line) {
  const auto skip_blanks = [&] {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  };
  skip_blanks();
  if (!line.starts_with('#')) return std::nullopt;
  line.remove_prefix(1);
  skip_blanks();
  if (!line.starts_with("include")) return std::nullopt;
  line.remove_prefix(std::string_view("include").size());
  skip_blanks();
  if (line.empty()) return std::nullopt;
  const char close = line[0] == '<' ? '>' : '"';
  const bool plain = line[0] == '<' || line[0] == '"';
  const std::size_t end = plain ? line.find(close, 1) : line.size();
  const std::size_t begin = plain ? 1 : 0;
  return Include{std::string(line.substr(begin, end == line.npos ? end : end - begin)),
                 close == '"'};
}

bool may_include(const Room& room, std::string_view target) {
  return leads(room.name, target) ||
         std::ranges::any_of(room.may_include, [&](auto name) { return leads(name, target); });
}

bool is_asio(std::string_view target) {
  return target.starts_with("boost/asio") || target.starts_with("boost/beast") ||
         target.starts_with("asio");
}

std::optional<std::string> violation(const Room& room, const Include& include) {
  if (is_asio(include.target) && !room.may_use_asio) {
    return "includes " + include.target + ", but sockets belong to net/server and net/client";
  }
  // Angle brackets are for what is not ours, and a project's own header inside them counts as ours.
  if (!include.quoted && !starts_at_root(include.target)) return std::nullopt;
  if (!starts_at_root(include.target)) {
    return "includes \"" + include.target + "\", which is not a path from the project's root";
  }
  if (!known_target(include.target)) {
    return "includes " + include.target + " of a room that the table does not know";
  }
  if (!may_include(room, include.target)) {
    return "includes " + include.target + ", which " + std::string(room.name) + " may not";
  }
  return std::nullopt;
}

bool is_source(const std::filesystem::path& path) {
  static const std::set<std::string> extensions = {".h",   ".hh", ".hpp", ".hxx", ".inc",
                                                   ".ipp", ".c",  ".cc",  ".cpp", ".cxx"};
  return extensions.contains(path.extension().string());
}

bool is_foreign_folder(const std::filesystem::path& relative) {
  const std::string name = relative.filename().string();
  const bool at_top = !relative.has_parent_path();
  return name.starts_with('.') || name == "node_modules" ||
         (at_top && (name == "build" || name == "data"));
}

}  // namespace

std::vector<std::string> include_violations(std::string_view path, std::string_view text) {
  std::vector<std::string> violations;
  const Room* const room = room_of(path);
  if (!room) {
    violations.push_back(std::string(path) + ": lies in a room that the table does not know");
    return violations;
  }
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::optional<Include> include = include_of(line);
    if (!include) continue;
    if (const std::optional<std::string> what = violation(*room, *include)) {
      violations.push_back(std::string(path) + ":" + std::to_string(number) + ": " + *what);
    }
  }
  return violations;
}

TreeReport check_includes(const std::filesystem::path& root) {
  namespace fs = std::filesystem;
  TreeReport report;
  for (auto at = fs::recursive_directory_iterator(root); at != fs::end(at); ++at) {
    const fs::path relative = fs::relative(at->path(), root);
    if (at->is_directory() && is_foreign_folder(relative)) at.disable_recursion_pending();
    if (!at->is_regular_file() || !is_source(relative)) continue;
    ++report.files;
    std::ifstream file(at->path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) report.violations.push_back(relative.string() + ": cannot be read");
    std::ranges::move(include_violations(relative.generic_string(), text),
                      std::back_inserter(report.violations));
  }
  return report;
}

}  // namespace hb::arch
