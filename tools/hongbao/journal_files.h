// The journals that lie under a directory, opened for reading only.
//
// Takes no lock and changes nothing; a server may be running on the same files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/journal/format.h"
#include "engine/runtime/disk_storage.h"

namespace hb::cli {

struct JournalFiles {
  std::string path;  // of the shard's directory
  std::unique_ptr<Storage> storage;
  // Nothing: a shard's directory was named by itself, and its blocks say whose it is.
  std::optional<journal::Identity> identity{};
};

// Those of every shard of the data directory `path`, in their order.
Result<std::vector<JournalFiles>> open_journals(const std::string& path);

// The same; `path` may also be the directory of one shard.
Result<std::vector<JournalFiles>> open_journals_or_one(const std::string& path);

}  // namespace hb::cli
