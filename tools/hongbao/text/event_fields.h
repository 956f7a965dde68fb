// Where the fields of an event go when it is told: into a line of text, or into a JSON object.
//
// Both take the same calls, so an event's fields are listed once.  Names are those of the events
// and the schema; numbers, amounts and times are told raw to a program and readably to a person,
// who is spared what is empty, and the key.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/units.h"

namespace hb {

// "packet 4097 user 12 share_index 3 amount 1.23".
class TextFields {
 public:
  explicit TextFields(std::string& line) : line_(line) {}

  void number(std::string_view name, std::uint64_t n);
  // The same, but 0 means that there is none.
  void if_any(std::string_view name, std::uint64_t n);
  void fen(std::string_view name, std::int64_t fen);
  void time(std::string_view name, Time time);  // 0: none
  void duration_us(std::string_view name, Duration duration);
  void flag(std::string_view name, bool set);
  void word(std::string_view name, std::string_view word);  // of ours
  void text(std::string_view name, std::string_view text);  // of a stranger
  void users(std::string_view name, std::span<const UserId> users);
  void key(Key128) {}
  void seed_commitment(const std::string&) {}

 private:
  void add(std::string_view name, std::string_view value);

  std::string& line_;
  bool first_ = true;
};

class JsonFields {
 public:
  explicit JsonFields(nlohmann::ordered_json& object) : object_(object) {}

  void number(std::string_view name, std::uint64_t n);
  void if_any(std::string_view name, std::uint64_t n) { number(name, n); }
  void fen(std::string_view name, std::int64_t fen);
  void time(std::string_view name, Time time);
  void duration_us(std::string_view name, Duration duration);
  void flag(std::string_view name, bool set);
  void word(std::string_view name, std::string_view word);
  void text(std::string_view name, std::string_view text) { word(name, text); }
  void users(std::string_view name, std::span<const UserId> users);
  void key(Key128 key);
  // Empty: the record does not show it.
  void seed_commitment(const std::string& hex);

 private:
  nlohmann::ordered_json& object_;
};

}  // namespace hb
