// What proves that a journal once went further than it does now.
//
// A journal's newest segments can be lost as a whole: not restored, not mounted, removed by mistake.
// The rest is then good by itself.  Only something outside of it can show the loss: a seal, which is
// written once the next segment has a durable block; the record of the last seal; the archive, which
// takes in durable events only; another shard that received a message.
//
// Cost:   a listing and one small file.
// Errors: damaged and io, as the seals'.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/journal/reader.h"
#include "engine/port/storage.h"

namespace hb::journal {

struct Witness {
  std::string name{};         // what proves it: "00000004.seal"
  Sequence last{};            // an event that was durable
  std::uint64_t segment = 0;  // that was begun; 0: not known
};

// What the newest seal in the directory proves; nothing when there is none.
Result<std::optional<Witness>> newest_seal_witness(Storage& storage);

// What the seal of `segment`, whose last event is `last`, proves.
Witness seal_witness(std::string name, std::uint64_t segment, Sequence last);

// What is missing from a journal, at the least.
struct Loss {
  std::uint64_t events = 0;
  std::string what{};  // a sentence part: "at least 5 events are missing: ..."
};

// What the witnesses prove to be missing behind `tail`; nothing when it reaches as far as they do.
std::optional<Loss> find_loss(const Tail& tail, std::span<const Witness> witnesses);

}  // namespace hb::journal
