// Rows of the records, told: in words, as JSON with the schema's field names, and as CSV.
//
// The words have no line's end.  CSV is RFC 4180 with the JSON's names and values: amounts fen,
// times microseconds; what does not apply to a row (a packet's kind, of a transfer) is empty.
// Hazard: a spreadsheet runs a cell that begins like a formula.  Such a text, also one that is so
// behind blanks and quotes, has an apostrophe in front, and so has a text that begins with an
// apostrophe: a program that reads the file removes the first one.  Numbers are as they are.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/archive/queries.h"

namespace hb::cli {

std::string text_of(const archive::SentEntry& entry);
std::string text_of(const archive::ReceivedEntry& entry);
std::string text_of(const archive::Movement& movement);
// "as of shard 0 event 17, shard 1 event 9 (3 events behind)".
std::string text_of(const std::vector<archive::AsOf>& as_of);

nlohmann::ordered_json json_of(const archive::SentEntry& entry);
nlohmann::ordered_json json_of(const archive::ReceivedEntry& entry);
nlohmann::ordered_json json_of(const archive::Movement& movement);
nlohmann::ordered_json json_of(const std::vector<archive::AsOf>& as_of);

// One line, with its end, of a row's names or values.
std::string csv_header(const nlohmann::ordered_json& row);
std::string csv_line(const nlohmann::ordered_json& row);

}  // namespace hb::cli
