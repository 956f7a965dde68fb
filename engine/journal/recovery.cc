#include "engine/journal/recovery.h"

namespace hb::journal {
namespace {

Result<void> cut(Storage& storage, Position from) {
  const auto file = storage.open(segment_name(from.segment), OpenMode::read_write);
  if (!file) return fail(file.error());
  auto done = storage.cut(*file, from.offset);
  storage.close(*file);
  return done;
}

}  // namespace

// The last good segment is cut even when its tail is clean: a process that was killed may have left
// good blocks that can be read but are not durable yet, and from now on they count.
Result<Tail> cut_tail(Storage& storage, const Tail& tail) {
  // A segment that was begun in vain goes first.  While it held anything, the one before would have
  // to be complete, and that one may be written next.
  if (tail.torn() && tail.torn_at.segment != tail.end.segment) {
    if (auto r = cut(storage, {tail.torn_at.segment, 0}); !r) return fail(std::move(r.error()));
  }
  if (tail.end.segment != 0) {
    if (auto r = cut(storage, tail.end); !r) return fail(std::move(r.error()));
  }
  return tail;
}

}  // namespace hb::journal
