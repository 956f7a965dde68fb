#include "tools/hongbao/event_lines.h"

#include <fmt/format.h>

#include "tools/hongbao/text/event_text.h"

namespace hb::cli {

journal::Record journal_record(const archive::HistoryRecord& record) {
  return {record.sequence, reinterpret_cast<const EventHeader*>(record.record.data())};
}

std::string event_text(const archive::HistoryRecord& record) {
  return fmt::format("{:>2} {}", record.shard.value, to_text(journal_record(record)));
}

nlohmann::ordered_json event_json(const archive::HistoryRecord& record) {
  return to_json(record.shard, std::nullopt, journal_record(record));
}

}  // namespace hb::cli
