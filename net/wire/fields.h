// Inside net/wire: the kinds of fields that many messages have, in FlatBuffers and in the engine.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/text.h"

namespace hb::net {

// ---- out of a buffer ----------------------------------------------------------------------------

// Empty where the text is absent.
inline std::string_view view(const flatbuffers::String* from) {
  return from == nullptr ? std::string_view() : std::string_view(from->c_str(), from->size());
}

// False: the text is longer than its place.
template <std::size_t Capacity>
bool read(const flatbuffers::String* from, ShortText<Capacity>& to) {
  if (view(from).size() > Capacity) return false;
  to = ShortText<Capacity>(view(from));
  return true;
}

// False: absent, or of another size.
template <std::size_t Size>
bool read(const flatbuffers::Vector<std::uint8_t>* from, std::array<std::byte, Size>& to) {
  if (from == nullptr || from->size() != Size) return false;
  std::memcpy(to.data(), from->Data(), Size);
  return true;
}

// ---- into a buffer ------------------------------------------------------------------------------

// What is empty is left out: the same to a reader.
inline flatbuffers::Offset<flatbuffers::String> text(flatbuffers::FlatBufferBuilder& builder,
                                                     std::string_view from) {
  if (from.empty()) return {};
  return builder.CreateString(from.data(), from.size());
}

inline flatbuffers::Offset<flatbuffers::Vector<std::uint64_t>> ids(
    flatbuffers::FlatBufferBuilder& builder, std::span<const UserId> from) {
  static_assert(sizeof(UserId) == sizeof(std::uint64_t));
  if (from.empty()) return {};
  return builder.CreateVector(reinterpret_cast<const std::uint64_t*>(from.data()), from.size());
}

inline flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> bytes(
    flatbuffers::FlatBufferBuilder& builder, std::span<const std::byte> from) {
  return builder.CreateVector(reinterpret_cast<const std::uint8_t*>(from.data()), from.size());
}

}  // namespace hb::net
