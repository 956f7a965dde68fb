// The rules of packets: sending, claiming, expiry, recall, payouts, freezing.
#include <algorithm>
#include <array>

#include "engine/base/assert.h"
#include "engine/base/text.h"
#include "engine/ledger/decisions.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/split.h"

namespace hb {

namespace {

// ---- sending: rules that need no state ----------------------------------------------------------

bool names_recipients(PacketKind kind) {
  return kind == PacketKind::direct || kind == PacketKind::exclusive;
}

std::uint64_t fingerprint_of(const SendPacket& c, std::span<const UserId> recipients) {
  Fingerprint print(EventType::packet_sent);
  print.add(c.sender.value)
      .add(c.total)
      .add(c.share_count)
      .add(static_cast<std::uint64_t>(c.kind))
      .add(c.expires_in)
      .add(c.remark.view())
      .add(c.group.view());
  print.add_unless_default(1, static_cast<std::uint64_t>(c.split))
      .add_unless_default(2, static_cast<std::uint64_t>(c.sender_may_claim))
      .add_unless_default(3, c.recallable)
      .add_unless_default(4, static_cast<std::uint64_t>(c.funding) -
                                 static_cast<std::uint64_t>(FundingSource::wallet))
      .add_unless_default(5, static_cast<std::uint64_t>(c.opens_at.us()))
      .add_unless_default(6, recipients.size());
  if (!c.code.empty()) print.add(std::uint64_t{7}).add(c.code.view());
  if (!c.reference.empty()) print.add(std::uint64_t{8}).add(c.reference.view());
  for (const UserId user : recipients) print.add(user.value);
  return print.value();
}

Verdict check_options(const SendPacket& c) {
  if (c.kind < PacketKind::lucky || c.kind > PacketKind::exclusive) {
    return refuse(Status::kind_unknown);
  }
  if (c.split > Split::equal) return refuse(Status::split_unknown);
  if (c.sender_may_claim > Choice::no) return refuse(Status::choice_unknown);
  if (c.funding != FundingSource::wallet && c.funding != FundingSource::external) {
    return refuse(Status::funding_unknown);
  }
  const bool equal = c.split == Split::equal;
  const bool by_kind = c.split == Split::by_kind;
  const bool wrong_for_lucky = c.kind == PacketKind::lucky && equal;
  const bool wrong_for_equal =
      (c.kind == PacketKind::even || c.kind == PacketKind::direct) && !equal && !by_kind;
  if (wrong_for_lucky || wrong_for_equal) return refuse(Status::split_not_allowed);
  return {};
}

// Twice the same user in the list, or 0.
UserId repeated(std::span<const UserId> users) {
  std::array<UserId, limits::packet_recipients_max> sorted;
  const auto end = std::copy(users.begin(), users.end(), sorted.begin());
  std::sort(sorted.begin(), end);
  const auto twice = std::adjacent_find(sorted.begin(), end);
  return twice == end ? UserId{} : *twice;
}

Verdict check_recipients(const SendPacket& c, std::span<const UserId> recipients,
                         const Policy& policy) {
  if (!names_recipients(c.kind)) {
    return recipients.empty() ? Verdict{} : refuse(Status::recipients_not_allowed);
  }
  const std::uint32_t most = c.kind == PacketKind::direct ? 1 : policy.recipients_max;
  if (recipients.empty() || recipients.size() > most) {
    return refuse(Status::recipients_out_of_range, most);
  }
  if (std::ranges::find(recipients, UserId{}) != recipients.end()) {
    return refuse(Status::user_invalid);
  }
  if (const UserId user = repeated(recipients); user != UserId{}) {
    return refuse(Status::recipient_repeated, static_cast<std::int64_t>(user.value));
  }
  if (c.kind == PacketKind::direct && recipients[0] == c.sender) {
    return refuse(Status::recipient_is_sender);
  }
  return {};
}

// A direct packet has one share, an exclusive one as many as it names users, unless it says.
std::uint32_t shares_of(const SendPacket& c, std::span<const UserId> recipients) {
  const bool by_recipients = names_recipients(c.kind) && c.share_count == 0;
  return by_recipients ? static_cast<std::uint32_t>(recipients.size()) : c.share_count;
}

Split split_of(const SendPacket& c, const Policy& policy) {
  if (c.split != Split::by_kind) return c.split;
  return c.kind == PacketKind::lucky ? policy.lucky_split : Split::equal;
}

Verdict check_shares(const SendPacket& c, std::span<const UserId> recipients, Time now,
                     const Policy& policy) {
  const std::int64_t shares = shares_of(c, recipients);
  const std::int64_t most = names_recipients(c.kind) ? static_cast<std::int64_t>(recipients.size())
                                                     : std::int64_t{policy.shares_max};
  const Amount share_max = policy.share_max_at(now);
  if (c.total <= Amount{}) return refuse(Status::amount_not_positive);
  if (shares < 1 || shares > most) return refuse(Status::shares_out_of_range, most);
  if (c.total < policy.share_min * shares) {
    return refuse(Status::total_below_shares, (policy.share_min * shares).fen());
  }
  if (c.total > share_max * shares) {
    return refuse(Status::total_above_shares, (share_max * shares).fen());
  }
  if (split_of(c, policy) == Split::equal && c.total.fen() % shares != 0) {
    return refuse(Status::total_not_divisible, shares);
  }
  return {};
}

Verdict check_times(const SendPacket& c, Time now, const Policy& policy) {
  if (c.expires_in != Duration{}) {
    if (c.expires_in < policy.expiry_min) {
      return refuse(Status::expiry_too_short, policy.expiry_min.us());
    }
    if (c.expires_in > policy.expiry_max) {
      return refuse(Status::expiry_too_long, policy.expiry_max.us());
    }
  }
  if (c.opens_at == Time{}) return {};
  if (c.opens_at <= now) return refuse(Status::opens_in_past, now.us());
  if (c.opens_at > now + policy.opens_ahead_max) {
    return refuse(Status::opens_too_late, policy.opens_ahead_max.us());
  }
  return {};
}

Verdict check_texts(const SendPacket& c) {
  for (const std::string_view text :
       {c.remark.view(), c.group.view(), c.code.view(), c.reference.view()}) {
    if (!valid_utf8(text)) return refuse(Status::text_invalid);
  }
  const bool external = c.funding == FundingSource::external;
  if (external && c.reference.empty()) return refuse(Status::reference_missing);
  if (!external && !c.reference.empty()) return refuse(Status::reference_not_allowed);
  return {};
}

// What the books keep of a claim code: enough to know it again, and useless without the seed.
std::uint64_t tag_of(PrfKey seed, std::string_view code) {
  const std::uint64_t tag =
      prf(seed, checksum64(std::as_bytes(std::span(code.data(), code.size()))));
  return tag == 0 ? 1 : tag;  // 0 means that there is no code
}

std::uint8_t flags_of(const SendPacket& c) {
  const bool by_default = c.kind == PacketKind::lucky || c.kind == PacketKind::even;
  const bool may_claim =
      c.sender_may_claim == Choice::by_default ? by_default : c.sender_may_claim == Choice::yes;
  return static_cast<std::uint8_t>(
      (may_claim ? 0 : PacketSent::sender_excluded) | (c.recallable ? PacketSent::recallable : 0) |
      (c.funding == FundingSource::external ? PacketSent::external | PacketSent::reference_booked
                                            : 0));
}

// ---- claiming -----------------------------------------------------------------------------------

ClaimAnswer claim_refused(Status status, std::int64_t limit = 0) {
  return {.status = status, .claimed_at = Time(limit)};
}

ClaimAnswer claim_told(Status status, const PacketRow& packet, const ClaimCell& claim,
                       std::uint16_t index) {
  return {.status = status,
          .share_index = index,
          .amount_fen = static_cast<std::uint32_t>(claim.amount_fen),
          .claimed_at = packet.sent_at + Duration::us(static_cast<std::int64_t>(claim.delay_us))};
}

SplitState split_state(const PacketRow& packet, std::int64_t shares_left) {
  return {.remaining_fen = packet.remaining_fen,
          .shares_left = shares_left,
          .share_fen_min = packet.share_fen_min,
          .share_fen_max = packet.share_fen_max};
}

}  // namespace

// ---- sending ------------------------------------------------------------------------------------

Verdict Ledger::check_funds(Time now, const SendPacket& c) const {
  const bool external = c.funding == FundingSource::external;
  const WalletRow* wallet = external ? find_wallet(c.sender) : find_usable_wallet(c.sender);
  if (wallet == nullptr && !external) return refuse(Status::wallet_unknown);
  if (wallet != nullptr && wallet->frozen) return refuse(Status::wallet_frozen);
  if (const Verdict v = check_caps(now, c.sender, c.total); !v.accepted()) return v;
  if (external) return check_room(c.total);
  if (wallet->balance < c.total) {
    return refuse(Status::insufficient_funds, wallet->balance.fen());
  }
  return {};
}

Verdict Ledger::decide(Time now, const SendPacket& c, std::span<const UserId> recipients,
                       PrfKey seed, PacketSent& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.sender == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint = fingerprint_of(c, recipients);
  Verdict verdict;
  if (replay(now, partition_of(c.sender), c.key, fingerprint, verdict)) return verdict;
  if (const Verdict v = check_options(c); !v.accepted()) return v;
  if (const Verdict v = check_recipients(c, recipients, policy_); !v.accepted()) return v;
  if (const Verdict v = check_shares(c, recipients, now, policy_); !v.accepted()) return v;
  if (const Verdict v = check_times(c, now, policy_); !v.accepted()) return v;
  if (const Verdict v = check_texts(c); !v.accepted()) return v;
  if (const Verdict v = check_funds(now, c); !v.accepted()) return v;
  const bool external = c.funding == FundingSource::external;
  if (external) {
    verdict = check_reference(ReferenceUse::incoming, c.reference.view(),
                              {partition_of(c.sender), c.key});
    if (verdict.status != Status::ok) return verdict;
  }

  const Duration life = c.expires_in == Duration{} ? policy_.expiry_default : c.expires_in;
  event = PacketSent{.share_count = static_cast<std::uint16_t>(shares_of(c, recipients)),
                     .share_fen_max = static_cast<std::uint32_t>(policy_.share_max_at(now).fen()),
                     .at = now,
                     .packet = packets_.next_id(partition_of(c.sender)),
                     .sender = c.sender,
                     .total = c.total,
                     .expires_at = std::max(now, c.opens_at) + life,
                     .key = c.key,
                     .fingerprint = fingerprint,
                     .share_fen_min = static_cast<std::uint32_t>(policy_.share_min.fen()),
                     .kind = c.kind,
                     .split = split_of(c, policy_),
                     .remark_bytes = static_cast<std::uint8_t>(c.remark.size()),
                     .group_bytes = static_cast<std::uint8_t>(c.group.size()),
                     .seed = seed,
                     .balance = balance_of(c.sender) - (external ? Amount{} : c.total),
                     .opens_at = c.opens_at,
                     .code_tag = c.code.empty() ? 0 : tag_of(seed, c.code.view()),
                     .flags = flags_of(c),
                     .reference_bytes = static_cast<std::uint8_t>(c.reference.size()),
                     .recipient_count = static_cast<std::uint16_t>(recipients.size()),
                     .cap_day = cap_day(now)};
  event.units = units_for(event.bytes());
  put_texts(event.texts, {c.remark.view(), c.group.view(), c.reference.view()});
  return verdict;
}

PacketStore::Slot Ledger::apply(const PacketSent& e, std::span<const UserId> recipients) {
  const bool external = (e.flags & PacketSent::external) != 0;
  if (external) {
    totals_.external_funding += e.total;
    use_reference(ReferenceUse::incoming, e.reference(),
                  (e.flags & PacketSent::reference_booked) != 0, {partition_of(e.sender), e.key});
  } else {
    debit(e.sender, e.total);
  }
  HB_ASSERT(balance_of(e.sender) == e.balance);
  const PacketStore::Added added = packets_.add(e.packet, e.share_count, e.seed);
  PacketRow& packet = added.row;
  packet.sender = e.sender;
  packet.sent_at = e.at;
  packet.expires_at = e.expires_at;
  packet.total_fen = static_cast<std::uint32_t>(e.total.fen());
  packet.remaining_fen = packet.total_fen;
  packet.share_fen_min = e.share_fen_min;
  packet.share_fen_max = e.share_fen_max;
  packet.kind = e.kind;
  packet.state = PacketState::open;
  packet.split = e.split;
  if (e.split == Split::by_kind) {
    packet.split = e.kind == PacketKind::lucky ? Split::double_mean : Split::equal;
  }
  packet.remark_bytes = e.remark_bytes;
  packet.group_bytes = e.group_bytes;
  packet.reference_bytes = e.reference_bytes;
  packet.set(PacketRow::sender_excluded, (e.flags & PacketSent::sender_excluded) != 0);
  packet.set(PacketRow::recallable, (e.flags & PacketSent::recallable) != 0);
  packet.set(PacketRow::external, external);
  packet.set(PacketRow::has_code, e.code_tag != 0);
  packet.set(PacketRow::named, e.recipient_count != 0);
  packet.set(PacketRow::timed, e.opens_at != Time{});
  if (packet.has(PacketRow::has_code | PacketRow::named | PacketRow::timed)) {
    packets_.set_extras(packet, {.opens_at = e.opens_at, .code_tag = e.code_tag}, recipients);
  }
  if (e.text_bytes() > 0) packet.texts = store_text({e.texts, e.text_bytes()});
  if (packet.split == Split::order_fair) draw_ahead(packet);
  totals_.packets += e.total;
  packets_.open(added.slot);
  count_usage(e.sender, e.cap_day, e.total);
  HB_ASSERT(totals_.balanced());
  remember(e.at, partition_of(e.sender), {e.key, e.fingerprint, e.packet.value});
  return added.slot;
}

// All shares of an order-fair packet come from one draw, so they are drawn once and wait in their
// cells.  They follow from the event's seed alone.
void Ledger::draw_ahead(const PacketRow& packet) {
  std::array<std::uint32_t, limits::packet_shares_max> shares_fen;
  const std::span<std::uint32_t> drawn(shares_fen.data(), packet.share_count);
  draw_order_fair(packets_.seed(packet), split_state(packet, packet.share_count), drawn);
  for (std::uint16_t i = 0; i < packet.share_count; ++i) {
    ClaimCell& cell = packets_.share(packet, i);
    cell = ClaimCell{};
    cell.amount_fen = drawn[i] & ((1u << 22) - 1);
  }
}

// ---- claiming -----------------------------------------------------------------------------------

const PacketRow* Ledger::find_packet(PacketId id) const {
  const PacketRow* row = packets_.find(id);
  return row != nullptr && !row->has(PacketRow::is_transfer) ? row : nullptr;
}

PacketRow& Ledger::packet_row(PacketId id) {
  PacketRow* row = packets_.find(id);
  HB_ASSERT(row != nullptr);
  return *row;
}

// Why an open packet is not there for everybody; ok when it is there for this user.
ClaimAnswer Ledger::gate(Time now, const PacketRow& packet, UserId user) const {
  if (packet.has(PacketRow::timed) && now < packets_.extras(packet).opens_at) {
    return claim_refused(Status::not_open_yet, packets_.extras(packet).opens_at.us());
  }
  if (packet.has(PacketRow::named)) {
    const std::span<const UserId> recipients = packets_.recipients(packet);
    if (std::ranges::find(recipients, user) == recipients.end()) {
      return claim_refused(Status::not_recipient);
    }
  }
  if (packet.has(PacketRow::sender_excluded) && packet.sender == user) {
    return claim_refused(Status::sender_excluded);
  }
  return {};
}

std::optional<ClaimAnswer> Ledger::first_answer(const ClaimItem& claim) const {
  const PacketRow* packet = find_packet(claim.packet);
  if (packet == nullptr) return std::nullopt;
  std::uint16_t index = 0;
  const ClaimCell* own = packets_.find_claim(*packet, claim.user, index);
  if (own == nullptr) return std::nullopt;
  return claim_told(Status::already_claimed, *packet, *own, index);
}

// A first answer that is told again, a refusal, or ok: the user may have a share (a code apart).
ClaimAnswer Ledger::standing(Time now, const PacketRow* packet, UserId user) const {
  if (user == UserId{}) return claim_refused(Status::user_invalid);
  if (packet == nullptr) return claim_refused(Status::packet_unknown);
  std::uint16_t index = 0;
  if (const ClaimCell* own = packets_.find_claim(*packet, user, index)) {
    return claim_told(Status::already_claimed, *packet, *own, index);
  }
  const bool open = packet->state == PacketState::open && now < packet->expires_at;
  if (open && !packet->has(PacketRow::claim_gate)) [[likely]]
    return {};
  if (packet->has(PacketRow::is_transfer)) return claim_refused(Status::packet_unknown);
  if (packet->has(PacketRow::frozen)) return claim_refused(Status::packet_frozen);
  if (packet->state == PacketState::sold_out) return claim_refused(Status::sold_out);
  if (packet->state == PacketState::recalled) return claim_refused(Status::recalled);
  if (!open) return claim_refused(Status::expired, packet->expires_at.us());
  return gate(now, *packet, user);
}

// The next share.  REQUIRES: the user may have it.
ClaimAnswer Ledger::grant(Time now, const PacketRow& packet, const ClaimItem& claim,
                          Claimed& event) const {
  const std::uint16_t index = packet.claimed_count;
  std::int64_t amount_fen = 0;
  switch (packet.split) {
    case Split::equal:
      amount_fen = packet.total_fen / packet.share_count;
      break;
    case Split::order_fair:
      amount_fen = packets_.share(packet, index).amount_fen;
      break;
    case Split::by_kind:
    case Split::double_mean:
      amount_fen = draw_double_mean(split_state(packet, packet.share_count - index),
                                    split_word(packets_.seed(packet), index));
      break;
  }
  event = Claimed{.share_index = index,
                  .amount_fen = static_cast<std::uint32_t>(amount_fen),
                  .at = now,
                  .packet = claim.packet,
                  .user = claim.user};
  return {.status = Status::ok,
          .share_index = index,
          .amount_fen = event.amount_fen,
          .claimed_at = now};
}

ClaimAnswer Ledger::decide(Time now, const ClaimItem& claim, Claimed& event) const {
  const PacketRow* packet = packets_.find(claim.packet);
  const ClaimAnswer answer = standing(now, packet, claim.user);
  if (answer.status != Status::ok) return answer;
  if (packet->has(PacketRow::has_code) || caps_receipts_) [[unlikely]] {
    const ClaimAnswer barred = bar(now, claim.packet, *packet, claim.user);
    if (barred.status != Status::ok) return barred;
    if (packet->has(PacketRow::has_code)) return claim_refused(Status::code_required);
  }
  return grant(now, *packet, claim, event);
}

ClaimAnswer Ledger::decide(Time now, const ClaimWithCode& c, Claimed& claimed,
                           CodeTried& tried) const {
  const ClaimItem claim{c.packet, c.user};
  const PacketRow* packet = packets_.find(c.packet);
  const ClaimAnswer answer = standing(now, packet, c.user);
  if (answer.status != Status::ok) return answer;
  const ClaimAnswer barred = bar(now, c.packet, *packet, c.user);
  if (barred.status != Status::ok) return barred;
  if (!packet->has(PacketRow::has_code)) return grant(now, *packet, claim, claimed);
  if (c.code.empty()) return claim_refused(Status::code_required);
  if (tag_of(packets_.seed(*packet), c.code.view()) == packets_.extras(*packet).code_tag) {
    return grant(now, *packet, claim, claimed);
  }
  const std::uint32_t tries = code_tries_.of(c.packet, c.user) + 1;
  tried = CodeTried{
      .tries = static_cast<std::uint16_t>(tries), .at = now, .packet = c.packet, .user = c.user};
  return claim_refused(Status::code_wrong, policy_.code_tries_max - tries);
}

void Ledger::apply(Sequence sequence, const Claimed& e) {
  PacketRow& packet = packet_row(e.packet);
  HB_ASSERT(!packet.has(PacketRow::is_transfer) && holds_money(packet));
  HB_ASSERT(e.share_index == packet.claimed_count && e.amount_fen <= packet.remaining_fen);
  ClaimCell& cell = packets_.take_share(packet, e.user);
  cell.amount_fen = e.amount_fen & ((1u << 22) - 1);
  cell.set_state(ShareState::held);
  cell.delay_us = static_cast<std::uint64_t>((e.at - packet.sent_at).us()) & ((1ull << 40) - 1);
  packet.remaining_fen -= e.amount_fen;
  if (packet.claimed_count == packet.share_count) {
    HB_ASSERT(packet.remaining_fen == 0);
    packet.state = PacketState::sold_out;
    packets_.close(packets_.slot_of(e.packet));
    forget_codes(e.packet, packet);
  }
  const Amount amount{e.amount_fen};
  totals_.packets -= amount;
  credit_or_send(sequence, e.user, amount, e.at);
  HB_ASSERT(totals_.balanced());
}

// ---- codes --------------------------------------------------------------------------------------

// What keeps a user from a share that is there: the day's cap, or no try left at the code; else ok.
// A share's amount is not asked for: a refusal that depends on it would tell what comes next.
ClaimAnswer Ledger::bar(Time now, PacketId id, const PacketRow& packet, UserId user) const {
  const Verdict receipt = check_receipt(now, user, Amount{1});
  if (!receipt.accepted()) return claim_refused(receipt.status, receipt.limit);
  const bool locked =
      packet.has(PacketRow::has_code) && code_tries_.of(id, user) >= policy_.code_tries_max;
  return locked ? claim_refused(Status::code_locked, policy_.code_tries_max) : ClaimAnswer{};
}

// The event is believed: another version may have remembered more users, or fewer.
void Ledger::apply(const CodeTried& e) {
  code_tries_.note(e.packet, e.user, e.tries);
}

void Ledger::forget_codes(PacketId id, const PacketRow& packet) {
  if (packet.has(PacketRow::has_code)) code_tries_.forget(id);
}

// ---- the unclaimed rest goes back
// -----------------------------------------------------------------

RefundRoute Ledger::refund_route(const PacketRow& packet) const {
  if (!packet.has(PacketRow::external)) return RefundRoute::wallet;
  const WalletRow* wallet = find_wallet(packet.sender);
  const bool to_wallet = wallet != nullptr && wallet->refund_target == RefundTarget::wallet;
  return to_wallet ? RefundRoute::wallet : RefundRoute::payout;
}

void Ledger::give_back(PacketId id, Amount amount, RefundRoute route, PacketState state, Time at) {
  PacketRow& packet = packet_row(id);
  HB_ASSERT(!packet.has(PacketRow::is_transfer) && holds_money(packet));
  HB_ASSERT(amount == Amount{packet.remaining_fen});
  packet.remaining_fen = 0;
  packet.state = state;
  packets_.close(packets_.slot_of(id));
  totals_.packets -= amount;
  forget_codes(id, packet);
  if (route == RefundRoute::wallet) {
    credit(packet.sender, amount, at);
  } else {
    payouts_owed_.emplace(id, PayoutRow{.amount = amount, .owed_at = at});
    totals_.payouts_owed += amount;
  }
  HB_ASSERT(totals_.balanced());
}

void Ledger::apply(const Refunded& e) {
  HB_ASSERT(e.at >= packet_row(e.packet).expires_at);
  give_back(e.packet, e.amount, e.route, PacketState::refunded, e.at);
}

Verdict Ledger::decide(Time now, const RecallPacket& c, PacketRecalled& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.sender == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint =
      Fingerprint(EventType::packet_recalled).add(c.packet.value).add(c.sender.value).value();
  Verdict verdict;
  if (replay(now, partition_of(c.packet), c.key, fingerprint, verdict)) return verdict;
  const PacketRow* packet = find_packet(c.packet);
  if (packet == nullptr) return refuse(Status::packet_unknown);
  if (packet->sender != c.sender) return refuse(Status::not_sender);
  if (!packet->has(PacketRow::recallable)) return refuse(Status::not_recallable);
  if (packet->has(PacketRow::frozen)) return refuse(Status::packet_frozen);
  if (packet->state == PacketState::sold_out) return refuse(Status::sold_out);
  if (packet->state == PacketState::recalled) return refuse(Status::recalled);
  if (packet->state == PacketState::refunded || now >= packet->expires_at) {
    return refuse(Status::expired, packet->expires_at.us());
  }
  event = PacketRecalled{.route = refund_route(*packet),
                         .at = now,
                         .packet = c.packet,
                         .amount = Amount{packet->remaining_fen},
                         .key = c.key,
                         .fingerprint = fingerprint};
  return {};
}

// A stored recall: its amount, and in the lowest bit whether it went to a payout.
std::uint64_t Ledger::recall_stored(const PacketRecalled& e) {
  return static_cast<std::uint64_t>(e.amount.fen()) << 1 | (e.route == RefundRoute::payout ? 1 : 0);
}

RecallAnswer Ledger::recall_answer(PacketId packet, std::uint64_t stored) {
  return {.packet = packet,
          .amount = Amount{static_cast<std::int64_t>(stored >> 1)},
          .to = (stored & 1) != 0 ? RefundTarget::source : RefundTarget::wallet};
}

void Ledger::apply(const PacketRecalled& e) {
  give_back(e.packet, e.amount, e.route, PacketState::recalled, e.at);
  remember(e.at, partition_of(e.packet), {e.key, e.fingerprint, recall_stored(e)});
}

// ---- payouts ------------------------------------------------------------------------------------

Verdict Ledger::decide(Time now, const ConfirmPayout& c, PayoutConfirmed& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  const std::uint64_t fingerprint =
      Fingerprint(EventType::payout_confirmed).add(c.packet.value).add(c.reference.view()).value();
  Verdict verdict;
  if (replay(now, partition_of(c.packet), c.key, fingerprint, verdict)) return verdict;
  if (!valid_utf8(c.reference.view())) return refuse(Status::text_invalid);
  if (c.reference.empty()) return refuse(Status::reference_missing);
  if (payouts_paid_.contains(c.packet)) return refuse(Status::payout_confirmed);
  const auto owed = payouts_owed_.find(c.packet);
  if (owed == payouts_owed_.end()) return refuse(Status::payout_unknown);
  verdict =
      check_reference(ReferenceUse::outgoing, c.reference.view(), {partition_of(c.packet), c.key});
  if (verdict.status != Status::ok) return verdict;
  event = PayoutConfirmed{.reference_bytes = static_cast<std::uint16_t>(c.reference.size()),
                          .reference_booked = 1,
                          .at = now,
                          .packet = c.packet,
                          .amount = owed->second.amount,
                          .key = c.key,
                          .fingerprint = fingerprint};
  event.units = units_for(event.bytes());
  put_texts(event.reference, {c.reference.view()});
  return verdict;
}

void Ledger::apply(const PayoutConfirmed& e) {
  const auto owed = payouts_owed_.find(e.packet);
  HB_ASSERT(owed != payouts_owed_.end() && owed->second.amount == e.amount);
  use_reference(ReferenceUse::outgoing, {e.reference, e.reference_bytes}, e.reference_booked != 0,
                {partition_of(e.packet), e.key});
  PayoutRow paid = owed->second;
  paid.confirmed_at = e.at;
  paid.confirmation = Reference(std::string_view(e.reference, e.reference_bytes));
  payouts_paid_.emplace(e.packet, paid);
  payouts_owed_.erase(owed);
  totals_.payouts_owed -= e.amount;
  totals_.payouts_paid += e.amount;
  HB_ASSERT(totals_.balanced());
  remember(e.at, partition_of(e.packet), {e.key, e.fingerprint, e.packet.value});
}

// ---- freezing -----------------------------------------------------------------------------------

Verdict Ledger::decide(Time now, const FreezePacket& c, std::string_view note,
                       FreezeSet& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  const EventType type = c.frozen ? EventType::packet_frozen : EventType::packet_unfrozen;
  const std::uint64_t fingerprint =
      Fingerprint(type).add(c.packet.value).add(c.by.view()).add(note).value();
  Verdict verdict;
  if (replay(now, partition_of(c.packet), c.key, fingerprint, verdict)) return verdict;
  if (const Verdict v = check_support(c.by, note); !v.accepted()) return v;
  const PacketRow* row = packets_.find(c.packet);
  if (row == nullptr) return refuse(Status::packet_unknown);
  if (row->has(PacketRow::frozen) == c.frozen) {
    return refuse(c.frozen ? Status::already_frozen : Status::not_frozen);
  }
  event = freeze_event(type, now, c.packet.value, c.key, fingerprint, c.by, note);
  return {};
}

}  // namespace hb
