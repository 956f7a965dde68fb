// A disk that costs nothing and keeps nothing: every write and creation is done at the next poll().
//
// With it a benchmark measures what the engine does up to the disk's door.  Nothing can be read
// back, so a journal on it cannot be recovered.
//
// Threads: one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/port/storage.h"

namespace hb::bench {

class NullStorage final : public Storage {
 public:
  std::uint64_t bytes_written() const { return bytes_written_; }

  Result<std::vector<FileEntry>> list() override { return std::vector<FileEntry>{}; }
  Result<FileId> open(std::string_view, OpenMode) override { return keeps_nothing(); }
  void close(FileId) override {}
  Result<std::size_t> read(FileId, std::uint64_t, std::span<std::byte>) override {
    return keeps_nothing();
  }
  Result<void> cut(FileId, std::uint64_t) override { return {}; }
  Result<void> write_file(std::string_view, std::span<const std::byte>) override { return {}; }
  Result<void> remove(std::string_view) override { return {}; }

  void start_create(std::string_view, std::uint64_t, std::uint64_t token) override {
    done_.push_back({.token = token, .error = {}, .file = FileId(next_file_++)});
  }
  void start_write(FileId, std::uint64_t, std::span<const std::byte> from,
                   std::uint64_t token) override {
    bytes_written_ += from.size();
    done_.push_back({.token = token, .error = {}, .file = {}});
  }
  std::size_t poll(std::span<Completion> completions) override {
    const std::size_t n = std::min(completions.size(), done_.size());
    std::move(done_.begin(), done_.begin() + static_cast<std::ptrdiff_t>(n), completions.begin());
    done_.erase(done_.begin(), done_.begin() + static_cast<std::ptrdiff_t>(n));
    return n;
  }

 private:
  static tl::unexpected<Error> keeps_nothing() {
    return fail(ErrorCode::io, "this disk keeps nothing");
  }

  std::vector<Completion> done_;  // and not polled
  std::uint32_t next_file_ = 1;
  std::uint64_t bytes_written_ = 0;
};

}  // namespace hb::bench
