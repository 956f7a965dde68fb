// What can be asked of a ledger, and what it answers: plain data on both sides.
//
// A command names one owner (a user or a packet), whose partition says which shard decides it.
// Commands and answers travel in batches whose variable parts (the claims of a batch, the claims
// of a packet) lie side by side in a vector of the batch; a command refers to its part by range.
// So a batch that is cleared and filled again allocates nothing.
//
// Units:   Amount fen, Time and Duration microseconds.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "engine/base/checksum.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/base/units.h"
#include "engine/ledger/status.h"

namespace hb {

using Remark = ShortText<limits::remark_bytes_max>;
using Group = ShortText<limits::group_bytes_max>;
using DisplayName = ShortText<limits::name_bytes_max>;

// Values stand in the journal and on the wire.
enum class PacketKind : std::uint8_t { lucky = 1, even = 2 };
enum class PacketState : std::uint8_t { open = 1, sold_out = 2, refunded = 3 };

// ---- commands ---------------------------------------------------------------------------------

struct OpenWallet {
  Key128 key{};
  UserId user{};
  DisplayName name{};
};

struct Deposit {
  Key128 key{};
  UserId user{};
  Amount amount{};
};

struct Withdraw {
  Key128 key{};
  UserId user{};
  Amount amount{};
};

struct ShowWallet {
  UserId user{};
};

struct SendPacket {
  Key128 key{};
  UserId sender{};
  Amount total{};
  std::uint32_t share_count = 0;
  PacketKind kind = PacketKind::lucky;
  Duration expires_in{};  // 0: the policy's default
  Remark remark{};
  Group group{};
};

struct ClaimItem {
  PacketId packet{};
  UserId user{};
};

// Needs no key: a user has at most one share of a packet, so the pair is the key.
struct ClaimBatch {
  std::uint32_t first = 0;  // range of CommandBatch::claims
  std::uint32_t count = 0;
};

// What `user` would see before tapping: state, and the user's own claim if there is one.
struct PeekPacket {
  PacketId packet{};
  UserId user{};
};

// The packet with its claims in order.
struct ShowPacket {
  PacketId packet{};
};

using Command = std::variant<OpenWallet, Deposit, Withdraw, ShowWallet, SendPacket, ClaimBatch,
                             PeekPacket, ShowPacket>;

// ---- answers ----------------------------------------------------------------------------------

// Nothing to tell but the status.
struct NoAnswer {};

struct WalletAnswer {
  UserId user{};
  Amount balance{};
  Time opened_at{};
  DisplayName name{};
};

struct SendAnswer {
  PacketId packet{};
  Time expires_at{};
  Digest256 seed_commitment{};  // SHA-256 of the packet's secret seed
};

// One claim's outcome.  amount, share_index and claimed_at hold for ok and already_claimed.
struct ClaimAnswer {
  Status status = Status::ok;
  std::uint16_t share_index = 0;  // from 0, in the order of claims
  std::uint32_t amount_fen = 0;
  Time claimed_at{};
};

struct ClaimBatchAnswer {
  std::uint32_t first = 0;  // range of ReplyBatch::claims, in the order of the command's claims
  std::uint32_t count = 0;
};

struct PacketSummary {
  PacketId packet{};
  UserId sender{};
  PacketKind kind = PacketKind::lucky;
  PacketState state = PacketState::open;
  std::uint16_t share_count = 0;
  std::uint16_t claimed_count = 0;
  Amount total{};
  Amount remaining{};  // in escrow
  Amount refunded{};
  Time sent_at{};
  Time expires_at{};
  Remark remark{};
  Group group{};
};

struct PeekAnswer {
  PacketSummary packet{};
  bool claimable = false;   // by this user, at this moment
  ClaimAnswer own_claim{};  // status already_claimed when there is one
};

struct PacketClaim {
  UserId user{};
  Amount amount{};
  Time claimed_at{};
};

struct ShowPacketAnswer {
  PacketSummary packet{};
  Digest256 seed_commitment{};
  std::uint32_t first = 0;  // range of ReplyBatch::packet_claims, in the order of claims
  std::uint32_t count = 0;
};

using Answer = std::variant<NoAnswer, WalletAnswer, SendAnswer, ClaimBatchAnswer, PeekAnswer,
                            ShowPacketAnswer>;

// ---- batches ----------------------------------------------------------------------------------

// Whom an answer goes to.  The engine carries it and does not look inside.
struct ReplyTo {
  std::uint64_t connection = 0;
  std::uint64_t request = 0;
};

struct CommandEnvelope {
  ReplyTo reply_to{};
  Time deadline{};  // 0: none
  Command command{};
};

struct CommandBatch {
  std::vector<CommandEnvelope> commands;
  std::vector<ClaimItem> claims;

  bool empty() const { return commands.empty(); }
  void clear() {
    commands.clear();
    claims.clear();
  }
};

struct Reply {
  ReplyTo to{};
  Status status = Status::ok;
  bool replayed = false;   // the answer of an earlier command with the same key
  std::int64_t limit = 0;  // the bound that a refusal names, see Status
  Answer answer{};
};

struct ReplyBatch {
  std::vector<Reply> replies;
  std::vector<ClaimAnswer> claims;
  std::vector<PacketClaim> packet_claims;

  bool empty() const { return replies.empty(); }
  void clear() {
    replies.clear();
    claims.clear();
    packet_claims.clear();
  }
};

}  // namespace hb
