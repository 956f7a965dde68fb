// Events that a server tells, as `hongbao journal cat` prints those of files.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "engine/archive/queries.h"
#include "engine/journal/reader.h"

namespace hb::cli {

// Its record as the journal's reader would give it; lives as long as `record`.
journal::Record journal_record(const archive::HistoryRecord& record);

// " 0       17  2025-01-31T12:00:00.123456Z  claimed  ...": the shard, then the event.
std::string event_text(const archive::HistoryRecord& record);
nlohmann::ordered_json event_json(const archive::HistoryRecord& record);

}  // namespace hb::cli
