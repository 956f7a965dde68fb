// What can be asked of a ledger, and what it answers: plain data on both sides.
//
// A command names one owner (a user, a packet, a transfer or a case), whose partition says which
// shard decides it.  Commands and answers travel in batches whose variable parts (the claims of a
// batch, the recipients of a packet, ...) lie side by side in a vector of the batch; a command
// refers to its part by range or by index.  So a batch that is cleared and filled again allocates
// nothing.
//
// Units:   Amount fen, Time and Duration microseconds.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "engine/base/checksum.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/prf.h"
#include "engine/base/text.h"
#include "engine/base/units.h"
#include "engine/ledger/status.h"

namespace hb {

using Remark = ShortText<limits::remark_bytes_max>;
using Group = ShortText<limits::group_bytes_max>;
using DisplayName = ShortText<limits::name_bytes_max>;
using ClaimCode = ShortText<limits::code_bytes_max>;
using Reference = ShortText<limits::reference_bytes_max>;  // of an external rail, opaque
using Operator = ShortText<limits::operator_bytes_max>;    // who gives a support command
using Note = ShortText<limits::note_bytes_max>;            // why; for the history

// ---- enumerations: values stand in the journal and on the wire --------------------------------

enum class PacketKind : std::uint8_t {
  lucky = 1,      // shares by chance
  even = 2,       // all alike
  direct = 3,     // one share for one named user
  exclusive = 4,  // for named users only
};

enum class PacketState : std::uint8_t { open = 1, sold_out = 2, refunded = 3, recalled = 4 };

// How the shares of a packet come about.  A changed algorithm gets a new value: whoever has the
// seed can check a draw for ever.
enum class Split : std::uint8_t {
  by_kind = 0,      // in commands only: the policy's for lucky, equal for the others
  double_mean = 1,  // uniform up to twice the remaining mean
  order_fair = 2,   // double mean in a random order: every position has the same distribution
  equal = 3,
};

// An option that has a default.
enum class Choice : std::uint8_t { by_default = 0, yes = 1, no = 2 };

// Where a packet's money came from.
enum class FundingSource : std::uint8_t { wallet = 1, external = 2 };

// Where the unclaimed rest of an externally funded packet goes.
enum class RefundTarget : std::uint8_t { source = 1, wallet = 2 };

// What has become of a claimed share (or of an arrived transfer).
enum class ShareState : std::uint8_t {
  held = 0,
  returning = 1,  // the recipient's shard has been asked for the money
  returned = 2,
  returned_short = 3,  // by a case, and the recipient's wallet did not hold all of it
};

enum class TransferState : std::uint8_t {
  pending = 1,   // waits for the recipient
  accepted = 2,  // arrives later; the sender may still cancel
  arrived = 3,
  declined = 4,
  cancelled = 5,
  expired = 6,   // not accepted in time
  returned = 7,  // after arrival
  revoked = 8,   // by a case, before arrival
};

enum class CaseState : std::uint8_t { open = 1, refused = 2, upheld = 3 };
enum class Decision : std::uint8_t { refuse = 1, uphold = 2 };
enum class PayoutState : std::uint8_t { owed = 1, confirmed = 2 };

// ---- commands: wallets --------------------------------------------------------------------------

struct OpenWallet {
  Key128 key{};
  UserId user{};
  DisplayName name{};
};

struct Deposit {
  Key128 key{};
  UserId user{};
  Amount amount{};
  Reference reference{};  // of the payment on an external rail; may be empty
};

struct Withdraw {
  Key128 key{};
  UserId user{};
  Amount amount{};
};

// Where refunds of the user's externally funded packets go from now on.
struct SetRefundTarget {
  Key128 key{};
  UserId user{};
  RefundTarget target{};
};

struct ShowWallet {
  UserId user{};
};

// Before sending: is there such a user, can money be used there, and what is the (masked) name.
struct CheckRecipient {
  UserId user{};
};

// ---- commands: packets --------------------------------------------------------------------------

struct SendPacket {
  Key128 key{};
  UserId sender{};
  Amount total{};
  std::uint32_t share_count = 0;  // direct: 1 or 0; exclusive: 0 is one for each recipient
  PacketKind kind = PacketKind::lucky;
  Split split = Split::by_kind;
  Choice sender_may_claim = Choice::by_default;  // yes for lucky and even, no for the others
  bool recallable = false;
  FundingSource funding = FundingSource::wallet;
  Duration expires_in{};  // from opening; 0: the policy's default
  Time opens_at{};        // 0: at once
  Remark remark{};
  Group group{};
  ClaimCode code{};                    // empty: none is needed
  Reference reference{};               // with external funding
  std::uint32_t recipients_first = 0;  // range of CommandBatch::users: who may claim
  std::uint32_t recipients_count = 0;  // direct: 1; exclusive: 1 to policy.recipients_max
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

// A claim of a packet that wants a code; answered by a ClaimAnswer in the reply's own status.
struct ClaimWithCode {
  PacketId packet{};
  UserId user{};
  ClaimCode code{};
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

// The sender takes the unclaimed rest back, where the packet allows it.
struct RecallPacket {
  Key128 key{};
  PacketId packet{};
  UserId sender{};
};

// The recipient gives the whole share back to the sender.
struct ReturnShare {
  Key128 key{};
  PacketId packet{};
  UserId user{};
};

// ---- commands: transfers ------------------------------------------------------------------------

struct SendTransfer {
  Key128 key{};
  UserId sender{};
  UserId recipient{};
  Amount amount{};
  Duration arrives_after{};  // from acceptance; one of the policy's
  Remark remark{};
};

struct AcceptTransfer {
  Key128 key{};
  PacketId transfer{};
  UserId recipient{};
};

struct DeclineTransfer {
  Key128 key{};
  PacketId transfer{};
  UserId recipient{};
};

struct CancelTransfer {
  Key128 key{};
  PacketId transfer{};
  UserId sender{};
};

struct ReturnTransfer {
  Key128 key{};
  PacketId transfer{};
  UserId recipient{};
};

struct ShowTransfer {
  PacketId transfer{};
};

// ---- commands: payouts --------------------------------------------------------------------------

// The payouts that one shard owes, in the order of packets.
struct ListPayouts {
  ShardId shard{};
  PacketId after{};  // the last one of the page before; 0: from the start
  std::uint32_t count_max = 0;
};

// The external rail has paid a refund back.
struct ConfirmPayout {
  Key128 key{};
  PacketId packet{};      // whose refund it is: a packet has one at most
  Reference reference{};  // the rail's, of the payment back
};

// ---- commands: support; each carries who gave it ------------------------------------------------

struct OpenCase {
  Key128 key{};
  PacketId subject{};  // a packet or a transfer
  UserId user{};       // whose share it is about; 0: the packet as a whole; ignored for transfers
  Operator by{};
  std::uint32_t note = 0;  // index in CommandBatch::notes
};

// Upholding forces the user's share back to the sender, as far as the user's wallet holds it; of a
// transfer that has not arrived, the escrow goes back.
struct ResolveCase {
  Key128 key{};
  CaseId case_id{};
  Decision decision{};
  UserId user{};  // 0: the case's own
  Operator by{};
  std::uint32_t note = 0;
};

// A frozen packet or transfer keeps its money where it is: no claim, recall, refund, acceptance,
// arrival or return, but a case may force a share back.
struct FreezePacket {
  Key128 key{};
  PacketId packet{};
  bool frozen = true;  // false: unfreeze
  Operator by{};
  std::uint32_t note = 0;
};

// Out of a frozen wallet no money goes but by a case; money still comes in.
struct FreezeWallet {
  Key128 key{};
  UserId user{};
  bool frozen = true;
  Operator by{};
  std::uint32_t note = 0;
};

struct ShowCase {
  CaseId case_id{};
};

using Command =
    std::variant<OpenWallet, Deposit, Withdraw, ShowWallet, SendPacket, ClaimBatch, PeekPacket,
                 ShowPacket, SetRefundTarget, CheckRecipient, ClaimWithCode, RecallPacket,
                 ReturnShare, SendTransfer, AcceptTransfer, DeclineTransfer, CancelTransfer,
                 ReturnTransfer, ShowTransfer, ListPayouts, ConfirmPayout, OpenCase, ResolveCase,
                 FreezePacket, FreezeWallet, ShowCase>;

// ---- answers ------------------------------------------------------------------------------------

// Nothing to tell but the status.
struct NoAnswer {};

struct WalletAnswer {
  UserId user{};
  Amount balance{};
  Time opened_at{};
  DisplayName name{};
  bool frozen = false;
  RefundTarget refund_target = RefundTarget::source;
};

struct RecipientAnswer {
  UserId user{};
  bool exists = false;
  bool frozen = false;
  DisplayName masked_name{};  // all but the last character are '*'
};

struct SendAnswer {
  PacketId packet{};
  Time expires_at{};
  Digest256 seed_commitment{};  // SHA-256 of the packet's secret seed
};

// One claim's outcome.  amount, share_index and claimed_at hold for ok and already_claimed; a
// refusal that has a limit tells it in claimed_at (see claim_limit).
struct ClaimAnswer {
  Status status = Status::ok;
  std::uint16_t share_index = 0;  // from 0, in the order of claims
  std::uint32_t amount_fen = 0;
  Time claimed_at{};
};

// The limit that a refused claim names: expired and not_open_yet the instant, code_wrong the tries
// left, code_locked the tries that there were.
constexpr std::int64_t claim_limit(const ClaimAnswer& answer) {
  return succeeded(answer.status) ? 0 : answer.claimed_at.us();
}

struct ClaimBatchAnswer {
  std::uint32_t first = 0;  // range of ReplyBatch::claims, in the order of the command's claims
  std::uint32_t count = 0;
};

struct PacketSummary {
  static constexpr std::uint16_t nobody = UINT16_MAX;

