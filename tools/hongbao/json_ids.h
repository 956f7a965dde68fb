// Ids in JSON as strings, for readers that keep numbers as doubles: JavaScript's JSON.parse rounds
// what is above 2^53, and ids go up to 2^64 - 1.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace hb::cli {

// Every id of a user, packet, transfer or case, whatever its size, so that a reader finds one type.
// All else stays as it is: amounts, times and sequences stay below 2^53.
nlohmann::ordered_json with_ids_as_strings(nlohmann::ordered_json json);

}  // namespace hb::cli
