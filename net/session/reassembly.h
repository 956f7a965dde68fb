// Claim batches that touch several shards: cut into one part a shard, joined again when all parts
// are answered, in the order of the client's claims.
//
// Cost:    a claim: one division-free hash of its packet id, 16 bytes copied in and out once more
// than on
//          the straight path.  Joints are reused, so nothing is allocated at steady state.
// Threads: none.  Belongs to its session.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"
#include "net/wire/messages.h"

namespace hb::net {

class JointAnswers {
 public:
  // One shard's share of the batch: claims to send, in the client's order.
  struct Part {
    ShardId shard;
    std::span<const ClaimItem> claims;
  };

  // What came of a batch when its last part is there.
  struct Joined {
    std::span<const ClaimAnswer> answers;  // valid until close()
    // Every part was refused as a whole: the batch is, with the last part's status.
    bool refused = false;
    Refusal refusal;
    Duration retry_after;  // the longest that an overloaded part asks for
  };

  // Sorts the claims by shard.  Returns the joint's index; its parts stay valid until close().
  std::uint32_t open(std::span<const ClaimItem> claims, std::uint16_t shard_count);
  std::uint32_t part_count(std::uint32_t joint) const;
  Part part(std::uint32_t joint, std::uint32_t part) const;

  // Part number `part` is answered; true when it was the last one open.  A refusal of the part is
  // the outcome of each of its claims.
  bool add(std::uint32_t joint, std::uint32_t part, const Reply& reply, const ReplyBatch& batch);
  Joined result(std::uint32_t joint) const;
  void close(std::uint32_t joint);

  // What the joints hold, in use or not.
  std::size_t memory_bytes() const { return memory_bytes_; }
  // Gives it back. REQUIRES: no joint is open.
  void release();

 private:
  struct Range {
    ShardId shard;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    bool answered = false;
  };
  struct Joint {
    std::vector<ClaimItem> claims;      // by shard, within a shard in the client's order
    std::vector<std::uint32_t> places;  // where each of these stands in the client's batch
    std::vector<ClaimAnswer> answers;   // in the client's order
    std::vector<Range> parts;
    std::uint32_t parts_open = 0;
    std::uint32_t parts_refused = 0;
    Refusal refusal;
    Duration retry_after;

    std::size_t memory_bytes() const;
  };

  void sort(Joint& joint, std::span<const ClaimItem> claims, std::uint16_t shard_count);

  std::vector<Joint> joints_;
  std::vector<std::uint32_t> free_;
  std::size_t memory_bytes_ = 0;
};

}  // namespace hb::net
