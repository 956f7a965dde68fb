#include "engine/archive/provenance.h"

#include "engine/journal/follower.h"

namespace hb::archive {
namespace {

Result<void> check(const Mark& mark, const JournalSource& source) {
  if (mark == Mark{}) return {};
  if (mark.last > source.durable()) {
    return fail(ErrorCode::damaged, "archive: it is ahead of the journals");
  }
  journal::Follower follower(*source.storage, source.identity, mark.last);
  const auto block = follower.next(mark.last);
  if (!block) return fail(block.error());
  if (!*block || (*block)->header().checksum != mark.block) {
    return fail(ErrorCode::damaged, "archive: it was made from other journals");
  }
  return {};
}

}  // namespace

Result<void> check_provenance(const Archive& archive, const std::vector<JournalSource>& sources) {
  for (const JournalSource& source : sources) {
    const auto mark = archive.mark(source.identity.shard);
    if (!mark) return fail(mark.error());
    if (Result<void> same = check(*mark, source); !same) return same;
  }
  return {};
}

}  // namespace hb::archive
