#include "tests/support/memory_storage.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "engine/base/assert.h"

namespace hb::test {
namespace {

Error no_power() {
  return {ErrorCode::io, "power is off"};
}

tl::unexpected<Error> missing(std::string_view name) {
  return fail(ErrorCode::io, std::string(name) + ": no such file");
}

}  // namespace

void MemoryStorage::complete(std::size_t index) {
  HB_ASSERT(index < pending_.size());
  Pending call = std::move(pending_[index]);
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(index));
  finish(std::move(call));
}

void MemoryStorage::complete_all() {
  while (!pending_.empty()) complete(0);
}

void MemoryStorage::finish(Pending call) {
  Completion completion{.token = call.token, .error = std::nullopt, .file = {}};
  if (call.creates && files_.contains(call.name)) {
    completion.error = Error{ErrorCode::io, call.name + ": File exists"};
  } else if (call.fails) {
    completion.error = call.creates ? Error{ErrorCode::no_space, call.name + ": no space"}
                                    : Error{ErrorCode::io, "write failed"};
    if (!call.creates) lost_.push_back(std::move(call));
  } else if (call.creates) {
    files_[call.name] = call.file;
    completion.file = add_open(call.file, OpenMode::read_write);
  } else {
    HB_ASSERT(std::memcmp(call.bytes.data(), call.source.data(), call.bytes.size()) == 0);
    store(call, 0, call.bytes.size());
  }
  completions_.push_back(std::move(completion));
}

void MemoryStorage::store(const Pending& write, std::size_t from, std::size_t bytes) {
  const auto source = std::span(write.bytes).subspan(from, bytes);
  std::ranges::copy(source, write.file->begin() + static_cast<std::ptrdiff_t>(write.offset + from));
}

void MemoryStorage::lose_power() {
  power_ = false;
  for (Pending& call : pending_) {
    completions_.push_back({.token = call.token, .error = no_power(), .file = {}});
    lost_.push_back(std::move(call));
  }
  pending_.clear();
}

void MemoryStorage::restart(std::uint64_t seed) {
  if (power_) lose_power();
  std::mt19937_64 random(seed);
  std::ranges::shuffle(lost_, random);
  for (const Pending& call : lost_) tear(call, random);
  lost_.clear();
  completions_.clear();
  open_.clear();
  power_ = true;
  lose_power_at_ = 0;
  fail_write_at_ = 0;
}

// Some of a call that was not done happened all the same.
void MemoryStorage::tear(const Pending& call, std::mt19937_64& random) {
  if (call.fails && call.creates) return;
  if (call.creates) {
    if (random() % 2 == 0) files_.insert_or_assign(call.name, call.file);
    return;
  }
  const std::size_t unit = random() % 2 == 0 ? 512 : 4096;
  static constexpr std::array survivors_percent{0U, 10U, 50U, 90U, 100U};
  const unsigned percent = survivors_percent[random() % survivors_percent.size()];
  for (std::size_t at = 0; at < call.bytes.size(); at += unit) {
    if (random() % 100 < percent) store(call, at, std::min(unit, call.bytes.size() - at));
  }
}

std::vector<std::byte>& MemoryStorage::bytes(std::string_view name) {
  const auto it = files_.find(name);
  HB_ASSERT(it != files_.end());
  return *it->second;
}

void MemoryStorage::put(std::string_view name, std::vector<std::byte> bytes) {
  files_[std::string(name)] = std::make_shared<std::vector<std::byte>>(std::move(bytes));
}

bool MemoryStorage::begin_change() {
  if (!power_) return false;
  ++changes_;
  return true;
}

Result<std::vector<FileEntry>> MemoryStorage::list() {
  if (!power_) return fail(no_power());
  std::vector<FileEntry> entries;
  for (const auto& [name, file] : files_) entries.push_back({name, file->size()});
  return entries;
}

FileId MemoryStorage::add_open(File file, OpenMode mode) {
  open_[next_file_] = {std::move(file), mode};
  return FileId(next_file_++);
}

