// The verifier's proof of the books, over the journals of an engine under test.
#pragma once

#include <optional>
#include <string>

#include "tests/model/engine_under_test.h"

namespace hb::model {

// What the proof finds wrong; nothing when the books balance.  REQUIRES: every shard is at rest.
std::optional<std::string> violation_in_journals(EngineUnderTest& engine);

}  // namespace hb::model
