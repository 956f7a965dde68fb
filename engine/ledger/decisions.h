// Inside engine/ledger: what the files of rules share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "engine/base/checksum.h"
#include "engine/base/partition.h"
#include "engine/base/text.h"
#include "engine/ledger/events.h"
#include "engine/ledger/ledger.h"

namespace hb {

inline Verdict refuse(Status status, std::int64_t limit = 0) {
  return {.status = status, .limit = limit};
}

// What makes two commands with one key "the same".
class Fingerprint {
 public:
  explicit Fingerprint(EventType type) { add(static_cast<std::uint64_t>(type)); }
  Fingerprint& add(std::uint64_t word) {
    hash_ = mix64(hash_ ^ word) + 0x9e3779b97f4a7c15;
    return *this;
  }
  Fingerprint& add(std::string_view text) {
    add(text.size());
    return add(checksum64(std::as_bytes(std::span(text.data(), text.size()))));
  }
  Fingerprint& add(Amount amount) { return add(static_cast<std::uint64_t>(amount.fen())); }
  Fingerprint& add(Time time) { return add(static_cast<std::uint64_t>(time.us())); }
  Fingerprint& add(Duration duration) { return add(static_cast<std::uint64_t>(duration.us())); }
  // A parameter that came later: with its default the fingerprint is what it was before.
  Fingerprint& add_unless_default(std::uint64_t tag, std::uint64_t word) {
    return word == 0 ? *this : add(tag).add(word);
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0;
};

// Copies texts side by side into an event's place for them.
template <std::size_t room>
void put_texts(char (&place)[room], std::initializer_list<std::string_view> texts) {
  char* at = place;
  for (const std::string_view text : texts) at += text.copy(at, text.size());
}

// What every support command must bring along.
inline Verdict check_support(const Operator& by, std::string_view note) {
  if (by.empty()) return refuse(Status::operator_missing);
  if (!valid_utf8(by.view()) || !valid_utf8(note)) return refuse(Status::text_invalid);
  return {};
}

inline FreezeSet freeze_event(EventType type, Time now, std::uint64_t subject, Key128 key,
                              std::uint64_t fingerprint, const Operator& by,
                              std::string_view note) {
  FreezeSet event{.type = type,
                  .note_bytes = static_cast<std::uint16_t>(note.size()),
                  .operator_bytes = static_cast<std::uint16_t>(by.size()),
                  .at = now,
                  .subject = subject,
                  .fingerprint = fingerprint,
                  .key = key};
  event.units = units_for(event.bytes());
  put_texts(event.texts, {by.view(), note});
  return event;
}

}  // namespace hb
