// Inside net/wire: a FlatBuffer that is built becomes a frame.
#pragma once

#include <flatbuffers/flatbuffer_builder.h>

#include <cstddef>
#include <span>

#include "net/wire/frame.h"

namespace hb::net {

// Ends the buffer under `root` and puts the header before it, in the builder's own memory.
template <class Table>
std::span<const std::byte> finish_frame(flatbuffers::FlatBufferBuilder& builder,
                                        flatbuffers::Offset<Table> root) {
  builder.TrackMinAlign(frame_alignment);  // makes the payload a multiple of 8
  builder.Finish(root);
  FrameHeader header;
  header.payload_bytes = builder.GetSize();
  builder.PushBytes(reinterpret_cast<const std::uint8_t*>(&header), sizeof(header));
  return {reinterpret_cast<const std::byte*>(builder.GetBufferPointer()), builder.GetSize()};
}

}  // namespace hb::net
