// What no client may read of a record: the journal and the archive hold it, answers do not.
//
// A packet's seed gives every share before it is claimed.  A claim code is short, so anything that
// depends on it and on what a client can know lets the code be found by trying: its tag, once the
// seed is known; the fingerprint of the command that sent the packet; and that command's key, under
// which the server itself says whether another command has the same parameters.
//
// In what clients get, a packet_sent record's fingerprint is 0, its code_tag is 1 where a code is
// needed, and then its key is 0; its seed is 0 while the packet may be open.  ShowPacket answers
// with the seed of a closed packet.  A reference_requested record may speak of the same command and
// does not say whether that had a code: its key and fingerprint are 0.
//
// Every record that leaves the engine passes through here: histories (history.cc) and the feed
// (feed.cc).
#pragma once

#include <cstddef>
#include <span>

namespace hb::archive {

enum class SeedOf : bool { open_packet, closed_packet };

// Removes them from one whole record.
void hide_secrets(std::span<std::byte> record, SeedOf packet);

}  // namespace hb::archive
