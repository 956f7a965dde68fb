// A history of one shard in a journal in memory, written as a server writes it: a block for each
// event.
#pragma once

#include <memory>
#include <span>

#include "engine/journal/writer.h"
#include "tests/support/memory_storage.h"
#include "tests/unit/tools/hongbao/verifier/event_script.h"

namespace hb::test {

class WrittenJournal : public EventScript {
 public:
  explicit WrittenJournal(journal::Identity identity = {ShardId(0), 1});

  MemoryStorage& storage() { return *storage_; }

 private:
  Result<void> take(Sequence sequence, const EventHeader* record) override;

  std::unique_ptr<MemoryStorage> storage_ = std::make_unique<MemoryStorage>();
  std::unique_ptr<journal::Writer> writer_;
};

}  // namespace hb::test
