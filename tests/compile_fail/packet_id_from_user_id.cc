// expect: could not convert .user. from .StrongId<hb::UserTag,.*to .StrongId<hb::PacketTag
#include "engine/base/ids.h"

std::uint64_t number(hb::PacketId packet) {
  return packet.value;
}

std::uint64_t number_of(hb::UserId user) {
#ifdef HB_MUST_NOT_COMPILE
  return number(user);
#else
  return number(hb::PacketId(user.value));
#endif
}
