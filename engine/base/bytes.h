// Small questions about runs of bytes, at the C library's speed.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>

namespace hb {

// True when every byte is `value`: the first is, and each equals its neighbour, which memcmp finds
// out in wide words.
inline bool all_bytes_are(std::byte value, std::span<const std::byte> bytes) {
  return bytes.empty() ||
         (bytes[0] == value && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

inline bool all_zero(std::span<const std::byte> bytes) {
  return all_bytes_are(std::byte{0}, bytes);
}

}  // namespace hb
