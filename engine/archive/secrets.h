// What no client may read of a record: the journal and the archive hold it, answers do not.
//
// A packet's seed gives every share before it is claimed.  A claim code is short, so anything that
// depends on it and on what a client can know lets the code be found by trying: its tag, once the
// seed is known, and the fingerprint of the command that sent the packet.
//
// In what clients get, a packet_sent record's fingerprint is 0, its code_tag is 1 where a code is
// needed, and its seed is 0 while the packet may be open.  ShowPacket answers with the seed of a
// closed packet.
//
// Every record that leaves the engine passes through here: histories (history.cc) and the feed
// (feed.cc).
#pragma once

#include <cstddef>
#include <span>

namespace hb::archive {

enum class SeedOf : bool { open_packet, closed_packet };

// Removes them from one whole record; other types than packet_sent hold none.
void hide_secrets(std::span<std::byte> record, SeedOf packet);

}  // namespace hb::archive
