// The server's side of the wire, outwards: answers to frames.
//
// Each function returns one whole frame, header included.  It lies in the encoder's own buffer and
// is valid until the next call, so the caller copies it to where it goes; nothing is allocated once
// the buffer has reached the size of the largest answer (but a page of a list takes a moment's
// memory).
//
// Asserts: a refusal that asks the client to come again (overloaded, records_unavailable) has a
// limit
//          above 0, which is the retry-after.
// Cost:    a claim of a batch: about the copy of its 16 bytes.
// Threads: none.  One encoder serves all sessions of a worker.
#pragma once

#include <flatbuffers/flatbuffer_builder.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/archive/queries.h"
#include "engine/ledger/commands.h"
#include "net/wire/messages.h"

namespace hb::net {

class ResponseEncoder {
 public:
  using Frame = std::span<const std::byte>;

  // The answer to anything but a claim.  `batch` holds the ranges that the answer refers to.
  Frame reply(std::uint64_t id, const Reply& reply, const ReplyBatch& batch);
  // The answer to one claim, in the response's own status.
  Frame claim(std::uint64_t id, const ClaimAnswer& answer);
  // The answers to a batch; `retry_after` tells how long to wait with those that are overloaded.
  Frame claims(std::uint64_t id, std::span<const ClaimAnswer> answers, Duration retry_after = {});
  // The answer to a query of the records; page_out_of_range where it would fill more than a frame.
  Frame query(std::uint64_t id, const archive::QueryReply& reply);
  // A status with its sentence and no answer; limit as the status says.
  Frame refusal(std::uint64_t id, Refusal refusal);
  Frame welcome(std::uint64_t id, const Welcome& welcome);
  Frame pong(std::uint64_t id, const Pong& pong);

 private:
  flatbuffers::FlatBufferBuilder builder_;
};

}  // namespace hb::net
