#include "tools/hongbao/journal_files.h"

#include <filesystem>
#include <utility>

#include "engine/runtime/data_directory.h"

namespace hb::cli {

namespace {

Result<JournalFiles> open_one(std::string path, std::optional<journal::Identity> identity) {
  auto storage = open_disk_storage(path, {.read_only = true});
  if (!storage) return fail(std::move(storage.error()));
  return JournalFiles{std::move(path), *std::move(storage), identity};
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

}  // namespace

Result<std::vector<JournalFiles>> open_journals(const std::string& path) {
  if (!exists(path + "/META")) {
    return fail(ErrorCode::io, path + " is not a data directory: it holds no META");
  }
  const auto shard_count = DataDirectory::shard_count_of(path);
  if (!shard_count) return fail(shard_count.error());
  std::vector<JournalFiles> journals;
  for (std::uint16_t i = 0; i < *shard_count; ++i) {
    const journal::Identity identity{ShardId(i), *shard_count};
    auto files = open_one(DataDirectory::shard_path(path, identity.shard), identity);
    if (!files) return fail(std::move(files.error()));
    journals.push_back(*std::move(files));
  }
  return journals;
}

Result<std::vector<JournalFiles>> open_journals_or_one(const std::string& path) {
  if (exists(path + "/META") || !exists(path + "/" + journal::segment_name(1))) {
    return open_journals(path);
  }
  auto files = open_one(path, std::nullopt);
  if (!files) return fail(std::move(files.error()));
  std::vector<JournalFiles> journals;
  journals.push_back(*std::move(files));
  return journals;
}

}  // namespace hb::cli
