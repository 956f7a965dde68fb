// Commands and replies as one line of text: every field by name.
//
// The same function writes what the engine said and what the model says, so two texts are equal
// exactly when every field is; and a difference can be read.
#pragma once

#include <string>

#include "engine/archive/queries.h"
#include "engine/ledger/commands.h"

namespace hb::model {

// All that `command` asks for but its key.  `batch` holds its variable parts.  Two commands have
// the same parameters when their texts are equal.
std::string parameters_of(const Command& command, const CommandBatch& batch);

// The same with the key, for people.
std::string text_of(const Command& command, const CommandBatch& batch);

// `batch` holds the reply's variable parts.
std::string text_of(const Reply& reply, const ReplyBatch& batch);

// Everything but a movement's sequence.
std::string text_of(const archive::SentEntry& entry);
std::string text_of(const archive::ReceivedEntry& entry);
std::string text_of(const archive::Movement& movement);

}  // namespace hb::model
