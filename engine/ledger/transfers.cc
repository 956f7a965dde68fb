// The rules of transfers: sending, accepting, declining, cancelling, arrival and expiry.
#include <algorithm>

#include "engine/base/assert.h"
#include "engine/base/text.h"
#include "engine/ledger/decisions.h"
#include "engine/ledger/ledger.h"

namespace hb {

namespace {

std::uint64_t fingerprint_of(const SendTransfer& c) {
  return Fingerprint(EventType::transfer_sent)
      .add(c.sender.value)
      .add(c.recipient.value)
      .add(c.amount)
      .add(c.arrives_after)
      .add(c.remark.view())
      .value();
}

// Accepting and each way of closing are different commands, told apart by the state they lead to.
std::uint64_t fingerprint_of(PacketId transfer, UserId user, TransferState state) {
  return Fingerprint(EventType::transfer_closed)
      .add(transfer.value)
      .add(user.value)
      .add(static_cast<std::uint64_t>(state))
      .value();
}

Verdict check_terms(const SendTransfer& c, const Policy& policy) {
  if (c.recipient == c.sender) return refuse(Status::recipient_is_sender);
  if (c.amount <= Amount{}) return refuse(Status::amount_not_positive);
  if (c.amount > policy.transfer_max) {
    return refuse(Status::amount_over_limit, policy.transfer_max.fen());
  }
  const auto& offered = policy.transfer_arrivals;
  if (std::ranges::find(offered, c.arrives_after) == offered.end()) {
    return refuse(Status::arrival_not_offered, std::ranges::max(offered).us());
  }
  return valid_utf8(c.remark.view()) ? Verdict{} : refuse(Status::text_invalid);
}

}  // namespace

// ---- sending ------------------------------------------------------------------------------------

Verdict Ledger::decide(Time now, const SendTransfer& c, TransferSent& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.sender == UserId{} || c.recipient == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint = fingerprint_of(c);
  Verdict verdict;
  if (replay(now, partition_of(c.sender), c.key, fingerprint, verdict)) return verdict;
  if (const Verdict v = check_terms(c, policy_); !v.accepted()) return v;
  const WalletRow* wallet = find_usable_wallet(c.sender);
  if (wallet == nullptr) return refuse(Status::wallet_unknown);
  if (wallet->frozen) return refuse(Status::wallet_frozen);
  if (const Verdict v = check_caps(now, c.sender, c.amount); !v.accepted()) return v;
  if (wallet->balance < c.amount) {
    return refuse(Status::insufficient_funds, wallet->balance.fen());
  }
  event = TransferSent{.remark_bytes = static_cast<std::uint16_t>(c.remark.size()),
                       .cap_day = cap_day(now),
                       .at = now,
                       .transfer = packets_.next_id(partition_of(c.sender)),
                       .sender = c.sender,
                       .recipient = c.recipient,
                       .amount = c.amount,
                       .expires_at = now + policy_.transfer_accept_window,
                       .arrives_after = c.arrives_after,
                       .key = c.key,
                       .fingerprint = fingerprint,
                       .balance = wallet->balance - c.amount};
  event.units = units_for(event.bytes());
  put_texts(event.remark, {c.remark.view()});
  return {};
}

PacketStore::Slot Ledger::apply(const TransferSent& e) {
  debit(e.sender, e.amount);
  HB_ASSERT(balance_of(e.sender) == e.balance);
  const PacketStore::Added added = packets_.add(e.transfer, 1, PrfKey{});
  PacketRow& row = added.row;
  row.set(PacketRow::is_transfer, true);
  row.sender = e.sender;
  row.sent_at = e.at;
  row.expires_at = e.expires_at;
  row.total_fen = static_cast<std::uint32_t>(e.amount.fen());
  row.remaining_fen = row.total_fen;
  row.transfer_state = TransferState::pending;
  row.remark_bytes = static_cast<std::uint8_t>(e.remark_bytes);
  if (e.remark_bytes > 0) row.texts = store_text({e.remark, e.remark_bytes});
  packets_.set_terms(row, {.arrives_after = e.arrives_after});
  ClaimCell& share = packets_.share(row, 0);
  share = ClaimCell{};
  share.user = e.recipient;
  totals_.transfers += e.amount;
  packets_.open(added.slot);
  count_usage(e.sender, e.cap_day, e.amount);
  HB_ASSERT(totals_.balanced());
  remember(e.at, partition_of(e.sender), {e.key, e.fingerprint, e.transfer.value});
  return added.slot;
}

const PacketRow* Ledger::find_transfer(PacketId id) const {
  const PacketRow* row = packets_.find(id);
  return row != nullptr && row->has(PacketRow::is_transfer) ? row : nullptr;
}

// ---- what its two sides may do ------------------------------------------------------------------

// Why a transfer is past all decisions; ok when it still holds its money.
Verdict Ledger::check_not_over(const PacketRow& transfer) {
  switch (transfer.transfer_state) {
    case TransferState::pending:
    case TransferState::accepted:
      return {};
    case TransferState::arrived:
      return refuse(Status::transfer_arrived);
    case TransferState::expired:
      return refuse(Status::expired, transfer.expires_at.us());
    default:
      return refuse(Status::transfer_closed, static_cast<std::int64_t>(transfer.transfer_state));
  }
}

// For the recipient's decisions, which come once and in time.
Verdict Ledger::check_pending(Time now, const PacketRow& transfer, UserId recipient) const {
  if (packets_.share(transfer, 0).user != recipient) return refuse(Status::not_recipient);
  if (transfer.has(PacketRow::frozen)) return refuse(Status::packet_frozen);
  if (const Verdict v = check_not_over(transfer); !v.accepted()) return v;
  if (transfer.transfer_state == TransferState::accepted) {
    return refuse(Status::transfer_accepted);
  }
  if (now >= transfer.expires_at) return refuse(Status::expired, transfer.expires_at.us());
  return {};
}

Verdict Ledger::decide(Time now, const AcceptTransfer& c, TransferAccepted& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.recipient == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint =
      fingerprint_of(c.transfer, c.recipient, TransferState::accepted);
  Verdict verdict;
  if (replay(now, partition_of(c.transfer), c.key, fingerprint, verdict)) return verdict;
  const PacketRow* transfer = find_transfer(c.transfer);
  if (transfer == nullptr) return refuse(Status::transfer_unknown);
  if (const Verdict v = check_pending(now, *transfer, c.recipient); !v.accepted()) return v;
  const Amount amount{transfer->remaining_fen};
  if (const Verdict v = check_receipt(now, c.recipient, amount); !v.accepted()) return v;
  event = TransferAccepted{.at = now,
                           .transfer = c.transfer,
                           .amount = amount,
                           .arrives_at = now + packets_.terms(*transfer).arrives_after,
                           .fingerprint = fingerprint,
                           .key = c.key};
  return {};
}

Verdict Ledger::decide(Time now, const DeclineTransfer& c, TransferClosed& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.recipient == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint =
      fingerprint_of(c.transfer, c.recipient, TransferState::declined);
  Verdict verdict;
  if (replay(now, partition_of(c.transfer), c.key, fingerprint, verdict)) return verdict;
  const PacketRow* transfer = find_transfer(c.transfer);
  if (transfer == nullptr) return refuse(Status::transfer_unknown);
  if (const Verdict v = check_pending(now, *transfer, c.recipient); !v.accepted()) return v;
  event = closing(now, c.transfer, *transfer, TransferState::declined);
  event.key = c.key;
  event.fingerprint = fingerprint;
  return {};
}

// Until the very instant of expiry or arrival, whether or not that has been booked.
Verdict Ledger::decide(Time now, const CancelTransfer& c, TransferClosed& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.sender == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint = fingerprint_of(c.transfer, c.sender, TransferState::cancelled);
  Verdict verdict;
  if (replay(now, partition_of(c.transfer), c.key, fingerprint, verdict)) return verdict;
  const PacketRow* transfer = find_transfer(c.transfer);
  if (transfer == nullptr) return refuse(Status::transfer_unknown);
  if (transfer->sender != c.sender) return refuse(Status::not_sender);
  if (transfer->has(PacketRow::frozen)) return refuse(Status::packet_frozen);
  if (const Verdict v = check_not_over(*transfer); !v.accepted()) return v;
  if (now >= due_at(*transfer)) {
    return transfer->transfer_state == TransferState::accepted
               ? refuse(Status::transfer_arrived)
               : refuse(Status::expired, transfer->expires_at.us());
  }
  event = closing(now, c.transfer, *transfer, TransferState::cancelled);
  event.key = c.key;
  event.fingerprint = fingerprint;
  return {};
}

TransferClosed Ledger::closing(Time now, PacketId id, const PacketRow& transfer,
                               TransferState state) {
  return {.state = state, .at = now, .transfer = id, .amount = Amount{transfer.remaining_fen}};
}

// ---- what becomes of the money ------------------------------------------------------------------

// Takes the whole amount out of escrow.
PacketRow& Ledger::empty_transfer(PacketId id, Amount amount, TransferState state) {
  PacketRow& transfer = packet_row(id);
  HB_ASSERT(transfer.has(PacketRow::is_transfer) && holds_money(transfer));
  HB_ASSERT(amount == Amount{transfer.remaining_fen});
  transfer.remaining_fen = 0;
  transfer.transfer_state = state;
  totals_.transfers -= amount;
  packets_.close(packets_.slot_of(id));
  return transfer;
}

void Ledger::arrive(Sequence sequence, PacketId id, Amount amount, Time at) {
  const PacketRow& transfer = empty_transfer(id, amount, TransferState::arrived);
  credit_or_send(sequence, packets_.share(transfer, 0).user, amount, at);
  HB_ASSERT(totals_.balanced());
}

// A freeze has held an accepted transfer up past its time: it arrives when that ends, and the time
// to return it starts there.
void Ledger::arrive_no_earlier(const PacketRow& row, Time at) {
  if (!row.has(PacketRow::is_transfer) || row.transfer_state != TransferState::accepted) return;
  TransferTerms terms = packets_.terms(row);
  terms.arrives_at = std::max(terms.arrives_at, at);
  packets_.set_terms(row, terms);
}

void Ledger::apply(Sequence sequence, const TransferAccepted& e) {
  PacketRow& transfer = packet_row(e.transfer);
  HB_ASSERT(transfer.has(PacketRow::is_transfer) &&
            transfer.transfer_state == TransferState::pending);
  TransferTerms terms = packets_.terms(transfer);
  terms.arrives_at = e.arrives_at;
  packets_.set_terms(transfer, terms);
  transfer.transfer_state = TransferState::accepted;
  if (e.arrives_at_once()) arrive(sequence, e.transfer, e.amount, e.at);
  remember(e.at, partition_of(e.transfer),
           {e.key, e.fingerprint, static_cast<std::uint64_t>(e.arrives_at.us())});
}

void Ledger::apply(Sequence sequence, const TransferArrived& e) {
  HB_ASSERT(e.at >= due_at(packet_row(e.transfer)));
  arrive(sequence, e.transfer, e.amount, e.at);
}

void Ledger::apply(const TransferClosed& e) {
  const PacketRow& transfer = empty_transfer(e.transfer, e.amount, e.state);
  credit(transfer.sender, e.amount, e.at);
  if (e.case_id != CaseId{}) redressed(e.case_id, e.amount, Amount{});
  HB_ASSERT(totals_.balanced());
  if (!e.key.empty()) remember(e.at, partition_of(e.transfer), {e.key, e.fingerprint, 0});
}

}  // namespace hb
