// Frames: how FlatBuffers are cut out of a stream of bytes.
//
//   offset  bytes  what
//        0      4  payload bytes, little-endian; a multiple of 8, at least 8
//        4      2  magic: 'H' 'B'
//        6      2  reserved, 0
//        8      n  payload: one FlatBuffer, zero bytes after it up to the multiple of 8
//
// So every frame is a multiple of 8 long, and in a buffer that starts at a multiple of 8 each
// payload lies where its 8-byte fields are aligned.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace hb::net {

static_assert(std::endian::native == std::endian::little, "headers are copied, not converted");

struct FrameHeader {
  static constexpr std::uint16_t magic_value = 0x4248;  // 'H' 'B'
  std::uint32_t payload_bytes = 0;
  std::uint16_t magic = magic_value;
  std::uint16_t reserved = 0;
};
static_assert(sizeof(FrameHeader) == 8);

inline constexpr std::size_t frame_alignment = 8;

enum class FrameState : std::uint8_t {
  incomplete,  // more bytes are needed
  complete,
  malformed,  // these bytes are no frame, whatever follows
  too_large,  // a frame, but longer than the cap
};

struct FrameView {
  FrameState state = FrameState::incomplete;
  std::size_t frame_bytes = 0;  // header included; 0 until the header is there
  std::span<const std::byte> payload;
};

// The first frame of the bytes.  payload_bytes_max is the cap on the payload.
inline FrameView first_frame(std::span<const std::byte> bytes, std::size_t payload_bytes_max) {
  FrameHeader header;
  if (bytes.size() < sizeof(header)) return {};
  std::memcpy(&header, bytes.data(), sizeof(header));
  const bool sane = header.magic == FrameHeader::magic_value && header.reserved == 0 &&
                    header.payload_bytes != 0 && header.payload_bytes % frame_alignment == 0;
  if (!sane) return {FrameState::malformed, 0, {}};
  if (header.payload_bytes > payload_bytes_max) return {FrameState::too_large, 0, {}};
  const std::size_t frame_bytes = sizeof(header) + header.payload_bytes;
  if (bytes.size() < frame_bytes) return {FrameState::incomplete, frame_bytes, {}};
  return {FrameState::complete, frame_bytes, bytes.subspan(sizeof(header), header.payload_bytes)};
}

}  // namespace hb::net
