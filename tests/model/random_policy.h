// Policies of many sorts: tight and wide limits, caps, other days, other splits.
#pragma once

#include "engine/base/units.h"
#include "engine/ledger/policy.h"
#include "tests/model/dice.h"

namespace hb::model {

// A valid policy for an episode that starts at `start`.
Policy random_policy(Dice& dice, Time start);

// Another one that counts days and caps alike: what a restart may bring.
Policy changed_policy(Dice& dice, const Policy& before, Time now);

}  // namespace hb::model
