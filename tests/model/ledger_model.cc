// What all rules share: keys, money, time, and letters between strangers.
#include "tests/model/ledger_model.h"

#include <utf8proc.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/partition.h"
#include "engine/base/text.h"
#include "tests/model/routing.h"
#include "tests/model/text_of.h"

namespace hb::model {

LedgerModel::LedgerModel(const Policy& policy, std::uint16_t shard_count)
    : policy_(policy), shard_count_(shard_count) {}

ShardId LedgerModel::home_of(UserId user) const {
  return shard_of(partition_of(user), shard_count_);
}

ShardId LedgerModel::home_of(PacketId id) const {
  return shard_of(partition_of(id), shard_count_);
}

// ---- a command ----------------------------------------------------------------------------------

std::optional<ReplyBatch> LedgerModel::run(Time now, const CommandEnvelope& envelope,
                                           const CommandBatch& parts, const Drawn& drawn) {
  now_ = now;
  to_ = envelope.reply_to;
  envelope_ = &envelope;
  parts_ = &parts;
  drawn_ = &drawn;
  late_ = false;
  out_.clear();
  out_.replies.push_back(Reply{.to = to_});
  // What was carried out before is answered, however late the question; and what waits for its
  // reference is not decided yet.
  const bool late = envelope.deadline != Time{} && now > envelope.deadline;
  PendingReference* const asked = late ? reference_asked_for(envelope.command) : nullptr;
  if (asked != nullptr && !asked->granted) {
    asked->waiters.push_back(waiter());
    late_ = true;
  } else if (late && !was_carried_out(envelope.command)) {
    refuse(Status::deadline_exceeded, envelope.deadline.us());
  } else if (const auto* batch = std::get_if<ClaimBatch>(&envelope.command); late && batch) {
    repeat_claims(*batch, {.status = Status::deadline_exceeded, .claimed_at = envelope.deadline});
  } else {
    std::visit([this](const auto& command) { run(command); }, envelope.command);
  }
  if (late_) return std::nullopt;
  return out_;
}

PendingReference* LedgerModel::reference_asked_for(const Command& command) {
  const PartitionId home = home_partition(command, {});
  return std::visit(
      [&](const auto& c) -> PendingReference* {
        if constexpr (requires { c.key; }) {
          const auto asked = references_asked_.find({home, c.key});
          if (asked != references_asked_.end()) return &asked->second;
        }
        return nullptr;
      },
      command);
}

bool LedgerModel::was_carried_out(const Command& command) const {
  if (const auto* batch = std::get_if<ClaimBatch>(&command)) {
    bool any = false;
    for (std::uint32_t i = 0; i < batch->count; ++i) {
      any |= first_answer(parts_->claims[batch->first + i]).status == Status::already_claimed;
    }
    return any;
  }
  if (const auto* claim = std::get_if<ClaimWithCode>(&command)) {
    return first_answer({claim->packet, claim->user}).status == Status::already_claimed;
  }
  const PartitionId home = home_partition(command, {});
  return std::visit(
      [&](const auto& c) {
        if constexpr (requires { c.key; }) {
          const auto stored = stored_.find({home, c.key});
          if (stored == stored_.end()) return false;
          return stored->second.under_way || stored->second.day + 2 >= storage_day();
        } else {
          return false;
        }
      },
      command);
}

void LedgerModel::refuse(Status status, std::int64_t limit) {
  reply().status = status;
  reply().limit = limit;
}

void LedgerModel::answer(const CaseRecord& record) {
  reply().answer = CaseAnswer{0};
  out_.cases = {record};
}

Note LedgerModel::note(std::uint32_t index) const {
  return index < parts_->notes.size() ? parts_->notes[index] : Note{};
}

bool LedgerModel::lacks_operator(const Operator& by, std::uint32_t note_index) {
  if (by.empty()) {
    refuse(Status::operator_missing);
  } else if (!valid_utf8(by.view()) || !valid_utf8(note(note_index).view())) {
    refuse(Status::text_invalid);
  } else {
    return false;
  }
  return true;
}

// ---- keys ---------------------------------------------------------------------------------------

bool LedgerModel::settled_before(const Command& command, Key128 key, PartitionId home,
                                 std::initializer_list<UserId> users) {
  if (key.empty()) {
    refuse(Status::key_missing);
    return true;
  }
  if (std::ranges::find(users, UserId{}) != users.end()) {
    refuse(Status::user_invalid);
    return true;
  }
  parameters_ = parameters_of(command, *parts_);
  const auto found = stored_.find({home, key});
  const bool forgotten =
      found == stored_.end() || (!found->second.under_way && found->second.day + 2 < storage_day());
  if (forgotten) {
    const auto asked = references_asked_.find({home, key});
    if (asked == references_asked_.end() || asked->second.parameters == parameters_) return false;
    refuse(Status::key_conflict);
    return true;
  }
  const StoredAnswer& stored = found->second;
  if (stored.parameters != parameters_) {
    refuse(Status::key_conflict);
  } else {
    repeat(stored);
  }
  return true;
}

void LedgerModel::repeat(const StoredAnswer& stored) {
  if (stored.under_way) {
    PendingReturn& pending = *share(*stored.under_way).pending;
    return wait_for(pending, pending.form, true);
  }
  out_ = stored.answer;
  reply().to = to_;
  reply().replayed = true;
}

void LedgerModel::remember(Key128 key, PartitionId home) {
  stored_[{home, key}] = {
      .parameters = parameters_, .day = storage_day(), .answer = out_, .under_way = {}};
}

void LedgerModel::store_under_way(Key128 key, ShareName name) {
  stored_[{partition_of(name.packet), key}] = {
      .parameters = parameters_, .day = storage_day(), .answer = {}, .under_way = name};
}

void LedgerModel::wait_for(PendingReturn& pending, Waiter::Form form, bool replayed) {
  pending.waiters.push_back({.form = form, .to = to_, .replayed = replayed});
  late_ = true;
}

void LedgerModel::forget_waiters() {
  for (auto& [id, packet] : packets_) {
    for (Share& share : packet.shares) {
      if (share.pending) share.pending->waiters.clear();
    }
  }
  for (auto& [id, transfer] : transfers_) {
    if (transfer.share.pending) transfer.share.pending->waiters.clear();
  }
  for (auto& [asker, pending] : references_asked_) pending.waiters.clear();
}

// ---- money --------------------------------------------------------------------------------------

Wallet* LedgerModel::usable_wallet(UserId user) {
  const auto found = wallets_.find(user);
  if (found == wallets_.end()) return nullptr;
  const bool known = found->second.opened_by_command || policy_.credit_opens_wallet;
  return known ? &found->second : nullptr;
}

void LedgerModel::credit(UserId user, Amount amount, Origin origin) {
  const auto [wallet, is_new] = wallets_.try_emplace(user);
  if (is_new) wallet->second.opened_at = now_;
  wallet->second.balance += amount;
  note_movement(user, amount, origin);
}

void LedgerModel::debit(UserId user, Amount amount, Origin origin) {
  wallets_.at(user).balance -= amount;
  note_movement(user, Amount{} - amount, origin);
}

void LedgerModel::pay_from(PacketId source, UserId user, Amount amount, EventType cause) {
  const ShardId from = home_of(source);
  const ShardId to = home_of(user);
  const Origin origin{cause, source};
  count_receipt(from, user, amount);
  if (from == to) return credit(user, amount, origin);
  letters_[{from, to}].push_back(
      {{.kind = Letter::Kind::credit, .user = user, .amount = amount, .packet = {}, .balance = {}},
       origin});
}

// What neighbours hold together is bounded, wherever it came from.
bool LedgerModel::too_much_money(UserId user, Amount amount) {
  AmountSum paid_out;
  for (const auto& [id, payout] : payouts_) {
    if (payout.state == PayoutState::confirmed) paid_out += payout.amount;
  }
  // Quick, and enough in most episodes: the whole world holds little.
  const AmountSum in_the_world = deposits_ + external_funding_ - withdrawals_ - paid_out;
  if (in_the_world + amount <= Amount{limits::amount_max}) return false;
  if (held_at(home_of(user)) + amount <= Amount{limits::amount_max}) return false;
  refuse(Status::balance_over_limit, limits::amount_max);
  return true;
}

std::int64_t LedgerModel::cap_day() const {
  const std::int64_t local_us = now_.us() + policy_.utc_offset.us() - policy_.day_start.us();
  const std::int64_t day_us = Duration::hours(24).us();
  return local_us / day_us - (local_us % day_us < 0 ? 1 : 0);
}

bool LedgerModel::capped(UserId sender, Amount amount) {
  const Usage used = usage_[{sender, cap_day()}];
  const Amount most = policy_.daily_amount_cap;
  if (policy_.daily_count_cap != 0 && used.count >= policy_.daily_count_cap) {
    refuse(Status::cap_count_reached, policy_.daily_count_cap);
  } else if (most != Amount{} && used.amount + amount > most) {
    refuse(Status::cap_amount_reached, most.fen());
  } else {
    return false;
  }
  return true;
}

void LedgerModel::count_usage(UserId sender, Amount amount) {
  Usage& usage = usage_[{sender, cap_day()}];
  ++usage.count;
  usage.amount += amount;
}

// A user receives until the day's cap is reached; the share that reaches it is still given.  ok, or
// the refusal.
ClaimAnswer LedgerModel::received_enough(ShardId asked, UserId user, Amount amount) const {
  const auto found = receipts_.find({asked, user, cap_day()});
  const Usage received = found == receipts_.end() ? Usage{} : found->second;
  const std::uint32_t times = policy_.daily_receive_count_cap;
  const Amount most = policy_.daily_receive_amount_cap;
  if (times != 0 && received.count >= times) {
    return {.status = Status::receive_count_reached, .claimed_at = Time(times)};
  }
  if (most != Amount{} && (received.amount >= most || received.amount + amount > most)) {
    return {.status = Status::receive_amount_reached, .claimed_at = Time(most.fen())};
  }
  return {};
}

bool LedgerModel::cap_reached(const Usage& received) const {
  const std::uint32_t times = policy_.daily_receive_count_cap;
  const Amount most = policy_.daily_receive_amount_cap;
  return (times != 0 && received.count >= times) || (most != Amount{} && received.amount >= most);
}

void LedgerModel::count_receipt(ShardId at, UserId user, Amount amount) {
  Usage& received = receipts_[{at, user, cap_day()}];
  ++received.count;
  received.amount += amount;
}

void LedgerModel::hear(ShardId from, ShardId to, const CapNews& news) {
  const Usage known = receipts_[{from, news.user, news.day}];
  const bool right = home_of(news.user) == from && cap_reached(news.received) &&
                     news.received.count <= known.count && news.received.amount <= known.amount;
  if (!right) complain("wrong news of a cap, about user " + std::to_string(news.user.value));
  Usage& received = receipts_[{to, news.user, news.day}];
  received.count = std::max(received.count, news.received.count);
  received.amount = std::max(received.amount, news.received.amount);
}

void LedgerModel::expect_caps_known(Time now) {
  now_ = now;
  for (const auto& [name, received] : receipts_) {
    const auto [shard, user, day] = name;
    if (shard != home_of(user) || day != cap_day() || !cap_reached(received)) continue;
    for (std::uint16_t s = 0; s < shard_count_; ++s) {
      const auto known = receipts_.find({ShardId{s}, user, day});
      if (known == receipts_.end() || !cap_reached(known->second)) {
        complain("shard " + std::to_string(s) + " does not know that user " +
                 std::to_string(user.value) + " has received enough");
      }
    }
  }
}

AmountSum LedgerModel::held_at(ShardId shard) const {
  AmountSum sum;
  for (const auto& [user, wallet] : wallets_) {
    if (home_of(user) == shard) sum += wallet.balance;
  }
  for (const auto& [id, packet] : packets_) {
    if (home_of(id) == shard) sum += packet.remaining;
  }
  for (const auto& [id, transfer] : transfers_) {
    if (home_of(id) == shard && transfer.holds_money()) sum += transfer.amount;
  }
  for (const auto& [id, payout] : payouts_) {
    if (home_of(id) == shard && payout.state == PayoutState::owed) sum += payout.amount;
  }
  return sum;
}

Books LedgerModel::books() const {
  Books sum{
      .deposits = deposits_, .external_funding = external_funding_, .withdrawals = withdrawals_};
  for (const auto& [user, wallet] : wallets_) sum.wallets += wallet.balance;
  for (const auto& [id, packet] : packets_) sum.packets += packet.remaining;
  for (const auto& [id, transfer] : transfers_) {
    if (transfer.holds_money()) sum.transfers += transfer.amount;
  }
  for (const auto& [id, payout] : payouts_) {
    (payout.state == PayoutState::owed ? sum.payouts_owed : sum.payouts_paid) += payout.amount;
  }
  for (const auto& [way, letters] : letters_) {
    for (const Posted& posted : letters) {
      const bool has_money = posted.letter.kind == Letter::Kind::credit ||
                             posted.letter.kind == Letter::Kind::debit_answer;
      if (has_money) sum.under_way += posted.letter.amount;
    }
  }
  return sum;
}

// ---- letters ------------------------------------------------------------------------------------

std::size_t LedgerModel::letters() const {
  std::size_t count = 0;
  for (const auto& [way, letters] : letters_) count += letters.size();
  return count;
}

std::vector<LateAnswer> LedgerModel::deliver(Time now, ShardId from, ShardId to,
                                             const Letter& letter) {
  now_ = now;
  std::deque<Posted>& way = letters_[{from, to}];
  const auto sent = std::ranges::find(way, letter, &Posted::letter);
  if (sent == way.end()) {
    complain("a letter arrived that nobody sent, for user " + std::to_string(letter.user.value) +
             " about packet " + std::to_string(letter.packet.value) + ", " +
             std::to_string(letter.amount.fen()) + " fen");
    return {};
  }
  const Origin origin = sent->origin;
  const auto asker = sent->asker;
  way.erase(sent);
  switch (letter.kind) {
    case Letter::Kind::credit:
      count_receipt(to, letter.user, letter.amount);
      credit(letter.user, letter.amount, origin);
      return {};
    case Letter::Kind::debit_request:
      letters_[{to, from}].push_back({take_back(letter, EventType::debit_decided), {}});
      return {};
    case Letter::Kind::debit_answer:
      break;
    case Letter::Kind::reference_request: {
      const bool is_free = references_used_.insert(letter.reference).second;
      post_about(letter.reference, Letter::Kind::reference_answer, to, from,
                 is_free ? Status::ok : Status::reference_used, asker);
      return {};
    }
    case Letter::Kind::reference_answer:
      return hear_about(letter, asker, to);
    case Letter::Kind::reference_release:
      references_used_.erase(letter.reference);
      return {};
  }
  return end_return({letter.packet, letter.share_index}, letter);
}

// ---- references ---------------------------------------------------------------------------------

void LedgerModel::post_about(ReferenceName name, Letter::Kind kind, ShardId from, ShardId to,
                             Status status, std::pair<PartitionId, Key128> asker) {
  letters_[{from, to}].push_back({.letter = {.kind = kind, .status = status, .reference = name},
                                  .origin = {},
                                  .asker = asker});
}

ReferenceWaiter LedgerModel::waiter() const {
  ReferenceWaiter waiter{.envelope = *envelope_, .parts = {}};
  waiter.parts.users = parts_->users;
  return waiter;
}

bool LedgerModel::reference_stops(ReferenceUse use, const Reference& reference, PartitionId home,
                                  Key128 key) {
  const ReferenceName name = reference_name(use, reference.view());
  const ShardId here = shard_of(home, shard_count_);
  const ShardId there = shard_of(partition_of(name), shard_count_);
  if (here == there) {
    if (references_used_.insert(name).second) return false;
    refuse(Status::reference_used);
    return true;
  }
  const auto asker = std::pair(home, key);
  const auto [asked, is_new] = references_asked_.try_emplace(asker);
  if (asked->second.granted) {
    references_asked_.erase(asked);
    return false;
  }
  if (is_new) {
    asked->second.parameters = parameters_;
    asked->second.reference = name;
    post_about(name, Letter::Kind::reference_request, here, there, Status::ok, asker);
  }
  asked->second.waiters.push_back(waiter());
  late_ = true;
  return true;
}

// The answer of a reference's home: the commands that waited go on or are refused.  A reference
// that none of them used is given back.
std::vector<LateAnswer> LedgerModel::hear_about(const Letter& letter,
                                                std::pair<PartitionId, Key128> asker, ShardId at) {
  PendingReference& pending = references_asked_.at(asker);
  const std::vector<ReferenceWaiter> waiters = std::exchange(pending.waiters, {});
  pending.granted = letter.status == Status::ok;
  std::vector<LateAnswer> late;
  for (const ReferenceWaiter& waiter : waiters) {
    LateAnswer& one = late.emplace_back(LateAnswer{waiter.envelope.reply_to, {}});
    if (letter.status == Status::ok) {
      one.answer = *run(now_, waiter.envelope, waiter.parts, Drawn{});
    } else {
      one.answer.replies.push_back({.to = one.to, .status = letter.status});
    }
  }
  if (references_asked_.erase(asker) > 0 && letter.status == Status::ok) {
    post_about(letter.reference, Letter::Kind::reference_release, at,
               shard_of(partition_of(letter.reference), shard_count_), Status::ok, asker);
  }
  return late;
}

// ---- time ---------------------------------------------------------------------------------------

std::vector<PacketId> LedgerModel::due(Time now) const {
  std::vector<PacketId> ids;
  for (const auto& [at, id] : waiting_) {
    if (at > now) break;
    ids.push_back(id);
  }
  return ids;
}

void LedgerModel::book(Time now, PacketId id) {
  now_ = now;
  if (const auto packet = packets_.find(id); packet != packets_.end()) {
    give_back(id, packet->second, PacketState::refunded);
    return;
  }
  Transfer& transfer = transfers_.at(id);
  if (transfer.state == TransferState::accepted) {
    arrive(id, transfer, EventType::transfer_arrived);
  } else {
    close(id, transfer, TransferState::expired);
  }
}

// ---- wallets ------------------------------------------------------------------------------------

WalletAnswer LedgerModel::told(UserId user) const {
  const Wallet& wallet = wallets_.at(user);
  return {.user = user,
          .balance = wallet.balance,
          .opened_at = wallet.opened_at,
          .name = wallet.name,
          .frozen = wallet.frozen,
          .refund_target = wallet.refund_target};
}

void LedgerModel::run(const OpenWallet& c) {
  const PartitionId home = partition_of(c.user);
  if (settled_before(c, c.key, home, {c.user})) return;
  if (!valid_utf8(c.name.view())) return refuse(Status::text_invalid);
  const auto found = wallets_.find(c.user);
  if (found != wallets_.end() && found->second.opened_by_command) {
    return refuse(Status::wallet_exists);
  }
  credit(c.user, Amount{}, {});
  Wallet& wallet = wallets_.at(c.user);
  wallet.opened_by_command = true;
  wallet.name = c.name;
  answer(told(c.user));
  remember(c.key, home);
}

void LedgerModel::run(const Deposit& c) {
  const PartitionId home = partition_of(c.user);
  if (settled_before(c, c.key, home, {c.user})) return;
  if (wrong_amount(c.amount)) return;
  if (usable_wallet(c.user) == nullptr) return refuse(Status::wallet_unknown);
  if (too_much_money(c.user, c.amount)) return;
  if (!c.reference.empty()) {
    if (!valid_utf8(c.reference.view())) return refuse(Status::text_invalid);
    if (reference_stops(ReferenceUse::incoming, c.reference, home, c.key)) return;
  }
  credit(c.user, c.amount, {EventType::deposited, {}});
  deposits_ += c.amount;
  answer(told(c.user));
  remember(c.key, home);
}

void LedgerModel::run(const Withdraw& c) {
  const PartitionId home = partition_of(c.user);
  if (settled_before(c, c.key, home, {c.user})) return;
  if (wrong_amount(c.amount)) return;
  const Wallet* wallet = usable_wallet(c.user);
  if (wallet == nullptr) return refuse(Status::wallet_unknown);
  if (wallet->frozen) return refuse(Status::wallet_frozen);
  if (wallet->balance < c.amount) {
    return refuse(Status::insufficient_funds, wallet->balance.fen());
  }
  debit(c.user, c.amount, {EventType::withdrawn, {}});
  withdrawals_ += c.amount;
  answer(told(c.user));
  remember(c.key, home);
}

bool LedgerModel::wrong_amount(Amount amount) {
  if (amount <= Amount{}) {
    refuse(Status::amount_not_positive);
  } else if (amount > Amount{limits::amount_max}) {
    refuse(Status::amount_over_limit, limits::amount_max);
  } else {
    return false;
  }
  return true;
}

void LedgerModel::run(const SetRefundTarget& c) {
  const PartitionId home = partition_of(c.user);
  if (settled_before(c, c.key, home, {c.user})) return;
  if (c.target != RefundTarget::source && c.target != RefundTarget::wallet) {
    return refuse(Status::refund_target_unknown);
  }
  Wallet* wallet = usable_wallet(c.user);
  if (wallet == nullptr) return refuse(Status::wallet_unknown);
  wallet->refund_target = c.target;
  answer(told(c.user));
  remember(c.key, home);
}

// Support may freeze whatever holds money, also a wallet that only a credit made.
void LedgerModel::run(const FreezeWallet& c) {
  const PartitionId home = partition_of(c.user);
  if (settled_before(c, c.key, home, {c.user})) return;
  if (lacks_operator(c.by, c.note)) return;
  const auto found = wallets_.find(c.user);
  if (found == wallets_.end()) return refuse(Status::wallet_unknown);
  bool& frozen = found->second.frozen;
  if (frozen == c.frozen) return refuse(c.frozen ? Status::already_frozen : Status::not_frozen);
  frozen = c.frozen;
  answer(told(c.user));
  remember(c.key, home);
}

void LedgerModel::run(const ShowWallet& c) {
  if (c.user == UserId{}) return refuse(Status::user_invalid);
  if (usable_wallet(c.user) == nullptr) return refuse(Status::wallet_unknown);
  answer(told(c.user));
}

namespace {

// The last character of what can be seen, and a star for each one before it.
std::string masked(std::string_view name) {
  while (name.ends_with(' ')) name.remove_suffix(1);
  std::vector<utf8proc_int32_t> points(2 * name.size());
  const auto count =
      utf8proc_decompose(reinterpret_cast<const utf8proc_uint8_t*>(name.data()),
                         static_cast<utf8proc_ssize_t>(name.size()), points.data(),
                         static_cast<utf8proc_ssize_t>(points.size()), UTF8PROC_CHARBOUND);
  std::string stars;
  std::size_t last = 0;
  std::size_t at = 0;
  // A boundary stands as -1 before each character.
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    const utf8proc_int32_t point = points[static_cast<std::size_t>(i)];
    if (point == -1) {
      if (at > 0) stars += '*';
      last = at;
      continue;
    }
    utf8proc_uint8_t bytes[4];
    at += static_cast<std::size_t>(utf8proc_encode_char(point, bytes));
  }
  return stars.append(name.substr(last));
}

}  // namespace

void LedgerModel::run(const CheckRecipient& c) {
  if (c.user == UserId{}) return refuse(Status::user_invalid);
  RecipientAnswer told{.user = c.user};
  if (const Wallet* wallet = usable_wallet(c.user)) {
    told.exists = true;
    told.frozen = wallet->frozen;
    told.masked_name = DisplayName(masked(wallet->name.view()));
  }
  answer(told);
}

}  // namespace hb::model
