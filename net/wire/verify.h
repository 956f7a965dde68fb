// Inside net/wire: nothing of a payload is read before it is verified.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#include "engine/base/assert.h"
#include "net/wire/frame.h"

namespace hb::net {

inline bool aligned(const void* at) {
  return reinterpret_cast<std::uintptr_t>(at) % frame_alignment == 0;
}

// The root table, or null where the bytes are not one.  No message of ours nests deeper than the
// bound here or has more tables than tables_max, and so no input can make the verifier run long.
template <class Root>
const Root* verified(std::span<const std::byte> payload, flatbuffers::uoffset_t tables_max) {
  HB_ASSERT(aligned(payload.data()));
  flatbuffers::Verifier::Options bounds;
  bounds.max_depth = 8;
  bounds.max_tables = tables_max;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(payload.data());
  flatbuffers::Verifier verifier(bytes, payload.size(), bounds);
  return verifier.VerifyBuffer<Root>() ? flatbuffers::GetRoot<Root>(bytes) : nullptr;
}

// A vector of structs or numbers as the engine's equal type, without touching it; empty where it is
// absent, nothing where elements of several bytes do not lie at a multiple of 8 (which the
// verifier does not check).
template <class Ours, class Theirs>
std::optional<std::span<const Ours>> elements(const flatbuffers::Vector<Theirs>* vector) {
  static_assert(sizeof(Ours) == sizeof(std::remove_pointer_t<Theirs>));
  static_assert(alignof(Ours) <= frame_alignment);
  if (vector == nullptr || vector->size() == 0) return std::span<const Ours>();
  if (alignof(Ours) > 1 && !aligned(vector->Data())) return std::nullopt;
  return std::span<const Ours>(reinterpret_cast<const Ours*>(vector->Data()), vector->size());
}

}  // namespace hb::net
