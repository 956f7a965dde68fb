#include "tools/hongbao/json_ids.h"

#include <algorithm>
#include <string_view>

namespace hb::cli {

namespace {

constexpr std::string_view id_names[] = {"user",   "sender",   "recipient", "recipients",
                                         "packet", "transfer", "subject",   "case_id"};

void turn_into_text(nlohmann::ordered_json& value) {
  if (value.is_number_integer()) value = value.dump();
  if (value.is_array()) {
    for (auto& item : value) turn_into_text(item);
  }
}

}  // namespace

nlohmann::ordered_json with_ids_as_strings(nlohmann::ordered_json json) {
  for (auto& [name, value] : json.items()) {
    const bool is_id = json.is_object() && std::ranges::count(id_names, name) > 0;
    if (is_id && !value.is_object()) turn_into_text(value);
    if (value.is_structured()) value = with_ids_as_strings(std::move(value));
  }
  return json;
}

}  // namespace hb::cli
