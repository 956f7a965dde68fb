// The server's side of the wire, inwards: a frame's payload to a request.
//
// Cost:    verification and conversion; claims, ids and notes are not touched, they stay views of
//          the payload.  No allocation.
// Threads: any.
#pragma once

#include <cstddef>
#include <span>

#include "net/wire/messages.h"

namespace hb::net {

// Never fails: what holds no command becomes a Refusal with frame_malformed (nothing in it can be
// believed, the id is 0), command_unknown, or with text_too_long, recipients_out_of_range or
// cursor_invalid where a part has no place in the engine.  UTF-8, values of enumerations and the
// product's rules are the ledger's to check.  REQUIRES: the payload lies at a multiple of 8.
Request decode_request(std::span<const std::byte> payload);

}  // namespace hb::net
