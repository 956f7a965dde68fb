// A packet as `hongbao show PACKET --json` printed it, read back.
#pragma once

#include <string_view>

#include "engine/base/result.h"
#include "net/client/client.h"

namespace hb::cli {

// Takes what a draw is checked by: the packet's terms and state, its claims' users and amounts,
// commitment and seed.  The rest is left as it is in a fresh record.
//
// Errors: invalid, for anything else than such an object; the message names the first field that is
//         missing or no such value.
Result<net::PacketRecord> parse_shown(std::string_view text);

}  // namespace hb::cli
