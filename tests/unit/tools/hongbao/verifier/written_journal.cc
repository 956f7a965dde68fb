#include "tests/unit/tools/hongbao/verifier/written_journal.h"

#include "engine/base/assert.h"

namespace hb::test {

WrittenJournal::WrittenJournal(journal::Identity identity)
    : EventScript(Time(1'485'532'800'000'000)) {
  const journal::WriterOptions options{
      .segment_bytes = 1 << 18, .block_bytes_max = 1 << 14, .block_count = 4, .in_flight_max = 2};
  auto opened = journal::Writer::open(*storage_, identity, options, {});
  HB_ASSERT(opened);
  writer_ = *std::move(opened);
  while (writer_->room_bytes() == 0) writer_->poll();
}

Result<void> WrittenJournal::take(Sequence sequence, const EventHeader* record) {
  writer_->append(journal::Record{sequence, record}.bytes());
  writer_->flush();
  while (!writer_->idle()) writer_->poll();
  return {};
}

}  // namespace hb::test
