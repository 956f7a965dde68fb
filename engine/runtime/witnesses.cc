#include "engine/runtime/witnesses.h"

#include <fmt/format.h>

#include <optional>

#include "engine/archive/archive.h"
#include "engine/runtime/data_directory.h"

namespace hb {
namespace {

Result<void> add_seal(const std::string& directory, Storage& storage,
                      std::vector<journal::Witness>& witnesses) {
  auto seal = journal::newest_seal_witness(storage);
  if (!seal) return fail(seal.error().code, directory + ": " + seal.error().message);
  if (*seal) witnesses.push_back(std::move(**seal));
  return {};
}

void add_archive(const std::string& data, Witnesses& witnesses) {
  const auto marks = archive::Archive::read_marks(
      DataDirectory::archive_path(data), static_cast<std::uint16_t>(witnesses.by_shard.size()));
  if (!marks) {
    witnesses.archive_problem = marks.error().message;
    return;
  }
  for (std::size_t i = 0; i < marks->size(); ++i) {
    const Sequence last = (*marks)[i].last;
    if (last.value > 0) witnesses.by_shard[i].push_back({.name = "the archive", .last = last});
  }
}

}  // namespace

Result<Witnesses> gather_witnesses(const std::string& data, int data_fd,
                                   std::span<Storage* const> storages) {
  const auto shard_count = static_cast<std::uint16_t>(storages.size());
  Witnesses witnesses{.by_shard = std::vector<std::vector<journal::Witness>>(shard_count)};
  auto last_seals = LastSeals::read(data_fd, data, shard_count);
  if (!last_seals) return fail(std::move(last_seals.error()));
  witnesses.last_seals = std::move(*last_seals);
  for (std::uint16_t i = 0; i < shard_count; ++i) {
    std::vector<journal::Witness>& own = witnesses.by_shard[i];
    if (storages[i] != nullptr) {
      auto added = add_seal(DataDirectory::shard_path(data, ShardId(i)), *storages[i], own);
      if (!added) return fail(std::move(added.error()));
    }
    const LastSeal& last = witnesses.last_seals[i];
    if (last.segment == 0) continue;
    own.push_back(
        journal::seal_witness(fmt::format("{} (segment {})", LastSeals::file_name, last.segment),
                              last.segment, last.last_sequence));
  }
  add_archive(data, witnesses);
  return witnesses;
}

void Losses::add(ShardId shard, std::uint64_t more_events, const std::string& more) {
  events += more_events;
  shards.push_back(shard);
  what += (what.empty() ? "" : "; ") + more;
}

Losses find_losses(const std::string& data, bool begun, const Witnesses& witnesses,
                   std::span<const JournalEnd> ends) {
  Losses losses;
  for (std::uint16_t i = 0; i < ends.size(); ++i) {
    const JournalEnd& end = ends[i];
    const std::string directory = DataDirectory::shard_path(data, ShardId(i));
    const auto loss = journal::find_loss(end.tail, witnesses.by_shard[i]);
    const bool has_segment = end.tail.end.segment != 0 || end.tail.made_ahead_bytes != 0;
    std::string what;
    if (begun && !end.has_directory) {
      what = directory + " is missing, although its journal was begun";
    } else if (begun && !has_segment) {
      what = directory + " holds no segment, although its journal was begun";
    } else if (loss) {
      what = directory;
    } else {
      continue;
    }
    losses.add(ShardId(i), loss ? loss->events : 0, loss ? what + ": " + loss->what : what);
  }
  return losses;
}

}  // namespace hb
