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

#include "net/wire/messages.h"

namespace hb::net {

class RequestEncoder {
 public:
  using Frame = std::span<const std::byte>;

  Frame hello(std::uint64_t id, const Hello& hello);
  Frame ping(std::uint64_t id);

  // deadline 0: none.
  Frame command(std::uint64_t id, Time deadline, const OpenWallet& command);
  Frame command(std::uint64_t id, Time deadline, const Deposit& command);
  Frame command(std::uint64_t id, Time deadline, const Withdraw& command);
  Frame command(std::uint64_t id, Time deadline, const ShowWallet& command);
  Frame command(std::uint64_t id, Time deadline, const SendPacket& command);
  Frame command(std::uint64_t id, Time deadline, const ClaimItem& claim);
  Frame command(std::uint64_t id, Time deadline, const PeekPacket& command);
  Frame command(std::uint64_t id, Time deadline, const ShowPacket& command);
  Frame claims(std::uint64_t id, Time deadline, std::span<const ClaimItem> claims);

 private:
  flatbuffers::FlatBufferBuilder builder_;
};

}  // namespace hb::net
