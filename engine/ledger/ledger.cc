#include "engine/ledger/ledger.h"

#include <algorithm>
#include <cstring>

#include "engine/base/assert.h"
#include "engine/base/partition.h"
#include "engine/base/text.h"
#include "engine/ledger/split.h"

namespace hb {

namespace {

Verdict refuse(Status status, std::int64_t limit = 0) {
  return {.status = status, .limit = limit};
}

std::uint16_t first_partition(ShardId shard, std::uint16_t shard_count) {
  const std::uint32_t n = shard_count;
  return static_cast<std::uint16_t>((shard.value * std::uint32_t{limits::partitions} + n - 1) / n);
}

// ---- fingerprints: what makes two commands with one key "the same" ----------------------------

class Fingerprint {
 public:
  explicit Fingerprint(EventType type) { add(static_cast<std::uint64_t>(type)); }
  Fingerprint& add(std::uint64_t word) {
    hash_ = mix64(hash_ ^ word) + 0x9e3779b97f4a7c15;
    return *this;
  }
  Fingerprint& add(std::string_view text) {
    add(text.size());
    return add(checksum64(std::as_bytes(std::span(text.data(), text.size()))));
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0;
};

std::uint64_t fingerprint_of(const OpenWallet& c) {
  return Fingerprint(EventType::wallet_opened).add(c.user.value).add(c.name.view()).value();
}

std::uint64_t fingerprint_of(EventType type, UserId user, Amount amount) {
  return Fingerprint(type).add(user.value).add(static_cast<std::uint64_t>(amount.fen())).value();
}

std::uint64_t fingerprint_of(const SendPacket& c) {
  return Fingerprint(EventType::packet_sent)
      .add(c.sender.value)
      .add(static_cast<std::uint64_t>(c.total.fen()))
      .add(c.share_count)
      .add(static_cast<std::uint64_t>(c.kind))
      .add(static_cast<std::uint64_t>(c.expires_in.us()))
      .add(c.remark.view())
      .add(c.group.view())
      .value();
}

// ---- rules that need no state -----------------------------------------------------------------

Verdict check_money_in_or_out(Key128 key, UserId user, Amount amount) {
  if (key.empty()) return refuse(Status::key_missing);
  if (user == UserId{}) return refuse(Status::user_invalid);
  if (amount <= Amount{}) return refuse(Status::amount_not_positive);
  if (amount > Amount{limits::amount_max}) {
    return refuse(Status::amount_over_limit, limits::amount_max);
  }
  return {};
}

Verdict check_split(const SendPacket& c, const Policy& policy) {
  const std::int64_t shares = c.share_count;
  if (c.kind != PacketKind::lucky && c.kind != PacketKind::even) {
    return refuse(Status::kind_unknown);
  }
  if (c.total <= Amount{}) return refuse(Status::amount_not_positive);
  if (shares < 1 || shares > policy.shares_max) {
    return refuse(Status::shares_out_of_range, policy.shares_max);
  }
  if (c.total < policy.share_min * shares) {
    return refuse(Status::total_below_shares, (policy.share_min * shares).fen());
  }
  if (c.total > policy.share_max * shares) {
    return refuse(Status::total_above_shares, (policy.share_max * shares).fen());
  }
  if (c.kind == PacketKind::even && c.total.fen() % shares != 0) {
    return refuse(Status::total_not_divisible, shares);
  }
  return {};
}

Verdict check_terms(const SendPacket& c, const Policy& policy) {
  if (c.expires_in != Duration{}) {
    if (c.expires_in < policy.expiry_min) {
      return refuse(Status::expiry_too_short, policy.expiry_min.us());
    }
    if (c.expires_in > policy.expiry_max) {
      return refuse(Status::expiry_too_long, policy.expiry_max.us());
    }
  }
  if (!valid_utf8(c.remark.view()) || !valid_utf8(c.group.view())) {
    return refuse(Status::text_invalid);
  }
  return {};
}

ClaimAnswer claim_refused(Status status) {
  return {.status = status};
}

ClaimAnswer claim_told(Status status, const PacketRow& packet, const ClaimCell& claim,
                       std::uint16_t index) {
  return {.status = status,
          .share_index = index,
          .amount_fen = static_cast<std::uint32_t>(claim.amount_fen),
          .claimed_at = packet.sent_at + Duration::us(static_cast<std::int64_t>(claim.delay_us))};
}

}  // namespace

Ledger::Ledger(const Policy& policy, ShardId shard, std::uint16_t shard_count)
    : policy_(policy),
      shard_count_(shard_count),
      first_(first_partition(shard, shard_count)),
      partition_count_(
          first_partition(ShardId(static_cast<std::uint16_t>(shard.value + 1)), shard_count) -
          std::uint32_t{first_.value}),
      wallets_(partition_count_),
      replays_(partition_count_),
      packets_(first_, partition_count_),
      outboxes_(shard_count),
      credits_received_(shard_count) {
  HB_ASSERT(shard.value < shard_count && shard_count <= limits::shards_max);
}

bool Ledger::owns(PartitionId partition) const {
  // Below first_ the difference wraps to a number beyond any count.
  return std::uint32_t{partition.value} - std::uint32_t{first_.value} < partition_count_;
}

// ---- decide -----------------------------------------------------------------------------------

bool Ledger::replay(Time now, PartitionId partition, Key128 key, std::uint64_t fingerprint,
                    Verdict& verdict) const {
  const ReplayRow* row = replays_[partition.value - first_.value].find(key, now);
  if (row == nullptr) return false;
  if (row->fingerprint != fingerprint) {
    verdict = refuse(Status::key_conflict);
  } else {
    verdict = Verdict{.replayed = true, .stored = row->answer};
  }
  return true;
}

Verdict Ledger::decide(Time now, const OpenWallet& c, WalletOpened& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.user == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint = fingerprint_of(c);
  Verdict verdict;
  if (replay(now, partition_of(c.user), c.key, fingerprint, verdict)) return verdict;
  if (!valid_utf8(c.name.view())) return refuse(Status::text_invalid);
  const WalletRow* wallet = find_wallet(c.user);
  if (wallet != nullptr && wallet->opened_by_command) return refuse(Status::wallet_exists);

  event = WalletOpened{.units = units_for(offsetof(WalletOpened, name) + c.name.size()),
                       .name_bytes = static_cast<std::uint16_t>(c.name.size()),
                       .at = now,
                       .user = c.user,
                       .fingerprint = fingerprint,
                       .key = c.key};
  c.name.view().copy(event.name, c.name.size());
  return {};
}

Verdict Ledger::decide(Time now, const Deposit& c, MoneyMoved& event) const {
  if (const Verdict v = check_money_in_or_out(c.key, c.user, c.amount); !v.accepted()) return v;
  const std::uint64_t fingerprint = fingerprint_of(EventType::deposited, c.user, c.amount);
  Verdict verdict;
  if (replay(now, partition_of(c.user), c.key, fingerprint, verdict)) return verdict;
  const WalletRow* wallet = find_wallet(c.user);
  if (wallet == nullptr) return refuse(Status::wallet_unknown);
  // Every fen in the books was once deposited: with the sum of deposits bounded, no wallet, however
  // it is credited, ever passes the limit, and no credit can fail.
  if (totals_.deposits + c.amount > Amount{limits::amount_max}) {
    return refuse(Status::balance_over_limit, limits::amount_max);
  }

  event = MoneyMoved{.type = EventType::deposited,
                     .at = now,
                     .user = c.user,
                     .amount = c.amount,
                     .key = c.key,
                     .fingerprint = fingerprint,
                     .balance = wallet->balance + c.amount};
  return {};
}

Verdict Ledger::decide(Time now, const Withdraw& c, MoneyMoved& event) const {
  if (const Verdict v = check_money_in_or_out(c.key, c.user, c.amount); !v.accepted()) return v;
  const std::uint64_t fingerprint = fingerprint_of(EventType::withdrawn, c.user, c.amount);
  Verdict verdict;
  if (replay(now, partition_of(c.user), c.key, fingerprint, verdict)) return verdict;
  const WalletRow* wallet = find_wallet(c.user);
  if (wallet == nullptr) return refuse(Status::wallet_unknown);
  if (wallet->balance < c.amount) {
    return refuse(Status::insufficient_funds, wallet->balance.fen());
  }

  event = MoneyMoved{.type = EventType::withdrawn,
                     .at = now,
                     .user = c.user,
                     .amount = c.amount,
                     .key = c.key,
                     .fingerprint = fingerprint,
                     .balance = wallet->balance - c.amount};
  return {};
}

Verdict Ledger::decide(Time now, const SendPacket& c, PrfKey seed, PacketSent& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.sender == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint = fingerprint_of(c);
  Verdict verdict;
  if (replay(now, partition_of(c.sender), c.key, fingerprint, verdict)) return verdict;
  if (const Verdict v = check_split(c, policy_); !v.accepted()) return v;
  if (const Verdict v = check_terms(c, policy_); !v.accepted()) return v;
  const WalletRow* wallet = find_wallet(c.sender);
  if (wallet == nullptr) return refuse(Status::wallet_unknown);
  if (wallet->balance < c.total) {
    return refuse(Status::insufficient_funds, wallet->balance.fen());
  }

  const Duration life = c.expires_in == Duration{} ? policy_.expiry_default : c.expires_in;
  const std::size_t text_bytes = c.remark.size() + c.group.size();
  event = PacketSent{.units = units_for(offsetof(PacketSent, texts) + text_bytes),
                     .share_count = static_cast<std::uint16_t>(c.share_count),
                     .share_fen_max = static_cast<std::uint32_t>(policy_.share_max.fen()),
                     .at = now,
                     .packet = packets_.next_id(partition_of(c.sender)),
                     .sender = c.sender,
                     .total = c.total,
                     .expires_at = now + life,
                     .key = c.key,
                     .fingerprint = fingerprint,
                     .share_fen_min = static_cast<std::uint32_t>(policy_.share_min.fen()),
                     .kind = c.kind,
                     .remark_bytes = static_cast<std::uint8_t>(c.remark.size()),
                     .group_bytes = static_cast<std::uint8_t>(c.group.size()),
                     .seed = seed,
                     .balance = wallet->balance - c.total};
  c.remark.view().copy(event.texts, c.remark.size());
  c.group.view().copy(event.texts + c.remark.size(), c.group.size());
  return {};
}

ClaimAnswer Ledger::decide(Time now, const ClaimItem& claim, Claimed& event) const {
  if (claim.user == UserId{}) return claim_refused(Status::user_invalid);
  const PacketRow* packet = packets_.find(claim.packet);
  if (packet == nullptr) return claim_refused(Status::packet_unknown);
  std::uint16_t index = 0;
  if (const ClaimCell* own = find_claim(*packet, claim.user, index)) {
    return claim_told(Status::already_claimed, *packet, *own, index);
  }
  if (packet->state == PacketState::sold_out) return claim_refused(Status::sold_out);
  if (now >= packet->expires_at) return claim_refused(Status::expired);

  index = packet->claimed_count;
  std::int64_t amount_fen = 0;
  if (packet->kind == PacketKind::even) {
    amount_fen = packet->total_fen / packet->share_count;
  } else {
    amount_fen = draw_double_mean({.remaining_fen = packet->remaining_fen,
                                   .shares_left = packet->share_count - index,
                                   .share_fen_min = packet->share_fen_min,
                                   .share_fen_max = packet->share_fen_max},
                                  split_word(packets_.seed(*packet), index));
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

bool Ledger::decide_expiry(Time now, PacketStore::Slot slot, Refunded& event) const {
  const PacketRow& packet = packets_.row(slot);
  if (!holds_money(packet) || now < packet.expires_at) return false;
  event = Refunded{.at = now, .packet = packets_.id(slot), .amount = Amount{packet.remaining_fen}};
  return true;
}

bool Ledger::decide(Time now, ShardId source, const Credit& credit, CreditReceived& event) const {
  const Sequence last = credits_received_[source.value];
  if (credit.sequence <= last) return false;
  HB_ASSERT(credit.previous == last);
  event = CreditReceived{.source = source.value,
                         .amount_fen = static_cast<std::uint32_t>(credit.amount.fen()),
                         .at = now,
                         .source_sequence = credit.sequence,
                         .user = credit.user};
  return true;
}

bool Ledger::decide(Time now, ShardId target, Sequence through, CreditsAcknowledged& event) const {
  const CreditOutbox& outbox = outboxes_[target.value];
  if (outbox.size() == 0 || through < outbox[0].sequence) return false;
  event = CreditsAcknowledged{.target = target.value, .at = now, .through = through};
  return true;
}

// ---- apply ------------------------------------------------------------------------------------

void Ledger::apply(const WalletOpened& e) {
  WalletRow& wallet = wallets_of(e.user).find_or_open(e.user, e.at, wallet_rows_);
  HB_ASSERT(!wallet.opened_by_command);
  wallet.opened_by_command = true;
  if (e.name_bytes > 0) {
    const std::string_view name(e.name, e.name_bytes);
    const char size = static_cast<char>(name.size());
    wallet.name = store_text({&size, 1}, name);
  }
  remember(e.at, partition_of(e.user),
           {e.key, e.fingerprint, static_cast<std::uint64_t>(wallet.balance.fen())});
}

void Ledger::apply(const MoneyMoved& e) {
  if (e.type == EventType::deposited) {
    credit(e.user, e.amount, e.at);
    totals_.deposits += e.amount;
  } else {
    debit(e.user, e.amount);
    totals_.withdrawals += e.amount;
  }
  HB_ASSERT(balance_of(e.user) == e.balance);
  HB_ASSERT(totals_.balanced());
  remember(e.at, partition_of(e.user),
           {e.key, e.fingerprint, static_cast<std::uint64_t>(e.balance.fen())});
}

PacketStore::Slot Ledger::apply(const PacketSent& e) {
  debit(e.sender, e.total);
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
  packet.remark_bytes = e.remark_bytes;
  packet.group_bytes = e.group_bytes;
  const std::size_t text_bytes = std::size_t{e.remark_bytes} + e.group_bytes;
  if (text_bytes > 0) packet.texts = store_text({e.texts, text_bytes});
  totals_.packets += e.total;
  ++packets_open_;
  HB_ASSERT(totals_.balanced());
  remember(e.at, partition_of(e.sender), {e.key, e.fingerprint, e.packet.value});
  return added.slot;
}

void Ledger::apply(Sequence sequence, const Claimed& e) {
  PacketRow* packet = packets_.find(e.packet);
  HB_ASSERT(packet != nullptr && holds_money(*packet));
  HB_ASSERT(e.share_index == packet->claimed_count && e.amount_fen <= packet->remaining_fen);
  ClaimCell& cell = packets_.next_claim(*packet);
  cell.user = e.user;
  cell.amount_fen = e.amount_fen & ((1u << 22) - 1);
  cell.flags = 0;
  cell.delay_us = static_cast<std::uint64_t>((e.at - packet->sent_at).us()) & ((1ull << 40) - 1);
  packet->remaining_fen -= e.amount_fen;
  ++packet->claimed_count;
  if (packet->claimed_count == packet->share_count) {
    HB_ASSERT(packet->remaining_fen == 0);
    packet->state = PacketState::sold_out;
    --packets_open_;
  }
  const Amount amount{e.amount_fen};
  totals_.packets -= amount;
  credit_or_send(sequence, e.user, amount, e.at);
  HB_ASSERT(totals_.balanced());
}

void Ledger::apply(const Refunded& e) {
  PacketRow* packet = packets_.find(e.packet);
  HB_ASSERT(packet != nullptr && holds_money(*packet));
  HB_ASSERT(e.amount == Amount{packet->remaining_fen} && e.at >= packet->expires_at);
  packet->remaining_fen = 0;
  packet->state = PacketState::refunded;
  --packets_open_;
  totals_.packets -= e.amount;
  credit(packet->sender, e.amount, e.at);
  HB_ASSERT(totals_.balanced());
}

void Ledger::apply(const CreditReceived& e) {
  Sequence& last = credits_received_[e.source];
  HB_ASSERT(e.source_sequence > last);
  last = e.source_sequence;
  const Amount amount{e.amount_fen};
  totals_.credits_received += amount;
  credit(e.user, amount, e.at);
  HB_ASSERT(totals_.balanced());
}

void Ledger::apply(const CreditsAcknowledged& e) {
  outboxes_[e.target].acknowledge(e.through);
}

void Ledger::apply(Sequence sequence, const EventHeader* record) {
  switch (record->type) {
    case EventType::wallet_opened:
      return apply(read_event<WalletOpened>(record));
    case EventType::deposited:
    case EventType::withdrawn:
      return apply(read_event<MoneyMoved>(record));
    case EventType::packet_sent:
      apply(read_event<PacketSent>(record));
      return;
    case EventType::claimed:
      return apply(sequence, read_event<Claimed>(record));
    case EventType::refunded:
      return apply(read_event<Refunded>(record));
    case EventType::credit_received:
      return apply(read_event<CreditReceived>(record));
    case EventType::credits_acknowledged:
      return apply(read_event<CreditsAcknowledged>(record));
    default:
      break;
  }
  HB_ASSERT(!"an event type of a newer version");
}

// ---- wallets ----------------------------------------------------------------------------------

const WalletRow* Ledger::find_wallet(UserId user) const {
  return wallets_[partition_of(user).value - first_.value].find(user);
}

WalletTable& Ledger::wallets_of(UserId user) {
  const PartitionId partition = partition_of(user);
  HB_ASSERT(owns(partition));
  return wallets_[partition.value - first_.value];
}

Amount Ledger::balance_of(UserId user) const {
  const WalletRow* wallet = find_wallet(user);
  return wallet == nullptr ? Amount{} : wallet->balance;
}

void Ledger::credit(UserId user, Amount amount, Time now) {
  wallets_of(user).find_or_open(user, now, wallet_rows_).balance += amount;
  totals_.wallets += amount;
}

void Ledger::credit_or_send(Sequence sequence, UserId user, Amount amount, Time now) {
  const PartitionId partition = partition_of(user);
  if (owns(partition)) return credit(user, amount, now);
  outboxes_[shard_of(partition, shard_count_).value].add(sequence, user, amount);
  totals_.credits_sent += amount;
}

void Ledger::debit(UserId user, Amount amount) {
  WalletRow* wallet = wallets_of(user).find(user);
  HB_ASSERT(wallet != nullptr && wallet->balance >= amount);
  wallet->balance -= amount;
  totals_.wallets -= amount;
}

void Ledger::remember(Time now, PartitionId partition, const ReplayRow& row) {
  replays_[partition.value - first_.value].insert(row, now, replay_rows_);
}

// ---- texts ------------------------------------------------------------------------------------

std::uint32_t Ledger::store_text(std::string_view first, std::string_view second) {
  const std::size_t bytes = first.size() + second.size();
  const auto cells = static_cast<std::uint32_t>((bytes + sizeof(TextCell) - 1) / sizeof(TextCell));
  const std::uint32_t run = texts_.allocate(cells);
  char* at = texts_.get(run).bytes;
  std::memset(at, 0, cells * sizeof(TextCell));
  at += first.copy(at, first.size());
  second.copy(at, second.size());
  return run;
}

std::string_view Ledger::text(std::uint32_t run, std::size_t offset, std::size_t size) const {
  if (run == Slab<TextCell>::none) return {};
  return {texts_.get(run).bytes + offset, size};
}

// ---- look -------------------------------------------------------------------------------------

const ClaimCell* Ledger::find_claim(const PacketRow& row, UserId user, std::uint16_t& index) const {
  const std::span<const ClaimCell> claims = packets_.claims(row);
  for (std::size_t i = 0; i < claims.size(); ++i) {
    if (claims[i].user == user) {
      index = static_cast<std::uint16_t>(i);
      return &claims[i];
    }
  }
  return nullptr;
}

WalletAnswer Ledger::wallet_answer(UserId user, Amount balance) const {
  const WalletRow* wallet = find_wallet(user);
  HB_ASSERT(wallet != nullptr);
  WalletAnswer answer{.user = user, .balance = balance, .opened_at = wallet->opened_at};
  if (wallet->name != Slab<TextCell>::none) {
    const auto size = static_cast<std::size_t>(text(wallet->name, 0, 1)[0]);
    answer.name = DisplayName(text(wallet->name, 1, size));
  }
  return answer;
}

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

PacketSummary Ledger::summary(PacketId id, const PacketRow& row) const {
  std::int64_t claimed_fen = 0;
  for (const ClaimCell& claim : packets_.claims(row)) {
    claimed_fen += static_cast<std::int64_t>(claim.amount_fen);
  }
  return {.packet = id,
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
          .group = Group(text(row.texts, row.remark_bytes, row.group_bytes))};
}

Verdict Ledger::show(const ShowWallet& q, WalletAnswer& answer) const {
  const WalletRow* wallet = find_wallet(q.user);
  if (wallet == nullptr) return refuse(Status::wallet_unknown);
  answer = wallet_answer(q.user, wallet->balance);
  return {};
}

Verdict Ledger::peek(Time now, const PeekPacket& q, PeekAnswer& answer) const {
  const PacketRow* row = packets_.find(q.packet);
  if (row == nullptr) return refuse(Status::packet_unknown);
  Claimed unused;
  const ClaimAnswer would = decide(now, ClaimItem{q.packet, q.user}, unused);
  answer = {.packet = summary(q.packet, *row),
            .claimable = would.status == Status::ok,
            .own_claim = would.status == Status::ok ? ClaimAnswer{} : would};
  return {};
}

Verdict Ledger::show(const ShowPacket& q, ShowPacketAnswer& answer,
                     std::vector<PacketClaim>& claims) const {
  const PacketRow* row = packets_.find(q.packet);
  if (row == nullptr) return refuse(Status::packet_unknown);
  answer = {.packet = summary(q.packet, *row),
            .seed_commitment = seed_commitment(*row),
            .first = static_cast<std::uint32_t>(claims.size()),
            .count = row->claimed_count};
  for (const ClaimCell& claim : packets_.claims(*row)) {
    claims.push_back(
        {.user = claim.user,
         .amount = Amount{static_cast<std::int64_t>(claim.amount_fen)},
         .claimed_at = row->sent_at + Duration::us(static_cast<std::int64_t>(claim.delay_us))});
  }
  return {};
}

void Ledger::prefetch(const ClaimItem& claim) const {
  packets_.prefetch(claim.packet);
  prefetch(claim.user);
}

void Ledger::prefetch(UserId user) const {
  const PartitionId partition = partition_of(user);
  if (owns(partition)) wallets_[partition.value - first_.value].prefetch(user);
}

std::size_t Ledger::outbox_size_max() const {
  std::size_t most = 0;
  for (const CreditOutbox& outbox : outboxes_) most = std::max(most, outbox.size());
  return most;
}

LedgerCounts Ledger::counts() const {
  LedgerCounts counts{.wallets = 0, .packets = packets_.size(), .packets_open = packets_open_};
  for (const WalletTable& table : wallets_) counts.wallets += table.size();
  return counts;
}

std::size_t Ledger::bytes() const {
  return packets_.bytes() + texts_.bytes() + wallet_rows_.bytes() + replay_rows_.bytes();
}

std::uint64_t Ledger::state_hash() const {
  // Rows are summed, so the order in which tables hold them does not matter.
  std::uint64_t sum = 0;
  const auto add = [&sum](Fingerprint& row) { sum += row.value(); };
  for (const WalletTable& table : wallets_) {
    table.for_each([&](const WalletRow& w) {
      Fingerprint row(EventType::wallet_opened);
      row.add(w.user.value).add(static_cast<std::uint64_t>(w.balance.fen()));
      row.add(static_cast<std::uint64_t>(w.opened_at.us())).add(w.opened_by_command ? 1 : 0);
      add(row.add(wallet_answer(w.user, w.balance).name.view()));
    });
  }
  packets_.for_each([&](PacketId id, PacketStore::Slot, const PacketRow& p) {
    Fingerprint row(EventType::packet_sent);
    row.add(id.value).add(p.sender.value).add(p.total_fen).add(p.remaining_fen);
    row.add(static_cast<std::uint64_t>(p.sent_at.us()));
    row.add(static_cast<std::uint64_t>(p.expires_at.us()));
    row.add(p.share_count).add(static_cast<std::uint64_t>(p.kind));
    row.add(static_cast<std::uint64_t>(p.state)).add(packets_.seed(p).k0).add(packets_.seed(p).k1);
    row.add(text(p.texts, 0, std::size_t{p.remark_bytes} + p.group_bytes)).add(p.remark_bytes);
    for (const ClaimCell& claim : packets_.claims(p)) {
      row.add(claim.user.value).add(claim.amount_fen).add(claim.delay_us);
    }
    add(row);
  });
  for (std::size_t s = 0; s < outboxes_.size(); ++s) {
    Fingerprint row(EventType::credit_received);
    row.add(s).add(credits_received_[s].value).add(outboxes_[s].last().value);
    for (std::size_t i = 0; i < outboxes_[s].size(); ++i) {
      const Credit& c = outboxes_[s][i];
      row.add(c.sequence.value).add(c.user.value).add(static_cast<std::uint64_t>(c.amount.fen()));
    }
    add(row);
  }
  for (const ReplayStore& store : replays_) {
    store.for_each([&](const ReplayRow& r) {
      Fingerprint row(EventType::deposited);
      add(row.add(r.key.low).add(r.key.high).add(r.fingerprint).add(r.answer));
    });
  }
  return sum;
}

}  // namespace hb
