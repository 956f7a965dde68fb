// The client's side of the wire, inwards: a frame's payload to a response.
//
// Cost:    verification and conversion; vectors and texts stay views of the payload.  No allocation
//          but for the server's version in Welcome, the rows of a page and the records of a history
//          or feed.
// Threads: any.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "net/wire/messages.h"

namespace hb::net {

// Nothing where the bytes are no response.  An answer of a kind that this client does not know is
// NoAnswer.  REQUIRES: the payload lies at a multiple of 8.
std::optional<Response> decode_response(std::span<const std::byte> payload);

}  // namespace hb::net
