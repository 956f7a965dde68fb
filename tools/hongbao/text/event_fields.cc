#include "tools/hongbao/text/event_fields.h"

#include "engine/base/text.h"
#include "tools/hongbao/text/values.h"

namespace hb {

// ---- to a person --------------------------------------------------------------------------------

void TextFields::add(std::string_view name, std::string_view value) {
  if (!first_) line_ += ' ';
  first_ = false;
  line_ += name;
  if (!value.empty()) line_ += ' ';
  line_ += value;
}

void TextFields::number(std::string_view name, std::uint64_t n) {
  add(name, std::to_string(n));
}

void TextFields::if_any(std::string_view name, std::uint64_t n) {
  if (n != 0) number(name, n);
}

// The name without its unit: amounts are told in yuan.
void TextFields::fen(std::string_view name, std::int64_t fen) {
  constexpr std::string_view unit = "_fen";
  std::string bare(name);
  if (const std::size_t at = bare.find(unit); at != bare.npos) bare.erase(at, unit.size());
  add(bare, format_amount(Amount(fen)));
}

void TextFields::time(std::string_view name, Time time) {
  if (time != Time{}) add(name, format_time(time));
}

void TextFields::duration_us(std::string_view name, Duration duration) {
  add(name, format_duration(duration));
}

void TextFields::flag(std::string_view name, bool set) {
  if (set) add(name, {});
}

void TextFields::word(std::string_view name, std::string_view word) {
  add(name, word);
}

void TextFields::text(std::string_view name, std::string_view text) {
  if (!text.empty()) add(name, in_quotes(text));
}

void TextFields::users(std::string_view name, std::span<const UserId> users) {
  if (users.empty()) return;
  std::string ids;
  for (const UserId user : users) {
    if (!ids.empty()) ids += ',';
    ids += std::to_string(user.value);
  }
  add(name, ids);
}

// ---- to a program -------------------------------------------------------------------------------

void JsonFields::number(std::string_view name, std::uint64_t n) {
  object_[std::string(name)] = n;
}

void JsonFields::fen(std::string_view name, std::int64_t fen) {
  object_[std::string(name)] = fen;
}

void JsonFields::time(std::string_view name, Time time) {
  object_[std::string(name)] = time.us();
}

void JsonFields::duration_us(std::string_view name, Duration duration) {
  object_[std::string(name) + "_us"] = duration.us();
}

void JsonFields::flag(std::string_view name, bool set) {
  object_[std::string(name)] = set;
}

void JsonFields::word(std::string_view name, std::string_view word) {
  object_[std::string(name)] = word;
}

void JsonFields::users(std::string_view name, std::span<const UserId> users) {
  auto& ids = object_[std::string(name)] = nlohmann::ordered_json::array();
  for (const UserId user : users) ids.push_back(user.value);
}

void JsonFields::key(Key128 key) {
  word("key", format_key(key));
}

void JsonFields::seed_commitment(const std::string& hex) {
  auto& commitment = object_["seed_commitment"] = nullptr;
  if (!hex.empty()) commitment = hex;
}

}  // namespace hb
