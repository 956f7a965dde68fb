// Do the server's books show what its answers told?
//
// Checked, over TCP, on a sample of packets, users and senders:
//   a packet    its shares, claims and refund add up to its total; nobody has two shares; every
//               share that was told is there, with that user, amount and place, and no other is
//               (but for claims whose answer was lost);
//   a user      holds exactly what the answers told;
//   a sender    holds the deposit less what was sent, and its packets' refunds.
//
// The checks are pure; looking is run_audit's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "net/wire/messages.h"
#include "tools/hongbao/load/receipts.h"
#include "tools/hongbao/load/scene.h"

namespace hb::load {

struct AuditReport {
  std::uint64_t checked_packets = 0;
  std::uint64_t checked_wallets = 0;
  std::uint64_t violation_count = 0;
  std::vector<std::string> violations;  // the first few, in words

  bool ok() const { return violation_count == 0; }
  void add(std::string violation);
};

// What is wrong with a packet, if anything.  `told` are all receipts of this packet's claims;
// `sent` is null where the send was not noted.
std::optional<std::string> fault_of_packet(const net::PacketDetail& packet,
                                           std::span<const ClaimReceipt> told,
                                           const SendReceipt* sent);

// What a wallet must hold, in fen.
struct Expected {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

std::optional<std::string> fault_of_wallet(UserId user, std::int64_t balance, Expected expected);

// What a user must hold.  `won` are all receipts of this user's claims.
Expected expected_of_user(std::span<const ClaimReceipt> won);
// What a sender must hold when between none and all of `refundable_fen` has come back.
Expected expected_of_sender(std::int64_t deposited_fen, const Spending& spending,
                            std::int64_t refundable_fen);

// What run_audit does not look for in the receipts.
struct Refunds {
  std::uint32_t first_sender = 0;  // senders whose packets expired
  std::uint32_t sender_count = 0;
  bool complete = false;  // all of it came back
};

// Looks at up to a thousand of each kind.  Wallets that do not yet hold what they should are looked
// at again for a few seconds, as money between shards takes its time.
Result<AuditReport> run_audit(Stage& stage, const Scene& scene, const Receipts& receipts,
                              const Refunds& refunds);

}  // namespace hb::load
