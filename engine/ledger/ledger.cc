#include "engine/ledger/ledger.h"

#include <algorithm>
#include <cstring>
#include <variant>

#include "engine/base/assert.h"
#include "engine/base/partition.h"
#include "engine/ledger/decisions.h"
#include "engine/ledger/home.h"

namespace hb {

namespace {

std::uint16_t first_partition(ShardId shard, std::uint16_t shard_count) {
  const std::uint32_t n = shard_count;
  return static_cast<std::uint16_t>((shard.value * std::uint32_t{limits::partitions} + n - 1) / n);
}

}  // namespace

Ledger::Ledger(const Policy& policy, ShardId shard, std::uint16_t shard_count, MemoryAhead* ahead)
    : policy_(policy),
      caps_receipts_(policy.daily_receive_count_cap != 0 ||
                     policy.daily_receive_amount_cap != Amount{}),
      shard_(shard),
      shard_count_(shard_count),
      first_(first_partition(shard, shard_count)),
      partition_count_(
          first_partition(ShardId(static_cast<std::uint16_t>(shard.value + 1)), shard_count) -
          std::uint32_t{first_.value}),
      wallet_rows_(ahead),
      wallets_(partition_count_),
      replay_rows_(ahead),
      replays_(partition_count_),
      usage_(partition_count_),
      receipts_(caps_receipts_ ? limits::partitions : 0),
      packets_(first_, partition_count_, ahead),
      texts_(ahead),
      outboxes_(shard_count),
      received_(shard_count),
      references_(partition_count_) {
  HB_ASSERT(shard.value < shard_count && shard_count <= limits::shards_max);
}

bool Ledger::owns(PartitionId partition) const {
  // Below first_ the difference wraps to a number beyond any count.
  return std::uint32_t{partition.value} - std::uint32_t{first_.value} < partition_count_;
}

// ---- stored answers -----------------------------------------------------------------------------

// Nothing (go on deciding), or the end of a keyed command: a replay or a conflict.
bool Ledger::replay(Time now, PartitionId partition, Key128 key, std::uint64_t fingerprint,
                    Verdict& verdict) const {
  // An id that a client made up may lie anywhere; nothing is stored for what is not here.
  if (!owns(partition)) return false;
  const ReplayRow* row = replays_[index_of(partition)].find(key, now);
  if (row == nullptr) {
    const auto under_way = keys_under_way_.find({partition, key});
    if (under_way == keys_under_way_.end() || under_way->second == fingerprint) return false;
    verdict = refuse(Status::key_conflict);
    return true;
  }
  if (row->fingerprint != fingerprint) {
    verdict = refuse(Status::key_conflict);
  } else {
    verdict = Verdict{.replayed = true, .stored = row->answer};
  }
  return true;
}

std::optional<Ledger::KeyPlace> Ledger::key_place(const Command& command) {
  return std::visit(
      [](const auto& c) -> std::optional<KeyPlace> {
        if constexpr (requires { c.key; }) {
          if (!c.key.empty()) return KeyPlace{home_of(c), c.key};
        }
        return std::nullopt;
      },
      command);
}

bool Ledger::carried_out(Time now, const Command& command) const {
  if (const auto* claim = std::get_if<ClaimWithCode>(&command)) {
    return first_answer({claim->packet, claim->user}).has_value();
  }
  const std::optional<KeyPlace> place = key_place(command);
  if (!place || !owns(place->first)) return false;
  if (replays_[index_of(place->first)].find(place->second, now) != nullptr) return true;
  // A command that waits for its reference may still be refused.
  return keys_under_way_.contains(*place) && !reference_asked(*place);
}

void Ledger::remember(Time now, PartitionId partition, const ReplayRow& row) {
  replays_[index_of(partition)].insert(row, now, replay_rows_);
}

// ---- money --------------------------------------------------------------------------------------

// For money from outside.  The books count as a whole, not the wallet: every fen in them may come
// to lie in one wallet, by credits that cannot fail.
Verdict Ledger::check_room(Amount amount) const {
  const bool fits = totals_.held() + amount <= Amount{limits::amount_max};
  return fits ? Verdict{} : refuse(Status::balance_over_limit, limits::amount_max);
}

const WalletRow* Ledger::find_wallet(UserId user) const {
  return wallets_[index_of(partition_of(user))].find(user);
}

const WalletRow* Ledger::find_usable_wallet(UserId user) const {
  const WalletRow* wallet = find_wallet(user);
  const bool usable =
      wallet != nullptr && (wallet->opened_by_command || policy_.credit_opens_wallet);
  return usable ? wallet : nullptr;
}

WalletTable& Ledger::wallets_of(UserId user) {
  const PartitionId partition = partition_of(user);
  HB_ASSERT(owns(partition));
  return wallets_[index_of(partition)];
}

Amount Ledger::balance_of(UserId user) const {
  const WalletRow* wallet = find_wallet(user);
  return wallet == nullptr ? Amount{} : wallet->balance;
}

void Ledger::credit(UserId user, Amount amount, Time now) {
  wallets_of(user).find_or_open(user, now, wallet_rows_).balance += amount;
  totals_.wallets += amount;
}

void Ledger::debit(UserId user, Amount amount) {
  WalletRow* wallet = wallets_of(user).find(user);
  HB_ASSERT(wallet != nullptr && wallet->balance >= amount);
  wallet->balance -= amount;
  totals_.wallets -= amount;
}

// A share or a transfer reaches its user.
void Ledger::credit_or_send(Sequence sequence, UserId user, Amount amount, Time now) {
  count_receipt(user, amount, now);
  if (owns(partition_of(user))) return credit(user, amount, now);
  totals_.sent += amount;
  send_message({.sequence = sequence, .user = user, .amount = amount});
}

// ---- other shards -------------------------------------------------------------------------------

namespace {

// A debit's answer goes where its packet lives, the rest where its user or reference does.
PartitionId goes_to(const Message& message) {
  switch (message.kind) {
    case MessageKind::credit:
    case MessageKind::debit_request:
      break;
    case MessageKind::debit_answer:
      return partition_of(message.packet);
    case MessageKind::reference_request:
    case MessageKind::reference_release:
      return partition_of(message.reference);
    case MessageKind::reference_answer:
      HB_ASSERT(!"goes to the shard that asked");
      break;
    case MessageKind::receive_cap:
      HB_ASSERT(!"goes to every other shard");
  }
  return partition_of(message.user);
}

}  // namespace

void Ledger::send_message(const Message& message) {
  const PartitionId home = goes_to(message);
  HB_ASSERT(!owns(home));
  outboxes_[shard_of(home, shard_count_).value].add(message);
}

void Ledger::receive(std::uint16_t source, Sequence sequence) {
  Sequence& last = received_[source];
  HB_ASSERT(sequence > last);
  last = sequence;
}

MessageEvent Ledger::decide(Time now, ShardId source, const Message& message) const {
  const Sequence last = received_[source.value];
  if (message.sequence <= last) return {};
  HB_ASSERT(message.previous == last);
  switch (message.kind) {
    case MessageKind::credit:
      return CreditReceived{.source = source.value,
                            .amount_fen = static_cast<std::uint32_t>(message.amount.fen()),
                            .at = now,
                            .source_sequence = message.sequence,
                            .user = message.user};
    case MessageKind::debit_request: {
      const Debit debit = decide_debit(message.user, message.amount, message.forced);
      return DebitDecided{.source = source.value,
                          .share_index = message.share_index,
                          .status = debit.status,
                          .forced = message.forced,
                          .at = now,
                          .source_sequence = message.sequence,
                          .packet = message.packet,
                          .user = message.user,
                          .wanted = message.amount,
                          .taken = debit.taken,
                          .balance = debit.balance};
    }
    case MessageKind::receive_cap:
      return ReceiveCapHeard{.source = source.value,
                             .count = message.count,
                             .at = now,
                             .source_sequence = message.sequence,
                             .user = message.user,
                             .amount = message.amount,
                             .day = message.day};
    case MessageKind::debit_answer:
      break;
    case MessageKind::reference_request:
      return ReferenceDecided{
          .source = source.value,
          .status = reference_is_used(message.reference) ? Status::reference_used : Status::ok,
          .use = message.use,
          .told = message.told,
          .at = now,
          .source_sequence = message.sequence,
          .reference = message.reference};
    case MessageKind::reference_answer:
      return ReferenceSettled{.home = source.value,
                              .status = message.status,
                              .use = message.use,
                              .at = now,
                              .answer_sequence = message.sequence,
                              .request = message.request,
                              .reference = message.reference};
    case MessageKind::reference_release:
      return ReferenceFreed{.source = source.value,
                            .use = message.use,
                            .at = now,
                            .source_sequence = message.sequence,
                            .request = message.request,
                            .reference = message.reference};
  }
  const auto pending = pending_returns_.find({message.packet, message.share_index});
  HB_ASSERT(pending != pending_returns_.end());
  const PendingReturn& p = pending->second;
  return ReturnSettled{
      .share_index = message.share_index,
      .answer_shard = source.value,
      .status = message.status,
      .forced = p.forced,
      .at = now,
      .packet = message.packet,
      .user = p.user,
      .taken = message.amount,
      .shortfall = p.forced ? p.amount - message.amount : Amount{},
      .answer_sequence = message.sequence,
      .key = p.key,
      .fingerprint = p.fingerprint,
      .case_id = p.case_id,
      .limit = message.status == Status::insufficient_funds ? message.balance.fen() : 0};
}

bool Ledger::decide(Time now, ShardId target, Sequence through, CreditsAcknowledged& event) const {
  const Outbox& outbox = outboxes_[target.value];
  if (outbox.size() == 0 || through < outbox[0].sequence) return false;
  event = CreditsAcknowledged{.target = target.value, .at = now, .through = through};
  return true;
}

void Ledger::apply(const CreditReceived& e) {
  receive(e.source, e.source_sequence);
  const Amount amount{e.amount_fen};
  totals_.received += amount;
  count_receipt(e.user, amount, e.at);
  credit(e.user, amount, e.at);
  HB_ASSERT(totals_.balanced());
}

void Ledger::apply(const CreditsAcknowledged& e) {
  outboxes_[e.target].acknowledge(e.through);
}

std::size_t Ledger::outbox_size_max() const {
  std::size_t most = 0;
  for (const Outbox& outbox : outboxes_) most = std::max(most, outbox.size());
  return most;
}

// ---- any record ---------------------------------------------------------------------------------

void Ledger::apply(Sequence sequence, const EventHeader* record) {
  switch (record->type) {
    case EventType::wallet_opened:
      return apply(read_event<WalletOpened>(record));
    case EventType::deposited:
    case EventType::withdrawn:
      return apply(read_event<MoneyMoved>(record));
    case EventType::packet_sent: {
      const auto event = read_event<PacketSent>(record);
      apply(event, recipients_of(record, event));
      return;
    }
    case EventType::claimed:
      return apply(sequence, read_event<Claimed>(record));
    case EventType::refunded:
      return apply(read_event<Refunded>(record));
    case EventType::credit_received:
      return apply(read_event<CreditReceived>(record));
    case EventType::credits_acknowledged:
      return apply(read_event<CreditsAcknowledged>(record));
    case EventType::wallet_set:
      return apply(read_event<WalletSet>(record));
    case EventType::wallet_frozen:
    case EventType::wallet_unfrozen:
    case EventType::packet_frozen:
    case EventType::packet_unfrozen:
      return apply(read_event<FreezeSet>(record));
    case EventType::code_tried:
      return apply(read_event<CodeTried>(record));
    case EventType::packet_recalled:
      return apply(read_event<PacketRecalled>(record));
    case EventType::payout_confirmed:
      return apply(read_event<PayoutConfirmed>(record));
    case EventType::transfer_sent:
      apply(read_event<TransferSent>(record));
      return;
    case EventType::transfer_accepted:
      return apply(sequence, read_event<TransferAccepted>(record));
    case EventType::transfer_arrived:
      return apply(sequence, read_event<TransferArrived>(record));
    case EventType::transfer_closed:
      return apply(read_event<TransferClosed>(record));
    case EventType::return_requested:
      return apply(sequence, read_event<ReturnRequested>(record));
    case EventType::debit_decided:
      return apply(sequence, read_event<DebitDecided>(record));
    case EventType::return_settled:
      return apply(read_event<ReturnSettled>(record));
    case EventType::case_opened:
      return apply(read_event<CaseOpened>(record));
    case EventType::case_resolved:
      return apply(read_event<CaseResolved>(record));
    case EventType::reference_requested:
      return apply(sequence, read_event<ReferenceRequested>(record));
    case EventType::reference_decided:
      return apply(sequence, read_event<ReferenceDecided>(record));
    case EventType::reference_settled:
      return apply(read_event<ReferenceSettled>(record));
    case EventType::reference_released:
      return apply(sequence, read_event<ReferenceReleased>(record));
    case EventType::reference_freed:
      return apply(read_event<ReferenceFreed>(record));
    case EventType::receive_cap_reached:
      return apply(sequence, read_event<ReceiveCapReached>(record));
    case EventType::receive_cap_heard:
      return apply(read_event<ReceiveCapHeard>(record));
  }
  HB_ASSERT(!"an event type of a newer version");
}

// ---- texts --------------------------------------------------------------------------------------

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

// ---- what waits for its time --------------------------------------------------------------------

bool Ledger::holds_money(const PacketRow& row) {
  if (!row.has(PacketRow::is_transfer)) return row.state == PacketState::open;
  return row.transfer_state == TransferState::pending ||
         row.transfer_state == TransferState::accepted;
}

Time Ledger::due_at(const PacketRow& row) const {
  const bool on_its_way =
      row.has(PacketRow::is_transfer) && row.transfer_state == TransferState::accepted;
  return on_its_way ? packets_.terms(row).arrives_at : row.expires_at;
}

std::optional<Ledger::Timer> Ledger::timer_of(PacketId id) const {
  const PacketRow* row = packets_.find(id);
  if (row == nullptr || !holds_money(*row)) return std::nullopt;
  return Timer{packets_.slot_of(id), due_at(*row)};
}

// A timer only proposes: whoever is closed, frozen or not yet due is left alone.
DueEvent Ledger::decide_due(Time now, PacketStore::Slot slot) const {
  if (!packets_.is_open(slot)) return {};
  const PacketRow& row = packets_.row(slot);
  HB_ASSERT(holds_money(row));
  if (row.has(PacketRow::frozen) || now < due_at(row)) return {};
  const PacketId id = packets_.id(slot);
  const Amount amount{row.remaining_fen};
  if (!row.has(PacketRow::is_transfer)) {
    return Refunded{.route = refund_route(row), .at = now, .packet = id, .amount = amount};
  }
  if (row.transfer_state == TransferState::accepted) {
    return TransferArrived{.at = now, .transfer = id, .amount = amount};
  }
  return TransferClosed{
      .state = TransferState::expired, .at = now, .transfer = id, .amount = amount};
}

void Ledger::prefetch_places(std::span<const ClaimItem> claims) const {
  for (const ClaimItem& claim : claims) packets_.prefetch_place(claim.packet);
}

void Ledger::prefetch_rows(std::span<const ClaimItem> claims) const {
  for (const ClaimItem& claim : claims) packets_.prefetch(claim.packet);
  for (const ClaimItem& claim : claims) prefetch(claim.user);
}

void Ledger::prefetch_claims(std::span<const ClaimItem> claims) const {
  for (const ClaimItem& claim : claims) packets_.prefetch_claims(claim.packet);
}

void Ledger::prefetch(UserId user) const {
  const PartitionId partition = partition_of(user);
  if (owns(partition)) wallets_[index_of(partition)].prefetch(user);
}

void Ledger::prefetch(UserId user, Key128 key, bool opens_packet) const {
  const PartitionId partition = partition_of(user);
  if (!owns(partition)) return;
  wallets_[index_of(partition)].prefetch(user);
  replays_[index_of(partition)].prefetch(key);
  if (opens_packet) packets_.prefetch_next(partition);
}

void Ledger::prefetch(const Command& command) const {
  if (const auto* send = std::get_if<SendPacket>(&command)) {
    prefetch(send->sender, send->key, true);
  } else if (const auto* transfer = std::get_if<SendTransfer>(&command)) {
    prefetch(transfer->sender, transfer->key, true);
  } else if (const auto* deposit = std::get_if<Deposit>(&command)) {
    prefetch(deposit->user, deposit->key, false);
  } else if (const auto* withdraw = std::get_if<Withdraw>(&command)) {
    prefetch(withdraw->user, withdraw->key, false);
  }
}

void Ledger::prefetch_places(const EventHeader* record) const {
  if (record->type == EventType::claimed) {
    packets_.prefetch_place(read_event<Claimed>(record).packet);
  } else if (record->type == EventType::refunded) {
    packets_.prefetch_place(read_event<Refunded>(record).packet);
  }
}

void Ledger::prefetch_rows(const EventHeader* record) const {
  switch (record->type) {
    case EventType::claimed: {
      const auto event = read_event<Claimed>(record);
      packets_.prefetch(event.packet);
      return prefetch(event.user);
    }
    case EventType::refunded:
      return packets_.prefetch(read_event<Refunded>(record).packet);
    case EventType::packet_sent: {
      const auto event = read_event<PacketSent>(record);
      return prefetch(event.sender, event.key, true);
    }
    case EventType::deposited:
    case EventType::withdrawn: {
      const auto event = read_event<MoneyMoved>(record);
      return prefetch(event.user, event.key, false);
    }
    case EventType::wallet_opened: {
      const auto event = read_event<WalletOpened>(record);
      return prefetch(event.user, event.key, false);
    }
    case EventType::credit_received:
      return prefetch(read_event<CreditReceived>(record).user);
    default:
      return;  // rare
  }
}

void Ledger::prefetch_claims(const EventHeader* record) const {
  if (record->type == EventType::claimed) {
    packets_.prefetch_claims(read_event<Claimed>(record).packet);
  } else if (record->type == EventType::refunded) {
    const PacketRow* packet = packets_.find(read_event<Refunded>(record).packet);
    if (packet != nullptr) prefetch(packet->sender);
  }
}

// ---- daily caps: what a user sends --------------------------------------------------------------

namespace {

// Whether one more of this amount passes one of the caps, of which 0 is none.
bool passes_count(const Usage& used, std::uint32_t cap) {
  return cap != 0 && used.count >= cap;
}
bool passes_amount(const Usage& used, Amount amount, Amount cap) {
  return cap != Amount{} && used.amount + amount > cap;
}

}  // namespace

// From 1: 0 is no day.
std::uint32_t Ledger::day_number(Time at) const {
  return static_cast<std::uint32_t>(std::max(policy_.day_of(at), 1));
}

// Usage is counted only while there is a cap, so a day's count starts with the cap.
std::uint32_t Ledger::cap_day(Time now) const {
  const bool capped = policy_.daily_count_cap != 0 || policy_.daily_amount_cap != Amount{};
  return capped ? day_number(now) : 0;
}

Verdict Ledger::check_caps(Time now, UserId sender, Amount amount) const {
  const std::uint32_t day = cap_day(now);
  if (day == 0) return {};
  const Usage used = usage_[index_of(partition_of(sender))].of(day, sender);
  if (passes_count(used, policy_.daily_count_cap)) {
    return refuse(Status::cap_count_reached, policy_.daily_count_cap);
  }
  if (passes_amount(used, amount, policy_.daily_amount_cap)) {
    return refuse(Status::cap_amount_reached, policy_.daily_amount_cap.fen());
  }
  return {};
}

void Ledger::count_usage(UserId sender, std::uint32_t day, Amount amount) {
  if (day != 0) usage_[index_of(partition_of(sender))].row(day, sender).add(amount);
}

// ---- daily caps: what a user receives -----------------------------------------------------------
//
// Any shard grants a user shares, and the user's own shard, which sees them all, learns of them by
// credits that cannot fail.  So it tells the others when the cap is reached, and they refuse from
// then on.  What they grant until that message arrives passes the cap.
//
// Receipts are no events of their own: they follow from the claims, arrivals and credits of the
// day, so a policy that changes with a restart counts the day's receipts from its start.

Verdict Ledger::check_receipt(Time now, UserId user, Amount amount) const {
  if (!caps_receipts_) return {};
  const Usage used = receipts_[partition_of(user).value].of(day_number(now), user);
  if (passes_count(used, policy_.daily_receive_count_cap)) {
    return refuse(Status::receive_count_reached, policy_.daily_receive_count_cap);
  }
  if (passes_amount(used, amount, policy_.daily_receive_amount_cap)) {
    return refuse(Status::receive_amount_reached, policy_.daily_receive_amount_cap.fen());
  }
  return {};
}

// Not even one fen more may be received.
bool Ledger::reaches_receive_cap(const Usage& usage) const {
  return passes_count(usage, policy_.daily_receive_count_cap) ||
         passes_amount(usage, Amount{1}, policy_.daily_receive_amount_cap);
}

void Ledger::count_receipt(UserId user, Amount amount, Time at) {
  if (!caps_receipts_) return;
  const PartitionId partition = partition_of(user);
  const std::uint32_t day = day_number(at);
  Usage& usage = receipts_[partition.value].row(day, user);
  const bool reached_before = reaches_receive_cap(usage);
  usage.add(amount);
  // A message that was not sent on the day itself is of no use on the next.
  if (day != caps_day_) caps_to_tell_.clear();
  caps_day_ = day;
  const bool tells = shard_count_ > 1 && owns(partition);
  if (tells && !reached_before && reaches_receive_cap(usage)) caps_to_tell_[user] = usage;
}

bool Ledger::decide(Time now, ReceiveCapReached& event) const {
  if (caps_to_tell_.empty()) return false;
  const auto& [user, usage] = *caps_to_tell_.begin();
  event = ReceiveCapReached{
      .count = usage.count, .at = now, .user = user, .amount = usage.amount, .day = caps_day_};
  return true;
}

void Ledger::apply(Sequence sequence, const ReceiveCapReached& e) {
  caps_to_tell_.erase(e.user);
  for (std::uint16_t s = 0; s < shard_count_; ++s) {
    if (ShardId{s} == shard_) continue;
    outboxes_[s].add({.sequence = sequence,
                      .user = e.user,
                      .amount = e.amount,
                      .kind = MessageKind::receive_cap,
                      .day = e.day,
                      .count = e.count});
  }
}

// What the user's shard has counted includes what this one granted, as far as it has arrived.
void Ledger::apply(const ReceiveCapHeard& e) {
  receive(e.source, e.source_sequence);
  if (!caps_receipts_) return;
  DailyUsage& partition = receipts_[partition_of(e.user).value];
  if (e.day < partition.day()) return;  // the day is over here
  Usage& usage = partition.row(e.day, e.user);
  usage.count = std::max(usage.count, e.count);
  usage.amount = std::max(usage.amount, e.amount);
}

}  // namespace hb
