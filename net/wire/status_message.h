// What a status says to a person: the rule that was hit, its value, and what to do.
#pragma once

#include <cstdint>

#include "engine/base/text.h"
#include "engine/ledger/status.h"

namespace hb::net {

using StatusText = ShortText<200>;

// One English sentence, without a full stop.  `limit` is the reply's, in the status's own unit.
StatusText status_message(Status status, std::int64_t limit);

}  // namespace hb::net
