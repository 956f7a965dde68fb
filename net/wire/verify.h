// Inside net/wire: nothing of a payload is read before it is verified.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/base/assert.h"
#include "net/wire/frame.h"

namespace hb::net {

inline bool aligned(const void* at) {
  return reinterpret_cast<std::uintptr_t>(at) % frame_alignment == 0;
}

// The root table, or null where the bytes are not one.  No message of ours nests deeper or has more
// tables than the bounds here, and so no input can make the verifier run long.
template <class Root>
const Root* verified(std::span<const std::byte> payload) {
  HB_ASSERT(aligned(payload.data()));
  flatbuffers::Verifier::Options bounds;
  bounds.max_depth = 8;
  bounds.max_tables = 8;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(payload.data());
  flatbuffers::Verifier verifier(bytes, payload.size(), bounds);
  return verifier.VerifyBuffer<Root>() ? flatbuffers::GetRoot<Root>(bytes) : nullptr;
}

// A vector of structs as the engine's equal type, without touching it; empty where it is absent,
// nothing where the elements do not lie at a multiple of 8 (which the verifier does not check).
template <class Ours, class Theirs>
std::optional<std::span<const Ours>> structs(const flatbuffers::Vector<const Theirs*>* vector) {
  static_assert(sizeof(Ours) == sizeof(Theirs));
  if (vector == nullptr || vector->size() == 0) return std::span<const Ours>();
  if (!aligned(vector->Data())) return std::nullopt;
  return std::span<const Ours>(reinterpret_cast<const Ours*>(vector->Data()), vector->size());
}

}  // namespace hb::net
