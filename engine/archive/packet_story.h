// A packet or transfer as its events tell it: what lists show of it.
#pragma once

#include <map>
#include <optional>

#include "engine/archive/archive.h"
#include "engine/archive/queries.h"
#include "engine/base/result.h"

namespace hb::archive {

struct StoryShare {
  Amount amount{};
  ShareState state = ShareState::held;
};

struct PacketStory {
  SentEntry entry{};
  UserId sender{};
  std::map<UserId, StoryShare> shares{};  // a transfer's is its recipient's
};

// Nothing when no event made it.
Result<std::optional<PacketStory>> read_story(const View& view, PacketId packet);

}  // namespace hb::archive
