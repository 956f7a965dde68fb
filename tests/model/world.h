// The model's world: what there is, as plain rows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/amount_sum.h"
#include "engine/base/checksum.h"
#include "engine/base/ids.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"
#include "engine/ledger/events.h"
#include "engine/ledger/references.h"

namespace hb::model {

struct Wallet {
  bool opened_by_command = false;  // false: the first credit made it
  Time opened_at{};
  DisplayName name{};
  Amount balance{};
  bool frozen = false;
  RefundTarget refund_target = RefundTarget::source;
};

// Somebody whose answer comes when a return ends.
struct Waiter {
  enum class Form : std::uint8_t { share, transfer, resolution } form = Form::share;
  ReplyTo to{};
  bool replayed = false;
};

// A return that waits for the money of another shard.
struct PendingReturn {
  bool forced = false;
  CaseId case_id{};  // of a forced one
  Key128 key{};      // whose stored answer its end is
  Waiter::Form form = Waiter::Form::share;
  std::vector<Waiter> waiters{};
};

struct Share {
  UserId user{};
  Amount amount{};
  Time claimed_at{};
  ShareState state = ShareState::held;
  Amount given_back{};
  std::optional<PendingReturn> pending{};
};

struct Packet {
  UserId sender{};
  PacketKind kind{};
  PacketState state = PacketState::open;
  Split split{};
  FundingSource funding = FundingSource::wallet;
  bool sender_may_claim = false;
  bool recallable = false;
  bool frozen = false;
  std::uint32_t share_count = 0;
  Amount total{};
  Amount remaining{};
  Amount refunded{};
  Amount share_min{};
  Amount share_max{};
  Time sent_at{};
  Time opens_at{};
  Time expires_at{};
  Remark remark{};
  Group group{};
  ClaimCode code{};
  Reference reference{};
  std::vector<UserId> recipients{};
  Digest256 seed_commitment{};
  std::vector<Share> shares{};                    // in the order of claims
  std::map<UserId, std::uint32_t> wrong_codes{};  // none is forgotten: an episode has few users
};

struct Transfer {
  UserId sender{};
  UserId recipient{};
  Amount amount{};
  TransferState state = TransferState::pending;
  bool frozen = false;
  Time sent_at{};
  Time expires_at{};
  Duration arrives_after{};
  Time arrives_at{};  // 0 until accepted
  Remark remark{};
  Share share{};  // the recipient's, from acceptance on

  bool holds_money() const {
    return state == TransferState::pending || state == TransferState::accepted;
  }
};

struct Case {
  CaseRecord record{};
  UserId opened_for{};
};

// What one shard tells another.
struct Letter {
  enum class Kind : std::uint8_t {
    credit,
    debit_request,
    debit_answer,
    reference_request,
    reference_answer,
    reference_release,
  } kind = Kind::credit;
  UserId user{};
  Amount amount{};  // paid; wanted; taken
  PacketId packet{};
  std::uint16_t share_index = 0;
  bool forced = false;
  Status status = Status::ok;  // of an answer
  Amount balance{};            // of an answer: what the wallet then held
  ReferenceName reference{};   // of references only

  friend bool operator==(const Letter&, const Letter&) = default;
};

// Where money came from or went to: the fact that moved it, and the packet or transfer that this
// was about, if any.
struct Origin {
  EventType cause{};
  PacketId packet{};
};

// A letter on its way.
struct Posted {
  Letter letter{};
  Origin origin{};                         // of the money in it
  std::pair<PartitionId, Key128> asker{};  // of a reference: whose command it is for
};

// Somebody whose command waits for the home of its reference.
struct ReferenceWaiter {
  CommandEnvelope envelope{};
  CommandBatch parts{};
};

// A reference that was asked for at its home on another shard.
struct PendingReference {
  std::string parameters{};  // of the command
  ReferenceName reference{};
  bool granted = false;
  std::vector<ReferenceWaiter> waiters{};
};

// A movement of a wallet.
struct Moved {
  Time at{};
  Origin origin{};
  Amount amount{};   // negative: it left the wallet
  Amount balance{};  // after
};

// A share or transfer that reached its user.
struct Receipt {
  PacketId packet{};
  Time at{};
};

// What a user did and got, in the order in which it came about.
struct UserRecords {
  std::vector<PacketId> sent{};  // packets and transfers
  std::vector<Receipt> received{};
  std::vector<Moved> statement{};
};

// What a user sent, or received, on one day.
struct Usage {
  std::uint32_t count = 0;
  Amount amount{};
};

// News that a user has received as much as a day allows.
struct CapNews {
  UserId user{};
  std::uint32_t day = 0;
  Usage received{};
};

// A share of a packet; a transfer is its own share 0.
struct ShareName {
  PacketId packet{};
  std::uint16_t index = 0;
};

// An answer that a repeated key gets.
struct StoredAnswer {
  std::string parameters{};
  std::int64_t day = 0;
  ReplyBatch answer{};
  std::optional<ShareName> under_way{};  // the answer is the end of this return
};

// The conservation law's terms, in fen.
struct Books {
  AmountSum deposits{};
  AmountSum external_funding{};
  AmountSum withdrawals{};
  AmountSum wallets{};
  AmountSum packets{};
  AmountSum transfers{};
  AmountSum payouts_owed{};
  AmountSum payouts_paid{};
  AmountSum under_way{};

  bool balanced() const {
    return deposits + external_funding ==
           wallets + packets + transfers + under_way + withdrawals + payouts_owed + payouts_paid;
  }
  friend bool operator==(const Books&, const Books&) = default;
};

}  // namespace hb::model
