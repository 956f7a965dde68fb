// The plain structs of commands and answers as tuples of all their fields, for comparing.
//
// Each structured binding names every member, so a struct that grows does not compile here until
// its new field is compared too.  Left out is only what refers into a batch: ranges and indices.
#pragma once

#include <tuple>
#include <vector>

#include "engine/archive/queries.h"
#include "engine/ledger/commands.h"

namespace hb::net {

// ---- commands -----------------------------------------------------------------------------------

inline auto fields(const OpenWallet& v) {
  const auto& [key, user, name] = v;
  return std::tuple(key, user, name.view());
}
inline auto fields(const Deposit& v) {
  const auto& [key, user, amount, reference] = v;
  return std::tuple(key, user, amount, reference.view());
}
inline auto fields(const Withdraw& v) {
  const auto& [key, user, amount] = v;
  return std::tuple(key, user, amount);
}
inline auto fields(const SetRefundTarget& v) {
  const auto& [key, user, target] = v;
  return std::tuple(key, user, target);
}
inline auto fields(const ShowWallet& v) {
  const auto& [user] = v;
  return std::tuple(user);
}
inline auto fields(const CheckRecipient& v) {
  const auto& [user] = v;
  return std::tuple(user);
}
inline auto fields(const SendPacket& v) {
  const auto& [key, sender, total, share_count, kind, split, sender_may_claim, recallable, funding,
               expires_in, opens_at, remark, group, code, reference, recipients_first,
               recipients_count] = v;
  return std::tuple(key, sender, total, share_count, kind, split, sender_may_claim, recallable,
                    funding, expires_in, opens_at, remark.view(), group.view(), code.view(),
                    reference.view());
}
inline auto fields(const ClaimWithCode& v) {
  const auto& [packet, user, code] = v;
  return std::tuple(packet, user, code.view());
}
inline auto fields(const PeekPacket& v) {
  const auto& [packet, user] = v;
  return std::tuple(packet, user);
}
inline auto fields(const ShowPacket& v) {
  const auto& [packet] = v;
  return std::tuple(packet);
}
inline auto fields(const RecallPacket& v) {
  const auto& [key, packet, sender] = v;
  return std::tuple(key, packet, sender);
}
inline auto fields(const ReturnShare& v) {
  const auto& [key, packet, user] = v;
  return std::tuple(key, packet, user);
}
inline auto fields(const SendTransfer& v) {
  const auto& [key, sender, recipient, amount, arrives_after, remark] = v;
  return std::tuple(key, sender, recipient, amount, arrives_after, remark.view());
}
inline auto fields(const AcceptTransfer& v) {
  const auto& [key, transfer, recipient] = v;
  return std::tuple(key, transfer, recipient);
}
inline auto fields(const DeclineTransfer& v) {
  const auto& [key, transfer, recipient] = v;
  return std::tuple(key, transfer, recipient);
}
inline auto fields(const CancelTransfer& v) {
  const auto& [key, transfer, sender] = v;
  return std::tuple(key, transfer, sender);
}
inline auto fields(const ReturnTransfer& v) {
  const auto& [key, transfer, recipient] = v;
  return std::tuple(key, transfer, recipient);
}
inline auto fields(const ShowTransfer& v) {
  const auto& [transfer] = v;
  return std::tuple(transfer);
}
inline auto fields(const ListPayouts& v) {
  const auto& [shard, after, count_max] = v;
  return std::tuple(shard, after, count_max);
}
inline auto fields(const ConfirmPayout& v) {
  const auto& [key, packet, reference] = v;
  return std::tuple(key, packet, reference.view());
}
inline auto fields(const OpenCase& v) {
  const auto& [key, subject, user, by, note] = v;
  return std::tuple(key, subject, user, by.view());
}
inline auto fields(const ResolveCase& v) {
  const auto& [key, case_id, decision, user, by, note] = v;
  return std::tuple(key, case_id, decision, user, by.view());
}
inline auto fields(const FreezePacket& v) {
  const auto& [key, packet, frozen, by, note] = v;
  return std::tuple(key, packet, frozen, by.view());
}
inline auto fields(const FreezeWallet& v) {
  const auto& [key, user, frozen, by, note] = v;
  return std::tuple(key, user, frozen, by.view());
}
inline auto fields(const ShowCase& v) {
  const auto& [case_id] = v;
  return std::tuple(case_id);
}

// ---- answers ------------------------------------------------------------------------------------

inline auto fields(const WalletAnswer& v) {
  const auto& [user, balance, opened_at, name, frozen, refund_target] = v;
  return std::tuple(user, balance, opened_at, name.view(), frozen, refund_target);
}
inline auto fields(const RecipientAnswer& v) {
  const auto& [user, exists, frozen, masked_name] = v;
  return std::tuple(user, exists, frozen, masked_name.view());
}
inline auto fields(const SendAnswer& v) {
  const auto& [packet, expires_at, seed_commitment] = v;
  return std::tuple(packet, expires_at, seed_commitment);
}
inline auto fields(const ClaimAnswer& v) {
  const auto& [status, share_index, amount_fen, claimed_at] = v;
  return std::tuple(status, share_index, amount_fen, claimed_at);
}
inline auto fields(const PacketSummary& v) {
  const auto& [packet, sender, kind, state, share_count, claimed_count, total, remaining, refunded,
               sent_at, expires_at, remark, group, split, funding, frozen, sender_may_claim,
               recallable, needs_code, luckiest, recipient_count, share_min, share_max, returned,
               opens_at] = v;
  return std::tuple(packet, sender, kind, state, share_count, claimed_count, total, remaining,
                    refunded, sent_at, expires_at, remark.view(), group.view(), split, funding,
                    frozen, sender_may_claim, recallable, needs_code, luckiest, recipient_count,
                    share_min, share_max, returned, opens_at);
}
inline auto fields(const PacketClaim& v) {
  const auto& [user, amount, claimed_at] = v;
  return std::tuple(user, amount, claimed_at);
}
inline auto fields(const PrfKey& v) {
  const auto& [k0, k1] = v;
  return std::tuple(k0, k1);
}
inline auto fields(const RecallAnswer& v) {
  const auto& [packet, amount, to] = v;
  return std::tuple(packet, amount, to);
}
inline auto fields(const ReturnAnswer& v) {
  const auto& [packet, user, amount] = v;
  return std::tuple(packet, user, amount);
}
inline auto fields(const TransferAnswer& v) {
  const auto& [transfer, sender, recipient, amount, state, frozen, sent_at, expires_at,
               arrives_after, arrives_at, remark] = v;
  return std::tuple(transfer, sender, recipient, amount, state, frozen, sent_at, expires_at,
                    arrives_after, arrives_at, remark.view());
}
inline auto fields(const PacketFreezeAnswer& v) {
  const auto& [packet, frozen] = v;
  return std::tuple(packet, frozen);
}
inline auto fields(const Payout& v) {
  const auto& [packet, sender, amount, state, owed_at, confirmed_at, funding, confirmation] = v;
  return std::tuple(packet, sender, amount, state, owed_at, confirmed_at, funding.view(),
                    confirmation.view());
}
inline auto fields(const PayoutAnswer& v) {
  const auto& [payout] = v;
  return fields(payout);
}
inline auto fields(const CaseRecord& v) {
  const auto& [case_id, subject, user, state, opened_at, resolved_at, returned, shortfall,
               opened_by, resolved_by, opened_note, resolved_note] = v;
  return std::tuple(case_id, subject, user, state, opened_at, resolved_at, returned, shortfall,
                    opened_by.view(), resolved_by.view(), opened_note.view(), resolved_note.view());
}

// ---- queries of the records ---------------------------------------------------------------------

inline auto fields(const archive::ListSent& v) {
  const auto& [user, cursor, count_max] = v;
  return std::tuple(user, cursor.view(), count_max);
}
inline auto fields(const archive::ListReceived& v) {
  const auto& [user, cursor, count_max] = v;
  return std::tuple(user, cursor.view(), count_max);
}
inline auto fields(const archive::ListStatement& v) {
  const auto& [user, cursor, count_max] = v;
  return std::tuple(user, cursor.view(), count_max);
}
inline auto fields(const archive::ShowHistory& v) {
  const auto& [packet, cursor, count_max] = v;
  return std::tuple(packet, cursor.view(), count_max);
}
inline auto fields(const archive::CaseBundle& v) {
  const auto& [case_id] = v;
  return std::tuple(case_id);
}
inline auto fields(const archive::ReadFeed& v) {
  const auto& [shard, from, bytes_max, wait] = v;
  return std::tuple(shard, from, bytes_max, wait);
}

// ---- their answers ------------------------------------------------------------------------------

inline auto fields(const archive::AsOf& v) {
  const auto& [shard, sequence, events_behind] = v;
  return std::tuple(shard, sequence, events_behind);
}
inline auto fields(const archive::SentEntry& v) {
  const auto& [packet, is_transfer, kind, state, transfer_state, recipient, total, share_count,
               claimed_count, claimed, refunded, returned, sent_at, remark, group] = v;
  return std::tuple(packet, is_transfer, kind, state, transfer_state, recipient, total, share_count,
                    claimed_count, claimed, refunded, returned, sent_at, remark.view(),
                    group.view());
}
inline auto fields(const archive::ReceivedEntry& v) {
  const auto& [packet, is_transfer, sender, amount, received_at, state, remark] = v;
  return std::tuple(packet, is_transfer, sender, amount, received_at, state, remark.view());
}
inline auto fields(const archive::Movement& v) {
  const auto& [sequence, at, cause, packet, amount, balance] = v;
  return std::tuple(sequence, at, cause, packet, amount, balance);
}
inline auto fields(const archive::HistoryRecord& v) {
  const auto& [shard, sequence, record] = v;
  return std::tuple(shard, sequence, record);
}
template <class Row>
auto fields_of_rows(const std::vector<Row>& rows) {
  std::vector<decltype(fields(rows.front()))> all;
  for (const Row& row : rows) all.push_back(fields(row));
  return all;
}
inline auto fields(const archive::SentPage& v) {
  const auto& [entries, next, as_of] = v;
  return std::tuple(fields_of_rows(entries), next.view(), fields_of_rows(as_of));
}
inline auto fields(const archive::ReceivedPage& v) {
  const auto& [entries, next, as_of] = v;
  return std::tuple(fields_of_rows(entries), next.view(), fields_of_rows(as_of));
}
inline auto fields(const archive::StatementPage& v) {
  const auto& [movements, next, as_of] = v;
  return std::tuple(fields_of_rows(movements), next.view(), fields_of_rows(as_of));
}
inline auto fields(const archive::HistoryPage& v) {
  const auto& [records, next, as_of] = v;
  return std::tuple(fields_of_rows(records), next.view(), fields_of_rows(as_of));
}
inline auto fields(const archive::FeedPage& v) {
  const auto& [shard, first, count, durable, records] = v;
  return std::tuple(shard, first, count, durable, records);
}

}  // namespace hb::net
