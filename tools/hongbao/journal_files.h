// The journals that lie under a directory, opened for reading only.
//
// Takes no lock and changes nothing; a server may be running on the same files.
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/journal/format.h"
#include "engine/journal/witness.h"
#include "engine/runtime/disk_storage.h"

namespace hb::cli {

struct JournalFiles {
  std::string path;  // of the shard's directory
  std::unique_ptr<Storage> storage;
  // Nothing: a shard's directory was named by itself, and its blocks say whose it is.
  std::optional<journal::Identity> identity{};
  // What proves how far the journal goes, as it was before the journal is read.
  std::vector<journal::Witness> witnesses{};
  bool begun = false;  // META says so: an empty journal is a loss

  // Damaged, naming what is missing and what proves it, when the journal does not go so far.
  Result<void> check_complete(const journal::Tail& tail) const;
};

// What was opened, and why the archive could not be asked how far the journals went (else empty).
struct Journals {
  std::string path{};  // of the data directory, or of the one shard's
  std::vector<JournalFiles> files{};
  std::string archive_problem{};
};

// A line, if the archive could not be asked.
void note_archive_problem(const Journals& journals, std::ostream& notes);

// Those of every shard of the data directory `path`, in their order.
// Errors: as DataDirectory::read_meta, open_disk_storage and gather_witnesses.
Result<Journals> open_journals(const std::string& path);

// The same; `path` may also be the directory of one shard.  Then only its seals are witnesses.
Result<Journals> open_journals_or_one(const std::string& path);

}  // namespace hb::cli
