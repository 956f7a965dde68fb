#include "tools/hongbao/journal_files.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "engine/runtime/data_directory.h"
#include "engine/runtime/directory_files.h"
#include "engine/runtime/posix_file.h"
#include "engine/runtime/witnesses.h"

namespace hb::cli {

namespace {

Result<JournalFiles> open_one(std::string path, std::optional<journal::Identity> identity) {
  auto storage = open_disk_storage(path, {.read_only = true});
  if (!storage) return fail(std::move(storage.error()));
  JournalFiles files;
  files.path = std::move(path);
  files.storage = *std::move(storage);
  files.identity = identity;
  return files;
}

Result<void> gather(const std::string& path, Journals& journals) {
  const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return fail_system(path, errno);
  std::vector<Storage*> storages;
  for (const JournalFiles& files : journals.files) storages.push_back(files.storage.get());
  auto witnesses = gather_witnesses(path, directory.get(), storages);
  if (!witnesses) return fail(std::move(witnesses.error()));
  for (std::size_t i = 0; i < journals.files.size(); ++i) {
    journals.files[i].witnesses = std::move(witnesses->by_shard[i]);
  }
  journals.archive_problem = std::move(witnesses->archive_problem);
  return {};
}

// True for a path that is one shard's directory rather than a data directory.
Result<bool> is_of_one_shard(const std::string& path) {
  const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return fail_system(path, errno);
  const auto meta = file_exists(directory.get(), path, "META");
  if (!meta) return meta;
  if (*meta) return false;
  return file_exists(directory.get(), path, journal::segment_name(1));
}

}  // namespace

Result<void> JournalFiles::check_complete(const journal::Tail& tail) const {
  const auto loss = journal::find_loss(tail, witnesses);
  const bool has_segment = tail.end.segment != 0 || tail.made_ahead_bytes != 0;
  const bool empty = begun && !has_segment;
  if (!loss && !empty) return {};
  std::string what = empty ? "no segment is left, although the journal was begun" : "";
  if (loss) what += (what.empty() ? "" : "; ") + loss->what;
  return fail(ErrorCode::damaged, path + ": " + what);
}

void note_archive_problem(const Journals& journals, std::ostream& notes) {
  if (journals.archive_problem.empty()) return;
  notes << journals.archive_problem << "; it cannot prove that the journals are complete\n";
}

Result<Journals> open_journals(const std::string& path) {
  const auto meta = DataDirectory::read_meta(path);
  if (!meta) return fail(meta.error());
  Journals journals;
  journals.path = path;
  for (std::uint16_t i = 0; i < meta->shard_count; ++i) {
    const journal::Identity identity{ShardId(i), meta->shard_count};
    auto files = open_one(DataDirectory::shard_path(path, identity.shard), identity);
    if (!files) return fail(std::move(files.error()));
    files->begun = meta->begun;
    journals.files.push_back(*std::move(files));
  }
  if (auto gathered = gather(path, journals); !gathered) return fail(std::move(gathered.error()));
  return journals;
}

Result<Journals> open_journals_or_one(const std::string& path) {
  const auto one = is_of_one_shard(path);
  if (!one) return fail(one.error());
  if (!*one) return open_journals(path);
  auto files = open_one(path, std::nullopt);
  if (!files) return fail(std::move(files.error()));
  auto seal = journal::newest_seal_witness(*files->storage);
  if (!seal) return fail(std::move(seal.error()));
  if (*seal) files->witnesses.push_back(*std::move(*seal));
  Journals journals;
  journals.path = path;
  journals.files.push_back(*std::move(files));
  return journals;
}

}  // namespace hb::cli
