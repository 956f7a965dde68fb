#include "engine/archive/secrets.h"

#include <cstring>

#include "engine/base/assert.h"
#include "engine/ledger/events.h"

namespace hb::archive {

// The record may lie anywhere, so its fields are copied rather than read in place.
void hide_secrets(std::span<std::byte> record, SeedOf packet) {
  static_assert(offsetof(PacketSent, type) == 0 && sizeof(EventType) == 1);
  if (record[0] != static_cast<std::byte>(EventType::packet_sent)) return;
  constexpr std::size_t fixed_bytes = offsetof(PacketSent, texts);
  HB_ASSERT(record.size() >= fixed_bytes);
  PacketSent event;
  std::memcpy(static_cast<void*>(&event), record.data(), fixed_bytes);
  event.fingerprint = 0;
  if (event.code_tag != 0) event.code_tag = 1;
  if (packet == SeedOf::open_packet) event.seed = PrfKey{};
  std::memcpy(record.data(), &event, fixed_bytes);
}

}  // namespace hb::archive
