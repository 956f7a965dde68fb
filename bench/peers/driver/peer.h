// What the driver asks of a peer, whichever it is.
//
// Errors:  a peer that cannot be reached, breaks a connection or answers with an error is a failing
//          environment, a Result.
// Threads: none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/peers/driver/work.h"
#include "engine/base/result.h"
#include "engine/ledger/commands.h"

namespace hb::bench {

// What one claim was told, in fen: what it won; 0, the packet is sold out; below 0, what the user
// won earlier, negated.
using ClaimOutcome = std::int64_t;

// One request's answer.
struct PeerAnswer {
  bool again = false;  // the peer undid the request, and it shall be asked once more
  std::span<const ClaimOutcome> outcomes;
};

// One connection.  Requests are answered in the order they were asked.
class PeerLink {
 public:
  virtual ~PeerLink() = default;

  virtual int descriptor() const = 0;
  // Queues one request for these claims.
  virtual Result<void> ask(std::span<const ClaimItem> claims) = 0;
  // Sends what is queued.  False: the socket did not take all of it.
  virtual Result<bool> flush() = 0;
  // Takes in what has come, and tells each answer that is whole.
  virtual Result<void> read(const std::function<void(const PeerAnswer&)>& answered) = 0;
};

// The books, as they are after a run.
struct Books {
  Amount in_wallets{};
  Amount in_packets{};
  std::uint64_t claims = 0;          // that packets know of
  std::uint64_t broken_packets = 0;  // whose claims and rest are not their total
};

class Peer {
 public:
  virtual ~Peer() = default;

  virtual std::string version() const = 0;
  // Makes the packets and wallets, in an empty peer.
  virtual Result<void> prepare(const Work& work) = 0;
  // `batch`: claims of a request at most.
  virtual Result<std::unique_ptr<PeerLink>> connect(std::uint32_t batch) = 0;
  virtual Result<Books> audit(const Work& work) = 0;
};

}  // namespace hb::bench
