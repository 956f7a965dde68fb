// The model's packets: sending, claiming, recall, refunds, payouts, freezing.
#include <algorithm>
#include <set>

#include "engine/base/partition.h"
#include "engine/base/text.h"
#include "engine/ledger/split.h"
#include "tests/model/ledger_model.h"

namespace hb::model {

namespace {

std::string named(PacketId id) {
  return "packet " + std::to_string(id.value);
}

ClaimAnswer refused(Status status, std::int64_t limit = 0) {
  return {.status = status, .claimed_at = Time(limit)};
}

ClaimAnswer claim_told(Status status, const Packet& packet, std::size_t index) {
  const Share& share = packet.shares[index];
  return {.status = status,
          .share_index = static_cast<std::uint16_t>(index),
          .amount_fen = static_cast<std::uint32_t>(share.amount.fen()),
          .claimed_at = share.claimed_at};
}

}  // namespace

// ---- sending ------------------------------------------------------------------------------------

bool LedgerModel::wrong_options(const SendPacket& c) {
  const bool kind_known = c.kind == PacketKind::lucky || c.kind == PacketKind::even ||
                          c.kind == PacketKind::direct || c.kind == PacketKind::exclusive;
  const bool split_known = c.split == Split::by_kind || c.split == Split::double_mean ||
                           c.split == Split::order_fair || c.split == Split::equal;
  const bool choice_known = c.sender_may_claim == Choice::by_default ||
                            c.sender_may_claim == Choice::yes || c.sender_may_claim == Choice::no;
  const bool funding_known =
      c.funding == FundingSource::wallet || c.funding == FundingSource::external;
  const bool by_chance = c.split == Split::double_mean || c.split == Split::order_fair;
  const bool all_alike = c.kind == PacketKind::even || c.kind == PacketKind::direct;
  if (!kind_known) {
    refuse(Status::kind_unknown);
  } else if (!split_known) {
    refuse(Status::split_unknown);
  } else if (!choice_known) {
    refuse(Status::choice_unknown);
  } else if (!funding_known) {
    refuse(Status::funding_unknown);
  } else if ((c.kind == PacketKind::lucky && c.split == Split::equal) || (all_alike && by_chance)) {
    refuse(Status::split_not_allowed);
  } else {
    return false;
  }
  return true;
}

bool LedgerModel::wrong_recipients(const SendPacket& c, const std::vector<UserId>& recipients) {
  const bool names_users = c.kind == PacketKind::direct || c.kind == PacketKind::exclusive;
  const std::uint32_t most = c.kind == PacketKind::direct ? 1 : policy_.recipients_max;
  if (!names_users) {
    if (recipients.empty()) return false;
    refuse(Status::recipients_not_allowed);
    return true;
  }
  if (recipients.empty() || recipients.size() > most) {
    refuse(Status::recipients_out_of_range, most);
    return true;
  }
  if (std::ranges::find(recipients, UserId{}) != recipients.end()) {
    refuse(Status::user_invalid);
    return true;
  }
  // Of several repeated users the one with the smallest id is named.
  std::set<UserId> seen;
  std::set<UserId> repeated;
  for (const UserId user : recipients) {
    if (!seen.insert(user).second) repeated.insert(user);
  }
  if (!repeated.empty()) {
    refuse(Status::recipient_repeated, static_cast<std::int64_t>(repeated.begin()->value));
    return true;
  }
  if (c.kind == PacketKind::direct && recipients.front() == c.sender) {
    refuse(Status::recipient_is_sender);
    return true;
  }
  return false;
}

bool LedgerModel::wrong_shares(const SendPacket& c, std::uint32_t share_count, std::uint32_t most,
                               Split split) {
  if (c.total <= Amount{}) {
    refuse(Status::amount_not_positive);
    return true;
  }
  if (share_count < 1 || share_count > most) {
    refuse(Status::shares_out_of_range, most);
    return true;
  }
  const Amount least_total = policy_.share_min * share_count;
  const Amount most_total = share_max_today() * share_count;
  if (c.total < least_total) {
    refuse(Status::total_below_shares, least_total.fen());
  } else if (c.total > most_total) {
    refuse(Status::total_above_shares, most_total.fen());
  } else if (split == Split::equal && c.total.fen() % share_count != 0) {
    refuse(Status::total_not_divisible, share_count);
  } else {
    return false;
  }
  return true;
}

Amount LedgerModel::share_max_today() const {
  for (const std::int32_t holiday : policy_.holidays) {
    if (holiday == cap_day()) return policy_.holiday_share_max;
  }
  return policy_.share_max;
}

bool LedgerModel::wrong_times(const SendPacket& c) {
  const bool expiry_given = c.expires_in != Duration{};
  const bool opening_given = c.opens_at != Time{};
  if (expiry_given && c.expires_in < policy_.expiry_min) {
    refuse(Status::expiry_too_short, policy_.expiry_min.us());
  } else if (expiry_given && c.expires_in > policy_.expiry_max) {
    refuse(Status::expiry_too_long, policy_.expiry_max.us());
  } else if (opening_given && c.opens_at <= now_) {
    refuse(Status::opens_in_past, now_.us());
  } else if (opening_given && c.opens_at - now_ > policy_.opens_ahead_max) {
    refuse(Status::opens_too_late, policy_.opens_ahead_max.us());
  } else {
    return false;
  }
  return true;
}

bool LedgerModel::wrong_texts(const SendPacket& c) {
  const bool external = c.funding == FundingSource::external;
  if (!valid_utf8(c.remark.view()) || !valid_utf8(c.group.view()) || !valid_utf8(c.code.view()) ||
      !valid_utf8(c.reference.view())) {
    refuse(Status::text_invalid);
  } else if (external && c.reference.empty()) {
    refuse(Status::reference_missing);
  } else if (!external && !c.reference.empty()) {
    refuse(Status::reference_not_allowed);
  } else {
    return false;
  }
  return true;
}

bool LedgerModel::wrong_funds(const SendPacket& c) {
  const bool external = c.funding == FundingSource::external;
  const Wallet* usable = usable_wallet(c.sender);
  if (!external && usable == nullptr) {
    refuse(Status::wallet_unknown);
    return true;
  }
  const auto wallet = wallets_.find(c.sender);
  if (wallet != wallets_.end() && wallet->second.frozen) {
    refuse(Status::wallet_frozen);
    return true;
  }
  if (capped(c.sender, c.total)) return true;
  if (external) return too_much_money(c.sender, c.total);
  if (usable->balance < c.total) {
    refuse(Status::insufficient_funds, usable->balance.fen());
    return true;
  }
  return false;
}

PacketId LedgerModel::next_id(UserId sender) {
  const PartitionId home = partition_of(sender);
  return packet_id(home, ++ids_given_[home]);
}

void LedgerModel::run(const SendPacket& c) {
  const PartitionId home = partition_of(c.sender);
  if (settled_before(c, c.key, home, {c.sender})) return;
  if (wrong_options(c)) return;
  const auto first = parts_->users.begin() + c.recipients_first;
  const std::vector<UserId> recipients(first, first + c.recipients_count);
  if (wrong_recipients(c, recipients)) return;

  // A packet for named users has a share for each of them, unless it says otherwise.
  const auto named = static_cast<std::uint32_t>(recipients.size());
  const std::uint32_t share_count = named > 0 && c.share_count == 0 ? named : c.share_count;
  const std::uint32_t most = named > 0 ? named : policy_.shares_max;
  const Split usual = c.kind == PacketKind::lucky ? policy_.lucky_split : Split::equal;
  const Split split = c.split == Split::by_kind ? usual : c.split;
  if (wrong_shares(c, share_count, most, split)) return;
  if (wrong_times(c)) return;
  if (wrong_texts(c)) return;
  if (wrong_funds(c)) return;
  const bool external = c.funding == FundingSource::external;
  // A command that waited was drawn when it went on, and its answer is not here yet.
  const bool waited = references_asked_.contains({home, c.key});
  if (external && reference_stops(ReferenceUse::incoming, c.reference, home, c.key)) return;

  const bool for_groups = c.kind == PacketKind::lucky || c.kind == PacketKind::even;
  const Time opening = c.opens_at == Time{} ? now_ : c.opens_at;
  const Duration life = c.expires_in == Duration{} ? policy_.expiry_default : c.expires_in;
  const PacketId id = next_id(c.sender);
  const Digest256 commitment = waited ? late_commitment_(id) : drawn_->seed_commitment;
  packets_[id] = {.sender = c.sender,
                  .kind = c.kind,
                  .split = split,
                  .funding = c.funding,
                  .sender_may_claim = c.sender_may_claim == Choice::by_default
                                          ? for_groups
                                          : c.sender_may_claim == Choice::yes,
                  .recallable = c.recallable,
                  .share_count = share_count,
                  .total = c.total,
                  .remaining = c.total,
                  .share_min = policy_.share_min,
                  .share_max = share_max_today(),
                  .sent_at = now_,
                  .opens_at = c.opens_at,
                  .expires_at = opening + life,
                  .remark = c.remark,
                  .group = c.group,
                  .code = c.code,
                  .reference = c.reference,
                  .recipients = recipients,
                  .seed_commitment = commitment};
  waiting_.insert({opening + life, id});
  if (c.funding == FundingSource::external) {
    external_funding_ += c.total;
  } else {
    debit(c.sender, c.total, {EventType::packet_sent, id});
  }
  records_[c.sender].sent.push_back(id);
  count_usage(c.sender, c.total);
  answer(SendAnswer{.packet = id, .expires_at = opening + life, .seed_commitment = commitment});
  remember(c.key, home);
}

// ---- claiming -----------------------------------------------------------------------------------

// What the user is told, a code apart; ok: the user may have a share.
ClaimAnswer LedgerModel::standing(const Packet& packet, UserId user) const {
  for (std::size_t i = 0; i < packet.shares.size(); ++i) {
    if (packet.shares[i].user == user) return claim_told(Status::already_claimed, packet, i);
  }
  if (packet.frozen) return refused(Status::packet_frozen);
  if (packet.state == PacketState::sold_out) return refused(Status::sold_out);
  if (packet.state == PacketState::recalled) return refused(Status::recalled);
  if (packet.state == PacketState::refunded || now_ >= packet.expires_at) {
    return refused(Status::expired, packet.expires_at.us());
  }
  if (now_ < packet.opens_at) return refused(Status::not_open_yet, packet.opens_at.us());
  if (!packet.recipients.empty() &&
      std::ranges::find(packet.recipients, user) == packet.recipients.end()) {
    return refused(Status::not_recipient);
  }
  if (user == packet.sender && !packet.sender_may_claim) return refused(Status::sender_excluded);
  return {};
}

ClaimAnswer LedgerModel::code_lock(const Packet& packet, UserId user) const {
  const auto tried = packet.wrong_codes.find(user);
  const std::uint32_t tries = tried == packet.wrong_codes.end() ? 0 : tried->second;
  const std::uint32_t most = policy_.code_tries_max;
  return tries >= most ? refused(Status::code_locked, most) : ClaimAnswer{};
}

// already_claimed, or anything else.
ClaimAnswer LedgerModel::first_answer(const ClaimItem& item) const {
  const auto found = packets_.find(item.packet);
  return found == packets_.end() ? refused(Status::packet_unknown)
                                 : standing(found->second, item.user);
}

void LedgerModel::repeat_claims(const ClaimBatch& c, ClaimAnswer other) {
  for (std::uint32_t i = 0; i < c.count; ++i) {
    const ClaimAnswer first = first_answer(parts_->claims[c.first + i]);
    out_.claims.push_back(first.status == Status::already_claimed ? first : other);
  }
  answer(ClaimBatchAnswer{.first = 0, .count = c.count});
}

ClaimAnswer LedgerModel::claim(const ClaimItem& item, const ClaimCode* code,
                               const ClaimAnswer& drawn) {
  if (item.user == UserId{}) return refused(Status::user_invalid);
  const auto found = packets_.find(item.packet);
  if (found == packets_.end()) return refused(Status::packet_unknown);
  Packet& packet = found->second;
  const ClaimAnswer stands = standing(packet, item.user);
  if (stands.status != Status::ok) return stands;
  const ClaimAnswer enough = received_enough(home_of(item.packet), item.user, {});
  if (enough.status != Status::ok) return enough;
  if (!packet.code.empty()) {
    const ClaimAnswer lock = code_lock(packet, item.user);
    if (lock.status != Status::ok) return lock;
    if (code == nullptr || code->empty()) return refused(Status::code_required);
    if (code->view() != packet.code.view()) {
      const std::uint32_t tries = ++packet.wrong_codes[item.user];
      return refused(Status::code_wrong, policy_.code_tries_max - tries);
    }
  }
  return take_share(item.packet, packet, item.user, drawn);
}

ClaimAnswer LedgerModel::take_share(PacketId id, Packet& packet, UserId user,
                                    const ClaimAnswer& drawn) {
  const Amount amount = checked_draw(id, packet, drawn);
  packet.shares.push_back({.user = user, .amount = amount, .claimed_at = now_});
  packet.remaining -= amount;
  if (packet.shares.size() == packet.share_count) {
    packet.state = PacketState::sold_out;
    waiting_.erase({packet.expires_at, id});
  }
  records_[user].received.push_back({id, now_});
  pay_from(id, user, amount, EventType::claimed);
  return claim_told(Status::ok, packet, packet.shares.size() - 1);
}

// The amount that the engine drew, if it may be.
Amount LedgerModel::checked_draw(PacketId id, const Packet& packet, const ClaimAnswer& drawn) {
  if (packet.split == Split::equal) return Amount{packet.total.fen() / packet.share_count};
  const Amount amount{drawn.amount_fen};
  if (drawn.status != Status::ok) return amount;  // the comparison of answers will tell
  const auto others = static_cast<std::int64_t>(packet.share_count - packet.shares.size() - 1);
  const Amount rest = packet.remaining - amount;
  if (amount < packet.share_min || amount > packet.share_max) {
    complain(named(id) + ": a share of " + std::to_string(amount.fen()) + " fen is out of bounds");
  }
  if (rest < packet.share_min * others || rest > packet.share_max * others) {
    complain(named(id) + ": a share of " + std::to_string(amount.fen()) + " fen leaves " +
             std::to_string(rest.fen()) + " fen for " + std::to_string(others) + " more");
  }
  return amount;
}

void LedgerModel::run(const ClaimBatch& c) {
  for (std::uint32_t i = 0; i < c.count; ++i) {
    const ClaimAnswer drawn = i < drawn_->claims.size() ? drawn_->claims[i] : ClaimAnswer{};
    out_.claims.push_back(claim(parts_->claims[c.first + i], nullptr, drawn));
  }
  answer(ClaimBatchAnswer{.first = 0, .count = c.count});
}

void LedgerModel::run(const ClaimWithCode& c) {
  const ClaimAnswer drawn = drawn_->claims.empty() ? ClaimAnswer{} : drawn_->claims.front();
  const ClaimAnswer outcome = claim({c.packet, c.user}, &c.code, drawn);
  reply().status = outcome.status;
  reply().limit = claim_limit(outcome);
  if (succeeded(outcome.status)) answer(outcome);
}

// ---- looking ------------------------------------------------------------------------------------

PacketSummary LedgerModel::summary(PacketId id, const Packet& p) const {
  PacketSummary s{.packet = id,
                  .sender = p.sender,
                  .kind = p.kind,
                  .state = p.state,
                  .share_count = static_cast<std::uint16_t>(p.share_count),
                  .claimed_count = static_cast<std::uint16_t>(p.shares.size()),
                  .total = p.total,
                  .remaining = p.remaining,
                  .refunded = p.refunded,
                  .sent_at = p.sent_at,
                  .expires_at = p.expires_at,
                  .remark = p.remark,
                  .group = p.group,
                  .split = p.split,
                  .funding = p.funding,
                  .frozen = p.frozen,
                  .sender_may_claim = p.sender_may_claim,
                  .recallable = p.recallable,
                  .needs_code = !p.code.empty(),
                  .recipient_count = static_cast<std::uint16_t>(p.recipients.size()),
                  .share_min = p.share_min,
                  .share_max = p.share_max,
                  .opens_at = p.opens_at};
  for (const Share& share : p.shares) s.returned += share.given_back;
  if (p.state == PacketState::sold_out && p.split != Split::equal) {
    s.luckiest = 0;
    for (std::uint16_t i = 0; i < p.shares.size(); ++i) {
      if (p.shares[i].amount > p.shares[s.luckiest].amount) s.luckiest = i;
    }
  }
  return s;
}

void LedgerModel::run(const PeekPacket& c) {
  const auto found = packets_.find(c.packet);
  if (found == packets_.end()) return refuse(Status::packet_unknown);
  ClaimAnswer stands = standing(found->second, c.user);
  if (stands.status == Status::ok) stands = received_enough(home_of(c.packet), c.user, {});
  if (stands.status == Status::ok) stands = code_lock(found->second, c.user);
  answer(PeekAnswer{.packet = summary(c.packet, found->second),
                    .claimable = c.user != UserId{} && stands.status == Status::ok,
                    .own_claim = stands});
}

void LedgerModel::run(const ShowPacket& c) {
  const auto found = packets_.find(c.packet);
  if (found == packets_.end()) return refuse(Status::packet_unknown);
  const Packet& packet = found->second;
  ShowPacketAnswer shown{.packet = summary(c.packet, packet),
                         .seed_commitment = packet.seed_commitment,
                         .count = static_cast<std::uint32_t>(packet.shares.size()),
                         .recipients_count = static_cast<std::uint32_t>(packet.recipients.size()),
                         .seed_revealed = packet.state != PacketState::open};
  if (shown.seed_revealed) {
    shown.seed = drawn_->seed;
    check_seed(c.packet, packet, drawn_->seed);
  }
  out_.users = packet.recipients;
  for (const Share& share : packet.shares) {
    out_.packet_claims.push_back(
        {.user = share.user, .amount = share.amount, .claimed_at = share.claimed_at});
    out_.share_states.push_back(share.state);
  }
  answer(shown);
}

// Whoever is told the seed can repeat the draw.
void LedgerModel::check_seed(PacketId id, const Packet& packet, PrfKey seed) {
  if (sha256(std::as_bytes(std::span(&seed, 1))) != packet.seed_commitment) {
    complain(named(id) + ": the seed is not the one that was promised");
  }
  SplitState state{.remaining_fen = packet.total.fen(),
                   .shares_left = packet.share_count,
                   .share_fen_min = packet.share_min.fen(),
                   .share_fen_max = packet.share_max.fen()};
  std::vector<std::uint32_t> drawn(packet.share_count);
  if (packet.split == Split::order_fair) draw_order_fair(seed, state, drawn);
  for (std::uint32_t i = 0; i < packet.shares.size() && packet.split != Split::equal; ++i) {
    if (packet.split == Split::double_mean) {
      drawn[i] = static_cast<std::uint32_t>(draw_double_mean(state, split_word(seed, i)));
      state.remaining_fen -= drawn[i];
      --state.shares_left;
    }
    if (packet.shares[i].amount != Amount{drawn[i]}) {
      complain(named(id) + ": share " + std::to_string(i) + " is not what its seed yields");
    }
  }
}

// ---- the unclaimed rest goes back ---------------------------------------------------------------

// Where it went: to its source as a payout that is owed, or to the sender's wallet.
RefundTarget LedgerModel::give_back(PacketId id, Packet& packet, PacketState state) {
  const Amount rest = packet.remaining;
  packet.remaining = Amount{};
  packet.refunded = rest;
  packet.state = state;
  waiting_.erase({packet.expires_at, id});
  const auto wallet = wallets_.find(packet.sender);
  const bool wants_it_in_wallet =
      wallet != wallets_.end() && wallet->second.refund_target == RefundTarget::wallet;
  if (packet.funding == FundingSource::wallet || wants_it_in_wallet) {
    const bool recalled = state == PacketState::recalled;
    credit(packet.sender, rest, {recalled ? EventType::packet_recalled : EventType::refunded, id});
    return RefundTarget::wallet;
  }
  payouts_[id] = {.packet = id,
                  .sender = packet.sender,
                  .amount = rest,
                  .state = PayoutState::owed,
                  .owed_at = now_,
                  .confirmed_at = {},
                  .funding = packet.reference,
                  .confirmation = {}};
  return RefundTarget::source;
}

void LedgerModel::run(const RecallPacket& c) {
  const PartitionId home = partition_of(c.packet);
  if (settled_before(c, c.key, home, {c.sender})) return;
  const auto found = packets_.find(c.packet);
  if (found == packets_.end()) return refuse(Status::packet_unknown);
  Packet& packet = found->second;
  if (packet.sender != c.sender) return refuse(Status::not_sender);
  if (!packet.recallable) return refuse(Status::not_recallable);
  if (packet.frozen) return refuse(Status::packet_frozen);
  if (packet.state == PacketState::sold_out) return refuse(Status::sold_out);
  if (packet.state == PacketState::recalled) return refuse(Status::recalled);
  if (packet.state == PacketState::refunded || now_ >= packet.expires_at) {
    return refuse(Status::expired, packet.expires_at.us());
  }
  const Amount rest = packet.remaining;
  const RefundTarget to = give_back(c.packet, packet, PacketState::recalled);
  answer(RecallAnswer{.packet = c.packet, .amount = rest, .to = to});
  remember(c.key, home);
}

// ---- payouts ------------------------------------------------------------------------------------

void LedgerModel::run(const ListPayouts& c) {
  if (c.count_max < 1 || c.count_max > policy_.page_rows_max) {
    return refuse(Status::page_out_of_range, policy_.page_rows_max);
  }
  PayoutListAnswer page;
  for (const auto& [id, payout] : payouts_) {
    const bool listed = home_of(id) == c.shard && id > c.after && payout.state == PayoutState::owed;
    if (!listed) continue;
    if (page.count == c.count_max) {
      page.more = true;
      break;
    }
    out_.payouts.push_back(payout);
    ++page.count;
  }
  answer(page);
}

void LedgerModel::run(const ConfirmPayout& c) {
  const PartitionId home = partition_of(c.packet);
  if (settled_before(c, c.key, home)) return;
  if (!valid_utf8(c.reference.view())) return refuse(Status::text_invalid);
  if (c.reference.empty()) return refuse(Status::reference_missing);
  const auto found = payouts_.find(c.packet);
  if (found == payouts_.end()) return refuse(Status::payout_unknown);
  Payout& payout = found->second;
  if (payout.state == PayoutState::confirmed) return refuse(Status::payout_confirmed);
  if (reference_stops(ReferenceUse::outgoing, c.reference, home, c.key)) return;
  payout.state = PayoutState::confirmed;
  payout.confirmed_at = now_;
  payout.confirmation = c.reference;
  answer(PayoutAnswer{payout});
  remember(c.key, home);
}

// ---- freezing -----------------------------------------------------------------------------------

void LedgerModel::run(const FreezePacket& c) {
  const PartitionId home = partition_of(c.packet);
  if (settled_before(c, c.key, home)) return;
  if (lacks_operator(c.by, c.note)) return;
  const auto packet = packets_.find(c.packet);
  const auto transfer = transfers_.find(c.packet);
  if (packet == packets_.end() && transfer == transfers_.end()) {
    return refuse(Status::packet_unknown);
  }
  bool& frozen = packet != packets_.end() ? packet->second.frozen : transfer->second.frozen;
  if (frozen == c.frozen) return refuse(c.frozen ? Status::already_frozen : Status::not_frozen);
  frozen = c.frozen;
  // What a freeze has held up arrives when it ends.
  const bool on_its_way =
      packet == packets_.end() && !c.frozen && transfer->second.state == TransferState::accepted;
  if (on_its_way) transfer->second.arrives_at = std::max(transfer->second.arrives_at, now_);
  wait_or_not(c.packet);
  answer(PacketFreezeAnswer{.packet = c.packet, .frozen = c.frozen});
  remember(c.key, home);
}

// What is frozen waits for no time; what is not, and holds money, does.
void LedgerModel::wait_or_not(PacketId id) {
  if (const auto packet = packets_.find(id); packet != packets_.end()) {
    waiting_.erase({packet->second.expires_at, id});
    const bool open = packet->second.state == PacketState::open;
    if (open && !packet->second.frozen) waiting_.insert({packet->second.expires_at, id});
    return;
  }
  const Transfer& transfer = transfers_.at(id);
  waiting_.erase({transfer.expires_at, id});
  waiting_.erase({transfer.arrives_at, id});
  if (!transfer.holds_money() || transfer.frozen) return;
  const bool accepted = transfer.state == TransferState::accepted;
  waiting_.insert({accepted ? transfer.arrives_at : transfer.expires_at, id});
}

}  // namespace hb::model
