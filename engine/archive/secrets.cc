#include "engine/archive/secrets.h"

#include <cstring>

#include "engine/base/assert.h"
#include "engine/ledger/events.h"

namespace hb::archive {

namespace {

// Changes the first `fixed_bytes` of the record, if it is an Event.  The record may lie anywhere,
// so its fields are copied rather than read in place.
template <class Event, std::size_t fixed_bytes, class Change>
void change(std::span<std::byte> record, Change&& how) {
  static_assert(offsetof(Event, type) == 0 && sizeof(EventType) == 1);
  if (record[0] != static_cast<std::byte>(Event::event_type)) return;
  HB_ASSERT(record.size() >= fixed_bytes);
  Event event;
  std::memcpy(static_cast<void*>(&event), record.data(), fixed_bytes);
  how(event);
  std::memcpy(record.data(), &event, fixed_bytes);
}

}  // namespace

void hide_secrets(std::span<std::byte> record, SeedOf packet) {
  change<PacketSent, offsetof(PacketSent, texts)>(record, [packet](PacketSent& event) {
    event.fingerprint = 0;
    if (event.code_tag != 0) {
      event.code_tag = 1;
      event.key = Key128{};
    }
    if (packet == SeedOf::open_packet) event.seed = PrfKey{};
  });
  change<ReferenceRequested, sizeof(ReferenceRequested)>(record, [](ReferenceRequested& event) {
    event.fingerprint = 0;
    event.key = Key128{};
  });
}

}  // namespace hb::archive
