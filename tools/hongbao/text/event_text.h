// Events and the ends of journals, told to a person and to a program.
//
// A packet's seed is never told, only its SHA-256: whoever knows the seed of an open packet knows
// the shares to come.  Nor is the tag of its claim code.
//
// Records come from files, so no length or value in them is trusted: any bytes can be told.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/journal/reader.h"

namespace hb {

// "     17  2025-01-31T12:00:00.123456Z  claimed            packet 4097 user 12 share_index 3
// amount 1.23", without a line's end.  An event of a newer version is told by its type and length.
std::string to_text(const journal::Record& record);

// The same with its place; field names as in the schema, units as in engine/ledger/events.h.
// Without a position: of an event that comes from no file.
nlohmann::ordered_json to_json(ShardId shard, std::optional<journal::Position> position,
                               const journal::Record& record);

// "claimed"; "unknown" of a newer version's.
std::string_view event_name(EventType type);

// A reader's error with the directory in front of the file that it names.
Error in_directory(const std::string& directory, Error error);

// "tail clean", or where and why it is not.
std::string tail_text(const journal::Tail& tail);
nlohmann::ordered_json tail_json(const journal::Tail& tail);

}  // namespace hb
