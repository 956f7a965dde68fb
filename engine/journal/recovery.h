// Recovery: reads a shard's journal from its start, and makes it ready to be written.
//
// Every block with records goes to the visitor, in order.  A torn tail is then cut: zeros, durably,
// before any append, so that no remains of it can ever be taken for a block.  Damage is an error
// that names file and offset, and then nothing on disk has been changed.
//
// Cost:    reading speed of the disk or 10 GB/s of checksums, and the visitor; see Reader.
// Threads: one; blocking.
// Errors:  as Reader's; io when the cut fails.  A crash inside recovery is harmless: it runs again.
#pragma once

#include <utility>

#include "engine/base/result.h"
#include "engine/journal/reader.h"
#include "engine/port/storage.h"

namespace hb::journal {

// Cuts what is torn and makes the rest durable.  Part of recover().
Result<Tail> cut_tail(Storage& storage, const Tail& tail);

// The reading half of recover(): nothing on disk is changed.
template <class Visit>
Result<Tail> replay(Storage& storage, const Identity& identity, Visit&& visit,
                    Progress progress = {}) {
  Result<Reader> reader = Reader::open(
      storage, {.identity = identity, .first_segment = 1, .progress = std::move(progress)});
  if (!reader) return fail(std::move(reader.error()));
  for (;;) {
    auto block = reader->next();
    if (!block) return fail(std::move(block.error()));
    if (!block->has_value()) break;
    visit(**block);
  }
  return reader->tail();
}

// Calls visit(const BlockView&) for every block with records.  Returns what Writer::open needs; its
// torn_at still says what was cut.
template <class Visit>
Result<Tail> recover(Storage& storage, const Identity& identity, Visit&& visit,
                     Progress progress = {}) {
  auto tail = replay(storage, identity, std::forward<Visit>(visit), std::move(progress));
  if (!tail) return tail;
  return cut_tail(storage, *tail);
}

}  // namespace hb::journal
