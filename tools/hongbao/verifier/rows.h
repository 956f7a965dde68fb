// What the verifier remembers of wallets, packets, transfers, payouts and cases.
//
// Units: fen, microseconds.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"

namespace hb::verifier {

struct Wallet {
  std::int64_t balance_fen = 0;
  bool opened = false;  // by a command, which happens once
  bool frozen = false;
  RefundTarget refund_target = RefundTarget::source;
};

// A claim of a packet.
struct Share {
  UserId user{};
  std::uint32_t fen = 0;
  ShareState state = ShareState::held;
};

struct Packet {
  UserId sender{};
  Time opens_at{};  // 0: it was open from the start
  Time expires_at{};
  std::int64_t total_fen = 0;
  std::int64_t escrow_fen = 0;
  std::int64_t claimed_fen = 0;
  std::int64_t refunded_fen = 0;  // at expiry or by recall
  std::int64_t returned_fen = 0;  // of what was claimed
  std::uint32_t share_fen_min = 0;
  std::uint32_t share_fen_max = 0;
  std::uint16_t share_count = 0;
  Split split{};  // never by_kind
  PacketState state = PacketState::open;
  bool sender_excluded = false;
  bool recallable = false;
  bool external = false;
  bool needs_code = false;
  bool frozen = false;
  std::vector<Share> shares{};       // in the order of claims
  std::vector<UserId> recipients{};  // while the packet is open; empty: for everybody
};

struct Transfer {
  UserId sender{};
  UserId recipient{};
  Time expires_at{};
  Duration arrives_after{};
  Time arrives_at{};  // once accepted
  std::int64_t amount_fen = 0;
  std::int64_t escrow_fen = 0;
  std::int64_t arrived_fen = 0;
  std::int64_t refunded_fen = 0;  // back to the sender before it arrived
  std::int64_t returned_fen = 0;  // of what arrived
  TransferState state = TransferState::pending;
  ShareState share_state = ShareState::held;  // once arrived
  bool frozen = false;

  bool holds_money() const {
    return state == TransferState::pending || state == TransferState::accepted;
  }
};

// The refund of an externally funded packet.
struct Payout {
  UserId sender{};
  std::int64_t fen = 0;
  PayoutState state = PayoutState::owed;
};

struct Case {
  PacketId subject{};
  UserId user{};
  CaseState state = CaseState::open;
  bool redressed = false;  // the event that gives an upheld case its right is there
  std::int64_t returned_fen = 0;
  std::int64_t shortfall_fen = 0;
};

// A return whose answer from another shard is awaited.
struct PendingReturn {
  UserId user{};
  bool forced = false;
  CaseId case_id{};
  Key128 key{};
};

}  // namespace hb::verifier
