// A shard's journal, as those see it who read it while it is written.
#pragma once

#include <functional>

#include "engine/base/ids.h"
#include "engine/journal/format.h"
#include "engine/port/storage.h"

namespace hb::archive {

struct JournalSource {
  Storage* storage = nullptr;
  journal::Identity identity{};
  std::function<Sequence()> durable{};  // the last durable event; from any thread, never decreasing
};

}  // namespace hb::archive
