#include "engine/runtime/last_seals.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <sstream>
#include <utility>

#include "engine/base/checksum.h"
#include "engine/runtime/directory_files.h"

namespace hb {
namespace {

constexpr std::chrono::seconds write_interval{10};
constexpr std::string_view title = "hongbao-sealed 1\n";
constexpr std::size_t file_bytes_max = 1 << 20;

std::string checksum_line(std::string_view lines) {
  return "sha256 " + to_hex(sha256(std::as_bytes(std::span(lines)))) + "\n";
}

std::string to_text(const std::vector<LastSeal>& seals) {
  std::string text(title);
  for (std::size_t i = 0; i < seals.size(); ++i) {
    if (seals[i].segment == 0) continue;
    text += fmt::format("shard {} segment {} last_sequence {}\n", i, seals[i].segment,
                        seals[i].last_sequence.value);
  }
  return text + checksum_line(text);
}

// Only what to_text() would write again is accepted.
bool parse(const std::string& text, std::vector<LastSeal>& seals) {
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line.starts_with("shard ")) {
    std::istringstream words(line);
    std::string word;
    std::size_t shard = 0;
    LastSeal seal;
    words >> word >> shard >> word >> seal.segment >> word >> seal.last_sequence.value;
    if (!words || shard >= seals.size()) return false;
    seals[shard] = seal;
  }
  return to_text(seals) == text;
}

}  // namespace

LastSeals::LastSeals(int directory_fd, std::string directory, std::vector<LastSeal> seals)
    : directory_fd_(directory_fd), directory_(std::move(directory)), seals_(std::move(seals)) {}

LastSeals::~LastSeals() {
  if (!written_) write_or_log();
}

Result<std::vector<LastSeal>> LastSeals::read(int directory_fd, const std::string& directory,
                                              std::uint16_t shard_count) {
  std::vector<LastSeal> seals(shard_count);
  const auto exists = file_exists(directory_fd, directory, file_name);
  if (!exists) return fail(exists.error());
  if (!*exists) return seals;
  const auto text = read_file(directory_fd, directory, file_name, file_bytes_max);
  if (!text) return fail(text.error());
  if (!parse(*text, seals)) {
    return fail(ErrorCode::damaged,
                fmt::format("{}/{} is not what was written there; restore it from a backup, or "
                            "remove it: then it can no longer prove that segments are missing",
                            directory, file_name));
  }
  return seals;
}

// That it may prove less than it could does no harm.
Result<void> LastSeals::take_back(ShardId shard, std::uint64_t lost) {
  if (seals_[shard.value].segment < lost) return {};
  seals_[shard.value] = {};
  return write();
}

void LastSeals::add(ShardId shard, const journal::Seal& seal) {
  LastSeal& last = seals_[shard.value];
  if (seal.segment <= last.segment) return;
  last = {.segment = seal.segment, .last_sequence = seal.last_sequence};
  written_ = false;
  if (std::chrono::steady_clock::now() - written_at_ >= write_interval) write_or_log();
}

Result<void> LastSeals::write() {
  const std::string text = to_text(seals_);
  written_at_ = std::chrono::steady_clock::now();
  auto replaced =
      replace_file(directory_fd_, directory_, file_name, std::as_bytes(std::span(text)));
  written_ = replaced.has_value();
  return replaced;
}

void LastSeals::write_or_log() {
  if (auto r = write(); !r) {
    spdlog::error("{}; the last seals are remembered later", r.error().message);
  }
}

}  // namespace hb