Result<FileId> MemoryStorage::open(std::string_view name, OpenMode mode) {
  if (!power_) return fail(no_power());
  const auto it = files_.find(name);
  if (it == files_.end()) return missing(name);
  return add_open(it->second, mode);
}

void MemoryStorage::close(FileId file) {
  open_.erase(file.value);
}

Result<std::size_t> MemoryStorage::read(FileId file, std::uint64_t offset,
                                        std::span<std::byte> into) {
  if (!power_) return fail(no_power());
  const std::vector<std::byte>& bytes = *open_.at(file.value).file;
  if (offset >= bytes.size()) return std::size_t{0};
  const std::size_t count = std::min<std::uint64_t>(into.size(), bytes.size() - offset);
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
  return count;
}

Result<void> MemoryStorage::cut(FileId file, std::uint64_t offset) {
  if (!begin_change()) return fail(no_power());
  const Open& open = open_.at(file.value);
  HB_ASSERT(open.mode == OpenMode::read_write && offset <= open.file->size());
  Pending zeros;
  zeros.file = open.file;
  zeros.offset = offset;
  zeros.bytes.resize(open.file->size() - offset);
  if (changes_ == lose_power_at_) {
    lost_.push_back(std::move(zeros));
    lose_power();
    return fail(no_power());
  }
  store(zeros, 0, zeros.bytes.size());
  return {};
}

Result<void> MemoryStorage::write_file(std::string_view name, std::span<const std::byte> content) {
  if (!begin_change()) return fail(no_power());
  if (no_space_) return fail(ErrorCode::no_space, std::string(name) + ": no space");
  auto file = std::make_shared<std::vector<std::byte>>(content.begin(), content.end());
  if (changes_ == lose_power_at_) {
    Pending creation;
    creation.creates = true;
    creation.name = name;
    creation.file = std::move(file);
    lost_.push_back(std::move(creation));
    lose_power();
    return fail(no_power());
  }
  files_[std::string(name)] = std::move(file);
  return {};
}

Result<void> MemoryStorage::remove(std::string_view name) {
  if (!begin_change()) return fail(no_power());
  const auto it = files_.find(name);
  if (it == files_.end()) return missing(name);
  files_.erase(it);
  if (changes_ == lose_power_at_) lose_power();
  return {};
}

void MemoryStorage::start_create(std::string_view name, std::uint64_t bytes, std::uint64_t token) {
  if (!begin_change()) {
    completions_.push_back({.token = token, .error = no_power(), .file = {}});
    return;
  }
  Pending call;
  call.creates = true;
  call.fails = no_space_;
  call.token = token;
  call.name = name;
  call.file = std::make_shared<std::vector<std::byte>>(bytes);
  pending_.push_back(std::move(call));
  if (changes_ == lose_power_at_) lose_power();
}

void MemoryStorage::start_write(FileId file, std::uint64_t offset, std::span<const std::byte> from,
                                std::uint64_t token) {
  if (!begin_change()) {
    completions_.push_back({.token = token, .error = no_power(), .file = {}});
    return;
  }
  ++writes_;
  const Open& open = open_.at(file.value);
  const auto address = reinterpret_cast<std::uintptr_t>(from.data());
  HB_ASSERT(open.mode == OpenMode::read_write);
  HB_ASSERT(offset % alignment_bytes == 0 && from.size() % alignment_bytes == 0 &&
            address % alignment_bytes == 0);
  HB_ASSERT(!from.empty() && offset + from.size() <= open.file->size());
  Pending call;
  call.fails = writes_ == fail_write_at_;
  call.token = token;
  call.file = open.file;
  call.offset = offset;
  call.bytes.assign(from.begin(), from.end());
  call.source = from;
  pending_.push_back(std::move(call));
  if (changes_ == lose_power_at_) lose_power();
}

std::size_t MemoryStorage::poll(std::span<Completion> completions) {
  if (!hold_) complete_all();
  const std::size_t count = std::min(completions.size(), completions_.size());
  for (std::size_t i = 0; i < count; ++i) {
    completions[i] = std::move(completions_.front());
    completions_.pop_front();
  }
  return count;
}

}  // namespace hb::test
