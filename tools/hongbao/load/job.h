// One request as a workload wants it made, and its way onto the wire.
//
// Memory: a job that is filled again keeps the room of its claims.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/ledger/commands.h"
#include "net/wire/request_encoder.h"

namespace hb::load {

struct Job {
  enum class Kind : std::uint8_t {
    claim,  // one claim by itself
    claim_batch,
    send,
    peek,
    show_packet,
    show_wallet,
    open_wallet,
    deposit,
  };

  Kind kind = Kind::claim;
  bool counted = true;            // false: a look at the books, no part of the load
  std::vector<ClaimItem> claims;  // claim, peek and show_packet have one
  Key128 key{};
  UserId user{};  // whose wallet
  Amount amount{};
  std::uint32_t share_count = 0;
  Duration expires_in{};

  // What the load counts: claims, or one command.
  std::uint32_t count() const {
    return kind == Kind::claim_batch ? static_cast<std::uint32_t>(claims.size()) : 1;
  }
  bool is_claim() const { return kind == Kind::claim || kind == Kind::claim_batch; }
  void claim(ClaimItem item) { claims.assign(1, item); }
};

// The job's frame, good until the encoder's next.
net::RequestEncoder::Frame encode(net::RequestEncoder& encoder, std::uint64_t id, const Job& job);

}  // namespace hb::load
