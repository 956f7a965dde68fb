#include "engine/archive/provenance.h"

#include <algorithm>

#include "engine/journal/follower.h"

namespace hb::archive {
namespace {

Result<Provenance> find(const Mark& mark, const JournalSource& source) {
  if (mark == Mark{}) return Provenance::own;
  if (mark.last > source.durable()) return Provenance::ahead;
  journal::Follower follower(*source.storage, source.identity, mark.last);
  const auto block = follower.next(mark.last);
  if (!block) return fail(block.error());
  const bool same = *block && (*block)->header().checksum == mark.block;
  return same ? Provenance::own : Provenance::foreign;
}

}  // namespace

Result<Provenance> find_provenance(const Archive& archive,
                                   const std::vector<JournalSource>& sources) {
  Provenance of_all = Provenance::own;
  for (const JournalSource& source : sources) {
    const auto mark = archive.mark(source.identity.shard);
    if (!mark) return fail(mark.error());
    const auto of_one = find(*mark, source);
    if (!of_one) return of_one;
    of_all = std::max(of_all, *of_one);
  }
  return of_all;
}

}  // namespace hb::archive
