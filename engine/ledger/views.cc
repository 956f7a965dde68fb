// What can be looked at: answers, packets, wallets, sums, and the state's hash.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/assert.h"
#include "engine/base/graphemes.h"
#include "engine/base/text.h"
#include "engine/ledger/decisions.h"
#include "engine/ledger/ledger.h"

namespace hb {

namespace {

// Every character but the last becomes a '*': enough to recognize, too little to learn.  What
// cannot be seen at the end is no character: the name "A " shows its A.
DisplayName masked(std::string_view name) {
  std::vector<std::string_view> characters = graphemes(name);
  while (!characters.empty() && !is_visible(characters.back())) characters.pop_back();
  if (characters.empty()) return {};
  return DisplayName(std::string(characters.size() - 1, '*').append(characters.back()));
}

// The largest share; of equal ones the earliest.
std::uint16_t luckiest_of(std::span<const ClaimCell> claims) {
  const auto best = std::ranges::max_element(
      claims, [](const ClaimCell& a, const ClaimCell& b) { return a.amount_fen < b.amount_fen; });
  return static_cast<std::uint16_t>(best - claims.begin());
}

}  // namespace

// ---- packets ------------------------------------------------------------------------------------

Digest256 Ledger::seed_commitment(const PacketRow& row) const {
  const PrfKey seed = packets_.seed(row);
  return sha256(std::as_bytes(std::span(&seed, 1)));
}

SendAnswer Ledger::send_answer(PacketId packet) const {
  const PacketRow* row = packets_.find(packet);
  HB_ASSERT(row != nullptr);
  return {
      .packet = packet, .expires_at = row->expires_at, .seed_commitment = seed_commitment(*row)};
}

// What recipients gave back, or were made to.
Amount Ledger::returned_of(PacketId id, const PacketRow& row) const {
  Amount sum;
  const std::span<const ClaimCell> claims = packets_.claims(row);
  for (std::uint16_t i = 0; i < claims.size(); ++i) {
    // While a shortfall is collected, what had been returned before still is.
    const auto shortfall = shortfalls_.find({id, i});
    const bool is_short = shortfall != shortfalls_.end();
    if (claims[i].state() < ShareState::returned && !is_short) continue;
    sum += Amount{static_cast<std::int64_t>(claims[i].amount_fen)};
    if (is_short) sum -= shortfall->second;
  }
  return sum;
}

PacketSummary Ledger::summary(PacketId id, const PacketRow& row) const {
  const std::span<const ClaimCell> claims = packets_.claims(row);
  std::int64_t claimed_fen = 0;
  for (const ClaimCell& claim : claims) claimed_fen += static_cast<std::int64_t>(claim.amount_fen);
  PacketSummary s{
      .packet = id,
      .sender = row.sender,
      .kind = row.kind,
      .state = row.state,
      .share_count = row.share_count,
      .claimed_count = row.claimed_count,
      .total = Amount{row.total_fen},
      .remaining = Amount{row.remaining_fen},
      .refunded = Amount{std::int64_t{row.total_fen} - claimed_fen - row.remaining_fen},
      .sent_at = row.sent_at,
      .expires_at = row.expires_at,
      .remark = Remark(text(row.texts, 0, row.remark_bytes)),
      .group = Group(text(row.texts, row.remark_bytes, row.group_bytes)),
      .split = row.split,
      .funding = row.has(PacketRow::external) ? FundingSource::external : FundingSource::wallet,
      .frozen = row.has(PacketRow::frozen),
      .sender_may_claim = !row.has(PacketRow::sender_excluded),
      .recallable = row.has(PacketRow::recallable),
      .needs_code = row.has(PacketRow::has_code),
      .recipient_count = static_cast<std::uint16_t>(packets_.recipients(row).size()),
      .share_min = Amount{row.share_fen_min},
      .share_max = Amount{row.share_fen_max},
      .returned = returned_of(id, row)};
  if (row.has(PacketRow::timed)) s.opens_at = packets_.extras(row).opens_at;
  if (row.state == PacketState::sold_out && row.split != Split::equal) {
    s.luckiest = luckiest_of(claims);
  }
  return s;
}

Verdict Ledger::peek(Time now, const PeekPacket& q, PeekAnswer& answer) const {
  const PacketRow* row = find_packet(q.packet);
  if (row == nullptr) return refuse(Status::packet_unknown);
  ClaimAnswer would = standing(now, row, q.user);
  if (would.status == Status::ok) would = bar(now, q.packet, *row, q.user);
  answer = {.packet = summary(q.packet, *row),
            .claimable = would.status == Status::ok,
            .own_claim = would.status == Status::ok ? ClaimAnswer{} : would};
  return {};
}

Verdict Ledger::show(const ShowPacket& q, ShowPacketAnswer& answer, ReplyBatch& batch) const {
  const PacketRow* row = find_packet(q.packet);
  if (row == nullptr) return refuse(Status::packet_unknown);
  const std::span<const UserId> recipients = packets_.recipients(*row);
  answer = {.packet = summary(q.packet, *row),
            .seed_commitment = seed_commitment(*row),
            .first = static_cast<std::uint32_t>(batch.packet_claims.size()),
            .count = row->claimed_count,
            .recipients_first = static_cast<std::uint32_t>(batch.users.size()),
            .recipients_count = static_cast<std::uint32_t>(recipients.size()),
            .seed_revealed = row->state != PacketState::open};
  if (answer.seed_revealed) answer.seed = packets_.seed(*row);
  batch.users.insert(batch.users.end(), recipients.begin(), recipients.end());
  // The states lie beside the claims, from the same index on.
  batch.share_states.resize(batch.packet_claims.size());
  for (const ClaimCell& claim : packets_.claims(*row)) {
    batch.packet_claims.push_back(
        {.user = claim.user,
         .amount = Amount{static_cast<std::int64_t>(claim.amount_fen)},
         .claimed_at = row->sent_at + Duration::us(static_cast<std::int64_t>(claim.delay_us))});
    batch.share_states.push_back(claim.state());
  }
  return {};
}

// ---- transfers and payouts ----------------------------------------------------------------------

TransferAnswer Ledger::transfer_answer(PacketId transfer, TransferState state,
                                       Time arrives_at) const {
  const PacketRow* row = find_transfer(transfer);
  HB_ASSERT(row != nullptr);
  return {.transfer = transfer,
          .sender = row->sender,
          .recipient = packets_.share(*row, 0).user,
          .amount = Amount{row->total_fen},
          .state = state,
          .sent_at = row->sent_at,
          .expires_at = row->expires_at,
          .arrives_after = packets_.terms(*row).arrives_after,
          .arrives_at = arrives_at,
          .remark = Remark(text(row->texts, 0, row->remark_bytes))};
}

TransferAnswer Ledger::closed_transfer_answer(PacketId transfer, TransferState state) const {
  return transfer_answer(transfer, state, packets_.terms(*find_transfer(transfer)).arrives_at);
}

Verdict Ledger::show(const ShowTransfer& q, TransferAnswer& answer) const {
  const PacketRow* row = find_transfer(q.transfer);
  if (row == nullptr) return refuse(Status::transfer_unknown);
  answer = transfer_answer(q.transfer, row->transfer_state, packets_.terms(*row).arrives_at);
  answer.frozen = row->has(PacketRow::frozen);
  return {};
}

Payout Ledger::payout_told(PacketId packet, const PayoutRow& row) const {
  const PacketRow* p = packets_.find(packet);
  HB_ASSERT(p != nullptr);
  const std::size_t offset = std::size_t{p->remark_bytes} + p->group_bytes;
  return {.packet = packet,
          .sender = p->sender,
          .amount = row.amount,
          .state = row.confirmed_at == Time{} ? PayoutState::owed : PayoutState::confirmed,
          .owed_at = row.owed_at,
          .confirmed_at = row.confirmed_at,
          .funding = Reference(text(p->texts, offset, p->reference_bytes)),
          .confirmation = row.confirmation};
}

Payout Ledger::payout(PacketId packet) const {
  const auto paid = payouts_paid_.find(packet);
  return payout_told(packet, paid != payouts_paid_.end() ? paid->second : payouts_owed_.at(packet));
}

Verdict Ledger::show(const ListPayouts& q, PayoutListAnswer& answer, ReplyBatch& batch) const {
  if (q.count_max < 1 || q.count_max > policy_.page_rows_max) {
    return refuse(Status::page_out_of_range, policy_.page_rows_max);
  }
  answer.first = static_cast<std::uint32_t>(batch.payouts.size());
  auto row = payouts_owed_.upper_bound(q.after);
  for (; row != payouts_owed_.end() && answer.count < q.count_max; ++row, ++answer.count) {
    batch.payouts.push_back(payout_told(row->first, row->second));
  }
  answer.more = row != payouts_owed_.end();
  return {};
}

// ---- wallets ------------------------------------------------------------------------------------

Verdict Ledger::show(const ShowWallet& q, WalletAnswer& answer) const {
  if (q.user == UserId{}) return refuse(Status::user_invalid);
  if (find_usable_wallet(q.user) == nullptr) return refuse(Status::wallet_unknown);
  answer = wallet_answer(q.user, wallet_stored(q.user));
  return {};
}

Verdict Ledger::show(const CheckRecipient& q, RecipientAnswer& answer) const {
  if (q.user == UserId{}) return refuse(Status::user_invalid);
  answer = {.user = q.user};
  const WalletRow* wallet = find_usable_wallet(q.user);
  if (wallet == nullptr) return {};
  answer.exists = true;
  answer.frozen = wallet->frozen;
  answer.masked_name = masked(name_of(*wallet));
  return {};
}

// ---- the whole ----------------------------------------------------------------------------------

LedgerCounts Ledger::counts() const {
  LedgerCounts counts{
      .wallets = 0, .packets = packets_.size(), .packets_open = packets_.open_count()};
  for (const WalletTable& table : wallets_) counts.wallets += table.size();
  return counts;
}

std::size_t Ledger::bytes() const {
  return packets_.bytes() + texts_.bytes() + wallet_rows_.bytes() + replay_rows_.bytes();
}

namespace {

void add_wallet(Fingerprint& row, const WalletRow& w, std::string_view name) {
  row.add(w.user.value).add(w.balance).add(w.opened_at).add(w.opened_by_command ? 1 : 0);
  row.add(w.frozen ? 1 : 0).add(static_cast<std::uint64_t>(w.refund_target)).add(name);
}

void add_packet(Fingerprint& row, PacketId id, const PacketRow& p, PrfKey first_cell) {
  row.add(id.value).add(p.sender.value).add(p.total_fen).add(p.remaining_fen);
  row.add(p.sent_at).add(p.expires_at).add(p.share_count).add(static_cast<std::uint64_t>(p.kind));
  row.add(static_cast<std::uint64_t>(p.state)).add(static_cast<std::uint64_t>(p.split));
  row.add(static_cast<std::uint64_t>(p.transfer_state)).add(p.flags);
  row.add(first_cell.k0).add(first_cell.k1).add(p.remark_bytes).add(p.group_bytes);
  row.add(p.share_fen_min).add(p.share_fen_max).add(p.claimed_count);
}

void add_message(Fingerprint& row, const Message& m) {
  row.add(m.sequence.value).add(m.user.value).add(m.amount).add(m.share_index);
  row.add(m.packet.value).add(m.day).add(m.count);
  row.add(static_cast<std::uint64_t>(m.kind)).add(static_cast<std::uint64_t>(m.status));
  row.add(m.previous.value).add(m.balance).add(m.forced);
  if (m.kind < MessageKind::reference_request) return;
  row.add(static_cast<std::uint64_t>(m.use)).add(m.told).add(m.request.value);
  row.add(m.reference.low).add(m.reference.high);
}

void add_totals(Fingerprint& row, const Totals& t) {
  for (const AmountSum sum :
       {t.deposits, t.external_funding, t.withdrawals, t.payouts_paid, t.sent, t.received}) {
    row.add(sum.low()).add(sum.high());
  }
  row.add(t.wallets).add(t.packets).add(t.transfers).add(t.payouts_owed);
}

void add_case(Fingerprint& row, const CaseRecord& c) {
  row.add(c.case_id.value).add(c.subject.value).add(c.user.value).add(c.opened_at);
  row.add(static_cast<std::uint64_t>(c.state)).add(c.resolved_at).add(c.returned).add(c.shortfall);
  row.add(c.opened_by.view()).add(c.opened_note.view());
  row.add(c.resolved_by.view()).add(c.resolved_note.view());
}

}  // namespace

// Rows are summed, so the order in which tables hold them does not matter.
std::uint64_t Ledger::state_hash() const {
  std::uint64_t sum = 0;
  const auto add = [&sum](const Fingerprint& row) { sum += row.value(); };
  for (const WalletTable& table : wallets_) {
    table.for_each([&](const WalletRow& w) {
      Fingerprint row(EventType::wallet_opened);
      add_wallet(row, w, name_of(w));
      add(row);
    });
  }
  packets_.for_each([&](PacketId id, PacketStore::Slot, const PacketRow& p) {
    Fingerprint row(EventType::packet_sent);
    add_packet(row, id, p, packets_.seed(p));
    row.add(text(p.texts, 0, std::size_t{p.remark_bytes} + p.group_bytes + p.reference_bytes));
    for (const ClaimCell& claim : packets_.claims(p)) {
      row.add(claim.user.value).add(claim.amount_fen).add(claim.delay_us).add(claim.state_bits);
    }
    if (p.has(PacketRow::is_transfer)) {
      const ClaimCell& share = packets_.share(p, 0);
      row.add(share.user.value).add(share.state_bits);
    }
    if (p.has(PacketRow::has_code | PacketRow::named | PacketRow::timed)) {
      row.add(packets_.extras(p).opens_at).add(packets_.extras(p).code_tag);
      for (const UserId user : packets_.recipients(p)) row.add(user.value);
    }
    add(row);
  });
  for (std::size_t s = 0; s < outboxes_.size(); ++s) {
    Fingerprint row(EventType::credit_received);
    row.add(s).add(received_[s].value).add(outboxes_[s].last().value);
    for (std::size_t i = 0; i < outboxes_[s].size(); ++i) add_message(row, outboxes_[s][i]);
    add(row);
  }
  Fingerprint sums(EventType::deposited);
  add_totals(sums, totals_);
  add(sums.add(packets_.open_count()));
  for (const ReplayStore& store : replays_) {
    store.for_each([&](const ReplayRow& r) {
      Fingerprint row(EventType::deposited);
      add(row.add(r.key.low).add(r.key.high).add(r.fingerprint).add(r.answer));
    });
  }
  const auto add_usage = [&](EventType type, UserId user, std::uint32_t day, const Usage& u) {
    add(Fingerprint(type).add(user.value).add(day).add(u.count).add(u.amount));
  };
  const auto add_usages = [&](EventType type, const std::vector<DailyUsage>& partitions) {
    for (const DailyUsage& partition : partitions) {
      partition.for_each(
          [&](UserId user, const Usage& u) { add_usage(type, user, partition.day(), u); });
    }
  };
  add_usages(EventType::wallet_set, usage_);
  add_usages(EventType::receive_cap_heard, receipts_);
  for (const auto& [user, usage] : caps_to_tell_) {
    add_usage(EventType::receive_cap_reached, user, caps_day_, usage);
  }
  code_tries_.for_each([&](PacketId packet, UserId user, std::uint32_t tries, std::uint64_t noted) {
    Fingerprint row(EventType::code_tried);
    add(row.add(packet.value).add(user.value).add(tries).add(noted));
  });
  for (const auto& [name, p] : pending_returns_) {
    Fingerprint row(EventType::return_requested);
    row.add(name.packet.value).add(name.index).add(p.user.value).add(p.amount).add(p.forced);
    add(row.add(p.case_id.value).add(p.key.low).add(p.key.high).add(p.fingerprint));
  }
  for (const ReferenceTable& table : references_) {
    for (const auto& [name, owner] : table) {
      Fingerprint row(EventType::reference_decided);
      row.add(name.low).add(name.high).add(owner.request.value).add(owner.shard.value);
      add(row);
    }
  }
  for (const auto& [request, p] : pending_references_) {
    Fingerprint row(EventType::reference_requested);
    row.add(request.value).add(p.place.first.value).add(p.place.second.low);
    row.add(p.place.second.high).add(static_cast<std::uint64_t>(p.use));
    row.add(p.reference.low).add(p.reference.high);
    add(row.add(references_granted_.contains(request)));
  }
  for (const auto& [name, use] : references_untold_) {
    Fingerprint row(EventType::reference_settled);
    add(row.add(name.low).add(name.high).add(static_cast<std::uint64_t>(use)));
  }
  for (const auto& [name, amount] : shortfalls_) {
    add(Fingerprint(EventType::return_settled).add(name.packet.value).add(name.index).add(amount));
  }
  for (const auto* payouts : {&payouts_owed_, &payouts_paid_}) {
    for (const auto& [packet, p] : *payouts) {
      Fingerprint row(EventType::payout_confirmed);
      row.add(packet.value).add(p.amount).add(p.owed_at).add(p.confirmed_at);
      add(row.add(p.confirmation.view()));
    }
  }
  for (const auto& [id, c] : cases_) {
    Fingerprint row(EventType::case_opened);
    add_case(row, c.record);
    add(row.add(c.opened_for.value).add(redress_due_.contains(id)));
  }
  return sum;
}

}  // namespace hb
