// The client's side of the wire, outwards: requests to frames.
//
// Each function returns one whole frame, header included, which lies in the encoder's own buffer
// and is valid until the next call.
//
// Threads: none.  One encoder a connection.
#pragma once

#include <flatbuffers/flatbuffer_builder.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "net/wire/messages.h"

namespace hb::net {

// What a command refers to by range or index; its own ranges and indices are not looked at.
struct CommandParts {
  std::span<const UserId> recipients{};  // of a SendPacket
  std::string_view note{};               // of a support command
};

class RequestEncoder {
 public:
  using Frame = std::span<const std::byte>;

  Frame hello(std::uint64_t id, const Hello& hello);
  Frame ping(std::uint64_t id);

  // Any alternative of hb::Command but ClaimBatch, any of archive::Query, or a ClaimItem.  deadline
  // 0: none.
  template <class Command>
  Frame command(std::uint64_t id, Time deadline, const Command& command,
                const CommandParts& parts = {});
  Frame claims(std::uint64_t id, Time deadline, std::span<const ClaimItem> claims);

 private:
  flatbuffers::FlatBufferBuilder builder_;
};

}  // namespace hb::net
