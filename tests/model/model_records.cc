// The model's records: what a user sent and received, and how the wallet came to its balance.
#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include "tests/model/ledger_model.h"

namespace hb::model {

// Nothing moved is no movement.
void LedgerModel::note_movement(UserId user, Amount amount, Origin origin) {
  if (amount == Amount{}) return;
  records_[user].statement.push_back(
      {.at = now_, .origin = origin, .amount = amount, .balance = wallets_.at(user).balance});
}

namespace {

archive::SentEntry sent_entry(PacketId id, const Packet& p) {
  archive::SentEntry e{.packet = id,
                       .kind = p.kind,
                       .state = p.state,
                       .total = p.total,
                       .share_count = static_cast<std::uint16_t>(p.share_count),
                       .claimed_count = static_cast<std::uint16_t>(p.shares.size()),
                       .refunded = p.refunded,
                       .sent_at = p.sent_at,
                       .remark = p.remark,
                       .group = p.group};
  if (p.kind == PacketKind::direct) e.recipient = p.recipients.front();
  for (const Share& share : p.shares) {
    e.claimed += share.amount;
    e.returned += share.given_back;
  }
  return e;
}

// A transfer is a packet of one share, which its recipient has from the arrival on.
archive::SentEntry sent_entry(PacketId id, const Transfer& t) {
  archive::SentEntry e{.packet = id,
                       .is_transfer = true,
                       .transfer_state = t.state,
                       .recipient = t.recipient,
                       .total = t.amount,
                       .share_count = 1,
                       .returned = t.share.given_back,
                       .sent_at = t.sent_at,
                       .remark = t.remark};
  if (t.state == TransferState::arrived || t.state == TransferState::returned) {
    e.claimed_count = 1;
    e.claimed = t.amount;
  } else if (!t.holds_money()) {
    e.refunded = t.amount;
  }
  return e;
}

}  // namespace

std::set<UserId> LedgerModel::users() const {
  std::set<UserId> all;
  for (const auto& [user, wallet] : wallets_) all.insert(user);
  for (const auto& [user, records] : records_) all.insert(user);
  return all;
}

std::vector<archive::SentEntry> LedgerModel::sent(UserId user) const {
  std::vector<archive::SentEntry> entries;
  const auto own = records_.find(user);
  if (own == records_.end()) return entries;
  for (const PacketId id : own->second.sent | std::views::reverse) {
    const auto packet = packets_.find(id);
    entries.push_back(packet != packets_.end() ? sent_entry(id, packet->second)
                                               : sent_entry(id, transfers_.at(id)));
  }
  return entries;
}

// What came at one instant from several shards is told in the order of the shards.
std::vector<archive::ReceivedEntry> LedgerModel::received(UserId user) const {
  std::vector<archive::ReceivedEntry> entries;
  const auto own = records_.find(user);
  if (own == records_.end()) return entries;
  std::vector<Receipt> receipts = own->second.received;
  std::ranges::stable_sort(receipts, {}, [this](const Receipt& receipt) {
    return std::pair(receipt.at, home_of(receipt.packet));
  });
  for (const auto& [id, at] : receipts | std::views::reverse) {
    archive::ReceivedEntry e{.packet = id, .sender = sender_of(id), .received_at = at};
    const Share* share = nullptr;
    if (const auto packet = packets_.find(id); packet != packets_.end()) {
      share = &*std::ranges::find(packet->second.shares, user, &Share::user);
      e.remark = packet->second.remark;
    } else {
      const Transfer& transfer = transfers_.at(id);
      share = &transfer.share;
      e.is_transfer = true;
      e.remark = transfer.remark;
    }
    e.amount = share->amount;
    e.state = share->state;
    entries.push_back(e);
  }
  return entries;
}

std::vector<archive::Movement> LedgerModel::statement(UserId user) const {
  std::vector<archive::Movement> movements;
  const auto own = records_.find(user);
  if (own == records_.end()) return movements;
  for (const Moved& m : own->second.statement | std::views::reverse) {
    movements.push_back({.at = m.at,
                         .cause = m.origin.cause,
                         .packet = m.origin.packet,
                         .amount = m.amount,
                         .balance = m.balance});
  }
  return movements;
}

}  // namespace hb::model
