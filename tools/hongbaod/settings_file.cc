#include "tools/hongbaod/settings_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tools/hongbao/text/values.h"
#include "tools/hongbaod/setting_table.h"
#include "tools/text/nearest_name.h"

namespace hb {

namespace {

// Every setting with a page of comments is less; a device or a disk image is more.
constexpr std::size_t file_bytes_max = 1 << 20;

tl::unexpected<Error> unreadable(ErrorCode code, const std::string& path, const std::string& why) {
  return fail(code, fmt::format("--config: cannot read {}: {}", in_quotes(path), why));
}

// Sections by their names in the file, all but its top.
std::vector<std::string_view> section_names() {
  std::vector<std::string_view> names;
  for (const Section& section : all_sections()) {
    if (!section.name.empty()) names.push_back(section.name);
  }
  return names;
}

bool is_section(std::string_view name) {
  return std::ranges::count(all_sections(), name, &Section::name) > 0;
}

std::string in_section(std::string_view section) {
  return section.empty() ? "above the first section" : fmt::format("in [{}]", section);
}

// What to do about a key that its section does not have.
std::string advice(const Assignment& assignment) {
  if (assignment.section.empty() && is_section(assignment.key)) {
    return fmt::format("; it is a section: write [{}]", assignment.key);
  }
  std::vector<std::string_view> keys;
  for (const Setting& setting : all_settings()) {
    if (setting.section == assignment.section) {
      keys.push_back(setting.key);
    } else if (setting.key == assignment.key) {
      return fmt::format("; it belongs {}", in_section(setting.section));
    }
  }
  return did_you_mean(assignment.key, keys);
}

}  // namespace

Result<SettingsFile> SettingsFile::read(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return unreadable(ErrorCode::invalid, path, std::strerror(errno));
  std::string text;
  ssize_t got = 0;
  do {
    char part[4096];
    got = ::read(fd, part, sizeof part);
    if (got > 0) text.append(part, static_cast<std::size_t>(got));
  } while ((got > 0 && text.size() <= file_bytes_max) || (got < 0 && errno == EINTR));
  const int error_number = errno;
  ::close(fd);
  if (got < 0) {
    const ErrorCode code = error_number == EISDIR ? ErrorCode::invalid : ErrorCode::io;
    return unreadable(code, path, std::strerror(error_number));
  }
  if (text.size() > file_bytes_max) {
    return unreadable(ErrorCode::invalid, path,
                      fmt::format("over {} bytes: this is no settings file", file_bytes_max));
  }
  return SettingsFile(path, std::move(text));
}

std::string SettingsFile::at(Place place) const {
  return fmt::format("settings file {}, line {}, column {}: ", path_, place.line, place.column);
}

std::vector<std::string> SettingsFile::apply(Settings& settings) {
  auto assignments = parse_toml(text_);
  if (!assignments) return {at(assignments.error().place) + assignments.error().what};
  assignments_ = std::move(*assignments);
  std::vector<std::string> problems;
  for (const Assignment& assignment : assignments_) apply(assignment, settings, problems);
  return problems;
}

void SettingsFile::apply(const Assignment& assignment, Settings& settings,
                         std::vector<std::string>& problems) {
  const auto complain = [&](const std::string& what) {
    problems.push_back(at(assignment.place) + what);
  };
  if (!is_section(assignment.section)) {
    if (!assignment.key.empty()) return;  // the section's own line says it
    return complain(fmt::format("unknown section [{}]{}", assignment.section,
                                did_you_mean(assignment.section, section_names())));
  }
  if (assignment.key.empty()) return;
  const Setting* setting = find_setting(assignment.section, assignment.key);
  if (!setting) {
    return complain(fmt::format("unknown key {} {}{}", in_quotes(assignment.key),
                                in_section(assignment.section), advice(assignment)));
  }
  if (setting->kind.write(settings, assignment.value)) return;
  complain(fmt::format("{} is {}; accepted: {}", setting->name(), assignment.value.shown,
                       setting->kind.accepted));
}

std::string SettingsFile::located(const std::string& message) const {
  const std::string_view name = std::string_view(message).substr(0, message.find(' '));
  for (const Assignment& assignment : assignments_) {
    const Setting* setting = find_setting(assignment.section, assignment.key);
    if (setting && setting->name() == name) return at(assignment.place) + message;
  }
  return message;
}

}  // namespace hb