  PacketId packet{};
  UserId sender{};
  PacketKind kind = PacketKind::lucky;
  PacketState state = PacketState::open;
  std::uint16_t share_count = 0;
  std::uint16_t claimed_count = 0;
  Amount total{};
  Amount remaining{};  // in escrow
  Amount refunded{};   // at expiry or by recall: the unclaimed rest
  Time sent_at{};
  Time expires_at{};
  Remark remark{};
  Group group{};

  Split split = Split::double_mean;
  FundingSource funding = FundingSource::wallet;
  bool frozen = false;
  bool sender_may_claim = true;
  bool recallable = false;
  bool needs_code = false;
  std::uint16_t luckiest = nobody;  // share_index, once the last share of a lucky split is taken
  std::uint16_t recipient_count = 0;
  Amount share_min{};
  Amount share_max{};
  Amount returned{};  // of claimed shares, by their recipients or a case
  Time opens_at{};    // 0: it was open from the start
};

struct PeekAnswer {
  PacketSummary packet{};
  bool claimable = false;   // by this user, at this moment (a code apart)
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
  // Ranges: of ReplyBatch::packet_claims and, beside it, ::share_states, in the order of claims.
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::uint32_t recipients_first = 0;  // of ReplyBatch::users: who may claim, if that is limited
  std::uint32_t recipients_count = 0;
  bool seed_revealed = false;  // the packet is closed, and `seed` is its seed
  PrfKey seed{};
};

struct RecallAnswer {
  PacketId packet{};
  Amount amount{};
  RefundTarget to = RefundTarget::wallet;
};

struct ReturnAnswer {
  PacketId packet{};
  UserId user{};
  Amount amount{};
};

// For each of the transfer's commands, as it stood after it.
struct TransferAnswer {
  PacketId transfer{};
  UserId sender{};
  UserId recipient{};
  Amount amount{};
  TransferState state = TransferState::pending;
  bool frozen = false;
  Time sent_at{};
  Time expires_at{};  // unaccepted until then, it goes back
  Duration arrives_after{};
  Time arrives_at{};  // once accepted; later than was told when a freeze held it up
  Remark remark{};
};

struct PacketFreezeAnswer {
  PacketId packet{};
  bool frozen = false;
};

struct Payout {
  PacketId packet{};
  UserId sender{};
  Amount amount{};
  PayoutState state = PayoutState::owed;
  Time owed_at{};
  Time confirmed_at{};
  Reference funding{};       // the reference that the packet was funded with
  Reference confirmation{};  // the rail's, once confirmed
};

struct PayoutAnswer {
  Payout payout{};
};

struct PayoutListAnswer {
  std::uint32_t first = 0;  // range of ReplyBatch::payouts
  std::uint32_t count = 0;
  bool more = false;
};

struct CaseRecord {
  CaseId case_id{};
  PacketId subject{};
  UserId user{};
  CaseState state = CaseState::open;
  Time opened_at{};
  Time resolved_at{};
  Amount returned{};   // forced back to the sender
  Amount shortfall{};  // what the recipient's wallet did not hold
  Operator opened_by{};
  Operator resolved_by{};
  Note opened_note{};
  Note resolved_note{};
};

struct CaseAnswer {
  std::uint32_t index = 0;  // in ReplyBatch::cases
};

using Answer =
    std::variant<NoAnswer, WalletAnswer, SendAnswer, ClaimBatchAnswer, PeekAnswer, ShowPacketAnswer,
                 RecipientAnswer, ClaimAnswer, RecallAnswer, ReturnAnswer, TransferAnswer,
                 PacketFreezeAnswer, PayoutAnswer, PayoutListAnswer, CaseAnswer>;

// ---- batches ------------------------------------------------------------------------------------

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
  std::vector<UserId> users;
  std::vector<Note> notes;

  bool empty() const { return commands.empty(); }
  void clear() {
    commands.clear();
    claims.clear();
    users.clear();
    notes.clear();
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
  std::vector<ShareState> share_states;
  std::vector<UserId> users;
  std::vector<Payout> payouts;
  std::vector<CaseRecord> cases;

  bool empty() const { return replies.empty(); }
  void clear() {
    replies.clear();
    claims.clear();
    packet_claims.clear();
    share_states.clear();
    users.clear();
    payouts.clear();
    cases.clear();
  }
};

}  // namespace hb
