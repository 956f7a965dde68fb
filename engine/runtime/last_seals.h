// DIR/SEALED: the newest seal of each shard, remembered outside of the shards' directories.
//
// When a shard's newest segments are lost together with their seals, this still proves that they
// existed.  The file may lag behind the seals, and may be missing: then it only proves less.
//
//   hongbao-sealed 1
//   shard 0 segment 7 last_sequence 812345
//   sha256 <of the lines before>
//
// It is replaced atomically, at most once each 10 seconds and at a clean stop, so that its syncs do
// not disturb the journals.
//
// Threads: one at a time.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/journal/segment_seal.h"

namespace hb {

// Of one shard.  Segment 0: none.
struct LastSeal {
  std::uint64_t segment = 0;
  Sequence last_sequence{};
};

class LastSeals {
 public:
  static constexpr const char* file_name = "SEALED";

  // `directory_fd` is the data directory's and outlives the object; `seals` is what read() returned.
  LastSeals(int directory_fd, std::string directory, std::vector<LastSeal> seals);
  // Writes what has not been written.
  ~LastSeals();
  LastSeals(const LastSeals&) = delete;
  LastSeals& operator=(const LastSeals&) = delete;

  // What the file says; no seals when there is no file.  Damaged when it is not what was written.
  static Result<std::vector<LastSeal>> read(int directory_fd, const std::string& directory,
                                            std::uint16_t shard_count);

  // Takes back the shard's seals from segment `lost` on.  Durable when it returns.
  Result<void> take_back(ShardId shard, std::uint64_t lost);

  // The shard has a new seal.  A failure to write is logged and made up for at the next call.
  void add(ShardId shard, const journal::Seal& seal);

 private:
  Result<void> write();
  void write_or_log();

  const int directory_fd_;
  const std::string directory_;
  std::vector<LastSeal> seals_;
  bool written_ = true;
  std::chrono::steady_clock::time_point written_at_{};
};

}  // namespace hb
